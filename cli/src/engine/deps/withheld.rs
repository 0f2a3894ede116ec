//! The variables that an install does not get, because it runs code of strangers.
//!
//! These are secrets, addresses of backends, and the files by which a step acts on the environment, the programs or the
//! outputs of later steps. Variables for package registries stay.

use crate::base::env::Env;
use crate::base::secret::is_long_enough;
use crate::ci::{CiSystem, SYSTEMS};
use crate::pulumi::secret_names::{self, VARIABLES};

/// Words in the names of variables for package registries.
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

/// Parts of names, between underscores, that mark the value as a secret, in addition to those of [`secret_names`].
const PARTS: &[&str] =
    &["KEY", "KEYS", "PAT", "AUTH", "PWD", "PASS", "SAS", "DSN", "WEBHOOK", "COOKIE", "JWT"];

/// Texts that mark a value as a key: a private key, a cloud's key file, a header that signs in.
const MARKS: &[&str] = &[
    "PRIVATE KEY-----",
    "\"PRIVATE_KEY\"",
    "AUTHORIZATION: ",
    "AUTHORIZATION=",
    "ACCOUNTKEY=",
    "SHAREDACCESSSIGNATURE=",
];

/// The beginning of Git's configuration variables. They are withheld all together, as some of them alone are an error.
/// <https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT>
const GIT_CONFIG: &str = "GIT_CONFIG_";

/// The names of the variables to withhold, whether they are set or not.
pub(super) fn names(env: &Env, ci: &dyn CiSystem) -> Vec<String> {
    let reaches_a_registry = |name: &str| REGISTRIES.iter().any(|word| name.contains(word));
    let is_secret = |name: &str, value: &str| {
        let upper = name.to_ascii_uppercase();
        let by_name = || secret_names::says_secret(&upper) || has_a_secret_part(&upper);
        let by_value =
            || is_token(value) || is_key(value) || (has_password(value) && !upper.ends_with("_PROXY"));
        ci.variables().is_secret(name) || ((by_name() || by_value()) && !reaches_a_registry(&upper))
    };
    let secrets: Vec<(&str, &str)> = env.iter().filter(|(name, value)| is_secret(name, value)).collect();
    let named = |name: &str| secrets.iter().any(|(secret, _)| *secret == name);
    // Variables that contain a secret's text, such as a repository address with a token.
    let holds_one = |value: &str| {
        let texts = secrets.iter().map(|(_, text)| *text).filter(|text| is_long_enough(text));
        texts.into_iter().any(|text| value.contains(text))
    };
    // A variable can be called a secret and hold a word that is part of a path: it must not remove these.
    let is_needed = |name: &str| matches!(name, "PATH" | "Path" | "HOME" | "PWD" | "TMPDIR" | "TEMP" | "TMP");
    let set: Vec<&str> = env
        .iter()
        .filter(|(name, _)| !is_needed(name))
        .filter(|(name, value)| {
            named(name) || (holds_one(value) && !reaches_a_registry(&name.to_ascii_uppercase()))
        })
        .map(|(name, _)| name)
        .collect();
    let git = set.iter().any(|name| name.starts_with(GIT_CONFIG));
    let of_git = env.iter().map(|(name, _)| name).filter(|name| git && name.starts_with(GIT_CONFIG));
    let step_files = SYSTEMS.iter().flat_map(|system| system.variables().step_files).copied();
    let known = VARIABLES.iter().map(|variable| variable.name).chain(step_files);
    let known = known.filter(|name| !reaches_a_registry(name));
    known.chain(set.iter().copied()).chain(of_git).map(str::to_owned).collect()
}

/// Whether a part of the name, in capitals, marks the value as a secret. A name of one word does not count (`PWD`), nor
/// does the socket of an agent.
fn has_a_secret_part(name: &str) -> bool {
    let internal = name.starts_with("CIRCLE_INTERNAL_");
    let mut parts = name.split('_');
    let is_secret = parts.clone().count() > 1 && parts.any(|part| PARTS.contains(&part));
    internal || (is_secret && !name.ends_with("_SOCK"))
}

/// Whether the value contains the mark of a key.
fn is_key(value: &str) -> bool {
    let upper = value.to_ascii_uppercase();
    MARKS.iter().any(|mark| upper.contains(mark))
}

/// Whether the value contains an address with a password.
fn has_password(value: &str) -> bool {
    value.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#', ' ', '"', '\'']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    })
}

/// Whether the value is a signed token, like a job's identity: <https://www.rfc-editor.org/rfc/rfc7519>.
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
    fn what_holds_a_secret_is_withheld_whatever_it_is_called() {
        for (name, value) in [
            ("SSH_KEY_B64", "x"),
            ("GH_PAT_READ", "x"),
            ("SENTRY_DSN", "x"),
            ("SLACK_WEBHOOK_URL", "x"),
            ("DOCKER_AUTH_CONFIG", "{}"),
            ("CIRCLE_INTERNAL_CONFIG", "x"),
            ("GCP_SA_JSON", "{\"type\": \"service_account\", \"private_key\": \"x\"}"),
            ("WHO_I_AM", "-----BEGIN OPENSSH PRIVATE KEY-----\nx"),
            ("DATABASE_URL", "postgres://me:hunter2@db/shop"),
            ("GIT_CONFIG_PARAMETERS", "'http.extraheader=AUTHORIZATION: basic eDp5'"),
            ("BROKER", "amqp://me:hunter2@mq,amqp://me:hunter2@mq2"),
        ] {
            assert!(withheld(name, value), "{name}");
        }
    }

    #[test]
    fn a_variable_that_holds_the_text_of_a_secret_is_withheld() {
        let pairs = [
            ("GITLAB_CI", "true"),
            ("CI_JOB_TOKEN", "64_abcdefgh"),
            ("CI_REPOSITORY_URL", "https://gitlab-ci-token:64_abcdefgh@gitlab.com/acme/shop.git"),
            ("HEADER", "JOB-TOKEN: 64_abcdefgh"),
            ("PIP_INDEX_URL", "https://x:64_abcdefgh@gitlab.com/simple"),
            ("CI_PROJECT_PATH", "acme/shop"),
        ];
        let env = Env::from_pairs("/", pairs);
        let names = names(&env, detect(&env));
        for (name, wanted) in [
            ("CI_JOB_TOKEN", true),
            ("CI_REPOSITORY_URL", true),
            ("HEADER", true),
            ("PIP_INDEX_URL", false),
            ("CI_PROJECT_PATH", false),
        ] {
            assert_eq!(names.iter().any(|other| other == name), wanted, "{name}");
        }
    }

    #[test]
    fn gits_configuration_by_variables_goes_as_a_whole_where_a_part_is_secret() {
        let of = |value: &str| {
            let pairs = [
                ("GIT_CONFIG_COUNT", "1"),
                ("GIT_CONFIG_KEY_0", "http.extraheader"),
                ("GIT_CONFIG_VALUE_0", value),
            ];
            let env = Env::from_pairs("/", pairs);
            names(&env, detect(&env)).iter().filter(|name| name.starts_with("GIT_CONFIG_")).count()
        };
        assert!(of("Authorization: Bearer x") >= 3);
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
            "PWD",
            "OLDPWD",
            "SSH_AUTH_SOCK",
            "GIT_AUTHOR_NAME",
            "KEYBOARD_LAYOUT",
        ] {
            assert!(!withheld(name, "/usr/bin"), "{name}");
        }
        assert!(!withheld("HTTPS_PROXY", "http://me:hunter2@proxy:3128"));
        assert!(!withheld("REMOTE", "https://me@example.com/x:y@z"));
        assert!(!withheld("NPM_IDENTITY", "eyJh.eyJi.c"));
    }
}
