//! What an install does not get of the job's environment: an install runs the code of strangers.
//!
//! Neither secrets nor what leads to a backend, and no file by which a step decides the environment, the programs or the
//! outputs of later steps. What registries are reached with stays.

use crate::ci::CiSystem;
use crate::env::Env;
use crate::secret_names::{self, VARIABLES};

/// Words in the names of variables that registries are reached with.
const REGISTRIES: &[&str] = &[
    "NPM",
    "NODE_AUTH",
    "YARN",
    "PNPM",
    "BUN_",
    "PIP_",
    "UV_",
    "POETRY_",
    "TWINE_",
    "NUGET",
    "VSS_",
    "GOPROXY",
    "GOAUTH",
    "MAVEN",
    "GRADLE",
    "ARTIFACTORY",
    "JFROG",
    "CODEARTIFACT",
    "CARGO_REGISTR",
    "BUNDLE_",
];

/// Ends of names that say that the value is a secret, beside those of [`secret_names`].
const KEYS: &[&str] = &["_KEY", "_PAT", "_AUTH", "_PWD", "_PASS"];

/// Variables that name the files by which a step sets the environment, the programs or the outputs of later steps.
/// GitHub: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#environment-files>.
/// CircleCI: <https://circleci.com/docs/guides/security/set-environment-variable/#using-parameters-and-bash-environment>.
/// Bitbucket: <https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/>.
/// Buildkite: <https://buildkite.com/docs/pipelines/configure/environment-variables>.
const STEP_FILES: &[&str] = &[
    "GITHUB_ENV",
    "GITHUB_OUTPUT",
    "GITHUB_PATH",
    "GITHUB_STATE",
    "GITHUB_STEP_SUMMARY",
    "GITEA_ENV",
    "GITEA_OUTPUT",
    "GITEA_PATH",
    "GITEA_STATE",
    "GITEA_STEP_SUMMARY",
    "FORGEJO_ENV",
    "FORGEJO_OUTPUT",
    "FORGEJO_PATH",
    "FORGEJO_STATE",
    "FORGEJO_STEP_SUMMARY",
    "BASH_ENV",
    "BITBUCKET_PIPELINES_VARIABLES_PATH",
    "BUILDKITE_ENV_FILE",
    "DRONE_OUTPUT",
    "DRONE_OUTPUT_SECRET",
    "HARNESS_OUTPUT_SECRET_FILE",
];

/// The names of the variables, whether they are set or not.
pub(super) fn names(env: &Env, ci: &dyn CiSystem) -> Vec<String> {
    let reaches_a_registry = |name: &str| REGISTRIES.iter().any(|word| name.contains(word));
    let set = env.iter().filter(|(name, value)| {
        let upper = name.to_ascii_uppercase();
        let says_so = secret_names::says_secret(&upper) || KEYS.iter().any(|end| upper.ends_with(end));
        ci.is_secret(name) || ((says_so || is_token(value)) && !reaches_a_registry(&upper))
    });
    let known = VARIABLES.iter().map(|variable| variable.name).chain(STEP_FILES.iter().copied());
    let known = known.filter(|name| !reaches_a_registry(name));
    known.chain(set.map(|(name, _)| name)).map(str::to_owned).collect()
}

/// Whether the value is a signed token, as identities of jobs are: <https://www.rfc-editor.org/rfc/rfc7519>.
fn is_token(value: &str) -> bool {
    value.starts_with("eyJ") && value.matches('.').count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::detect;

    fn withheld(name: &str, value: &str) -> bool {
        let env = Env::from_pairs("/", [(name, value)]);
        names(&env, detect(&env)).iter().any(|other| other == name)
    }

    #[test]
    fn secrets_by_table_name_or_value_are_withheld() {
        for name in [
            "AWS_SECRET_ACCESS_KEY",
            "AWS_PROFILE",
            "PULUMI_BACKEND_URL",
            "CLOUDFLARE_API_TOKEN",
            "DATADOG_API_KEY",
            "DB_PASSWORD",
            "db_password",
            "MY_SECRET",
            "SENTRY_KEY",
            "AZURE_DEVOPS_EXT_PAT",
            "GITHUB_TOKEN",
        ] {
            assert!(withheld(name, "x"), "{name}");
        }
        assert!(withheld("WHO_I_AM", "eyJh.eyJi.c"));
    }

    #[test]
    fn files_that_decide_about_later_steps_are_withheld() {
        for name in
            ["GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY", "BASH_ENV"]
        {
            assert!(withheld(name, "/runner/file"), "{name}");
        }
    }

    #[test]
    fn what_an_install_needs_stays() {
        for name in [
            "NPM_TOKEN",
            "NODE_AUTH_TOKEN",
            "NPM_CONFIG_USERCONFIG",
            "YARN_NPM_AUTH_TOKEN",
            "PIP_INDEX_URL",
            "UV_INDEX_PRIVATE_PASSWORD",
            "POETRY_HTTP_BASIC_PRIVATE_PASSWORD",
            "NUGET_API_KEY",
            "VSS_NUGET_ACCESSTOKEN",
            "GOPROXY",
            "PATH",
            "HOME",
            "HTTPS_PROXY",
            "GITHUB_ACTIONS",
            "GITHUB_WORKSPACE",
        ] {
            assert!(!withheld(name, "/usr/bin"), "{name}");
        }
        assert!(!withheld("NPM_IDENTITY", "eyJh.eyJi.c"));
    }
}
