//! The person who started a job, where the CI system tells it for certain: by a name that nobody else can have, and that the
//! job's own file does not set. <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>,
//! <https://docs.gitlab.com/ci/variables/predefined_variables/>, <https://circleci.com/docs/reference/variables/>,
//! <https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/>

use super::{CiSystem, Context};
use crate::base::env::Env;

/// The variables that name the person, by the CI system. On GitHub a job that is run again names in the first who did that,
/// and in the second who started it before.
const NAMED_BY: &[(&str, &[&str])] = &[
    ("github-actions", &["GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"]),
    ("gitea-actions", &["GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"]),
    ("forgejo-actions", &["GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"]),
    ("gitlab-ci", &["GITLAB_USER_LOGIN"]),
    ("bitbucket-pipelines", &["BITBUCKET_STEP_TRIGGERER_UUID"]),
    ("circleci", &["CIRCLE_USERNAME"]),
];

/// The person who started the job, by the forge's name for them. None for a program, and on a system that does not tell, or
/// tells a name that anybody can choose.
pub fn starter(ci: &dyn CiSystem, env: &Env, context: &Context) -> Option<String> {
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
        assert_eq!(of(&[("GITLAB_CI", "true"), ("GITLAB_USER_LOGIN", "ann")]).as_deref(), Some("ann"));
    }
}
