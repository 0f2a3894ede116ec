//! What a signature lets happen.

use crate::base::words::enum_of_words;

enum_of_words! {
    /// What a signature lets happen.
    pub enum SignedOperation {
        /// The deployment of a change, as one of the approvals that it needs.
        Approve = "approve",
        /// The deployment of a change without what it needs otherwise.
        BreakGlass = "break-glass",
    }
}

impl SignedOperation {
    /// The words of the command line that writes what is signed.
    pub fn on_the_line(self) -> &'static str {
        match self {
            Self::Approve => "stackstep approve",
            Self::BreakGlass => "stackstep approve --break-glass",
        }
    }
}
