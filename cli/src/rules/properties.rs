//! What holds for any two sets of rules and any report: tightening takes nothing back.

use super::evaluate::tests::{recorded, rules};
use super::{Rules, evaluate};
use crate::report::{Report, RuleVerdict, Severity};

/// The pairs of sets that are tried, each on some reports.
const PAIRS: usize = 400;

/// Numbers that come one after the other, the same in each run: <https://www.pcg-random.org/>.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[usize::try_from(self.below(words.len() as u64)).unwrap()]
    }

    fn otherwise(&mut self) -> &'static str {
        self.one_of(&[
            "refuse",
            "refuse",
            "approval",
            "{approval-from: [ann]}",
            "{approval-from: [ann, bob]}",
            "{approval-from: [bob, \"@acme/dba\"]}",
        ])
    }

    /// A set of rules, as a person could write it.
    fn rules(&mut self) -> Rules {
        let mut lines = Vec::new();
        let mut set = Vec::new();
        for name in ["max-deletes", "max-replaces", "max-updates", "max-creates"] {
            if self.below(2) == 0 {
                let (first, second) = (self.below(6), self.below(6));
                let (one, other) = (self.otherwise(), self.otherwise());
                lines.push(format!(
                    "{name}: [{{limit: {first}, else: {one}}}, {{limit: {second}, else: {other}}}]"
                ));
                set.push(name);
            }
        }
        if self.below(2) == 0 {
            let patterns = [
                "\"*\"",
                "\"aws:*\"",
                "aws:rds/*",
                "aws:rds:Instance",
                "\"**::r1\"",
                "\"**::r*\"",
                "\"urn:pulumi:dev::**\"",
            ];
            let (one, other) = (self.one_of(&patterns), self.one_of(&patterns));
            lines.push(format!("keep: [{{resources: [{one}], else: {}}}, {other}]", self.otherwise()));
            set.push("keep");
        }
        if self.below(3) == 0 {
            let pack = self.one_of(&["a", "b"]);
            lines.push(format!("require-policy-packs: {{packs: [{pack}], else: {}}}", self.otherwise()));
            set.push("require-policy-packs");
        }
        if self.below(3) == 0 {
            lines.push(format!("no-warnings: {{else: {}}}", self.otherwise()));
            set.push("no-warnings");
        }
        if self.below(2) == 0 {
            let days = self.one_of(&["fri", "[fri, sat]", "sun", "[mon, tue, wed, thu]"]);
            let from = self.one_of(&["00:00", "08:00", "16:00", "22:00"]);
            let to = self.one_of(&["06:00", "18:00", "24:00"]);
            let zone = self.one_of(&["UTC", "Europe/Berlin"]);
            lines.push(format!(
                "freeze: {{days: {days}, from: \"{from}\", to: \"{to}\", zone: {zone}, else: {}}}",
                self.otherwise()
            ));
            set.push("freeze");
        }
        let mut exceptions = Vec::new();
        while !set.is_empty() && self.below(2) == 0 {
            let rule = self.one_of(&set);
            let urn = match rule {
                "freeze" | "require-policy-packs" => "",
                _ => self.one_of(&["", "urn: \"**::r1\", ", "urn: aws:rds/*, ", "urn: \"**::r*\", "]),
            };
            let until = self.one_of(&["2026-11-30", "2026-12-04", "2026-12-31"]);
            exceptions.push(format!("{{rule: {rule}, {urn}until: {until}, because: x}}"));
        }
        lines.push(format!("exceptions: [{}]", exceptions.join(", ")));
        rules(&lines.join("\n"))
    }

    /// A report with some changes, now and then one that is not known.
    fn report(&mut self, like: &Report) -> Report {
        let mut report = like.clone();
        let step = report.steps[0].clone();
        report.steps.clear();
        let mut counts = std::collections::BTreeMap::new();
        for number in 0..self.below(9) {
            let operation =
                self.one_of(&["create", "import", "update", "replace", "delete", "delete-replaced"]);
            let kind = self.one_of(&["aws:rds/instance:Instance", "aws:s3/bucket:Bucket", "my:data:Store"]);
            let mut step = step.clone();
            operation.clone_into(&mut step.operation);
            step.urn = format!("urn:pulumi:dev::shop::{kind}::r{number}");
            *counts.entry(operation.to_owned()).or_insert(0) += 1;
            report.steps.push(step);
        }
        report.has_changes = Some(!counts.is_empty());
        report.changes = Some(counts);
        if self.below(12) == 0 {
            (report.changes, report.has_changes) = (None, None);
        }
        if self.below(2) == 0 {
            report.diagnostics.retain(|said| said.severity != Severity::Warning);
        }
        report
    }
}

fn verdict(rules: &Rules, report: &Report, now: u64) -> RuleVerdict {
    evaluate(rules, report, now).map_or(RuleVerdict::Allowed, |outcome| outcome.verdict)
}

#[test]
fn of_two_sets_the_stricter_verdict_holds_and_nothing_is_taken_back() {
    let like = recorded("up-warning");
    let mut dice = Dice(0x5eed_0007);
    let (mut compared, mut looser) = ([0; 3], 0);
    for _ in 0..PAIRS {
        let (one, other, third) = (dice.rules(), dice.rules(), dice.rules());
        let both = one.tightened_by(&other);
        assert_eq!(both, other.tightened_by(&one), "it commutes");
        assert_eq!(both, both.tightened_by(&one), "it is idempotent");
        assert_eq!(one, one.tightened_by(&one));
        assert_eq!(
            both.tightened_by(&third),
            one.tightened_by(&other.tightened_by(&third)),
            "it is associative"
        );
        assert_eq!(both.is_looser_than(&one), [], "{:?}", one.in_words());
        assert_eq!(both.is_looser_than(&other), []);
        let is_as_strict = one.is_looser_than(&other).is_empty();
        looser += usize::from(!is_as_strict);
        if let Ok(on_top) = one.on_top_of(&other) {
            assert_eq!(on_top, both);
        }
        for _ in 0..4 {
            let report = dice.report(&like);
            // A week from Monday, 30 November 2026.
            let now = 1_795_996_800 + dice.below(7 * 86_400);
            let verdicts = [&one, &other, &both].map(|rules| verdict(rules, &report, now));
            assert_eq!(
                verdicts[2],
                verdicts[0].max(verdicts[1]),
                "{:?} and {:?}",
                one.in_words(),
                other.in_words()
            );
            assert!(
                !is_as_strict || verdicts[0] >= verdicts[1],
                "{:?} is as strict as {:?}",
                one.in_words(),
                other.in_words()
            );
            approvals_are_kept(&one, &both, &report, now);
            compared[verdicts[2] as usize] += 1;
        }
    }
    assert!(compared.iter().all(|count| *count > PAIRS / 10), "each verdict comes up: {compared:?}");
    assert!(looser > PAIRS / 2 && looser < PAIRS, "some are as strict, some are looser: {looser}");
}

/// An approval that `both` is content with is one that `one` is content with.
fn approvals_are_kept(one: &Rules, both: &Rules, report: &Report, now: u64) {
    let outcomes = [one, both].map(|rules| evaluate(rules, report, now));
    let [Some(alone), Some(together)] = outcomes else { return };
    if (alone.verdict, together.verdict) != (RuleVerdict::Approval, RuleVerdict::Approval) {
        return;
    }
    for wanted in alone.approval_from() {
        let is_implied =
            |list: &[String]| !list.is_empty() && list.iter().all(|person| wanted.contains(person));
        let kept = together.approval_from().iter().any(|list| wanted.is_empty() || is_implied(list));
        assert!(kept, "{:?} of {:?}", together.approval_from(), wanted);
    }
}
