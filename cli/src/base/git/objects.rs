//! Commands that read a repository's objects: a file of a commit, whether a commit is contained in another one, and a
//! fetch of what a shallow checkout lacks.
//!
//! They run on a git folder of our own, which only borrows the objects of the checkout: git reads no configuration, no
//! hooks and no attributes of the checkout, fetches nothing by itself, and gets an environment without the job's secrets.
//! <https://git-scm.com/docs/gitrepository-layout>

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::own_git::OwnGit;
use super::remote::Remote;
use super::{commit, common_folder, git_folder, packed, text};
use crate::base::env::Env;

/// A git folder of our own with the objects of a checkout.
pub struct BorrowedObjects {
    program: PathBuf,
    environment: Vec<(String, String)>,
    folder: TempDir,
    checkout: PathBuf,
    /// Whether the checkout's history is cut off.
    pub is_shallow: bool,
}

/// A command of git, with its whole environment.
pub struct GitCommand {
    /// The program's file.
    pub program: PathBuf,
    /// The command line.
    pub args: Vec<String>,
    /// The whole environment.
    pub environment: Vec<(String, String)>,
    /// The folder to run it in.
    pub folder: PathBuf,
}

impl BorrowedObjects {
    /// The objects of the repository around `folder`. None without git, or without a repository.
    pub fn of_checkout(folder: &Path, env: &Env) -> Option<Self> {
        Self::new(folder, env, true)
    }

    /// A git folder without objects, for a fetch from the `origin` of the repository around `folder`.
    pub fn to_fetch(folder: &Path, env: &Env) -> Option<Self> {
        Self::new(folder, env, false)
    }

    fn new(folder: &Path, env: &Env, borrows: bool) -> Option<Self> {
        let program = super::remote::program(folder, env)?;
        let own = tempfile::tempdir().ok()?;
        let git = OwnGit::begin(own.path(), folder, true, "")?;
        let is_shallow = borrows && git.borrow_objects()?;
        let environment = super::remote::apart(folder, own.path(), env);
        Some(Self { program, environment, checkout: folder.to_owned(), is_shallow, folder: own })
    }

    /// Prints a file of a commit. It prints nothing and fails if the commit or the file is not there.
    pub fn file(&self, commit: &str, path: &str) -> GitCommand {
        self.command(&["cat-file", "blob", &format!("{commit}:{path}")])
    }

    /// Prints the names of the files at the top of a commit. It fails if the commit is not there.
    pub fn top_of(&self, commit: &str) -> GitCommand {
        self.command(&["ls-tree", "--name-only", commit])
    }

    /// Ends with 0 if `commit` is `tip` or one before it, with 1 if not.
    pub fn is_contained(&self, commit: &str, tip: &str) -> GitCommand {
        self.command(&["merge-base", "--is-ancestor", commit, tip])
    }

    /// Prints the commits that lead to `tip` and not to `base`, the newest first, at most `most`.
    pub fn commits_between(&self, base: &str, tip: &str, most: usize) -> GitCommand {
        self.command(&["rev-list", &format!("--max-count={most}"), tip, &format!("^{base}")])
    }

    /// Prints the whole hash of a commit that `name` names: by its beginning, or by an annotated tag's hash.
    pub fn whole_commit(&self, name: &str) -> GitCommand {
        self.command(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")])
    }

    /// Prints the commit from which two commits branched off. It fails if the objects have none.
    pub fn merge_base(&self, one: &str, other: &str) -> GitCommand {
        self.command(&["merge-base", one, other])
    }

    /// Prints the paths in which the trees of two commits differ, each with a zero byte after it. Of a renamed file both.
    pub fn changed_paths(&self, base: &str, tip: &str) -> GitCommand {
        self.command(&["diff-tree", "-r", "-z", "--name-only", "--no-renames", base, tip])
    }

    /// Fetches a branch or a commit from `origin` into our own folder, as the ref `into`. With `depth` only so many
    /// commits, else all of them without their files. None without a remote.
    pub fn fetch(&self, what: &str, into: &str, depth: Option<u32>, env: &Env) -> Option<GitCommand> {
        let remote = Remote::in_folder(&self.checkout, env)?;
        let how = depth.map_or_else(|| "--filter=tree:0".to_owned(), |depth| format!("--depth={depth}"));
        let refspec = format!("+{what}:refs/{into}");
        let args =
            ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", &how, "--", &remote.address, &refspec];
        let mut command = self.command(&args);
        command.environment = remote.environment(&self.checkout, self.folder.path(), env);
        Some(command)
    }

    /// The commit of a ref that a fetch has written.
    pub fn fetched(&self, into: &str) -> Option<String> {
        let reference = format!("refs/{into}");
        text(&self.folder.path().join(&reference))
            .and_then(|text| commit(&text))
            .or_else(|| packed(self.folder.path(), &reference))
    }

    fn command(&self, args: &[&str]) -> GitCommand {
        let git = format!("--git-dir={}", self.folder.path().display());
        GitCommand {
            program: self.program.clone(),
            args: std::iter::once(git).chain(args.iter().map(|arg| (*arg).to_owned())).collect(),
            environment: self.environment.clone(),
            folder: self.folder.path().to_owned(),
        }
    }
}

/// The commit of `origin`'s branch as the checkout around `folder` last saw it.
pub fn seen_of_origin(folder: &Path, branch: &str) -> Option<String> {
    let common = common_folder(&git_folder(folder)?);
    let reference = format!("refs/remotes/origin/{branch}");
    text(&common.join(&reference)).and_then(|text| commit(&text)).or_else(|| packed(&common, &reference))
}

/// The name of `origin`'s default branch as the checkout around `folder` last saw it.
pub fn default_of_origin(folder: &Path) -> Option<String> {
    let common = common_folder(&git_folder(folder)?);
    let head = text(&common.join("refs/remotes/origin/HEAD"))?;
    Some(head.trim().strip_prefix("ref: refs/remotes/origin/")?.to_owned())
}

/// The commit or tag that `name` names in the checkout around `folder`: a branch, one of a remote (`origin/main`), a tag, or a
/// branch of `origin`.
pub fn named_commit(folder: &Path, name: &str) -> Option<String> {
    let is_plain = name.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
    let common = common_folder(&git_folder(folder)?);
    let places = ["heads", "remotes", "tags", "remotes/origin"].into_iter().filter(|_| is_plain);
    places.map(|place| format!("refs/{place}/{name}")).find_map(|reference| {
        text(&common.join(&reference)).and_then(|text| commit(&text)).or_else(|| packed(&common, &reference))
    })
}
