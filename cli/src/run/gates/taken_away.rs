//! Which files the change requests of a deployment take away: the forge is asked where it hangs on that.

use std::collections::BTreeSet;

use super::merged_changes::MergedChanges;
use crate::base::error::Problem;
use crate::base::git::short_commit;
use crate::forge::Client;
use crate::reviewed::taken_away::taken_away;

/// The most change requests whose files are asked for.
const REQUESTS: usize = 20;

/// The files that each of the change requests with a record takes away, in their order. Fails with the reason why they are not
/// known: whatever one of them does to a file counts, so each has to be known.
pub(super) async fn files_taken_away(
    client: &Client<'_>,
    merged: &MergedChanges,
) -> Result<Vec<BTreeSet<String>>, Problem> {
    let not_known =
        |why: String| Problem::without_hint(format!("which files were taken away is not known: {why}"));
    if let Some(commit) = merged.without.first() {
        return Err(not_known(format!("commit `{}` came without a change request", short_commit(commit))));
    }
    if merged.changes.len() > REQUESTS {
        return Err(not_known(format!("more than {REQUESTS} change requests are deployed")));
    }
    let (mut reviewed, mut others) = (Vec::new(), Vec::new());
    for change in &merged.changes {
        let files = client.changed_files(change.request.number).await?;
        let list = if change.record().is_some() { &mut reviewed } else { &mut others };
        list.push(files);
    }
    Ok(taken_away(&reviewed, &others))
}
