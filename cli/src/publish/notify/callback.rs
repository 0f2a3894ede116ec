//! The answer to somebody who has asked for something: JSON to an address of theirs, signed as a webhook is.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;
use tokio::time::timeout;

use super::hook;
use super::webhook::{SIGNATURE, TIMESTAMP, signature};
use crate::base::env::Env;
use crate::base::http::{HeaderValue, Http, Limits, Url};
use crate::base::secret::Secret;

/// The time limit of one try.
const TRY: Duration = Duration::from_secs(5);

/// The time limit of all tries.
const PATIENCE: Duration = Duration::from_secs(15);

/// The most bytes of what comes back, which nobody reads.
const READ: usize = 64 << 10;

/// Sends a signed answer. Fails with the reason in words, without the address.
pub async fn send_signed(url: &Url, key: &Secret, body: &Value, env: &Env) -> Result<(), String> {
    let mut request = hook::request_to(url.as_str(), body).ok_or("its address is none that may be asked")?;
    let seconds = env.clock().time().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let text = |text: String| HeaderValue::from_str(&text).map_err(|_| "a header can't be sent".to_owned());
    request.headers.insert(TIMESTAMP, text(seconds.to_string())?);
    request.headers.insert(SIGNATURE, text(signature(key.expose(), &request.body))?);
    let limits = Limits { try_time: TRY, tries: 1, body: READ, ..Limits::default() };
    let http = Http::new(env, limits).map_err(|error| error.to_string())?;
    let sent = timeout(PATIENCE, hook::deliver(&http, &request)).await;
    sent.unwrap_or_else(|_| Err(format!("it did not answer within {} s", PATIENCE.as_secs())))
}
