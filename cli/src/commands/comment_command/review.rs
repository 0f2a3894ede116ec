//! `/stackstep review`: deploys the change's own stack at its head, in a folder of our own. Of a fork's change only the commit that
//! the comment names, and only where the section `review` lets forks have stacks.

use super::super::default_checkout::refused;
use super::super::review::{FORK_DIGITS, ForkGrant, ReviewCall, deploy_own_stack};
use super::named_commit::named_commit;
use super::thread::{CarriedOut, Thread, flags_of};
use crate::base::error::{Error, Result};
use crate::base::git::{self, short_commit};
use crate::ci::Context;
use crate::ci::console::Console;
use crate::delivery::comment_commands::CommentCommand;
use crate::fleet::RepositoryStacks;
use crate::inputs::headings::StackInputs;
use crate::inputs::resolve::Flags;
use crate::inputs::{Command, OuterInputs};
use crate::process::signals::Signals;

/// A project whose stack is deployed.
struct ReviewedProject {
    /// Its folder for a person; none where the job itself names it.
    folder: Option<String>,
    flags: Flags,
}

/// Deploys the stacks of the change.
pub(super) async fn review(
    thread: &Thread<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<CarriedOut> {
    let Some(settings) = thread.definition.review.as_deref() else {
        return Err(Error::input(
            "changes have no stacks of their own here: the default branch's `stackstep.yaml` has no section `review`",
            "add `review: { from: staging }` to it: docs/review-stacks.md",
        ));
    };
    let commit = named_commit(thread, CommentCommand::Review, FORK_DIGITS)?;
    let is_ours = thread.request.fork == Some(false);
    if !is_ours && settings.forks.is_none() {
        return Err(refused(
            format!("{} comes from a fork, and forks have no stacks here", thread.name()),
            "where one commit of a fork may have a stack, the section `review` of the default branch's `stackstep.yaml` has \
             `forks: true`: docs/review-stacks.md",
        ));
    }
    let tree = thread.checkout.tree(&commit, thread.found, thread.client).await?;
    let env = thread.found.env.in_folder(tree.top().to_owned());
    let context = Context { may_have_stack: !is_ours, ..thread.context_at(&commit) };
    let grant = (!is_ours).then_some(ForkGrant::Comment);
    let (mut said, mut status) = (Vec::new(), 0);
    let projects = projects(thread, tree.top())?;
    let is_one = projects.len() == 1;
    for ReviewedProject { folder, flags } in projects {
        let call = ReviewCall { flags: &flags, env: &env, context: Some(&context), grant };
        let of = folder.filter(|_| !is_one).map(|folder| format!(" of `{folder}`")).unwrap_or_default();
        let (ended, line) = match Box::pin(deploy_own_stack(&call, console, signals)).await {
            Err(stopped @ Error::Stopped { .. }) => return Err(stopped),
            Err(error) if is_one => return Err(error),
            Err(error) => (error.exit_status(), format!("The stack{of} is not deployed: {error}")),
            Ok(0) => (0, deployed(&commit, &of, is_ours)),
            Ok(status) => (
                status,
                format!("The deployment of the stack{of} failed with exit status {status}{}", page(thread)),
            ),
        };
        said.push(line);
        if status == 0 {
            status = ended;
        }
    }
    Ok(CarriedOut { said, status })
}

fn deployed(commit: &str, of: &str, is_ours: bool) -> String {
    let short = short_commit(commit);
    let stays = if is_ours {
        String::new()
    } else {
        " It stays there, whatever the fork pushes, until another commit is named.".to_owned()
    };
    format!("The stack{of} is at commit `{short}`; the comment about it shows what is there.{stays}")
}

fn page(thread: &Thread<'_>) -> String {
    thread.found.context.build_url.as_ref().map(|url| format!(": {url}")).unwrap_or_default()
}

/// The projects whose stacks are deployed: the one that the job names by `cwd`, else those of the default branch that the section
/// lets have stacks. `top` is the top of the change's files.
fn projects(thread: &Thread<'_>, top: &std::path::Path) -> Result<Vec<ReviewedProject>> {
    let flags = flags_of(thread.flags, Command::Up);
    let cwd = StackInputs::cwd.name();
    let named = OuterInputs::find_only(&[cwd], Some(Command::Up), &flags, thread.found.ci, thread.found.env);
    let named = named.and_then(|outer| outer.text(&StackInputs::cwd.input).map(str::to_owned));
    if let Some(named) = named {
        let folder = top.join(&named);
        // An absolute path would be one of the job's own checkout.
        if git::top(&folder).as_deref() != Some(top) {
            return Err(Error::input(
                format!("`{cwd}` is `{named}`, which the change does not have"),
                "name the project's folder from the top of the repository",
            ));
        }
        return Ok(vec![ReviewedProject { folder: None, flags }]);
    }
    let listed = RepositoryStacks::find(&thread.checkout.top, thread.definition.projects.as_deref());
    let settings = thread.definition.review.as_deref();
    let has_stacks = |folder: &str| {
        let folder = if folder == "." { "" } else { folder };
        settings.is_some_and(|settings| settings.has_project(folder))
    };
    let found: Vec<ReviewedProject> = listed
        .projects
        .into_iter()
        .filter(|project| has_stacks(&project.cwd))
        .map(|project| {
            let mut flags = flags.clone();
            flags.insert(cwd, vec![top.join(&project.cwd).to_string_lossy().into_owned()]);
            ReviewedProject { folder: Some(project.cwd), flags }
        })
        .collect();
    if found.is_empty() {
        return Err(Error::input(
            "no project of the default branch has stacks for changes",
            "set `cwd` in the job to the folder of the Pulumi program, and look at `review.projects`",
        ));
    }
    Ok(found)
}
