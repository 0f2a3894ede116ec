//! One request to a server that is not ours, to see whether and how it answers: sent once, over a connection of its own.
//!
//! Redirects are followed on the same host only, and never from `https` to `http`: a page to sign in on another host
//! answers well whatever became of the server, and headers are meant for one host.

use std::error::Error as StdError;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue, LOCATION};
use reqwest::tls::TlsInfo;
use reqwest::{Response, Url};
use tokio::time::timeout;

use super::certificate::last_day;
use super::{Http, Method, REDIRECTS};
use crate::base::day::Day;
use crate::base::secret::Secret;

/// The time that a connection may take, encryption included.
pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// A request that is sent once.
#[derive(Debug)]
pub struct Probe {
    /// The method; none of them sends a body.
    pub method: Method,
    /// The address.
    pub url: Url,
    /// The headers. All of them may be secret.
    pub headers: Vec<(String, Secret)>,
    /// The time limit, from the first byte to the last.
    pub within: Duration,
    /// The bytes of the answer that are read; the rest is left.
    pub body: usize,
}

/// An answer.
#[derive(Debug)]
pub struct Probed {
    /// The status.
    pub status: u16,
    /// The beginning of the body.
    pub body: Secret,
    /// Whether that is all of it.
    pub whole: bool,
    /// The last day on which the server's certificate is valid; none without encryption.
    pub certificate: Option<Day>,
    /// Whether the connection is encrypted.
    pub encrypted: bool,
}

/// The reason why there is no answer. It holds nothing of the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The name of the host has no address, as far as this machine can tell.
    #[error("the name of the host does not resolve from here")]
    NoName,
    /// There is no way to the host from this machine, or to its proxy.
    #[error("there is no connection from here: {0}")]
    NoWay(&'static str),
    /// The host is there, and nothing listens at the port.
    #[error("the connection was refused")]
    Refused,
    /// The connection was closed before the answer was whole.
    #[error("the connection was closed before there was a whole answer")]
    Closed,
    /// The answer took too long.
    #[error("there was no whole answer within {}", humantime::format_duration(*.0))]
    Slow(Duration),
    /// The certificate is not good.
    #[error("the certificate {0}")]
    Certificate(&'static str),
    /// What answers does not speak TLS as it should.
    #[error("no encrypted connection could be made")]
    Tls,
    /// The answer leads to another host, or to an address that is not encrypted.
    #[error("it redirects to {0}")]
    Redirected(&'static str),
    /// A header can't be sent: the value of its variable has a line break in it.
    #[error("the value of the header `{0}` can't be sent")]
    Header(String),
}

impl NoAnswer {
    /// Whether it says something about the server. A host that can't be reached from here may well be there.
    pub fn is_of_the_server(&self) -> bool {
        !matches!(self, Self::NoName | Self::NoWay(_))
    }

    /// The way out.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoName => {
                "check the name; one of a private network resolves on a machine in that network only"
            }
            Self::NoWay(_) => {
                "run the job on a machine that can reach the host; with a proxy, check `HTTPS_PROXY` and `NO_PROXY`"
            }
            Self::Refused => "see whether it has started, and on which port it listens",
            Self::Closed => "see its own log: it may have crashed while it answered",
            Self::Slow(_) => "see its own log for what takes so long",
            Self::Certificate(_) => {
                "renew or correct the certificate; for an authority of the company name its file in `SSL_CERT_FILE`"
            }
            Self::Tls => "check that the port is one for `https`",
            Self::Redirected(_) => {
                "check the address that it leads to, or expect the redirect itself: `status: 302`"
            }
            Self::Header(_) => "check the value of the variable: it has to be one line",
        }
    }
}

impl Http {
    /// Sends the request once. `takes` says of which statuses an answer is wanted even if it is a redirect.
    pub async fn probe(&self, probe: &Probe, takes: &dyn Fn(u16) -> bool) -> Result<Probed, NoAnswer> {
        let exchange = self.probe_without_limit(probe, takes);
        timeout(probe.within, exchange).await.unwrap_or(Err(NoAnswer::Slow(probe.within)))
    }

    async fn probe_without_limit(
        &self,
        probe: &Probe,
        takes: &dyn Fn(u16) -> bool,
    ) -> Result<Probed, NoAnswer> {
        let mut url = probe.url.clone();
        for _ in 0..=REDIRECTS {
            let mut builder = self.client.request(probe.method.clone(), url.clone());
            for (name, value) in &probe.headers {
                let wrong = || NoAnswer::Header(name.clone());
                let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
                let mut value = HeaderValue::from_str(value.expose()).map_err(|_| wrong())?;
                value.set_sensitive(true);
                builder = builder.header(header, value);
            }
            let response = builder.send().await.map_err(|error| self.no_answer(&url, &error))?;
            let status = response.status();
            let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
            let reads = matches!(probe.method, Method::GET | Method::HEAD);
            match location {
                Some(location) if status.is_redirection() && reads && !takes(status.as_u16()) => {
                    url = next(&url, location)?;
                }
                _ => return self.read_probed(probe, &url, response).await,
            }
        }
        Err(NoAnswer::Redirected("one address after the other"))
    }

    async fn read_probed(
        &self,
        probe: &Probe,
        url: &Url,
        mut response: Response,
    ) -> Result<Probed, NoAnswer> {
        let status = response.status().as_u16();
        let certificate = response.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
        let certificate = certificate.and_then(last_day);
        let mut body = Vec::new();
        let mut whole = true;
        while let Some(chunk) = response.chunk().await.map_err(|error| self.no_answer(url, &error))? {
            let room = probe.body - body.len();
            body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if chunk.len() > room {
                whole = false;
                break;
            }
        }
        let body = Secret::new(String::from_utf8_lossy(&body));
        Ok(Probed { status, body, whole, certificate, encrypted: url.scheme() == "https" })
    }

    /// The reason, from an error of the client for this address.
    fn no_answer(&self, url: &Url, error: &reqwest::Error) -> NoAnswer {
        let layers = || Layers(Some(error));
        let rustls = layers().find_map(|layer| layer.downcast_ref::<rustls::Error>());
        if let Some(rustls) = rustls {
            return match rustls {
                rustls::Error::InvalidCertificate(why) => NoAnswer::Certificate(in_words(why)),
                _ => NoAnswer::Tls,
            };
        }
        let says = |words: &str| layers().any(|layer| layer.to_string().contains(words));
        let kind = layers()
            .filter_map(|layer| layer.downcast_ref::<std::io::Error>())
            .map(std::io::Error::kind)
            .last();
        if !error.is_connect() {
            return NoAnswer::Closed;
        }
        if error.is_timeout() {
            return NoAnswer::NoWay("nothing answers");
        }
        if says("dns error") {
            return if self.proxied {
                NoAnswer::NoWay("the proxy's name does not resolve")
            } else {
                NoAnswer::NoName
            };
        }
        if says("tunnel error") || says("socks connect error") || (self.proxied && !is_this_machine(url)) {
            return NoAnswer::NoWay("the proxy does not make it");
        }
        match kind {
            Some(ErrorKind::ConnectionRefused) => NoAnswer::Refused,
            Some(ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::UnexpectedEof) => {
                NoAnswer::Closed
            }
            Some(ErrorKind::TimedOut) => NoAnswer::NoWay("nothing answers"),
            Some(ErrorKind::PermissionDenied) => NoAnswer::NoWay("this machine does not allow it"),
            _ => NoAnswer::NoWay("there is no way to the host"),
        }
    }
}

/// The address of a redirect, if it may be followed.
fn next(from: &Url, location: &str) -> Result<Url, NoAnswer> {
    let next = from.join(location).map_err(|_| NoAnswer::Redirected("an address that is none"))?;
    if next.host_str() != from.host_str() || !matches!(next.scheme(), "http" | "https") {
        return Err(NoAnswer::Redirected("another host"));
    }
    let is_safer = from.scheme() == "http" && next.scheme() == "https";
    if next.origin() == from.origin() || is_safer {
        Ok(next)
    } else if next.scheme() == "http" && from.scheme() == "https" {
        Err(NoAnswer::Redirected("an address that is not encrypted"))
    } else {
        Err(NoAnswer::Redirected("another port"))
    }
}

/// Whether the address is one of this machine itself.
pub fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The fault of a certificate, without the names in it.
fn in_words(why: &rustls::CertificateError) -> &'static str {
    use rustls::CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext,
        Revoked, UnknownIssuer,
    };
    match why {
        Expired | ExpiredContext { .. } => "has expired",
        NotValidYet | NotValidYetContext { .. } => "is not valid yet",
        NotValidForName | NotValidForNameContext { .. } => "is for another name",
        UnknownIssuer => "is from an authority that is not trusted",
        Revoked => "was revoked",
        _ => "is not trusted",
    }
}

/// An error and its causes, those that an `io::Error` wraps included: its `source` skips the error that it wraps.
struct Layers<'a>(Option<&'a (dyn StdError + 'static)>);

impl<'a> Iterator for Layers<'a> {
    type Item = &'a (dyn StdError + 'static);

    fn next(&mut self) -> Option<Self::Item> {
        let layer = self.0?;
        let wrapped = layer.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        self.0 = wrapped.map(|error| error as &(dyn StdError + 'static)).or_else(|| layer.source());
        Some(layer)
    }
}
