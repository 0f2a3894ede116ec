//! Why a run did not succeed: the closed list of reasons.

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal;)+) => {
        /// Why a run did not succeed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum Reason {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)+
        }

        impl Reason {
            /// All of them, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The reason's name in the result and in a job's outputs.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it means, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

reasons! {
    /// Another operation holds the stack's lock.
    Lock = "lock";
    /// There are no credentials, they were not accepted, or they do not allow what was asked.
    Auth = "auth";
    /// The change comes from a fork or a bot, and is not trusted with credentials.
    Untrusted = "untrusted";
    /// The stack's secrets could not be decrypted or encrypted.
    Secrets = "secrets";
    /// The backend that holds the state could not be reached, or could not read or write it.
    Backend = "backend";
    /// An earlier run was interrupted, and what became of its operations is not known.
    PendingOperations = "pending-operations";
    /// A mandatory policy was violated.
    Policy = "policy";
    /// The program failed: an exception, a syntax error, a missing variable.
    Program = "program";
    /// The program's dependencies, or what it is run with, are missing or could not be installed.
    Dependencies = "dependencies";
    /// A plugin of the Pulumi CLI is missing, could not be fetched, or does not start.
    Plugin = "plugin";
    /// A provider refused to work, or to create, change, read or delete a resource.
    Provider = "provider";
    /// The project, its configuration or an input is missing or wrong.
    Config = "config";
    /// There is no such stack.
    StackNotFound = "stack-not-found";
    /// No changes were expected, and there are some.
    ChangesUnexpected = "changes-unexpected";
    /// The update departs from its plan.
    Plan = "plan";
    /// A protected resource was to be deleted or replaced.
    Protected = "protected";
    /// The Pulumi CLI itself failed: it crashed or was killed.
    Engine = "engine";
    /// The Pulumi CLI does not know what was asked of it: its version is too old, or `args` names what it does not have.
    EngineTooOld = "engine-too-old";
    /// Somebody stopped the run.
    Cancelled = "cancelled";
    /// The run took longer than `timeout` or `wait-timeout` allows.
    Timeout = "timeout";
    /// The Pulumi CLI could not be installed or verified.
    Install = "install";
    /// A gate did not let the run pass.
    Gate = "gate";
    /// A rule of `stackstep.yaml` or of the inputs does not allow the change.
    Rules = "rules";
    /// An approval is missing, or does not count for this change.
    Approval = "approval";
    /// The change is not the one that was reviewed, or the stack has moved since.
    Reviewed = "reviewed";
    /// A check after the deployment failed, or did not get a clear result.
    Verification = "verification";
    /// What happened or would happen is not known: the event log of the Pulumi CLI or its answer could not be read whole.
    Incomplete = "incomplete";
    /// A required report could not be published.
    Publish = "publish";
    /// The cause was not recognised: the message says it in the words of whoever said it first.
    Unknown = "unknown";
}

impl Reason {
    /// The heading of a failure: the reason's meaning, or if the cause is unknown the first line of the message.
    pub fn headline(self, message: Option<&str>) -> &str {
        let first = message.and_then(|text| text.lines().map(str::trim).find(|line| !line.is_empty()));
        match (self, first) {
            (Self::Unknown, Some(first)) => first.strip_prefix("error: ").unwrap_or(first),
            (Self::Unknown, None) => "The run failed, and the cause was not recognised",
            _ => self.meaning().trim_end_matches('.'),
        }
    }
}
