//! The README's sample of what a reviewer sees: a recorded preview of the example, by the real engine, through the
//! real report and renderer, with as much detail as a public repository's job shows. It can't promise what the code does not do.

use super::{Generated, read, wrapper};
use stackstep::base::error::{Error, Result};
use stackstep::render::{self, Detail, Options};
use stackstep::report::{self, Ending, Engine, Facts, Fold, Operation};
use std::path::{Path, PathBuf};

/// The event log of a preview of `examples/hello` after its change, by the Pulumi CLI 3.260.0.
const RECORDING: &str = "tests/fixtures/hello/preview.jsonl";

/// The README with its sample.
pub fn readme(root: &Path) -> Result<Generated> {
    let recording = root.join(RECORDING);
    let mut fold = Fold::new();
    for line in read(&recording)?.lines() {
        fold.line(line.as_bytes());
    }
    let mut facts = Facts::new(Operation::Preview, "dev", Ending::Exited(0), 0);
    facts.duration_ms = 400;
    facts.engine =
        Some(Engine { name: "pulumi".into(), version: Some("3.260.0".into()), processes: 1, sandbox: false });
    let report = report::report(fold.finish(), facts);
    if report.has_changes != Some(true) {
        return Err(Error::input(
            format!("`{}` shows no change", recording.display()),
            "record a preview that changes something",
        ));
    }
    let markdown = render::markdown(&report, &Options { detail: Detail::Paths, ..Options::default() });
    let text =
        wrapper::replace_region(&root.join("README.md"), "sample", &format!("\n{}\n\n", markdown.trim()))?;
    Ok(Generated { path: PathBuf::from("README.md"), text })
}
