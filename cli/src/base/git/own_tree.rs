//! The tree of another commit of a repository, in a folder of our own: a checkout that borrows the objects of the one at
//! hand. Nothing of that one is changed, and none of its configuration counts: no hooks and no filters run. Only the address
//! of `origin`, and the header by which the checkout signs in there, are taken over.

use std::path::{Path, PathBuf};

use super::config::{self, settings};
use super::objects::{GitCommand, default_of_origin, seen_of_origin};
use super::remote::Remote;
use super::{commit, common_folder, git_folder, text};
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
        let common = common_folder(&git_folder(checkout)?);
        let program = super::remote::program(checkout, env)?;
        let own = top.join(".git");
        let write = |name: &str, text: &str| -> Option<()> {
            let path = own.join(name);
            std::fs::create_dir_all(path.parent()?).ok()?;
            std::fs::write(path, text).ok()
        };
        let objects = std::fs::canonicalize(common.join("objects")).ok()?;
        // A path with a line end could not be written there.
        let objects = objects.to_str().filter(|path| !path.contains('\n') && !path.starts_with('"'))?;
        write("objects/info/alternates", &format!("{objects}\n"))?;
        std::fs::create_dir_all(own.join("refs/heads")).ok()?;
        write("HEAD", "ref: refs/heads/none\n")?;
        let read = settings(&text(&common.join("config")).unwrap_or_default());
        let format = config::first(&read, "extensions", None, "objectformat");
        let (version, extension) = match format.filter(|format| format == "sha256") {
            Some(_) => (1, "[extensions]\n\tobjectFormat = sha256\n"),
            None => (0, ""),
        };
        let found = Remote::in_folder(checkout, env);
        let remote = found.as_ref().map(Remote::as_settings).unwrap_or_default();
        write(
            "config",
            &format!("[core]\n\trepositoryformatversion = {version}\n\tbare = false\n{extension}{remote}"),
        )?;
        let shallow = text(&common.join("shallow")).unwrap_or_default();
        let cut: String =
            shallow.lines().filter_map(commit).flat_map(|commit| [commit, "\n".to_owned()]).collect();
        if !cut.is_empty() {
            write("shallow", &cut)?;
        }
        if let Some(name) = default_of_origin(checkout)
            && let Some(head) = seen_of_origin(checkout, &name)
        {
            write("refs/remotes/origin/HEAD", &format!("ref: refs/remotes/origin/{name}\n"))?;
            write(&format!("refs/remotes/origin/{name}"), &format!("{head}\n"))?;
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
