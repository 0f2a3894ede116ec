//! Tells people what happened to a stack, by the sinks of `notify` in the `stackstep.yaml` that judges the run.
//!
//! Nothing here fails a run, and all sinks together have [`PATIENCE`]: what did not arrive is a line of the log and a note of
//! the report. A stranger's change tells nobody. Redirects are not followed, as an address of a hook is a secret.

mod callback;
mod events;
mod facts;
mod hook;
mod mention;
mod message;
mod slack;
mod teams;
mod webhook;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::base::error::Problem;
use crate::base::http::{Http, Limits};
use crate::base::secret::{SHORTEST, is_long_enough};
use crate::base::words::Words as _;
use crate::ci::console::Console;
use crate::delivery::notify::{NotifyEvent, NotifySink, SinkTarget};
use crate::engine::job::Job;
use crate::process::signals::Signals;
use crate::report::{Masked, Report, Status};
pub use callback::send_signed;
pub use events::event_of;
pub use facts::NotifyFacts;
use message::Message;
pub use message::is_link;

/// The time limit for all sinks together.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// The time limit in a job that is about to be killed.
pub const HURRY: Duration = Duration::from_secs(2);

/// The most bytes of an answer, which nobody reads.
const ANSWER: usize = 64 << 10;

/// The outcome of telling the sinks.
#[derive(Debug, Default)]
pub struct ToldSinks {
    /// Who was told, a sentence each.
    told: Vec<String>,
    /// Who was not, and why.
    missed: Vec<String>,
}

impl ToldSinks {
    /// Writes it to the log.
    pub fn log(&self, console: &Console) {
        for line in self.told.iter().chain(&self.missed) {
            console.line(line);
        }
    }

    /// Whether somebody was not told.
    pub fn has_missed(&self) -> bool {
        !self.missed.is_empty()
    }

    /// The report with a note for each sink that was not told.
    #[must_use]
    pub fn noted_in(self, report: Masked<Report>, mask: &dyn Fn(&str) -> String) -> Masked<Report> {
        if self.missed.is_empty() {
            return report;
        }
        let mut report = report.into_inner();
        report.notes.extend(self.missed);
        report.masked(mask)
    }

    fn add(&mut self, sink: &NotifySink, event: NotifyEvent, outcome: Result<(), String>) {
        let (sink, event) = (sink.shown(), event.word());
        match outcome {
            Ok(()) => self.told.push(format!("{sink} was told of `{event}`")),
            Err(why) => self.missed.push(format!("{sink} was not told of `{event}`: {why}")),
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.told.extend(other.told);
        self.missed.extend(other.missed);
        self
    }
}

/// Hides the values of the variables that the job's sinks name.
pub fn hide_secrets(job: &Job<'_>, console: &mut Console) {
    let sinks = job.notify.get().map_or(&[][..], Vec::as_slice);
    for variable in sinks.iter().flat_map(NotifySink::variables) {
        let Some(value) = variable.value(job.env) else { continue };
        console.hide(variable.name(), value.expose());
        if !is_long_enough(value.expose()) {
            let name = variable.name();
            console.line(&format!(
                "`{name}` is shorter than {SHORTEST} characters: it can't be hidden in the log"
            ));
        }
    }
}

/// What a run tells beside its report.
#[derive(Debug, Clone, Copy, Default)]
pub struct RunNews {
    /// Whether a failed check holds the stack.
    pub is_held: bool,
    /// Whether the run was refused as one before it was: the same change, by the same gate. Then nobody is told again.
    pub is_known_refusal: bool,
}

/// Tells the job's sinks of what a run has come to, and if a failed check holds the stack, of that.
pub async fn tell_of_run(
    job: &Job<'_>,
    report: &Masked<Report>,
    news: RunNews,
    console: &Console,
    signals: &Signals,
) -> ToldSinks {
    let own = event_of(job, report).filter(|_| !news.is_known_refusal);
    let events: Vec<NotifyEvent> = own.into_iter().chain(news.is_held.then_some(NotifyEvent::Held)).collect();
    if news.is_known_refusal && event_of(job, report).is_some() {
        console.line(
            "nobody is told of this again: an earlier run was refused the same change by the same gate",
        );
    }
    let hurry = report.status == Status::Cancelled || signals.first().is_some();
    let within = if hurry { HURRY } else { PATIENCE };
    let facts = NotifyFacts::of_report(report);
    let telling = async {
        match events.as_slice() {
            [] => ToldSinks::default(),
            [event] => notify(job, *event, &facts, console, within).await,
            [first, second, ..] => {
                let (one, other) = tokio::join!(
                    notify(job, *first, &facts, console, within),
                    notify(job, *second, &facts, console, within)
                );
                one.and(other)
            }
        }
    };
    tokio::select! {
        told = telling => told,
        _ = signals.cancelled(), if !hurry => ToldSinks {
            told: Vec::new(),
            missed: events.iter().map(|event| format!("cancelled while people were told of `{}`", event.word())).collect(),
        },
    }
}

/// Tells the job's sinks of an event, once each, and returns what became of it. `within`: the time limit for all of them,
/// [`PATIENCE`] or [`HURRY`].
pub async fn notify(
    job: &Job<'_>,
    event: NotifyEvent,
    facts: &NotifyFacts,
    console: &Console,
    within: Duration,
) -> ToldSinks {
    let Some(stack) = &job.stack else { return ToldSinks::default() };
    let all = job.notify.get().map_or(&[][..], Vec::as_slice);
    let sinks: Vec<&NotifySink> = all.iter().filter(|sink| sink.hears(event, stack)).collect();
    if sinks.is_empty() || job.context.may_be_a_strangers() {
        return ToldSinks::default();
    }
    // The time limit of all ends first.
    let limits = Limits { try_time: 2 * within, tries: 1, body: ANSWER, ..Limits::default() };
    let http = match Http::new(job.env, limits) {
        Ok(http) => Arc::new(http),
        Err(error) => {
            let why = Problem::from(&error).in_one_line();
            let mut told = ToldSinks::default();
            for sink in &sinks {
                told.add(sink, event, Err(why.clone()));
            }
            return told;
        }
    };
    let message = Message::new(job, event, facts, &|text| console.masker().mask(text));
    let (hooks, mentions) = tokio::join!(
        ask_hooks(job, &http, &message, &sinks, within),
        mention_people(job, &http, &message, &sinks, within)
    );
    hooks.and(mentions)
}

/// Asks all hooks at the same time.
async fn ask_hooks(
    job: &Job<'_>,
    http: &Arc<Http>,
    message: &Message,
    sinks: &[&NotifySink],
    within: Duration,
) -> ToldSinks {
    let mut asking = JoinSet::new();
    let mut outcomes = BTreeMap::new();
    for (at, sink) in sinks.iter().enumerate() {
        let request = match &sink.target {
            SinkTarget::Slack(url) => hook::request(url, job.env, &slack::payload(message)),
            SinkTarget::Teams(url) => hook::request(url, job.env, &teams::payload(message)),
            SinkTarget::Webhook { url, secret } => webhook::request(url, secret.as_ref(), job.env, message),
            SinkTarget::Mention { .. } => continue,
        };
        match request {
            Ok(request) => {
                let http = Arc::clone(http);
                let sent = async move { timeout(within, hook::deliver(&http, &request)).await };
                asking.spawn(async move { (at, sent.await.unwrap_or_else(|_| Err(too_slow(within)))) });
            }
            Err(why) => {
                outcomes.insert(at, Err(why));
            }
        }
    }
    while let Some(done) = asking.join_next().await {
        if let Ok((at, outcome)) = done {
            outcomes.insert(at, outcome);
        }
    }
    let mut told = ToldSinks::default();
    for (at, outcome) in outcomes {
        if let Some(sink) = sinks.get(at) {
            told.add(sink, message.event, outcome);
        }
    }
    told
}

/// Comments for people, one sink after the other.
async fn mention_people(
    job: &Job<'_>,
    http: &Http,
    message: &Message,
    sinks: &[&NotifySink],
    within: Duration,
) -> ToldSinks {
    let end = tokio::time::Instant::now() + within;
    let mut told = ToldSinks::default();
    for sink in sinks {
        let SinkTarget::Mention { people } = &sink.target else { continue };
        let done = tokio::time::timeout_at(end, mention::comment(job, http, people, message)).await;
        told.add(sink, message.event, done.unwrap_or_else(|_| Err(too_slow(within))));
    }
    told
}

fn too_slow(within: Duration) -> String {
    format!("there was no answer within {}", humantime::format_duration(within))
}

#[cfg(test)]
mod tests;
