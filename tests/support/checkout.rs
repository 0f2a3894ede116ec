//! A checkout of a repository with a remote beside it, and the jobs of GitLab CI that run in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A checkout. Its remote is a folder beside it.
#[derive(Debug, Clone)]
pub struct Checkout {
    folder: PathBuf,
}

/// The variables that tell of a merge request.
const OF_MERGE_REQUEST: [&str; 5] = [
    "CI_MERGE_REQUEST_IID",
    "CI_MERGE_REQUEST_PROJECT_PATH",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
];

/// The event that a job is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A push to a branch.
    Branch(&'a str),
    /// A tag.
    Tag(&'a str),
    /// Merge request 7, from this branch into `main`.
    MergeRequest(&'a str),
}

impl Checkout {
    /// A new repository in the folder, on the branch `main` and without commits.
    pub fn init(folder: &Path) -> Self {
        let checkout = Self::of(folder);
        checkout.git(&["init", "-q", "-b", "main"]);
        checkout
    }

    /// The repository in the folder.
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Runs git in the checkout, and returns what it prints.
    pub fn git(&self, args: &[&str]) -> String {
        #[expect(clippy::disallowed_methods, reason = "the tests make a repository")]
        let mut git = Command::new("git");
        let output = git
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"])
            .args(args)
            .current_dir(&self.folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Commits all files.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "."]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    /// Pushes the checkout's commit to a branch of the remote.
    pub fn push(&self, branch: &str) {
        let remote = self.folder.with_file_name("remote.git");
        if !remote.exists() {
            self.git(&["init", "-q", "--bare", "-b", "main", &remote.display().to_string()]);
            self.git(&["remote", "add", "origin", &format!("file://{}", remote.display())]);
        }
        self.git(&["push", "-q", "-f", "origin", &format!("HEAD:refs/heads/{branch}")]);
    }

    /// The commit that is checked out.
    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// The variables of a job for the commit that is checked out. Those without a value are not set.
    pub fn job(&self, event: Event<'_>) -> BTreeMap<&'static str, Option<String>> {
        let owned = |text: &str| Some(text.to_owned());
        let mut variables: BTreeMap<_, _> = OF_MERGE_REQUEST.into_iter().map(|name| (name, None)).collect();
        variables.extend([
            ("GITLAB_CI", owned("true")),
            ("CI_DEFAULT_BRANCH", owned("main")),
            ("CI_PROJECT_PATH", owned("acme/shop")),
            ("CI_COMMIT_SHA", Some(self.head())),
            ("CI_PIPELINE_SOURCE", owned("push")),
            ("CI_COMMIT_BRANCH", None),
            ("CI_COMMIT_TAG", None),
        ]);
        match event {
            Event::Branch(branch) => drop(variables.insert("CI_COMMIT_BRANCH", owned(branch))),
            Event::Tag(tag) => drop(variables.insert("CI_COMMIT_TAG", owned(tag))),
            Event::MergeRequest(branch) => variables.extend([
                ("CI_PIPELINE_SOURCE", owned("merge_request_event")),
                ("CI_MERGE_REQUEST_IID", owned("7")),
                ("CI_MERGE_REQUEST_PROJECT_PATH", owned("acme/shop")),
                ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", owned("acme/shop")),
                ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", owned(branch)),
                ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", owned("main")),
            ]),
        }
        variables
    }
}

/// The kinds of the entries in the ledger of a stack of the project `shop`, beside the state in the folder `state`.
pub fn ledger(state: &Path, stack: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(state.join(".stackstep/ledger/shop").join(stack)) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with('0'));
    paths.sort();
    paths.iter().map(|path| super::json(path)["kind"].as_str().unwrap().to_owned()).collect()
}
