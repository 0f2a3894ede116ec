//! The person who started a job, where variables of the CI system tell it for certain: by a name that nobody else can have,
//! and that neither the job's own file nor who starts the job sets.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>,
//! <https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/>

use super::{CiSystem, Context};
use crate::base::env::Env;

/// The variables that name the person, by the CI system. On GitHub a job that is run again names in the first who did that,
/// and in the second who started it before.
const NAMED_BY: &[(&str, &[&str])] = &[
    ("github-actions", &["GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"]),
    ("gitea-actions", &["GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"]),
    ("forgejo-actions", &["GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"]),
    ("bitbucket-pipelines", &["BITBUCKET_STEP_TRIGGERER_UUID"]),
];

/// A variable of each job of GitLab CI. Whoever starts a pipeline there can set the variables of another system, and can't take
/// this one away.
const OF_GITLAB: &str = "GITLAB_CI";

/// Whether variables of the system tell who started a job.
pub fn tells(ci: &dyn CiSystem) -> bool {
    NAMED_BY.iter().any(|(name, _)| *name == ci.name())
}

/// The person who started the job, by the forge's name for them. None for a program, and on a system that does not tell, or
/// tells a name that anybody can choose.
pub fn starter(ci: &dyn CiSystem, env: &Env, context: &Context) -> Option<String> {
    if env.get_raw(OF_GITLAB).is_some() {
        return None;
    }
    let (_, variables) = NAMED_BY.iter().find(|(name, _)| *name == ci.name())?;
    let person = variables.iter().find_map(|name| env.get(name)).map(str::to_owned)?;
    let is_program =
        person.ends_with("[bot]") || context.bot == Some(true) || context.scheduled == Some(true);
    (!is_program).then_some(person)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::detect;

    fn of(pairs: &[(&str, &str)]) -> Option<String> {
        let env = Env::from_pairs("/", pairs.iter().copied());
        let ci = detect(&env);
        starter(ci, &env, &ci.context(&env))
    }

    #[test]
    fn who_runs_a_job_again_is_its_starter() {
        let github = ("GITHUB_ACTIONS", "true");
        let first = ("GITHUB_ACTOR", "ann");
        assert_eq!(of(&[github, first]).as_deref(), Some("ann"));
        assert_eq!(of(&[github, first, ("GITHUB_TRIGGERING_ACTOR", "bob")]).as_deref(), Some("bob"));
        assert_eq!(of(&[github, ("GITHUB_ACTOR", "dependabot[bot]")]), None);
        assert_eq!(of(&[github, first, ("GITHUB_EVENT_NAME", "schedule")]), None);
    }

    #[test]
    fn a_laptop_and_a_system_that_tells_a_chosen_name_tell_nobody() {
        assert_eq!(of(&[("USER", "ann")]), None);
        assert_eq!(of(&[("TF_BUILD", "True"), ("BUILD_REQUESTEDFOR", "ann")]), None);
        assert_eq!(of(&[("GITLAB_CI", "true"), ("GITLAB_USER_LOGIN", "ann")]), None);
        assert_eq!(of(&[("CIRCLECI", "true"), ("CIRCLE_USERNAME", "ann")]), None);
    }

    #[test]
    fn a_pipeline_of_gitlab_that_is_started_with_the_variables_of_another_system_tells_nobody() {
        let set = [("GITHUB_ACTIONS", "true"), ("GITHUB_ACTOR", "ann")];
        for kept in ["true", "false", ""] {
            assert_eq!(of(&[set[0], set[1], ("GITLAB_CI", kept)]), None);
        }
    }
}
