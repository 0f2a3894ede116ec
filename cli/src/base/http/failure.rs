//! The reason why there is no answer, in words that show no more of an address than its host.

use std::error::Error as _;
use std::time::Duration;

/// The reason why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server took too long.
    #[error("{host} did not answer within {after:?}")]
    TimedOut {
        /// The host of the server.
        host: String,
        /// The time that we waited.
        after: Duration,
    },
    /// There was no connection, so the request was not sent.
    #[error("{host} can't be reached: {why}")]
    Unreachable {
        /// The host of the server.
        host: String,
        /// The system's message.
        why: String,
    },
    /// The connection broke.
    #[error("the connection to {host} broke: {why}")]
    Broken {
        /// The host of the server.
        host: String,
        /// The system's message.
        why: String,
    },
    /// The server's certificate is not trusted.
    #[error("the certificate of {host} is not trusted: {why}")]
    Untrusted {
        /// The host of the server.
        host: String,
        /// The fault of the certificate.
        why: String,
    },
    /// The answer redirects to another place, where credentials must not be sent.
    #[error("{host} redirects to {to}, where credentials don't follow")]
    Redirected {
        /// The host of the server.
        host: String,
        /// The host that it redirects to.
        to: String,
    },
    /// The answer has more bytes than an answer may have.
    #[error("{host} answered with more than {limit} bytes")]
    TooBig {
        /// The host of the server.
        host: String,
        /// The limit in bytes.
        limit: usize,
    },
}

impl Failure {
    /// The failure for an error of the HTTP client.
    pub(super) fn from_error(host: String, error: &reqwest::Error) -> Self {
        let why = innermost(error);
        match certificate_error(error) {
            Some(why) => Self::Untrusted { host, why },
            None if error.is_connect() => Self::Unreachable { host, why },
            None => Self::Broken { host, why },
        }
    }

    /// Whether another try can help. A request that is not `repeatable` must not have been sent.
    pub(super) fn may_pass(&self, repeatable: bool) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::TimedOut { .. } | Self::Broken { .. } => repeatable,
            Self::Untrusted { .. } | Self::Redirected { .. } | Self::TooBig { .. } => false,
        }
    }

    /// The hint: the way out.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TimedOut { .. } | Self::Unreachable { .. } | Self::Broken { .. } => {
                "check that the job may reach that host, and `HTTPS_PROXY` and `NO_PROXY` if there is a proxy; then \
                 run the job again"
            }
            Self::Untrusted { .. } => {
                "if a proxy of the company signs its traffic anew, name the file with its certificate authority in \
                 `SSL_CERT_FILE`"
            }
            Self::Redirected { .. } => "set the address that it leads to, if it is the right one",
            Self::TooBig { .. } => "check the address: what answers there is something else",
        }
    }
}

/// The innermost cause of the error: the layers above only say that a request failed, and can show its address.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    let mut innermost = None;
    let mut source = error.source();
    while let Some(error) = source {
        innermost = Some(error);
        source = error.source();
    }
    innermost.map_or_else(|| "the request could not be made".to_owned(), ToString::to_string)
}

fn certificate_error(error: &reqwest::Error) -> Option<String> {
    let mut layer: Option<&(dyn std::error::Error + 'static)> = error.source();
    while let Some(error) = layer {
        if let Some(rustls::Error::InvalidCertificate(why)) = error.downcast_ref() {
            return Some(why.to_string());
        }
        // `source` of an `io::Error` skips the error that it wraps.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        layer = wrapped.map(|error| error as &(dyn std::error::Error + 'static)).or_else(|| error.source());
    }
    None
}
