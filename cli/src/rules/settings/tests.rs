//! What can be written, each mistake, and of two sets the stricter one.

use super::*;
use crate::base::yaml;

const PLACE: &str = "`stacks.prod.rules` in `stackstep.yaml`";

fn read(text: &str) -> Result<Rules> {
    Rules::parse(&yaml::parse(text).unwrap(), PLACE)
}

fn rules(text: &str) -> Rules {
    read(text).unwrap()
}

#[test]
fn the_rules_of_the_contract_are_read() {
    let text = "max-deletes: 0\nmax-replaces: { limit: 2, else: approval }\nkeep: [\"aws:rds/*\", \"**::orders-db\"]\n\
                require-policy-packs: [baseline]\nno-warnings: true\n\
                freeze: { days: [fri], from: \"16:00\", to: \"24:00\", zone: Europe/Berlin, else: approval }\n\
                exceptions: [{ rule: keep, urn: \"**::old-db\", until: 2026-12-31, because: \"moved to orders-db\" }]";
    assert_eq!(
        rules(text).in_words(),
        [
            "max-deletes: at most 0, else refuses",
            "max-replaces: at most 2, else asks for an approval",
            "keep: keeps `aws:rds/*`, else refuses",
            "keep: keeps `**::orders-db`, else refuses",
            "require-policy-packs: checked by `baseline`, else refuses",
            "no-warnings: no warnings, else refuses",
            "freeze: frozen fri 16:00 to 24:00 Europe/Berlin, else asks for an approval",
        ]
    );
}

#[test]
fn shorter_and_longer_forms_are_read() {
    for (text, words) in [
        (
            "max-deletes: [5, {limit: 2, else: {approval-from: [bob, ann]}}]",
            "at most 2, else asks for an approval of ann or bob",
        ),
        ("keep: aws:rds/*", "keeps `aws:rds/*`, else refuses"),
        ("keep: [{resources: \"*\", else: approval}]", "keeps `*`, else asks for an approval"),
        ("require-policy-packs: {packs: [a], else: refuse}", "checked by `a`, else refuses"),
        ("no-warnings: {else: approval}", "no warnings, else asks for an approval"),
        ("freeze: {dates: 2026-12-24, zone: utc}", "frozen 2026-12-24 UTC, else refuses"),
        (
            "freeze: [{dates: [2026-12-20..2027-01-02], days: [Friday, mon], zone: UTC}]",
            "frozen mon, fri 2026-12-20..2027-01-02 UTC, else refuses",
        ),
    ] {
        assert!(
            rules(text).in_words().iter().any(|line| line.ends_with(words)),
            "{text}: {:?}",
            rules(text).in_words()
        );
    }
    for nothing in ["", "max-deletes:", "no-warnings: false", "exceptions: []"] {
        assert!(rules(nothing).is_empty(), "{nothing}");
    }
}

#[test]
fn each_mistake_is_one_error_with_its_place_and_a_way_out() {
    for (text, what, hint) in [
        ("5", "is not a mapping", "`max-deletes: 0`"),
        ("max-delete: 0", "there is no rule `max-delete`", "did you mean `max-deletes`?"),
        ("zzz: 0", "there is no rule `zzz`", "the rules are `max-deletes`"),
        ("exception: []", "there is no rule `exception`", "did you mean `exceptions`?"),
        ("max-deletes: -1", "`max-deletes` of", "a number from 0"),
        ("max-deletes: 1.5", "is `1.5`", "a number from 0"),
        ("max-deletes: none", "is `none`", "a number from 0"),
        ("max-deletes: []", "names nothing", "leave it out"),
        ("max-deletes: {else: approval}", "has no `limit`", "`{ limit: 2, else: approval }`"),
        ("max-deletes: {limit: [1], else: approval}", "`max-deletes.limit`", "a number from 0"),
        ("max-deletes: {limit: 1, or-else: approval}", "has no key `or-else`", "`limit`, `else`"),
        ("max-deletes: {limit: 1, els: approval}", "has no key `els`", "did you mean `else`?"),
        ("max-deletes: {limit: 1, from: [ann]}", "has no key `from`", "`limit`, `else`"),
        ("max-deletes: {limit: 1, else: allow}", "`max-deletes.else` of", "`else: approval`"),
        ("max-deletes: {limit: 1, else: {approval-from: []}}", "names nobody", "`else: approval`"),
        ("max-deletes: {limit: 1, else: {from: [ann]}}", "has no key `from`", "`approval-from`"),
        ("keep: [orders-db]", "can never match", "`**::orders-db`"),
        ("keep: [[a]]", "is a list", "types and URNs"),
        ("keep: {}", "has no `resources`", "types and URNs"),
        ("keep: {resources: []}", "names nothing", "leave the rule out"),
        ("require-policy-packs: [\"\"]", "is ``", "a list of names"),
        ("no-warnings: yes please", "is `yes please`", "`true`"),
        ("freeze: fri", "is `fri`", "`{ days, dates, from, to, zone, else }`"),
        ("freeze: {days: [fri]}", "names no time zone", "`zone: Europe/Berlin`"),
        (
            "freeze: {days: [fri], zone: Europe/Berln}",
            "is `Europe/Berln`, which is not the name of a time zone",
            "`Europe/Berlin`",
        ),
        ("freeze: {days: [fry], zone: UTC}", "has `fry`, which is not a day", "`fri`"),
        ("freeze: {days: [], zone: UTC}", "names no day", "leave `days` out"),
        ("freeze: {day: fri, zone: UTC}", "has no key `day`", "did you mean `days`?"),
        ("freeze: {from: \"25:00\", zone: UTC}", "is `25:00`", "`\"00:00\"` to `\"24:00\"`"),
        ("freeze: {from: \"9:5\", zone: UTC}", "is `9:5`", "`\"00:00\"` to `\"24:00\"`"),
        ("freeze: {from: \"24:00\", zone: UTC}", "is the end of the day", "`from: \"00:00\"`"),
        (
            "freeze: {from: \"16:00\", to: \"16:00\", zone: UTC}",
            "begins and ends at 16:00",
            "leave `from` and `to` out",
        ),
        ("freeze: {zone: UTC}", "never ends", "`days: [fri]`"),
        ("freeze: {dates: 2026-02-30, zone: UTC}", "which is not a date", "`2026-12-24`"),
        (
            "freeze: {dates: 2027-01-02..2026-12-20, zone: UTC}",
            "ends before it begins",
            "`2026-12-20..2027-01-02`",
        ),
        ("keep: [\"*\"]\nexceptions: [keep]", "`exceptions[0]` of", "`{ rule: keep, "),
        ("keep: [\"*\"]\nexceptions: [{urn: \"**::a\"}]", "names no rule", "`{ rule: keep, "),
        ("keep: [\"*\"]\nexceptions: [{rule: kep}]", "there is no rule `kep`", "did you mean `keep`?"),
        ("keep: [\"*\"]\nexceptions: [{rule: keep, because: x}]", "has no end", "`until: 2026-12-31`"),
        (
            "keep: [\"*\"]\nexceptions: [{rule: keep, until: soon, because: x}]",
            "is `soon`, which is not a date",
            "`2026-12-31`",
        ),
        (
            "keep: [\"*\"]\nexceptions: [{rule: keep, until: 2026-02-30, because: x}]",
            "which is not a date",
            "`2026-12-31`",
        ),
        ("keep: [\"*\"]\nexceptions: [{rule: keep, until: 2026-12-31}]", "has no reason", "`because: "),
        (
            "keep: [\"*\"]\nexceptions: [{rule: keep, until: 2026-12-31, because: x, urns: a}]",
            "has no key `urns`",
            "`urn`",
        ),
        (
            "keep: [\"*\"]\nexceptions: [{rule: keep, urn: db, until: 2026-12-31, because: x}]",
            "can never match",
            "`**::db`",
        ),
        ("exceptions: [{rule: keep, until: 2026-12-31, because: x}]", "which is not set there", "set `keep`"),
        (
            "freeze: {days: [fri], zone: UTC}\nexceptions: [{rule: freeze, urn: \"**::a\", until: 2026-12-31, because: x}]",
            "has a `urn`, and `freeze` is not about single resources",
            "leave `urn` out",
        ),
    ] {
        let error = read(text).expect_err(text);
        assert!(error.to_string().contains(what), "{text}: {error}");
        assert!(error.to_string().contains(PLACE), "{text}: {error}");
        assert!(error.hint().unwrap_or_default().contains(hint), "{text}: {:?}", error.hint());
        assert_eq!(error.exit_status(), 2);
    }
}

#[test]
fn each_loosening_is_a_sentence() {
    for (before, after, sentence) in [
        ("max-deletes: 0", "", "`max-deletes` no longer has: at most 0, else refuses"),
        ("max-deletes: 0", "max-deletes: 5", "`max-deletes` is at most 5, and was at most 0"),
        (
            "max-deletes: 0",
            "max-deletes: {limit: 0, else: approval}",
            "`max-deletes` (at most 0) asks for an approval, and it refuses before",
        ),
        (
            "max-deletes: {limit: 0, else: {approval-from: [ann]}}",
            "max-deletes: {limit: 0, else: {approval-from: [ann, bob]}}",
            "`max-deletes` (at most 0) asks for an approval of ann or bob, and it asks for an approval of ann before",
        ),
        (
            "keep: [\"aws:rds/*\"]",
            "keep: [\"aws:rds/instance:*\"]",
            "`keep` no longer has: keeps `aws:rds/*`, else refuses",
        ),
        (
            "keep: [\"*\"]",
            "keep: [\"*\"]\nexceptions: [{rule: keep, urn: \"**::db\", until: 2026-12-31, because: x}]",
            "the exception of `keep` for `**::db` until 2026-12-31 is new",
        ),
        (
            "freeze: {days: [fri, sat], zone: UTC}",
            "freeze: {days: [sat], zone: UTC}",
            "`freeze` no longer has: frozen fri, sat UTC, else refuses",
        ),
        ("no-warnings: true", "no-warnings: false", "`no-warnings` no longer has: no warnings, else refuses"),
    ] {
        let said: Vec<String> =
            rules(after).is_looser_than(&rules(before)).iter().map(ToString::to_string).collect();
        assert_eq!(said, [sentence], "{before} -> {after}");
        assert!(rules(before).is_looser_than(&rules(before)).is_empty());
    }
    for (before, after) in [
        ("max-deletes: 5", "max-deletes: 0"),
        ("keep: [\"aws:rds/*\"]", "keep: [\"aws:*\"]"),
        ("freeze: {days: [fri], from: \"16:00\", zone: UTC}", "freeze: {days: [fri], zone: UTC}"),
        (
            "max-deletes: {limit: 0, else: {approval-from: [ann, bob]}}",
            "max-deletes: {limit: 0, else: {approval-from: [ann]}}",
        ),
    ] {
        assert!(rules(after).is_looser_than(&rules(before)).is_empty(), "{before} -> {after}");
        assert!(!rules(before).is_looser_than(&rules(after)).is_empty(), "{after} -> {before}");
    }
}

#[test]
fn a_run_tightens_the_rules_of_the_file_and_never_loosens_them() {
    let run = |text: &str| Rules::parse(&yaml::parse(text).unwrap(), "the inputs of this run").unwrap();
    let file = rules(
        "max-deletes: 2\nmax-replaces: {limit: 2, else: approval}\nkeep: [\"aws:rds/*\"]\nno-warnings: true",
    );
    for (text, words) in [
        ("max-deletes: 0", "max-deletes: at most 0, else refuses"),
        ("max-replaces: 5", "max-replaces: at most 5, else refuses"),
        ("keep: [\"**::db\"]", "keep: keeps `**::db`, else refuses"),
        ("max-creates: 9", "max-creates: at most 9, else refuses"),
    ] {
        let both = run(text).on_top_of(&file).unwrap();
        assert!(both.in_words().contains(&words.to_owned()), "{text}");
        assert!(both.is_looser_than(&file).is_empty(), "{text}");
    }
    for (text, what) in [
        (
            "max-deletes: 3",
            "`max-deletes` is at most 3, by the inputs of this run, and at most 2, else refuses, by \
             `stacks.prod.rules` in `stackstep.yaml`",
        ),
        (
            "no-warnings: false",
            "`no-warnings` is `false`, by the inputs of this run, and no warnings, else refuses, by `stacks.prod.rules` \
             in `stackstep.yaml`",
        ),
    ] {
        let error = run(text).on_top_of(&file).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.exit_status()), (what, 2));
        assert!(error.hint().unwrap().contains("never loosen it"));
    }
}
