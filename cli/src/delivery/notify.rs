//! The section `notify` of `stackstep.yaml`: the sinks that hear of what happens to a stack.
//!
//! Secrets stand there by reference only: the address of a hook of Slack or Teams is all that somebody needs to write into
//! the channel, so that one that stands in the file is refused.

mod event;
mod parse;

pub use event::{EVENTS, EventRow, NotifyEvent};

use super::pattern::name_fits;
use crate::base::env::Env;
use crate::base::http::{Url, host};
use crate::base::secret::Secret;
use crate::base::words::Words as _;
use crate::pulumi::stack::StackName;

/// One entry of the section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifySink {
    /// The place that hears of it.
    pub target: SinkTarget,
    /// The events that it hears of.
    pub on: Vec<NotifyEvent>,
    /// The stacks that it hears of, as names or patterns. Empty: all.
    pub stacks: Vec<String>,
}

/// A place that hears of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SinkTarget {
    /// A channel of Slack, by the address of its incoming webhook.
    Slack(FromEnv),
    /// A channel of Teams, by the address of a workflow.
    Teams(FromEnv),
    /// Any server.
    Webhook {
        /// The address.
        url: WebhookUrl,
        /// The key of the signatures.
        secret: Option<FromEnv>,
    },
    /// A new comment on the forge, which names these people.
    Mention {
        /// People, and teams such as `@acme/oncall`.
        people: Vec<String>,
    },
}

/// The address of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookUrl {
    /// This one, which is no secret.
    Plain(String),
    /// The value of a variable, which is one.
    FromEnv(FromEnv),
}

/// A variable of the job, whose value is a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromEnv(String);

impl FromEnv {
    /// The variable's name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The value, without the white space around it. None if the variable is not set in this job.
    pub fn value(&self, env: &Env) -> Option<Secret> {
        env.get(&self.0).map(str::trim).filter(|value| !value.is_empty()).map(Secret::new)
    }
}

impl NotifySink {
    /// The keys of an entry.
    pub const KEYS: [&str; 6] = ["slack", "teams", "webhook", "mention", "on", "stacks"];

    /// The keys that say where it goes; an entry has one of them.
    pub const TARGETS: [&str; 4] = ["slack", "teams", "webhook", "mention"];

    /// The keys of `webhook`.
    pub const WEBHOOK_KEYS: [&str; 2] = ["url", "secret"];

    /// The key of `mention`.
    pub const MENTION_KEYS: [&str; 1] = ["people"];

    /// The key for the variable that holds a secret.
    pub const FROM_ENV: &str = "from-env";

    /// Whether the sink hears of this event of this stack.
    pub fn hears(&self, event: NotifyEvent, stack: &StackName) -> bool {
        self.on.contains(&event) && self.is_about(stack)
    }

    /// What the sink hears of this stack, in one line: "Slack (`SLACK_URL`) of `waiting`, `failed`". None if nothing.
    pub fn heard_of(&self, stack: &StackName) -> Option<String> {
        let events: Vec<String> = self.on.iter().map(|event| format!("`{}`", event.word())).collect();
        self.is_about(stack).then(|| format!("{} of {}", self.shown(), events.join(", ")))
    }

    fn is_about(&self, stack: &StackName) -> bool {
        let fits = |pattern: &String| name_fits(pattern, stack.short()) || name_fits(pattern, stack.as_str());
        self.stacks.is_empty() || self.stacks.iter().any(fits)
    }

    /// The variables whose values are secrets.
    pub fn variables(&self) -> impl Iterator<Item = &FromEnv> {
        let (first, second) = match &self.target {
            SinkTarget::Slack(url) | SinkTarget::Teams(url) => (Some(url), None),
            SinkTarget::Webhook { url: WebhookUrl::FromEnv(url), secret } => (Some(url), secret.as_ref()),
            SinkTarget::Webhook { url: WebhookUrl::Plain(_), secret } => (None, secret.as_ref()),
            SinkTarget::Mention { .. } => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// The sink's name in messages: "Slack (`SLACK_URL`)".
    pub fn shown(&self) -> String {
        match &self.target {
            SinkTarget::Slack(url) => format!("Slack (`{}`)", url.name()),
            SinkTarget::Teams(url) => format!("Teams (`{}`)", url.name()),
            SinkTarget::Webhook { url: WebhookUrl::FromEnv(url), .. } => {
                format!("the webhook (`{}`)", url.name())
            }
            SinkTarget::Webhook { url: WebhookUrl::Plain(url), .. } => {
                let host = Url::parse(url).map(|url| host(&url)).unwrap_or_default();
                format!("the webhook at {host}")
            }
            SinkTarget::Mention { people } => format!("a comment for {}", people.join(", ")),
        }
    }
}

/// Whether a hook may be asked at this address: it is encrypted, or on this machine.
pub fn is_safe(url: &Url) -> bool {
    let is_plain = url.scheme() == "http" && crate::base::http::is_this_machine(url);
    (url.scheme() == "https" && url.has_host()) || is_plain
}
