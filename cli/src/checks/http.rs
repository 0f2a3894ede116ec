//! One try of an HTTP check: the request, and what is wrong with its answer.

use std::time::Duration;

use humantime::format_duration;
use tokio::time::Instant;

use super::settings::{HttpCheck, StatusRange, TRY_TIME};
use super::tries::{Tried, no_time_left};
use crate::base::day::Day;
use crate::base::env::Env;
use crate::base::error::Problem;
use crate::base::http::{Http, NoAnswer, Probe, Probed, Url};
use crate::report::{CheckOutcome, shortened};

/// The bytes of an answer that are searched.
const BODY: usize = 1 << 20;

/// The characters of a text of the settings that a message shows.
const SHOWN: usize = 60;

/// Asks once, within the time that is left for all checks.
pub async fn ask(check: &HttpCheck, url: &Url, http: &Http, env: &Env, left: Duration) -> Tried {
    let limit = check.within.map_or(TRY_TIME, |within| within.max(TRY_TIME));
    let headers = check.headers.iter().filter_map(|(name, text)| Some((name.clone(), text.value(env)?)));
    let probe = Probe {
        method: check.method.clone(),
        url: url.clone(),
        headers: headers.collect(),
        within: limit.min(left),
        body: BODY,
    };
    let begun = Instant::now();
    let answer = http.probe(&probe, &|status| wants(check, status)).await;
    let took = begun.elapsed();
    match answer {
        Ok(probed) => judge(check, &probed, took, Day::from_unix(env.clock().now())),
        Err(why) => no_answer(&why, left <= limit),
    }
}

/// A try without an answer. One that was `cut` by the time that was left for all checks is not known.
fn no_answer(why: &NoAnswer, cut: bool) -> Tried {
    if cut && matches!(why, NoAnswer::Slow(_)) {
        return no_time_left();
    }
    let outcome = if why.is_of_the_server() { CheckOutcome::Failed } else { CheckOutcome::Inconclusive };
    Tried::without_answer(outcome, why.to_string(), why.hint())
}

fn wants(check: &HttpCheck, status: u16) -> bool {
    check.status.iter().any(|range| range.holds(status))
}

/// What is wrong with an answer, if anything is.
fn judge(check: &HttpCheck, probed: &Probed, took: Duration, today: Day) -> Tried {
    let certificate_days = probed.certificate.map(|day| day.since(today));
    let fault = wrong_status(check, probed)
        .or_else(|| wrong_content(check, probed))
        .or_else(|| too_slow(check, took))
        .or_else(|| wrong_certificate(check, probed, certificate_days));
    let (outcome, problem) =
        fault.map_or((CheckOutcome::Passed, None), |(outcome, problem)| (outcome, Some(problem)));
    Tried { outcome, problem, status: Some(i32::from(probed.status)), took: Some(took), certificate_days }
}

type Fault = Option<(CheckOutcome, Problem)>;

#[expect(clippy::unnecessary_wraps, reason = "the form of an answer that may have a fault")]
fn failed(what: impl Into<String>, hint: impl Into<String>) -> Fault {
    Some((CheckOutcome::Failed, Problem::new(what, hint)))
}

#[expect(clippy::unnecessary_wraps, reason = "the form of an answer that may have a fault")]
fn unclear(what: impl Into<String>, hint: impl Into<String>) -> Fault {
    Some((CheckOutcome::Inconclusive, Problem::new(what, hint)))
}

fn wrong_status(check: &HttpCheck, probed: &Probed) -> Fault {
    if wants(check, probed.status) {
        return None;
    }
    if probed.status == 407 {
        return unclear(
            "the proxy wants to know who asks (status 407)",
            "check `HTTPS_PROXY` and its password",
        );
    }
    let wanted: Vec<String> = check.status.iter().map(StatusRange::to_string).collect();
    failed(
        format!("status {}, and {} was wanted", probed.status, wanted.join(" or ")),
        "see its own log for why it answers so; `status` says which answers are good",
    )
}

fn wrong_content(check: &HttpCheck, probed: &Probed) -> Fault {
    let body = probed.body.expose();
    let missing = check.contains.iter().find(|text| !body.contains(text.as_str()));
    let there = check.not_contains.iter().find(|text| body.contains(text.as_str()));
    let smaller = "ask for a smaller page, or let a command look";
    match (missing, there) {
        (Some(text), _) if probed.whole => failed(
            format!("the answer does not contain `{}`", shown(text)),
            "look at what it answers; `contains` is compared letter by letter",
        ),
        (_, Some(text)) => {
            failed(format!("the answer contains `{}`", shown(text)), "look at what it answers")
        }
        (Some(text), None) => unclear(
            format!(
                "the first MiB of the answer does not contain `{}`, and there is more of it",
                shown(text)
            ),
            smaller,
        ),
        (None, None) if !(probed.whole || check.not_contains.is_empty()) => unclear(
            "the answer is longer than a MiB, so that it is not known what it does not contain",
            smaller,
        ),
        (None, None) => None,
    }
}

fn too_slow(check: &HttpCheck, took: Duration) -> Fault {
    let within = check.within.filter(|within| took > *within)?;
    let took = Duration::from_millis(super::tries::milliseconds(took));
    failed(
        format!("it took {}, and at most {} were wanted", format_duration(took), format_duration(within)),
        "see its own log for what takes so long; the way from the job to it counts as well",
    )
}

fn wrong_certificate(check: &HttpCheck, probed: &Probed, days: Option<i64>) -> Fault {
    let wanted = i64::from(check.tls_days?);
    match days {
        _ if !probed.encrypted => failed(
            "the connection is not encrypted, so there is no certificate",
            "let the output hold an address with `https`, or leave `tls-days` out",
        ),
        None => unclear("the certificate could not be read", "look at it with another program"),
        Some(days) if days < wanted => failed(
            format!("the certificate is valid for {days} more days, and {wanted} were wanted"),
            "renew the certificate",
        ),
        Some(_) => None,
    }
}

fn shown(text: &str) -> String {
    shortened(text, SHOWN).replace('`', "'")
}

#[cfg(test)]
mod tests;
