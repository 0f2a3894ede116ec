//! The checks of a step that has no file for them: addresses, and what is wanted of all their answers.

use std::time::Duration;

use super::address::WebAddress;
use super::parse::http::parse_status;
use super::settings::{Check, CheckSubject, Checks, EVERY, HttpCheck, Pace, READY_WITHIN, StatusRange};
use crate::base::error::{Error, Result};
use crate::base::http::Method;

impl Checks {
    /// A check of each address, whose answer has to have one of these statuses (any success if there are none) and to
    /// contain this text. All of them have this time together.
    pub fn of_addresses(
        addresses: &[String],
        contains: Option<&str>,
        status: &[String],
        timeout: Option<Duration>,
    ) -> Result<Self> {
        let mut checks = Self::default();
        checks.timeout = timeout.unwrap_or(checks.timeout);
        if checks.timeout.is_zero() {
            return Err(Error::input(
                "`check-timeout` is no time at all",
                "write a longer one, such as `2m`",
            ));
        }
        let wanted = match status {
            [] => vec![StatusRange::SUCCESS],
            some => some.iter().map(|text| read_status(text)).collect::<Result<_>>()?,
        };
        for text in addresses {
            let address = WebAddress::parse(text, "").map_err(|problem| {
                // An address can hold a password.
                let what = format!("an address of `check-url` can't be used: {}", problem.what);
                Error::Input { what, hint: problem.hint }
            })?;
            let check = Check {
                name: address.name(),
                subject: CheckSubject::Http(Box::new(HttpCheck {
                    address,
                    method: Method::GET,
                    headers: Vec::new(),
                    status: wanted.clone(),
                    contains: contains.into_iter().map(str::to_owned).collect(),
                    not_contains: Vec::new(),
                    within: None,
                    tls_days: None,
                })),
                pace: Pace { needed: 1, of: 1, every: EVERY, ready_within: READY_WITHIN },
                baseline: true,
            };
            let _ = checks.add(check, false);
        }
        Ok(checks)
    }
}

fn read_status(text: &str) -> Result<StatusRange> {
    parse_status(text).ok_or_else(|| {
        Error::input(
            format!("`check-status` is `{text}`, which is not a status"),
            "write `200`, `2xx`, or several of them, as `200, 204`",
        )
    })
}
