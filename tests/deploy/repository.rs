//! A repository with a remote, two projects and a map, in which jobs of GitLab CI run.

use std::path::PathBuf;
use std::process::Command;

use crate::support::Scene;

/// The map of the default branch: `main` deploys `staging`, `release/*` deploys `qa`, tags deploy `prod`.
pub const MAP: &str = "deploy:\n  branches: { main: staging, \"release/*\": qa }\n  tags: { \"v*\": prod }\n";

/// The program of each project.
const PROGRAM: &str = "runtime: yaml\nresources:\n  thing:\n    type: demo:index:Thing\n    properties: { size: 1 }\n\
                       outputs: { url: \"https://shop.example\" }\n";

/// The repository, and the checkout of it in which a job runs.
pub struct Repository {
    pub scene: Scene,
}

impl Repository {
    /// A checkout of `main`, whose `stackstep.yaml` is `file`.
    pub fn new(file: &str) -> Self {
        let repository = Self { scene: Scene::empty() };
        repository.git(&["init", "-q", "-b", "main"]);
        for project in ["network", "shop"] {
            let folder = format!("infra/{project}");
            repository.scene.write(&format!("{folder}/Pulumi.yaml"), &format!("name: {project}\n{PROGRAM}"));
        }
        for stack in ["shop/Pulumi.staging", "shop/Pulumi.prod", "network/Pulumi.prod", "shop/Pulumi.qa"] {
            repository.scene.write(&format!("infra/{stack}.yaml"), "config: {}\n");
        }
        repository.scene.write("stackstep.yaml", file);
        repository.commit("one");
        repository.push("main");
        repository
    }

    fn remote(&self) -> PathBuf {
        self.scene.root().join("remote.git")
    }

    /// Runs git in the checkout, and returns what it prints.
    pub fn git(&self, args: &[&str]) -> String {
        #[expect(clippy::disallowed_methods, reason = "the tests make a repository")]
        let mut git = Command::new("git");
        let output = git
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"])
            .args(args)
            .current_dir(&self.scene.program)
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
        if !self.remote().exists() {
            self.git(&["init", "-q", "--bare", "-b", "main", &self.remote().display().to_string()]);
            self.git(&["remote", "add", "origin", &format!("file://{}", self.remote().display())]);
        }
        self.git(&["push", "-q", "-f", "origin", &format!("HEAD:refs/heads/{branch}")]);
    }

    /// The commit that is checked out.
    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// The repository in a job of GitLab CI with these variables.
    #[must_use]
    pub fn job(self, variables: &[(&str, &str)]) -> Self {
        let head = self.head();
        let mut scene = self
            .scene
            .with("GITLAB_CI", "true")
            .with("CI_DEFAULT_BRANCH", "main")
            .with("CI_PROJECT_PATH", "acme/shop")
            .with("CI_COMMIT_SHA", &head)
            .without("CI_COMMIT_BRANCH")
            .without("CI_COMMIT_TAG");
        for name in ["IID", "PROJECT_PATH", "SOURCE_PROJECT_PATH", "SOURCE_BRANCH_NAME", "TARGET_BRANCH_NAME"]
        {
            scene = scene.without(&format!("CI_MERGE_REQUEST_{name}"));
        }
        for (name, value) in variables {
            scene = scene.with(name, value);
        }
        Self { scene }
    }

    /// A job for a push to `branch`.
    #[must_use]
    pub fn on_branch(self, branch: &str) -> Self {
        self.job(&[("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_BRANCH", branch)])
    }

    /// A job for a tag.
    #[must_use]
    pub fn on_tag(self, tag: &str) -> Self {
        self.job(&[("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_TAG", tag)])
    }

    /// A job for merge request 7 from `branch` into `main`.
    #[must_use]
    pub fn on_merge_request(self, branch: &str) -> Self {
        self.job(&[
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_MERGE_REQUEST_IID", "7"),
            ("CI_MERGE_REQUEST_PROJECT_PATH", "acme/shop"),
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "acme/shop"),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", branch),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ])
    }
}
