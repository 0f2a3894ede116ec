//! The checkout of another commit in a folder of our own, for a rollback: removed with it, and by a later run if this one is
//! killed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::env::Env;
use crate::base::error::{Error, Problem, Result};
use crate::base::git::own_tree::OwnTree;
use crate::base::own_folder::OwnFolder;
use crate::process::helper::run_git;

/// The time limit for a question to the objects.
const AT_HAND: Duration = Duration::from_secs(10);

/// The time limit for writing the files, and for fetching them.
const FILES: Duration = Duration::from_secs(300);

/// A checkout of our own.
pub struct OwnCheckout {
    folder: OwnFolder,
    tree: OwnTree,
}

impl OwnCheckout {
    /// A checkout without files, of the repository around `checkout`.
    ///
    /// # Errors
    /// There is no git, or no repository.
    pub fn beside(checkout: &Path, env: &Env) -> Result<Self> {
        let folder = OwnFolder::new()?;
        let top = folder.path().join("checkout");
        std::fs::create_dir(&top).map_err(Error::io("make", &top))?;
        let tree = OwnTree::prepare(&top, checkout, env).ok_or_else(|| {
            Error::input(
                "another commit can't be checked out here",
                "run it in a checkout, with git on the PATH",
            )
        })?;
        Ok(Self { folder, tree })
    }

    /// The top folder.
    pub fn top(&self) -> PathBuf {
        self.folder.path().join("checkout")
    }

    /// The whole hash of a commit of which the beginning is given. None if the objects at hand do not have it.
    pub async fn whole_hash(&self, commit: &str) -> Option<String> {
        let (_, answer) =
            run_git(self.tree.whole_hash(commit), AT_HAND).await.filter(|(status, _)| *status == 0)?;
        let hash = String::from_utf8(answer).ok()?.trim().to_owned();
        (hash.len() >= 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(hash)
    }

    /// Writes the files of a commit; what the objects at hand lack is fetched.
    ///
    /// # Errors
    /// The commit can't be had, or has files that git alone can't write.
    pub async fn check_out(&self, commit: &str) -> Result<(), Problem> {
        let done = |answer: Option<(i32, Vec<u8>)>| answer.is_some_and(|(status, _)| status == 0);
        if !done(run_git(self.tree.check_out(commit), FILES).await) {
            let fetched = match self.tree.fetch(commit) {
                Some(fetch) => done(run_git(fetch, FILES).await),
                None => false,
            };
            if !fetched || !done(run_git(self.tree.check_out(commit), FILES).await) {
                return Err(Problem::new(
                    format!(
                        "the files of commit `{commit}` can't be had: the checkout lacks them, and a fetch did not get them"
                    ),
                    "check out the whole history, or let the job's git read the remote",
                ));
            }
        }
        let listed = run_git(self.tree.attributes(), AT_HAND).await.filter(|(status, _)| *status == 0);
        let Some((_, listed)) = listed else {
            return Err(Problem::without_hint("whether git alone can write the commit's files is not known"));
        };
        let names = String::from_utf8_lossy(&listed).into_owned();
        match names.split('\0').filter(|name| !name.is_empty()).find_map(|name| self.not_by_git_alone(name)) {
            Some(why) => Err(Problem::new(
                format!("the commit {why}"),
                "revert the commits in between, and deploy that",
            )),
            None => Ok(()),
        }
    }

    /// The reason why git alone does not write all files of the commit, by one of those that say so.
    fn not_by_git_alone(&self, name: &str) -> Option<String> {
        if name == ".gitmodules" {
            return Some("has submodules, which a rollback does not check out".to_owned());
        }
        let text = std::fs::read_to_string(self.top().join(name));
        // One that can't be read may say anything.
        text.map_or(true, |text| text.contains("filter=")).then(|| {
            format!("has files that a filter writes (`{name}`), such as those of Git LFS, and a rollback runs none")
        })
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::process::Command;

    fn git(folder: &Path, args: &[&str]) -> String {
        #[expect(clippy::disallowed_methods, reason = "the tests make a repository")]
        let mut git = Command::new("git");
        let output = git
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"])
            .args(args)
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    #[expect(clippy::disallowed_methods, reason = "git is found as a person's shell would")]
    fn env(folder: &Path) -> Env {
        Env::from_pairs(folder, [("PATH", std::env::var("PATH").unwrap())])
    }

    /// A repository with two commits, the first of which has this file.
    fn repository(name: &str, text: &str) -> (tempfile::TempDir, PathBuf, String) {
        let folder = tempfile::tempdir().unwrap();
        let origin = folder.path().join("origin");
        std::fs::create_dir(&origin).unwrap();
        git(&origin, &["init", "-q", "-b", "main"]);
        std::fs::write(origin.join("a.txt"), "one\n").unwrap();
        std::fs::write(origin.join(name), text).unwrap();
        git(&origin, &["add", "."]);
        git(&origin, &["commit", "-q", "-m", "one"]);
        let first = git(&origin, &["rev-parse", "HEAD"]);
        std::fs::write(origin.join("a.txt"), "two\n").unwrap();
        git(&origin, &["rm", "-q", name]);
        git(&origin, &["commit", "-q", "-a", "-m", "two"]);
        (folder, origin, first)
    }

    #[tokio::test]
    async fn the_files_of_another_commit_lie_in_a_folder_of_our_own_and_no_hook_runs() {
        let (folder, origin, first) = repository("b.txt", "b\n");
        let hook = origin.join(".git/hooks/post-checkout");
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, format!("#!/bin/sh\ntouch {}/ran\n", folder.path().display())).unwrap();
        std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let own = OwnCheckout::beside(&origin, &env(&origin)).unwrap();
        let whole = own.whole_hash(&first[..8]).await.unwrap();
        assert_eq!(whole, first);
        own.check_out(&whole).await.unwrap();
        assert_eq!(std::fs::read_to_string(own.top().join("a.txt")).unwrap(), "one\n");
        assert!(own.top().join("b.txt").exists() && !folder.path().join("ran").exists());
        assert_eq!(git(&own.top(), &["rev-parse", "HEAD"]), first);
        assert_eq!(git(&origin, &["status", "--porcelain"]), "");
        let top = own.top();
        drop(own);
        assert!(!top.exists());
    }

    #[tokio::test]
    async fn what_a_shallow_checkout_lacks_is_fetched() {
        let (folder, origin, first) = repository("b.txt", "b\n");
        let shallow = folder.path().join("shallow");
        let (from, to) = (format!("file://{}", origin.display()), shallow.display().to_string());
        git(folder.path(), &["clone", "-q", "--depth=1", &from, &to]);
        let own = OwnCheckout::beside(&shallow, &env(&shallow)).unwrap();
        assert_eq!(own.whole_hash(&first[..8]).await, None);
        own.check_out(&first).await.unwrap();
        assert_eq!(std::fs::read_to_string(own.top().join("a.txt")).unwrap(), "one\n");
    }

    #[tokio::test]
    async fn files_that_git_alone_does_not_write_are_refused() {
        for (name, text, why) in [
            (".gitattributes", "*.bin filter=lfs\n", "a filter writes (`.gitattributes`)"),
            (".gitmodules", "", "has submodules"),
        ] {
            let (_folder, origin, first) = repository(name, text);
            let own = OwnCheckout::beside(&origin, &env(&origin)).unwrap();
            let problem = own.check_out(&first).await.unwrap_err();
            assert!(problem.what.contains(why), "{}", problem.what);
        }
    }
}
