//! All checks of a deployment within one deadline: the requests and connections at once, then the commands one after the
//! other. No result depends on another one.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use super::address::{KnownOutputs, NoAddress, joined};
use super::command::{CommandPlace, ReadyCommand};
use super::settings::{Check, CheckSubject, Checks, CommandCheck, Pace};
use super::tries::{Tried, stopped, try_until_known};
use super::{http, tcp};
use crate::base::env::Env;
use crate::base::http::{Http, Url};
use crate::process::signals::Signals;
use crate::report::{CheckOutcome, CheckResult};

/// One round of the checks.
pub struct CheckRound<'a> {
    checks: &'a Checks,
    http: &'a Http,
    env: &'a Env,
    signals: &'a Signals,
    until: Instant,
    /// Whether it is the one before the deployment.
    is_baseline: bool,
}

impl<'a> CheckRound<'a> {
    /// The round after a deployment, which begins now.
    pub fn after(checks: &'a Checks, http: &'a Http, env: &'a Env, signals: &'a Signals) -> Self {
        Self { checks, http, env, signals, until: Instant::now() + checks.timeout, is_baseline: false }
    }

    /// The round before a deployment, which begins now and takes this time at most.
    pub fn before(
        checks: &'a Checks,
        http: &'a Http,
        env: &'a Env,
        signals: &'a Signals,
        time: Duration,
    ) -> Self {
        let until = Instant::now() + time.min(checks.timeout);
        Self { checks, http, env, signals, until, is_baseline: true }
    }

    /// The time that is left for the checks.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Makes the checks of kind `http` and `tcp`, all at once. The results are in the order of the settings; there is
    /// none for the other kinds, and before the deployment none for an address that is not known yet.
    pub async fn probe(&self, outputs: KnownOutputs<'_>) -> Vec<Option<CheckResult>> {
        let wanted = |check: &Check| !self.is_baseline || check.baseline;
        let list = self.checks.list.iter();
        let one = |check: &'a Check| -> Waiting<'_, Option<CheckResult>> {
            Box::pin(async move {
                match &check.subject {
                    CheckSubject::Http(_) | CheckSubject::Tcp(_) if wanted(check) => {
                        self.probe_one(check, outputs).await
                    }
                    _ => None,
                }
            })
        };
        let made = together(list.clone().map(one).collect(), self.signals).await;
        let in_time = |(check, made): (&Check, Option<Option<CheckResult>>)| {
            made.unwrap_or_else(|| Some(unmade(check, stopped())))
        };
        list.zip(made).map(in_time).collect()
    }

    async fn probe_one(&self, check: &Check, outputs: KnownOutputs<'_>) -> Option<CheckResult> {
        let pace = if self.is_baseline { check.pace.at_once() } else { check.pace };
        let mut result = blank(check);
        match &check.subject {
            CheckSubject::Http(http) => match http.address.resolve(outputs) {
                Ok(url) => {
                    result.address = Some(without_query(&url));
                    let ask = async |left| http::ask(http, &url, self.http, self.env, left).await;
                    try_until_known(pace, self.until, self.signals, &mut result, ask).await;
                }
                Err(why) if !self.is_baseline => result = no_address(check, why),
                Err(_) => return None,
            },
            CheckSubject::Tcp(tcp) => match tcp.address.resolve(outputs) {
                Ok((host, port)) => {
                    result.address = Some(joined(&host, port));
                    let connect = async |left| tcp::connect(tcp, &host, port, left).await;
                    try_until_known(pace, self.until, self.signals, &mut result, connect).await;
                }
                Err(why) if !self.is_baseline => result = no_address(check, why),
                Err(_) => return None,
            },
            CheckSubject::Run(_) | CheckSubject::Preview => return None,
        }
        Some(result)
    }

    /// Makes a check of kind `run`.
    pub async fn command(
        &self,
        check: &Check,
        command: &CommandCheck,
        ready: &ReadyCommand,
        place: &CommandPlace<'_>,
        variables: &[(String, String)],
    ) -> CheckResult {
        let mut result = blank(check);
        if self.signals.first().is_some() {
            return unmade(check, stopped());
        }
        let run = async |left| place.run(&check.name, command, ready, variables, left).await;
        try_until_known(check.pace, self.until, self.signals, &mut result, run).await;
        result
    }
}

/// A check that was not made, with the reason as its only try.
pub fn unmade(check: &Check, why: Tried) -> CheckResult {
    let mut result = blank(check);
    result.outcome = why.outcome;
    (result.message, result.hint) =
        why.problem.map_or((None, None), |problem| (Some(problem.what), problem.hint));
    result
}

fn no_address(check: &Check, why: NoAddress) -> CheckResult {
    let hint = why.problem.hint.unwrap_or_default();
    unmade(check, Tried::without_answer(why.outcome, why.problem.what, hint))
}

/// The result of a check of which nothing is known yet.
fn blank(check: &Check) -> CheckResult {
    let Pace { needed, of, .. } = check.pace;
    CheckResult {
        output: check.output().map(str::to_owned),
        needed,
        of,
        ..CheckResult::new(check.name.as_str(), check.kind(), CheckOutcome::Inconclusive)
    }
}

fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

/// A value that is still to come.
type Waiting<'f, T> = Pin<Box<dyn Future<Output = T> + 'f>>;

/// Waits for all of them at once, or for a signal: then those that have not come are none.
async fn together<T>(waiting: Vec<Waiting<'_, T>>, signals: &Signals) -> Vec<Option<T>> {
    let mut come: Vec<Option<T>> = waiting.iter().map(|_| None).collect();
    let mut waiting: Vec<Option<Waiting<'_, T>>> = waiting.into_iter().map(Some).collect();
    let all = poll_fn(|context| {
        for (slot, come) in waiting.iter_mut().zip(&mut come) {
            if let Some(Poll::Ready(value)) = slot.as_mut().map(|one| one.as_mut().poll(context)) {
                *come = Some(value);
                *slot = None;
            }
        }
        if waiting.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    });
    tokio::select! {
        () = all => {}
        _ = signals.cancelled() => {}
    }
    come
}
