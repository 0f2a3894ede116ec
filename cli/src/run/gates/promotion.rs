//! Promotion: a stack deploys only what the stack before it has deployed and verified.
//!
//! Compared is the source, not the commit: a commit that does not touch what the stack is made from needs no deployment
//! of the stack before.

use super::facts::GateFacts;
use super::ledger;
use crate::base::error::Result;
use crate::base::git::short_commit;
use crate::delivery::StackSettings;
use crate::ledger::history::SourceStanding;
use crate::report::Reason;

/// Refuses a source that a stack of `after` has not verified.
pub(super) async fn refuse_what_was_not_verified(
    gates: &GateFacts<'_>,
    settings: &StackSettings,
) -> Result<()> {
    for before in &settings.after {
        let ledger =
            ledger::open_for(gates.job, gates.judged.forge.as_ref().map(|forge| &forge.place), Some(before));
        let Some(source) = &gates.source else {
            return Err(gates.refusal(
                format!(
                    "what `{before}` has verified can't be compared: the files of this project can't be read"
                ),
                "run it in a checkout of the repository",
                Reason::Gate,
            ));
        };
        let Some(past) = ledger::read(&ledger).await? else {
            let why = ledger.missing().map(crate::base::error::Problem::in_one_line).unwrap_or_default();
            return Err(gates.refusal(
                format!("`after: {before}` needs a ledger, and there is none: {why}"),
                "keep the state where a ledger can lie beside it (docs/ledger.md), or leave `after` out",
                Reason::Gate,
            ));
        };
        let deploy_it = format!("deploy this commit to `{before}` first, and let its checks pass");
        let (what, hint) = match past.standing(source) {
            SourceStanding::Verified(_) => continue,
            SourceStanding::NotPassed(one) => (
                format!("`{before}` has deployed these inputs, and their checks did not pass ({})", one.time),
                format!("fix what the checks of `{before}` found, and deploy that there first"),
            ),
            SourceStanding::Deployed(_) => (
                format!("`{before}` has deployed these inputs, and nothing says that its checks passed"),
                format!("run the deployment of `{before}` again, so that its checks run to their end"),
            ),
            SourceStanding::Unknown => {
                let last = past.verified().and_then(|entry| entry.commit.clone());
                let last = last.map_or_else(String::new, |commit| {
                    format!("; the last that it verified is commit `{}`", short_commit(&commit))
                });
                (format!("`{before}` has not deployed these inputs{last}"), deploy_it)
            }
        };
        return Err(gates.refusal(what, hint, Reason::Gate));
    }
    Ok(())
}
