//! One request, and the parts of HTTP that sending and downloading share.

use crate::base::error::Result;
use crate::base::http::failure::Failure;
use crate::base::secret::Secret;
use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Url};
use std::time::Duration;

/// A request.
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The address.
    pub url: Url,
    /// The value of the `Authorization` header.
    pub authorization: Option<Secret>,
    /// The body and its media type.
    pub body: Option<(&'static str, Secret)>,
    /// Whether sending it twice does no more than sending it once.
    pub repeatable: bool,
    /// More headers; none of them is secret.
    pub headers: Vec<(&'static str, &'static str)>,
    /// Whether the server counts requests: one that it refuses because there were too many was not carried out, and is
    /// sent again after the pause that it asks for. A refusal with a pause, or with no requests left, is one of these.
    pub metered: bool,
}

impl Request {
    /// A request that reads `url`.
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            authorization: None,
            body: None,
            repeatable: true,
            headers: Vec::new(),
            metered: false,
        }
    }

    /// A request that sends a JSON `body`. Only a `POST` is not repeatable.
    pub fn json(method: Method, url: Url, body: &serde_json::Value) -> Self {
        let repeatable = method != Method::POST;
        let body = Some(("application/json", Secret::new(body.to_string())));
        Self { method, body, repeatable, ..Self::get(url) }
    }

    /// A request that sends `fields` as a form.
    pub fn form(url: Url, fields: &[(&str, &str)]) -> Self {
        let mut scratch = url.clone();
        scratch.query_pairs_mut().clear().extend_pairs(fields);
        let body = Secret::new(scratch.query().unwrap_or_default());
        Self {
            method: Method::POST,
            body: Some(("application/x-www-form-urlencoded", body)),
            repeatable: false,
            ..Self::get(url)
        }
    }

    pub(super) fn carries_credentials(&self) -> bool {
        self.authorization.is_some() || self.body.is_some()
    }

    /// The address of a redirect to `location`, if it may be followed.
    pub(super) fn redirected(&self, from: &Url, location: &str) -> Result<Url, Failure> {
        let next = from.join(location).map_err(|_| Failure::Redirected {
            host: host(from),
            to: "an address that is none".to_owned(),
        })?;
        let safe = next.scheme() == from.scheme() || next.scheme() == "https";
        let stays = next.origin() == from.origin();
        if self.method == Method::GET && safe && (stays || !self.carries_credentials()) {
            Ok(next)
        } else {
            Err(Failure::Redirected { host: host(from), to: host(&next) })
        }
    }
}

/// The most redirects in a row that are followed.
pub(super) const REDIRECTS: usize = 5;

/// The host, with its port if that is not the scheme's own: the part of an address that a message may show.
pub fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or("an address without a host");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The pause that the server asks for: in seconds, or up to a date, which is compared with the server's own clock.
/// <https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let value = text(RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = httpdate::parse_http_date(text(DATE)?).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}
