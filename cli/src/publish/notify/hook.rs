//! One request to a hook, and its answer in words. No word of it shows more than the name of a variable: whoever knows the
//! address of a hook can write into the channel.

use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use crate::base::env::Env;
use crate::base::http::{
    Failure, HeaderMap, HeaderName, HeaderValue, Http, Method, RawAnswer, RawRequest, Url,
};
use crate::delivery::notify::{FromEnv, is_safe};

/// The pause before the second try, if the server asks for no other.
const PAUSE: Duration = Duration::from_millis(500);

/// The longest pause that a server may ask for; if it asks for more, its answer is final.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// A request with this JSON to the address that the variable holds. Fails with the reason why there is none.
pub fn request(variable: &FromEnv, env: &Env, body: &Value) -> Result<RawRequest, String> {
    let url = variable.value(env).ok_or_else(|| not_set(variable))?;
    request_to(url.expose(), body).ok_or_else(|| {
        format!("the value of `{}` is not an address that begins with `https://`", variable.name())
    })
}

/// A request with this JSON to an address. None if it is none that may be asked.
pub fn request_to(url: &str, body: &Value) -> Option<RawRequest> {
    let url = Url::parse(url).ok().filter(is_safe)?;
    let json = (HeaderName::from_static("content-type"), HeaderValue::from_static("application/json"));
    let headers = HeaderMap::from_iter([json]);
    Some(RawRequest { method: Method::POST, url, headers, body: body.to_string().into() })
}

/// The reason why a sink whose variable is missing hears nothing.
pub fn not_set(variable: &FromEnv) -> String {
    format!("the variable `{}` is not set in this job", variable.name())
}

/// Sends the request, and once more if the server is overloaded or in trouble. Fails with the reason in words.
pub async fn deliver(http: &Http, request: &RawRequest) -> Result<(), String> {
    let mut is_last = false;
    loop {
        let answer = http.send_raw(request).await.map_err(|failure| in_words(&failure).to_owned())?;
        let status = answer.status.as_u16();
        if answer.status.is_success() {
            return Ok(());
        }
        if answer.status.is_redirection() {
            return Err("it redirects to another address, which is not followed".to_owned());
        }
        let pause = pause(&answer).filter(|_| !is_last && (status == 429 || status >= 500));
        let Some(pause) = pause else { return Err(format!("it answered with {status}")) };
        sleep(pause).await;
        is_last = true;
    }
}

/// The pause before the second try; none if the server asks for one that is too long.
fn pause(answer: &RawAnswer) -> Option<Duration> {
    let asked = answer.headers.get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Some(asked.map_or(PAUSE, Duration::from_secs)).filter(|pause| *pause <= LONGEST_PAUSE)
}

/// Why there is no answer, without the address.
fn in_words(failure: &Failure) -> &'static str {
    match failure {
        Failure::TimedOut { .. } => "there was no answer in time",
        Failure::Unreachable { .. } => "it can't be reached from here",
        Failure::Broken { .. } => "the connection broke, or what answered is no server of the web",
        Failure::Untrusted { .. } => "its certificate is not trusted",
        Failure::Redirected { .. } => "it redirects to another address, which is not followed",
        Failure::TooBig { .. } => "it answered with more than an answer has",
    }
}
