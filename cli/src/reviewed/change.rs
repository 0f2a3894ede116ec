//! A change as a whole: what a preview proposes, with what it is made from. Sealed with a key it is the record of the
//! result file.

use super::config::StackConfig;
use super::digest::digest_of;
use super::proposal::{Proposal, sealed};
use super::source::ProgramSource;
use crate::pulumi::stack::StackIdentity;
use crate::report::{Operation, REVIEW_VERSION, ReviewKey, ReviewRecord, ReviewStep};

/// What a change is made from, as it was found before the engine was started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MadeFrom {
    /// The files of the program.
    pub source: ProgramSource,
    /// The stack's configuration.
    pub config: StackConfig,
    /// Whether the engine gets the variables of an `env-file`.
    pub has_env_file: bool,
}

/// What a run is about to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedChange {
    /// The operation that follows the preview: `up` or `destroy`.
    pub operation: Operation,
    /// The stack.
    pub identity: StackIdentity,
    /// What it is made from.
    pub made_from: MadeFrom,
    /// The version of the Pulumi CLI.
    pub engine: String,
    /// What the preview proposes.
    pub proposal: Proposal,
}

/// The order of the steps in a record.
fn order(step: &ReviewStep) -> impl Ord + '_ {
    (&step.urn, &step.op, &step.provider, step.protect, step.retain, &step.id)
}

impl ProposedChange {
    /// The record of the change, with its values hashed by `key`.
    pub fn seal(&self, key: &ReviewKey) -> ReviewRecord {
        let Self { operation, identity, made_from, engine, proposal } = self;
        let mut record = ReviewRecord {
            v: REVIEW_VERSION,
            digest: String::new(),
            operation: *operation,
            backend: identity.backend.clone().unwrap_or_default(),
            stack: identity.names().collect::<Vec<_>>().join("/"),
            source: made_from.source.digest.clone(),
            files: made_from.source.files.clone(),
            config: made_from.config.seal(key),
            engine: engine.trim_start_matches('v').to_owned(),
            plugins: proposal.plugins.iter().cloned().collect(),
            key: key.in_record().map(str::to_owned),
            key_check: key.check(),
            steps: proposal.steps.iter().map(|step| step.seal(key)).collect(),
            outputs: sealed(&proposal.outputs, key),
            not_bound: self.not_bound(),
            is_compared: false,
            sealed_with: Some(key.clone()),
        };
        // Steps of one URN and operation have no order of their own; the hash of an ID gives none either, as it comes last.
        record.steps.sort_by(|one, other| order(one).cmp(&order(other)));
        record.digest = digest_of(&record);
        record
    }

    /// What the record says nothing about.
    fn not_bound(&self) -> Vec<String> {
        let mut found = vec![
            "values that the program or a provider reads from the environment".to_owned(),
            "files that git does not track, and paths that a program puts together while it runs".to_owned(),
            "names that a provider makes up".to_owned(),
        ];
        if self.made_from.has_env_file {
            found.push("the variables of `env-file`".to_owned());
        }
        if self.made_from.config.has_environments {
            found.push("the contents of environments of Pulumi ESC".to_owned());
        }
        found.extend(self.made_from.source.not_bound.iter().cloned());
        found
    }
}
