//! Signs in to Pulumi Cloud with the identity that the CI system gives the job: no access token is stored anywhere.
//!
//! The identity token is exchanged at the backend for an access token of the organisation, a team or a user, which
//! lives only in the engine's environment. When that fails the run ends: it never falls back to another credential.
//! <https://www.pulumi.com/docs/reference/cloud-rest-api/oauth-token-exchange>

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::admit::esc::{self, OpenedEnvironments};
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::http::{Answer, Http, Limits, Url, host};
use crate::base::secret::Secret;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::engine::executor::Pending;
use crate::engine::job::Job;
use crate::engine::remote_stack::TokenRenewal;
use crate::process::signals::Signals;
use crate::pulumi::backend::Backend;

pub mod claims;
pub mod identity;
mod wanted;

use claims::Claims;
pub use wanted::WantedToken;
use wanted::not_reached;

/// An access token.
#[derive(Debug)]
pub struct Grant {
    /// The token.
    pub token: Secret,
    /// The token's lifetime, if the answer tells it.
    pub valid: Option<Duration>,
}

/// The address at which tokens are exchanged: the backend's, or that of the service where environments are opened.
pub fn endpoint(backend: &Backend, esc: &[String], env: &Env) -> Result<Url> {
    let is_for_esc = !esc.is_empty();
    let url = if backend.is_cloud() || is_for_esc { backend.service_url(env) } else { "" };
    let url = Url::parse(&format!("{}/api/oauth/token", url.trim_end_matches('/'))).map_err(|_| {
        Error::input(
            format!("`oidc-organization` signs in to Pulumi Cloud, and the backend is {backend}"),
            "take `oidc-organization` away, set `cloud-url: https://api.pulumi.com`, or name the environments that the \
             sign-in is for by `esc`",
        )
    })?;
    if url.scheme() == "https" || is_this_machine(&url) {
        return Ok(url);
    }
    Err(Error::input(
        format!("`oidc-organization` would send the job's identity unencrypted to {}", host(&url)),
        "set `cloud-url` to an address that begins with `https://`",
    ))
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Signs `job` in, and opens the environments of Pulumi ESC, if its inputs ask for that. Returns what is
/// open.
pub async fn sign_in(
    job: &mut Job<'_>,
    limits: Limits,
    console: &mut Console,
    signals: &Signals,
) -> Result<Option<OpenedEnvironments>> {
    by_identity(job, limits, console, signals).await?;
    let opened = esc::open(job, console, signals).await?;
    if let Some(opened) = &opened {
        opened.give(job, console)?;
    }
    Ok(opened)
}

/// Signs `job` in, if its inputs ask for that.
pub async fn by_identity(
    job: &mut Job<'_>,
    limits: Limits,
    console: &mut Console,
    signals: &Signals,
) -> Result<()> {
    let Some(wanted) = WantedToken::from_inputs(&job.inputs) else { return Ok(()) };
    if job.env.get("PULUMI_ACCESS_TOKEN").is_some() {
        console.line("`PULUMI_ACCESS_TOKEN` is not used: `oidc-organization` is set");
    }
    let exchange = TokenExchange::new(job, &wanted, limits)?;
    let identity = exchange.identity(console, signals).await?;
    console.hide("the identity token", identity.expose());
    let grant = exchange.grant(&identity, signals).await?;
    console.hide("the access token", grant.token.expose());
    tell(&grant, &wanted, job.inputs.safety.timeout, console);
    job.engine_env.put("PULUMI_ACCESS_TOKEN", grant.token.expose().to_owned());
    job.backend.token = Some(grant.token);
    Ok(())
}

/// The exchange of a job's identity for an access token.
struct TokenExchange<'a> {
    job: &'a Job<'a>,
    wanted: &'a WantedToken,
    endpoint: Url,
    http: Http,
}

impl<'a> TokenExchange<'a> {
    fn new(job: &'a Job<'a>, wanted: &'a WantedToken, limits: Limits) -> Result<Self> {
        let endpoint = endpoint(&job.backend, &job.inputs.backend.esc, job.env)?;
        Ok(Self { job, wanted, endpoint, http: Http::new(job.env, limits)? })
    }

    /// The job's identity, as the CI system tells it.
    async fn identity(&self, console: &Console, signals: &Signals) -> Result<Secret> {
        let audience = self.wanted.audience();
        tokio::select! {
            done = identity::obtain(self.job, &audience, &self.http, console, signals) => done,
            signal = signals.cancelled() => Err(Error::Stopped { signal: signal.number() }),
        }
    }

    /// The access token for this identity.
    async fn grant(&self, identity: &Secret, signals: &Signals) -> Result<Grant> {
        let now = self.job.env.clock().time();
        tokio::select! {
            done = exchange(&self.http, self.endpoint.clone(), self.wanted, identity, now) => done,
            signal = signals.cancelled() => Err(Error::Stopped { signal: signal.number() }),
        }
    }
}

/// Signs a job in once more while it waits for its deployment: the token of a long wait comes to its end.
pub struct SignInAgain<'a>(pub &'a Job<'a>);

impl TokenRenewal for SignInAgain<'_> {
    fn renew<'f>(&'f self, console: &'f Console, signals: &'f Signals) -> Pending<'f, Option<Secret>> {
        Box::pin(async move {
            let Some(wanted) = WantedToken::from_inputs(&self.0.inputs) else { return Ok(None) };
            let exchange = TokenExchange::new(self.0, &wanted, Limits::default())?;
            let identity = exchange.identity(console, signals).await?;
            Ok(Some(exchange.grant(&identity, signals).await?.token))
        })
    }
}

/// Writes to the log what the token is for and how long it is valid. Warns if that is shorter than `timeout`.
fn tell(grant: &Grant, wanted: &WantedToken, timeout: Option<Duration>, console: &Console) {
    let whose = wanted.scope.as_ref().map(|scope| format!(", {scope}")).unwrap_or_default();
    let valid = grant.valid.map(|valid| format!(" for {}", humantime::format_duration(valid)));
    console.line(&format!("signed in: {}{whose}{}", wanted.organization, valid.unwrap_or_default()));
    if let (Some(valid), Some(timeout)) = (grant.valid, timeout)
        && valid < timeout
    {
        console.annotate(
            Level::Warning,
            "stackstep",
            "the access token ends before `timeout` does: set `oidc-expiration` to the longest that a run may take",
        );
    }
}

/// Exchanges the identity token for an access token. If it is refused, `now` tells whether it had expired.
pub async fn exchange(
    http: &Http,
    endpoint: Url,
    wanted: &WantedToken,
    identity: &Secret,
    now: SystemTime,
) -> Result<Grant> {
    let server = host(&endpoint);
    let answer = http
        .send(&wanted.request(endpoint, identity))
        .await
        .map_err(|failure| not_reached(&failure, "the job's identity could not be exchanged"))?;
    if answer.status != 200 {
        return Err(refused(&server, &answer, wanted, identity, now));
    }
    Grant::from_answer(answer.body.expose()).ok_or_else(|| {
        Error::auth(
            format!("{server} did not answer with an access token"),
            "check `cloud-url`: it has to be the address of Pulumi Cloud's API, such as `https://api.pulumi.com`",
        )
    })
}

impl Grant {
    /// Reads Pulumi Cloud's answer.
    fn from_answer(body: &str) -> Option<Self> {
        let body: Value = serde_json::from_str(body).ok()?;
        let token = body.get("access_token")?.as_str()?;
        let seconds = body.get("expires_in").and_then(Value::as_u64).filter(|seconds| *seconds > 0);
        let printable = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        printable.then(|| Self { token: Secret::new(token), valid: seconds.map(Duration::from_secs) })
    }
}

/// The error for a refused exchange, with what would make Pulumi Cloud accept it.
fn refused(server: &str, answer: &Answer, wanted: &WantedToken, identity: &Secret, now: SystemTime) -> Error {
    let status = answer.status;
    let said = claims::message(answer.body.expose(), identity.expose());
    let said = said.map(|said| format!(": {said}")).unwrap_or_default();
    if status >= 500 || status == 429 {
        return Error::auth(
            format!("{server} can't exchange the job's identity now (status {status}){said}"),
            "run the job again in a while; https://status.pulumi.com tells of known trouble",
        );
    }
    if status == 404 {
        return Error::auth(
            format!("{server} has no organisation `{}`, or exchanges no tokens{said}", wanted.organization),
            "check `oidc-organization`, and `cloud-url` where it is set",
        );
    }
    Error::auth(
        format!("{server} refused the job's identity (status {status}){said}"),
        Claims::from_token(identity).why_refused(wanted, now),
    )
}
