//! Logs of previews for the tests of this room: recorded ones, and such as the engine would write for a made-up change.

use std::collections::BTreeMap;

use serde::Deserialize as _;
use serde_json::{Value, json};

use super::change::{MadeFrom, ProposedChange};
use super::collect::Collector;
use super::config::StackConfig;
use super::proposal::Proposal;
use super::source::ProgramSource;
use super::wanted::WantedGoals;
use crate::pulumi::stack::StackIdentity;
use crate::report::{
    Fold, Operation, ReviewComparison, ReviewKey, ReviewRecord, StepEvent, StepObserver as _,
};
use crate::reviewed::compare::compare;
use crate::reviewed::tolerate::Tolerance;

#[path = "../../../tests/support/size.rs"]
pub mod size;

pub const SIGNATURE: &str = "4dabf18193072939515e22adb298388d";
pub const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/// A secret, as events show it.
pub fn secret() -> Value {
    json!({ SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]" })
}

/// An asset with this hash.
pub fn asset(hash: &str) -> Value {
    json!({ SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "hash": hash, "path": "index.html" })
}

/// Numbers that look random and are the same in each run.
pub struct Numbers(pub u64);

impl Numbers {
    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % limit.max(1)
    }

    /// One of `items`.
    pub fn pick<'i, T>(&mut self, items: &'i [T]) -> Option<&'i T> {
        if items.is_empty() { None } else { items.get(self.below(items.len())) }
    }

    /// `items` in another order.
    pub fn shuffled<T>(&mut self, mut items: Vec<T>) -> Vec<T> {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
        items
    }
}

/// The events of a preview.
#[derive(Debug, Clone, Default)]
pub struct PreviewLog(pub Vec<Value>);

/// The URN of a resource.
pub fn urn(name: &str) -> String {
    format!("urn:pulumi:prod::shop::test:index:Thing::{name}")
}

impl PreviewLog {
    /// The steps of a recorded log.
    pub fn recorded(name: &str) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/recordings");
        let text = std::fs::read_to_string(format!("{folder}/{name}/events.jsonl")).unwrap();
        let events = text
            .lines()
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let is_step =
            |event: &Value| event.get("resourcePreEvent").or_else(|| event.get("resOutputsEvent")).is_some();
        Self(events.filter(is_step).collect())
    }

    /// The log with a step: its beginning and its end.
    #[must_use]
    pub fn step(mut self, op: &str, name: &str, old: Value, new: Value) -> Self {
        let provider = "urn:pulumi:prod::shop::pulumi:providers:test::default_1_2_3";
        let state = |inputs: Value, id: &str| match inputs {
            Value::Null => Value::Null,
            inputs => json!({"custom": true, "id": id, "inputs": inputs, "outputs": inputs}),
        };
        let new_id = if op == "update" || op == "same" { format!("id-{name}") } else { String::new() };
        let metadata = json!({
            "op": op, "urn": urn(name), "type": "test:index:Thing",
            "old": state(old, &format!("id-{name}")), "new": state(new, &new_id),
            "detailedDiff": null, "logical": true, "provider": format!("{provider}::{UNKNOWN}"),
        });
        for kind in ["resourcePreEvent", "resOutputsEvent"] {
            self.0.push(json!({ kind: { "metadata": metadata, "planning": true } }));
        }
        self
    }

    /// The log with the three steps of a replacement.
    #[must_use]
    pub fn replaced(self, name: &str, old: &Value, new: &Value) -> Self {
        self.step("create-replacement", name, old.clone(), new.clone())
            .step("replace", name, old.clone(), new.clone())
            .step("delete-replaced", name, old.clone(), Value::Null)
    }

    /// The log with a default provider of this version.
    #[must_use]
    pub fn provider(mut self, version: &str) -> Self {
        let inputs = json!({ "version": version });
        let urn = "urn:pulumi:prod::shop::pulumi:providers:test::default_1_2_3";
        let state = json!({"custom": true, "id": "p", "inputs": inputs, "outputs": inputs});
        let metadata =
            json!({"op": "same", "urn": urn, "type": "pulumi:providers:test", "old": state, "new": state});
        for kind in ["resourcePreEvent", "resOutputsEvent"] {
            self.0.push(json!({ kind: { "metadata": metadata, "planning": true } }));
        }
        self
    }

    /// The log with the stack's outputs before and afterwards.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "what is written in a test is not used again")]
    pub fn outputs(mut self, old: Value, new: Value) -> Self {
        let urn = "urn:pulumi:prod::shop::pulumi:pulumi:Stack::shop-prod";
        let metadata = json!({
            "op": "same", "urn": urn, "type": "pulumi:pulumi:Stack",
            "old": {"outputs": old}, "new": {"outputs": new},
        });
        self.0.push(json!({ "resOutputsEvent": { "metadata": metadata, "planning": true } }));
        self
    }

    /// The proposal, with the goals of what is `wanted`.
    pub fn proposal(&self, wanted: WantedGoals) -> Option<Proposal> {
        let (mut fold, mut collector) = (Fold::new(), Collector::new(wanted, false));
        for event in &self.0 {
            fold.line_for(event.to_string().as_bytes(), &mut collector);
        }
        collector.finish()
    }

    /// [`PreviewLog::proposal`], without a text in between: for many logs.
    pub fn proposal_at_once(&self, wanted: WantedGoals) -> Option<Proposal> {
        let mut collector = Collector::new(wanted, false);
        for event in &self.0 {
            let step = |kind: &str| StepEvent::deserialize(event.get(kind)?).ok();
            if let Some(step) = step("resourcePreEvent") {
                collector.begun(&step);
            }
            if let Some(step) = step("resOutputsEvent") {
                collector.done(&step);
            }
        }
        collector.finish()
    }

    /// The change that this is a preview of.
    pub fn change(&self, wanted: WantedGoals) -> ProposedChange {
        change_of(self.proposal(wanted).unwrap())
    }

    /// The record of a preview that nobody compared with anything.
    pub fn record(&self) -> ReviewRecord {
        self.change(WantedGoals::default()).seal(&ReviewKey::random())
    }

    /// What a run that sees this is about to do, compared with these records.
    pub fn against(&self, records: &[ReviewRecord]) -> ReviewComparison {
        self.against_with(records, &[])
    }

    /// [`PreviewLog::against`] with tolerances.
    pub fn against_with(&self, records: &[ReviewRecord], tolerances: &[&str]) -> ReviewComparison {
        let tolerances: Vec<_> = tolerances.iter().map(|text| Tolerance::parse(text).unwrap()).collect();
        compare(records, None, &self.change(WantedGoals::by_records(records, None)), &tolerances)
    }
}

/// The change with this proposal.
pub fn change_of(proposal: Proposal) -> ProposedChange {
    ProposedChange {
        operation: Operation::Up,
        identity: StackIdentity {
            project: Some("shop".to_owned()),
            stack: "prod".to_owned(),
            backend: Some("0123456789ab".to_owned()),
            ..StackIdentity::default()
        },
        made_from: made_from(
            &[("infra/index.ts", "a"), ("infra/Pulumi.yaml", "b")],
            "config:\n  shop:a: 1\n",
        ),
        engine: "3.276.0".to_owned(),
        proposal,
    }
}

/// What a change is made from: files with hashes, and the text of the configuration file.
pub fn made_from(files: &[(&str, &str)], config: &str) -> MadeFrom {
    let files: BTreeMap<String, String> =
        files.iter().map(|(path, hash)| ((*path).to_owned(), (*hash).to_owned())).collect();
    let digest = format!("sha256:{files:?}");
    MadeFrom {
        source: ProgramSource { digest, files, folder: Some("infra".to_owned()), not_bound: Vec::new() },
        config: StackConfig::from_text(config, BTreeMap::new()),
        has_env_file: false,
    }
}
