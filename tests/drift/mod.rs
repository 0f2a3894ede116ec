//! `stackstep drift`: what is there compared with what was deployed, its report, its ledger and its issue.

mod accepted;
mod issue;
mod looks;
mod several;
mod told;

use serde_json::{Value, json};

use crate::deploy::repository::{MAP, Repository};
use crate::support::forge::{FACES, Fake, JOB_TOKEN, TOKEN};
use crate::support::{Run, checkout, json as read_json};

/// A thing that somebody has made larger.
pub const LARGER: &str = "resources: [{ match: thing, on: [read], drift: { size: 20 } }]";

/// A thing that somebody has made larger still.
pub const LARGEST: &str = "resources: [{ match: thing, on: [read], drift: { size: 30 } }]";

/// A repository whose stack `shop/staging` was deployed from `main`, in a job of that.
pub struct Looked {
    pub repository: Repository,
}

impl Looked {
    /// With this section `drift`.
    pub fn with_section(section: &str) -> Self {
        let repository = Repository::new(&format!("{MAP}drift: {section}\n")).on_branch("main");
        repository.scene.run("deploy --upsert").ends_with(0);
        repository.git(&["fetch", "-q", "origin"]);
        Self { repository: repository.on_branch("main") }
    }

    pub fn new() -> Self {
        Self::with_section("{ stacks: [staging] }")
    }

    /// With a forge that has the repository.
    pub fn on(self, forge: &str) -> (Self, Fake) {
        let fake = Fake::start(*FACES.iter().find(|face| face.name() == forge).unwrap());
        let looked = self
            .with("STACKSTEP_FORGE", forge)
            .with("STACKSTEP_FORGE_URL", &fake.server.url())
            .with("STACKSTEP_FORGE_TOKEN", TOKEN)
            .with("CI_API_V4_URL", &format!("{}/api/v4", fake.server.url()))
            .with("CI_JOB_TOKEN", JOB_TOKEN);
        (looked, fake)
    }

    pub fn with(self, name: &str, value: &str) -> Self {
        Self { repository: Repository { scene: self.repository.scene.with(name, value) } }
    }

    /// What a look finds from here on.
    pub fn finding(self, faults: &str) -> Self {
        self.with("PULUMI_SANDBOX_FAULTS", faults)
    }

    /// What a look finds no more.
    pub fn finding_nothing(self) -> Self {
        Self { repository: Repository { scene: self.repository.scene.without("PULUMI_SANDBOX_FAULTS") } }
    }

    pub fn run(&self, line: &str) -> Run {
        self.repository.scene.run(line)
    }

    /// Looks at `shop/staging`.
    pub fn look(&self, more: &str) -> Run {
        let result = self.path("result.json");
        let outputs = self.path("outputs.env");
        let _ = std::fs::remove_file(&outputs);
        let (result, outputs) = (result.display(), outputs.display());
        self.run(&format!(
            "drift -C infra/shop --stack staging --result-file {result} --outputs-file {outputs} {more}"
        ))
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.repository.scene.root().join(name)
    }

    /// The result of the last look.
    pub fn result(&self) -> Value {
        read_json(self.path("result.json"))
    }

    /// The output `drift` of the last look.
    pub fn output(&self) -> String {
        output(&self.path("outputs.env"), "drift")
    }

    /// The kinds of the ledger's entries.
    pub fn kinds(&self) -> Vec<String> {
        checkout::ledger(&self.path("state"), "staging")
    }

    /// The ledger's last entry.
    pub fn last_entry(&self) -> Value {
        let folder = self.path("state/.stackstep/ledger/shop/staging");
        read_json(folder.join(format!("{:012}.json", self.kinds().len())))
    }

    /// The lock of somebody who works on `shop/staging`.
    pub fn lock(&self) -> std::path::PathBuf {
        let folder = self.path("state/.pulumi/locks/organization/shop/staging");
        std::fs::create_dir_all(&folder).unwrap();
        let lock =
            json!({ "pid": 7, "username": "ann", "hostname": "laptop", "timestamp": "2026-11-29T10:00:00Z" });
        std::fs::write(folder.join("0a.json"), lock.to_string()).unwrap();
        folder.join("0a.json")
    }
}

/// An output in a file of them.
pub fn output(file: &std::path::Path, name: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let name = format!("STACK_{}=", name.to_uppercase());
    let value = text.lines().find_map(|line| line.strip_prefix(&name)).unwrap_or_default();
    value.trim_matches('"').to_owned()
}
