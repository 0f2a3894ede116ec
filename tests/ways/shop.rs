//! A repository whose stack `staging` is deployed from `main`, and whose changes slip past their review.

use serde_json::Value;

use crate::deploy::repository::{MAP, Repository};
use crate::support::checkout;
use crate::support::{Run, json};

/// A repository with what the entry of `staging` says.
pub struct Shop {
    pub repository: Repository,
}

impl Shop {
    /// The stack has been deployed with a thing of size 1 under this entry, `unreviewed: refuse` and more.
    pub fn deployed(entry: &str) -> Self {
        let file = format!("{MAP}stacks:\n  staging: {{ unreviewed: refuse{entry} }}\n");
        let repository = Repository::new(MAP).on_branch("main");
        repository.scene.run("deploy --upsert").ends_with(0);
        repository.scene.write("stackstep.yaml", &file);
        repository.commit("the entry");
        repository.push("main");
        repository.git(&["fetch", "-q", "origin"]);
        Self { repository: repository.on_branch("main") }
    }

    /// Another size of the thing reaches `main` without a change request.
    pub fn slips_in(self, size: u8) -> Self {
        self.changes(&["size: 1", "size: 2", "size: 3"], &format!("size: {size}"))
    }

    /// A commit on `main` that writes `to` for the first of `from` that the program has.
    pub fn changes(self, from: &[&str], to: &str) -> Self {
        let path = self.repository.scene.program.join("infra/shop/Pulumi.yaml");
        let program = std::fs::read_to_string(&path).unwrap();
        let old = from.iter().find(|old| program.contains(**old)).unwrap();
        self.repository.scene.write("infra/shop/Pulumi.yaml", &program.replace(old, to));
        self.pushed()
    }

    /// What stands in the checkout is the head of `main`.
    pub fn pushed(self) -> Self {
        self.repository.commit("a change");
        self.repository.push("main");
        self.repository.git(&["fetch", "-q", "origin"]);
        Self { repository: self.repository.on_branch("main") }
    }

    pub fn with(self, name: &str, value: &str) -> Self {
        Self { repository: Repository { scene: self.repository.scene.with(name, value) } }
    }

    pub fn run(&self, line: &str) -> Run {
        self.repository.scene.run(line)
    }

    /// A verb about `staging` that names its stack on the line.
    pub fn verb(&self, verb: &str, more: &[&str]) -> Run {
        let line = [&[verb, "-C", "infra/shop", "--stack", "staging"], more].concat();
        self.repository.scene.run_args(&line)
    }

    /// Deploys `staging`. Returns the run, whose result [`Shop::result`] has.
    pub fn deploy(&self, more: &str) -> Run {
        let result = self.repository.scene.root().join("result.json");
        let line = format!("up -C infra/shop --stack staging --result-file {} {more}", result.display());
        self.run(&line)
    }

    /// The result of the last [`Shop::deploy`].
    pub fn result(&self) -> Value {
        json(self.repository.scene.root().join("result.json"))
    }

    /// The digest that it was about.
    pub fn digest(&self) -> String {
        self.result()["review"]["digest"].as_str().unwrap().to_owned()
    }

    /// The kinds of the ledger's entries.
    pub fn kinds(&self) -> Vec<String> {
        checkout::ledger(&self.repository.scene.root().join("state"), "staging")
    }

    /// An entry of the ledger.
    pub fn entry(&self, number: u64) -> Value {
        let folder = "state/.stackstep/ledger/shop/staging";
        json(self.repository.scene.root().join(folder).join(format!("{number:012}.json")))
    }
}
