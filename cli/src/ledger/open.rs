//! Chooses the place of a stack's ledger: beside the state, or on the forge where nothing can be written beside it. It
//! follows from the backend alone, never from what a job may do or what a commit says: two jobs would keep two ledgers
//! otherwise, and a commit could leave the record behind that it is judged by.

use std::path::Path;

use super::bucket::{Bucket, ReadWith};
use super::cloud::CloudStack;
use super::deployments::{ForgeLedger, ForgeLedgerStack};
use super::objects::ObjectLedger;
use super::stack_ledger::{Ledger, LedgerStore};
use super::tags::TagLedger;
use crate::base::env::Env;
use crate::base::error::Problem;
use crate::base::secret::Secret;
use crate::cloud::service::CloudNames;
use crate::forge::Place;
use crate::pulumi::stack::StackIdentity;

/// The stack and its backend, with what a request there needs.
pub struct LedgerFor<'a> {
    /// The backend's URL. None if none is named.
    pub url: Option<&'a str>,
    /// The access token of Pulumi Cloud.
    pub token: Option<&'a Secret>,
    /// The stack.
    pub identity: &'a StackIdentity,
    /// The environment that the engine gets, with what `env-file` adds to it.
    pub env: &'a Env,
    /// The folder that the engine is started in.
    pub folder: &'a Path,
    /// The repository on its forge, if it is known.
    pub forge: Option<&'a Place>,
    /// The commit of the job.
    pub commit: Option<&'a str>,
}

impl LedgerFor<'_> {
    /// The backend's address for messages.
    pub(super) fn shown(&self) -> String {
        self.identity.backend_url.clone().unwrap_or_else(|| "the backend".to_owned())
    }

    /// The project's name. Without it the place of the stack's objects is not known. The names are those of folders, so that one
    /// which leads to another folder is refused.
    pub(super) fn project(&self) -> Result<&str, Problem> {
        let names = [self.identity.project.as_deref().unwrap_or("-"), &self.identity.stack];
        let is_plain = |name: &&str| !["", ".", ".."].contains(name) && !name.contains(['/', '\\', '\0']);
        if let Some(name) = names.iter().find(|name| !is_plain(name)) {
            let what = format!("`{}` is no name of a project or a stack", name.escape_debug());
            return Err(Problem::without_hint(what));
        }
        self.identity.project.as_deref().ok_or_else(|| {
            Problem::new(
                format!("the project of the stack `{}` is not known", self.identity.stack),
                "name it: `organization/shop/prod`",
            )
        })
    }

    /// The objects of a self-managed backend.
    pub(super) fn bucket(&self, url: &str) -> Result<Bucket, Problem> {
        Bucket::open(url, ReadWith { env: self.env, folder: self.folder }, self.shown())
    }

    /// The stack at Pulumi Cloud.
    pub(super) fn cloud(&self, url: &str) -> Result<CloudStack, Problem> {
        CloudStack::new(url, self.cloud_token()?.clone(), &self.cloud_names()?, self.env)
    }

    /// The access token of Pulumi Cloud.
    pub(super) fn cloud_token(&self) -> Result<&Secret, Problem> {
        self.token.ok_or_else(|| {
            Problem::new(
                "there is no access token of Pulumi Cloud beside the engine's own login",
                "give the job the token (`access-token` or `PULUMI_ACCESS_TOKEN`), or `oidc-organization`",
            )
        })
    }

    /// The names of the stack at Pulumi Cloud.
    pub(super) fn cloud_names(&self) -> Result<CloudNames<'_>, Problem> {
        Ok(CloudNames {
            organization: self.identity.organization.as_deref(),
            project: self.project()?,
            stack: &self.identity.stack,
        })
    }
}

/// The kind of a backend's URL.
pub(super) enum BackendKind {
    Objects,
    Cloud,
    Other(String),
}

impl BackendKind {
    pub fn find(url: &str) -> Self {
        match url.trim().split("://").next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "file" | "s3" | "gs" | "azblob" => Self::Objects,
            "https" | "http" => Self::Cloud,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// The reason why a state is not known without the engine.
pub(super) fn only_the_engine(scheme: &str) -> Problem {
    Problem::without_hint(format!(
        "the state of a `{}` backend is read by the engine only",
        scheme.escape_debug()
    ))
}

impl Ledger {
    /// The ledger of a stack, or none with the reason why. Sends nothing.
    pub fn open(stack: &LedgerFor<'_>) -> Self {
        let Some(url) = stack.url else {
            return Self::none(Problem::new("the backend is not known", "set `cloud-url`"));
        };
        let opened = match BackendKind::find(url) {
            BackendKind::Objects => stack.bucket(url).and_then(|bucket| {
                let ledger = ObjectLedger::new(bucket, stack.project()?, &stack.identity.stack);
                Ok(Ledger::in_store(
                    LedgerStore::Objects(ledger),
                    "beside the state of a self-managed backend",
                ))
            }),
            BackendKind::Cloud => stack.cloud(url).map(|cloud| {
                Ledger::in_store(
                    LedgerStore::Tags(TagLedger::new(cloud, &stack.identity.stack)),
                    "the state is at Pulumi Cloud",
                )
            }),
            BackendKind::Other(scheme) => {
                return on_the_forge(
                    stack,
                    &format!(
                        "nothing can be written beside the state of a `{}` backend",
                        scheme.escape_debug()
                    ),
                );
            }
        };
        opened.unwrap_or_else(Self::none)
    }
}

fn on_the_forge(stack: &LedgerFor<'_>, why: &str) -> Ledger {
    let (Some(place), Some(commit)) = (stack.forge, stack.commit) else {
        return Ledger::none(Problem::new(
            format!("{why}, and the repository on its forge is not known, or there is no token for it"),
            "give the step `github-token` (or the token of your forge), and run it in a checkout",
        ));
    };
    let identity = stack.identity;
    let whole = format!("{} {}", identity.backend.as_deref().unwrap_or_default(), identity);
    let names = ForgeLedgerStack {
        whole: &whole,
        project: identity.project.as_deref(),
        stack: &identity.stack,
        commit,
    };
    match ForgeLedger::new(place.clone(), &names, stack.env) {
        Some(Ok(ledger)) => Ledger::in_store(LedgerStore::Forge(ledger), why),
        Some(Err(problem)) => Ledger::none(problem),
        None => Ledger::none(Problem::new(
            format!("{why}, and {} keeps no text with its deployments", place.forge.title()),
            "move the state to a bucket or to Pulumi Cloud",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::http::Url;
    use crate::forge::forge_by_name;

    fn identity() -> StackIdentity {
        StackIdentity {
            organization: Some("acme".to_owned()),
            project: Some("shop".to_owned()),
            stack: "prod".to_owned(),
            backend: Some("0123456789ab".to_owned()),
            backend_url: Some("the-place".to_owned()),
        }
    }

    fn place(forge: &str) -> Place {
        Place {
            forge: forge_by_name(forge).unwrap(),
            api: Url::parse("https://api.example.com/").unwrap(),
            repository: "acme/shop".to_owned(),
            token: Secret::new("ghp_0123456789"),
            author: None,
            likely_author: None,
            jobs_own: true,
        }
    }

    fn opened(url: Option<&str>, forge: Option<&str>) -> String {
        let env = Env::from_pairs("/", [("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "hunter2")]);
        let (identity, place, token) = (identity(), forge.map(place), Secret::new("pul-0123456789"));
        let stack = LedgerFor {
            url,
            token: Some(&token),
            identity: &identity,
            env: &env,
            folder: Path::new("/builds"),
            forge: place.as_ref(),
            commit: Some("abc"),
        };
        Ledger::open(&stack).shown()
    }

    #[test]
    fn the_place_follows_from_the_backend() {
        for (url, forge, expected) in [
            ("file:///srv/state", None, ".stackstep/ledger/shop/prod in the-place (beside"),
            (
                "s3://acme?region=eu-central-1",
                Some("github"),
                ".stackstep/ledger/shop/prod in the-place (beside",
            ),
            (
                "https://api.pulumi.com",
                Some("github"),
                "the tags of `acme/shop/prod` at api.pulumi.com (the state is",
            ),
            (
                "postgres://db/state",
                Some("github"),
                "the deployments of acme/shop on GitHub, under `stackstep-ledger`",
            ),
            (
                "postgres://db/state",
                Some("gitlab"),
                "none: nothing can be written beside the state of a `postgres` backend, and GitLab keeps",
            ),
            ("postgres://db/state", None, "none: nothing can be written"),
            ("s3://acme", Some("github"), "none: the region of the bucket is not known"),
        ] {
            let shown = opened(Some(url), forge);
            assert!(shown.starts_with(expected), "{url} {forge:?}: {shown}");
        }
        assert_eq!(opened(None, None), "none: the backend is not known");
    }

    #[test]
    fn without_a_ledger_it_is_said_what_can_t_be_promised() {
        let none = Ledger::none(Problem::without_hint("because"));
        assert_eq!(none.missing().unwrap().what, "because");
        assert_eq!(none.not_promised().len(), 3);
    }
}
