//! The heading "Log".

use crate::base::words::enum_of_words;
use crate::inputs::command::{OPERATIONS, OPERATIONS_AND_REPORT};
use crate::inputs::row::{choice, flag, heading, number};

heading! {
    /// The inputs about the log.
    pub struct LogInputs under Log {
        diff: bool = flag("diff", OPERATIONS, "Show the operation as a rich diff in the log.")
            .default("false"),
        color: Color = choice("color", OPERATIONS, "Whether the output of the Pulumi CLI has colours.")
            .default("auto"),
        suppress_outputs: bool = flag("suppress-outputs", OPERATIONS_AND_REPORT, "Leave the stack's outputs out of log and report.")
            .default("false"),
        suppress_progress: bool = flag("suppress-progress", OPERATIONS, "Leave the progress dots of the Pulumi CLI out of the log.")
            .default("false"),
        verbosity: Option<u32> = number("log-verbosity", 1..=11, OPERATIONS, "How much the Pulumi CLI writes to standard error. From 9 it can show decrypted configuration.")
            .short_flag('v')
            .aliases(&["verbose"]),
        flow: bool = flag("log-flow", OPERATIONS, "Pass the verbosity on to plugins.")
            .aliases(&["logflow"])
            .default("false"),
        debug: bool = flag("debug", OPERATIONS, "Show the debugging output of the Pulumi CLI.")
            .short_flag('d')
            .default("false"),
    }
}

enum_of_words! {
    /// The colours of the engine's output.
    pub enum Color {
        /// Colours in any case.
        Always = "always",
        /// No colours.
        Never = "never",
        /// The engine's own marks for colours, as text.
        Raw = "raw",
        /// Colours as the engine decides.
        Auto = "auto",
    }
}
