//! What has changed in a repository since a commit, as git's objects tell it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::git::objects::{BorrowedObjects, GitCommand, named_commit};
use crate::base::git::{self, short_commit};
use crate::process::helper::{run_git, run_git_whole};
use crate::reviewed::reach::places::{names_a_place, names_in};
use crate::reviewed::reach::tracked::{folder_of, name_of};

/// The time limit for one question to git.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most bytes of the list of files that have changed: about five million.
const LIST: usize = 512 << 20;

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
}

/// The checkout whose commit is compared with earlier ones.
pub struct ComparedCheckout {
    objects: BorrowedObjects,
    top: PathBuf,
    head: String,
}

impl ComparedCheckout {
    /// The checkout around `top`, or the reason why nothing of it can be compared.
    pub fn open(top: &Path, env: &Env) -> Result<Self, String> {
        let objects =
            BorrowedObjects::of_checkout(top, env).ok_or("git or its objects can't be read here")?;
        let head = git::commit_around(top);
        let head = head.ok_or("the commit that is checked out can't be read")?;
        Ok(Self { objects, top: top.to_owned(), head })
    }

    /// What has changed since the commit that is checked out and `since` (a commit, a branch or a tag) branched off. What is not
    /// committed does not count.
    ///
    /// # Errors
    /// Nothing is called `since`, though the history is whole.
    pub async fn since_branched_off(&self, since: &str) -> Result<ChangedPaths> {
        let objects = &self.objects;
        // `HEAD~1`, `main^2`: git follows what stands behind the name.
        let (name, way) = since.split_at(since.find(['~', '^']).unwrap_or(since.len()));
        let named = match name {
            "HEAD" | "@" => self.head.clone(),
            name => named_commit(&self.top, name).unwrap_or_else(|| name.to_owned()),
        } + way;
        let Some(named) = line(objects.whole_commit(&named)).await else {
            if objects.is_shallow {
                return Ok(ChangedPaths::unknown(format!(
                    "the checkout is shallow, and does not have `{since}`"
                )));
            }
            return Err(Error::input(
                format!("`{since}` is no commit, branch or tag of this checkout"),
                "name one that it has, or fetch it first: `git fetch origin <branch>`",
            ));
        };
        let Some(base) = line(objects.merge_base(&named, &self.head)).await else {
            let cause =
                if objects.is_shallow { "the checkout is shallow" } else { "they have no commit in common" };
            return Ok(ChangedPaths::unknown(format!(
                "it can't be told where this commit and `{since}` branched off: {cause}"
            )));
        };
        Ok(self.between(base).await)
    }

    /// What is not as it was in `commit`, whether that leads to the commit that is checked out or not.
    pub async fn since_commit(&self, commit: &str) -> ChangedPaths {
        match line(self.objects.whole_commit(commit)).await {
            Some(whole) => self.between(whole).await,
            None => ChangedPaths::unknown(format!(
                "{} does not have the commit {}",
                if self.objects.is_shallow { "the checkout is shallow, and" } else { "the checkout" },
                short_commit(commit)
            )),
        }
    }

    /// The text of a file in an earlier commit. None if it had no such file.
    pub async fn file(&self, commit: &str, path: &str) -> Option<String> {
        text(self.objects.file(commit, path)).await
    }

    /// Whether the history of the checkout is cut off.
    pub fn is_shallow(&self) -> bool {
        self.objects.is_shallow
    }

    async fn between(&self, base: String) -> ChangedPaths {
        let (objects, head) = (&self.objects, &self.head);
        let Some(bytes) = run_git_whole(objects.changed_paths(&base, head), PATIENCE, LIST).await else {
            return ChangedPaths::unknown(format!(
                "git could not compare this commit with {}",
                short_commit(&base)
            ));
        };
        let mut paths = BTreeSet::new();
        for path in bytes.split(|byte| *byte == 0).filter(|path| !path.is_empty()) {
            let Ok(path) = std::str::from_utf8(path) else {
                return ChangedPaths::unknown("the name of a file that has changed is not UTF-8".to_owned());
            };
            paths.insert(path.to_owned());
        }
        let mut lost_names = BTreeSet::new();
        for path in paths.iter().filter(|path| names_a_place(path)) {
            let before = text(objects.file(&base, path)).await.unwrap_or_default();
            let now = text(objects.file(head, path)).await.unwrap_or_default();
            let [before, now] = [before, now].map(|text| names_in(name_of(path), &text, folder_of(path)));
            if before.iter().any(|name| !now.contains(name)) {
                lost_names.insert(path.clone());
            }
        }
        ChangedPaths { since: Some(base), paths, lost_names, unknown: None }
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
