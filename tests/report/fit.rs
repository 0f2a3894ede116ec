//! A report fits any place, and nothing in it is ever cut in its middle: generated reports, many sizes,
//! every flavor, checked by a reader that knows nothing of the renderer.

use crate::support::size::sized;
use stackstep::render::{self, Detail, Flavor, Options, Size, fits};
use stackstep::report::{
    Change, Diagnostic, Ending, Facts, Fold, Operation, OutputChange, OutputsFrom, PropertyDiff, Report,
    Severity, Status, Step, StepStatus, Violation, report,
};

/// Names and values that want to be markup.
const HOSTILE: &[&str] = &[
    "</details>",
    "|",
    "```",
    "````\n",
    "a\nb\r\nc",
    "@everyone",
    "[x](javascript:alert(1))",
    "<!-- stackstep -->",
    "\u{202e}evil\u{202c}",
    "`",
    "``",
    "\\",
    "\\|",
    "é漢字🦀",
    "<img src=x onerror=y>",
    "~~~",
    "# heading",
    "* x",
    "| --- | --- |",
    "&lt;",
    "\u{1b}[31m",
    "",
    " ",
    "::error::x",
    "##vso[task.complete]",
    "https://evil.example",
    "www.evil.example",
    "me@evil.example",
    "#1",
    "GH-1",
    "evil/evil#1",
    "</summary></code>",
    "-->",
    "$(id)",
    "\u{0}\u{7}",
    "> quote",
    "plain-name",
];

/// A small generator: the same numbers in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(sides).unwrap()).unwrap()
    }

    fn text(&mut self) -> String {
        let pieces = 1 + self.roll(4);
        let text = (0..pieces).map(|_| HOSTILE[self.roll(HOSTILE.len())]).collect::<Vec<_>>();
        let text = text.join(if self.roll(2) == 0 { " " } else { "" });
        if self.roll(40) == 0 { text.repeat(500) } else { text }
    }
}

/// A report full of such names.
pub fn hostile(seed: u64, steps: usize) -> Report {
    let mut dice = Dice(seed);
    let facts = Facts::new(Operation::Preview, dice.text(), Ending::Exited(1), 1);
    let mut made = report(Fold::new().finish(), facts);
    made.project = Some(dice.text());
    made.message = Some(dice.text());
    made.hint = Some(dice.text());
    made.commit = Some(dice.text());
    made.permalink = Some(format!("https://app.example/{}", dice.text()));
    for _ in 0..steps {
        let operation =
            ["create", "update", "delete", "replace", "import", "od`d|</details>\n"][dice.roll(6)];
        let mut diffs = Vec::new();
        for _ in 0..dice.roll(6) {
            diffs.push(PropertyDiff {
                path: dice.text(),
                change: Change::Update,
                replaces: dice.roll(2) == 0,
                old: Some(dice.text().into()),
                new: (dice.roll(3) > 0).then(|| serde_json::json!({ dice.text(): [dice.text(), 1] })),
                text_diff: None,
                hidden: false,
            });
        }
        let step = Step {
            urn: dice.text(),
            kind: dice.text(),
            name: dice.text(),
            operation: operation.to_owned(),
            status: [StepStatus::Planned, StepStatus::Failed, StepStatus::Unfinished][dice.roll(3)],
            parent: Some(dice.text()),
            began: Some(1_795_217_000 + i64::try_from(dice.roll(60)).unwrap()),
            ended: (dice.roll(3) > 0).then_some(1_795_217_070),
            id: Some(dice.text()),
            retained: false,
            replace_keys: vec![dice.text()],
            diffs,
            more_diffs: 0,
        };
        *made.changes.get_or_insert_default().entry(operation.to_owned()).or_default() += 1;
        made.steps.push(step);
    }
    for severity in [Severity::Error, Severity::Warning, Severity::ProgramError, Severity::Info] {
        for _ in 0..dice.roll(8) {
            let name = Some(dice.text());
            let message = dice.text();
            made.diagnostics.push(Diagnostic {
                severity,
                urn: None,
                name,
                kind: Some(dice.text()),
                message,
                times: 2,
            });
        }
    }
    for _ in 0..dice.roll(9) {
        made.outputs.get_or_insert_default().insert(dice.text(), dice.text().into());
        let (old, new) = (Some(dice.text().into()), Some(dice.text().into()));
        made.output_changes.push(OutputChange {
            name: dice.text(),
            change: Change::Update,
            old,
            new,
            text_diff: None,
        });
        made.notes.push(dice.text());
        made.policies.violations.push(Violation {
            policy: dice.text(),
            pack: dice.text(),
            level: "mandatory".to_owned(),
            severity: None,
            urn: None,
            name: Some(dice.text()),
            message: dice.text(),
        });
    }
    made
}

/// Reads Markdown line by line: fences, folded parts and tables all have to be whole.
pub fn broken(markdown: &str, html: bool) -> Option<String> {
    let mut fence: Option<String> = None;
    let mut folded = 0_i32;
    let mut columns: Option<usize> = None;
    for (number, line) in markdown.lines().enumerate() {
        let complain = |what: &str| Some(format!("line {}: {what}: {line:?}", number + 1));
        let quotes: String = line.chars().take_while(|c| *c == '`').collect();
        if let Some(open) = &fence {
            if quotes.len() >= open.len() && line.trim_end() == quotes {
                fence = None;
            }
            continue;
        }
        if quotes.len() >= 3 && !line[quotes.len()..].contains('`') {
            fence = Some(quotes);
            columns = None;
            continue;
        }
        if line.chars().any(char::is_control) {
            return complain("a control character");
        }
        if line.starts_with('|') {
            let cells = cells(line);
            match columns {
                None => columns = Some(cells),
                Some(expected) if expected != cells => return complain("another number of cells"),
                Some(_) => {}
            }
        } else {
            columns = None;
        }
        if let Some(linked) = linked(line) {
            return complain(&format!("`{linked}` would become a link or a mention"));
        }
        let tags = tags(line);
        if !html && !tags.is_empty() {
            return complain("a tag where there are none");
        }
        for tag in tags {
            match tag.as_str() {
                "details" | "details open" => folded += 1,
                "/details" => folded -= 1,
                "summary" | "/summary" | "code" | "/code" => {}
                _ => return complain("a foreign tag"),
            }
        }
        if folded < 0 {
            return complain("the end of a folded part that was not begun");
        }
    }
    if fence.is_some() {
        return Some("a fence is not closed".to_owned());
    }
    (folded != 0).then(|| "a folded part is not closed".to_owned())
}

/// The cells of a row, as GitHub counts them: a pipe ends a cell unless a backslash stands before it.
fn cells(row: &str) -> usize {
    let mut escaped = false;
    let mut cells = 0;
    for c in row.chars() {
        if c == '|' && !escaped {
            cells += 1;
        }
        escaped = c == '\\' && !escaped;
    }
    cells
}

/// The tags of a line, outside of code spans.
fn tags(line: &str) -> Vec<String> {
    let mut rest = line;
    let mut found = Vec::new();
    while let Some(at) = rest.find(['`', '<']) {
        rest = &rest[at..];
        if rest.starts_with('`') {
            let quotes = rest.chars().take_while(|c| *c == '`').count();
            let (quote, after) = rest.split_at(quotes);
            rest = closing(after, quote).map_or(after, |end| &after[end..]);
        } else {
            let inner = &rest[1..];
            let end = inner.find('>').unwrap_or(0);
            let name = inner[..end].to_owned();
            let tag = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
            if tag && !name.starts_with("http") {
                found.push(name);
            }
            rest = inner;
        }
    }
    found
}

/// What a forge would make a link or a mention of, outside of code spans and of links that are meant.
/// `<code>` is no code span: addresses are linked there too.
fn linked(line: &str) -> Option<&'static str> {
    let mut outside = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(['`', ']', '<']) {
        outside.push_str(&rest[..at]);
        rest = &rest[at..];
        let quotes = rest.chars().take_while(|c| *c == '`').count();
        let meant = rest.strip_prefix("](<").and_then(|url| url.find(">)"));
        // What is foreign never has such a bracket outside of code.
        let address = rest.strip_prefix("<https://").and_then(|url| url.find(['>', ' ']));
        let skipped = match (quotes, meant.map(|end| end + 5).or(address.map(|end| end + 10))) {
            (0, Some(end)) => end,
            (0, None) => 1,
            _ => quotes + closing(&rest[quotes..], &rest[..quotes]).unwrap_or(0),
        };
        rest = &rest[skipped..];
    }
    outside.push_str(rest);
    let follows = |what: &str| {
        outside.split(what).skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    };
    ["://", "www.", "@", "&#64;"].into_iter().find(|what| follows(what))
}

/// Where the code span that `quote` began ends.
fn closing(text: &str, quote: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(start) = text[at..].find('`') {
        let start = at + start;
        let run = text[start..].chars().take_while(|c| *c == '`').count();
        if run == quote.len() {
            return Some(start + run);
        }
        at = start + run;
    }
    None
}

/// The flavors of all five forges.
pub const FIVE: [Flavor; 5] =
    [Flavor::GITHUB, Flavor::GITLAB, Flavor::GITEA, Flavor::AZURE, Flavor::BITBUCKET];

const MARKER: &str = "<!-- stackstep:shop/prod:preview -->";

fn flavors() -> [Flavor; 3] {
    [Flavor::GITHUB, Flavor::AZURE, Flavor::BITBUCKET]
}

#[test]
fn a_report_fits_any_size_and_is_never_broken() {
    let marker = "<!-- stackstep:shop/prod:preview -->".to_owned();
    let mut checked = 0;
    for seed in sized(vec![0, 2, 3], (0..5).collect()) {
        let made = hostile(seed, [0, 1, 7, 40, 150][usize::try_from(seed).unwrap() % 5]);
        for flavor in flavors() {
            for detail in [Detail::Counts, Detail::Paths, Detail::Values] {
                let options = Options {
                    detail,
                    flavor,
                    marker: Some(marker.clone()),
                    result: Some("https://ci.example/artifact/7".to_owned()),
                    change_request: true,
                    ..Options::default()
                };
                let mut size = 1024;
                while size <= 1024 * 1024 {
                    for size in [Size::Bytes(size), Size::Chars(size)] {
                        let text = render::fit(&made, &options, size);
                        assert!(fits(&text, size), "seed {seed}: {} bytes in {size:?}", text.len());
                        let rest = text.strip_prefix(&format!("{marker}\n")).unwrap();
                        assert!(rest.starts_with("## "), "seed {seed}: {rest}");
                        assert_eq!(rest.find("<!--"), None, "seed {seed}, {flavor:?}, {detail:?}");
                        if let Some(broken) = broken(rest, flavor.html) {
                            panic!("seed {seed}, {size:?}, {flavor:?}, {detail:?}: {broken}\n{rest}");
                        }
                        checked += 1;
                    }
                    size = size * 3 + 7;
                }
            }
        }
    }
    println!("{checked} documents");
    assert!(checked > sized(300, 500), "{checked} documents");
}

/// Every size up to what a comment on GitHub holds. While a place gets smaller its document stays the same, until it no
/// longer fits: so each is looked at once, from the largest place down to the one that holds nothing.
#[test]
fn any_size_holds_a_whole_document_or_nothing() {
    let (mut checked, mut empty) = (0, 0);
    let distinct = FIVE.into_iter().enumerate().filter(|(at, flavor)| !FIVE[..*at].contains(flavor));
    let distinct = distinct.map(|(_, flavor)| flavor);
    for (seed, steps) in sized(vec![(21, 6), (22, 15)], vec![(20, 2), (21, 6), (22, 15), (23, 40)]) {
        let made = hostile(seed, steps);
        for (at, flavor) in distinct.clone().enumerate() {
            // Each flavor in both ways to count.
            let bytes = (seed + at as u64).is_multiple_of(2);
            let options = Options { flavor, marker: Some(MARKER.to_owned()), ..Options::default() };
            let size_of = |room| if bytes { Size::Bytes(room) } else { Size::Chars(room) };
            let mut room = 70_000;
            let mut rungs = 0;
            loop {
                let size = size_of(room);
                let text = render::fit(&made, &options, size);
                assert!(fits(&text, size), "seed {seed}: {} bytes in {size:?}", text.len());
                if text.is_empty() {
                    assert!(room < 160, "seed {seed}: nothing in {size:?}");
                    empty += 1;
                    break;
                }
                let rest = text.strip_prefix(&format!("{MARKER}\n")).unwrap();
                if let Some(broken) = broken(rest, flavor.html) {
                    panic!("seed {seed}, {size:?}, {flavor:?}: {broken}\n{rest}");
                }
                let used = if bytes { text.len() } else { text.encode_utf16().count() };
                // The smallest place that holds it holds it as well.
                if used < room && rungs % 4 == 0 {
                    assert_eq!(render::fit(&made, &options, size_of(used)), text, "seed {seed}: {used}");
                }
                (checked, rungs, room) = (checked + 1, rungs + 1, used - 1);
            }
            assert!(rungs > 5, "seed {seed}, {flavor:?}: {rungs} sizes");
        }
    }
    assert!(checked > sized(35, 75) && empty == sized(6, 12), "{checked} documents, {empty} times nothing");
}

/// A deployment of which half the changes are alike, with outputs of any text.
fn hostile_deployment(seed: u64) -> Report {
    let mut made = hostile(seed, 60);
    (made.command, made.status, made.reason, made.exit_code) = (Operation::Up, Status::Succeeded, None, 0);
    made.outputs_from = OutputsFrom::Current;
    for step in made.steps.iter_mut().step_by(2) {
        let operation = ["delete", "create", "update"][usize::try_from(seed).unwrap() % 3];
        (step.kind, step.operation, step.status) = ("a|b".to_owned(), operation.to_owned(), StepStatus::Done);
        step.diffs.clear();
        step.replace_keys.clear();
    }
    let outputs = made.outputs.get_or_insert_default();
    for (at, word) in HOSTILE.iter().enumerate() {
        outputs.insert(format!("{word}{at}"), format!("https://evil.example/{word}").into());
    }
    made
}

#[test]
fn a_deployment_with_any_outputs_and_many_alike_is_never_broken() {
    for seed in 0..6 {
        let made = hostile_deployment(seed);
        for flavor in flavors() {
            for detail in [Detail::Resources, Detail::Paths, Detail::Values] {
                let options = Options { detail, flavor, ..Options::default() };
                for room in [1024, 3000, 9000, 27_000, 81_000, 1_000_000] {
                    let text = render::fit(&made, &options, Size::Chars(room));
                    assert!(fits(&text, Size::Chars(room)) && text.starts_with("## "), "{seed}: {text}");
                    if let Some(broken) = broken(&text, flavor.html) {
                        panic!("seed {seed}, {room}, {flavor:?}, {detail:?}: {broken}\n{text}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_left_out_is_named() {
    let mut made = super::recordings::folded("preview-policy-violation");
    let shortest = Options { result: Some("https://ci.example/artifact/7".to_owned()), ..Options::default() };
    let step = made.steps[1].clone();
    made.steps.extend(std::iter::repeat_n(step, 400));
    let text = render::fit(&made, &shortest, Size::Chars(900));
    let last = text.lines().last().unwrap();
    assert_eq!(
        last,
        "Shortened to fit, without the table of 404 changes, 3 outputs; [the whole result](<https://ci.example/artifact/7>)"
    );
}

#[test]
fn a_larger_place_holds_at_least_as_much() {
    let made = hostile(3, 60);
    let options = Options::default();
    let lengths = [1024, 4096, 16_384, 65_536, 1_048_576]
        .map(|size| render::fit(&made, &options, Size::Bytes(size)).len());
    assert!(lengths.is_sorted(), "{lengths:?}");
}

#[test]
fn what_was_left_out_is_said() {
    let made = hostile(4, 150);
    let whole = render::markdown(&made, &Options::default());
    assert!(!whole.contains("Shortened to fit"));
    let options = Options { result: Some("/runner/result.json".to_owned()), ..Options::default() };
    let text = render::fit(&made, &options, Size::Bytes(2048));
    assert!(text.contains("Shortened to fit") && text.contains("result.json"), "{text}");
}

#[test]
fn counts_show_neither_names_nor_values() {
    let made = hostile(5, 10);
    let options = Options { detail: Detail::Counts, ..Options::default() };
    let text = render::markdown(&made, &options);
    assert!(!text.contains("| --- |") && !text.contains("```"), "{text}");
}

#[test]
fn paths_show_no_values() {
    let mut made = hostile(6, 0);
    made.steps = super::recordings::folded("up-replace-delete").steps;
    let options = Options { detail: Detail::Paths, ..Options::default() };
    let text = render::markdown(&made, &options);
    assert!(text.contains("`region`") && !text.contains("\"us\""), "{text}");
}

#[test]
fn the_reader_of_this_test_finds_what_is_broken() {
    for text in [
        "@me",
        "www.x.example",
        "<code>https://x</code>",
        "```\nx",
        "<details>\n",
        "| a | b |\n| - |\n",
        "</details>\n",
        "<img x>",
        "a\u{1b}b",
    ] {
        assert!(broken(text, true).is_some(), "{text:?}");
    }
    assert!(broken("<code>x</code>", false).is_some());
    assert_eq!(broken("| a\\| | `<b>` |\n| --- | --- |\n````diff\n```\n````\n", true), None);
}
