//! The person who started a job, for certain. Where whoever starts a pipeline can set the variables that name the person, the
//! forge is asked with the job's own token: <https://docs.gitlab.com/ci/variables/#cicd-variable-precedence>.

use crate::base::env::Env;
use crate::base::error::Problem;
use crate::base::http::Http;
use crate::base::secret::Secret;
use crate::ci::{CiSystem, Context, starter};
use crate::forge::client::LIMITS;
use crate::forge::place::{Clues, Tokens};
use crate::forge::{Client, Person};

/// The CI system whose variables do not tell for certain, and whose job's token does.
const ASKED: &str = "gitlab-ci";

/// Whether jobs of the system tell for certain who started them.
pub fn tells_who_starts(ci: &dyn CiSystem) -> bool {
    ci.name() == ASKED || starter::tells(ci)
}

/// The person who started the job, by the forge's name for them. Fails with the reason why nobody is known for certain.
pub async fn certain_starter(ci: &dyn CiSystem, env: &Env, context: &Context) -> Result<String, Problem> {
    if ci.name() != ASKED {
        return starter::starter(ci, env, context).ok_or_else(|| {
            Problem::new(
                format!("`{}` does not tell a person who started this job", ci.name()),
                "let a person start it in a job of GitHub Actions, Gitea Actions, GitLab CI or Bitbucket Pipelines; or have it \
                 signed: `stackstep approve --break-glass …`, and hand that over by `--signed`",
            )
        });
    }
    let person = asked(ci, env, context).await?;
    if person.bot || context.scheduled == Some(true) {
        return Err(Problem::new(
            format!("`{}` is no person who started this job", person.id),
            "let a person start it: open the pipeline of the default branch, and run its manual job",
        ));
    }
    Ok(person.id)
}

/// Who started the job, as the forge of the CI system tells it by the job's own token.
async fn asked(ci: &dyn CiSystem, env: &Env, context: &Context) -> Result<Person, Problem> {
    let not_told = || {
        Problem::new(
            "GitLab is asked with the job's own token who started this job, and `CI_JOB_TOKEN` or `CI_API_V4_URL` is not set",
            "run it in a job of GitLab CI, and hand both on to a container that the job starts",
        )
    };
    let origin = ci.origin(env);
    let own = origin.token.as_ref().filter(|_| origin.api.is_some());
    let token = Secret::new(own.and_then(|own| env.get(own.variable)).ok_or_else(not_told)?);
    let clues = Clues {
        origin: &origin,
        remote: None,
        repository: context.repository.as_deref(),
        forge: None,
        forge_url: None,
    };
    let tokens = Tokens { forge_token: Some(&token), github_token: None, own: None, author: None };
    let place = clues.find_repository()?.with_token(tokens, &origin)?;
    let http = Http::new(env, LIMITS).map_err(|error| Problem::without_hint(error.to_string()))?;
    let told = Client::new(&http, &place).starter_of_own_job().await;
    told.map_err(|trouble| trouble.problem.retold(|what| format!("`CI_JOB_TOKEN` does not tell it: {what}")))?
        .ok_or_else(not_told)
}
