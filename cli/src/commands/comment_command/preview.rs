//! `/stackstep preview`: previews the head of the change with the job's credentials, in a folder of our own. Of a fork's change
//! only the commit that the comment names, which is the one that its author has read.

use super::named_commit::named_commit;
use super::thread::{CarriedOut, Thread, flags_of};
use crate::base::error::Result;
use crate::base::git::short_commit;
use crate::ci::console::Console;
use crate::commands::deploy::{self, plan};
use crate::commands::run::run_request;
use crate::delivery::DeliveryEvent;
use crate::delivery::comment_commands::CommentCommand;
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
    let commit = named_commit(thread, CommentCommand::Preview, DIGITS)?;
    let tree = thread.checkout.tree(&commit, thread.found, thread.client).await?;
    let env = thread.found.env.in_folder(tree.top().to_owned());
    let context = thread.context_at(&commit);
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
