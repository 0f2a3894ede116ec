//! The claims of an identity token, read to explain why it was refused. Pulumi Cloud verifies them; nothing is verified
//! here.
//! <https://www.rfc-editor.org/rfc/rfc7519#section-4.1>

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::WantedToken;
use crate::base::secret::{MASK, SHORTEST, Secret};

/// The longest part of a server's message that is shown, in characters.
const LONGEST_MESSAGE: usize = 300;

/// The claims that matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// The issuer of the token.
    pub issuer: Option<String>,
    /// The subject: the job that the token is for.
    pub subject: Option<String>,
    /// The audiences that the token is meant for.
    pub audience: Vec<String>,
    /// The end of the token's life.
    pub expires: Option<SystemTime>,
}

impl Claims {
    /// The claims of `token`; empty if it can't be read.
    pub fn from_token(token: &Secret) -> Self {
        let payload = token.expose().split('.').nth(1).unwrap_or_default();
        let bytes = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
        let claims: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(shortened);
        let audience = match claims.get("aud") {
            Some(Value::String(one)) => vec![shortened(one)],
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(shortened).collect(),
            _ => Vec::new(),
        };
        Self {
            issuer: text("iss"),
            subject: text("sub"),
            audience,
            expires: claims
                .get("exp")
                .and_then(Value::as_u64)
                .and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds))),
        }
    }

    /// A hint: the setting that would make Pulumi Cloud accept the token.
    pub(super) fn why_refused(&self, wanted: &WantedToken, now: SystemTime) -> String {
        let expected = wanted.audience();
        if let Some(age) = self.expires.and_then(|expires| now.duration_since(expires).ok()) {
            let age = humantime::format_duration(Duration::from_secs(age.as_secs()));
            return format!(
                "the identity token ended {age} ago: let the step that makes it run just before this one"
            );
        }
        let audience = self.audience.join("`, `");
        if !self.audience.is_empty() && !self.audience.contains(&expected) {
            return format!(
                "the identity token is meant for `{audience}`: let it be made for `{expected}`, or allow \
                 `{audience}` in the issuer's policies at Pulumi Cloud"
            );
        }
        let unknown = || "unknown".to_owned();
        format!(
            "an admin of `{}` registers the issuer `{}` under Settings, Access Management, OIDC Issuers, with a \
             policy for a token of this kind that allows the audience `{expected}` and the subject `{}`: \
             https://www.pulumi.com/docs/administration/access-identity/oidc-issuers/",
            wanted.organization,
            self.issuer.clone().unwrap_or_else(unknown),
            self.subject.clone().unwrap_or_else(unknown),
        )
    }
}

/// Whether `token` has the form of a JSON web token: three parts of URL-safe base64.
pub(super) fn is_token(token: &str) -> bool {
    let in_alphabet = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte))
    };
    token.split('.').count() == 3 && token.split('.').all(in_alphabet)
}

/// The message in a server's error, in Pulumi Cloud's form or that of OAuth. The server may repeat the token `sent`: it
/// is removed before the text is cut, because masking finds only whole secrets.
pub(super) fn message(body: &str, sent: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let said = ["message", "error_description", "error"].iter().find_map(|key| body.get(key)?.as_str())?;
    let mut said = said.trim().to_owned();
    for part in std::iter::once(sent).chain(sent.split('.')).filter(|part| part.len() >= SHORTEST) {
        said = said.replace(part, MASK);
    }
    Some(shortened(&said)).filter(|said| !said.is_empty())
}

/// A server's text as one line of bounded length.
fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST_MESSAGE).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST_MESSAGE).is_some() {
        short.push('…');
    }
    short.replace("\\\"", "\"").replace("\\'", "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> Secret {
        Secret::new(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims)))
    }

    fn wanted() -> WantedToken {
        WantedToken { organization: "acme".into(), scope: None, expiration: None }
    }

    fn time(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn an_expired_token_is_told_from_its_own_time() {
        let hint = Claims::from_token(&token(r#"{"exp":1000,"aud":"x"}"#)).why_refused(&wanted(), time(1090));
        assert!(hint.contains("ended 1m 30s ago"), "{hint}");
    }

    #[test]
    fn a_token_for_somebody_else_names_both_audiences() {
        let claims = Claims::from_token(&token(r#"{"exp":1000,"aud":["api://AzureADTokenExchange"]}"#));
        let hint = claims.why_refused(&wanted(), time(0));
        assert!(hint.contains("`api://AzureADTokenExchange`"), "{hint}");
        assert!(hint.contains("`urn:pulumi:org:acme`"), "{hint}");
    }

    #[test]
    fn a_good_token_that_was_refused_names_what_the_policy_must_allow() {
        let claims = Claims::from_token(&token(
            r#"{"iss":"https://token.actions.githubusercontent.com","sub":"repo:acme/shop:ref:refs/heads/main","aud":"urn:pulumi:org:acme"}"#,
        ));
        let hint = claims.why_refused(&wanted(), time(0));
        assert!(hint.contains("`https://token.actions.githubusercontent.com`"), "{hint}");
        assert!(hint.contains("`repo:acme/shop:ref:refs/heads/main`"), "{hint}");
    }

    #[test]
    fn a_token_that_cannot_be_read_has_no_claims() {
        for text in ["", "a.b.c", "e30", "e30.bm8.x", "e30.W10.x"] {
            assert_eq!(Claims::from_token(&Secret::new(text)), Claims::default(), "{text}");
        }
    }

    #[test]
    fn what_is_no_token_is_seen_by_its_form() {
        assert!(is_token("e30.e30.c2ln"));
        for text in ["", "token", "a.b", "a..b", "a.b.c.d", "a.b.c d", "a.b.c\n"] {
            assert!(!is_token(text), "{text:?}");
        }
    }

    #[test]
    fn a_message_is_one_line_and_bounded() {
        let body = r#"{"code":401,"message":"no\u001b[31m\nway"}"#;
        assert_eq!(message(body, "").unwrap(), "no\\u{1b}[31m\\nway");
        let long = format!(r#"{{"error":"invalid_grant","error_description":"{}"}}"#, "x".repeat(1000));
        assert_eq!(message(&long, "").unwrap().chars().count(), LONGEST_MESSAGE + 1);
        assert_eq!(message("<html>", ""), None);
    }

    #[test]
    fn a_server_that_repeats_the_token_shows_no_part_of_it() {
        let token = format!("header.{}.signature", "payload".repeat(100));
        for echo in [token.as_str(), token.split('.').nth(1).unwrap()] {
            let body = serde_json::json!({"message": format!("bad token {echo}")}).to_string();
            assert_eq!(message(&body, &token).unwrap(), "bad token ***");
        }
    }
}
