//! Codefresh.
//!
//! Variables: <https://codefresh.io/docs/docs/pipelines/variables/>. Those of a change come from the git provider's
//! event.
//!
//! The log has no groups, no annotations and no commands: it hides the values of encrypted variables by itself, and
//! those that `cf_export --mask` exports. Annotations of a build are made by its pipeline. Later steps get variables
//! from a file of lines `NAME=value`.
//!
//! The steps of a build run in a container each, and share a volume, which has to hold files for later steps.

use std::path::{Path, PathBuf};

use super::context::{is_app, number, text, yes_or_no};
use super::identity::with_parameter;
use super::{
    Advice, CiSystem, Context, Handover, IdentityToken, JobFolders, OutputsForm, OutputsWay, STEP_SECRETS,
    STEP_STATE, SystemVariables, TokenRequest,
};
use crate::base::env::Env;
use crate::base::origin::Origin;

/// The file on the volume whose variables all later steps get:
/// <https://codefresh.io/docs/docs/pipelines/variables/#directly-writing-to-the-file>.
const VARIABLES: &str = "env_vars_to_export";

/// The most bytes of a value: it becomes a variable of every later step, and no program starts with a longer one. The
/// longest name is subtracted. <https://man7.org/linux/man-pages/man2/execve.2.html>
const LONGEST_VALUE: usize = 128 * 1024 - 256;

/// Codefresh.
pub struct Codefresh;

impl CiSystem for Codefresh {
    fn name(&self) -> &'static str {
        "codefresh"
    }

    fn detect(&self, env: &Env) -> bool {
        env.get("CF_BUILD_ID").is_some()
    }

    fn context(&self, env: &Env) -> Context {
        let change_request = number(env, "CF_PULL_REQUEST_NUMBER");
        let repository = env
            .get("CF_REPO_OWNER")
            .zip(env.get("CF_REPO_NAME"))
            .map(|(owner, name)| format!("{owner}/{name}"));
        let tag = text(env, "CF_RELEASE_TAG");
        // Bitbucket sends a short hash only.
        let commit = text(env, "CF_PULL_REQUEST_HEAD_COMMIT_SHA").or_else(|| text(env, "CF_REVISION"));
        let branch = text(env, "CF_PULL_REQUEST_HEAD_BRANCH").or_else(|| text(env, "CF_BRANCH"));
        Context {
            repository,
            commit,
            branch: branch.filter(|branch| Some(branch) != tag.as_ref()),
            tag,
            change_request,
            proposed: env
                .iter()
                .any(|(name, value)| name.starts_with("CF_PULL_REQUEST_") && !value.is_empty()),
            target_branch: text(env, "CF_PULL_REQUEST_TARGET"),
            fork: change_request.and(yes_or_no(env, "CF_PULL_REQUEST_IS_FORK")),
            build_url: text(env, "CF_BUILD_URL"),
            actor: text(env, "CF_BUILD_INITIATOR"),
            bot: is_app(env.get("CF_BUILD_INITIATOR")),
            event: text(env, "CF_BUILD_TRIGGER"),
            ..Context::default()
        }
        .settled()
    }

    fn origin(&self, env: &Env) -> Origin {
        Origin { remote: remote(env), ..Origin::default() }
    }

    fn identity_token(&self, env: &Env, audience: &str) -> IdentityToken {
        // https://codefresh.io/docs/docs/integrations/oidc-pipelines/, and the step that does the same:
        // https://github.com/codefresh-io/steps/blob/master/incubating/obtain-oidc-id-token/step.yaml
        let (Some(url), Some(_)) = (env.get("CF_OIDC_REQUEST_URL"), env.get("CF_OIDC_REQUEST_TOKEN")) else {
            return IdentityToken::None {
                reason: "the build has no `CF_OIDC_REQUEST_URL`: OpenID Connect is not set up for the account",
            };
        };
        IdentityToken::Request(TokenRequest {
            method: "GET",
            url: with_parameter(url, "audience", audience),
            bearer: "CF_OIDC_REQUEST_TOKEN",
            scheme: "",
            answer: "id_token",
        })
    }

    // The time that a step of a terminated build has is not documented.

    fn variables(&self) -> SystemVariables {
        SystemVariables {
            secret: &["CF_OIDC_REQUEST_TOKEN", "CF_API_KEY", "ID_TOKEN"],
            ..SystemVariables::NONE
        }
    }

    fn folders(&self) -> JobFolders {
        JobFolders {
            workspaces: clone_folder,
            temporary: |env| env.get("CF_VOLUME_PATH").map(|volume| Path::new(volume).join(".stackstep")),
            shared: beside_the_state,
            ..JobFolders::UNKNOWN
        }
    }

    fn handover(&self) -> Handover {
        Handover {
            outputs: OutputsWay::Variables {
                file: variables_file,
                secrets: |env| env.get(STEP_SECRETS).map(|path| env.cwd().join(path)),
            },
            ..Handover::FILES_ONLY
        }
    }

    fn advice(&self) -> Advice {
        Advice {
            // https://codefresh.io/docs/docs/pipelines/triggers/git-triggers/#build-pull-requests-from-forks
            maintainers_way: |_| {
                "a maintainer who has read the change can push its commits to a branch of this repository, or start a build by \
                 the comment that the trigger asks for"
                    .to_owned()
            },
            ..Advice::GENERAL
        }
    }
}

fn clone_folder(env: &Env) -> Vec<PathBuf> {
    // Without a folder of its own, a clone is in the volume under the repository's name:
    // https://codefresh.io/docs/docs/pipelines/steps/git-clone/
    let clone = env.get("CF_VOLUME_PATH").zip(env.get("CF_REPO_NAME"));
    clone.map(|(volume, name)| Path::new(volume).join(name)).into_iter().collect()
}

fn beside_the_state(env: &Env) -> Option<PathBuf> {
    let folder = env.cwd().join(env.get(STEP_STATE)?).parent()?.to_owned();
    folder.is_dir().then_some(folder)
}

fn variables_file(env: &Env) -> Option<(PathBuf, OutputsForm)> {
    let path = Path::new(env.get("CF_VOLUME_PATH")?).join(VARIABLES);
    let form =
        OutputsForm::Dotenv { bytes: usize::MAX, variables: usize::MAX, name: 255, refuses: refuses_value };
    Some((path, form))
}

/// The repository's page, from the beginning of the commit's address.
fn remote(env: &Env) -> Option<String> {
    let commit = env.get("CF_COMMIT_URL")?;
    let slug = format!("/{}/{}", env.get("CF_REPO_OWNER")?, env.get("CF_REPO_NAME")?);
    let (before, _) = commit.split_once(&format!("{slug}/"))?;
    Some(format!("{before}{slug}"))
}

/// The reason why a value can't be a line of the file: a value of several lines is cut off:
/// <https://codefresh.io/docs/docs/pipelines/variables/#multi-line-variables-with-cf_export>.
fn refuses_value(value: &str) -> Option<&'static str> {
    if value.contains(['\r', '\n']) {
        Some("Codefresh cuts a value of several lines off")
    } else if value.contains('\0') {
        Some("no variable can hold a NUL")
    } else {
        (value.len() > LONGEST_VALUE).then_some("no program starts with a variable of 128 KiB")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build() -> Env {
        let volume = [("CF_BUILD_ID", "5f0e3c2d1b"), ("CF_VOLUME_PATH", "/codefresh/volume")];
        Env::from_pairs("/codefresh/volume/shop", volume)
    }

    #[test]
    fn variables_for_later_steps_are_in_the_file_of_the_volume() {
        let (path, _) = variables_file(&build()).unwrap();
        assert_eq!(path, Path::new("/codefresh/volume/env_vars_to_export"));
        let handover = Codefresh.handover();
        assert!(handover.takes_outputs(&build()) && !handover.takes_outputs(&Env::default()));
    }

    #[test]
    fn a_value_that_codefresh_would_cut_off_is_refused() {
        for value in ["a\nb", "a\r", "a\0", &"x".repeat(LONGEST_VALUE + 1)] {
            assert!(refuses_value(value).is_some(), "{value:.10}");
        }
        for value in ["", " a'b\"c`d $(x) ${{CF_BRANCH}} ", &"x".repeat(LONGEST_VALUE)] {
            assert_eq!(refuses_value(value), None, "{value:.40}");
        }
    }

    #[test]
    fn secret_outputs_wait_for_the_part_of_the_step_that_masks_them() {
        let OutputsWay::Variables { secrets, .. } = Codefresh.handover().outputs else { panic!("no file") };
        assert_eq!(secrets(&build()), None);
        let env = Env::from_pairs("/v", [(STEP_SECRETS, "/v/.stackstep/secrets")]);
        assert_eq!(secrets(&env), Some("/v/.stackstep/secrets".into()));
    }

    #[test]
    fn the_runs_folder_lies_beside_the_state_where_that_folder_is() {
        let folder = tempfile::tempdir().unwrap();
        let env = Env::from_pairs(folder.path(), [(STEP_STATE, "state")]);
        assert_eq!(beside_the_state(&env).as_deref(), Some(folder.path()));
        let elsewhere = Env::from_pairs(folder.path(), [(STEP_STATE, "nowhere/state")]);
        assert_eq!(beside_the_state(&elsewhere), None);
    }

    #[test]
    fn the_forge_is_the_one_of_the_commits_page() {
        let remote = |url: &str| {
            let pairs = [("CF_COMMIT_URL", url), ("CF_REPO_OWNER", "acme"), ("CF_REPO_NAME", "shop")];
            Codefresh.origin(&Env::from_pairs("/", pairs)).remote
        };
        for (url, wanted) in [
            ("https://github.com/acme/shop/commit/8d08154", Some("https://github.com/acme/shop")),
            ("https://git.example.com/acme/shop/-/commit/8d08154", Some("https://git.example.com/acme/shop")),
            ("https://github.com/acme/shopping/commit/8d08154", None),
        ] {
            assert_eq!(remote(url).as_deref(), wanted);
        }
    }
}
