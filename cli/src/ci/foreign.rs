//! CI systems without a file of their own, of which only change requests are recognised: such a run is not trusted.
//!
//! The names are from the vendors' documentation, whose page is above each row.

use super::context::{change_of_ref, commit_hash, differ, first_set, number, slug};
use crate::base::env::Env;

/// The variables by which one system shows a change request.
struct Foreign {
    /// A variable that only this system sets.
    sign: &'static str,
    /// Variables that are set for a change request only: its number, or `true`. `false` and an empty value mean none.
    change: &'static [&'static str],
    /// The repository that the change comes from, as `owner/name` or as an address.
    source: &'static str,
    /// The repository that the change goes to.
    target: &'static str,
    /// The commit that a person wrote, in the first of these that is set.
    commit: &'static [&'static str],
    /// The branch of that commit, in the first of these that is set.
    branch: &'static [&'static str],
}

const SYSTEMS: &[Foreign] = &[
    // https://docs.drone.io/pipeline/environment/reference/, Harness CI sets the same ones:
    // https://developer.harness.io/docs/continuous-integration/troubleshoot-ci/ci-env-var/
    Foreign {
        sign: "DRONE",
        change: &["DRONE_PULL_REQUEST"],
        source: "",
        target: "DRONE_REPO",
        commit: &["DRONE_COMMIT_SHA"],
        branch: &["DRONE_SOURCE_BRANCH", "DRONE_COMMIT_BRANCH"],
    },
    // https://docs.semaphoreci.com/reference/env-vars
    Foreign {
        sign: "SEMAPHORE",
        change: &["SEMAPHORE_GIT_PR_NUMBER"],
        source: "SEMAPHORE_GIT_PR_SLUG",
        target: "SEMAPHORE_GIT_REPO_SLUG",
        commit: &["SEMAPHORE_GIT_PR_SHA", "SEMAPHORE_GIT_SHA"],
        branch: &["SEMAPHORE_GIT_PR_BRANCH", "SEMAPHORE_GIT_BRANCH"],
    },
    // The parameters of a pull request are in the environment only if the build passes them on:
    // https://www.jetbrains.com/help/teamcity/pull-requests.html
    Foreign {
        sign: "TEAMCITY_VERSION",
        change: &["TEAMCITY_PULLREQUEST_NUMBER", "teamcity.pullRequest.number"],
        source: "",
        target: "",
        commit: &["BUILD_VCS_NUMBER"],
        branch: &[],
    },
    // https://www.appveyor.com/docs/environment-variables/
    Foreign {
        sign: "APPVEYOR",
        change: &["APPVEYOR_PULL_REQUEST_NUMBER"],
        source: "APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME",
        target: "APPVEYOR_REPO_NAME",
        commit: &["APPVEYOR_PULL_REQUEST_HEAD_COMMIT", "APPVEYOR_REPO_COMMIT"],
        branch: &["APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH", "APPVEYOR_REPO_BRANCH"],
    },
    // https://cirrus-ci.org/guide/writing-tasks/#environment-variables
    Foreign {
        sign: "CIRRUS_CI",
        change: &["CIRRUS_PR"],
        source: "",
        target: "CIRRUS_REPO_FULL_NAME",
        commit: &["CIRRUS_CHANGE_IN_REPO"],
        branch: &["CIRRUS_BRANCH"],
    },
    // https://docs.bitrise.io/en/bitrise-ci/references/available-environment-variables.html
    Foreign {
        sign: "BITRISE_IO",
        change: &["BITRISE_PULL_REQUEST"],
        source: "BITRISEIO_PULL_REQUEST_REPOSITORY_URL",
        target: "GIT_REPOSITORY_URL",
        commit: &["BITRISE_GIT_COMMIT"],
        branch: &["BITRISE_GIT_BRANCH"],
    },
    // https://buddy.works/docs/pipelines/environment-variables
    Foreign {
        sign: "BUDDY",
        change: &["BUDDY_EXECUTION_PULL_REQUEST_NO", "BUDDY_EXECUTION_PULL_REQUEST_ID", "BUDDY_RUN_PR_NO"],
        source: "",
        target: "BUDDY_REPO_SLUG",
        commit: &["BUDDY_EXECUTION_REVISION"],
        branch: &["BUDDY_EXECUTION_BRANCH"],
    },
    // https://docs.codemagic.io/yaml-basic-configuration/environment-variables/
    Foreign {
        sign: "CM_BUILD_ID",
        change: &["CM_PULL_REQUEST_NUMBER", "CM_PULL_REQUEST"],
        source: "",
        target: "CM_REPO_SLUG",
        commit: &["CM_COMMIT"],
        branch: &["CM_BRANCH"],
    },
    // https://docs.screwdriver.cd/user-guide/environment-variables
    Foreign {
        sign: "SCREWDRIVER",
        change: &["SD_PULL_REQUEST"],
        source: "",
        target: "",
        commit: &["SD_BUILD_SHA"],
        branch: &[],
    },
    // https://docs.prow.k8s.io/docs/jobs/#job-environment-variables
    Foreign {
        sign: "PROW_JOB_ID",
        change: &["PULL_NUMBER"],
        source: "",
        target: "",
        commit: &["PULL_PULL_SHA"],
        branch: &["PULL_HEAD_REF"],
    },
    // https://go-vela.github.io/docs/reference/environment/variables/
    Foreign {
        sign: "VELA",
        change: &["VELA_PULL_REQUEST", "VELA_BUILD_PULL_REQUEST"],
        source: "",
        target: "VELA_REPO_FULL_NAME",
        commit: &["VELA_BUILD_COMMIT"],
        branch: &["VELA_PULL_REQUEST_SOURCE", "VELA_BUILD_BRANCH"],
    },
    // https://docs.netlify.com/build/configure-builds/environment-variables/
    Foreign {
        sign: "NETLIFY",
        change: &["PULL_REQUEST"],
        source: "",
        target: "",
        commit: &["COMMIT_REF"],
        branch: &["HEAD"],
    },
    // https://vercel.com/docs/environment-variables/system-environment-variables
    Foreign {
        sign: "VERCEL",
        change: &["VERCEL_GIT_PULL_REQUEST_ID"],
        source: "",
        target: "",
        commit: &["VERCEL_GIT_COMMIT_SHA"],
        branch: &["VERCEL_GIT_COMMIT_REF"],
    },
    // https://render.com/docs/environment-variables
    Foreign {
        sign: "RENDER",
        change: &["IS_PULL_REQUEST"],
        source: "",
        target: "RENDER_GIT_REPO_SLUG",
        commit: &["RENDER_GIT_COMMIT"],
        branch: &["RENDER_GIT_BRANCH"],
    },
];

/// Variables of these systems that hold the whole ref.
const REFERENCES: &[&str] =
    &["DRONE_COMMIT_REF", "SEMAPHORE_GIT_REF", "VELA_BUILD_REF", "PULL_REFS", "BUDDY_RUN_REF"];

/// The facts that the variables of such a system tell.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ToldFacts {
    /// Whether the run is about a change request.
    pub proposed: bool,
    /// The change request's number, if it is known.
    pub number: Option<u64>,
    /// Whether the change comes from another repository.
    pub fork: Option<bool>,
    /// The repository that the change comes from, as `owner/name`.
    pub source: Option<String>,
    /// The repository that the change goes to, as `owner/name`.
    pub repository: Option<String>,
    /// The commit.
    pub commit: Option<String>,
    /// The branch.
    pub branch: Option<String>,
}

/// Reads the variables of the system whose sign is in `env`; none if there is no such system.
pub(super) fn told_facts(env: &Env) -> Option<ToldFacts> {
    let system = SYSTEMS.iter().find(|system| env.get(system.sign).is_some())?;
    // A run that somebody starts for a change's ref has no variable with the change's number.
    let of_a_ref =
        system.branch.iter().chain(REFERENCES).find_map(|variable| change_of_ref(env.get(variable)?));
    let told = first_set(env, system.change).is_some_and(|value| !value.eq_ignore_ascii_case("false"));
    let proposed = told || of_a_ref.is_some();
    let name = |variable: &str| {
        let value = env.get(variable)?;
        if value.contains(':') { slug(value) } else { Some(value.to_owned()) }
    };
    let source = name(system.source).filter(|_| proposed);
    let repository = name(system.target).filter(|name| name.contains('/'));
    Some(ToldFacts {
        proposed,
        number: system.change.iter().find_map(|variable| number(env, variable)).or(of_a_ref),
        fork: differ(source.as_deref(), repository.as_deref()),
        source,
        repository,
        commit: first_set(env, system.commit).and_then(commit_hash),
        branch: first_set(env, system.branch).map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Option<ToldFacts> {
        told_facts(&Env::from_pairs("/", pairs.iter().copied()))
    }

    #[test]
    fn a_change_of_another_repository_is_a_forks() {
        let told = of(&[
            ("SEMAPHORE", "true"),
            ("SEMAPHORE_GIT_PR_NUMBER", "7"),
            ("SEMAPHORE_GIT_PR_SLUG", "mallory/shop"),
            ("SEMAPHORE_GIT_REPO_SLUG", "acme/shop"),
        ])
        .unwrap();
        assert_eq!(
            (told.fork, told.number, told.source.as_deref()),
            (Some(true), Some(7), Some("mallory/shop"))
        );
    }

    #[test]
    fn a_change_whose_origin_is_not_told_is_a_change_all_the_same() {
        for pairs in [
            [("DRONE", "true"), ("DRONE_PULL_REQUEST", "7")],
            [("NETLIFY", "true"), ("PULL_REQUEST", "true")],
            [("TEAMCITY_VERSION", "2025.3"), ("TEAMCITY_PULLREQUEST_NUMBER", "7")],
        ] {
            let told = of(&pairs).unwrap();
            assert_eq!((told.proposed, told.fork), (true, None), "{pairs:?}");
        }
    }

    #[test]
    fn a_push_is_no_change() {
        assert!(!of(&[("NETLIFY", "true"), ("PULL_REQUEST", "false")]).unwrap().proposed);
        assert!(!of(&[("DRONE", "true"), ("DRONE_COMMIT_BRANCH", "main")]).unwrap().proposed);
        assert_eq!(of(&[("PULL_REQUEST", "7")]), None, "nobody's variable");
    }

    #[test]
    fn a_run_for_the_ref_of_a_change_is_one_of_it() {
        for pairs in [
            [("DRONE", "true"), ("DRONE_COMMIT_REF", "refs/pull/7/head")],
            [("CIRRUS_CI", "true"), ("CIRRUS_BRANCH", "pull/7")],
            [("NETLIFY", "true"), ("HEAD", "pull/7/head")],
        ] {
            let told = of(&pairs).unwrap();
            assert_eq!((told.proposed, told.number), (true, Some(7)), "{pairs:?}");
        }
    }
}
