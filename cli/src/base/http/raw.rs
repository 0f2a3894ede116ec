//! A request that another library has made and signed, sent as it is.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Url;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use tokio::time::{sleep, timeout};

pub use reqwest::StatusCode;

use super::{Failure, Http, Method, host, retry_after};
use crate::base::retry::Retries;

/// A request of another library, whose headers can hold credentials.
#[derive(Clone)]
pub struct RawRequest {
    /// The method.
    pub method: Method,
    /// The address, which can hold credentials.
    pub url: Url,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// The answer as it came.
pub struct RawAnswer {
    /// The status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl RawAnswer {
    /// Whether the server may answer differently in a moment.
    fn is_temporary(&self) -> bool {
        self.status.is_server_error() && self.status != StatusCode::NOT_IMPLEMENTED
            || matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
    }
}

impl Http {
    /// Sends the request, several times if that may help: it has to be one that does no more when it is sent twice. An
    /// answer with any status is a success. No redirect is followed.
    pub async fn send_raw(&self, request: &RawRequest) -> Result<RawAnswer, Failure> {
        let limits = self.limits;
        let mut retries = Retries::new(limits.tries, limits.pause, limits.longest_pause);
        loop {
            let outcome = timeout(limits.try_time, self.exchange_raw(request)).await.unwrap_or_else(|_| {
                Err(Failure::TimedOut { host: host(&request.url), after: limits.try_time })
            });
            let (again, wait) = match &outcome {
                Ok(answer) => (answer.is_temporary(), pause(answer).unwrap_or(retries.pause())),
                Err(failure) => (failure.may_pass(true), retries.pause()),
            };
            let Some(wait) = again.then(|| retries.next(wait)).flatten() else { return outcome };
            sleep(wait).await;
        }
    }

    async fn exchange_raw(&self, request: &RawRequest) -> Result<RawAnswer, Failure> {
        let failed = |error: &reqwest::Error| Failure::from_error(host(&request.url), error);
        let sent = self
            .client
            .request(request.method.clone(), request.url.clone())
            .headers(request.headers.clone())
            .body(request.body.clone())
            .send();
        let mut response = sent.await.map_err(|error| failed(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
            if body.len() + chunk.len() > self.limits.body {
                return Err(Failure::TooBig { host: host(&request.url), limit: self.limits.body });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(RawAnswer { status, headers, body: body.into() })
    }
}

fn pause(answer: &RawAnswer) -> Option<Duration> {
    answer.headers.contains_key(RETRY_AFTER).then(|| retry_after(&answer.headers)).flatten()
}
