//! The way of a bucket's requests: they go by our own HTTP client, with its proxies, certificate authorities, limits and
//! retries. A refusal becomes an error with the server's code and words, and without its address.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
    HttpService,
};

use crate::base::env::Env;
use crate::base::error::Problem;
use crate::base::http::{Failure, Http, Limits, RawAnswer, RawRequest, StatusCode, Url, host};

/// The most characters of a server's words that are shown.
const WORDS: usize = 300;

/// The hosts that give a machine or a container its own credentials. Where there is none, nothing answers.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html>,
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>,
/// <https://cloud.google.com/compute/docs/metadata/querying-metadata>
const NEARBY: [&str; 6] = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "[fd00:ec2::254]",
    "[fd00:ec2::23]",
    "metadata.google.internal",
];

/// The limits of a request to one of them.
const NEARBY_LIMITS: Limits = Limits {
    try_time: Duration::from_secs(3),
    tries: 2,
    pause: Duration::from_millis(200),
    longest_pause: Duration::from_secs(2),
    body: 1 << 20,
};

/// The limits of any other request: few tries, as a deployment waits for it. Whole states are read, which can be large.
const LIMITS: Limits = Limits {
    try_time: Duration::from_secs(30),
    tries: 3,
    pause: Duration::from_millis(500),
    longest_pause: Duration::from_secs(10),
    body: 256 << 20,
};

/// Carries the requests of a bucket.
#[derive(Debug, Clone)]
pub(super) struct Courier {
    http: Arc<Http>,
    /// For [`NEARBY`] hosts, to which no proxy leads.
    nearby: Arc<Http>,
}

/// A request that was not answered, or was refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Undelivered {
    /// There is no answer.
    #[error("{0}")]
    Unanswered(Failure),
    /// The server refused.
    #[error("{host} answered with status {status}")]
    Refused {
        /// The server's host.
        host: String,
        /// The status.
        status: u16,
        /// The server's code, such as `AccessDenied`. Empty if it gave none.
        code: String,
        /// The server's words. Empty if it gave none.
        words: String,
    },
}

impl Courier {
    pub fn new(env: &Env) -> Result<Self, Problem> {
        let unproxied = Env::from_pairs(env.cwd(), [("NO_PROXY", "*")]);
        let client =
            |env: &Env, limits| Http::new(env, limits).map(Arc::new).map_err(|error| Problem::from(&error));
        Ok(Self { http: client(env, LIMITS)?, nearby: client(&unproxied, NEARBY_LIMITS)? })
    }

    /// Sends a request of ours by the same way.
    pub async fn send(&self, request: &RawRequest) -> Result<RawAnswer, Undelivered> {
        let is_nearby = request.url.host_str().is_some_and(|host| NEARBY.contains(&host));
        let http = if is_nearby { &self.nearby } else { &self.http };
        let answer = http.send_raw(request).await.map_err(Undelivered::Unanswered)?;
        let (code, words) = code_and_words(&answer.body);
        if may_be_passed_on(answer.status, &code) {
            return Ok(answer);
        }
        let (host, status) = (host(&request.url), answer.status.as_u16());
        Err(Undelivered::Refused { host, status, code, words })
    }
}

/// Whether the answer is one that the bucket's library reads: what was asked for, an object that is not there, one that
/// is there already. A bucket that is not there is not an object that is not there.
fn may_be_passed_on(status: StatusCode, code: &str) -> bool {
    match status {
        StatusCode::NOT_FOUND => !NO_BUCKET.contains(&code) && !code.contains("bucket does not exist"),
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED | StatusCode::NOT_MODIFIED => true,
        _ => status.is_success(),
    }
}

/// The codes for a bucket that is not there, at Amazon and Google, at Microsoft, and of an account.
const NO_BUCKET: [&str; 3] = ["NoSuchBucket", "ContainerNotFound", "ResourceNotFound"];

/// The server's code and message: `<Code>` and `<Message>` of S3, Azure and Google's XML, or an `error` of JSON.
fn code_and_words(body: &Bytes) -> (String, String) {
    let text = String::from_utf8_lossy(body.get(..body.len().min(4096)).unwrap_or_default());
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(&text) {
        let at = |pointers: &[&str]| {
            let found = pointers.iter().find_map(|pointer| json.pointer(pointer)?.as_str());
            shown(found.unwrap_or_default())
        };
        return (
            at(&["/error/status", "/error/code", "/error", "/Code"]),
            at(&["/error/message", "/error_description", "/message", "/Message"]),
        );
    }
    let element = |name: &str| {
        let begins = text.find(&format!("<{name}>"))? + name.len() + 2;
        let ends = text.get(begins..)?.find("</")? + begins;
        Some(shown(text.get(begins..ends)?))
    };
    (element("Code").unwrap_or_default(), element("Message").unwrap_or_default())
}

/// The first line of a server's words, cut to a length, and nothing that can drive a terminal.
fn shown(words: &str) -> String {
    let line = words.trim().lines().next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(WORDS).collect()
}

impl HttpConnector for Courier {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

/// Written without the macro of the trait, as the crate of the macro is not ours.
impl HttpService for Courier {
    fn call<'s, 'f>(
        &'s self,
        request: HttpRequest,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let unreadable = |_| HttpError::new(HttpErrorKind::Unknown, Unaddressed);
            let url = Url::parse(&parts.uri.to_string()).map_err(unreadable)?;
            let body = whole(body).await?;
            let request = RawRequest { method: parts.method, url, headers: parts.headers, body };
            let answer = self
                .send(&request)
                .await
                // Never one that is sent again: that has been done already.
                .map_err(|undelivered| HttpError::new(HttpErrorKind::Unknown, undelivered))?;
            let mut response = HttpResponse::new(HttpResponseBody::from(answer.body));
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            Ok(response)
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the address of the request can't be read")]
struct Unaddressed;

/// The bytes of a request's body.
async fn whole(body: object_store::client::HttpRequestBody) -> Result<Bytes, HttpError> {
    if let Some(bytes) = body.as_bytes() {
        return Ok(bytes.clone());
    }
    HttpResponseBody::new(body).bytes().await
}

impl Undelivered {
    /// The cause of a library's error, if it is one of these.
    pub fn within<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e Self> {
        let mut layer = Some(error);
        while let Some(error) = layer {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            layer = error.source();
        }
        None
    }

    /// The status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::Unanswered(_) => None,
        }
    }

    /// Whether the bucket lies in another region than the one that was asked.
    pub fn is_elsewhere(&self) -> bool {
        const CODES: [&str; 3] =
            ["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"];
        match self {
            Self::Refused { status, code, .. } => {
                matches!(status, 301 | 302 | 307 | 308) || CODES.contains(&code.as_str())
            }
            Self::Unanswered(_) => false,
        }
    }

    /// What is wrong, with the hint for an answer that did not come.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Unanswered(failure) => Problem::new(failure.to_string(), failure.hint()),
            Self::Refused { host, status, code, words } => {
                let code = if code.is_empty() { String::new() } else { format!(" ({code})") };
                let words = if words.is_empty() { String::new() } else { format!(": {words}") };
                Problem::without_hint(format!("{host} answered with status {status}{code}{words}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_s_code_and_words_are_read_from_xml_and_json() {
        for (body, code, words) in [
            (
                "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
                "AccessDenied",
                "Access Denied",
            ),
            (
                "\u{feff}<?xml?><Error><Code>AuthenticationFailed</Code><Message>Server failed.\nRequestId:1</Message>",
                "AuthenticationFailed",
                "Server failed.",
            ),
            (r#"{"error":{"status":"UNAUTHENTICATED","message":"no"}}"#, "UNAUTHENTICATED", "no"),
            (r#"{"error":"invalid_grant","error_description":"expired"}"#, "invalid_grant", "expired"),
            ("<html>", "", ""),
            ("", "", ""),
        ] {
            let read = code_and_words(&Bytes::copy_from_slice(body.as_bytes()));
            assert_eq!(read, (code.to_owned(), words.to_owned()), "{body}");
        }
    }

    #[test]
    fn a_bucket_that_is_not_there_is_not_an_object_that_is_not_there() {
        assert!(may_be_passed_on(StatusCode::NOT_FOUND, "NoSuchKey"));
        assert!(may_be_passed_on(StatusCode::NOT_FOUND, "BlobNotFound"));
        assert!(!may_be_passed_on(StatusCode::NOT_FOUND, "NoSuchBucket"));
        assert!(!may_be_passed_on(StatusCode::NOT_FOUND, "ContainerNotFound"));
        assert!(!may_be_passed_on(StatusCode::FORBIDDEN, "AccessDenied"));
    }
}
