//! The backend that holds the state, and the token for it, found in the CLI's own order: input, `PULUMI_BACKEND_URL`,
//! `Pulumi.yaml`, an earlier login; if none of these names one, Pulumi Cloud at `PULUMI_API` or at its own address. A
//! token is sent only where the CLI would send it.

mod identify;

use std::fmt;
use std::path::PathBuf;

use serde_json::Value;

use crate::base::env::Env;
use crate::base::http::Url;
use crate::base::secret::Secret;
use crate::pulumi::home;
use crate::pulumi::project::Project;

/// The address of Pulumi Cloud, which is used if no other backend is named.
pub const PULUMI_CLOUD: &str = "https://api.pulumi.com";

/// The backend of a run.
#[derive(Debug)]
pub struct Backend {
    /// The backend's URL; none if nothing names one and nobody is logged in: then the engine reports it.
    pub url: Option<String>,
    /// The source of the URL.
    pub source: BackendSource,
    /// The access token that this run has. None until it is fetched by a sign-in, see [`crate::admit::sign_in`].
    pub token: Option<Secret>,
    /// The organisation that the job signs in to with the identity from its CI system.
    pub oidc: Option<String>,
}

/// The source of a backend's URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackendSource {
    /// The `cloud-url` input.
    Input,
    /// `PULUMI_BACKEND_URL`.
    Environment,
    /// `backend.url` in this project file.
    Project(PathBuf),
    /// `PULUMI_API`, and an access token or a way to one.
    Api,
    /// An access token, or a way to one, and no URL: Pulumi Cloud.
    Token,
    /// An earlier `pulumi login`, in this file.
    Login(PathBuf),
    /// Nothing names a backend.
    Nobody,
}

/// The inputs that name a backend.
#[derive(Debug, Clone, Default)]
pub struct NamedBackend {
    /// `cloud-url`.
    pub url: Option<String>,
    /// `access-token`.
    pub token: Option<Secret>,
    /// `oidc-organization`.
    pub oidc: Option<String>,
}

/// The variable with the address of the service, on servers of one's own.
const API: &str = "PULUMI_API";

/// What is wrong where nothing names a backend and nobody is logged in.
pub const NO_BACKEND: &str = "no backend is named and nobody is logged in";
/// The way out.
pub const NAME_A_BACKEND: &str = "set `cloud-url` (`s3://…`, `gs://…`, `azblob://…`, `https://…`), or give the job an \
                                  access token of Pulumi Cloud";

/// The hint for a backend's URL without a scheme, which the CLI takes for none: the URL that is most likely meant.
pub fn meant_by(url: &str) -> Option<String> {
    if url.contains("://") {
        return None;
    }
    let is_path = url.starts_with(['/', '.', '~', '\\']);
    Some(match url {
        path if is_path => format!("did you mean `file://{path}`?"),
        host if host.contains("pulumi") && host.contains('.') => format!("did you mean `https://{host}`?"),
        bucket => format!(
            "did you mean `s3://{bucket}`? A bucket of Google is `gs://{bucket}`, a container of Azure `azblob://{bucket}`"
        ),
    })
}

impl Backend {
    /// Resolves the backend. Reads the file of an earlier login only if nothing else names a backend.
    pub fn resolve(named: &NamedBackend, env: &Env, project: Option<&Project>) -> Self {
        let oidc = named.oidc.clone();
        let stored = || env.get("PULUMI_ACCESS_TOKEN").map(Secret::new);
        let token = named.token.clone().or_else(stored).filter(|_| oidc.is_none());
        let from_project = || {
            let project = project?;
            Some((project.backend_url.clone()?, BackendSource::Project(project.path.clone())))
        };
        let named = named
            .url
            .clone()
            .map(|url| (url, BackendSource::Input))
            .or_else(|| Some((env.get("PULUMI_BACKEND_URL")?.to_owned(), BackendSource::Environment)))
            .or_else(from_project)
            .or_else(|| earlier_login(env))
            .or_else(|| (token.is_some() || oidc.is_some()).then(|| cloud(env)));
        match named {
            Some((url, source)) => Self { url: Some(url), source, token, oidc },
            None => Self { url: None, source: BackendSource::Nobody, token, oidc },
        }
    }

    /// The folder that holds the state, if the backend is a folder.
    pub fn folder(&self, env: &Env) -> Option<PathBuf> {
        let path = self.url.as_deref()?.strip_prefix("file://")?;
        match path.strip_prefix('~') {
            Some(rest) => Some(PathBuf::from(format!("{}{rest}", env.get("HOME")?))),
            None => Some(PathBuf::from(path)).filter(|path| path.is_absolute()),
        }
    }

    /// The address of Pulumi Cloud for what is no state: the backend's own if it is one, else that of a run without a backend.
    pub fn service_url<'b>(&'b self, env: &'b Env) -> &'b str {
        let own = self.url.as_deref().filter(|_| self.is_cloud());
        own.or_else(|| env.get(API)).unwrap_or(PULUMI_CLOUD)
    }

    /// The access token for requests of our own: that of this run, or that of the earlier login which named the backend.
    /// None if the CLI has encrypted its file.
    pub fn token_for_requests(&self) -> Option<Secret> {
        if self.token.is_some() {
            return self.token.clone();
        }
        let (BackendSource::Login(path), Some(url)) = (&self.source, &self.url) else { return None };
        let file: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        let account = file.get("accounts").and_then(|accounts| accounts.get(url)?.get("accessToken"));
        let token = account.or_else(|| file.get("accessTokens")?.get(url));
        token.and_then(Value::as_str).filter(|token| !token.is_empty()).map(Secret::new)
    }

    /// Whether it is Pulumi Cloud, or a server with its API.
    pub fn is_cloud(&self) -> bool {
        self.url.as_deref().is_some_and(|url| url.starts_with("https://") || url.starts_with("http://"))
    }

    /// Whether the run keeps its credentials in a folder of its own, so that no token stays on the machine and a stored
    /// login does not interfere. A cloud backend without a token of ours needs the earlier login.
    pub fn own_credentials(&self) -> bool {
        match self.source {
            BackendSource::Nobody => false,
            BackendSource::Login(_) if !self.is_cloud() => false,
            _ => self.token.is_some() || self.oidc.is_some() || !self.is_cloud(),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(url) = &self.url else { return f.write_str("none, nobody is logged in") };
        f.write_str(&without_credentials(url))?;
        let oidc = self.oidc.as_ref().map(|organization| format!("OIDC for {organization}"));
        let source = match &self.source {
            BackendSource::Input => "input `cloud-url`".to_owned(),
            BackendSource::Environment => "`PULUMI_BACKEND_URL`".to_owned(),
            BackendSource::Project(path) => format!("`{}`", path.display()),
            BackendSource::Api => "`PULUMI_API`".to_owned(),
            BackendSource::Token => match oidc {
                Some(oidc) => return write!(f, " ({oidc})"),
                None => "an access token and no URL".to_owned(),
            },
            BackendSource::Login(path) => format!("earlier login, `{}`", path.display()),
            BackendSource::Nobody => return Ok(()),
        };
        match oidc {
            Some(oidc) => write!(f, " ({source}; {oidc})"),
            None => write!(f, " ({source})"),
        }
    }
}

/// The words in names of parameters that are keys.
const KEYS: [&str; 9] = ["sig", "key", "token", "secret", "pass", "pwd", "sas", "auth", "cred"];

/// A URL that any process may be given: without the user, the password and the parameters that are keys, if it has a key.
pub fn without_keys(url: &str) -> String {
    if secrets_in(url).is_empty() {
        return url.to_owned();
    }
    let (location, query) =
        url.split_once('?').map_or((url, None), |(location, query)| (location, Some(query)));
    let is_key = |pair: &&str| !secrets_in(&format!("x://x?{pair}")).is_empty();
    let kept: Vec<&str> =
        query.into_iter().flat_map(|query| query.split('&')).filter(|pair| !is_key(pair)).collect();
    let location = without_credentials(location);
    if kept.is_empty() { location } else { format!("{location}?{}", kept.join("&")) }
}

/// The keys in a URL: its password, the parameters with names of keys, and the passwords of addresses in parameters.
pub fn secrets_in(url: &str) -> Vec<String> {
    let (location, query) = url.split_once('?').unwrap_or((url, ""));
    let mut found: Vec<String> = password(location).map(str::to_owned).into_iter().collect();
    for pair in query.split(['&', '#']) {
        let Some((name, written)) = pair.split_once('=') else { continue };
        let name = name.to_ascii_lowercase();
        let value = decoded(pair).unwrap_or_else(|| written.to_owned());
        // `region=eu-central-1` is not a secret; a signature is.
        if KEYS.iter().any(|word| name.contains(word)) {
            found.extend([written.to_owned(), value]);
        } else if let Some(password) = password(&value) {
            found.push(password.to_owned());
        }
    }
    found.retain(|secret| !secret.is_empty());
    found.dedup();
    found
}

/// The value of a parameter, decoded.
fn decoded(pair: &str) -> Option<String> {
    let mut scratch = Url::parse("scratch://x").ok()?;
    scratch.set_query(Some(pair));
    scratch.query_pairs().next().map(|(_, value)| value.into_owned())
}

/// The password of an address, or a user name without a password, which is a token.
fn password(address: &str) -> Option<&str> {
    let authority = address.split_once("://").map_or(address, |(_, rest)| rest).split('/').next()?;
    let (user, _) = authority.rsplit_once('@')?;
    Some(user.split_once(':').map_or(user, |(_, word)| word))
}

/// A URL without user, password and query, which can hold keys.
fn without_credentials(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => url.to_owned(),
    }
}

/// Pulumi Cloud as the default backend; `PULUMI_API` names it on servers of one's own.
/// <https://www.pulumi.com/docs/iac/cli/environment-variables/>
fn cloud(env: &Env) -> (String, BackendSource) {
    match env.get(API) {
        Some(url) => (url.to_owned(), BackendSource::Api),
        None => (PULUMI_CLOUD.to_owned(), BackendSource::Token),
    }
}

/// The backend of an earlier login on this machine, with the file that names it.
fn earlier_login(env: &Env) -> Option<(String, BackendSource)> {
    let path = home::credentials(env).ok()?;
    let file: Value = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
    let url = file.get("current")?.as_str().filter(|url| !url.is_empty())?;
    Some((url.to_owned(), BackendSource::Login(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_scheme_is_told_what_it_may_mean() {
        for (url, expected) in [
            ("my-bucket", Some("`s3://my-bucket`")),
            ("/srv/state", Some("`file:///srv/state`")),
            ("~", Some("`file://~`")),
            ("pulumi.acme.corp", Some("`https://pulumi.acme.corp`")),
            ("s3://my-bucket", None),
            ("file://~", None),
        ] {
            let hint = meant_by(url);
            assert_eq!(hint.is_some(), expected.is_some(), "{url}");
            assert!(expected.is_none_or(|piece| hint.unwrap_or_default().contains(piece)), "{url}");
        }
    }

    #[test]
    fn the_keys_in_a_url_are_found() {
        assert_eq!(secrets_in("postgres://me:hunter2@db/state?sslmode=require"), ["hunter2"]);
        assert_eq!(secrets_in("azblob://state?sig=abc&sv=1"), ["abc"]);
        assert_eq!(secrets_in("azblob://state?SAS=a%2Fb"), ["a%2Fb", "a/b"]);
        assert_eq!(secrets_in("postgres:///state?password=hunter2&host=db"), ["hunter2"]);
        assert_eq!(secrets_in("s3://acme?endpoint=http%3a%2f%2fu%3apw123456%40h:9"), ["pw123456"]);
        assert!(secrets_in("s3://bucket/a?region=eu").is_empty());
    }

    #[test]
    fn a_url_without_its_keys_names_the_same_place() {
        for (url, expected) in [
            ("s3://acme?endpoint=h:9&region=eu", "s3://acme?endpoint=h:9&region=eu"),
            (
                "postgres://me:hunter2@db:5433/state?sslmode=require",
                "postgres://db:5433/state?sslmode=require",
            ),
            ("postgres://me@db/state", "postgres://db/state"),
            ("postgres:///state?password=hunter2&host=db", "postgres:///state?host=db"),
            ("azblob://state?sig=abc&sv=1", "azblob://state?sv=1"),
            ("azblob://state?sig=abc", "azblob://state"),
            ("file:///srv/state", "file:///srv/state"),
        ] {
            assert_eq!(without_keys(url), expected);
        }
    }

    fn resolved(pairs: &[(&str, &str)], login: Option<&str>) -> (Option<String>, bool) {
        let home = tempfile::tempdir().unwrap();
        if let Some(url) = login {
            let file = serde_json::json!({ "current": url }).to_string();
            std::fs::write(home.path().join("credentials.json"), file).unwrap();
        }
        let home = [("PULUMI_CREDENTIALS_PATH", home.path().to_str().unwrap())];
        let env = Env::from_pairs("/", pairs.iter().chain(&home).copied());
        let inputs = crate::inputs::resolve(
            Some(crate::inputs::Command::Up),
            &crate::inputs::resolve::Flags::new(),
            crate::ci::detect(&env),
            &env,
        );
        let inputs = crate::inputs::Inputs::from_resolved(&inputs.unwrap(), &env).unwrap();
        let backend = Backend::resolve(&inputs.named_backend(), &env, None);
        (backend.url.clone(), backend.own_credentials())
    }

    #[test]
    fn a_token_goes_where_the_cli_would_send_it() {
        let token = ("PULUMI_ACCESS_TOKEN", "pul-0123456789");
        let api = ("PULUMI_API", "https://pulumi.acme.corp");
        let named = ("PULUMI_BACKEND_URL", "https://named.acme.corp");
        for (pairs, login, expected, own) in [
            (&[token][..], None, Some(PULUMI_CLOUD), true),
            (&[token, api], None, Some("https://pulumi.acme.corp"), true),
            (&[token, api, named], None, Some("https://named.acme.corp"), true),
            (&[token, named], Some("https://login.acme.corp"), Some("https://named.acme.corp"), true),
            (&[token, api], Some("https://login.acme.corp"), Some("https://login.acme.corp"), true),
            (&[token], Some("https://login.acme.corp"), Some("https://login.acme.corp"), true),
            (&[token, api], Some("file:///state"), Some("file:///state"), false),
            (&[], Some("https://login.acme.corp"), Some("https://login.acme.corp"), false),
            (&[api], None, None, false),
        ] {
            assert_eq!(resolved(pairs, login), (expected.map(str::to_owned), own), "{pairs:?} {login:?}");
        }
    }

    #[test]
    fn the_token_of_an_earlier_login_is_for_its_own_backend() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials.json");
        let url = "https://api.pulumi.com";
        let backend = |source, token| Backend { url: Some(url.to_owned()), source, token, oidc: None };
        let login = || backend(BackendSource::Login(path.clone()), None);
        for (file, expected) in [
            (
                r#"{"accounts": {"https://api.pulumi.com": {"accessToken": "pul-1"}}, "accessTokens": {}}"#,
                Some("pul-1"),
            ),
            (
                r#"{"accessTokens": {"https://api.pulumi.com": "pul-2", "https://other": "pul-3"}}"#,
                Some("pul-2"),
            ),
            (r#"{"accessTokens": {"https://other": "pul-3"}}"#, None),
            (r#"{"$pulumiSecureStore": "x"}"#, None),
        ] {
            std::fs::write(&path, file).unwrap();
            assert_eq!(login().token_for_requests().as_ref().map(Secret::expose), expected, "{file}");
        }
        let own = backend(BackendSource::Token, Some(Secret::new("pul-0")));
        assert_eq!(own.token_for_requests().unwrap().expose(), "pul-0");
        assert!(backend(BackendSource::Environment, None).token_for_requests().is_none());
    }

    #[test]
    fn an_identity_is_exchanged_where_the_cloud_is() {
        let oidc = ("STACKSTEP_OIDC_ORGANIZATION", "acme");
        let api = ("PULUMI_API", "https://pulumi.acme.corp");
        assert_eq!(resolved(&[oidc], None).0.as_deref(), Some(PULUMI_CLOUD));
        assert_eq!(resolved(&[oidc, api], None).0.as_deref(), Some("https://pulumi.acme.corp"));
    }

    #[test]
    fn keys_in_a_url_do_not_show() {
        assert_eq!(without_credentials("https://u:p@host/x?sig=abc"), "https://host/x");
        assert_eq!(without_credentials("s3://bucket/a?region=eu"), "s3://bucket/a");
        assert_eq!(without_credentials("file:///tmp/state"), "file:///tmp/state");
        assert_eq!(without_credentials("file://~"), "file://~");
    }
}
