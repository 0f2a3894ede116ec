//! The files of a commit that the job has not checked out, in a folder of our own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::git::objects::GitCommand;
use crate::base::git::short_commit;
use crate::base::git::tree::{CommitTree, KnownBranch, SignIn};
use crate::base::own_folder::OwnFolder;
use crate::base::reason::Reason;
use crate::process::helper::run_git;

/// The time limit of the fetch and of the checkout, each.
const PATIENCE: Duration = Duration::from_secs(300);

/// The files of a commit; they are removed when it is dropped.
#[derive(Debug)]
pub struct FetchedTree {
    _own: OwnFolder,
    top: PathBuf,
}

impl FetchedTree {
    /// Fetches a commit from the `origin` of the repository around `checkout`, by its whole hash, and checks it out. `default`:
    /// the default branch, whose `stackstep.yaml` judges it.
    /// `sign_in`: for a checkout that keeps no credentials.
    pub async fn fetch(
        checkout: &Path,
        commit: &str,
        default: KnownBranch<'_>,
        sign_in: Option<&SignIn>,
        env: &Env,
    ) -> Result<Self> {
        let own = OwnFolder::new()?;
        let top = own.path().join("checkout");
        std::fs::create_dir(&top).map_err(Error::io("make", &top))?;
        // A link on the way would make two ways up from it.
        let top = std::fs::canonicalize(&top).map_err(Error::io("read", &top))?;
        let failed = |what: &str| {
            Error::Refused {
            what: format!("commit `{}` could not be {what}", short_commit(commit)),
            hint: "let the job's token read the repository (`contents: read` on GitHub), so that the commit can be fetched from \
                   `origin`"
                .to_owned(),
            reason: Reason::Gate,
        }
        };
        let tree = CommitTree::prepare(checkout, &top, commit, default, sign_in, env)
            .ok_or_else(|| failed("fetched: there is no git, or the checkout has no `origin`"))?;
        if !succeeds(tree.fetch()).await {
            return Err(failed("fetched from `origin`"));
        }
        if !succeeds(tree.check_out()).await {
            return Err(failed("checked out"));
        }
        Ok(Self { _own: own, top })
    }

    /// The folder.
    pub fn top(&self) -> &Path {
        &self.top
    }
}

async fn succeeds(command: GitCommand) -> bool {
    run_git(command, PATIENCE).await.is_some_and(|(status, _)| status == 0)
}
