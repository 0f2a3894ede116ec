//! What change requests merge: their files, and which of them stand in a queue before a commit.

use super::super::{QueuedRequest, Reading};
use super::{Client, Done};
use crate::base::error::Problem;
use crate::reviewed::taken_away::ChangedFiles;

/// The most files of a change request: a forge lists no more of them than one to three thousand.
const FILES: usize = 1000;

/// The most change requests of a queue.
const QUEUE: usize = 200;

impl Client<'_> {
    /// The files that a change request changes. Fails if there are more than 1,000, or the forge does not list all of them.
    pub async fn changed_files(&self, number: u64) -> Result<ChangedFiles, Problem> {
        let forge = self.place.forge;
        let name = forge.request(number);
        let not_known =
            |why: &str| Problem::without_hint(format!("the files of {name} are not known: {why}"));
        let needs = self.needs(Reading::Reviews);
        let Some(list) = forge.changed_files(self.place, number) else {
            return Err(not_known(&format!("{} does not tell them", forge.title())));
        };
        let do_what = format!("read the files of {name}");
        let list = self.read_some(&do_what, list.needing_by_default(needs), FILES).await;
        let (list, more) = list.map_err(|trouble| trouble.problem)?;
        if more {
            return Err(not_known("there are more than 1,000"));
        }
        if let Some(count) = forge.count_of_changed_files(self.place, number) {
            let count = self.read(&do_what, &count.needing_by_default(needs)).await;
            if count.map_err(|trouble| trouble.problem)? != list.len() as u64 {
                return Err(not_known(&format!("{} does not list all of them", forge.title())));
            }
        }
        let mut files = ChangedFiles::default();
        for change in list {
            files.written.extend(change.written);
            files.removed.extend(change.removed);
        }
        Ok(files)
    }

    /// The change requests in the merge queue or merge train of a branch, the next one first. None if the forge has no such
    /// thing.
    pub async fn queue(&self, branch: &str) -> Done<Option<Vec<QueuedRequest>>> {
        let Some(list) = self.place.forge.queue(self.place, branch) else { return Ok(None) };
        let list = list.needing_by_default(self.needs(Reading::Reviews));
        let do_what = format!("read what is in the queue of the branch `{branch}`");
        self.read_some(&do_what, list, QUEUE).await.map(|(queue, _)| Some(queue))
    }
}
