//! The reviewed change in a report: how the run differs from it, and the digest in the small print.

use super::escape::prose;
use super::page::{Page, PageContext};
use super::{Detail, words};
use crate::report::{Report, ReviewComparison, ReviewRecord, shortened};

/// The comparison of a run that was about to do something else than what was reviewed.
pub(super) fn refused(report: &Report) -> Option<&ReviewComparison> {
    report.comparison.as_ref().filter(|comparison| !comparison.differences.is_empty())
}

/// The heading over the differences.
pub(super) fn heading(comparison: &ReviewComparison) -> String {
    let more = usize::try_from(comparison.more).unwrap_or(usize::MAX);
    let count = comparison.differences.len().saturating_add(more);
    format!("{} from the reviewed change", words::many(count, "difference"))
}

/// The first differences, at most `most` of them, and a line for the rest.
pub(super) fn lines(comparison: &ReviewComparison, most: usize) -> Vec<String> {
    let told = comparison.differences.len().min(most);
    let rest = (comparison.differences.len() - told) as u64 + comparison.more;
    let first = comparison.differences.iter().take(told).map(|difference| difference.message.clone());
    let rest = (rest > 0).then(|| format!("and {} more", words::number(rest)));
    first.chain(rest).collect()
}

/// The digest and what it stands for, on one line of plain text.
pub(super) fn small_print(record: &ReviewRecord) -> String {
    let values = if record.key.is_none() { ", values" } else { "" };
    let mut not_bound = record.not_bound.clone();
    if record.key.is_some() {
        not_bound.push("values, which this digest does not cover".to_owned());
    }
    format!(
        "reviewed change {}; bound: operations, properties{values}, files, configuration, versions; not bound: {}",
        record.short_digest(),
        not_bound.join("; ")
    )
}

/// The differences as a list.
pub(super) fn differences(context: &PageContext<'_>, page: &mut Page) {
    let Some(comparison) = refused(context.report) else { return };
    page.push(&format!("#### {}\n\n", heading(comparison)));
    if !context.shows(Detail::Resources) {
        return;
    }
    for line in lines(comparison, context.limits.messages) {
        page.push(&format!("- {}\n", prose(&shortened(&line, context.limits.message), context.html())));
    }
    page.push("\n");
}

/// The digest, at the end.
pub(super) fn digest(context: &PageContext<'_>, page: &mut Page) {
    let Some(record) = &context.report.review else { return };
    let line = if context.limits.messages > 0 {
        small_print(record)
    } else {
        format!("reviewed change {}", record.short_digest())
    };
    let line = prose(&shortened(&line, 1500), context.html());
    if context.html() {
        page.push(&format!("<sub>{line}</sub>\n\n"));
    } else {
        page.push(&format!("{line}\n\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Options, html, junit, markdown, text};
    use crate::report::{
        DifferenceKind, Ending, Events, Facts, Operation, ReviewConfig, ReviewDifference, report,
    };

    fn run(change: impl FnOnce(&mut Report)) -> Report {
        let mut report = report(Events::default(), Facts::new(Operation::Up, "prod", Ending::Exited(0), 76));
        change(&mut report);
        report
    }

    fn everywhere(report: &Report) -> [String; 4] {
        let options = Options { detail: Detail::Values, ..Options::default() };
        [markdown(report, &options), html(report, &options), junit(report, &options), text(report, None)]
    }

    #[test]
    fn what_differs_stands_in_each_form_of_the_report() {
        let difference = |at: usize| ReviewDifference {
            kind: DifferenceKind::StepMore,
            urn: None,
            operation: None,
            path: None,
            message: format!("app{at} (t:m:T): create was not reviewed"),
        };
        let report = run(|report| {
            report.comparison = Some(ReviewComparison {
                differences: (0..40).map(difference).collect(),
                more: 2,
                ..ReviewComparison::default()
            });
            report.reason = Some(crate::report::Reason::Reviewed);
            report.status = crate::report::Status::Failed;
        });
        for text in everywhere(&report) {
            assert!(text.contains("app0 (t:m:T): create was not reviewed"), "{text}");
        }
        let [markdown, html, ..] = everywhere(&report);
        for text in [markdown, html] {
            assert!(text.contains("42 differences from the reviewed change"), "{text}");
        }
        assert!(text(&report, None).contains("and 32 more"));
        let few = Options { detail: Detail::Counts, ..Options::default() };
        assert!(!markdown_of(&report, &few).contains("app0"));
    }

    fn markdown_of(report: &Report, options: &Options) -> String {
        markdown(report, options)
    }

    #[test]
    fn a_preview_has_its_digest_in_the_small_print() {
        let record = |key: Option<&str>| ReviewRecord {
            v: 1,
            digest: format!("sha256:{}", "0123456789abcdef".repeat(4)),
            operation: Operation::Up,
            backend: String::new(),
            stack: "shop/prod".to_owned(),
            source: String::new(),
            files: std::collections::BTreeMap::new(),
            config: ReviewConfig::default(),
            engine: String::new(),
            plugins: Vec::new(),
            key: key.map(str::to_owned),
            key_check: String::new(),
            steps: Vec::new(),
            outputs: std::collections::BTreeMap::new(),
            not_bound: vec!["variables".to_owned()],
            is_compared: false,
            sealed_with: None,
        };
        let preview = run(|report| report.review = Some(Box::new(record(Some("k")))));
        let [markdown, html, ..] = everywhere(&preview);
        for text in [markdown, html] {
            assert!(
                text.contains("reviewed change sha256:0123456789ab; bound: operations, properties, files"),
                "{text}"
            );
            assert!(
                text.contains("not bound: variables; values, which this digest does not cover"),
                "{text}"
            );
        }
        assert!(small_print(&record(None)).contains("properties, values, files"));
        assert!(!everywhere(&run(|_| {}))[0].contains("reviewed change"));
    }
}
