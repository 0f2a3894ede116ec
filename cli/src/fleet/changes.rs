//! What has changed in a repository since a commit, as git's objects tell it.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::git::objects::{BorrowedObjects, GitCommand, named_commit};
use crate::base::git::{self, short_commit};
use crate::process::helper::run_git;
use crate::reviewed::reach::places::{names_a_place, names_in};
use crate::reviewed::reach::tracked::{folder_of, name_of};

/// The time limit for one question to git.
const PATIENCE: Duration = Duration::from_secs(30);

/// The files that have changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedPaths {
    /// The commit that they are compared with. None where that is not known.
    pub since: Option<String>,
    /// Their paths from the top of the repository. Of a renamed file both.
    pub paths: BTreeSet<String>,
    /// Files that gave a package or module a name which is not there any more: whom that concerns can't be told.
    pub lost_names: BTreeSet<String>,
    /// Why it is not known what has changed. Then everything counts as changed.
    pub unknown: Option<String>,
}

impl ChangedPaths {
    /// Everything counts as changed, for this reason.
    pub fn unknown(why: String) -> Self {
        Self { unknown: Some(why), ..Self::default() }
    }

    /// Whether it is known that nothing has changed.
    pub fn is_nothing(&self) -> bool {
        self.unknown.is_none() && self.paths.is_empty()
    }

    /// What has changed in the checkout around `top` since it and `since` (a commit, a branch or a tag) branched off. What is not
    /// committed does not count.
    ///
    /// # Errors
    /// Nothing is called `since`, though the history is whole.
    pub async fn since(top: &Path, since: &str, env: &Env) -> Result<Self> {
        let Some(objects) = BorrowedObjects::of_checkout(top, env) else {
            return Ok(Self::unknown("git or its objects can't be read here".to_owned()));
        };
        let head = git::checkouts_around(top).into_iter().next().and_then(|checkout| checkout.commit);
        let Some(head) = head else {
            return Ok(Self::unknown("the commit that is checked out can't be read".to_owned()));
        };
        let named = named_commit(top, since).unwrap_or_else(|| since.to_owned());
        let Some(named) = line(objects.whole_commit(&named)).await else {
            if objects.is_shallow {
                return Ok(Self::unknown(format!("the checkout is shallow, and does not have `{since}`")));
            }
            return Err(Error::input(
                format!("`{since}` is no commit, branch or tag of this checkout"),
                "name one that it has, or fetch it first: `git fetch origin <branch>`",
            ));
        };
        let Some(base) = line(objects.merge_base(&named, &head)).await else {
            let cause =
                if objects.is_shallow { "the checkout is shallow" } else { "they have no commit in common" };
            return Ok(Self::unknown(format!(
                "it can't be told where this commit and `{since}` branched off: {cause}"
            )));
        };
        let Some((0, bytes)) = run_git(objects.changed_paths(&base, &head), PATIENCE).await else {
            let why = format!("git could not compare this commit with {}", short_commit(&base));
            return Ok(Self::unknown(why));
        };
        let mut paths = BTreeSet::new();
        for path in bytes.split(|byte| *byte == 0).filter(|path| !path.is_empty()) {
            let Ok(path) = std::str::from_utf8(path) else {
                return Ok(Self::unknown("the name of a file that has changed is not UTF-8".to_owned()));
            };
            paths.insert(path.to_owned());
        }
        let mut lost_names = BTreeSet::new();
        for path in paths.iter().filter(|path| names_a_place(path)) {
            let before = text(objects.file(&base, path)).await.unwrap_or_default();
            let now = text(objects.file(&head, path)).await.unwrap_or_default();
            let [before, now] = [before, now].map(|text| names_in(name_of(path), &text, folder_of(path)));
            if before.iter().any(|name| !now.contains(name)) {
                lost_names.insert(path.clone());
            }
        }
        Ok(Self { since: Some(base), paths, lost_names, unknown: None })
    }
}

/// The one line that a command of git prints. None if it fails.
async fn line(command: GitCommand) -> Option<String> {
    let text = text(command).await?;
    text.lines().next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
}

async fn text(command: GitCommand) -> Option<String> {
    let (status, bytes) = run_git(command, PATIENCE).await?;
    (status == 0).then(|| String::from_utf8_lossy(&bytes).into_owned())
}
