//! What changes is shown, in every form and at every size: values are compared whole, what is unchanged goes first, and
//! what can't be seen is said in words.

use serde_json::{Value, json};
use stackstep::render::{self, Detail, Options, Size, Template};
use stackstep::report::{Command, Ending, Facts, Fold, Report, report};

use super::fit::Dice;
use super::{fit, flavors};

/// An update of a resource, as the engine's log has it.
fn updated(name: &str, old: &Value, new: &Value) -> String {
    let urn = format!("urn:pulumi:dev::shop::acme:index:Thing::{name}");
    let state = |inputs: &Value| json!({ "custom": true, "id": "i", "inputs": inputs, "outputs": inputs });
    json!({ "timestamp": 1_795_217_000, "resourcePreEvent": { "planning": true, "metadata": {
        "op": "update", "urn": urn, "type": "acme:index:Thing", "logical": true, "old": state(old), "new": state(new)
    } } })
    .to_string()
}

/// The report of a preview, before anything is masked.
fn previewed(lines: &[String]) -> Report {
    let mut fold = Fold::new();
    for line in lines {
        fold.line(line.as_bytes());
    }
    report(fold.finish(), Facts::new(Command::Preview, "dev", Ending::Exited(0), 0))
}

/// The same as the result file has it.
fn published(lines: &[String]) -> Report {
    let made = previewed(lines).masked(&str::to_owned);
    serde_json::from_str(&made.to_json()).unwrap()
}

fn one(old: &Value, new: &Value) -> Report {
    published(&[updated("thing", &json!({ "v": old }), &json!({ "v": new }))])
}

fn text(lines: usize, changed: &[usize]) -> String {
    let line =
        |n| if changed.contains(&n) { format!("key{n}: CHANGED\n") } else { format!("key{n}: value{n}\n") };
    (0..lines).map(line).collect()
}

fn template() -> Template {
    Template::new("t.md", "{% for step in report.steps %}{{ step|diff }}{% endfor %}").unwrap()
}

/// The forms that show values.
fn forms(made: &Report) -> Vec<(String, String)> {
    let mut forms = vec![
        ("html".to_owned(), render::html(made, &Options::default())),
        ("template".to_owned(), template().render(made, &Options::default()).unwrap()),
    ];
    for (forge, flavor, limit) in flavors::FORGES {
        let options = Options { flavor, ..Options::default() };
        for size in [3000, 8000, limit] {
            let text = render::fit(made, &options, Size::Chars(size));
            assert_eq!(fit::broken(&text, flavor.html), None, "{forge}, {size}:\n{text}");
            forms.push((format!("{forge}, {size}"), text));
        }
    }
    forms
}

#[test]
fn each_changed_line_of_many_resources_is_in_the_comment() {
    let mut lines: Vec<String> = (0..25)
        .map(|n| {
            let old = json!({ "v": text(120, &[]) });
            updated(&format!("values{n}"), &old, &json!({ "v": text(120, &[2, 118]) }))
        })
        .collect();
    let important = text(120, &[]).replace("key60: value60", "key60: IMPORTANT");
    lines.push(updated("api-config", &json!({ "v": text(120, &[]) }), &json!({ "v": important })));
    let made = published(&lines);
    for (forge, flavor, limit) in flavors::FORGES {
        let options = Options { flavor, ..Options::default() };
        let comment = render::fit(&made, &options, Size::Chars(limit.min(65_536)));
        if flavor.html {
            assert_eq!(comment.matches("CHANGED").count(), 50, "{forge}:\n{comment}");
        } else {
            assert!(comment.contains("… and 6 more resources not shown: `values"), "{forge}:\n{comment}");
        }
        assert!(comment.contains("+     key60: IMPORTANT\n"), "{forge}:\n{comment}");
    }
}

#[test]
fn what_is_unchanged_goes_before_what_changed() {
    let changed: Vec<usize> = (0..1000).filter(|n| n % 9 == 4).collect();
    let made = one(&json!(text(1000, &[])), &json!(text(1000, &changed)));
    let at = |size| render::fit(&made, &Options::default(), Size::Chars(size));
    let whole = at(65_536);
    assert!(whole.contains("key3: value3") && !whole.contains("Shortened"), "{whole}");
    let tight = at(8000);
    assert_eq!(tight.matches("+     key").count(), changed.len(), "{tight}");
    assert!(!tight.contains("key3: value3") && tight.contains("Shortened to fit"), "{tight}");
}

#[test]
fn changed_lines_without_room_are_counted_and_said_to_be_missing() {
    let changed: Vec<usize> = (0..1000).filter(|n| n % 9 == 4).collect();
    let made = one(&json!(text(1000, &[])), &json!(text(1000, &changed)));
    let options = Options::default();
    let short = render::fit(&made, &options, Size::Chars(1500));
    let shown =
        short.lines().filter(|line| line.starts_with("-     key") || line.starts_with("+     key")).count();
    let missing = 2 * changed.len() - shown;
    assert!(short.contains(&format!("  … and {missing} more changed lines not shown\n")), "{short}");
    let last = format!(
        "Shortened to fit, without {missing} changed lines; set `report-file` or `result-file` for all of it\n"
    );
    assert!(short.ends_with(&last), "{short}");
}

#[test]
fn a_large_value_keeps_its_change_in_the_result_and_all_that_is_made_of_it() {
    let long = |end: &str| json!(format!("{}{end}", "x".repeat(30_000)));
    let last = |end: &str| json!(text(3000, &[]) + end);
    for (old, new) in [(long("OLD"), long("NEW")), (last("OLD\n"), last("NEW\n"))] {
        let made = one(&old, &new);
        let diff = &made.steps[0].diffs[0];
        let (before, after) = (diff.old.as_ref().unwrap(), diff.new.as_ref().unwrap());
        assert_ne!(before, after);
        assert_eq!(before["bytes"], json!(old.as_str().unwrap().len()));
        assert_eq!(before["sha256"].as_str().unwrap().len(), 64);
        let json = made.to_json();
        assert!(json.len() < 20_000 && json.contains("OLD") && json.contains("NEW"), "{json}");
        for (form, text) in forms(&made) {
            assert!(text.contains("OLD") && text.contains("NEW"), "{form}:\n{text}");
        }
        let again = made.clone().masked(&str::to_owned);
        assert_eq!(again, made);
    }
}

#[test]
fn a_large_value_that_comes_or_goes_is_there_with_its_first_lines() {
    let large = json!({ "v": text(3000, &[]), "w": 1 });
    let made =
        published(&[updated("a", &json!({ "w": 1 }), &large), updated("b", &large, &json!({ "w": 1 }))]);
    let [added, removed] = [0, 1].map(|n| made.steps[n].diffs[0].clone());
    assert!(added.old.is_none() && added.new.unwrap()["lines"] == json!(3000));
    assert!(removed.new.is_none() && removed.old.unwrap()["lines"] == json!(3000));
    let page = render::markdown(&made, &Options::default());
    assert!(
        page.contains("+ v:\n+     key0: value0\n") && page.contains("- v:\n-     key0: value0\n"),
        "{page}"
    );
    assert_eq!(page.matches("more changed lines not shown").count(), 2, "{page}");
}

#[test]
fn a_secret_is_masked_in_the_whole_value_before_it_is_cut() {
    let secret = "begin\nab\ncd\nef\nend";
    let old = text(3000, &[]);
    let new = old.replace("key1500: value1500\n", &format!("{secret}\nCHANGED\n"));
    let lines = [updated("thing", &json!({ "v": old }), &json!({ "v": new }))];
    let made = previewed(&lines).masked(&|text| text.replace(secret, "***"));
    let json = made.to_json();
    assert!(
        json.contains("CHANGED") && !["begin", "ab\"", "cd\"", "ef\""].iter().any(|part| json.contains(part)),
        "{json}"
    );
}

#[test]
fn a_job_that_publishes_a_result_masks_its_hunks_as_texts() {
    let secret = "ab\ncd";
    let old = text(3000, &[]);
    let new = old.replace("key1500: value1500\n", &format!("{secret}\nCHANGED\n"));
    let made = published(&[updated("thing", &json!({ "v": old }), &json!({ "v": new }))]);
    assert!(made.to_json().contains("+cd"));
    let masked = made.masked(&|text| text.replace(secret, "***")).to_json();
    assert!(masked.contains("+***") && masked.contains("+CHANGED") && !masked.contains("+cd"), "{masked}");
}

#[test]
fn values_that_may_not_be_shown_are_not_shown_as_hunks_either() {
    let made = one(&json!(text(3000, &[])), &json!(text(3000, &[7])));
    for detail in [Detail::Counts, Detail::Resources, Detail::Paths] {
        let options = Options { detail, output_values: true, ..Options::default() };
        let source = "{% for step in report.steps %}{{ step.diffs }}{{ step|diff }}{% endfor %}";
        let own = Template::new("t.md", source).unwrap().render(&made, &options).unwrap();
        for text in [render::markdown(&made, &options), render::html(&made, &options), own] {
            assert!(!text.contains("CHANGED") && !text.contains("\"sha256\""), "{detail:?}:\n{text}");
        }
    }
}

/// Two texts that a reader could take for each other.
const ALIKE: &[(&str, &str)] = &[
    ("a b", "a\u{a0}b"),
    ("a b", "a\u{2009}b"),
    ("a b", "a\u{3000}b"),
    ("a b", "a\u{2800}b"),
    ("a b", "a\tb"),
    ("a", "a "),
    ("a\t", "a"),
    ("\ta", "        a"),
    ("ab", "a\u{200b}b"),
    ("ab", "a\u{ad}b"),
    ("ab", "a\u{2060}b"),
    ("ab", "a\u{200d}b"),
    ("a", "\u{feff}a"),
    ("a", "a\u{fe0f}"),
    ("a", "a\u{e0041}"),
    ("\u{202a}a", "a"),
    ("\u{e9}t\u{e9}", "e\u{301}te\u{301}"),
    ("\u{212b}", "\u{c5}"),
    ("\u{ac00}", "\u{1100}\u{1161}"),
    ("paypal", "p\u{430}yp\u{430}l"),
    ("scope", "\u{455}\u{441}\u{43e}\u{440}\u{435}"),
    ("no", "n\u{3bf}"),
    ("a-b", "a\u{2013}b"),
    ("a-b", "a\u{2212}b"),
    ("\u{201c}a\u{201d}", "\"a\""),
    ("it's", "it\u{2019}s"),
    ("a;", "a\u{37e}"),
    ("K", "\u{212a}"),
    ("abc", "\u{ff41}\u{ff42}\u{ff43}"),
    ("a", "\u{1d41a}"),
    ("file", "\u{fb01}le"),
    ("VIII", "\u{2167}"),
    ("a/b", "a\u{2215}b"),
    ("1O", "10"),
    ("l1", "ll"),
    ("a\\u{200b}b", "a\u{200b}b"),
];

#[test]
fn two_sides_that_look_alike_are_never_shown_without_a_word() {
    let body = |line: &str| format!("{}{line}\n{}", text(40, &[]), text(40, &[]));
    let large = |line: &str| format!("{}{line}\n{}", text(2000, &[]), text(2000, &[]));
    for (old, new) in ALIKE {
        for (old, new) in [(old, new), (new, old)] {
            let mut pairs = vec![
                (json!(old), json!(new)),
                (json!([1, old]), json!([1, new])),
                (json!(body(old)), json!(body(new))),
                (json!(large(old)), json!(large(new))),
                (json!(json!({ "k": old }).to_string()), json!(json!({ "k": new }).to_string())),
            ];
            // In a name, a tab and a backslash are written out, and blanks are plain to see.
            if !format!("{old}{new}").contains(['\t', '\\', '"']) && new.trim() == *new && old.trim() == *old
            {
                let named = |name: &str| json!({ format!("k {name}.z"): 1 });
                pairs.push((named(old), named(new)));
            }
            for (was, is) in pairs {
                let made = one(&was, &is);
                for (form, text) in forms(&made) {
                    let said = text.lines().any(|line| line.starts_with("~ ") || line.contains(">~ "));
                    assert!(said, "{old:?} {new:?}, {form}:\n{text}");
                }
            }
        }
    }
}

#[test]
fn line_ends_and_the_last_newline_are_said_at_every_size() {
    for (old, new, words) in [
        ("a\nb\nc\n", "a\r\nb\r\nc\r\n", "line ends: LF → CRLF"),
        ("a\r\nb\n", "a\nb\n", "line ends of 1 line: CRLF → LF"),
        ("a\nb\n", "a\nb", "no newline at the end any more"),
        ("{\"a\": 1}", "{\"a\": 1}\n", "a newline at the end now"),
    ] {
        for (was, is) in [(old.to_owned(), new.to_owned()), (text(2000, &[]) + old, text(2000, &[]) + new)] {
            let made = one(&json!(was), &json!(is));
            let noted = made.steps[0].diffs[0].text_diff.as_ref().is_none_or(|found| !found.notes.is_empty());
            assert!(noted, "{}", made.to_json());
            for (form, text) in forms(&made) {
                let words =
                    words.trim_start_matches("line ends of 1 line: ").trim_start_matches("line ends: ");
                assert!(text.contains(words), "{old:?} {new:?}, {form}:\n{text}");
            }
        }
    }
}

#[test]
fn an_output_that_changes_shows_its_change() {
    let stack = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev";
    let event = |old: &str, new: &str| {
        json!({ "resOutputsEvent": { "planning": true, "metadata": {
            "op": "update", "urn": stack, "type": "pulumi:pulumi:Stack",
            "old": { "outputs": { "o": old } }, "new": { "outputs": { "o": new } }
        } } })
        .to_string()
    };
    let options = Options { output_values: true, ..Options::default() };
    let long = "x".repeat(5000);
    let larger = text(3000, &[]);
    for (old, new, words) in [
        ("a b", "a\u{a0}b", "no-break space"),
        (&format!("{long}OLD"), &format!("{long}NEW"), "NEW"),
        (&format!("{larger}OLD\n"), &format!("{larger}NEW\n"), "NEW"),
    ] {
        let made = published(&[event(old, new)]);
        for text in [render::markdown(&made, &options), render::html(&made, &options)] {
            assert!(text.contains(words), "{text}");
        }
        assert!(made.to_json().contains(new) || made.to_json().contains(words));
    }
}

#[test]
fn rows_stand_in_the_same_order_whatever_the_engine_was_done_with_first() {
    let names = ["a10", "a9", "a1", "b2", "b10", "a2"];
    let mut lines: Vec<String> =
        names.iter().map(|name| updated(name, &json!({ "v": 1 }), &json!({ "v": 2 }))).collect();
    let mut dice = Dice(3);
    let mut first = None;
    for _ in 0..20 {
        for at in (1..lines.len()).rev() {
            lines.swap(at, dice.roll(at + 1));
        }
        let made = published(&lines);
        let text = render::markdown(&made, &Options::default());
        assert_eq!(*first.get_or_insert_with(|| text.clone()), text);
        let at = ["a1`", "a2`", "a9`", "a10`", "b2`", "b10`"]
            .map(|name| text.find(&format!("| `{name}")).unwrap());
        assert!(at.is_sorted(), "{text}");
        let page = render::html(&made, &Options::default());
        let at = ["a1<", "a2<", "a9<", "a10<"].map(|name| page.find(&format!("<code>{name}")).unwrap());
        assert!(at.is_sorted(), "{page}");
    }
}

#[test]
fn large_values_with_nothing_in_common_are_compared_within_bounds() {
    let garbage = |seed: u64, lines: bool| -> Value {
        let mut dice = Dice(seed);
        let end = if lines { "\n" } else { " " };
        let words: Vec<String> = (0..60_000).map(|_| format!("{:016x}{end}", dice.roll(1 << 30))).collect();
        words.concat().into()
    };
    let equal = |count: usize, last: &str| -> Value { ("same\n".repeat(count) + last).into() };
    for (old, new) in [
        (garbage(1, true), garbage(2, true)),
        (garbage(1, false), garbage(2, false)),
        (equal(100_000, "a\n"), equal(100_001, "b\n")),
    ] {
        let made = one(&old, &new);
        let diff = &made.steps[0].diffs[0];
        assert_ne!(diff.old, diff.new);
        assert!(diff.text_diff.is_some() && made.to_json().len() < 120_000, "{}", made.to_json().len());
        render::fit(&made, &Options::default(), Size::Chars(65_536));
    }
}
