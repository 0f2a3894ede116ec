//! What the work folder's repository says, read from its files; only the branch's head is asked of the remote.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// How long the remote may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The commit that the repository around `folder` is at. None where there is no repository, or no commit.
/// <https://git-scm.com/docs/gitrepository-layout>
pub fn head(folder: &Path) -> Option<String> {
    let git = git_folder(folder)?;
    let head = std::fs::read_to_string(git.join("HEAD")).ok()?;
    let Some(reference) = head.trim().strip_prefix("ref: ") else { return commit(&head) };
    let common = common_folder(&git);
    std::fs::read_to_string(common.join(reference))
        .ok()
        .and_then(|text| commit(&text))
        .or_else(|| packed(&common, reference))
}

/// The root of the work tree around `folder`. None where there is no repository.
pub fn work_tree(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join(".git").exists())
}

/// A repository's address in any of git's forms, or the address of a page of it: the scheme, the authority, and the path
/// without what follows it. <https://git-scm.com/docs/git-clone#_git_urls>
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

/// The address of `origin`, as the repository around `folder` has it; it can hold a token.
/// <https://git-scm.com/docs/git-config#_syntax>
pub fn origin(folder: &Path) -> Option<String> {
    let config = std::fs::read_to_string(common_folder(&git_folder(folder)?).join("config")).ok()?;
    let mut within = false;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            within = line.replace(' ', "") == "[remote\"origin\"]";
        } else if within && let Some((name, value)) = line.split_once('=') {
            let value = value.trim().trim_matches('"');
            if name.trim().eq_ignore_ascii_case("url") && !value.is_empty() {
                return Some(value.to_owned());
            }
        }
    }
    None
}

/// The commit that `branch` is at now, as `origin` says. None when it can't be told: no git, no network, no rights.
pub async fn branch_head(folder: &Path, branch: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "git is no engine; nothing of it is shown")]
    let mut git = tokio::process::Command::new("git");
    git.args(["ls-remote", "--exit-code", "origin"])
        .arg(format!("refs/heads/{branch}"))
        .current_dir(folder)
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, git.output()).await.ok()?.ok()?;
    commit(std::str::from_utf8(&output.stdout).ok()?.split_whitespace().next()?)
}

/// The folder with the repository's files: `.git`, or what a file of that name points to.
fn git_folder(folder: &Path) -> Option<PathBuf> {
    let dot = work_tree(folder)?.join(".git");
    if dot.is_dir() {
        return Some(dot);
    }
    let text = std::fs::read_to_string(&dot).ok()?;
    Some(dot.parent()?.join(text.trim().strip_prefix("gitdir: ")?))
}

/// A work tree of its own keeps its HEAD, and shares the rest with the main one.
fn common_folder(git: &Path) -> PathBuf {
    std::fs::read_to_string(git.join("commondir"))
        .map_or_else(|_| git.to_owned(), |common| git.join(common.trim()))
}

/// `reference` among the packed ones.
fn packed(git: &Path, reference: &str) -> Option<String> {
    let text = std::fs::read_to_string(git.join("packed-refs")).ok()?;
    let found = text.lines().filter_map(|line| line.split_once(' ')).find(|(_, name)| *name == reference)?;
    commit(found.0)
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
    fn nothing_is_no_commit() {
        assert_eq!(head(repository(&[(".git/HEAD", "garbage")]).path()), None);
    }
}
