//! What changes is shown, in every form and at every size: values are compared whole, what is unchanged goes first, and
//! what can't be seen is said in words.

use serde_json::{Value, json};
use stackstep::render::{self, Detail, Options, Size, Template};
use stackstep::report::{Ending, Facts, Fold, Operation, Report, report};

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

/// A resource that would be deleted.
fn gone(name: &str) -> String {
    let urn = format!("urn:pulumi:dev::shop::acme:index:Thing::{name}");
    let old = json!({ "custom": true, "id": name, "inputs": {}, "outputs": {} });
    json!({ "timestamp": 1_795_217_000, "resourcePreEvent": { "planning": true, "metadata": {
        "op": "delete", "urn": urn, "type": "acme:index:Thing", "logical": true, "old": old
    } } })
    .to_string()
}

/// The report of a preview, before anything is masked.
fn previewed(lines: &[String]) -> Report {
    let mut fold = Fold::new();
    for line in lines {
        fold.line(line.as_bytes());
    }
    report(fold.finish(), Facts::new(Operation::Preview, "dev", Ending::Exited(0), 0))
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
            let new = text(120, &[2, 118]).replace("CHANGED", &format!("CHANGED{n}"));
            updated(&format!("values{n}"), &old, &json!({ "v": new }))
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
fn what_changes_alike_in_many_resources_is_written_once() {
    let change = |n: usize| updated(&format!("page-{n:03}"), &json!({ "rev": 1 }), &json!({ "rev": 2 }));
    let mut lines: Vec<String> = (0..200).map(change).collect();
    lines.push(updated("site", &json!({ "rev": 1, "size": 1 }), &json!({ "rev": 9, "size": 2 })));
    let made = published(&lines);
    for (forge, flavor, _) in flavors::FORGES {
        let text = render::markdown(&made, &Options { flavor, ..Options::default() });
        assert_eq!(fit::broken(&text, flavor.html), None, "{forge}:\n{text}");
        assert_eq!(text.matches("+ rev: 2\n").count(), 1, "{forge}:\n{text}");
        let row = "| 🔵 update **200 ×** | `page-000` … `page-199` | `acme:index:Thing` | `rev` |\n| 🔵 update | `site` |";
        assert!(text.contains(row), "{forge}:\n{text}");
        let names = (0..200).filter(|n| text.contains(&format!("`page-{n:03}`"))).count();
        assert_eq!(names, if flavor.html { 200 } else { 21 }, "{forge}:\n{text}");
        assert!(flavor.html || text.contains(" and 180 more\n"), "{forge}:\n{text}");
    }
}

#[test]
fn all_that_is_destroyed_is_named_in_sight() {
    let lines: Vec<String> = (0..200).map(|n| gone(&format!("page-{n:03}"))).collect();
    let made = published(&lines);
    for (forge, flavor, limit) in flavors::FORGES {
        let text = render::fit(&made, &Options { flavor, ..Options::default() }, Size::Chars(limit));
        assert!(text.contains("| 🔴 **delete** **200 ×** |"), "{forge}:\n{text}");
        let names = (0..200).filter(|n| text.contains(&format!("`page-{n:03}`"))).count();
        assert_eq!(names, 200, "{forge}:\n{text}");
        assert_eq!(text.contains("<details open><summary>delete 200 ×"), flavor.html, "{forge}:\n{text}");
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
        let again = made.clone().masked(&str::to_owned).into_inner();
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
        let options = Options { detail, ..Options::default() };
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
    let options = Options::default();
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
    let names = ["a10", "a9", "b2", "b10", "a2"];
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
        let at = ["a2`", "a9`", "a10`", "b2`", "b10`"].map(|name| text.find(&format!("| `{name}")).unwrap());
        assert!(at.is_sorted(), "{text}");
        let page = render::html(&made, &Options::default());
        let at = ["a2<", "a9<", "a10<"].map(|name| page.find(&format!("<code>{name}")).unwrap());
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

/// Words that are there once, from a few letters.
fn words(seed: u64, count: usize) -> String {
    let mut dice = Dice(seed);
    let words = (0..count).map(|_| (0..6).map(|_| char::from(b"abcdefgh"[dice.roll(8)])).collect::<String>());
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_change_in_a_long_line_is_shown_whatever_comes_or_goes_beside_it() {
    let (x, w) = ("x".repeat(20_000), words(1, 4000));
    let other = words(2, 4000);
    for (old, new) in [
        (json!(format!("a\n{x}OLD\nz\n")), json!(format!("a\nNEW LINE\n{x}NEW\nz\n"))),
        (json!(format!("a\nGONE LINE\n{x}OLD\nz\n")), json!(format!("a\n{x}NEW\nz\n"))),
        (json!(format!("a\n{w} OLD\nz\n")), json!(format!("a\n{other}\n{w} NEW\nz\n"))),
        (json!(format!("a\n{w}OLD{w}\ngone\n")), json!(format!("a\nnew\n{w}NEW{w}\n"))),
        (json!([format!("{w}OLD")]), json!(["new", format!("{w}NEW")])),
        (json!([format!("{w}OLD"), "b"]), json!([other, format!("{w}NEW"), "b"])),
        (
            json!([{ "n": 1, "t": format!("{w}OLD") }]),
            json!([{ "n": 2 }, { "n": 1, "t": format!("{w}NEW") }]),
        ),
        // Short enough for the result, too long for a line of a comment.
        (json!(format!("{}OLD\n", &w[..1400])), json!(format!("new\n{}NEW\n", &w[..1400]))),
    ] {
        let made = one(&old, &new);
        let json = made.to_json();
        assert!(json.contains("OLD") && json.contains("NEW"), "{json}");
        for (form, text) in forms(&made) {
            assert!(text.contains("OLD") && text.contains("NEW"), "{form}:\n{text}");
        }
    }
}

#[test]
fn a_comment_shows_each_change_in_long_lines_beside_new_ones_or_says_what_it_lacks() {
    let lines: Vec<String> = (0..25)
        .map(|n| {
            let old: Vec<String> = (0..60).map(|line| words(n * 1000 + line, 60)).collect();
            let mut new = old.clone();
            for at in [50, 30, 10] {
                new[at] += &format!(" CHG{n}x{at}.");
                new.insert(at, "# a comment".to_owned());
            }
            let text = |lines: &[String]| json!({ "v": lines.join("\n") });
            updated(&format!("r{n}"), &text(&old), &text(&new))
        })
        .collect();
    let made = published(&lines);
    for (forge, flavor, limit) in flavors::FORGES {
        let options = Options { flavor, ..Options::default() };
        let comment = render::fit(&made, &options, Size::Chars(limit));
        let shown = comment.matches("CHG").count();
        let last = comment.lines().last().unwrap();
        if flavor.html {
            assert_eq!(shown, 75, "{forge}:\n{comment}");
        } else {
            assert_eq!(shown, 60, "{forge}:\n{comment}");
            assert!(last.contains("ithout the properties of 5 resources;"), "{forge}: {last}");
        }
    }
    assert_eq!(template().render(&made, &Options::default()).unwrap().matches("CHG").count(), 75);
}

#[test]
fn a_long_line_that_comes_alone_has_both_of_its_ends_and_what_is_cut_is_counted() {
    let line = |begin: &str, end: &str| format!("{begin} {} {end}\n", words(3, 2000));
    let made = one(&json!("a\n"), &json!(format!("a\n{}{}", line("ONE", "TWO"), line("THREE", "FOUR"))));
    for (form, text) in forms(&made) {
        for part in ["ONE", "TWO", "THREE", "FOUR", "2 changed lines are shown in part"] {
            assert!(text.contains(part), "{form}, {part}:\n{text}");
        }
    }
    // The result itself has no more of them.
    let comment = render::fit(&made, &Options::default(), Size::Chars(65_536));
    let words =
        "2 changed lines of values that are too large had no room in any form of the report, or not whole.";
    assert!(comment.lines().last().unwrap().starts_with(words), "{comment}");
}

#[test]
fn lines_that_differ_where_they_are_cut_never_read_the_same() {
    let line = |middle: &str| format!("{}{middle}{}", "begin ".repeat(2000), " end".repeat(2000));
    let kept = text(30, &[]);
    let old = format!("{}\n{kept}", line("OLD"));
    let new = format!("{kept}{}\n", line("NEW"));
    let made = one(&json!(old), &json!(new));
    for (form, text) in forms(&made) {
        let text = text.replace("<ins>", "").replace("<del>", "").replace("</ins>", "").replace("</del>", "");
        let side = |sign: char| -> Vec<String> {
            let lines = text.lines().filter(|line| line.starts_with(sign) && line.contains("begin begin"));
            lines.map(|line| line[1..].to_owned()).collect()
        };
        assert_eq!((side('-').len(), side('+').len()), (1, 1), "{form}:\n{text}");
        assert_ne!(side('-'), side('+'), "{form}");
    }
}

#[test]
fn a_text_with_more_changes_than_a_result_holds_fills_its_room_and_the_last_line_says_what_is_missing() {
    let body = |letter: &str| {
        (0..3001).map(|n| format!("line {n} {}\n", letter.repeat(40))).collect::<Vec<_>>().concat()
    };
    let made = one(&json!(body("x")), &json!(body("y")));
    let diff = made.steps[0].diffs[0].text_diff.as_ref().unwrap();
    let held: usize = diff.hunks.iter().flat_map(|hunk| &hunk.lines).map(String::len).sum();
    assert!((22_000..=32 * 1024).contains(&held), "{held}");
    assert_eq!(diff.changed_lines() as u64 + diff.more_lines, 6002);
    let missing = format!("5,{:03} changed lines", diff.more_lines - 5000);
    for (forge, flavor, limit) in flavors::FORGES {
        let comment = render::fit(&made, &Options { flavor, ..Options::default() }, Size::Chars(limit));
        let last = comment.lines().last().unwrap();
        assert!(last.contains(&missing), "{forge}: {last}");
    }
    let short = render::fit(&made, &Options::default(), Size::Chars(8000));
    let shown = short.lines().filter(|line| line.starts_with("-     line") || line.starts_with("+     line"));
    let more = diff.changed_lines() - shown.count();
    let last = short.lines().last().unwrap();
    assert!(last.contains(&missing) && last.contains(&format!("without {more} changed lines;")), "{last}");
}

/// What a mask that knows two secrets makes of an update.
fn masked(old: &Value, new: &Value) -> Report {
    let lines = [updated("thing", &json!({ "v": old }), &json!({ "v": new }))];
    let mask = |text: &str| text.replace("hunter2", "***").replace("letmein", "***");
    let made = previewed(&lines).masked(&mask);
    serde_json::from_str(&made.to_json()).unwrap()
}

#[test]
fn a_change_that_a_mask_hides_beside_one_that_shows_is_said() {
    let long = text(3000, &[]);
    for (old, new) in [
        (json!("hunter2\nx\n"), json!("letmein\ny\n")),
        (json!("pw=hunter2 x"), json!("pw=letmein y")),
        (json!(format!("{long}hunter2\nx\n")), json!(format!("{long}letmein\ny\n"))),
        (json!({ "hunter2": 1 }), json!({ "letmein": 1 })),
        (json!("hunter2 x"), json!({ "p": "letmein" })),
    ] {
        for (form, text) in forms(&masked(&old, &new)) {
            assert!(text.contains("a part of what differs is hidden"), "{old} {new}, {form}:\n{text}");
            assert!(!text.contains("hunter2") && !text.contains("letmein"), "{form}:\n{text}");
        }
    }
    for (old, new) in [
        (json!("hunter2\nx\n"), json!("hunter2\ny\n")),
        (json!(format!("{long}hunter2\nx\n")), json!(format!("{long}hunter2\ny\n"))),
        (json!("x"), json!("y")),
    ] {
        for (form, text) in forms(&masked(&old, &new)) {
            assert!(!text.contains("what differs is hidden"), "{old} {new}, {form}:\n{text}");
        }
    }
}

#[test]
fn a_job_that_publishes_a_result_says_what_its_own_mask_hides() {
    let long = text(3000, &[]);
    let made = one(&json!(format!("{long}hunter2\n")), &json!(format!("{long}letmein\n")));
    let again = made.masked(&|text| text.replace("hunter2", "***").replace("letmein", "***"));
    for (form, text) in forms(&again) {
        assert!(text.contains("what differs is hidden"), "{form}:\n{text}");
    }
}

#[test]
fn members_whose_names_a_mask_makes_equal_are_all_there() {
    let lines = [updated("thing", &json!({}), &json!({ "v": { "hunter2": "FIRST", "letmein": "SECOND" } }))];
    let mask = |text: &str| text.replace("hunter2", "***").replace("letmein", "***");
    for (form, text) in forms(&previewed(&lines).masked(&mask)) {
        assert!(text.contains("FIRST") && text.contains("SECOND"), "{form}:\n{text}");
    }
}

#[test]
fn names_that_begin_with_underscores_are_the_engines_own_only_at_the_top() {
    for (old, new, words) in [
        (
            json!({ "__init__.py": "OLD", "b": 1 }),
            json!({ "__init__.py": "NEW", "b": 1 }),
            vec!["OLD", "NEW"],
        ),
        (json!({ "b": 1 }), json!({ "__init__.py": "NEW", "b": 1 }), vec!["NEW"]),
        (json!({ "__init__.py": "OLD", "b": 1 }), json!({ "b": 1 }), vec!["OLD"]),
        (json!({ "__defaults": ["OLD"] }), json!({ "__defaults": ["NEW"] }), vec!["OLD", "NEW"]),
        (json!([{ "__provider": "OLD" }]), json!([{ "__provider": "NEW" }]), vec!["OLD", "NEW"]),
    ] {
        for (form, text) in forms(&one(&old, &new)) {
            let there = words.iter().all(|word| text.contains(word));
            assert!(there && text.contains("__"), "{form}:\n{text}");
        }
    }
    // At the top such a name is the program's own too, unless it is one of the few that the engine has.
    let made = published(&[updated("thing", &json!({ "b": 1 }), &json!({ "b": 1, "__init__.py": "NEW" }))]);
    assert_eq!(made.steps[0].diffs[0].new, Some(json!("NEW")));
    let code = |code: &str| json!({ "__provider": code, "b": 1 });
    for (old, new) in [(code("a"), code("b")), (json!({ "b": 1 }), code("b")), (code("a"), json!({ "b": 1 }))]
    {
        let made = published(&[updated("thing", &old, &new)]);
        assert_eq!(made.steps[0].diffs.len(), 1, "{old} {new}");
        for (form, text) in forms(&made) {
            assert!(
                text.contains("__provider: \"[internal]\"") || text.contains("__provider: &quot;[internal]"),
                "{form}:\n{text}"
            );
        }
    }
}

/// A replacement of a resource of which the engine names what changes and what forces it.
fn replaced(old: &Value, new: &Value, names: &[&str], detailed: Option<&str>) -> Report {
    let state = |inputs: &Value| json!({ "custom": true, "id": "i", "inputs": inputs, "outputs": inputs });
    let detailed = detailed.map(|path| json!({ path: { "diffKind": "update-replace", "inputDiff": true } }));
    published(&[json!({ "timestamp": 1_795_217_000, "resourcePreEvent": { "planning": true, "metadata": {
        "op": "replace", "urn": "urn:pulumi:dev::shop::acme:index:Thing::thing", "type": "acme:index:Thing",
        "logical": true, "old": state(old), "new": state(new), "diffs": names, "keys": names,
        "detailedDiff": detailed
    } } })
    .to_string()])
}

#[test]
fn a_property_with_a_dot_in_its_name_is_one_property_however_it_is_named() {
    for (name, detailed) in
        [("a.b", None), ("a.b", Some("[\"a.b\"]")), ("a.b", Some("a.b")), ("[\"a.b\"]", None)]
    {
        let made = replaced(&json!({ "a.b": 1 }), &json!({ "a.b": 2 }), &[name], detailed);
        let step = &made.steps[0];
        assert_eq!(step.replace_keys, ["[\"a.b\"]"], "{name} {detailed:?}");
        let found =
            step.diffs.iter().map(|diff| (diff.path.as_str(), diff.replaces, &diff.new)).collect::<Vec<_>>();
        assert_eq!(found, [("[\"a.b\"]", true, &Some(json!(2)))], "{name} {detailed:?}");
    }
    let (old, new) = (json!({ "t": { "a.b/c": [1] } }), json!({ "t": { "a.b/c": [2] } }));
    for detailed in ["t[\"a.b/c\"][0]", "t.a.b/c[0]", "t.a.b/c"] {
        let step = &replaced(&old, &new, &["t"], Some(detailed)).steps[0];
        let found =
            step.diffs.iter().map(|diff| (diff.path.as_str(), diff.replaces, &diff.new)).collect::<Vec<_>>();
        assert_eq!(found, [("t[\"a.b/c\"][0]", true, &Some(json!(2)))], "{detailed}");
    }
    // A path stays a path.
    let step =
        &replaced(&json!({ "a": { "b": 1 } }), &json!({ "a": { "b": 2 } }), &["a"], Some("a.b")).steps[0];
    assert_eq!((step.diffs[0].path.as_str(), step.diffs.len()), ("a.b", 1));
}

#[test]
fn values_that_are_shown_by_a_word_differ_where_they_do() {
    const SIGNATURE: &str = "4dabf18193072939515e22adb298388d";
    let reference = |id: &str, version: &str| json!({ SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "u", "id": id, "packageVersion": version });
    let asset = |text: &str| json!({ SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "text": text });
    let archive = |n: u32| json!({ SIGNATURE: "0def7320c3a5731c473e5ecbe6d01bc7", "assets": { "x": n } });
    for (old, new, word) in [
        (reference("one", ""), reference("two", ""), "id two"),
        (reference("one", ""), reference("04da6b54-80e4-46f7-96ec-b56ff0331ba9", ""), "id [unknown]"),
        (reference("one", "1.0.0"), reference("one", "2.0.0"), "version 2.0.0"),
        (asset("aaa"), asset("bbb"), "[asset "),
        (archive(1), archive(2), "[archive "),
    ] {
        let made = one(&old, &new);
        let diff = &made.steps[0].diffs[0];
        assert_ne!(diff.old, diff.new);
        for (form, text) in forms(&made) {
            assert!(text.contains(word), "{form}:\n{text}");
        }
    }
}

#[test]
fn long_names_that_differ_at_their_ends_or_in_their_middle_never_read_the_same() {
    let long = "k".repeat(3000);
    let named = |before: &str, after: &str| json!({ format!("{long}{before}{long}{after}"): 1 });
    for (old, new) in [(named("", "A"), named("", "B")), (named("A", ""), named("B", ""))] {
        for made in [one(&old, &new), published(&[updated("thing", &old, &new)])] {
            let [gone, come] = [0, 1].map(|at| made.steps[0].diffs[at].path.clone());
            assert_ne!(gone, come);
            assert!(gone.len() < 1200, "{}", gone.len());
            for (form, text) in forms(&made) {
                let named = |path: &str| {
                    text.contains(&path[path.len() - 40..].replace('"', "&quot;"))
                        || text.contains(&path[path.len() - 40..])
                };
                assert!(named(&gone) && named(&come), "{form}:\n{text}");
            }
        }
    }
}

#[test]
fn a_template_sees_the_values_of_outputs_where_values_may_be_shown() {
    let stack = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev";
    let line = json!({ "resOutputsEvent": { "planning": true, "metadata": {
        "op": "update", "urn": stack, "type": "pulumi:pulumi:Stack",
        "old": { "outputs": { "a": "OLD" } }, "new": { "outputs": { "a": "NEW" } }
    } } });
    let made = published(&[line.to_string()]);
    let template = |text: &str| Template::new("t.md", text).unwrap();
    let changes =
        template("{% for c in report.output_changes %}{{ c.name }} {{ c.old }} {{ c.new }}{% endfor %}");
    let outputs = template("{{ report.outputs.a }}");
    let options = Options::default();
    assert_eq!(changes.render(&made, &options).unwrap(), "a OLD NEW");
    assert_eq!(outputs.render(&made, &options).unwrap(), "OLD");
    for detail in [Detail::Resources, Detail::Paths] {
        let options = Options { detail, ..Options::default() };
        assert_eq!(outputs.render(&made, &options).unwrap(), "", "{detail:?}");
        for text in [render::markdown(&made, &options), render::html(&made, &options)] {
            assert!(!text.contains("OLD") && !text.contains("NEW"), "{text}");
        }
    }
    for text in [render::markdown(&made, &options), render::html(&made, &options)] {
        assert!(text.contains("OLD") && text.contains("NEW"), "{text}");
    }
}
