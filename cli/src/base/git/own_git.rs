//! A git folder of our own beside a checkout. It has the form of the checkout's objects, borrows them if it is to, and has
//! nothing else of that one's configuration: no hooks, no filters, no credentials.
//! <https://git-scm.com/docs/gitrepository-layout>

use std::path::{Path, PathBuf};

use super::config::{self, settings};
use super::{commit, common_folder, git_folder, text};

/// A git folder of our own, while it is made.
pub(super) struct OwnGit {
    folder: PathBuf,
    common: PathBuf,
}

impl OwnGit {
    /// Begins it in `folder` for the repository around `checkout`, with `more` in its configuration. None without a
    /// repository, or if it can't be written.
    pub fn begin(folder: &Path, checkout: &Path, is_bare: bool, more: &str) -> Option<Self> {
        let own = Self { folder: folder.to_owned(), common: common_folder(&git_folder(checkout)?) };
        for name in ["objects/info", "refs/heads"] {
            std::fs::create_dir_all(folder.join(name)).ok()?;
        }
        let read = settings(&text(&own.common.join("config")).unwrap_or_default());
        let format = config::first(&read, "extensions", None, "objectformat");
        let (version, extension) = match format.filter(|format| format == "sha256") {
            Some(_) => (1, "[extensions]\n\tobjectFormat = sha256\n"),
            None => (0, ""),
        };
        own.write("HEAD", "ref: refs/heads/none\n")?;
        own.write(
            "config",
            &format!("[core]\n\trepositoryformatversion = {version}\n\tbare = {is_bare}\n{extension}{more}"),
        )?;
        Some(own)
    }

    /// Borrows the objects of the checkout. Returns whether its history is cut off.
    pub fn borrow_objects(&self) -> Option<bool> {
        let objects = std::fs::canonicalize(self.common.join("objects")).ok()?;
        // A path with a line end could not be written there.
        let objects = objects.to_str().filter(|path| !path.contains('\n') && !path.starts_with('"'))?;
        self.write("objects/info/alternates", &format!("{objects}\n"))?;
        let shallow = text(&self.common.join("shallow")).unwrap_or_default();
        let cut: String =
            shallow.lines().filter_map(commit).flat_map(|commit| [commit, "\n".to_owned()]).collect();
        if !cut.is_empty() {
            self.write("shallow", &cut)?;
        }
        Some(!cut.is_empty())
    }

    /// Lets it know `origin`'s default branch by its name.
    pub fn write_default_of_origin(&self, name: &str) -> Option<()> {
        self.write("refs/remotes/origin/HEAD", &format!("ref: refs/remotes/origin/{name}\n"))
    }

    /// Writes a file of it.
    pub fn write(&self, name: &str, text: &str) -> Option<()> {
        let path = self.folder.join(name);
        std::fs::create_dir_all(path.parent()?).ok()?;
        std::fs::write(path, text).ok()
    }
}
