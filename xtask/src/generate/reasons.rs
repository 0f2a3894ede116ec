//! `docs/reference/reasons.md`: what a failed run can say in `reason`, and the way out of each.

use super::{Generated, MARKER, reference::cell};
use stackstep::report::{Command, Reason};
use std::fmt::Write as _;
use std::path::PathBuf;

/// The page about reasons.
pub fn page() -> Generated {
    let mut text = format!(
        "<!-- {MARKER} from cli/src/report/reason.rs. -->\n\
         # Reasons\n\n\
         Most failures of the engine exit with 1. Why a run failed is one word: `reason` of the result and of the \
         step's outputs, `null` or empty when it succeeded. What is printed as the way out can say more than here, \
         as it knows the command.\n\n\
         | reason | what it means | what to do |\n| --- | --- | --- |\n"
    );
    for reason in Reason::ALL {
        let way_out = reason.way_out(Command::Up);
        let _ = writeln!(text, "| `{}` | {} | {} |", reason.name(), cell(reason.meaning()), cell(way_out));
    }
    Generated { path: PathBuf::from("docs/reference/reasons.md"), text }
}
