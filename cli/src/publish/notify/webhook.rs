//! A request to any server: JSON, with a signature over it if there is a key.
//!
//! The signature is an HMAC-SHA256 over the body as it is sent, in the form that GitHub uses for its own webhooks, so that
//! what verifies those verifies this:
//! <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>. The time and the ID of the delivery
//! stand in the body, so that the signature covers them.

use serde_json::{Value, json};

use super::hook;
use super::message::Message;
use crate::base::env::Env;
use crate::base::hmac::Hmac;
use crate::base::http::{HeaderName, HeaderValue, RawRequest};
use crate::base::words::Words as _;
use crate::delivery::notify::{FromEnv, WebhookUrl};

/// The version of the body's form. It grows when a field changes its meaning or is removed.
const VERSION: u32 = 1;

const EVENT: HeaderName = HeaderName::from_static("x-stackstep-event");
const DELIVERY: HeaderName = HeaderName::from_static("x-stackstep-delivery");
/// The header with the time.
pub const TIMESTAMP: HeaderName = HeaderName::from_static("x-stackstep-timestamp");
/// The header with the signature.
pub const SIGNATURE: HeaderName = HeaderName::from_static("x-stackstep-signature-256");

/// The request. Fails with the reason why there is none.
pub fn request(
    url: &WebhookUrl,
    secret: Option<&FromEnv>,
    env: &Env,
    message: &Message,
) -> Result<RawRequest, String> {
    let body = payload(message);
    let mut request = match url {
        WebhookUrl::Plain(url) => hook::request_to(url, &body).ok_or("its address is none")?,
        WebhookUrl::FromEnv(variable) => hook::request(variable, env, &body)?,
    };
    let text = |text: String| HeaderValue::from_str(&text).map_err(|_| "a header can't be sent".to_owned());
    request.headers.insert(EVENT, HeaderValue::from_static(message.event.word()));
    request.headers.insert(DELIVERY, text(message.id.clone())?);
    request.headers.insert(TIMESTAMP, text(message.time.to_string())?);
    if let Some(secret) = secret {
        let key = secret.value(env).ok_or_else(|| hook::not_set(secret))?;
        request.headers.insert(SIGNATURE, text(signature(key.expose(), &request.body))?);
    }
    Ok(request)
}

/// The signature of a body: `sha256=` and 64 hexadecimal digits.
pub fn signature(key: &str, body: &[u8]) -> String {
    let hash = Hmac::new(key.as_bytes()).hash(&[body]);
    hash.iter().fold("sha256=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// The body. Field by field: `docs/notifications.md`.
fn payload(message: &Message) -> Value {
    let Message { facts, identity, .. } = message;
    json!({
        "v": VERSION,
        "id": message.id,
        "time": message.time,
        "event": message.event.word(),
        "title": message.title(),
        "stack": identity.stack,
        "project": identity.project,
        "organization": identity.organization,
        "backend": identity.backend_url,
        "command": message.command,
        "what": facts.what,
        "hint": facts.hint,
        "reason": facts.reason.map(crate::report::Reason::name),
        "exit_code": facts.exit_code,
        "changes": facts.changes,
        "digest": facts.digest,
        "by": message.by,
        "repository": message.repository,
        "commit": message.commit,
        "ref": message.reference,
        "change_request": message.change_request,
        "links": { "job": message.job_page, "change_request": message.request_page, "more": facts.link },
    })
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn the_signature_is_the_one_of_githubs_documentation() {
        // <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation>
        assert_eq!(
            signature("It's a Secret to Everybody", b"Hello, World!"),
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
    }
}
