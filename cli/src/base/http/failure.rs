//! Why there is no answer, in words that hold no more of an address than its host.

use std::error::Error as _;
use std::time::Duration;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It took too long.
    #[error("{host} did not answer within {after:?}")]
    TimedOut {
        /// Who was asked.
        host: String,
        /// How long we waited.
        after: Duration,
    },
    /// There was no connection, so the request was not sent.
    #[error("{host} can't be reached: {why}")]
    Unreachable {
        /// Who was asked.
        host: String,
        /// What the system says.
        why: String,
    },
    /// The connection broke.
    #[error("the connection to {host} broke: {why}")]
    Broken {
        /// Who was asked.
        host: String,
        /// What the system says.
        why: String,
    },
    /// The server could not prove who it is.
    #[error("the certificate of {host} is not trusted: {why}")]
    Untrusted {
        /// Who was asked.
        host: String,
        /// What is wrong with it.
        why: String,
    },
    /// The answer leads elsewhere.
    #[error("{host} redirects to {to}, where credentials don't follow")]
    Redirected {
        /// Who was asked.
        host: String,
        /// Where it leads.
        to: String,
    },
    /// The answer is too big to be one.
    #[error("{host} answered with more than {limit} bytes")]
    TooBig {
        /// Who was asked.
        host: String,
        /// The limit.
        limit: usize,
    },
}

impl Failure {
    /// Tells the client's errors apart.
    pub(super) fn from_error(host: String, error: &reqwest::Error) -> Self {
        let why = innermost(error);
        match certificate_error(error) {
            Some(why) => Self::Untrusted { host, why },
            None if error.is_connect() => Self::Unreachable { host, why },
            None => Self::Broken { host, why },
        }
    }

    /// Whether a further try can help; a request that is not `repeatable` must not have been sent.
    pub(super) fn may_pass(&self, repeatable: bool) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::TimedOut { .. } | Self::Broken { .. } => repeatable,
            Self::Untrusted { .. } | Self::Redirected { .. } | Self::TooBig { .. } => false,
        }
    }

    /// The way out.
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

/// What lies at the bottom of the error: the layers above only say that a request failed, and can name its address.
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
        // An `io::Error` hides what it wraps from `source`.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        layer = wrapped.map(|error| error as &(dyn std::error::Error + 'static)).or_else(|| error.source());
    }
    None
}
