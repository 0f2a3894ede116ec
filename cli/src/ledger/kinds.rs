//! The words of an entry: its kind, the way of an approval, the end of a deployment. A word of a later version is kept.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A word that a later version may add to.
macro_rules! open_words {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum $name {
            $($(#[$what])* $variant,)+
            /// A word of a later version.
            Later(String),
        }

        impl $name {
            /// The word.
            pub fn word(&self) -> &str {
                match self { $(Self::$variant => $word,)+ Self::Later(word) => word }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                match word.as_str() { $($word => Self::$variant,)+ _ => Self::Later(word) }
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                match word { $name::Later(word) => word, known => known.word().to_owned() }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.word())
            }
        }
    };
}

open_words! {
    /// The kind of an entry.
    EntryKind {
        /// A deployment is about to begin.
        Reserved = "reserved",
        /// A deployment has ended.
        Finished = "finished",
        /// The checks after a deployment have ended.
        Verified = "verified",
        /// Nothing is to be deployed until the hold is released.
        Held = "held",
        /// A hold, or all of them, is released.
        Released = "released",
        /// A person takes a refused change, which the digest names, for a reviewed one; without a digest, what is there for
        /// what was to be deployed: earlier open questions are closed.
        Accepted = "accepted",
        /// A person approves a change.
        Approved = "approved",
        /// A person deploys without what is needed otherwise.
        BrokeGlass = "broke-glass",
        /// The stack's resources were deleted.
        Destroyed = "destroyed",
        /// A gate refused a deployment, or asked for something that was not there.
        Refused = "refused",
        /// A lock was removed whose run had ended.
        Unlocked = "unlocked",
        /// A stack is about to be created for a change request.
        Opened = "opened",
        /// The stack's time to live was set or extended; without a time the stack lives without one from then on.
        Expiry = "expiry",
        /// People were told that the stack's time ends, or that its destruction fails.
        Warned = "warned",
        /// The stack's resources could not be deleted.
        DestroyFailed = "destroy-failed",
        /// A sweep has said what it would do: the first one of a backend does no more.
        Swept = "swept",
        /// A person has taken the stack out of the sweep.
        Forgotten = "forgotten",
        /// A look for drift: its status, the digest of what differs, and the issue that follows it up.
        Drift = "drift",
        /// A person takes the drift with this digest for wanted, for a time.
        DriftAccepted = "drift-accepted",
    }
}

open_words! {
    /// The way in which an approval was given.
    ApprovalWay {
        /// A review on the forge.
        Review = "review",
        /// The gate of the CI system.
        Environment = "environment",
        /// A comment on the change request.
        Comment = "comment",
        /// A signature by an SSH key.
        Ssh = "ssh",
        /// A person who may deploy without what is needed otherwise, as `break-glass` names them.
        BreakGlass = "break-glass",
    }
}

open_words! {
    /// The end of a deployment, or of its checks.
    EntryStatus {
        /// The deployment succeeded, or the checks passed.
        Succeeded = "succeeded",
        /// The deployment or a check failed.
        Failed = "failed",
        /// The deployment was stopped early.
        Cancelled = "cancelled",
        /// The checks had no clear result.
        Inconclusive = "inconclusive",
        /// A look found drift.
        Found = "found",
        /// A look found no drift.
        NoneFound = "none",
        /// A look does not know whether there is drift.
        NotKnown = "not-known",
    }
}
