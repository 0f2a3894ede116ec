//! Buckets of Google Cloud Storage: the address and the credentials that the engine would take, in its order:
//! `GOOGLE_CREDENTIALS`, `GOOGLE_OAUTH_ACCESS_TOKEN`, `GOOGLE_APPLICATION_CREDENTIALS`, the file that `gcloud` leaves, the
//! machine. <https://github.com/pulumi/pulumi/blob/master/pkg/authhelpers/gcpauth.go>

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::client::CredentialProvider;
use object_store::gcp::{GcpCredential, GoogleCloudStorage, GoogleCloudStorageBuilder};
use serde_json::Value;

use super::address::RemoteBucket;
use super::courier::Courier;
use super::google_token::{GoogleToken, TokenSource};
use super::library::{once, plain};
use crate::base::env::Env;
use crate::base::error::Problem;

/// The hint for missing credentials.
const CREDENTIALS: &str = "give the step the credentials that the engine has: `GOOGLE_CREDENTIALS`, or a file in \
                           `GOOGLE_APPLICATION_CREDENTIALS`";

/// The bucket.
pub(super) fn open(
    bucket: &RemoteBucket,
    env: &Env,
    courier: &Courier,
) -> Result<GoogleCloudStorage, Problem> {
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(&bucket.name)
        // Otherwise the file of a key could name another one.
        .with_base_url(&address(bucket, env)?)
        .with_retry(once())
        .with_http_connector(courier.clone());
    builder = if bucket.is_true("anonymous") {
        builder.with_skip_signature(true).with_bearer_token("")
    } else {
        match found(env)? {
            Some(GoogleCredentials::Token(token)) => builder.with_bearer_token(token),
            Some(GoogleCredentials::Key(key)) => builder.with_service_account_key(key),
            Some(GoogleCredentials::Exchanged(source)) => {
                let token: Arc<dyn CredentialProvider<Credential = GcpCredential>> =
                    Arc::new(GoogleToken::new(*source, courier.clone()));
                builder.with_credentials(token)
            }
            None => builder,
        }
    };
    builder.build().map_err(|error| {
        Problem::new(format!("the bucket `{}` can't be used: {}", bucket.name, plain(&error)), CREDENTIALS)
    })
}

/// The address of the service.
/// <https://pkg.go.dev/gocloud.dev/blob/gcsblob#URLOpener>
fn address(bucket: &RemoteBucket, env: &Env) -> Result<String, Problem> {
    if let Some(host) = env.get("STORAGE_EMULATOR_HOST") {
        let host = host.trim_end_matches('/');
        return Ok(if host.contains("://") { host.to_owned() } else { format!("http://{host}") });
    }
    let domain = bucket.parameter("universe_domain").unwrap_or("googleapis.com");
    if domain.is_empty()
        || !domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
    {
        return Err(Problem::without_hint("`universe_domain` in the backend's URL is not a domain"));
    }
    Ok(format!("https://storage.{domain}"))
}

/// GoogleCredentials of the environment.
enum GoogleCredentials {
    /// A token.
    Token(String),
    /// The JSON of a service account's key.
    Key(String),
    /// What a token is exchanged for.
    Exchanged(Box<TokenSource>),
}

/// The credentials. None if there are none in the environment: then it is the machine's.
fn found(env: &Env) -> Result<Option<GoogleCredentials>, Problem> {
    if let Some(text) = env.get("GOOGLE_CREDENTIALS") {
        // The variable's own readers take a path as well.
        let text = if text.trim_start().starts_with('{') {
            Ok(text.to_owned())
        } else {
            file(&env.cwd().join(text))
        };
        return read(&text?, "`GOOGLE_CREDENTIALS`", env).map(Some);
    }
    if let Some(token) = env.get("GOOGLE_OAUTH_ACCESS_TOKEN") {
        return Ok(Some(GoogleCredentials::Token(token.to_owned())));
    }
    if let Some(path) = env.get("GOOGLE_APPLICATION_CREDENTIALS") {
        let text = file(&env.cwd().join(path))?;
        return read(&text, "the file of `GOOGLE_APPLICATION_CREDENTIALS`", env).map(Some);
    }
    match of_gcloud(env).filter(|path| path.is_file()) {
        Some(path) => read(&file(&path)?, "the credentials of `gcloud`", env).map(Some),
        None => Ok(None),
    }
}

/// The file of `gcloud auth application-default login`.
/// <https://cloud.google.com/docs/authentication/application-default-credentials#personal>
fn of_gcloud(env: &Env) -> Option<PathBuf> {
    let folder = env
        .get("CLOUDSDK_CONFIG")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(env.get("APPDATA").filter(|_| cfg!(windows))?).join("gcloud")))
        .or_else(|| Some(Path::new(env.get("HOME")?).join(".config/gcloud")))?;
    Some(folder.join("application_default_credentials.json"))
}

fn file(path: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(path)
        .map_err(|error| Problem::new(format!("could not read `{}`: {error}", path.display()), CREDENTIALS))
}

/// The credentials in the JSON `text`, which is `called` so in messages.
fn read(text: &str, called: &str, env: &Env) -> Result<GoogleCredentials, Problem> {
    // The parser's message could show a piece of the text.
    let unreadable =
        || Problem::new(format!("{called} can't be read: it is not the JSON of credentials"), CREDENTIALS);
    let json: Value = serde_json::from_str(text).map_err(|_| unreadable())?;
    let kind = json.get("type").and_then(Value::as_str).unwrap_or("service_account");
    match kind {
        "service_account" => Ok(GoogleCredentials::Key(text.to_owned())),
        _ => match TokenSource::read(&json, env.cwd()) {
            Some(source) => Ok(GoogleCredentials::Exchanged(Box::new(source))),
            None => Err(Problem::new(
                format!(
                    "{called} holds credentials of the kind `{}`, which is not supported beside the engine",
                    kind.escape_debug()
                ),
                "take the key of a service account, or an identity of a file or an address",
            )),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(pairs: &[(&str, &str)]) -> String {
        match found(&Env::from_pairs("/", pairs.iter().copied())) {
            Ok(Some(GoogleCredentials::Token(_))) => "token".to_owned(),
            Ok(Some(GoogleCredentials::Key(_))) => "key".to_owned(),
            Ok(Some(GoogleCredentials::Exchanged(_))) => "exchanged".to_owned(),
            Ok(None) => "machine".to_owned(),
            Err(problem) => problem.what,
        }
    }

    #[test]
    fn credentials_are_found_in_the_engine_s_order() {
        let key = r#"{"type":"service_account","private_key":"hunter2"}"#;
        let user = r#"{"type":"authorized_user","client_id":"a","client_secret":"b","refresh_token":"c"}"#;
        let token = ("GOOGLE_OAUTH_ACCESS_TOKEN", "ya29");
        assert_eq!(kind(&[("GOOGLE_CREDENTIALS", key), token]), "key");
        assert_eq!(kind(&[("GOOGLE_CREDENTIALS", user)]), "exchanged");
        assert_eq!(kind(&[token, ("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere")]), "token");
        assert_eq!(kind(&[("HOME", "/nowhere")]), "machine");
        assert!(
            kind(&[("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere")]).starts_with("could not read `/nowhere`")
        );
    }

    #[test]
    fn what_can_t_be_read_is_named_and_not_shown() {
        let said = kind(&[("GOOGLE_CREDENTIALS", r#"{"private_key":"hunter2""#)]);
        assert_eq!(said, "`GOOGLE_CREDENTIALS` can't be read: it is not the JSON of credentials");
        let said = kind(&[("GOOGLE_CREDENTIALS", r#"{"type":"gdch_service_account"}"#)]);
        assert!(said.contains("of the kind `gdch_service_account`"), "{said}");
    }

    #[test]
    fn an_emulator_and_another_universe_have_their_own_addresses() {
        let bucket = |parameters: &[(&str, &str)]| RemoteBucket {
            name: "acme".to_owned(),
            prefix: String::new(),
            parameters: parameters.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        };
        let none = Env::from_pairs("/", [("A", "b")]);
        let emulator = Env::from_pairs("/", [("STORAGE_EMULATOR_HOST", "127.0.0.1:4443")]);
        assert_eq!(address(&bucket(&[]), &emulator).unwrap(), "http://127.0.0.1:4443");
        let universe = bucket(&[("universe_domain", "apis-tpc.goog")]);
        assert_eq!(address(&universe, &none).unwrap(), "https://storage.apis-tpc.goog");
        assert!(address(&bucket(&[("universe_domain", "x/y")]), &none).is_err());
    }
}
