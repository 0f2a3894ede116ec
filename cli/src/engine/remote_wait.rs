//! Waits for a deployment at Pulumi Cloud: shows its log, says why nothing happens, and decides what a job that is cancelled
//! or has waited long enough does with it.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::remote_stack::RemoteStack;
use crate::base::error::{Error, Problem, Result};
use crate::ci::console::Console;
use crate::cloud::trouble::{CloudTrouble, CloudTroubleKind};
use crate::deployments::followed::{DeploymentStatus, FollowedDeployment};
use crate::deployments::queue::{BegunDeployment, QueuePlace, StackDeployments};
use crate::deployments::requests::not_read;
use crate::process::signals::Signals;
use crate::report::Ending;

/// The shortest and the longest pause between two looks.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// The time between two lines that say why nothing happens, if it is the same as before.
const REPEATED: Duration = Duration::from_secs(5 * 60);

/// The most looks in a row that fail.
const FAILURES: u32 = 6;

/// The time for a last look at the deployment of a job that is cancelled. GitHub ends the job after ten seconds.
/// <https://docs.github.com/en/actions/reference/workflow-cancellation-reference>
const LAST_LOOK: Duration = Duration::from_secs(2);

/// The time for the request that cancels it.
const LAST_REQUEST: Duration = Duration::from_secs(4);

/// The most bytes of the log that are kept for the report.
const KEPT: usize = 512 * 1024;

/// The most pages of a log that are read between two looks.
const PAGES: usize = 1000;

/// The wait for one deployment.
pub(super) struct RemoteWait<'a> {
    pub stack: &'a RemoteStack<'a>,
    pub begun: &'a BegunDeployment,
    /// The longest time to wait. None without a limit.
    pub patience: Option<Duration>,
    /// Whether a job that is cancelled cancels a deployment that runs.
    pub cancels_what_runs: bool,
}

/// What became of a deployment.
#[derive(Debug)]
pub(super) struct RemoteEnd {
    pub ending: Ending,
    /// Why it is no success. None for one.
    pub failure: Option<String>,
    pub notes: Vec<String>,
    lines: Vec<String>,
}

impl RemoteEnd {
    /// The log.
    pub fn log(&self) -> String {
        self.lines.join("\n") + "\n"
    }

    /// The end of the log, for the reason of a failure.
    pub fn errors(&self) -> String {
        let from = self.lines.len().saturating_sub(100);
        self.lines.get(from..).unwrap_or_default().join("\n") + "\n"
    }
}

/// The log so far.
#[derive(Default)]
struct ReadLog {
    lines: Vec<String>,
    bytes: usize,
    token: Option<String>,
    /// Whether its end was read: no token follows.
    ended: bool,
}

impl RemoteWait<'_> {
    /// Waits until the deployment is over, the time is, or the job is cancelled.
    pub async fn until_over(&self, console: &Console, signals: &Signals) -> Result<RemoteEnd> {
        let begun = Instant::now();
        let (mut log, mut pause, mut failures) = (ReadLog::default(), PAUSES.0, 0);
        let mut shown: Option<(QueuePlace, Instant)> = None;
        let mut seen: Option<FollowedDeployment> = None;
        loop {
            let looked = tokio::select! {
                looked = self.follow(&mut log, console, signals) => looked,
                signal = signals.cancelled() => {
                    let signal = i32::from(signal.number());
                    return self.cancelled(signal, seen.as_ref(), log, console, signals).await;
                }
            };
            let (now, place) = match looked {
                Ok(looked) => {
                    failures = 0;
                    looked
                }
                Err(trouble) => {
                    failures += 1;
                    let may_pass = trouble.kind == CloudTroubleKind::Broken;
                    if !may_pass || failures >= FAILURES {
                        return Err(self.lost_sight(trouble));
                    }
                    console.line(&format!("{}; the wait goes on", trouble.problem.what));
                    if let Some(signal) = signals.wait(PAUSES.1.min(pause * 4)).await {
                        return self
                            .cancelled(i32::from(signal.number()), seen.as_ref(), log, console, signals)
                            .await;
                    }
                    continue;
                }
            };
            if now.status.is_final() {
                return Ok(self.over(&now, log));
            }
            if let Some(place) = place {
                let is_new =
                    shown.as_ref().is_none_or(|(before, at)| *before != place || at.elapsed() > REPEATED);
                if is_new {
                    console.line(&in_words(&place));
                    shown = Some((place, Instant::now()));
                }
            }
            if self.patience.is_some_and(|patience| begun.elapsed() >= patience) {
                return Ok(self.out_of_time(&now, log));
            }
            let left = self.patience.map(|patience| patience.saturating_sub(begun.elapsed()));
            if let Some(signal) = signals.wait(left.map_or(pause, |left| left.min(pause))).await {
                return self.cancelled(i32::from(signal.number()), Some(&now), log, console, signals).await;
            }
            seen = Some(now);
            pause = (pause * 3 / 2).min(PAUSES.1);
        }
    }

    /// Reads the status, then the log: so the log of one that is over is whole. Of one that waits it reads why.
    async fn follow(
        &self,
        log: &mut ReadLog,
        console: &Console,
        signals: &Signals,
    ) -> Result<(FollowedDeployment, Option<QueuePlace>), CloudTrouble> {
        let id = &self.begun.id;
        let seen = self.stack.ask(async |it| it.read(id).await, console, signals).await?;
        if seen.status == DeploymentStatus::Waiting {
            let place = StackDeployments(&self.stack.stack).place(&seen).await;
            return Ok((seen, Some(place)));
        }
        if log.ended {
            return Ok((seen, None));
        }
        for _ in 0..PAGES {
            let token = log.token.clone();
            let page =
                self.stack.ask(async |it| it.log(id, token.as_deref()).await, console, signals).await?;
            let is_new = page.next.is_some() && page.next != log.token;
            for line in page.lines {
                console.line(&line);
                log.bytes += line.len() + 1;
                if log.bytes <= KEPT {
                    log.lines.push(line);
                }
            }
            // While it runs, a page without a token says only that there is nothing more now: it would come again.
            let Some(next) = page.next else {
                log.ended = seen.status.is_final() || log.token.is_some();
                break;
            };
            log.token = Some(next);
            if !is_new {
                break;
            }
        }
        Ok((seen, None))
    }

    /// The end of a deployment that is over.
    fn over(&self, seen: &FollowedDeployment, log: ReadLog) -> RemoteEnd {
        let at = seen.step.as_ref().map(|step| format!(", at the step `{step}`")).unwrap_or_default();
        let failure = match seen.status {
            DeploymentStatus::Succeeded => None,
            DeploymentStatus::Skipped => Some(format!(
                "Pulumi Deployments has skipped deployment #{}: it waited too long, or a newer one took its place; nothing was \
                 deployed",
                self.begun.version
            )),
            _ => Some(format!("deployment #{} has failed{at}", self.begun.version)),
        };
        let ending = Ending::Exited(i32::from(failure.is_some()));
        RemoteEnd { ending, failure, notes: Vec::new(), lines: log.lines }
    }

    /// The end of a wait whose time is over. The deployment goes on.
    fn out_of_time(&self, seen: &FollowedDeployment, log: ReadLog) -> RemoteEnd {
        let what = if seen.status == DeploymentStatus::Waiting { "still queued" } else { "still running" };
        let failure = format!(
            "deployment #{} is {what} when `wait-timeout` is over; it was not cancelled, and goes on without this job",
            self.begun.version
        );
        RemoteEnd {
            ending: Ending::TimedOut,
            notes: vec![failure.clone()],
            failure: Some(failure),
            lines: log.lines,
        }
    }

    /// The end of a wait whose job is cancelled. What waits in the queue is taken out of it; what runs is cancelled only if
    /// that is asked for, as it ends in the middle of its work.
    async fn cancelled(
        &self,
        signal: i32,
        seen: Option<&FollowedDeployment>,
        log: ReadLog,
        console: &Console,
        signals: &Signals,
    ) -> Result<RemoteEnd> {
        let id = &self.begun.id;
        // It may have begun since it was looked at.
        let now = self.stack.ask(async |it| it.read(id).await, console, signals);
        let now = timeout(LAST_LOOK, now).await.ok().and_then(Result::ok);
        let status = now.as_ref().or(seen).map(|seen| seen.status);
        let number = self.begun.version;
        let cancels = match status {
            Some(DeploymentStatus::Waiting) => true,
            Some(DeploymentStatus::Running) => self.cancels_what_runs,
            _ => false,
        };
        let note = if cancels {
            let cancel = self.stack.ask(async |it| it.cancel(id).await, console, signals);
            match timeout(LAST_REQUEST, cancel).await.unwrap_or_else(|_| Err(self.no_answer())) {
                Ok(()) if status == Some(DeploymentStatus::Waiting) => {
                    format!("deployment #{number} was taken out of the queue: nothing was deployed")
                }
                Ok(()) => format!(
                    "deployment #{number} was cancelled while it ran: operations may be pending, and the lock may still be there"
                ),
                Err(trouble) => format!("{}; deployment #{number} goes on", trouble.problem.what),
            }
        } else {
            match status {
                Some(status) if status.is_final() => format!("deployment #{number} was over by then"),
                Some(_) => format!(
                    "deployment #{number} runs on without this job: it was not cancelled, which `cancel-running: true` does"
                ),
                None => format!("whether deployment #{number} goes on is not known: it was not cancelled"),
            }
        };
        console.line(&note);
        Ok(RemoteEnd {
            ending: Ending::Cancelled { signal },
            failure: Some(note.clone()),
            notes: vec![note],
            lines: log.lines,
        })
    }

    fn no_answer(&self) -> CloudTrouble {
        CloudTrouble::broken(Problem::new(
            format!("{} did not answer in time to the request to cancel it", self.stack.stack.host()),
            "cancel it at Pulumi Cloud",
        ))
    }

    /// The error of a deployment that can't be seen any more.
    fn lost_sight(&self, trouble: CloudTrouble) -> Error {
        let error = not_read(trouble);
        Error::Incomplete {
            what: format!("{error}; what became of deployment #{} is not known", self.begun.version),
            hint: "look at it at Pulumi Cloud; the same job, started once more, waits for it again"
                .to_owned(),
        }
    }
}

/// Why a deployment waits.
fn in_words(place: &QueuePlace) -> String {
    let paused = place.paused_by.map(|who| format!("deployments are paused for {who}"));
    let before = place.before.map(|before| match before {
        0 => "no other one is before it".to_owned(),
        1 => "1 other one is before it".to_owned(),
        more => format!("{more} others are before it"),
    });
    let why: Vec<String> = paused.into_iter().chain(before).collect();
    if why.is_empty() {
        "the deployment waits in the queue".to_owned()
    } else {
        format!("the deployment waits in the queue: {}", why.join("; "))
    }
}
