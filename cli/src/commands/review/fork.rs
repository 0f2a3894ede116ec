//! What holds for a fork's change request beside what holds for all: it has a stack only where the default branch's file says so,
//! at the one commit that somebody who may push has let have it, and its own files name neither the backend nor a place to write.

use std::path::Path;

use super::call::ForkGrant;
use super::opening::refused;
use super::place::ReviewPlace;
use crate::base::error::{Error, Result};
use crate::base::git::short_commit;
use crate::delivery::history::{FileAt, RepositoryHistory};
use crate::inputs::file::NAME;
use crate::lifecycle::ReviewSettings;
use crate::lifecycle::settings::review::ForkSettings;
use crate::pulumi::backend::Backend;
use crate::pulumi::project::{self, Project};
use crate::report::Reason;
use crate::run::gates::top;

/// The digits of a commit that name it for a stack: of twelve somebody can make a second one with the same.
pub(in crate::commands) const DIGITS: usize = 20;

/// The skip of a fork's change: its code would have what the stack is deployed with.
pub(super) fn passed_over(name: &str) -> Error {
    Error::Skipped {
        what: format!("{name} comes from a fork, whose code would have the credentials that its stack is deployed with"),
        hint: "read the change; where `review.forks` is on, somebody who may push lets one commit have a stack, by the comment \
               `/stackstep review COMMIT` or on GitHub by the label, else they bring it onto a branch of the repository; a stack \
               that is there stays at the commit that it was deployed at: docs/review-stacks.md"
            .to_owned(),
        reason: Some(Reason::Untrusted),
    }
}

/// What the default branch's file says of forks. Fails where it has no stacks for them.
pub(super) fn settings_of(settings: &ReviewSettings, name: &str) -> Result<ForkSettings> {
    settings.forks.ok_or_else(|| Error::Refused {
        what: format!("refused: {name} comes from a fork, and forks have no stacks here"),
        hint: format!(
            "to let people who may push allow one commit of a fork, add `forks: true` to the section `review` of `{NAME}` on the \
             default branch, and read in docs/review-stacks.md first what a fork's code can see"
        ),
        reason: Reason::Untrusted,
    })
}

/// The refusal of a commit that is no longer the head of the change.
pub(super) fn moved(
    name: &str,
    commit: &str,
    head: &str,
    grant: ForkGrant,
    settings: &ReviewSettings,
) -> Error {
    let again = match (grant, &settings.label) {
        (ForkGrant::Label, Some(label)) => format!("take the label `{label}` away, and set it again"),
        _ => format!("write `/stackstep review {}`", head.get(..DIGITS).unwrap_or(head)),
    };
    refused(
        format!(
            "commit `{}` was let have a stack, and it is not the head of {name}, which is at `{head}`",
            short_commit(commit)
        ),
        format!("read that commit, then {again}"),
    )
}

/// Refuses what a fork's own files would settle: where the state lies and the credentials go, and where files are written.
pub(super) fn refuse_its_own_places(place: &ReviewPlace<'_>) -> Result<()> {
    let job = &place.job;
    let named = Backend::resolve(&job.inputs.named_backend(), job.env, None);
    if named.url.is_none() || named.url != job.backend.url {
        return Err(refused(
            "the backend of the stack would be the one that the fork's own files name",
            "name it outside of the checkout: `cloud-url` on the step, or `PULUMI_BACKEND_URL` in the job's environment",
        ));
    }
    let Some((project, stack)) = job.project.as_ref().zip(job.stack.as_ref()) else { return Ok(()) };
    let file = project.stack_file(stack);
    let folder = file.parent().unwrap_or(&file);
    if !job.ground.holds(folder) || job.ground.links_away(folder) {
        return Err(refused(
            format!(
                "the fork's `Pulumi.yaml` has its stacks' files in `{}`, outside of the checkout",
                folder.display()
            ),
            "nothing was changed; let its author keep them in the checkout, without a link",
        ));
    }
    Ok(())
}

/// Refuses a project that the default branch does not have in this folder: its stack would count for no limit, and no sweep would
/// find it.
pub(super) async fn refuse_a_new_project(place: &ReviewPlace<'_>) -> Result<()> {
    let (job, client) = (&place.job, place.client());
    let history = RepositoryHistory::new(&top(job), job.env, &job.context, Some(&client));
    let default = history.default_branch().await.unwrap_or_default();
    let folder = place.folder();
    for name in Project::file_names() {
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        match history.file_of_branch(&default, &path, true).await {
            FileAt::Missing => {}
            FileAt::Unknown(why) => {
                return Err(refused(
                    format!("`{path}` of the default branch `{default}` can't be read: {why}"),
                    "give the job a token that can read the repository",
                ));
            }
            FileAt::Text(text) => {
                let known = project::values(Path::new(&path), &text).ok();
                let known = known.as_ref().and_then(|file| file.get("name")?.as_str());
                if known == Some(place.project.as_str()) {
                    return Ok(());
                }
                break;
            }
        }
    }
    Err(refused(
        format!(
            "the default branch has no project `{}` in `{folder}`, and a fork makes no new one",
            place.project
        ),
        "nothing was changed; let its author leave the project's `name` and its folder as they are",
    ))
}

/// What people are told of a stack of a fork's.
pub(super) fn notes(commit: Option<&str>, grant: ForkGrant, left_out: &[String]) -> Vec<String> {
    let commit =
        commit.map_or_else(|| "its commit".to_owned(), |commit| format!("commit `{}`", short_commit(commit)));
    let next = match grant {
        ForkGrant::Comment => "by another `/stackstep review COMMIT`",
        ForkGrant::Label => "when the label is set again",
    };
    let mut notes = vec![format!(
        "the change comes from a fork: its stack stays at {commit}, whatever the fork pushes, until somebody who may push lets \
         another one be deployed, {next}"
    )];
    if !left_out.is_empty() {
        notes.push(format!(
            "secrets of the base stack are not copied for a fork: `{}`; `review.forks: {{ secrets: true }}` would copy them",
            left_out.join("`, `")
        ));
    }
    notes
}
