//! Gets the identity token from the CI system: out of a variable, from an address, or from a program of the system.

use serde_json::Value;

use super::claims::{self, is_token};
use super::{WantedToken, not_reached};
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::http::{Http, Method, Request, Url, host};
use crate::base::secret::Secret;
use crate::ci::console::Console;
use crate::ci::{self, CiSystem, IdentityToken, TokenRequest};
use crate::engine::job::Job;
use crate::engine::locate::trusted_on_path;
use crate::inputs::Inputs;
use crate::process::helper::{self, VariableChange};
use crate::process::signals::Signals;

/// The hint for a job without an identity.
pub const WITHOUT: &str = "put a token that another step makes into `oidc-token`, or set `access-token` instead of \
                       `oidc-organization`";

/// The identity token of `job` for `audience`.
pub async fn obtain(
    job: &Job<'_>,
    audience: &str,
    http: &Http,
    console: &Console,
    signals: &Signals,
) -> Result<Secret> {
    if let Some(given) = &job.inputs.backend.oidc_token {
        return checked(from_input(given, job.env)?, "`oidc-token`");
    }
    match ci::identity_token(job.ci, job.env, audience) {
        IdentityToken::InVariable(name) => {
            let value = job.env.get(name).unwrap_or_default();
            checked(Secret::new(value.trim()), &format!("`{name}`"))
        }
        IdentityToken::Request(asked) => request(&asked, job.env, http).await,
        IdentityToken::Command(words) => {
            let name = words.first().map_or("", String::as_str);
            checked(ask_program(&words, job, console, signals).await?, &format!("what `{name}` prints"))
        }
        IdentityToken::None { reason } => {
            Err(Error::auth(format!("there is no identity to sign in with: {reason}"), WITHOUT))
        }
    }
}

/// Whether the job signs in and seems to have an identity for it; nobody is asked.
pub fn is_there(inputs: &Inputs, ci: &dyn CiSystem, env: &Env) -> bool {
    let Some(wanted) = WantedToken::from_inputs(inputs) else { return false };
    inputs.backend.oidc_token.is_some()
        || !matches!(ci::identity_token(ci, env, &wanted.audience()), IdentityToken::None { .. })
}

/// The token of the `oidc-token` input: its value, or the content of the file that it names.
fn from_input(given: &Secret, env: &Env) -> Result<Secret> {
    let Some(path) = given.expose().strip_prefix("file://") else { return Ok(given.clone()) };
    let path = env.cwd().join(path);
    let token = |text: String| Secret::new(text.trim_start_matches('\u{feff}').trim());
    std::fs::read_to_string(&path).map(token).map_err(|source| {
        Error::auth(
            format!("could not read the identity token `{}`: {source}", path.display()),
            "let an earlier step write the file, and name its whole path behind `file://`",
        )
    })
}

fn checked(token: Secret, place: &str) -> Result<Secret> {
    if is_token(token.expose()) {
        return Ok(token);
    }
    Err(Error::auth(
        format!("{place} is not an identity token"),
        "it has to be a JSON web token: three parts with dots between them",
    ))
}

/// The identity token that a program of the CI system prints.
async fn ask_program(
    words: &[String],
    job: &Job<'_>,
    console: &Console,
    signals: &Signals,
) -> Result<Secret> {
    let (name, args) = words.split_first().map_or(("", words), |(name, args)| (name.as_str(), args));
    let program = trusted_on_path(name, job.env, &job.ground).ok_or_else(|| {
        Error::auth(
            format!("`{name}` is not on the PATH"),
            "run stackstep where that program is, such as on the agent and not in a container without it",
        )
    })?;
    helper::read(program, args, job.env.cwd(), VariableChange::default(), console.masker(), signals)
        .await?
        .map_err(|said| {
            Error::auth(
                format!("`{name}` gave no identity token: {said}"),
                format!("see what `{name} {}` says in a step of its own", args.join(" ")),
            )
        })
}

/// The identity token that the CI system gives at an address.
async fn request(asked: &TokenRequest, env: &Env, http: &Http) -> Result<Secret> {
    let url = Url::parse(&asked.url).map_err(|_| {
        Error::auth("the CI system names no address to ask for an identity token", WITHOUT.to_owned())
    })?;
    let server = host(&url);
    let bearer = env.get(asked.bearer).unwrap_or_default();
    let request = Request {
        method: if asked.method == "POST" { Method::POST } else { Method::GET },
        authorization: Some(Secret::new(format!("{}{bearer}", asked.scheme))),
        ..Request::get(url)
    };
    let answer = http
        .send(&request)
        .await
        .map_err(|failure| not_reached(&failure, "the CI system gave no identity token"))?;
    let body = answer.body.expose();
    if answer.status != 200 {
        let said = claims::message(body, bearer).map(|said| format!(": {said}")).unwrap_or_default();
        return Err(Error::auth(
            format!("{server} gave the job no identity token (status {}){said}", answer.status),
            "check what the job may ask for, such as `permissions: id-token: write` on GitHub; then run it again",
        ));
    }
    let parsed: Value = serde_json::from_str(body).unwrap_or_default();
    let token = parsed.get(asked.answer).and_then(Value::as_str).unwrap_or_default();
    checked(Secret::new(token.trim()), &format!("what {server} answered"))
}
