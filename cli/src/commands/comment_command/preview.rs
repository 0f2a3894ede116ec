//! `/stackstep preview`: previews the head of the change with the job's credentials, in a folder of our own. Of a fork's change
//! only the commit that the comment names, which is the one that its author has read.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::place::refused;
use super::thread::{CarriedOut, Thread, flags_of};
use crate::base::error::{Error, Result};
use crate::base::git::short_commit;
use crate::base::git::tree::SignIn;
use crate::base::http::Url;
use crate::base::secret::Secret;
use crate::ci::Context;
use crate::ci::console::Console;
use crate::commands::deploy::{self, plan};
use crate::commands::run::run_request;
use crate::delivery::DeliveryEvent;
use crate::delivery::comment_commands::CommentCommand;
use crate::delivery::fetched_tree::FetchedTree;
use crate::inputs::Command;
use crate::process::signals::Signals;
use crate::run::prepare::RunRequest;

/// The fewest digits that name a commit.
const DIGITS: usize = 12;

/// Previews the change.
pub(super) async fn preview(
    thread: &Thread<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<CarriedOut> {
    let commit = commit_to_preview(thread)?;
    let checkout = &thread.checkout;
    let sign_in = sign_in(thread);
    let tree =
        FetchedTree::fetch(&checkout.top, &commit, checkout.known(), sign_in.as_ref(), thread.found.env)
            .await?;
    let env = thread.found.env.in_folder(tree.top().to_owned());
    let context = context_of(thread, &commit);
    let event = DeliveryEvent::from_context(&context);
    let status = if thread.definition.deploy.is_some() {
        let flags = plan::of_our_own(&flags_of(thread.flags, Command::Preview));
        let request = RunRequest { context: Some(&context), ..plan::request(&event, &flags, &env) };
        Box::pin(deploy::carry_out(&request, &event, console, signals)).await?
    } else {
        let flags = flags_of(thread.flags, Command::Preview);
        let request = RunRequest::new(Some(Command::Preview), &flags, &env);
        let request = RunRequest { context: Some(&context), ..request };
        Box::pin(run_request(&request, None, console, signals)).await?.status
    };
    let short = short_commit(&commit);
    let page = thread.found.context.build_url.as_ref().map(|url| format!(": {url}")).unwrap_or_default();
    let said = if status == 0 {
        format!("Commit `{short}` is previewed; the comment about the preview shows what would change.")
    } else {
        format!("The preview of commit `{short}` failed with exit status {status}{page}")
    };
    Ok(CarriedOut { said: vec![said], status })
}

/// The sign-in at the forge's git by the job's token, for a checkout that keeps none of its own: what a change's program can
/// read has no token then. <https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpextraHeader>
fn sign_in(thread: &Thread<'_>) -> Option<SignIn> {
    let remote = thread.found.ci.origin(thread.found.env).remote?;
    let url = Url::parse(&remote).ok()?;
    let place = thread.client.place();
    let user = if place.forge.name() == "gitlab" { "oauth2" } else { "x-access-token" };
    let both = BASE64_STANDARD.encode(format!("{user}:{}", place.token.expose()));
    let header = Secret::new(format!("Authorization: Basic {both}"));
    Some(SignIn { server: url.origin().ascii_serialization(), header })
}

/// The commit at the change's head, if the comment means that one.
fn commit_to_preview(thread: &Thread<'_>) -> Result<String> {
    let request = &thread.request;
    if !request.open {
        return Err(refused(format!("{} is not open", thread.name()), "open it again, or a new one"));
    }
    let Some(head) = request.head.clone().filter(|head| is_hash(head) && matches!(head.len(), 40 | 64))
    else {
        return Err(refused(
            format!("the commit at the head of {} is not known", thread.name()),
            "comment again later",
        ));
    };
    let named = match thread.written.arguments.as_slice() {
        [] => None,
        [named] if named.len() >= DIGITS && is_hash(named) => Some(named.to_ascii_lowercase()),
        _ => {
            return Err(Error::input(
                "what stands after `preview` is not a commit",
                format!(
                    "write it as `{}`, with {DIGITS} digits of the commit at least",
                    CommentCommand::Preview.usage()
                ),
            ));
        }
    };
    let start = head.get(..DIGITS).unwrap_or(&head);
    match named {
        Some(named) if head.to_ascii_lowercase().starts_with(&named) => Ok(head),
        Some(named) => Err(refused(
            format!("`{}` is not the head of {}, which is at `{head}`", short_commit(&named), thread.name()),
            format!("read that commit, then write `/stackstep preview {start}`"),
        )),
        None if request.fork == Some(false) => Ok(head),
        None => Err(refused(
            format!("{} comes from a fork, whose code would have this job's credentials", thread.name()),
            format!("read the commit `{head}`, then allow that one: `/stackstep preview {start}`"),
        )),
    }
}

fn is_hash(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The facts of a job for the change at this commit. A fork's commit is the one that is allowed; one of the repository's own
/// branch is code of people who may write to it.
fn context_of(thread: &Thread<'_>, commit: &str) -> Context {
    let (request, base) = (&thread.request, &thread.checkout.commit);
    let is_ours = request.fork == Some(false);
    let own = std::iter::once(base.clone()).chain(is_ours.then(|| commit.to_owned()));
    Context {
        commit: Some(commit.to_owned()),
        branch: request.branch.clone(),
        change_request: Some(request.number),
        target_branch: request.target.clone(),
        fork: Some(!is_ours),
        trusted: Some(is_ours),
        proposed: true,
        own_commits: own.collect(),
        allowed_commit: (!is_ours).then(|| commit.to_owned()),
        default_branch: Some(false),
        ..thread.checkout.context(&thread.found.context, &thread.comment.author.id)
    }
}
