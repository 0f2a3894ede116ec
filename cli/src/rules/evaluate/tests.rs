//! Each rule on reports that were made from recordings of the real CLI: allowed, with an approval, refused.

use super::*;
use crate::base::yaml;
use crate::report::{Ending, Facts, Fold, report};

/// Friday, 4 December 2026, 16:30 UTC.
const FRIDAY: u64 = 1_796_401_800;

/// The report of a recorded run.
pub(in crate::rules) fn recorded(name: &str) -> Report {
    let folder = format!("{}/tests/fixtures/recordings/{name}", env!("CARGO_MANIFEST_DIR"));
    let log = std::fs::read_to_string(format!("{folder}/events.jsonl")).unwrap();
    let mut fold = Fold::new();
    log.lines().for_each(|line| fold.line(line.as_bytes()));
    let words: Vec<&str> = name.split('-').collect();
    let operation = match () {
        () if words.contains(&"preview") => Operation::Preview,
        () if words.contains(&"destroy") => Operation::Destroy,
        () if words.contains(&"refresh") => Operation::Refresh,
        () => Operation::Up,
    };
    report(fold.finish(), Facts::new(operation, "dev", Ending::Exited(0), 0))
}

pub(in crate::rules) fn rules(text: &str) -> Rules {
    Rules::parse(&yaml::parse(text).unwrap(), "`rules` in `stackstep.yaml`").unwrap()
}

/// The verdict of `text` on the recorded run `name`, and its first finding.
fn judged(text: &str, name: &str) -> (RuleVerdict, String) {
    let outcome = evaluate(&rules(text), &recorded(name), FRIDAY).unwrap();
    (outcome.verdict, outcome.rulings[0].finding.clone())
}

use RuleVerdict::{Allowed, Approval, Refused};

#[test]
fn numbers_are_allowed_up_to_the_limit_and_answered_beyond_it() {
    for (text, name, verdict, finding) in [
        ("max-deletes: 2", "preview-replace-delete", Allowed, "2 to delete, at most 2"),
        ("max-deletes: 1", "preview-replace-delete", Refused, "2 to delete, at most 1"),
        (
            "max-deletes: {limit: 0, else: approval}",
            "preview-replace-delete",
            Approval,
            "2 to delete, at most 0",
        ),
        ("max-deletes: 0", "preview-create", Allowed, "0 to delete, at most 0"),
        ("max-deletes: 0", "preview-left-over", Refused, "2 to delete, at most 0"),
        ("max-deletes: 3", "preview-destroy", Refused, "4 to delete, at most 3"),
        ("max-deletes: 0", "up-replace-delete", Refused, "2 deleted, at most 0"),
        ("max-replaces: 4", "preview-replace-delete", Allowed, "4 to replace, at most 4"),
        (
            "max-replaces: {limit: 3, else: approval}",
            "preview-replace-delete",
            Approval,
            "4 to replace, at most 3",
        ),
        ("max-replaces: 3", "preview-replace-delete", Refused, "4 to replace, at most 3"),
        ("max-creates: 7", "preview-create", Allowed, "7 to create, at most 7"),
        ("max-creates: {limit: 3, else: approval}", "preview-create", Approval, "7 to create, at most 3"),
        ("max-creates: 3", "preview-create", Refused, "7 to create, at most 3"),
        ("max-creates: 0", "preview-replace-delete", Allowed, "0 to create, at most 0"),
        ("max-updates: 6", "preview-update", Allowed, "6 to update, at most 6"),
        ("max-updates: {limit: 5, else: approval}", "preview-update", Approval, "6 to update, at most 5"),
        ("max-updates: 5", "preview-update", Refused, "6 to update, at most 5"),
    ] {
        assert_eq!(judged(text, name), (verdict, finding.to_owned()), "{text} on {name}");
    }
}

#[test]
fn of_several_numbers_the_one_with_the_worst_verdict_speaks() {
    let text = "max-replaces: [{limit: 2, else: approval}, 3]";
    assert_eq!(judged(text, "preview-replace-delete"), (Refused, "4 to replace, at most 3".to_owned()));
    let text = "max-replaces: [{limit: 2, else: approval}, 9]";
    assert_eq!(judged(text, "preview-replace-delete"), (Approval, "4 to replace, at most 2".to_owned()));
}

#[test]
fn what_is_kept_is_neither_deleted_nor_replaced() {
    for (text, verdict, finding) in [
        ("keep: [\"**::w5\"]", Refused, "1 resource to delete or replace that must stay"),
        ("keep: [\"**::w0\", \"**::w5\"]", Refused, "2 resources to delete or replace that must stay"),
        ("keep: [\"**::w*\", \"**::w5\"]", Refused, "6 resources to delete or replace that must stay"),
        ("keep: [\"pulumi-nodejs:*\"]", Refused, "6 resources to delete or replace that must stay"),
        (
            "keep: {resources: [\"**::w5\"], else: approval}",
            Approval,
            "1 resource to delete or replace that must stay",
        ),
        ("keep: [\"aws:*\"]", Allowed, "nothing to delete or replace that has to stay"),
    ] {
        assert_eq!(judged(text, "preview-replace-delete"), (verdict, finding.to_owned()), "{text}");
    }
    assert_eq!(judged("keep: [\"**::b\"]", "preview-left-over").0, Refused, "what was left over of it");
    assert_eq!(judged("keep: [\"*\"]", "preview-update").0, Allowed);
}

#[test]
fn of_one_rule_what_is_refused_stands_before_what_needs_an_approval() {
    let text = "keep: [\"**::w5\", {resources: [\"**::w0\"], else: {approval-from: [ann, \"@acme/dba\"]}}]";
    let outcome = evaluate(&rules(text), &recorded("preview-replace-delete"), FRIDAY).unwrap();
    let said: Vec<_> =
        outcome.rulings.iter().map(|ruling| (ruling.verdict, ruling.resources.len())).collect();
    assert_eq!(said, [(Refused, 1), (Approval, 1)]);
    assert_eq!(outcome.rulings[1].approval_from, [["@acme/dba", "ann"]]);
    assert_eq!(outcome.approval_from(), [["@acme/dba", "ann"]]);
}

#[test]
fn a_policy_pack_has_to_have_looked() {
    let report = recorded("up-policy-advisory");
    let there = &report.policies.packs[0].name;
    for (text, verdict) in [
        (format!("require-policy-packs: [{there}]"), Allowed),
        (format!("require-policy-packs: [{there}, other]"), Refused),
        ("require-policy-packs: {packs: [other], else: approval}".to_owned(), Approval),
    ] {
        let outcome = evaluate(&rules(&text), &report, FRIDAY).unwrap();
        assert_eq!(outcome.verdict, verdict, "{text}");
    }
    assert_eq!(judged("require-policy-packs: [a, b]", "preview-create").1, "not checked by `a`, `b`");
    assert!(
        evaluate(&rules("require-policy-packs: [a]"), &recorded("destroy"), FRIDAY)
            .unwrap()
            .rulings
            .is_empty()
    );
}

#[test]
fn a_warning_is_answered() {
    assert_eq!(judged("no-warnings: true", "up-warning"), (Refused, "1 warning".to_owned()));
    assert_eq!(judged("no-warnings: {else: approval}", "up-warning").0, Approval);
    assert_eq!(judged("no-warnings: true", "up-create"), (Allowed, "no warnings".to_owned()));
}

#[test]
fn nothing_is_deployed_during_a_freeze_unless_nothing_changes() {
    let friday = "freeze: {days: [fri], from: \"16:00\", to: \"24:00\", zone: Europe/Berlin";
    let finding = "frozen: fri 16:00 to 24:00 Europe/Berlin; it is Fri 2026-12-04 17:30 Europe/Berlin";
    assert_eq!(judged(&format!("{friday}}}"), "preview-create"), (Refused, finding.to_owned()));
    assert_eq!(judged(&format!("{friday}, else: approval}}"), "preview-create").0, Approval);
    assert_eq!(judged(&format!("{friday}}}"), "yaml-preview-noop"), (Allowed, "nothing changes".to_owned()));
    let saturday = "freeze: {days: [sat], zone: Europe/Berlin}";
    assert_eq!(judged(saturday, "preview-create"), (Allowed, "not frozen".to_owned()));
}

#[test]
fn the_way_out_of_a_freeze_is_its_end() {
    let text = "freeze: [{days: [fri], from: \"16:00\", zone: Europe/Berlin}, {days: [sat, sun], zone: Europe/Berlin}]";
    let outcome = evaluate(&rules(text), &recorded("preview-create"), FRIDAY).unwrap();
    let way_out = outcome.rulings[0].way_out.clone().unwrap();
    assert!(way_out.starts_with("run the job again from Sat 2026-12-05 00:00 Europe/Berlin on"), "{way_out}");
}

#[test]
fn an_exception_lets_through_what_it_names_until_its_last_day() {
    let rule = "max-deletes: 0\nkeep: [\"**::w*\"]\nexceptions:\n";
    let exception = |rule: &str, urn: &str, until: &str| {
        format!("  - {{rule: {rule}, urn: \"{urn}\", until: {until}, because: moved}}\n")
    };
    let outcome = |exceptions: &[String]| {
        let text = format!("{rule}{}", exceptions.concat());
        evaluate(&rules(&text), &recorded("preview-replace-delete"), FRIDAY).unwrap()
    };
    let all = outcome(&[
        exception("max-deletes", "**::w*", "2026-12-04"),
        exception("keep", "**::w*", "2026-12-31"),
    ]);
    assert_eq!((all.verdict, all.warnings.len()), (Allowed, 0));
    let through: Vec<_> = all
        .rulings
        .iter()
        .flat_map(|ruling| &ruling.let_through)
        .map(|through| (through.until.as_str(), through.count))
        .collect();
    assert_eq!(through, [("2026-12-04", 2), ("2026-12-31", 6)]);
    let one = outcome(&[
        exception("max-deletes", "**::w4", "2026-12-31"),
        exception("keep", "**::w*", "2026-12-31"),
    ]);
    assert_eq!((one.verdict, one.rulings[0].finding.as_str()), (Refused, "1 to delete, at most 0"));
    let late = outcome(&[exception("max-deletes", "**::w*", "2026-12-03")]);
    assert_eq!(late.verdict, Refused);
    assert_eq!(
        late.warnings,
        ["the exception of `max-deletes` for `**::w*` expired on 2026-12-03: renew it or remove it"]
    );
    let strange = outcome(&[exception("max-deletes", "**::x", "2026-12-31")]);
    assert!(
        strange.warnings[0].ends_with("matches nothing of what the rule is about here"),
        "{:?}",
        strange.warnings
    );
}

#[test]
fn an_exception_that_is_not_needed_by_this_run_is_no_warning() {
    let text = "max-deletes: 0\nexceptions: [{rule: max-deletes, urn: \"**::x\", until: 2026-12-31, because: moved}]";
    assert!(evaluate(&rules(text), &recorded("preview-create"), FRIDAY).unwrap().warnings.is_empty());
}

#[test]
fn what_is_not_known_is_refused_whatever_the_answer_would_be() {
    let mut report = recorded("preview-create");
    (report.changes, report.has_changes, report.incomplete) = (None, None, true);
    for text in [
        "max-deletes: {limit: 9, else: approval}",
        "keep: {resources: [\"aws:*\"], else: approval}",
        "no-warnings: true",
        "freeze: {days: [sat], zone: UTC}",
    ] {
        let outcome = evaluate(&rules(text), &report, FRIDAY).unwrap();
        assert_eq!((outcome.verdict, outcome.rulings[0].count), (Refused, None), "{text}");
        assert!(outcome.rulings[0].finding.starts_with("not known: "), "{text}");
    }
}

#[test]
fn an_operation_of_an_engine_to_come_is_not_known() {
    let mut report = recorded("preview-create");
    report.changes.as_mut().unwrap().insert("evict".to_owned(), 1);
    let outcome = evaluate(&rules("max-deletes: 5"), &report, FRIDAY).unwrap();
    assert_eq!(outcome.verdict, Refused);
    assert!(outcome.rulings[0].finding.contains("`evict`"), "{}", outcome.rulings[0].finding);
}

#[test]
fn a_result_that_counts_more_than_it_names_is_judged_by_the_larger_number() {
    let mut report = recorded("preview-replace-delete");
    report.steps.retain(|step| step.operation != "delete");
    let outcome = evaluate(&rules("max-deletes: 1"), &report, FRIDAY).unwrap();
    assert_eq!((outcome.verdict, outcome.rulings[0].more_resources), (Refused, 2));
    assert_eq!(
        evaluate(&rules("keep: [\"aws:*\"]"), &report, FRIDAY).unwrap().verdict,
        Refused,
        "which ones, nobody knows"
    );
    let mut report = recorded("preview-replace-delete");
    report.changes.as_mut().unwrap().clear();
    assert_eq!(evaluate(&rules("max-deletes: 1"), &report, FRIDAY).unwrap().verdict, Refused);
}

#[test]
fn a_clock_that_was_lost_refuses_what_depends_on_it() {
    let text = "max-deletes: 9\nfreeze: {days: [sat], zone: UTC}\n\
                exceptions: [{rule: freeze, until: 2026-12-31, because: x}]";
    let outcome = evaluate(&rules(text), &recorded("preview-create"), 86_400).unwrap();
    assert_eq!((outcome.verdict, outcome.rulings[0].rule.as_str()), (Refused, "freeze"));
    assert!(outcome.rulings[0].finding.contains("shows 1970-01-02, which can't be right"));
    assert!(outcome.warnings[0].contains("the clock of this machine"), "{:?}", outcome.warnings);
    assert_eq!(outcome.rulings[0].way_out.as_deref(), Some("set the clock of the machine that runs the job"));
}

#[test]
fn many_resources_are_counted_and_the_first_are_named() {
    let mut report = recorded("preview-replace-delete");
    let step = report.steps.iter().find(|step| step.operation == "delete").unwrap().clone();
    report.steps = (0..201)
        .map(|number| {
            let mut step = step.clone();
            step.urn = format!("urn:pulumi:dev::shop::a:b:C::r{number}");
            step
        })
        .collect();
    *report.changes.as_mut().unwrap() = [("delete".to_owned(), 201)].into();
    let outcome = evaluate(&rules("max-deletes: 0\nkeep: [\"a:*\"]"), &report, FRIDAY).unwrap();
    for ruling in &outcome.rulings {
        assert_eq!((ruling.count, ruling.resources.len(), ruling.more_resources), (Some(201), 10, 191));
        assert!(ruling.resources[9].ends_with("::r9"), "natural order: {:?}", ruling.resources);
    }
    assert_eq!(
        outcome.in_one_line(),
        "refused by the rules `max-deletes`, `keep`: 201 to delete, at most 0; 201 resources to delete or replace that \
         must stay"
    );
}

#[test]
fn a_refresh_and_a_run_without_rules_are_not_judged() {
    assert!(evaluate(&rules("max-deletes: 0"), &recorded("refresh"), FRIDAY).is_none());
    assert!(evaluate(&Rules::default(), &recorded("preview-create"), FRIDAY).is_none());
}
