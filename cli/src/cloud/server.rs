//! The server: its address, the token, and what its refusals mean.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use serde_json::Value;

use super::trouble::{CloudTrouble, CloudTroubleKind};
use crate::base::env::Env;
use crate::base::error::Problem;
use crate::base::http::{Answer, Failure, Http, Limits, Request, Url, host};
use crate::base::secret::{Masker, Secret};

/// The limits of a request. The answer with a stack holds all of its tags.
const LIMITS: Limits = Limits {
    try_time: Duration::from_secs(20),
    tries: 3,
    pause: Duration::from_millis(500),
    longest_pause: Duration::from_secs(15),
    body: 8 << 20,
};

/// The most characters of the server's words that are shown.
const WORDS: usize = 300;

/// The service, for whoever has a token.
pub struct CloudServer {
    http: Http,
    api: Url,
    token: RefCell<Secret>,
    requests: Cell<u32>,
    /// Masks what the server says: its words are cut, and a part of a secret is not known any more.
    masker: RefCell<Masker>,
}

impl CloudServer {
    /// The server `url`. Sends nothing.
    pub fn new(url: &str, token: Secret, env: &Env) -> Result<Self, Problem> {
        let mut api = Url::parse(url).map_err(|_| {
            Problem::new("the backend's URL can't be read", "write it as `https://api.pulumi.com`")
        })?;
        if api.host_str() == Some("app.pulumi.com") {
            // The console's address stands for the service.
            let _ = api.set_host(Some("api.pulumi.com"));
            api.set_path("");
        }
        let _ = (api.set_username(""), api.set_password(None));
        api.set_query(None);
        api.set_fragment(None);
        let http = Http::new(env, LIMITS).map_err(|error| Problem::from(&error))?;
        let mut masker = Masker::new();
        masker.add("the access token", token.expose());
        Ok(Self {
            http,
            api,
            token: RefCell::new(token),
            requests: Cell::new(0),
            masker: RefCell::new(masker),
        })
    }

    /// Hides what `masker` hides in the server's words from now on. For secrets that are sent: a refusal can repeat them.
    pub fn hide_what(&self, masker: &Masker) {
        self.masker.borrow_mut().learn(masker);
    }

    /// Takes another token from now on: the one before has come to its end.
    pub fn renew(&self, token: Secret) {
        self.masker.borrow_mut().add("the access token", token.expose());
        *self.token.borrow_mut() = token;
    }

    /// The requests so far, each counted once.
    pub fn requests(&self) -> u32 {
        self.requests.get()
    }

    /// The server's host, for messages.
    pub fn host(&self) -> String {
        host(&self.api)
    }

    /// An address of the server.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.api.clone();
        url.set_path(&format!("{}/{path}", self.api.path().trim_end_matches('/')));
        url
    }

    /// The JSON of an answer with status 200.
    pub async fn json(&self, do_what: &str, request: Request) -> Result<Value, CloudTrouble> {
        let answer = self.send(do_what, request).await?;
        if answer.status != 200 {
            return Err(self.refused(do_what, &answer));
        }
        serde_json::from_str(answer.body.expose()).map_err(|_| {
            CloudTrouble::broken(Problem::new(
                format!("could not {do_what}: what {} answers can't be read", self.host()),
                "check the backend's URL",
            ))
        })
    }

    /// Sends a request. An answer with any status is a success.
    pub async fn send(&self, do_what: &str, request: Request) -> Result<Answer, CloudTrouble> {
        self.requests.set(self.requests.get() + 1);
        let authorization = Some(Secret::new(format!("token {}", self.token.borrow().expose())));
        let sent = self.http.send(&Request { authorization, metered: true, ..request }).await;
        sent.map_err(|failure: Failure| {
            CloudTrouble::broken(Problem::new(format!("could not {do_what}: {failure}"), failure.hint()))
        })
    }

    /// The trouble that an answer with this status is. `do_what` is what was tried, as a verb.
    pub fn refused(&self, do_what: &str, answer: &Answer) -> CloudTrouble {
        let words = words(answer.body.expose(), &self.masker.borrow());
        let what =
            format!("could not {do_what}: {} answered with status {}{words}", self.host(), answer.status);
        let (kind, hint) = match answer.status {
            400 | 422 => (CloudTroubleKind::NotTaken, "correct what the message names"),
            401 => (CloudTroubleKind::NotSignedIn, "check the access token: it is not accepted"),
            402 => (
                CloudTroubleKind::Denied,
                "the organisation's plan does not have it: <https://www.pulumi.com/pricing/>",
            ),
            403 => {
                (CloudTroubleKind::Denied, "the token needs the permission to write the stack (Stack Write)")
            }
            404 => (CloudTroubleKind::Missing, "check the backend's URL and the stack's name"),
            409 => (CloudTroubleKind::Conflict, "somebody else changes it at this moment: run the job again"),
            429 | 500.. => (CloudTroubleKind::Broken, "run the job again later"),
            _ => (CloudTroubleKind::Broken, "check the backend's URL and the stack's name"),
        };
        CloudTrouble { kind, problem: Problem::new(what, hint) }
    }
}

/// The message in the body of a refusal, with the fields that it is about:
/// `{"code":400,"message":"…","errors":[{"resource":"…","attribute":"…","errorType":"invalid"}]}`.
fn words(body: &str, masker: &Masker) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut message = text(&body, "message").unwrap_or_default();
    for error in body.get("errors").and_then(Value::as_array).into_iter().flatten() {
        let place = text(error, "attribute").or_else(|| text(error, "resource")).unwrap_or_default();
        let what = text(error, "customMessage").or_else(|| text(error, "errorType")).unwrap_or_default();
        message.push_str(&format!("; {place}: {what}"));
    }
    for diagnostic in body.get("diagnostics").and_then(Value::as_array).into_iter().flatten() {
        message.push_str(&format!("; {}", text(diagnostic, "summary").unwrap_or_default()));
    }
    let line: String = masker.mask(&message).chars().filter(|c| !c.is_control()).take(WORDS).collect();
    if line.is_empty() { line } else { format!(": {line}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_is_longer_than_what_is_shown_is_masked_before_the_cut() {
        let secret = "hunter2-".repeat(100);
        let mut masker = Masker::new();
        masker.add("A", &secret);
        for said in [secret.clone(), format!("{}{secret}", "x".repeat(WORDS - 20))] {
            let body = serde_json::json!({ "message": format!("bad value {said}") }).to_string();
            let shown = words(&body, &masker);
            assert!(shown.starts_with(": bad value") && !shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn addresses_are_below_the_server_s_own_path() {
        let env = Env::from_pairs("/", [("A", "b")]);
        for (url, expected) in [
            ("https://api.pulumi.com", "https://api.pulumi.com/api/user"),
            ("https://app.pulumi.com/acme", "https://api.pulumi.com/api/user"),
            ("https://u:p@pulumi.corp/base/?x=y#z", "https://pulumi.corp/base/api/user"),
        ] {
            let cloud = CloudServer::new(url, Secret::new("pul-0123456789"), &env).unwrap();
            assert_eq!(cloud.url("api/user").as_str(), expected);
        }
    }
}
