//! Facts about the work folder's repository, read from the files of its `.git`, which no commit can contain: git
//! refuses such a path. No program is started for them, because git would obey configuration that it finds in the
//! folder. [`remote`] makes the command that asks git for the head of a branch.

mod config;
pub mod index;
pub mod objects;
mod own_git;
pub mod own_tree;
pub mod remote;
pub mod tree;

use std::path::{Component, Path, PathBuf};

use crate::base::dots::without_dots;

/// The most bytes that are read of a file of the repository: enough for packed references of a million branches.
const LONGEST: u64 = 64 << 20;

/// A repository's checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The top folder, by its real path.
    pub top: PathBuf,
    /// The commit that is checked out, if it can be read.
    pub commit: Option<String>,
}

/// The checkouts around `folder`, the nearest first: a submodule is in two. Empty if there is no repository, or if it
/// is ambiguous which one is meant.
pub fn checkouts_around(folder: &Path) -> Vec<Checkout> {
    let Some(nearest) = dot_git(folder) else { return Vec::new() };
    let tops = nearest.ancestors().skip(1).filter(|top| top.join(".git").exists());
    tops.map(|top| Checkout { top: top.to_owned(), commit: commit_of(&top.join(".git")) }).collect()
}

/// The commit that the nearest checkout around `folder` has checked out, if it can be read.
pub fn commit_around(folder: &Path) -> Option<String> {
    checkouts_around(folder).into_iter().next()?.commit
}

/// The commit that the submodule in `folder` has checked out, if it can be read.
pub fn submodule_commit(folder: &Path) -> Option<String> {
    commit_of(&folder.join(".git"))
}

/// The commit of a repository, from its `.git`. None if it can't be read.
/// <https://git-scm.com/docs/gitrepository-layout>
fn commit_of(dot: &Path) -> Option<String> {
    let git = behind(dot)?;
    let head = text(&git.join("HEAD"))?;
    let Some(reference) = head.trim().strip_prefix("ref: ") else { return commit(&head) };
    let plain = Path::new(reference).components().all(|part| matches!(part, Component::Normal(_)));
    if !plain || !reference.starts_with("refs/") {
        return None;
    }
    let common = common_folder(&git);
    text(&common.join(reference)).and_then(|text| commit(&text)).or_else(|| packed(&common, reference))
}

/// The top folder of the checkout around `folder`: a change can have written everything in it.
pub fn top(folder: &Path) -> Option<PathBuf> {
    Some(dot_git(folder)?.parent()?.to_owned())
}

/// The path of `folder` from the top of the repository around `start`, without links in either. None without a repository, or
/// if the folder lies outside of it.
pub fn below_top_of(start: &Path, folder: &Path) -> Option<PathBuf> {
    let (folder, top) = (std::fs::canonicalize(folder).ok()?, std::fs::canonicalize(top(start)?).ok()?);
    folder.strip_prefix(top).ok().map(Path::to_owned)
}

/// Whether `path` is in the checkout around `folder`, where a change can have written it, or leads through a link from
/// there.
pub fn is_within(path: &Path, folder: &Path) -> bool {
    let Some(top) = top(folder).or_else(|| std::fs::canonicalize(folder).ok()) else { return false };
    let plain = without_dots(&folder.join(path));
    let within = |place: &PathBuf| place.starts_with(&top);
    plain.starts_with(&top)
        || Way::to(&plain).is_none_or(|way| within(&way.end) || way.links.iter().any(within))
}

/// The way of the operating system to a file, link by link.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// The end of the way, without any links in it. It need not exist.
    pub end: PathBuf,
    /// The real folders that hold the links on the way.
    pub links: Vec<PathBuf>,
}

/// The most links on a way. Linux gives up at the same number.
/// <https://man7.org/linux/man-pages/man7/path_resolution.7.html>
const MOST_LINKS: usize = 40;

impl Way {
    /// The way to `path`, which has to be absolute. None if the links go round in a circle.
    pub fn to(path: &Path) -> Option<Self> {
        let mut way = Self::default();
        let mut ahead: Vec<PathBuf> = parts_backwards(path);
        while let Some(part) = ahead.pop() {
            if part == Path::new("..") {
                way.end.pop();
                continue;
            }
            let next = way.end.join(&part);
            let Ok(target) = std::fs::read_link(&next) else {
                way.end = next;
                continue;
            };
            if way.links.len() == MOST_LINKS {
                return None;
            }
            way.links.push(way.end.clone());
            ahead.extend(parts_backwards(&target));
        }
        Some(way)
    }
}

/// The parts of a path without `.`, the last one first.
fn parts_backwards(path: &Path) -> Vec<PathBuf> {
    let leads = |part: &Component<'_>| !matches!(part, Component::CurDir);
    path.components().rev().filter(leads).map(|part| PathBuf::from(part.as_os_str())).collect()
}

/// The parts of a repository's address in any of git's forms, or of a page of it: the scheme, the authority, and the
/// path without query and fragment. <https://git-scm.com/docs/git-clone#_git_urls>
pub fn address(url: &str) -> Option<(&str, &str, &str)> {
    let (scheme, authority, path) = if let Some((scheme, rest)) = url.split_once("://") {
        let (authority, path) = rest.split_once('/')?;
        (scheme, authority, path)
    } else {
        let (authority, path) = url.split_once(':')?;
        ("ssh", authority, path)
    };
    let path = path.split(['?', '#']).next()?.trim_matches('/');
    Some((scheme, authority, path.strip_suffix(".git").unwrap_or(path)))
}

/// The address of `origin` in the repository around `folder`; it can hold a token.
pub fn origin(folder: &Path) -> Option<String> {
    let config = text(&common_folder(&git_folder(folder)?).join("config"))?;
    config::first(&config::settings(&config), "remote", Some("origin"), "url")
}

/// The folder with the repository's files: `.git`, or the folder that a file of that name points to.
fn git_folder(folder: &Path) -> Option<PathBuf> {
    behind(&dot_git(folder)?)
}

/// The folder with the repository's files, from its `.git`.
fn behind(dot: &Path) -> Option<PathBuf> {
    if dot.is_dir() {
        return Some(dot.to_owned());
    }
    let text = text(dot)?;
    Some(dot.parent()?.join(text.trim().strip_prefix("gitdir: ")?))
}

/// The nearest `.git` from `folder` upwards. A folder that is reached by a link or by `..` has two ways up: if they
/// lead to different repositories, it is ambiguous which one is meant.
fn dot_git(folder: &Path) -> Option<PathBuf> {
    let nearest =
        |folder: &Path| folder.ancestors().map(|folder| folder.join(".git")).find(|path| path.exists());
    let real = nearest(&std::fs::canonicalize(folder).ok()?)?;
    let named = without_dots(folder);
    let target = std::fs::canonicalize(&real).ok()?;
    let is_real = |path: PathBuf| std::fs::canonicalize(path).is_ok_and(|path| path == target);
    // A link in another repository is no way into this one, even if it leads to a `.git`.
    let leads_away = |link: &Path| {
        link.is_symlink() && link.parent().and_then(nearest).is_some_and(|around| !is_real(around))
    };
    (nearest(&named).is_some_and(is_real) && !named.ancestors().any(leads_away)).then_some(real)
}

/// The folder with the files that all work trees of a repository share. A linked work tree has only a HEAD of its own.
fn common_folder(git: &Path) -> PathBuf {
    text(&git.join("commondir")).map_or_else(|| git.to_owned(), |common| git.join(common.trim()))
}

/// The text of a regular file; none if it is too long for a file of a repository.
fn text(path: &Path) -> Option<String> {
    let there = std::fs::metadata(path).ok()?;
    (there.is_file() && there.len() <= LONGEST).then(|| std::fs::read_to_string(path).ok())?
}

/// The commit of `reference` in the file of packed references.
fn packed(git: &Path, reference: &str) -> Option<String> {
    let text = text(&git.join("packed-refs"))?;
    let found = text.lines().filter_map(|line| line.split_once(' ')).find(|(_, name)| *name == reference)?;
    commit(found.0)
}

/// The first eight characters of a commit's hash, for people.
pub fn short_commit(commit: &str) -> &str {
    commit.get(..8).unwrap_or(commit)
}

/// The text as a commit, if it is one.
fn commit(text: &str) -> Option<String> {
    let text = text.trim();
    let hexadecimal = text.len() >= 40 && text.chars().all(|c| c.is_ascii_hexdigit());
    hexadecimal.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "8d08154cabb1c4f71a535de986600303936780f8";

    /// The commit of the nearest checkout.
    fn head(folder: &Path) -> Option<String> {
        commit_around(folder)
    }

    fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn a_detached_head_is_its_commit() {
        let folder = repository(&[(".git/HEAD", COMMIT), ("infra/x", "")]);
        assert_eq!(head(&folder.path().join("infra")).as_deref(), Some(COMMIT));
    }

    #[test]
    fn a_branch_is_followed() {
        let folder = repository(&[(".git/HEAD", "ref: refs/heads/main\n"), (".git/refs/heads/main", COMMIT)]);
        assert_eq!(head(folder.path()).as_deref(), Some(COMMIT));
    }

    #[test]
    fn a_packed_branch_is_found() {
        let packed = format!("# pack-refs with: peeled\n{COMMIT} refs/heads/main\n");
        let folder = repository(&[(".git/HEAD", "ref: refs/heads/main\n"), (".git/packed-refs", &packed)]);
        assert_eq!(head(folder.path()).as_deref(), Some(COMMIT));
    }

    #[test]
    fn a_work_tree_of_its_own_is_followed() {
        let folder = repository(&[
            ("main/.git/refs/heads/feature", COMMIT),
            ("main/.git/worktrees/w/HEAD", "ref: refs/heads/feature\n"),
            ("main/.git/worktrees/w/commondir", "../..\n"),
            ("w/.git", "gitdir: ../main/.git/worktrees/w\n"),
        ]);
        assert_eq!(head(&folder.path().join("w")).as_deref(), Some(COMMIT));
    }

    #[test]
    fn the_address_of_origin_is_found_among_other_remotes() {
        let config = "[core]\n\tbare = false\n[remote \"fork\"]\n\turl = https://x/y\n[remote \"origin\"]\n\tfetch = +a\n\turl = git@github.com:acme/shop.git\n";
        let folder = repository(&[(".git/config", config), ("infra/x", "")]);
        assert_eq!(origin(&folder.path().join("infra")).as_deref(), Some("git@github.com:acme/shop.git"));
        assert_eq!(origin(repository(&[(".git/config", "[core]\n")]).path()), None);
    }

    #[test]
    fn a_way_up_that_leads_through_another_repository_tells_nothing() {
        let folder = repository(&[(".git/HEAD", COMMIT), ("infra/x", ""), ("other/y", "")]);
        let own = folder.path().join("infra");
        assert_eq!(head(&own.join("../infra")).as_deref(), Some(COMMIT), "the same one");
        let outside = tempfile::tempdir().unwrap();
        let around = own.join("../..").join(folder.path().file_name().unwrap()).join("../");
        let around = around.join(outside.path().file_name().unwrap());
        assert_eq!(head(&around), None, "{}", around.display());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_another_repository_tells_nothing() {
        let (one, other) = (repository(&[(".git/HEAD", COMMIT)]), repository(&[(".git/HEAD", COMMIT)]));
        std::os::unix::fs::symlink(other.path(), one.path().join("infra")).unwrap();
        assert_eq!(head(&one.path().join("infra")), None);
    }

    #[cfg(unix)]
    #[test]
    fn each_link_of_a_way_is_seen_with_the_folder_that_holds_it() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let top = std::fs::canonicalize(folder.path()).unwrap();
        std::fs::create_dir_all(top.join("one/two")).unwrap();
        symlink("../three", top.join("one/away")).unwrap();
        symlink(top.join("one"), top.join("three")).unwrap();
        symlink("nowhere", top.join("one/two/dangling")).unwrap();
        symlink("round", top.join("round")).unwrap();
        let way = |path: &str| Way::to(&top.join(path));
        let leads = |end: &str, links: &[&str]| {
            Some(Way { end: top.join(end), links: links.iter().map(|link| top.join(link)).collect() })
        };
        assert_eq!(way("one/two/r.json"), leads("one/two/r.json", &[]));
        assert_eq!(way("one/away/two/./../r.json"), leads("one/r.json", &["one", ""]));
        assert_eq!(way("one/two/dangling/x"), leads("one/two/nowhere/x", &["one/two"]));
        assert_eq!(way("round/x"), None);
    }

    #[test]
    fn a_checkout_within_another_one_lies_in_both() {
        let folder = repository(&[(".git/HEAD", "x"), ("ci/.git/HEAD", COMMIT), ("ci/infra/x", "")]);
        let around = checkouts_around(&folder.path().join("ci/infra"));
        let top = std::fs::canonicalize(folder.path()).unwrap();
        assert_eq!(
            around,
            [Checkout { top: top.join("ci"), commit: Some(COMMIT.into()) }, Checkout { top, commit: None }]
        );
    }

    #[test]
    fn a_reference_that_leads_out_of_the_repository_is_none() {
        let folder = repository(&[(".git/HEAD", "ref: refs/../../x\n"), ("x", COMMIT)]);
        assert_eq!(head(folder.path()), None);
    }

    #[test]
    fn nothing_is_no_commit() {
        assert_eq!(head(repository(&[(".git/HEAD", "garbage")]).path()), None);
    }
}
