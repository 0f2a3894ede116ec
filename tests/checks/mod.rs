//! The checks after a deployment, against servers and programs on this machine.

mod binary;
#[cfg(unix)]
mod commands;
mod probes;
mod tls;

use std::time::Duration;

use stackstep::base::env::Env;
use stackstep::base::http::Http;
use stackstep::base::yaml;
use stackstep::checks::Checks;
use stackstep::checks::address::KnownOutputs;
use stackstep::checks::round::CheckRound;
use stackstep::process::signals::Signals;
use stackstep::report::{CheckOutcome, CheckResult};

pub const PASSED: CheckOutcome = CheckOutcome::Passed;
pub const FAILED: CheckOutcome = CheckOutcome::Failed;
pub const UNCLEAR: CheckOutcome = CheckOutcome::Inconclusive;

/// Checks as `stackstep.yaml` has them, each on a line of its own.
pub fn checks(list: &str) -> Checks {
    Checks::parse(&yaml::parse(list).unwrap(), "`stacks.dev` in `stackstep.yaml`").unwrap()
}

/// What comes of checks that are requests and connections, in their order.
pub async fn made(list: &str, variables: &[(&str, &str)]) -> Vec<CheckResult> {
    made_within(list, variables, Duration::from_secs(60), &Signals::none()).await
}

/// The same in this time, or until a signal.
pub async fn made_within(
    list: &str,
    variables: &[(&str, &str)],
    time: Duration,
    signals: &Signals,
) -> Vec<CheckResult> {
    let checks = Checks { timeout: time, ..checks(list) };
    let env = Env::from_pairs("/", variables.iter().copied());
    let http = Http::for_probes(&env).unwrap();
    let round = CheckRound::after(&checks, &http, &env, signals);
    round.probe(KnownOutputs::default()).await.into_iter().flatten().collect()
}

/// What comes of the only check.
pub async fn only(list: &str) -> CheckResult {
    made(list, &[]).await.remove(0)
}

/// All that a report says of a check, as text.
pub fn told(result: &CheckResult) -> String {
    serde_json::to_string(result).unwrap()
}
