//! The credentials of a run, read from its environment: CI systems withhold secrets from the changes of strangers and
//! of bots, and a run without them can only fail.
//!
//! A system that withholds a secret hands over an empty variable, so an empty one counts as none.

use crate::base::env::Env;
use crate::pulumi::backend::{Backend, BackendSource};
use crate::pulumi::secret_names;

/// The credentials of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Whether they seem enough to read the state: for Pulumi Cloud an access token, an earlier login or an identity
    /// token; for another backend any of [`secret_names::credentials`].
    pub backend: bool,
    /// The variables that hold credentials.
    pub found: Vec<&'static str>,
}

/// The credentials of a run. `identity` says whether it will exchange an identity token that the CI system gives it.
pub fn credentials(env: &Env, backend: &Backend, identity: bool) -> Credentials {
    let found: Vec<&str> = secret_names::credentials().filter(|name| env.get(name).is_some()).collect();
    let login = matches!(backend.source, BackendSource::Login(_));
    let cloud = backend.token.is_some() || login || identity;
    let own = !backend.is_cloud() && backend.url.is_some() && !found.is_empty();
    Credentials { backend: cloud || own, found }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secret::Secret;

    fn has(pairs: &[(&str, &str)], backend: &Backend) -> bool {
        credentials(&Env::from_pairs("/", pairs.iter().copied()), backend, false).backend
    }

    fn backend(url: Option<&str>, token: Option<&str>) -> Backend {
        Backend {
            url: url.map(str::to_owned),
            source: if url.is_some() { BackendSource::Environment } else { BackendSource::Nobody },
            token: token.map(Secret::new),
            oidc: None,
        }
    }

    #[test]
    fn pulumi_cloud_needs_a_token_and_a_cloud_login_is_none() {
        let cloud = backend(Some("https://api.pulumi.com"), None);
        assert!(!has(&[("AWS_ACCESS_KEY_ID", "AKIA")], &cloud));
        assert!(has(&[], &backend(Some("https://api.pulumi.com"), Some("pul-1"))));
        assert!(credentials(&Env::default(), &cloud, true).backend);
    }

    #[test]
    fn a_bucket_needs_any_credentials() {
        let bucket = backend(Some("s3://state"), None);
        assert!(has(&[("AWS_ACCESS_KEY_ID", "AKIA")], &bucket));
        assert!(!has(&[("AWS_REGION", "eu-central-1")], &bucket));
    }

    #[test]
    fn a_withheld_secret_is_an_empty_variable() {
        let file = backend(Some("file:///state"), None);
        assert!(!has(&[("PULUMI_CONFIG_PASSPHRASE", "")], &file));
        assert!(has(&[("PULUMI_CONFIG_PASSPHRASE", "p")], &file));
    }

    #[test]
    fn without_a_backend_there_is_nothing_to_reach() {
        assert!(!has(&[("AWS_ACCESS_KEY_ID", "AKIA")], &backend(None, None)));
    }
}
