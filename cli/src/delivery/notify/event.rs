//! The events of `notify`: one row each, from which the page, the schema and the texts are made.

use crate::base::words::{Words, enum_of_words};

enum_of_words! {
    /// Something that happened to a stack and that people want to hear of.
    pub enum NotifyEvent {
        /// A deployment waits for an approval.
        Waiting = "waiting",
        /// A deployment was refused.
        Refused = "refused",
        /// A deployment failed.
        Failed = "failed",
        /// A check after a deployment did not pass.
        VerificationFailed = "verification-failed",
        /// The stack is held.
        Held = "held",
        /// The stack is released.
        Released = "released",
        /// Somebody let a change pass without the gates.
        BreakGlass = "break-glass",
        /// The stack is not what was deployed.
        Drift = "drift",
        /// The stack is again what was deployed.
        DriftGone = "drift-gone",
        /// The stack is about to be taken away.
        Expiry = "expiry",
        /// The stack could not be destroyed.
        DestroyFailed = "destroy-failed",
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct EventRow {
    /// The event.
    pub event: NotifyEvent,
    /// When it is sent.
    pub when: &'static str,
    /// What a message says of the stack that it begins with: "`shop/prod` waits for an approval".
    pub sentence: &'static str,
    /// Whether somebody has to act. These are the events of a sink without `on`.
    pub asks: bool,
}

/// The events, in the order of the documentation.
pub const EVENTS: &[EventRow] = &[
    EventRow {
        event: NotifyEvent::Waiting,
        when: "a deployment ended with 75: an approval is missing, or does not count",
        sentence: "waits for an approval",
        asks: true,
    },
    EventRow {
        event: NotifyEvent::Refused,
        when: "a deployment ended with 73, 74 or 76: a gate, a rule, or the comparison with what was reviewed",
        sentence: "was refused a deployment",
        asks: true,
    },
    EventRow {
        event: NotifyEvent::Failed,
        when: "a deployment or a refresh failed, ran out of time, or was cancelled after it had begun to change something",
        sentence: "failed to deploy",
        asks: true,
    },
    EventRow {
        event: NotifyEvent::VerificationFailed,
        when: "a check after a deployment failed (77), or had no clear result (78)",
        sentence: "is deployed, and a check after that did not pass",
        asks: true,
    },
    EventRow {
        event: NotifyEvent::Held,
        when: "`stackstep hold`, or a failed check with `on-failed-check: hold`",
        sentence: "is held: nothing is deployed until somebody releases it",
        asks: true,
    },
    EventRow {
        event: NotifyEvent::Released,
        when: "`stackstep release`",
        sentence: "is released: it may be deployed again",
        asks: false,
    },
    EventRow {
        event: NotifyEvent::BreakGlass,
        when: "`stackstep break-glass`",
        sentence: "may be deployed once without review and approval, as somebody broke the glass",
        asks: true,
    },
    EventRow {
        event: NotifyEvent::Drift,
        when: "what is there differs from what was deployed",
        sentence: "differs from what was deployed",
        asks: true,
    },
    EventRow {
        event: NotifyEvent::DriftGone,
        when: "what is there is again what was deployed",
        sentence: "is again what was deployed",
        asks: false,
    },
    EventRow {
        event: NotifyEvent::Expiry,
        when: "a stack that was made for a time is about to be taken away",
        sentence: "is about to be taken away",
        asks: true,
    },
    EventRow {
        event: NotifyEvent::DestroyFailed,
        when: "a destruction failed; then `failed` is not sent",
        sentence: "could not be destroyed",
        asks: true,
    },
];

impl NotifyEvent {
    /// The events in which somebody has to act: those of a sink without `on`.
    pub fn asking() -> Vec<Self> {
        EVENTS.iter().filter(|row| row.asks).map(|row| row.event).collect()
    }

    /// What a message says of the stack.
    pub fn sentence(self) -> &'static str {
        EVENTS.iter().find(|row| row.event == self).map_or(self.word(), |row| row.sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_has_one_row_in_the_order_of_the_words() {
        let rows: Vec<&str> = EVENTS.iter().map(|row| row.event.word()).collect();
        assert_eq!(rows, NotifyEvent::WORDS);
    }

    #[test]
    fn nobody_has_to_act_when_something_is_over() {
        let quiet: Vec<&str> = EVENTS.iter().filter(|row| !row.asks).map(|row| row.event.word()).collect();
        assert_eq!(quiet, ["released", "drift-gone"]);
    }
}
