//! Where the commit of a deployment stands: at the head of its branch, or, for a tag, on the default branch.

use crate::base::error::{Error, Result};
use crate::base::git::short_commit;
use crate::delivery::DeliveryEvent;
use crate::delivery::history::RepositoryHistory;
use crate::engine::job::Job;
use crate::report::Reason;

/// Refuses a commit that its branch has left behind, so that an old job that is run again deploys nothing, and a tag on a
/// commit that the default branch does not contain.
pub async fn refuse_a_commit_out_of_place(job: &Job<'_>, history: &RepositoryHistory<'_>) -> Result<()> {
    let Some(commit) = &job.context.commit else { return Ok(()) };
    match DeliveryEvent::from_context(&job.context) {
        DeliveryEvent::Branch(branch) => match history.head(&branch).await {
            Some(head) if head.eq_ignore_ascii_case(commit) => Ok(()),
            Some(head) => Err(refused(
                format!(
                    "commit `{}` is not the head of `{branch}` any more, which is `{}`",
                    short_commit(commit),
                    short_commit(&head)
                ),
                format!("deploy the head of `{branch}`; to bring back an older state, revert the commits in between"),
            )),
            None => Err(refused(
                format!("the head of `{branch}` could not be read"),
                "let the job read it: `git ls-remote origin` with the checkout's credentials, or a token that can read \
                 the repository"
                    .to_owned(),
            )),
        },
        DeliveryEvent::Tag(tag) => {
            let Some(default) = history.default_branch().await else {
                return Err(refused(
                    "the name of the default branch is not known".to_owned(),
                    "give the job a token that can read the repository".to_owned(),
                ));
            };
            match history.contains(&default, commit).await {
                Ok(true) => Ok(()),
                Ok(false) => Err(refused(
                    format!(
                        "the tag `{tag}` is on commit `{}`, which `{default}` does not contain",
                        short_commit(commit)
                    ),
                    format!("merge the commit into `{default}` first, and tag the merged one"),
                )),
                Err(why) => Err(refused(
                    format!("whether `{default}` contains the tag `{tag}` is not known: {why}"),
                    "give the job a token that can read the repository, or check out the whole history".to_owned(),
                )),
            }
        }
        DeliveryEvent::ChangeRequest { .. } | DeliveryEvent::MergeQueue { .. } | DeliveryEvent::Unknown => Ok(()),
    }
}

fn refused(what: impl std::fmt::Display, hint: String) -> Error {
    Error::Refused { what: format!("refused: {what}"), hint, reason: Reason::Gate }
}

/// Refuses a verb in a job whose code the default branch does not have: a change request's, or one of another branch.
pub async fn refuse_a_change(verb: &str, job: &Job<'_>, history: &RepositoryHistory<'_>) -> Result<()> {
    let not_here = |what: String, hint: String| Error::Refused {
        what: format!("`{verb}` is refused: {what}"),
        hint,
        reason: Reason::Gate,
    };
    match DeliveryEvent::from_context(&job.context) {
        event @ (DeliveryEvent::ChangeRequest { .. } | DeliveryEvent::MergeQueue { .. }) => Err(not_here(
            format!("this job is for {event}, whose own code could say it"),
            "run it in a job of the default branch that a person starts".to_owned(),
        )),
        DeliveryEvent::Branch(branch) => match history.default_branch().await {
            Some(default) if default == branch => Ok(()),
            Some(default) => Err(not_here(
                format!("this job is for the branch `{branch}`, whose own code could say it"),
                format!("run it in a job of the default branch `{default}`"),
            )),
            None => Err(not_here(
                "the name of the default branch is not known".to_owned(),
                "give the job a token that can read the repository".to_owned(),
            )),
        },
        DeliveryEvent::Tag(_) => refuse_a_commit_out_of_place(job, history).await,
        DeliveryEvent::Unknown => Ok(()),
    }
}
