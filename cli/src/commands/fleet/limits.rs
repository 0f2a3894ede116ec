//! How many stacks are at work at a time, how long a fleet will take, and which credentials end before.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::arranged::is_ordered;
use super::ask::FleetAsk;
use crate::admit::sign_in::claims::Claims;
use crate::base::env::Env;
use crate::base::moment::Moment;
use crate::base::secret::Secret;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::fleet::order::StackOrder;
use crate::fleet::schedule::{FleetLimits, FleetSchedule, makespan};
use crate::fleet::settings::FleetSettings;
use crate::inputs::Command;
use crate::process::memory::Mebibytes;

/// The memory that a further stack needs, unless the section says it: an engine, a language host and a provider.
const MEMORY: u32 = 512;

/// The number of stacks at a time.
pub(super) fn parallel_of(ask: &FleetAsk, limits: &FleetSettings) -> usize {
    let asked = ask.parallel.or(limits.parallel).and_then(|stacks| usize::try_from(stacks).ok());
    asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// The free memory that a further stack needs.
pub(super) fn memory_of(limits: &FleetSettings) -> Mebibytes {
    Mebibytes(u64::from(limits.memory.unwrap_or(MEMORY)))
}

/// The limits of the schedule. Where there are waves, a failure keeps the next one back unless the section says otherwise.
fn limits_of(limits: &FleetSettings, waves: &[usize], parallel: usize) -> FleetLimits {
    let has_waves = waves.iter().collect::<BTreeSet<_>>().len() > 1;
    let failures = limits.max_failures.or(has_waves.then_some(0));
    FleetLimits {
        parallel,
        max_failures: failures.and_then(|failures| usize::try_from(failures).ok()),
        max_changes: limits.max_changes.map(u64::from),
        max_deletes: limits.max_deletes.map(u64::from),
    }
}

/// The schedule of the work: in its order and waves, if the command changes what others build on.
pub(super) fn schedule_of(
    command: Command,
    (order, waves): (StackOrder, Vec<usize>),
    seconds: &[f64],
    limits: &FleetSettings,
    parallel: usize,
) -> FleetSchedule {
    if is_ordered(command) {
        let limits = limits_of(limits, &waves, parallel);
        FleetSchedule::new(order, waves, seconds, limits)
    } else {
        FleetSchedule::of_a_look(order.len(), seconds, parallel)
    }
}

/// The time that a fleet is expected to take, by a simulated clock.
pub(super) fn estimate(order: &StackOrder, seconds: &[f64], parallel: usize) -> Duration {
    Duration::from_secs_f64(makespan(order, seconds, parallel).clamp(0.0, 1e9))
}

/// A credential of the job that ends, and nobody renews.
#[derive(Debug, PartialEq, Eq)]
struct EndingCredential {
    name: &'static str,
    ends: u64,
    way_out: &'static str,
}

/// Warns of credentials that end before the fleet is expected to. The access token of Pulumi Cloud is none of them where the CI
/// system hands out identity tokens on request: each stack's run has one of its own.
pub(super) fn tell_ends_of_credentials(env: &Env, expected: Duration, console: &Console) {
    let now = env.clock().now();
    for credential in credentials(env) {
        let left = Duration::from_secs(credential.ends.saturating_sub(now));
        if left < expected {
            console.annotate(
                Level::Warning,
                "stackstep",
                &format!(
                    "`{}` ends in {}, and the fleet is expected to take {}: {}",
                    credential.name,
                    about(left),
                    about(expected),
                    credential.way_out
                ),
            );
        }
    }
}

/// The credentials in the environment that tell their end: identity tokens that lie in a variable, whose end stands in their
/// claims (<https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4>), and AWS credentials with the time beside them
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html> names it `Expiration`; tools export it as
/// `AWS_CREDENTIAL_EXPIRATION`).
fn credentials(env: &Env) -> Vec<EndingCredential> {
    let mut found = Vec::new();
    for name in ["PULUMI_ID_TOKEN", "PULUMI_OIDC_TOKEN", "ID_TOKEN", "AWS_WEB_IDENTITY_TOKEN"] {
        let ends = env.get(name).and_then(|token| Claims::from_token(&Secret::new(token)).expires);
        found.extend(ends.map(|ends| EndingCredential {
            name,
            ends: unix(ends),
            way_out: "let it live longer, make it in this job, or deploy fewer stacks in a job",
        }));
    }
    for name in ["AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION"] {
        let ends = env.get(name).and_then(Moment::parse);
        found.extend(ends.map(|ends| EndingCredential {
            name,
            ends: ends.unix(),
            way_out: "let the role's session last longer (`role-duration-seconds`), or deploy fewer stacks in a job",
        }));
    }
    found
}

fn unix(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The longest time for which a fleet's estimate is told in seconds.
const SHORT: Duration = Duration::from_secs(120);

/// "90 s", "12 min".
fn about(time: Duration) -> String {
    if time <= SHORT {
        format!("{} s", time.as_secs())
    } else {
        format!("{} min", time.as_secs().div_ceil(60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::order::OrderSource;

    #[test]
    fn a_fleet_takes_as_long_as_its_longest_row() {
        let mut order = StackOrder::new(3);
        order.add(1, 0, OrderSource::State);
        assert_eq!(estimate(&order, &[10.0, 20.0, 5.0], 2), Duration::from_secs(30));
        assert_eq!(estimate(&order, &[10.0, 20.0, 5.0], 1), Duration::from_secs(35));
    }

    #[test]
    fn with_waves_a_failure_keeps_the_next_one_back() {
        let failures = |settings: &FleetSettings, waves: &[usize]| limits_of(settings, waves, 1).max_failures;
        let none = FleetSettings::default();
        assert_eq!([failures(&none, &[1, 1]), failures(&none, &[1, 2])], [None, Some(0)]);
        let two = FleetSettings { max_failures: Some(2), ..none };
        assert_eq!(failures(&two, &[1, 2]), Some(2));
    }

    #[test]
    fn credentials_that_tell_their_end_are_found() {
        let env = Env::from_pairs(
            ".",
            [("AWS_CREDENTIAL_EXPIRATION", "2026-11-30T15:00:00Z"), ("ID_TOKEN", "x.y.z")],
        );
        let ends: Vec<_> = credentials(&env).into_iter().map(|one| (one.name, one.ends)).collect();
        assert_eq!(ends, [("AWS_CREDENTIAL_EXPIRATION", 1_796_050_800)]);
    }
}
