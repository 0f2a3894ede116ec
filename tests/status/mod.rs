//! `status`, `audit` and `unlock`: how stacks stand, who decided what, and the lock of a run that was killed.

mod audit;
mod cloud;
mod page;
mod unlock;

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::Scene;

/// The time of the first entry of a test's ledger, by the minute.
pub const DAY: &str = "2026-11-29T10";

/// A project `shop` whose backend is a folder. The tests write its ledgers, states and locks themselves.
pub struct Shop {
    pub scene: Scene,
}

impl Shop {
    /// With the stacks `prod` and `staging`.
    pub fn new() -> Self {
        let scene = Scene::empty();
        scene.write("Pulumi.yaml", "name: shop\nruntime: yaml\n");
        scene.write("Pulumi.prod.yaml", "");
        scene.write("Pulumi.staging.yaml", "");
        Self { scene }
    }

    /// As a job of a system that says little, of a repository on the forge at `url`.
    #[must_use]
    pub fn on(self, forge: &str, url: &str) -> Self {
        let scene = self
            .scene
            .with("STACKSTEP_FORGE", forge)
            .with("STACKSTEP_FORGE_URL", url)
            .with("STACKSTEP_FORGE_TOKEN", "forge-token-0123456789")
            .with("CI", "true")
            .with("CI_REPO", "acme/shop")
            .with("CI_COMMIT_BRANCH", "main");
        Self { scene }
    }

    /// The folder of a stack's ledger.
    pub fn ledger(&self, stack: &str) -> PathBuf {
        self.scene.root().join("state/.stackstep/ledger/shop").join(stack)
    }

    /// Writes the next entry of `prod`, at this minute of the day, with these fields.
    #[must_use]
    pub fn entry(self, kind: &str, minute: u32, fields: &Value) -> Self {
        let folder = self.ledger("prod");
        std::fs::create_dir_all(&folder).unwrap();
        let number = std::fs::read_dir(&folder).unwrap().count() + 1;
        let mut entry = json!({
            "v": 1, "number": number, "id": format!("{number:032x}"), "kind": kind, "time": format!("{DAY}:{minute:02}:00Z"),
            "project": "shop", "stack": "prod",
        });
        entry.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        std::fs::write(folder.join(format!("{number:012}.json")), entry.to_string()).unwrap();
        self
    }

    /// The entries of `prod`.
    pub fn entries(&self) -> Vec<Value> {
        let files = std::fs::read_dir(self.ledger("prod"));
        let mut paths: Vec<PathBuf> =
            files.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(crate::support::json).collect()
    }

    fn locks_folder(&self) -> PathBuf {
        self.scene.root().join("state/.pulumi/locks/organization/shop/prod")
    }

    /// Writes a lock of `prod`, as the engine does, taken on `host` at this minute of the day.
    #[must_use]
    pub fn lock(self, name: &str, host: &str, minute: u32) -> Self {
        // The engine writes the time of its zone, with nine digits.
        let time = format!("{}:{minute:02}:30.123456789+01:00", DAY.replace("T10", "T11"));
        let lock = json!({ "pid": 7, "username": "ci", "hostname": host, "timestamp": time });
        std::fs::create_dir_all(self.locks_folder()).unwrap();
        std::fs::write(self.locks_folder().join(format!("{name}.json")), lock.to_string()).unwrap();
        self
    }

    /// The number of locks of `prod`.
    pub fn locks(&self) -> usize {
        std::fs::read_dir(self.locks_folder()).map_or(0, Iterator::count)
    }

    /// Writes the state of `prod` with these operations pending.
    #[must_use]
    pub fn state(self, pending: &Value) -> Self {
        let folder = self.scene.root().join("state/.pulumi/stacks/shop");
        std::fs::create_dir_all(&folder).unwrap();
        let state = json!({
            "version": 3,
            "checkpoint": { "stack": "prod", "latest": { "manifest": {}, "pending_operations": pending } },
        });
        std::fs::write(folder.join("prod.json"), state.to_string()).unwrap();
        self
    }
}

/// The fields of a reservation by this run, on this machine.
pub fn by_run(system: &str, run: &str, host: &str) -> Value {
    let url = format!("https://ci.example.com/acme/shop/-/jobs/{run}7");
    json!({ "host": host, "commit": "2d5a1c0e9f3b4a6d8c7e5f1a2b3c4d5e6f708192", "actor": "ann",
            "run": { "system": system, "id": run, "url": url } })
}
