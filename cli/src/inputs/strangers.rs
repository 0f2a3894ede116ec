//! The inputs that are used from a `stackstep.yaml` that a stranger may have written: they name, pace or colour
//! something, and never start, install, write, reach or hide anything. All others are left out, with a warning.

use super::found::Raw;
use super::headings::{LogInputs, OperationInputs, ReportInputs, SafetyInputs, StackInputs};
use crate::base::words::Words;
use crate::render::Detail;

/// The inputs that are used. `target`, `exclude` and `suppress-outputs` are not among them, because they would hide
/// changes from the reviewer.
pub const ALLOWED: &[&str] = &[
    StackInputs::name.name(),
    OperationInputs::refresh.name(),
    OperationInputs::parallel.name(),
    SafetyInputs::timeout.name(),
    LogInputs::diff.name(),
    LogInputs::color.name(),
    LogInputs::suppress_progress.name(),
    DETAIL,
];

const DETAIL: &str = ReportInputs::detail.name();

/// Whether the value `raw` of the input `name` is used. `shown` is the detail of a report if the file does not set it:
/// a stranger's file may only reduce it.
pub fn counts(name: &str, raw: &Raw, shown: Detail) -> bool {
    match (name, raw) {
        (DETAIL, Raw::Text(word)) => Detail::from_word(word).is_some_and(|detail| detail <= shown),
        _ => ALLOWED.contains(&name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::INPUTS;

    fn text(text: &str) -> Raw {
        Raw::Text(text.to_owned())
    }

    #[test]
    fn a_report_may_show_less_and_no_more() {
        assert!(counts("detail", &text("counts"), Detail::Paths));
        assert!(counts("detail", &text("paths"), Detail::Paths));
        assert!(!counts("detail", &text("values"), Detail::Paths));
        assert!(!counts("detail", &text("everything"), Detail::Values));
    }

    #[test]
    fn nothing_else_counts() {
        let count = INPUTS.iter().filter(|input| counts(input.name, &text("counts"), Detail::Values)).count();
        assert_eq!(count, ALLOWED.len());
    }
}
