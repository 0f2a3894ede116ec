//! The heading "Checks".

use std::time::Duration;

use crate::inputs::command::Command::Up;
use crate::inputs::row::{duration, heading, list, text};

heading! {
    /// The inputs about what is checked after a deployment.
    pub struct ChecksInputs under Checks {
        url: Vec<String> = list("check-url", &[Up], "Addresses to ask after the deployment, each a URL or the stack output that holds one, with a path below it: `url/health`. One that does not answer as it should fails the step (exit status 77)."),
        contains: Option<String> = text("check-contains", &[Up], "A text that each answer has to contain."),
        status: Vec<String> = list("check-status", &[Up], "The statuses that count as a good answer: `200`, `2xx`.")
            .default_in_words("`2xx`"),
        timeout: Option<Duration> = duration("check-timeout", &[Up], "How long all checks may take together.")
            .default_in_words("`5m`; a deployment has one minute of it to come up"),
    }
}
