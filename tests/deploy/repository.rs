//! A repository with a remote, two projects and a map, in which jobs of GitLab CI run.

use crate::support::Scene;
use crate::support::checkout::{Checkout, Event};

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
        Checkout::init(&repository.scene.program);
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

    fn checkout(&self) -> Checkout {
        Checkout::of(&self.scene.program)
    }

    /// Runs git in the checkout, and returns what it prints.
    pub fn git(&self, args: &[&str]) -> String {
        self.checkout().git(args)
    }

    /// Commits all files.
    pub fn commit(&self, message: &str) {
        self.checkout().commit(message);
    }

    /// Pushes the checkout's commit to a branch of the remote.
    pub fn push(&self, branch: &str) {
        self.checkout().push(branch);
    }

    /// The commit that is checked out.
    pub fn head(&self) -> String {
        self.checkout().head()
    }

    /// The repository in a job for an event.
    #[must_use]
    fn job(self, event: Event<'_>) -> Self {
        let variables = self.checkout().job(event);
        let scene = variables.into_iter().fold(self.scene, |scene, (name, value)| match value {
            Some(value) => scene.with(name, &value),
            None => scene.without(name),
        });
        Self { scene }
    }

    /// A job for a push to `branch`.
    #[must_use]
    pub fn on_branch(self, branch: &str) -> Self {
        self.job(Event::Branch(branch))
    }

    /// A job for a tag.
    #[must_use]
    pub fn on_tag(self, tag: &str) -> Self {
        self.job(Event::Tag(tag))
    }

    /// A job for merge request 7 from `branch` into `main`.
    #[must_use]
    pub fn on_merge_request(self, branch: &str) -> Self {
        self.job(Event::MergeRequest(branch))
    }
}
