//! A team's repository, in which changes are previewed on a branch, reviewed, merged into `main` and deployed from there
//! to the stack `dev`.

use super::running::{Gate, Running};
use super::stage::{Ended, Stage};
use crate::support::checkout::{Checkout, Event, ledger};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The branch of the change.
pub const BRANCH: &str = "feature";

/// A program without resources.
pub const EMPTY: &str = "name: shop\nruntime: yaml\n";

/// The repository, with the job that runs in its checkout.
pub struct Delivery {
    pub stage: Stage,
    pub checkout: Checkout,
}

impl Delivery {
    /// A checkout of `main` with this program, which nobody has deployed. `entry` is what the stack's entry in
    /// `stackstep.yaml` has beside `unreviewed: refuse`.
    pub fn new(entry: &str, program: &str) -> Self {
        let stage = Stage::in_folder("repository/shop", program);
        let checkout = Checkout::init(&stage.path("repository"));
        let map = "deploy: { branches: { main: dev } }\n";
        let entry = format!("stacks: {{ dev: {{ unreviewed: refuse{entry} }} }}\n");
        std::fs::write(stage.path("repository/stackstep.yaml"), format!("{map}{entry}")).unwrap();
        // The salt of the stack's secrets is written into its file then.
        stage.pulumi("stack init dev --no-select").ends_with(0);
        checkout.commit("The first program");
        checkout.push("main");
        checkout.git(&["fetch", "-q", "origin"]);
        Self { stage, checkout }
    }

    /// The same, deployed by the bare CLI.
    pub fn deployed(entry: &str, program: &str) -> Self {
        let delivery = Self::new(entry, program);
        delivery.somebody_deploys(program);
        delivery
    }

    /// Commits `program` on the change's branch, and previews it in a job of its merge request. The result is
    /// [`Delivery::reviewed_file`].
    #[must_use]
    pub fn reviewed(self, program: &str) -> Self {
        self.reviewed_with("--comment off", program)
    }

    /// The same with more words for the preview.
    #[must_use]
    pub fn reviewed_with(self, more: &str, program: &str) -> Self {
        let file = self.reviewed_file();
        self.reviewed_as(BRANCH, &file, more, |stage| stage.write("Pulumi.yaml", program))
    }

    /// Makes a change on a branch of its own, on top of what is checked out, and previews it in a job of its merge request with `more` words. The result is
    /// `file`.
    #[must_use]
    pub fn reviewed_as(self, branch: &str, file: &Path, more: &str, change: impl FnOnce(&Stage)) -> Self {
        self.checkout.git(&["checkout", "-q", "-b", branch]);
        change(&self.stage);
        self.checkout.commit("A change");
        let delivery = self.in_a_job(Event::MergeRequest(branch));
        let line = format!("preview --stack dev --result-file {} {more}", file.display());
        delivery.stage.stackstep(&line).ends_with(0);
        assert!(file.exists());
        delivery
    }

    /// The result of the preview that people have seen.
    pub fn reviewed_file(&self) -> PathBuf {
        self.stage.path("reviewed.json")
    }

    /// Merges the checkout's files as one commit, and enters the job of it.
    #[must_use]
    pub fn squashed(self) -> Self {
        self.merged_as(&["origin/main"])
    }

    /// Makes a commit of the checkout's files with these parents the head of `main`, and enters the job of it.
    #[must_use]
    pub fn merged_as(self, parents: &[&str]) -> Self {
        let tree = self.checkout.git(&["rev-parse", "HEAD^{tree}"]);
        let mut line = vec!["commit-tree", &tree, "-m", "Merged"];
        line.extend(parents.iter().flat_map(|parent| ["-p", parent]));
        let commit = self.checkout.git(&line);
        self.checkout.git(&["checkout", "-q", &commit]);
        self.on_main()
    }

    /// Makes the commit that is checked out the head of `main`, and enters the job of that.
    #[must_use]
    pub fn on_main(self) -> Self {
        self.checkout.push("main");
        self.in_a_job(Event::Branch("main"))
    }

    fn in_a_job(self, event: Event<'_>) -> Self {
        let variables = self.checkout.job(event);
        let stage = variables.into_iter().fold(self.stage, |stage, (name, value)| match value {
            Some(value) => stage.with(name, &value),
            None => stage.without(name),
        });
        Self { stage, ..self }
    }

    /// With a variable of the job.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        Self { stage: self.stage.with(name, value), ..self }
    }

    /// With an engine that runs `before` and `after` around `pulumi COMMAND`, in a shell.
    #[must_use]
    pub fn with_engine(self, command: &str, before: &str, after: &str) -> Self {
        let engine = self.stage.path("engine");
        // Without anything after it, the CLI itself is the process that gets signals.
        let after = if after.is_empty() {
            "exec pulumi \"$@\"".to_owned()
        } else {
            format!("pulumi \"$@\"\nstatus=$?\n{after}\nexit $status")
        };
        let script = format!("#!/bin/sh\n[ \"$1\" = {command} ] || exec pulumi \"$@\"\n{before}\n{after}\n");
        std::fs::write(&engine, script).unwrap();
        std::fs::set_permissions(&engine, std::fs::Permissions::from_mode(0o755)).unwrap();
        self.with("STACKSTEP_ENGINE", &engine.display().to_string())
    }

    /// With the CLI itself again.
    #[must_use]
    pub fn with_plain_engine(self) -> Self {
        Self { stage: self.stage.without("STACKSTEP_ENGINE"), ..self }
    }

    /// A gate that is closed.
    pub fn gate(&self, name: &str) -> Gate {
        Gate::closed(self.stage.path(name))
    }

    /// The line that deploys what was reviewed.
    fn line(&self) -> String {
        format!("deploy --reviewed {}", self.reviewed_file().display())
    }

    /// Deploys what was reviewed.
    pub fn deploy(&self) -> Ended {
        self.deploy_with("")
    }

    /// The same with more words.
    pub fn deploy_with(&self, more: &str) -> Ended {
        self.stage.stackstep(&format!("{} {more}", self.line()))
    }

    /// The same, and comes back at once.
    pub fn start(&self, more: &str) -> Running {
        self.stage.start(&format!("{} {more}", self.line()), "deployed")
    }

    /// A deployment that waits at the gate.
    pub fn start_until(&self, gate: &Gate, more: &str) -> Running {
        let mut run = self.start(more);
        gate.until_begun(&mut run);
        run
    }

    /// Deploys another program past all gates, as somebody with the credentials can.
    pub fn somebody_deploys(&self, program: &str) {
        let other = self.stage.path("other");
        std::fs::create_dir_all(&other).unwrap();
        std::fs::write(other.join("Pulumi.yaml"), program).unwrap();
        std::fs::copy(self.stage.path("repository/shop/Pulumi.dev.yaml"), other.join("Pulumi.dev.yaml"))
            .unwrap();
        let line = format!("up --stack dev --yes --skip-preview --cwd {}", other.display());
        self.stage.pulumi(&line).ends_with(0);
    }

    /// Releases the lock of an engine that was killed, as the hint of a later run says.
    pub fn cancel(&self) {
        self.stage.pulumi("cancel dev --yes").ends_with(0);
    }

    /// The state as it lies in the backend.
    pub fn state_file(&self) -> String {
        std::fs::read_to_string(self.stage.path("state/.pulumi/stacks/shop/dev.json")).unwrap()
    }

    /// The kinds of the ledger's entries.
    pub fn ledger(&self) -> Vec<String> {
        ledger(&self.stage.path("state"), "dev")
    }

    /// A property of a thing in the state.
    pub fn output(&self, thing: &str, property: &str) -> Value {
        self.stage.state().things()[thing]["outputs"][property].clone()
    }

    /// What the provider has done, a line for each step of a thing that names [`Delivery::record`].
    pub fn done(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.stage.path("record")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The property with which a thing writes down what the provider does.
    pub fn record(&self) -> String {
        format!("record: {}", self.stage.path("record").display())
    }
}

impl Ended {
    /// Fails the test unless the run was refused as its change is not the reviewed one, with these differences:
    /// `KIND of PLACE`, a path where there is one.
    #[track_caller]
    pub fn differs_by(self, differences: &[&str]) -> Self {
        let run = self.ends_with(76).because("reviewed");
        let told = run.result["comparison"]["differences"].as_array().unwrap();
        let told: Vec<String> = told.iter().map(short).collect();
        assert_eq!(told, differences, "{}", run.log);
        run
    }
}

/// `KIND of NAME#PATH`.
fn short(difference: &Value) -> String {
    let word = |name: &str| difference[name].as_str();
    let name = word("urn").and_then(|urn| urn.rsplit("::").next()).unwrap_or_default();
    let path = word("path").map(|path| format!("#{path}")).unwrap_or_default();
    format!("{} of {name}{path}", word("kind").unwrap())
}
