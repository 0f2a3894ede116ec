//! The folders that a change may have written to, and whether the path to a file, a program or a cache leads through
//! them.
//!
//! A job has up to three such folders, which can be the same: the checkout around the folder that it was started in,
//! the one around `cwd`, and the CI system's own workspace. They are compared by their real paths.

use std::path::{Path, PathBuf};

use super::standing::Standing;
use crate::base::env::Env;
use crate::base::git::{Way, checkouts_around};
use crate::ci::{CiSystem, Context};

/// The folders of a job that a change may have written to.
#[derive(Debug, Clone)]
pub struct Ground {
    context: Context,
    cwd: PathBuf,
    /// The folders, as real paths; none if all of them are our own.
    places: Vec<PathBuf>,
}

impl Ground {
    /// The ground of a job whose `cwd` is `folder`, and whose files have this `standing`.
    pub fn new(context: &Context, standing: Standing, env: &Env, ci: &dyn CiSystem, folder: &Path) -> Self {
        // With the repository's credentials, another checkout can exist beside the proven one.
        let ours = standing == Standing::Ours && !context.base_credentials;
        let folders =
            [env.cwd().to_owned(), folder.to_owned()].into_iter().chain((ci.folders().workspaces)(env));
        let places = folders.filter(|_| !ours).filter_map(|folder| place(&env.cwd().join(folder))).collect();
        // A fork's code that may be previewed is a fork's all the same.
        let context = Context { allowed_commit: None, ..context.clone() };
        Self { context, cwd: env.cwd().to_owned(), places }
    }

    /// Whether the file at `path` may be a stranger's, or is chosen by a link that may be one.
    pub fn holds(&self, path: &Path) -> bool {
        if self.places.is_empty() {
            return false;
        }
        Way::to(&self.cwd.join(path))
            .is_none_or(|way| self.is_a_place(&way.end) || way.links.iter().any(|link| self.is_a_place(link)))
    }

    /// Whether the path leads through a link that may be a stranger's: its author decides where a file is written.
    pub fn links_away(&self, path: &Path) -> bool {
        if self.places.is_empty() {
            return false;
        }
        Way::to(&self.cwd.join(path)).is_none_or(|way| way.links.iter().any(|link| self.is_a_place(link)))
    }

    /// The folders of `path`, a list such as `PATH`, without those that a stranger may have filled. None if all of them
    /// stay.
    pub fn without(&self, path: &str) -> Option<String> {
        let folders: Vec<PathBuf> = std::env::split_paths(path).collect();
        let kept: Vec<&PathBuf> = folders.iter().filter(|folder| !self.holds(folder)).collect();
        let fewer = kept.len() < folders.len();
        std::env::join_paths(kept).ok().filter(|_| fewer).map(|path| path.to_string_lossy().into_owned())
    }

    /// Whether a real path is in one of the folders, and not proven to be the repository's own.
    fn is_a_place(&self, path: &Path) -> bool {
        let within = self.places.iter().any(|place| path.starts_with(place));
        within && !(self.context.base_credentials && self.is_proven(path))
    }

    fn is_proven(&self, path: &Path) -> bool {
        let folder = path.ancestors().find(|folder| folder.is_dir()).unwrap_or(path);
        Standing::from_checkouts(&self.context, &checkouts_around(folder)) != Standing::Unproven
    }
}

/// The outermost checkout that `folder` is in; without a repository the folder itself. None for the root of the
/// machine.
fn place(folder: &Path) -> Option<PathBuf> {
    let real = std::fs::canonicalize(folder).ok()?;
    let top = real.ancestors().filter(|top| top.join(".git").exists()).last();
    match top {
        Some(top) => Some(top.to_owned()),
        None => Some(real).filter(|real| real.parent().is_some()),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::ci::detect;

    const BASE: &str = "2d5a1c0e9f3b4a6d8c7e5f1a2b3c4d5e6f708192";

    /// A machine with the base's checkout in `ws/base`, a fork's in `ws/pr`, and a folder of tools beside them.
    fn machine() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("ws/base/.git/HEAD", BASE),
            ("ws/pr/.git/HEAD", "4444"),
            ("tools/pulumi", ""),
            ("ws/x", ""),
            ("start/x", ""),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        symlink(folder.path().join("ws"), folder.path().join("L")).unwrap();
        symlink(folder.path().join("tools"), folder.path().join("ws/pr/away")).unwrap();
        symlink(folder.path().join("ws/pr"), folder.path().join("tools/way-in")).unwrap();
        symlink(folder.path().join("tools"), folder.path().join("ws/base/ours")).unwrap();
        folder
    }

    fn ground(folder: &Path, cwd: &str, program: &str, base_credentials: bool, standing: Standing) -> Ground {
        let workspace = folder.join("ws").display().to_string();
        let pairs = [("GITHUB_ACTIONS", "true"), ("GITHUB_WORKSPACE", &workspace)];
        let env = Env::from_pairs(folder.join(cwd), pairs);
        let own_commits = vec![BASE.to_owned()];
        let context = Context { base_credentials, own_commits, ..Context::default() };
        Ground::new(&context, standing, &env, detect(&env), &folder.join(program))
    }

    #[test]
    fn a_place_is_known_by_its_real_path_and_by_each_link_on_the_way() {
        let folder = machine();
        let ground = ground(folder.path(), "start", "L/pr", true, Standing::Unproven);
        let at = |path: &str| folder.path().join(path);
        for path in ["ws/pr/pulumi", "L/pr/pulumi", "tools/way-in/pulumi", "ws/pr/away/pulumi", "ws/x"] {
            assert!(ground.holds(&at(path)), "{path}");
        }
        for path in ["tools/pulumi", "ws/base/pulumi", "ws/base/ours/pulumi"] {
            assert!(!ground.holds(&at(path)), "{path}");
        }
        for path in ["ws/pr/away/r.json", "L/pr/away/r.json", "tools/way-in/away/new/r.json"] {
            assert!(ground.links_away(&at(path)), "{path}");
        }
        for path in ["ws/pr/r.json", "L/pr/r.json", "tools/r.json", "tools/way-in/r.json"] {
            assert!(!ground.links_away(&at(path)), "{path}");
        }
        assert!(ground.holds(Path::new("../ws/new")) && !ground.holds(Path::new("../tools/new")));
    }

    #[test]
    fn beside_a_proven_checkout_another_one_may_be_a_strangers() {
        let folder = machine();
        let ground = ground(folder.path(), "ws/base", "ws/base", true, Standing::Ours);
        assert!(ground.holds(&folder.path().join("ws/pr/bin")) && !ground.holds(Path::new("bin")));
        let list = [folder.path().join("ws/pr/bin"), folder.path().join("tools")];
        let path = std::env::join_paths(&list).unwrap().into_string().unwrap();
        assert_eq!(ground.without(&path), Some(list[1].display().to_string()));
        assert_eq!(ground.without(&list[1].display().to_string()), None);
    }

    #[test]
    fn a_push_trusts_its_whole_workspace() {
        let folder = machine();
        let ground = ground(folder.path(), "ws/base", "ws/base", false, Standing::Ours);
        assert!(!ground.holds(&folder.path().join("ws/pr/away")));
        assert!(!ground.links_away(&folder.path().join("ws/pr/away/r.json")));
    }
}
