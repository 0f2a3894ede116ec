//! The files of a commit in a folder of our own, as a checkout of their own: fetched from the `origin` of another checkout, of
//! whose configuration git reads nothing but the remote's address and the header by which it signs in there. The new checkout
//! has no hooks, no filters and no credentials.

use std::path::{Path, PathBuf};

use super::objects::GitCommand;
use super::own_git::OwnGit;
use super::remote::{Remote, apart, program};
use crate::base::env::Env;
use crate::base::secret::Secret;

/// The ref that the commit is fetched as.
const FETCHED: &str = "refs/stackstep/commit";

/// The commands that bring a commit's files into a folder.
pub struct CommitTree {
    program: PathBuf,
    folder: PathBuf,
    commit: String,
    fetch: Vec<String>,
    fetching: Vec<(String, String)>,
    apart: Vec<(String, String)>,
}

/// A branch of `origin`, which the new checkout knows beside its own commit.
#[derive(Debug, Clone, Copy)]
pub struct KnownBranch<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its commit.
    pub commit: &'a str,
}

/// How to sign in at `origin` where the checkout keeps no credentials.
#[derive(Debug)]
pub struct SignIn {
    /// The server that gets the header, and no other: `https://github.com`.
    pub server: String,
    /// The header of the request: `Authorization: Basic …`.
    pub header: Secret,
}

impl CommitTree {
    /// Prepares `folder`, which is empty, for a commit of the repository around `checkout`. None without git, or without a
    /// remote.
    pub fn prepare(
        checkout: &Path,
        folder: &Path,
        commit: &str,
        default: KnownBranch<'_>,
        sign_in: Option<&SignIn>,
        env: &Env,
    ) -> Option<Self> {
        let mut remote = Remote::in_folder(checkout, env)?;
        if let Some(SignIn { server, header }) = sign_in {
            remote.sign_in(server, header);
        }
        let program = program(checkout, env)?;
        let git = folder.join(".git");
        OwnGit::begin(&git, checkout, false, "")?.write_default_of_origin(default.name)?;
        let refspecs = [
            format!("+{commit}:{FETCHED}"),
            format!("+{}:refs/remotes/origin/{}", default.commit, default.name),
        ];
        let fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"];
        let fetch = fetch.into_iter().chain(["--depth=1", "--", &remote.address]).map(str::to_owned);
        Some(Self {
            program,
            commit: commit.to_owned(),
            fetch: fetch.chain(refspecs).collect(),
            fetching: remote.environment(checkout, &git, env),
            apart: apart(checkout, &git, env),
            folder: folder.to_owned(),
        })
    }

    /// Fetches the commit and the branch.
    pub fn fetch(&self) -> GitCommand {
        self.command(&self.fetch, &self.fetching)
    }

    /// Writes the commit's files into the folder.
    pub fn check_out(&self) -> GitCommand {
        let args = ["checkout", "--quiet", "--force", "--detach", &self.commit].map(str::to_owned);
        self.command(&args, &self.apart)
    }

    fn command(&self, args: &[String], environment: &[(String, String)]) -> GitCommand {
        let places = [
            format!("--git-dir={}", self.folder.join(".git").display()),
            format!("--work-tree={}", self.folder.display()),
        ];
        GitCommand {
            program: self.program.clone(),
            args: places.into_iter().chain(args.iter().cloned()).collect(),
            environment: environment.to_vec(),
            folder: self.folder.clone(),
        }
    }
}
