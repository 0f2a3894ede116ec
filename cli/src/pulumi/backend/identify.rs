//! Finds the identity of a stack in a backend, without starting an engine process.

use std::path::Path;

use serde_json::Value;

use super::Backend;
use crate::base::env::Env;
use crate::base::git;
use crate::pulumi::home;
use crate::pulumi::stack::{BackendPlace, Beside, ReadFrom, StackIdentity, StackName};

impl Backend {
    /// The place of the backend, for an engine that is started in `folder`. None if no backend is named.
    pub fn place(&self, env: &Env, folder: &Path) -> Option<BackendPlace> {
        let top = git::top(folder);
        let checkout = top.as_deref().unwrap_or(env.cwd());
        // The real path, as the checkout's top folder has one too.
        let real = std::fs::canonicalize(folder).ok().filter(|_| top.is_some());
        let folder = real.as_deref().unwrap_or(folder);
        Some(BackendPlace::from_url(self.url.as_deref()?, ReadFrom { env, folder, checkout }))
    }

    /// The identity of the stack that is named `stack`, in the `project` of the project file.
    pub fn identify(
        &self,
        stack: &StackName,
        project: Option<&str>,
        env: &Env,
        folder: &Path,
    ) -> StackIdentity {
        let backend = self.place(env, folder);
        let default = self.default_organization(env);
        let cloud = self.is_cloud();
        let beside =
            Beside { project, backend: backend.as_ref(), cloud, default_organization: default.as_deref() };
        StackIdentity::new(stack, beside)
    }

    /// The organisation of a stack's name without one, if it is set on this machine. Otherwise Pulumi Cloud decides,
    /// which is not asked for it. <https://www.pulumi.com/docs/iac/cli/commands/pulumi_org_set-default/>
    fn default_organization(&self, env: &Env) -> Option<String> {
        if let Some(set) = env.get("PULUMI_DEFAULT_ORGANIZATION") {
            return Some(set.to_owned());
        }
        // The file is beside the credentials; a run with credentials of its own does not see it.
        let url = self.url.as_deref().filter(|_| self.is_cloud() && !self.own_credentials())?;
        let file = std::fs::read(home::config(env).ok()?).ok()?;
        let config: Value = serde_json::from_slice(&file).ok()?;
        let named = config.get("backends")?.get(url.trim_end_matches('/'))?.get("defaultOrg")?.as_str()?;
        Some(named.to_owned()).filter(|named| !named.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::super::BackendSource;
    use super::*;

    fn identity(backend: &Backend, env: &Env) -> StackIdentity {
        backend.identify(&StackName::parse("dev").unwrap(), Some("shop"), env, Path::new("/nowhere"))
    }

    fn cloud(source: BackendSource) -> Backend {
        Backend { url: Some(super::super::PULUMI_CLOUD.to_owned()), source, token: None, oidc: None }
    }

    #[test]
    fn the_default_organization_is_the_one_that_is_set() {
        let env = Env::from_pairs("/", [("PULUMI_DEFAULT_ORGANIZATION", "acme")]);
        assert_eq!(identity(&cloud(BackendSource::Token), &env).to_string(), "acme/shop/dev");
    }

    #[test]
    fn the_default_organization_of_an_earlier_login_counts_only_where_the_login_does() {
        let folder = tempfile::tempdir().unwrap();
        let config = r#"{"backends": {"https://api.pulumi.com": {"defaultOrg": "acme"}}}"#;
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        let env = Env::from_pairs("/", [("PULUMI_HOME", folder.path().display().to_string())]);
        let login = cloud(BackendSource::Login("x".into()));
        assert_eq!(identity(&login, &env).to_string(), "acme/shop/dev");
        let token = Some(crate::base::secret::Secret::new("pul-0123456789"));
        let own = Backend { token, ..cloud(BackendSource::Token) };
        assert_eq!(identity(&own, &env).to_string(), "shop/dev");
    }

    #[test]
    fn two_checkouts_agree_on_a_relative_folder_and_two_projects_of_one_do_not() {
        let place = |project: &str| {
            let checkout = tempfile::tempdir().unwrap();
            let folder = checkout.path().join(project);
            std::fs::create_dir_all(checkout.path().join(".git")).unwrap();
            std::fs::create_dir_all(&folder).unwrap();
            let url = Some("file://./state".to_owned());
            let backend = Backend { url, source: BackendSource::Environment, token: None, oidc: None };
            backend.place(&Env::from_pairs(&folder, [("HOME", "/nowhere")]), &folder).unwrap().address()
        };
        assert_eq!(place("infra/shop"), "file://./infra/shop/state");
        assert_eq!(place("infra/shop"), place("infra/shop"));
        assert_ne!(place("infra/shop"), place("infra/network"));
    }

    #[test]
    fn an_unknown_backend_has_no_fingerprint() {
        let backend = Backend { url: None, source: BackendSource::Nobody, token: None, oidc: None };
        assert_eq!(identity(&backend, &Env::from_pairs("/", [("A", "b")])).backend, None);
    }
}
