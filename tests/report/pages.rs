//! The HTML page and the JUnit file: every recording and hostile names, read by readers that know nothing of the
//! renderer.

use stackstep::render::{self, Detail, Options};
use stackstep::report::{Report, Status};

use super::{fit, recordings, snapshot};

/// The elements and attributes that the page is made of.
const ELEMENTS: &[&str] = &[
    "a", "article", "body", "code", "dd", "del", "details", "div", "dl", "dt", "em", "footer", "form", "h1",
    "h2", "h3", "head", "header", "html", "input", "ins", "label", "li", "link", "main", "meta", "nav",
    "option", "output", "p", "pre", "rect", "script", "section", "select", "span", "strong", "style",
    "summary", "svg", "table", "tbody", "td", "th", "thead", "title", "tr", "ul",
];
const VOID: &[&str] = &["input", "link", "meta"];

/// Reads HTML tag by tag: every element closed in its order, no handler, no foreign element, no unquoted attribute.
fn broken_html(page: &str) -> Option<String> {
    let mut open: Vec<String> = Vec::new();
    let mut rest = page.strip_prefix("<!doctype html>")?;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').unwrap_or(rest.len());
        let tag = &rest[..end];
        let name = tag.trim_matches('/').split_whitespace().next().unwrap_or_default();
        if !ELEMENTS.contains(&name) {
            return Some(format!("a foreign tag: <{tag}>"));
        }
        let attributes: Vec<&str> = tag.split('"').step_by(2).collect();
        let active = |name: &&str| name.starts_with(" on") || name.starts_with(" style");
        if attributes.iter().any(active) || tag.contains("\"javascript:") {
            return Some(format!("something active: <{tag}>"));
        }
        if attributes.iter().any(|outside| outside.contains(['\'', '<', '`'])) {
            return Some(format!("an attribute without quotes: <{tag}>"));
        }
        if tag.starts_with('/') {
            if open.pop().as_deref() != Some(name) {
                return Some(format!("<{tag}> closes nothing"));
            }
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name.to_owned());
        }
        if matches!(name, "script" | "style") && !tag.starts_with('/') {
            rest = &rest[rest.find(&format!("</{name}>")).unwrap()..];
        }
    }
    (!open.is_empty()).then(|| format!("not closed: {open:?}"))
}

fn options() -> Options {
    Options { change_request: true, ..Options::default() }
}

#[test]
fn every_page_is_whole_and_without_foreign_markup() {
    let recorded = recordings::all().into_iter().map(|name| (name.clone(), recordings::folded(&name)));
    let made = (0..30).map(|seed| (format!("seed {seed}"), fit::hostile(seed, 30)));
    for (name, report) in recorded.chain(made) {
        for detail in [Detail::Counts, Detail::Resources, Detail::Paths, Detail::Values] {
            let page = render::html(&report, &Options { detail, ..options() });
            assert_eq!(broken_html(&page), None, "{name}, {detail:?}");
        }
    }
}

#[test]
fn the_reader_of_this_test_finds_broken_pages() {
    for body in [
        "<img src=x>",
        "<p class=\"x\" onclick=\"x\"></p>",
        "<p>",
        "</p>",
        "<a href='x'></a>",
        "<p class=\"x\" style=\"x\"></p>",
    ] {
        assert!(broken_html(&format!("<!doctype html>{body}")).is_some(), "{body}");
    }
    assert_eq!(broken_html("<!doctype html><p class=\"a\">x<input type=\"text\"></p>"), None);
}

#[test]
fn a_page_and_a_junit_file_look_as_expected() {
    let mut differences = Vec::new();
    for name in
        ["preview-replace-delete", "preview-policy-violation", "up-partial-failure", "up-stack-not-found"]
    {
        let report = recordings::folded(name);
        let page = render::html(&report, &options());
        // The style and the script are files of their own, and their hashes follow from them.
        let (_, body) = page.split_once("</head>").unwrap();
        let (body, _) = body.split_once("<script>").unwrap();
        differences.extend(snapshot::matches(&format!("pages/{name}.html"), body).err());
        differences.extend(
            snapshot::matches(&format!("pages/{name}.xml"), &render::junit(&report, &options())).err(),
        );
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn a_page_shows_as_much_as_detail_allows() {
    let report = recordings::folded("up-replace-delete");
    let shows = |detail| {
        let page = render::html(&report, &Options { detail, ..options() });
        ["<code>w0</code>", "<code>region</code>", "&quot;us&quot;"].map(|text| page.contains(text))
    };
    assert_eq!(shows(Detail::Counts), [false, false, false]);
    assert_eq!(shows(Detail::Resources), [true, false, false]);
    assert_eq!(shows(Detail::Paths), [true, true, false]);
    assert_eq!(shows(Detail::Values), [true, true, true]);
}

#[test]
fn nothing_on_a_page_is_fetched() {
    for name in recordings::all() {
        let page = render::html(&recordings::folded(&name), &options());
        for what in ["src=", "@import", "url(", "fetch(", "XMLHttp", "http-equiv=\"refresh"] {
            assert!(!page.contains(what), "{name}: {what}");
        }
    }
}

/// The attribute's numbers, in the order in which they stand.
fn numbers(xml: &str, attribute: &str) -> Vec<usize> {
    let begin = format!(" {attribute}=\"");
    let parts = xml.split(&begin).skip(1);
    parts.map(|part| part.split('"').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn a_junit_file_counts_its_cases() {
    let recorded = recordings::all().into_iter().map(|name| (name.clone(), recordings::folded(&name)));
    let made = (0..20).map(|seed| (format!("seed {seed}"), fit::hostile(seed, 30)));
    for (name, report) in recorded.chain(made) {
        let xml = render::junit(&report, &options());
        let of = |tag: &str| xml.matches(tag).count();
        assert_eq!(numbers(&xml, "tests"), [of("<testcase "), of("<testcase ")], "{name}");
        assert_eq!(numbers(&xml, "failures"), [of("<failure "), of("<failure ")], "{name}");
        assert_eq!(of("<testcase "), of("</testcase>"), "{name}");
        assert_eq!(of("<failure ") > 0, fails(&report), "{name}");
    }
}

fn fails(report: &Report) -> bool {
    matches!(report.status, Status::Failed | Status::Cancelled)
}

#[test]
fn a_failed_resource_and_a_mandatory_finding_are_failures_and_an_advisory_one_passes() {
    let xml = render::junit(&recordings::folded("up-partial-failure"), &options());
    assert!(xml.contains("<failure type=\"resource\""), "{xml}");
    let xml = render::junit(&recordings::folded("preview-policy-violation"), &options());
    assert_eq!(xml.matches("<failure type=\"policy\"").count(), 4, "three findings and the run:\n{xml}");
    assert!(xml.contains("<system-out>advisory: "), "{xml}");
}

#[test]
fn counts_name_nothing_in_a_junit_file() {
    let report = recordings::folded("preview-policy-violation");
    let xml = render::junit(&report, &Options { detail: Detail::Counts, ..options() });
    assert!(xml.contains("tests=\"1\"") && !xml.contains("no-ap-region"), "{xml}");
}

#[test]
fn a_step_says_when_it_was_begun_and_what_it_belongs_to() {
    let report = recordings::folded("up-partial-failure");
    let step = report.steps.iter().find(|step| step.name.starts_with('w')).unwrap();
    assert!(step.parent.as_deref().unwrap().contains("pulumi:pulumi:Stack"), "{step:?}");
    assert!(step.began.unwrap() <= step.ended.unwrap() && step.began.unwrap() > 1_700_000_000, "{step:?}");
}

#[test]
fn a_step_that_was_never_finished_has_no_end() {
    let report = recordings::folded("up-killed");
    let step = report.steps.iter().find(|step| step.name == "w3").unwrap();
    assert_eq!((step.began.is_some(), step.ended), (true, None));
}

#[test]
fn changes_that_are_alike_are_one_row_with_all_of_them_in_it() {
    for (operation, open) in [("create", ""), ("delete", " open")] {
        let mut report = recordings::folded("preview-create");
        report.steps.retain(|step| step.name.starts_with('w'));
        for step in &mut report.steps {
            step.operation = operation.to_owned();
        }
        let page = render::html(&report, &options());
        assert_eq!(broken_html(&page), None);
        assert_eq!(page.matches("<tr role=\"row\" data-operation=").count(), 1, "{page}");
        assert!(page.contains("data-count=\"6\""), "{page}");
        assert!(page.contains(&format!("<details{open}><summary>all 6: ")), "{page}");
        for name in ["w0", "w1", "w2", "w3", "w4", "w5"] {
            assert!(page.contains(&format!("<li><code>{name}</code>")), "{name}: {page}");
        }
    }
}

#[test]
fn several_stacks_have_their_numbers_in_columns() {
    let reports = ["preview-replace-delete", "up-update", "yaml-preview-noop"].map(recordings::folded);
    let page = render::html_of(&reports, &options());
    assert_eq!(broken_html(&page), None);
    assert!(page.contains("<td class=\"replace\">4</td><td class=\"delete\">2</td>"), "{page}");
    assert!(page.contains("<td class=\"create\"></td><td class=\"update\">6</td>"), "{page}");
    assert_eq!(page.matches("<article aria-labelledby=\"stack-").count(), 2, "one has nothing but its row");
}

#[test]
fn the_head_says_what_it_ran_for_and_when() {
    let mut report = recordings::folded("yaml-preview-update");
    (report.branch, report.change_request) = (Some("<new>".to_owned()), Some(7));
    (report.repository, report.began) = (Some("acme/shop".to_owned()), Some(1_795_903_260));
    let page = render::html(&report, &options());
    for fact in ["<code>acme/shop</code>", "<code>&lt;new&gt;</code>", "#7", "2026-11-28 22:01 UTC"] {
        assert!(page.contains(&format!("</dt> <dd>{fact}</dd>")), "{fact}: {page}");
    }
}
