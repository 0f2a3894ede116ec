//! The inputs that count in a `stackstep.yaml` that a stranger may have written: what names, paces or colours, and never
//! what starts, installs, writes, reaches or hides something. All else is left out and named.

use super::found::Raw;
use super::headings::{LogInputs, OperationInputs, ReportInputs, SafetyInputs, StackInputs};
use crate::base::words::Words;
use crate::render::Detail;

/// The inputs that count. `target`, `exclude` and `suppress-outputs` are none of them: they would hide changes from the
/// person who reviews.
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

/// Whether the value `raw` of the input `name` counts. `shown` is what a report shows where the file says nothing: a
/// stranger's file may show less, and no more.
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
