//! `stackstep fleet`: many stacks in one job, with the sandbox engine.

mod brake;
mod choice;
mod forge;
mod order;
mod resumed;
mod shown;

use serde_json::Value;

use crate::support::checkout::{Checkout, Event};
use crate::support::{Run, Scene, json as read_json};

/// A program with one resource that has the project's name, and one for each stack whose outputs it reads.
fn program(project: &str, reads: &[&str]) -> String {
    let mut text =
        format!("name: {project}\nruntime: yaml\nresources:\n  {project}:\n    type: demo:index:Thing\n");
    for (number, name) in reads.iter().enumerate() {
        text.push_str(&format!(
            "  read{number}:\n    type: pulumi:pulumi:StackReference\n    properties: {{ name: organization/{name} }}\n"
        ));
    }
    text + "outputs: { url: https://shop.example }\n"
}

/// A checkout of `main` with some projects.
pub struct Monorepo {
    pub scene: Scene,
}

impl Monorepo {
    /// Each project with its stacks and what it reads; `file` is the `stackstep.yaml`.
    pub fn new(projects: &[(&str, &[&str], &[&str])], file: &str) -> Self {
        let monorepo = Self { scene: Scene::empty() };
        Checkout::init(&monorepo.scene.program);
        for (project, stacks, reads) in projects {
            monorepo.scene.write(&format!("infra/{project}/Pulumi.yaml"), &program(project, reads));
            for stack in *stacks {
                monorepo.scene.write(&format!("infra/{project}/Pulumi.{stack}.yaml"), "config: {}\n");
            }
        }
        monorepo.scene.write("stackstep.yaml", file);
        monorepo.commit("one");
        monorepo.checkout().push("main");
        monorepo.job(Event::Branch("main"))
    }

    /// A shop after a network, and a page that comes after neither.
    pub fn shop(file: &str) -> Self {
        Self::new(
            &[("network", &["prod"], &[]), ("page", &["prod"], &[]), ("shop", &["prod"], &["network/prod"])],
            file,
        )
    }

    pub fn checkout(&self) -> Checkout {
        Checkout::of(&self.scene.program)
    }

    pub fn commit(&self, message: &str) {
        self.checkout().commit(message);
    }

    /// The repository in a job for an event.
    pub fn job(self, event: Event<'_>) -> Self {
        let variables = self.checkout().job(event);
        let scene = variables.into_iter().fold(self.scene, |scene, (name, value)| match value {
            Some(value) => scene.with(name, &value),
            None => scene.without(name),
        });
        Self { scene }
    }

    /// With a fault of the engine from now on.
    pub fn failing(self, resource: &str) -> Self {
        let fault = format!("{{resources: [{{match: {resource}, fail: quota exceeded}}]}}");
        Self { scene: self.scene.with("PULUMI_SANDBOX_FAULTS", &fault) }
    }

    /// Without any fault.
    pub fn healed(self) -> Self {
        Self { scene: self.scene.without("PULUMI_SANDBOX_FAULTS") }
    }

    /// Runs `fleet` with these words; its page is `fleet.json`.
    pub fn fleet(&self, line: &str) -> Run {
        let page = self.scene.root().join("fleet.json");
        let _ = std::fs::remove_file(&page);
        self.scene.run(&format!("fleet {line} --result-file {}", page.display()))
    }

    /// The page of the last fleet.
    pub fn page(&self) -> Value {
        read_json(self.scene.root().join("fleet.json"))
    }

    /// A field of what became of a stack.
    pub fn end(&self, stack: &str, field: &str) -> Value {
        let page = self.page();
        let stacks = page["stacks"].as_array().unwrap();
        let name = |one: &&Value| {
            format!("{}/{}", one["project"].as_str().unwrap(), one["stack"].as_str().unwrap()) == stack
        };
        stacks.iter().find(name).unwrap()["end"][field].clone()
    }

    /// The stacks in the order in which their logs end.
    pub fn ended(run: &Run) -> Vec<String> {
        let log = run.log();
        let lines = log.lines().filter_map(|line| {
            let (name, rest) = line.split_once(": ")?;
            let is_title =
                rest.ends_with(')') && rest.contains(" of ") && name.contains('/') && !name.contains(' ');
            is_title.then(|| {
                name.rsplit(['[', ']', '\r', 'm']).next().unwrap_or(name).trim_start_matches("0K").to_owned()
            })
        });
        lines.collect()
    }
}
