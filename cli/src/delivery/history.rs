//! Reads a repository's history for delivery: the default branch, a file of a commit, whether a branch contains a commit.
//!
//! The checkout's own objects answer first. A shallow checkout lacks most of them: then the forge is asked, and at last
//! git fetches what is missing into a folder of our own, by the checkout's remote and nothing else of its configuration.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::env::Env;
use crate::base::git::objects::{BorrowedObjects, default_of_origin, seen_of_origin};
use crate::base::git::remote::{HeadQuestion, default_in, head_in};
use crate::ci::Context;
use crate::forge::{Client, RepositoryFile, Trouble};
use crate::process::helper::{read_apart, run_git};

/// The time limit for a question to the checkout's objects.
const AT_HAND: Duration = Duration::from_secs(10);

/// The time limit for a question to the remote.
const REMOTE: Duration = Duration::from_secs(5);

/// The time limit for a fetch.
const FETCH: Duration = Duration::from_secs(60);

/// A file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileAt {
    /// Its text.
    Text(String),
    /// The commit has no such file.
    Missing,
    /// Nobody could read it, for this reason.
    Unknown(String),
}

impl From<RepositoryFile> for FileAt {
    fn from(file: RepositoryFile) -> Self {
        match file {
            RepositoryFile::Text(text) => Self::Text(text),
            RepositoryFile::Missing => Self::Missing,
        }
    }
}

/// The history of the repository around a folder.
pub struct RepositoryHistory<'a> {
    folder: PathBuf,
    env: &'a Env,
    context: &'a Context,
    /// Made when a question needs them.
    objects: OnceCell<Option<BorrowedObjects>>,
    forge: Option<&'a Client<'a>>,
}

impl<'a> RepositoryHistory<'a> {
    /// The history of the repository around `folder`; `forge` is asked for what the checkout lacks.
    pub fn new(folder: &Path, env: &'a Env, context: &'a Context, forge: Option<&'a Client<'a>>) -> Self {
        Self { folder: folder.to_owned(), env, context, objects: OnceCell::new(), forge }
    }

    /// The checkout's objects. None without git, or without a repository.
    fn objects(&self) -> Option<&BorrowedObjects> {
        self.objects.get_or_init(|| BorrowedObjects::of_checkout(&self.folder, self.env)).as_ref()
    }

    /// The name of the default branch: as the CI system tells it, as the checkout has seen it, or as the remote or the
    /// forge tells it.
    pub async fn default_branch(&self) -> Option<String> {
        let known = self.context.default_branch_name.clone().or_else(|| {
            let own = self.context.branch.clone().filter(|_| self.context.default_branch == Some(true));
            own.or_else(|| default_of_origin(&self.folder))
        });
        if known.is_some() {
            return known;
        }
        if let Some(answer) = ask(HeadQuestion::about_default(&self.folder, self.env)).await
            && let Some(name) = default_in(&answer)
        {
            return Some(name);
        }
        self.forge?.default_branch().await.ok()
    }

    /// The commit that `branch` of the remote is at now.
    pub async fn head(&self, branch: &str) -> Option<String> {
        if let Some(answer) = ask(HeadQuestion::about(&self.folder, branch, self.env)).await
            && let Some(head) = head_in(&answer)
        {
            return Some(head);
        }
        self.forge?.branch_head(branch).await.ok()
    }

    /// A file of the head of `branch`. With `fresh` the remote is asked where the head is now; else the checkout's own
    /// knowledge will do.
    pub async fn file_of_branch(&self, branch: &str, path: &str, fresh: bool) -> FileAt {
        let head = if fresh { self.head(branch).await } else { seen_of_origin(&self.folder, branch) };
        if let Some(head) = &head
            && let Some(answer) = self.file_at_hand(head, path).await
        {
            return answer;
        }
        let lacks = format!("the checkout does not have the branch `{branch}`");
        let asked = async |forge: &Client<'_>| {
            let head = match head {
                Some(head) => head,
                None => forge.branch_head(branch).await?,
            };
            forge.file(&head, path).await
        };
        self.file_from_afar(lacks, &format!("refs/heads/{branch}"), path, asked).await
    }

    /// A file of the head of the default branch, as the checkout knows it: nobody is asked. None if it does not have it.
    pub async fn file_of_default_at_hand(&self, path: &str) -> Option<(String, FileAt)> {
        let name = self.context.default_branch_name.clone().or_else(|| default_of_origin(&self.folder))?;
        let head = seen_of_origin(&self.folder, &name)?;
        let file = self.file_at_hand(&head, path).await?;
        Some((name, file))
    }

    /// A file of a commit.
    pub async fn file_of_commit(&self, commit: &str, path: &str) -> FileAt {
        if let Some(answer) = self.file_at_hand(commit, path).await {
            return answer;
        }
        let lacks = format!("the checkout does not have the commit `{commit}`");
        let asked = async |forge: &Client<'_>| forge.file(commit, path).await;
        self.file_from_afar(lacks, commit, path, asked).await
    }

    /// A file that the checkout lacks: as the forge answers what is `asked` of it, else by a fetch of `what`.
    async fn file_from_afar(
        &self,
        lacks: String,
        what: &str,
        path: &str,
        asked: impl AsyncFnOnce(&Client<'_>) -> Result<RepositoryFile, Trouble>,
    ) -> FileAt {
        let mut why = lacks;
        if let Some(forge) = self.forge {
            match asked(forge).await {
                Ok(file) => return file.into(),
                Err(trouble) => why = format!("{why}, and {}", trouble.problem.what),
            }
        }
        let fetched = self.fetched_file(what, path).await;
        fetched.unwrap_or_else(|| FileAt::Unknown(format!("{why}; a fetch did not get it either")))
    }

    /// Whether `branch` of the remote contains `commit`. Fails with the reason why that is not known.
    pub async fn contains(&self, branch: &str, commit: &str) -> Result<bool, String> {
        let head = self.head(branch).await;
        if let (Some(objects), Some(head)) = (self.objects(), &head) {
            match (run_git(objects.is_contained(commit, head), AT_HAND).await, objects.is_shallow) {
                (Some((0, _)), _) => return Ok(true),
                (Some((1, _)), false) => return Ok(false),
                _ => {}
            }
        }
        let mut why = format!("the checkout does not have the history of `{branch}`");
        if let Some(forge) = self.forge {
            match forge.branch_contains(branch, commit).await {
                Ok(contained) => return Ok(contained),
                Err(trouble) => why = format!("{why}, and {}", trouble.problem.what),
            }
        }
        match self.fetched_containment(&format!("refs/heads/{branch}"), commit).await {
            Some(contained) => Ok(contained),
            None => Err(format!("{why}; a fetch did not get it either")),
        }
    }

    /// Whether the commit `earlier` lies before `later`, and is not that one itself. Both are whole hashes. None if that is not
    /// known.
    pub async fn is_before(&self, earlier: &str, later: &str) -> Option<bool> {
        if earlier.eq_ignore_ascii_case(later) {
            return Some(false);
        }
        if let Some(objects) = self.objects() {
            match (run_git(objects.is_contained(earlier, later), AT_HAND).await, objects.is_shallow) {
                (Some((0, _)), _) => return Some(true),
                (Some((1, _)), false) => return Some(false),
                _ => {}
            }
        }
        self.fetched_containment(later, earlier).await
    }

    /// The file from the checkout's objects. None if they do not have the commit.
    async fn file_at_hand(&self, commit: &str, path: &str) -> Option<FileAt> {
        read_file(self.objects()?, commit, path).await
    }

    async fn fetched_file(&self, what: &str, path: &str) -> Option<FileAt> {
        let own = BorrowedObjects::to_fetch(&self.folder, self.env)?;
        run_git(own.fetch(what, "fetched", Some(1), self.env)?, FETCH)
            .await
            .filter(|(status, _)| *status == 0)?;
        read_file(&own, &own.fetched("fetched")?, path).await
    }

    /// Whether `what` of the remote, a ref or a commit, contains `commit`.
    async fn fetched_containment(&self, what: &str, commit: &str) -> Option<bool> {
        let own = BorrowedObjects::to_fetch(&self.folder, self.env)?;
        let fetch = own.fetch(what, "fetched", None, self.env)?;
        run_git(fetch, FETCH).await.filter(|(status, _)| *status == 0)?;
        let head = own.fetched("fetched")?;
        // A commit that its whole history does not have is not contained in it.
        let (status, _) = run_git(own.is_contained(commit, &head), AT_HAND).await?;
        Some(status == 0)
    }
}

async fn ask(question: Option<HeadQuestion>) -> Option<String> {
    let HeadQuestion { program, args, environment, folder } = question?;
    read_apart(&program, &args, folder.path(), environment, REMOTE).await
}

async fn read_file(objects: &BorrowedObjects, commit: &str, path: &str) -> Option<FileAt> {
    let (status, bytes) = run_git(objects.file(commit, path), AT_HAND).await?;
    if status == 0 {
        let unreadable = |_| FileAt::Unknown(format!("`{path}` is not UTF-8"));
        return Some(String::from_utf8(bytes).map_or_else(unreadable, FileAt::Text));
    }
    let (status, _) = run_git(objects.top_of(commit), AT_HAND).await?;
    (status == 0).then_some(FileAt::Missing)
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
