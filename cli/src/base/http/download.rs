//! A body that is too big for memory: read chunk by chunk, and resumed at the byte where it was cut off.
//!
//! Unlike an answer of an API, a file may be elsewhere: a redirect to another host is followed, without the
//! credentials. The file is checked by its hash, so it does not matter who sends it.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::Response;
use reqwest::header::{
    CONTENT_LENGTH, CONTENT_RANGE, DATE, ETAG, HeaderMap, HeaderName, IF_RANGE, LAST_MODIFIED, LOCATION,
    RANGE,
};
use tokio::time::timeout;

use reqwest::Url;

use super::{Failure, Http, REDIRECTS, Request, host, retry_after};

/// The place from which to resume a download.
#[derive(Debug, Clone, Copy)]
pub struct From<'a> {
    /// The first byte that is missing.
    pub byte: u64,
    /// The validator that tells whether the file is still the same: an `ETag`, or the time of its last change.
    pub validator: &'a str,
}

/// A download that has begun.
#[derive(Debug)]
pub struct Download {
    /// The status.
    pub status: u16,
    /// The byte of the file that comes first.
    pub first: u64,
    /// The length of the whole file, if the server tells it.
    pub total: Option<u64>,
    /// The validator by which the download can be resumed.
    pub validator: Option<String>,
    /// The pause that the server asks for.
    pub retry_after: Option<Duration>,
    /// The server's clock.
    pub date: Option<SystemTime>,
    host: String,
    response: Response,
}

impl Http {
    /// Begins a download; `within` is the time that the server has to begin.
    pub async fn open(
        &self,
        request: &Request,
        from: Option<From<'_>>,
        within: Duration,
    ) -> Result<Download, Failure> {
        timeout(within, self.follow(request, from))
            .await
            .unwrap_or_else(|_| Err(Failure::TimedOut { host: host(&request.url), after: within }))
    }

    async fn follow(&self, request: &Request, from: Option<From<'_>>) -> Result<Download, Failure> {
        let mut url = request.url.clone();
        let without = Request::get(url.clone());
        for _ in 0..=REDIRECTS {
            let own = if url.origin() == request.url.origin() { request } else { &without };
            let mut builder = self.prepared(own, url.clone(), "*/*");
            if let Some(from) = from {
                builder =
                    builder.header(RANGE, format!("bytes={}-", from.byte)).header(IF_RANGE, from.validator);
            }
            let response = builder.send().await.map_err(|error| Failure::from_error(host(&url), &error))?;
            match text(response.headers(), &LOCATION) {
                Some(location) if response.status().is_redirection() => {
                    url = without.redirected(&url, location)?;
                }
                _ => return Ok(Download::new(&url, response)),
            }
        }
        Err(Failure::Redirected { host: host(&request.url), to: "one address after the other".to_owned() })
    }
}

impl Download {
    fn new(url: &Url, response: Response) -> Self {
        let headers = response.headers();
        let length = text(headers, &CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        let range = text(headers, &CONTENT_RANGE).and_then(content_range);
        let (first, total) = match (response.status().as_u16(), range) {
            (206, Some(range)) => range,
            _ => (0, length),
        };
        // A weak validator does not guarantee each byte: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5
        let validator = text(headers, &ETAG)
            .filter(|tag| !tag.starts_with("W/"))
            .or_else(|| text(headers, &LAST_MODIFIED))
            .map(str::to_owned);
        Self {
            status: response.status().as_u16(),
            first,
            total,
            validator,
            retry_after: retry_after(headers),
            date: text(headers, &DATE).and_then(|date| httpdate::parse_http_date(date).ok()),
            host: host(url),
            response,
        }
    }

    /// The next bytes; none at the end. `within` is the longest silence of the server.
    pub async fn chunk(&mut self, within: Duration) -> Result<Option<Bytes>, Failure> {
        match timeout(within, self.response.chunk()).await {
            Ok(chunk) => chunk.map_err(|error| Failure::from_error(self.host.clone(), &error)),
            Err(_) => Err(Failure::TimedOut { host: self.host.clone(), after: within }),
        }
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The first byte and the whole length of `bytes 5-99/100`.
fn content_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    Some((range.split_once('-')?.0.parse().ok()?, total.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_is_read() {
        assert_eq!(content_range("bytes 5-99/100"), Some((5, Some(100))));
        assert_eq!(content_range("bytes 5-99/*"), Some((5, None)));
        assert_eq!(content_range("bytes */100"), None);
    }
}
