//! Why a run did not succeed: the closed list of reasons, and the way out of each.

use serde::{Deserialize, Serialize};

use super::command::Command;

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
    /// A plugin of the engine is missing, could not be fetched, or does not start.
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
    /// The engine itself failed: it crashed or was killed.
    Engine = "engine";
    /// The engine does not know what was asked of it: its version is too old, or `args` names what it does not have.
    EngineTooOld = "engine-too-old";
    /// Somebody stopped the run.
    Cancelled = "cancelled";
    /// The run took longer than `timeout` allows.
    Timeout = "timeout";
    /// The engine could not be installed or verified.
    Install = "install";
    /// A gate did not let the run pass.
    Gate = "gate";
    /// What happened or would happen is not known: the engine's event log or its answer could not be read whole.
    Incomplete = "incomplete";
    /// A required report could not be published.
    Publish = "publish";
    /// None of the above, or not sure enough.
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

    /// What to do about it.
    pub fn way_out(self, command: Command) -> &'static str {
        let looks = command.only_looks(false);
        match self {
            Self::Lock if looks => "wait for the other run to end, then run this job again",
            Self::Lock => {
                "wait for the other run to end (`lock-timeout` does), then run this job again; if that run is dead, \
                 `pulumi cancel` releases the lock, and a live run's lock as well"
            }
            Self::Auth => {
                "check that the job has the credentials (`PULUMI_ACCESS_TOKEN` for Pulumi Cloud, the cloud \
                 provider's own for its resources), that they have not expired, and what they may do"
            }
            Self::Untrusted => {
                "a maintainer looks at the change and runs it from a branch of this repository"
            }
            Self::Secrets => {
                "give the job the passphrase or the access to the key that the stack's secrets were encrypted with \
                 (`PULUMI_CONFIG_PASSPHRASE`, or the rights for `secretsprovider` in the stack's file)"
            }
            Self::Backend => {
                "check the backend's URL and whether the job can reach it, then run this job again"
            }
            Self::PendingOperations => {
                "look at the provider what became of the resources named, then `pulumi refresh` or \
                 `pulumi state edit` puts the state right"
            }
            Self::Policy => "change the resources that the mandatory policies name, or the policies",
            Self::Program => "fix the program where the message points to",
            Self::Dependencies => {
                "install the program's dependencies in a step before this one (`npm ci`, `pip install`, `go mod \
                 download`, or `pulumi install`), and commit the lock file"
            }
            Self::Plugin => {
                "let the job reach the plugin's download server, or install the plugin in a step before this one \
                 (`pulumi plugin install`, `pulumi install`)"
            }
            Self::Provider if command == Command::Preview => {
                "read the provider's message at the resource that it names"
            }
            Self::Provider => {
                "read the provider's message at the resource that it names; what was done stays done, and the next \
                 run takes up from there"
            }
            Self::Config => "fix the file or the setting that the message names",
            Self::StackNotFound => {
                "check the stack's name and the backend; `upsert: true` creates a stack that is not there"
            }
            Self::ChangesUnexpected => {
                "look at the changes: somebody changed the resources or the program; deploy the program, or take \
                 the changes back"
            }
            Self::Plan => "make a new plan from this commit, and look at it before it is deployed",
            Self::Protected => {
                "a protected resource stays unless `protect` is taken away first, in the program and deployed, or \
                 with `pulumi state unprotect`"
            }
            Self::Engine => {
                "look at the end of the job's log; run the job again, with more memory where the engine was killed"
            }
            Self::EngineTooOld => "use a newer version of the Pulumi CLI, and check what `args` hands to it",
            Self::Cancelled if looks => "run the job again when it was not meant to be stopped",
            Self::Cancelled => {
                "see below what was done; a resource that was being changed may be in any state, so run \
                 `refresh` before the next update where there is one"
            }
            Self::Timeout => "give it more time with `timeout`, or find out what is waiting",
            Self::Install => "check the version that is asked for and whether the job can reach its download",
            Self::Gate => "see which rule refused, and get what it asks for",
            Self::Publish => "check the token's permissions; the operation itself was done",
            Self::Incomplete if looks => {
                "nothing was changed: see that the machine's disk has room for temporary files and that `pulumi` prints \
                 its answers and nothing behind them, then run this job again"
            }
            Self::Incomplete => {
                "see in the job's log and with `preview` what was done; give the machine's disk room for temporary files"
            }
            Self::Unknown => "read the messages and the end of the job's log",
        }
    }
}
