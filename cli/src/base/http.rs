//! One small HTTP client: proxies and certificate authorities of the environment, bounded in time, tries and size.
//!
//! Certificates are checked against the machine's own store, because that is where companies put the authority that
//! re-signs their traffic, and because the engine trusts the same; roots compiled into the binary would refuse
//! both. `SSL_CERT_FILE` adds authorities on every system. On a machine without any store the engine could not
//! speak to a backend either.
//!
//! A request that carries credentials follows redirects within its own origin only. No error holds a header, a
//! body, or more of an address than its host.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LINK, LOCATION};
use reqwest::{Certificate, NoProxy, Proxy, Response, redirect};
use tokio::time::{sleep, timeout};

pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
pub use reqwest::{Method, Url};

use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::retry::Retries;
use crate::base::secret::Secret;

mod certificate;
mod download;
mod failure;
mod probe;
mod raw;
mod request;

pub use download::{Download, From};
pub use failure::Failure;
pub use probe::{NoAnswer, Probe, Probed, is_this_machine};
pub use raw::{RawAnswer, RawRequest, StatusCode};
use request::{REDIRECTS, retry_after};
pub use request::{Request, host};

/// The limits of a request.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The time limit of one try, from the first byte to the last.
    pub try_time: Duration,
    /// The most tries.
    pub tries: u32,
    /// The first pause between two tries; each further one is twice as long.
    pub pause: Duration,
    /// The longest pause that a server may ask for; if it asks for more, its answer is final.
    pub longest_pause: Duration,
    /// The most bytes of an answer.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            try_time: Duration::from_secs(10),
            tries: 3,
            pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
            body: 1 << 20,
        }
    }
}

/// The final answer of a server.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Secret,
    /// The address of a list's next page, from the `Link` header.
    pub next: Option<Url>,
    /// The pause that the server asks for.
    pub retry_after: Option<Duration>,
}

impl Answer {
    /// Whether the server may answer differently in a moment.
    fn is_temporary(&self) -> bool {
        self.status == 429 || self.status >= 500
    }

    /// Whether the server refused the request because there were too many, and has not carried it out.
    /// <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit>
    pub fn is_turned_away(&self) -> bool {
        self.status == 429 || (self.status == 403 && self.retry_after.is_some())
    }
}

/// The client.
#[derive(Debug)]
pub struct Http {
    client: reqwest::Client,
    limits: Limits,
    /// Whether the environment names a proxy.
    proxied: bool,
}

impl Http {
    /// A client with the proxies and certificate authorities that `env` names.
    pub fn new(env: &Env, limits: Limits) -> Result<Self> {
        Self::with(env, limits, |builder| builder)
    }

    /// A client for probes: each has a connection of its own, and tells of its certificate.
    pub fn for_probes(env: &Env) -> Result<Self> {
        Self::with(env, Limits::default(), |builder| {
            builder.tls_info(true).pool_max_idle_per_host(0).connect_timeout(probe::CONNECT)
        })
    }

    fn with(
        env: &Env,
        limits: Limits,
        change: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Result<Self> {
        // A second installation is refused, which does no harm.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("stackstep/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .tls_certs_merge(authorities(env)?)
            .no_proxy();
        let proxies = proxies(env)?;
        let proxied = !proxies.is_empty();
        for proxy in proxies {
            builder = builder.proxy(proxy);
        }
        let client = change(builder).build().map_err(|error| {
            Error::input(
                format!("no connection can be made from here: {}", failure::innermost(&error)),
                "install the system's certificate authorities (`ca-certificates`), or name a file of them in \
                 `SSL_CERT_FILE`",
            )
        })?;
        Ok(Self { client, limits, proxied })
    }

    /// Sends a request, several times if that may help. An answer with any status is a success.
    pub async fn send(&self, request: &Request) -> Result<Answer, Failure> {
        let Limits { tries, pause, longest_pause, .. } = self.limits;
        let mut retries = Retries::new(tries, pause, longest_pause);
        loop {
            let outcome = self.try_once(request).await;
            let (again, wait) = match &outcome {
                Ok(answer) => {
                    let again = (answer.is_temporary() && request.repeatable)
                        || (answer.is_turned_away() && request.metered);
                    (again, answer.retry_after.unwrap_or(retries.pause()))
                }
                Err(failure) => (failure.may_pass(request.repeatable), retries.pause()),
            };
            let Some(wait) = again.then(|| retries.next(wait)).flatten() else { return outcome };
            sleep(wait).await;
        }
    }

    async fn try_once(&self, request: &Request) -> Result<Answer, Failure> {
        let within = self.limits.try_time;
        timeout(within, self.exchange(request))
            .await
            .unwrap_or_else(|_| Err(Failure::TimedOut { host: host(&request.url), after: within }))
    }

    /// Sends the request once, and follows the redirects that it may follow.
    async fn exchange(&self, request: &Request) -> Result<Answer, Failure> {
        let mut url = request.url.clone();
        for _ in 0..=REDIRECTS {
            let response = self
                .prepared(request, url.clone(), "application/json")
                .send()
                .await
                .map_err(|error| Failure::from_error(host(&url), &error))?;
            match response.headers().get(LOCATION).and_then(|location| location.to_str().ok()) {
                Some(location) if response.status().is_redirection() => {
                    url = request.redirected(&url, location)?;
                }
                _ => return self.read(&url, response).await,
            }
        }
        Err(Failure::Redirected { host: host(&request.url), to: "one address after the other".to_owned() })
    }

    fn prepared(&self, request: &Request, url: Url, accept: &'static str) -> reqwest::RequestBuilder {
        let mut builder = self.client.request(request.method.clone(), url).header(ACCEPT, accept);
        if let Some(value) = &request.authorization
            && let Ok(mut value) = HeaderValue::from_str(value.expose())
        {
            value.set_sensitive(true);
            builder = builder.header(AUTHORIZATION, value);
        }
        for (name, value) in &request.headers {
            builder = builder.header(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        match &request.body {
            Some((kind, body)) => builder.header(CONTENT_TYPE, *kind).body(body.expose().to_owned()),
            None => builder,
        }
    }

    async fn read(&self, url: &Url, mut response: Response) -> Result<Answer, Failure> {
        let status = response.status().as_u16();
        let (retry_after, next) = (pause_asked_for(response.headers()), next_page(url, response.headers()));
        let mut body = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| Failure::from_error(host(url), &error))?
        {
            if body.len() + chunk.len() > self.limits.body {
                return Err(Failure::TooBig { host: host(url), limit: self.limits.body });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, body: Secret::new(String::from_utf8_lossy(&body)), next, retry_after })
    }
}

/// The pause that the server asks for: by `Retry-After`, or until its count of requests begins anew.
/// <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit>,
/// <https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers>
fn pause_asked_for(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    retry_after(headers).or_else(|| {
        text("x-ratelimit-remaining").filter(|left| left.trim() == "0")?;
        let reset: u64 = text("x-ratelimit-reset")?.trim().parse().ok()?;
        let now = httpdate::parse_http_date(text("date")?).ok()?;
        let reset = std::time::UNIX_EPOCH.checked_add(Duration::from_secs(reset))?;
        Some(reset.duration_since(now).unwrap_or_default())
    })
}

/// The address in `Link: <…>; rel="next"`. <https://www.rfc-editor.org/rfc/rfc8288#section-3>
fn next_page(url: &Url, headers: &HeaderMap) -> Option<Url> {
    let all = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    let next = |link: &str| {
        let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next =
            parameters.split(';').any(|parameter| matches!(parameter.trim(), "rel=\"next\"" | "rel=next"));
        is_next.then(|| url.join(address).ok()).flatten()
    };
    all.flat_map(|header| header.split(", ")).find_map(next)
}

/// Certificate authorities beside those of the machine.
fn authorities(env: &Env) -> Result<Vec<Certificate>> {
    let Some(path) = env.get("SSL_CERT_FILE") else { return Ok(Vec::new()) };
    let path = env.cwd().join(path);
    let pem = std::fs::read(&path).map_err(|source| {
        Error::input(
            format!("could not read `SSL_CERT_FILE` `{}`: {source}", path.display()),
            "name a file of certificates in PEM form, or take the variable away",
        )
    })?;
    Certificate::from_pem_bundle(&pem).ok().filter(|authorities| !authorities.is_empty()).ok_or_else(|| {
        Error::input(
            format!("`SSL_CERT_FILE` `{}` holds no certificates", path.display()),
            "name a file of certificates in PEM form: `-----BEGIN CERTIFICATE-----`",
        )
    })
}

/// The proxies that the environment names, by the engine's rules: names in small letters come first, and this machine
/// itself needs none. <https://pkg.go.dev/golang.org/x/net/http/httpproxy#FromEnvironment>
fn proxies(env: &Env) -> Result<Vec<Proxy>> {
    let either = |name: &'static str| {
        [name.to_lowercase(), name.to_owned()]
            .into_iter()
            .find_map(|name| env.get(&name).map(|value| (name.clone(), value.to_owned())))
    };
    let without = either("NO_PROXY").map(|(_, hosts)| hosts + ",").unwrap_or_default();
    let without = NoProxy::from_string(&format!("{without}localhost,127.0.0.0/8,::1"));
    let mut proxies = Vec::new();
    for (name, make) in [("HTTPS_PROXY", Proxy::https as fn(String) -> _), ("HTTP_PROXY", Proxy::http)] {
        let Some((variable, url)) = either(name).or_else(|| either("ALL_PROXY")) else { continue };
        let proxy = make(url).map_err(|_| {
            // The value can hold a password.
            Error::input(
                format!("`{variable}` is not an address of a proxy"),
                "write it as `http://proxy.example:3128`",
            )
        })?;
        proxies.push(proxy.no_proxy(without.clone()));
    }
    Ok(proxies)
}
