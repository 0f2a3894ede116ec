//! The report as Markdown: the outcome and the counts first, then what destroys, what failed, the rest
//! folded away.

use super::changes::{table, warning};
use super::escape::{link, prose, short_commit};
use super::properties::property_changes;
use super::sections::{diagnostics, failure, notes, policies, rules};
use super::{Detail, Size, checks, outputs, reviewed, words};
use crate::render::page::ALL_OF_IT;
use crate::render::page::LeftOut;
use crate::render::page::Page;
use crate::render::page::PageContext;
use crate::report::shortened;

/// Names the sections that the size limit has dropped as a whole. Sections that are only shorter say so themselves.
fn left_out(context: &PageContext<'_>, hidden: LeftOut) -> Vec<String> {
    let PageContext { report, limits, .. } = context;
    let resources = context.shows(Detail::Resources);
    let said = report.diagnostics.iter().filter(|said| !said.says_nothing()).count();
    let findings = report.policies.violations.len() + report.policies.remediations.len();
    let all = report.outputs.as_ref().filter(|_| outputs::are_listed(report)).map_or(0, serde_json::Map::len);
    let outputs = all.max(report.output_changes.len());
    let mut missing = Vec::new();
    if resources && limits.rows == 0 && !report.steps.is_empty() {
        missing.push(format!("the table of {}", words::many(report.steps.len(), "change")));
    } else if context.shows(Detail::Values) && limits.diffs == 0 {
        let differ = report.steps.iter().filter(|step| !step.diffs.is_empty()).count();
        missing
            .extend((differ > 0).then(|| format!("the properties of {}", words::many(differ, "resource"))));
    }
    let lines = usize::try_from(hidden.lines).unwrap_or(usize::MAX);
    missing.extend((lines > 0).then(|| words::many(lines, "changed line")));
    let cut = usize::try_from(hidden.cut).unwrap_or(usize::MAX);
    missing.extend((cut > 0).then(|| format!("the rest of {}", words::many(cut, "changed line"))));
    let without_diff = hidden.resources;
    missing.extend(
        (without_diff > 0).then(|| format!("the properties of {}", words::many(without_diff, "resource"))),
    );
    let properties = usize::try_from(hidden.properties).unwrap_or(usize::MAX);
    missing
        .extend((properties > 0).then(|| format!("the values of {}", words::many(properties, "property"))));
    for (count, thing) in [(said, "diagnostic"), (findings, "policy finding")] {
        if resources && limits.messages == 0 && count > 0 {
            missing.push(words::many(count, thing));
        }
    }
    if resources && limits.outputs == 0 && outputs > 0 {
        missing.push(words::many(outputs, "output"));
    }
    missing
}

/// What happens after this.
fn next(context: &PageContext<'_>, page: &mut Page) {
    if let Some(next) = words::next(context.report, context.options) {
        page.push(&format!("**What happens next:** {}\n\n", prose(&next, context.html())));
    }
}

/// A whole document within the context's limits; `None` as soon as `size` does not hold it.
pub(super) fn document(context: PageContext<'_>, shortened: bool, size: Option<Size>) -> Option<String> {
    let mut page = Page::new(size);
    if let Some(marker) = &context.options.marker {
        page.push(&format!("{marker}\n"));
    }
    head(&context, &mut page);
    let parts = [
        failure,
        reviewed::differences,
        rules,
        checks::section,
        outputs::deployed,
        warning,
        table,
        property_changes,
        diagnostics,
        policies,
        outputs::changed,
        notes,
        next,
        reviewed::digest,
    ];
    for part in parts {
        part(&context, &mut page);
        if page.is_full() {
            return None;
        }
    }
    foot(&context, &mut page, shortened);
    page.finish()
}

fn head(context: &PageContext<'_>, page: &mut Page) {
    let report = context.report;
    let alone = !context.options.among_others;
    if alone {
        let headline = words::headline_in(report, context.options.detail, |name| context.code(name));
        page.push(&format!("## {} {headline}\n\n", words::sign(report)));
    }
    if report.engine.as_ref().is_some_and(|engine| engine.sandbox) {
        page.push("**SANDBOX, nothing was deployed.**\n\n");
    }
    let html = context.html();
    let mut facts = Vec::new();
    if let Some(commit) = report.commit.as_ref().filter(|_| alone) {
        facts.push(format!("commit {}", context.code(short_commit(commit))));
    }
    if let Some(url) = report.ci.as_ref().and_then(|ci| ci.build_url.as_deref()).filter(|_| alone) {
        facts.push(link("job's log", &shortened(url, 500), html));
    }
    if let Some(url) = &report.permalink {
        facts.push(link("Pulumi Cloud", &shortened(url, 500), html));
    }
    if report.duration_ms > 0 {
        facts.push(words::duration(report.duration_ms));
    }
    if let Some((engine, version)) =
        report.engine.as_ref().and_then(|engine| Some((engine, engine.version.as_deref()?)))
    {
        facts.push(context.code(&format!("{} {version}", engine.name)));
    }
    if !facts.is_empty() {
        page.push(&format!("{}\n\n", facts.join(" · ")));
    }
}

fn foot(context: &PageContext<'_>, page: &mut Page, shortened: bool) {
    let result = context.options.result.as_deref();
    let place = result.map(|result| {
        if result.contains("://") {
            link("the whole result", result, context.html())
        } else {
            format!("the whole result: {}", context.code(result))
        }
    });
    let missing = left_out(context, page.hidden()).join(", ");
    let how = match (shortened, missing.is_empty()) {
        (true, true) => "Shortened to fit".to_owned(),
        (true, false) => format!("Shortened to fit, without {missing}"),
        (false, false) => format!("Without {missing}"),
        (false, true) => String::new(),
    };
    let nowhere = usize::try_from(page.hidden().nowhere).unwrap_or(usize::MAX);
    let nowhere = (nowhere > 0).then(|| {
        let lines = words::many(nowhere, "changed line");
        format!("{lines} of values that are too large had no room in any form of the report, or not whole.")
    });
    let where_else = match (how.is_empty(), place) {
        (false, Some(place)) => Some(format!("{how}; {place}")),
        (false, None) => Some(format!("{how}; {ALL_OF_IT}")),
        (true, Some(place)) => Some(format!("See {place}")),
        (true, None) => None,
    };
    let last = [nowhere, where_else].into_iter().flatten().collect::<Vec<_>>().join(" ");
    if !last.is_empty() {
        page.push_all(&[&last, "\n"]);
    }
}
