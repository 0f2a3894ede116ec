//! The label that lets a fork's commit have a stack: set by somebody who may push, in a job that the default branch's own workflow
//! runs for it. It counts for the commit at which it was set, as the event tells, and for no other.

use super::super::default_checkout::{self, DefaultCheckout};
use super::call::{ForkGrant, ReviewCall};
use super::opening::refused;
use super::place::placeholder;
use super::{fork, up};
use crate::admit::trust::same_commit;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::ci::console::Console;
use crate::ci::{self, Context, SetLabel};
use crate::delivery::history::RepositoryHistory;
use crate::delivery::place::ForgeAccess;
use crate::forge::{ChangeRequest, Client, Permission};
use crate::inputs::Input;
use crate::inputs::headings::StackInputs;
use crate::inputs::resolve::Flags;
use crate::lifecycle::ReviewSettings;
use crate::process::signals::Signals;
use crate::report::Reason;
use crate::run::prepare::{Prepared, SINKS, Until, prepare};

/// The verb, for messages.
const VERB: &str = "review up";

/// Deploys the stack of the fork's change on which somebody has set the label. Returns the exit status; none if the job was started
/// by something else.
///
/// # Errors
/// The label, or who has set it, does not let the commit in.
pub(super) async fn up(
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<Option<u8>> {
    let ci = ci::detect(env);
    let context = ci.context(env);
    let Some(set) = ci.label_set(env).filter(|_| context.fork == Some(true)) else { return Ok(None) };
    let mut named = flags.clone();
    named.insert(StackInputs::name.name(), vec![placeholder(set.change_request)]);
    let plain = ReviewCall::by_the_job(&named, env);
    let mut found = prepare(&plain.like_a_preview(&named), Until::TheVerdict, console);
    found.tell(console);
    let inputs = found.take_inputs()?;
    let Some(access) = ForgeAccess::find(found.ci, env, &found.context, &inputs)? else {
        return Err(Error::input(
            "the forge of the pull request is not known, or there is no token for it",
            "hand the job's token to the step: `GITHUB_TOKEN`, or `STACKSTEP_FORGE_TOKEN`",
        ));
    };
    let client = access.client();
    let history = RepositoryHistory::new(&found.top(), env, &found.context, Some(&client));
    let checkout = DefaultCheckout::find(VERB, &found, &history).await?;
    let definition = default_checkout::definition(&checkout, &history).await?;
    let settings = definition.review.as_deref();
    let request = allowed(&set, settings, &client).await?;
    let tree = checkout.tree(&set.commit, &found, &client).await?;
    let context = Context {
        may_have_stack: true,
        ..checkout.proposed(&found.context, &set.sender, &request, &set.commit)
    };
    let flags = with_places_here(flags, &found);
    let env = env.in_folder(tree.top().to_owned());
    let call =
        ReviewCall { flags: &flags, env: &env, context: Some(&context), grant: Some(ForkGrant::Label) };
    Box::pin(up::up(&call, console, signals)).await.map(Some)
}

/// The change request, if the label lets the commit have a stack at which it was set.
async fn allowed(
    set: &SetLabel,
    settings: Option<&ReviewSettings>,
    client: &Client<'_>,
) -> Result<ChangeRequest> {
    let name = client.place().forge.request(set.change_request);
    let passed_over = |what: String, hint: &str| {
        Err(Error::Skipped { what, hint: hint.to_owned(), reason: Some(Reason::Untrusted) })
    };
    let Some(settings) = settings.filter(|settings| settings.forks.is_some()) else {
        return Err(fork::passed_over(&name));
    };
    match &settings.label {
        Some(label) if *label == set.label => {}
        Some(label) => {
            return passed_over(
                format!("the label `{}` was set on {name}, and a stack needs `{label}`", set.label),
                "nothing has to be done",
            );
        }
        None => {
            return passed_over(
                format!("`review.label` names no label that would let {name} have a stack"),
                "name one there, or write the comment `/stackstep review COMMIT`",
            );
        }
    }
    if set.is_bot {
        return Err(refused(
            format!(
                "`{}`, which has set the label on {name}, is no person who could have read the change",
                set.sender
            ),
            "let a person who may push set it",
        ));
    }
    let has = client.permission(&set.sender).await.map_err(default_checkout::not_known)?;
    if !has.is_some_and(|has| has.reaches(Permission::Write)) {
        return Err(refused(
            format!("`{}`, who has set the label on {name}, may not push to this repository", set.sender),
            "let somebody who may push read the change, take the label away and set it again",
        ));
    }
    let request = client.change_request(set.change_request).await.map_err(default_checkout::not_known)?;
    if !same_commit(request.head.as_deref(), Some(&set.commit)) {
        let head = request.head.as_deref().unwrap_or("no commit that is known");
        return Err(fork::moved(&name, &set.commit, head, ForkGrant::Label, settings));
    }
    Ok(request)
}

/// The flags with the places of results as they are seen from the job's own folder: the change's is gone at the end.
fn with_places_here(flags: &Flags, found: &Prepared<'_>) -> Flags {
    let mut flags = flags.clone();
    let files = SINKS.iter().copied().filter(|name| name.ends_with("-file"));
    let Some(outer) = found.outer.as_ref() else { return flags };
    for input in files.filter_map(Input::find) {
        if let Some(path) = outer.text(input) {
            let path = found.env.cwd().join(path).display().to_string();
            flags.insert(input.name, vec![path]);
        }
    }
    flags
}
