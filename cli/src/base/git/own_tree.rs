//! The tree of another commit of a repository, in a folder of our own: a checkout that borrows the objects of the one at
//! hand. Nothing of that one is changed, and none of its configuration counts: no hooks and no filters run. Only the address
//! of `origin`, and the header by which the checkout signs in there, are taken over.

use std::path::{Path, PathBuf};

use super::objects::{GitCommand, default_of_origin, seen_of_origin};
use super::own_git::OwnGit;
use super::remote::Remote;
use crate::base::env::Env;

/// The checkout of a commit in a folder of our own.
pub struct OwnTree {
    top: PathBuf,
    program: PathBuf,
    environment: Vec<(String, String)>,
    remote: Option<(String, Vec<(String, String)>)>,
}

impl OwnTree {
    /// Prepares `top`, which is empty and can't be read by others, with the objects of the repository around `checkout`.
    /// None without git, or without a repository.
    pub fn prepare(top: &Path, checkout: &Path, env: &Env) -> Option<Self> {
        let program = super::remote::program(checkout, env)?;
        let own = top.join(".git");
        let found = Remote::in_folder(checkout, env);
        let remote = found.as_ref().map(Remote::as_settings).unwrap_or_default();
        let git = OwnGit::begin(&own, checkout, false, &remote)?;
        git.borrow_objects()?;
        if let Some(name) = default_of_origin(checkout)
            && let Some(head) = seen_of_origin(checkout, &name)
        {
            git.write_default_of_origin(&name)?;
            git.write(&format!("refs/remotes/origin/{name}"), &format!("{head}\n"))?;
        }
        Some(Self {
            top: top.to_owned(),
            program,
            environment: super::remote::apart(checkout, &own, env),
            remote: found.map(|remote| (remote.address.clone(), remote.environment(checkout, &own, env))),
        })
    }

    /// Prints the whole hash of a commit, by it or its beginning. It fails if the objects do not have it.
    pub fn whole_hash(&self, commit: &str) -> GitCommand {
        self.command(&[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &format!("{commit}^{{commit}}"),
        ])
    }

    /// Writes the files of a commit. It fails if some of them are not there.
    pub fn check_out(&self, commit: &str) -> GitCommand {
        let top = format!("--work-tree={}", self.top.display());
        self.command(&[&top, "checkout", "--quiet", "--force", "--detach", commit, "--"])
    }

    /// Prints the paths of the files that say how others are written, each with a zero byte at its end.
    pub fn attributes(&self) -> GitCommand {
        self.command(&["ls-files", "-z", "--", ".gitattributes", "*/.gitattributes", ".gitmodules"])
    }

    /// Fetches one commit with its files from `origin`. None without a remote.
    pub fn fetch(&self, commit: &str) -> Option<GitCommand> {
        let (address, environment) = self.remote.as_ref()?;
        let refspec = format!("+{commit}:refs/fetched");
        let args =
            ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--depth=1", "--", address, &refspec];
        Some(GitCommand { environment: environment.clone(), ..self.command(&args) })
    }

    fn command(&self, args: &[&str]) -> GitCommand {
        let git = format!("--git-dir={}", self.top.join(".git").display());
        GitCommand {
            program: self.program.clone(),
            args: std::iter::once(git).chain(args.iter().map(|arg| (*arg).to_owned())).collect(),
            environment: self.environment.clone(),
            folder: self.top.clone(),
        }
    }
}
