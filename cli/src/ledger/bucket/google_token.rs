//! A token of Google for an identity that is not a key: a CI system's identity token, exchanged by workload identity
//! federation, or a person's refresh token. <https://google.aip.dev/auth/4117>, <https://google.aip.dev/auth/4113>

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use object_store::client::CredentialProvider;
use object_store::gcp::GcpCredential;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::courier::{Courier, Undelivered};
use crate::base::http::{Method, RawRequest, Url};

/// The scope of a token for objects.
const SCOPE: &str = "https://www.googleapis.com/auth/devstorage.read_write";

/// The scope that an exchanged token needs to speak for a service account.
const PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The longest time for which a token is kept; it is good for an hour.
const KEPT: Duration = Duration::from_secs(30 * 60);

/// What a token is exchanged for.
#[derive(Clone)]
pub(super) enum TokenSource {
    /// A person's refresh token: the fields of the form, without the kind of grant.
    Person(Vec<(&'static str, String)>),
    /// An identity of another system.
    Elsewhere(Box<Federation>),
}

/// Workload identity federation.
#[derive(Clone)]
pub(super) struct Federation {
    audience: String,
    kind: String,
    exchange: Url,
    impersonation: Option<Url>,
    subject: SubjectToken,
    /// The field of the JSON that holds the identity token; none if it is the text as a whole.
    field: Option<String>,
}

/// The place of an identity token.
#[derive(Clone)]
enum SubjectToken {
    File(PathBuf),
    Address(Url, Vec<(String, String)>),
}

/// The address for a person's refresh token.
const REFRESH: &str = "https://oauth2.googleapis.com/token";

impl TokenSource {
    /// Reads the JSON of credentials. None for a kind that is not one of these. Relative paths are those of `cwd`.
    pub fn read(json: &Value, cwd: &Path) -> Option<Self> {
        let text = |pointer: &str| json.pointer(pointer)?.as_str().map(str::to_owned);
        match json.get("type")?.as_str()? {
            "authorized_user" => {
                let fields = ["client_id", "client_secret", "refresh_token"];
                let fields = fields.map(|name| Some((name, text(&format!("/{name}"))?)));
                fields.into_iter().collect::<Option<Vec<_>>>().map(Self::Person)
            }
            "external_account" => {
                let subject = match text("/credential_source/file") {
                    Some(path) => SubjectToken::File(cwd.join(path)),
                    None if text("/credential_source/environment_id").is_some() => return None,
                    None => {
                        let headers = json.pointer("/credential_source/headers").and_then(Value::as_object);
                        let headers = headers.into_iter().flatten();
                        let headers =
                            headers.map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
                        let url = Url::parse(&text("/credential_source/url")?).ok()?;
                        SubjectToken::Address(url, headers.collect::<Option<_>>()?)
                    }
                };
                let is_json = text("/credential_source/format/type").as_deref() == Some("json");
                let impersonation = text("/service_account_impersonation_url");
                Some(Self::Elsewhere(Box::new(Federation {
                    audience: text("/audience")?,
                    kind: text("/subject_token_type")?,
                    exchange: Url::parse(&text("/token_url")?).ok()?,
                    impersonation: impersonation.map(|url| Url::parse(&url)).transpose().ok()?,
                    subject,
                    field: if is_json {
                        Some(text("/credential_source/format/subject_token_field_name")?)
                    } else {
                        None
                    },
                })))
            }
            _ => None,
        }
    }
}

/// The tokens of a source.
pub(super) struct GoogleToken {
    source: TokenSource,
    courier: Courier,
    token: Mutex<Option<(Instant, Arc<GcpCredential>)>>,
}

/// The reason why there is no token.
#[derive(Debug, thiserror::Error)]
enum NoGoogleToken {
    #[error("{0}")]
    Undelivered(#[from] Undelivered),
    #[error("the identity token can't be read from `{path}`: {why}", path = path.display())]
    File { path: PathBuf, why: std::io::Error },
    #[error("the answer to {asked} can't be read")]
    Unreadable { asked: &'static str },
}

impl GoogleToken {
    pub fn new(source: TokenSource, courier: Courier) -> Self {
        Self { source, courier, token: Mutex::new(None) }
    }

    async fn fetch(&self) -> Result<String, NoGoogleToken> {
        match &self.source {
            TokenSource::Person(fields) => {
                let url =
                    Url::parse(REFRESH).map_err(|_| NoGoogleToken::Unreadable { asked: "the refresh" })?;
                let mut form = vec![("grant_type", "refresh_token")];
                form.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
                self.ask(url, &form, "the refresh").await
            }
            TokenSource::Elsewhere(federation) => self.federate(federation).await,
        }
    }

    async fn federate(&self, federation: &Federation) -> Result<String, NoGoogleToken> {
        let subject = self.subject(federation).await?;
        let scope = if federation.impersonation.is_some() { PLATFORM } else { SCOPE };
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("audience", &federation.audience),
            ("scope", scope),
            ("subject_token_type", &federation.kind),
            ("subject_token", &subject),
        ];
        let token =
            self.ask(federation.exchange.clone(), &form, "the exchange of the identity token").await?;
        let Some(url) = &federation.impersonation else { return Ok(token) };
        let mut headers = content("application/json");
        if let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {token}")) {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let body = json!({ "scope": [SCOPE] }).to_string();
        let request = RawRequest { method: Method::POST, url: url.clone(), headers, body: body.into() };
        let answer = self.courier.send(&request).await?;
        field(&answer.body, "accessToken")
            .ok_or(NoGoogleToken::Unreadable { asked: "the request for the service account's token" })
    }

    /// The identity token of the other system.
    async fn subject(&self, federation: &Federation) -> Result<String, NoGoogleToken> {
        let text = match &federation.subject {
            SubjectToken::File(path) => Bytes::from(
                std::fs::read(path).map_err(|why| NoGoogleToken::File { path: path.clone(), why })?,
            ),
            SubjectToken::Address(url, pairs) => {
                let mut headers = HeaderMap::new();
                for (name, value) in pairs {
                    if let (Ok(name), Ok(mut value)) =
                        (name.parse::<HeaderName>(), HeaderValue::from_str(value))
                    {
                        value.set_sensitive(true);
                        headers.insert(name, value);
                    }
                }
                let request =
                    RawRequest { method: Method::GET, url: url.clone(), headers, body: Bytes::new() };
                self.courier.send(&request).await?.body
            }
        };
        let found = match &federation.field {
            Some(name) => field(&text, name),
            None => std::str::from_utf8(&text).ok().map(|text| text.trim().to_owned()),
        };
        found
            .filter(|token| !token.is_empty())
            .ok_or(NoGoogleToken::Unreadable { asked: "the request for an identity token" })
    }

    /// Sends a form, and reads the token of the answer.
    async fn ask(
        &self,
        url: Url,
        form: &[(&str, &str)],
        asked: &'static str,
    ) -> Result<String, NoGoogleToken> {
        let mut scratch = url.clone();
        scratch.query_pairs_mut().clear().extend_pairs(form);
        let body = scratch.query().unwrap_or_default().to_owned();
        let headers = content("application/x-www-form-urlencoded");
        let request = RawRequest { method: Method::POST, url, headers, body: body.into() };
        let answer = self.courier.send(&request).await?;
        field(&answer.body, "access_token").ok_or(NoGoogleToken::Unreadable { asked })
    }
}

fn content(kind: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))])
}

fn field(body: &Bytes, name: &str) -> Option<String> {
    serde_json::from_slice::<Value>(body).ok()?.get(name)?.as_str().map(str::to_owned)
}

impl CredentialProvider for GoogleToken {
    type Credential = GcpCredential;

    fn get_credential<'s, 'f>(
        &'s self,
    ) -> Pin<Box<dyn Future<Output = object_store::Result<Arc<GcpCredential>>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let mut kept = self.token.lock().await;
            if let Some((since, token)) = kept.as_ref()
                && since.elapsed() < KEPT
            {
                return Ok(Arc::clone(token));
            }
            let bearer = self.fetch().await.map_err(|error| object_store::Error::Unauthenticated {
                path: String::new(),
                source: Box::new(error),
            })?;
            let token = Arc::new(GcpCredential { bearer });
            *kept = Some((Instant::now(), Arc::clone(&token)));
            Ok(token)
        })
    }
}

/// Without the secrets.
impl std::fmt::Debug for GoogleToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("GoogleToken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<TokenSource> {
        TokenSource::read(&serde_json::from_str(text).unwrap(), Path::new("/builds"))
    }

    #[test]
    fn the_file_that_google_s_action_for_github_writes_is_read() {
        // https://github.com/google-github-actions/auth/blob/main/src/client/workload_identity_federation.ts
        let written = r#"{"type":"external_account","audience":"//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
            "subject_token_type":"urn:ietf:params:oauth:token-type:jwt","token_url":"https://sts.googleapis.com/v1/token",
            "service_account_impersonation_url":"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/ci@acme.iam.gserviceaccount.com:generateAccessToken",
            "credential_source":{"url":"https://actions/token?audience=x","headers":{"Authorization":"Bearer t"},
            "format":{"type":"json","subject_token_field_name":"value"}}}"#;
        let Some(TokenSource::Elsewhere(federation)) = read(written) else { panic!() };
        assert_eq!(federation.field.as_deref(), Some("value"));
        assert!(federation.impersonation.is_some());
        let SubjectToken::Address(url, headers) = federation.subject else { panic!() };
        assert_eq!((url.host_str(), headers.len()), (Some("actions"), 1));
    }

    #[test]
    fn an_identity_in_a_file_is_read_and_one_of_amazon_is_not() {
        let of = |source: &str| {
            format!(
                r#"{{"type":"external_account","audience":"a","subject_token_type":"t","token_url":"https://sts.googleapis.com/v1/token","credential_source":{source}}}"#
            )
        };
        let Some(TokenSource::Elsewhere(federation)) = read(&of(r#"{"file":"jwt.txt"}"#)) else { panic!() };
        assert!(
            matches!(federation.subject, SubjectToken::File(path) if path == Path::new("/builds/jwt.txt"))
        );
        assert!(read(&of(r#"{"environment_id":"aws1","url":"http://169.254.169.254"}"#)).is_none());
        assert!(read(&of(r#"{"executable":{"command":"x"}}"#)).is_none());
        assert!(read(r#"{"type":"impersonated_service_account"}"#).is_none());
    }
}
