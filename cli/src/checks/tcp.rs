//! One try of a TCP check: whether a connection is accepted. It goes to the host itself, by no proxy.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};

use super::settings::{TRY_TIME, TcpCheck};
use super::tries::{Tried, no_time_left};
use crate::base::http::NoAnswer;
use crate::report::CheckOutcome;

/// Connects once, within the time that is left for all checks.
pub async fn connect(check: &TcpCheck, host: &str, port: u16, left: Duration) -> Tried {
    let limit = check.within.unwrap_or(TRY_TIME);
    let begun = Instant::now();
    match timeout(limit.min(left), open(host, port)).await {
        Ok(Ok(())) => Tried::passed(begun.elapsed()),
        Ok(Err(why)) => {
            let outcome =
                if why.is_of_the_server() { CheckOutcome::Failed } else { CheckOutcome::Inconclusive };
            Tried::without_answer(outcome, why.to_string(), why.hint())
        }
        Err(_) if left <= limit => no_time_left(),
        // Somebody who set a limit wants to hear of it.
        Err(_) if check.within.is_some() => {
            let why = format!("there was no connection within {}", humantime::format_duration(limit));
            Tried::without_answer(CheckOutcome::Failed, why, NoAnswer::NoWay("").hint())
        }
        Err(_) => {
            let why = NoAnswer::NoWay("nothing answers");
            Tried::without_answer(CheckOutcome::Inconclusive, why.to_string(), why.hint())
        }
    }
}

/// Tries the addresses of the host one after the other.
async fn open(host: &str, port: u16) -> Result<(), NoAnswer> {
    let addresses = lookup_host((host, port)).await.map_err(|_| NoAnswer::NoName)?;
    let mut why = NoAnswer::NoName;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(_) => return Ok(()),
            Err(error) => {
                let next = reason(error.kind());
                // An address that refuses says more than one that this machine has no way to.
                if !why.is_of_the_server() {
                    why = next;
                }
            }
        }
    }
    Err(why)
}

fn reason(kind: ErrorKind) -> NoAnswer {
    match kind {
        ErrorKind::ConnectionRefused => NoAnswer::Refused,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => NoAnswer::Closed,
        ErrorKind::PermissionDenied => NoAnswer::NoWay("this machine does not allow it"),
        ErrorKind::TimedOut => NoAnswer::NoWay("nothing answers"),
        _ => NoAnswer::NoWay("there is no way to the host"),
    }
}
