//! `deployment settings`: the settings of Pulumi Deployments as files, against a fake of the service that keeps them. The real
//! CLI as a second client of the same fake: `tests/runners/real/deployment.rs`.

mod comment;
mod runs;
mod schedules;
mod settings;
mod troubles;

use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;

use crate::support::pulumi_cloud::deployments::Deployments;
use crate::support::pulumi_cloud::with_deployments;
use crate::support::server::Server;
use crate::support::{Run, Scene};

const TOKEN: &str = "pul-0123456789abcdef0123456789abcdef01234567";

/// The value of every secret.
const SECRET: &str = "hunter2-hunter2-hunter2";

/// A project `shop`, and the service.
struct Shop {
    scene: Scene,
    server: Server,
    kept: Arc<Mutex<Deployments>>,
}

impl Shop {
    /// With this `deployment.yaml`.
    fn new(file: &str) -> Self {
        let (server, kept) = with_deployments(TOKEN);
        let scene = Scene::empty()
            .with("PULUMI_BACKEND_URL", &server.url())
            .with("PULUMI_ACCESS_TOKEN", TOKEN)
            .with("GIT_TOKEN", SECRET);
        scene.write("Pulumi.yaml", "name: shop\nruntime: yaml\n");
        if !file.is_empty() {
            scene.write("deployment.yaml", file);
        }
        Self { scene, server, kept }
    }

    fn kept(&self) -> MutexGuard<'_, Deployments> {
        self.kept.lock().unwrap()
    }

    /// The service has these settings.
    fn has(self, settings: Value) -> Self {
        self.kept().settings = Some(settings);
        self
    }

    /// `deployment settings VERB` of the stack `prod`.
    fn run(&self, verb: &str) -> Run {
        self.scene.run(&format!("deployment settings {verb} --stack acme/shop/prod"))
    }

    /// The requests that change something, as `POST settings`.
    fn changes(&self) -> Vec<String> {
        let below = "/api/stacks/acme/shop/prod/deployments/";
        let received = self.server.received();
        let changing = received.iter().filter(|request| request.method != "GET");
        changing
            .map(|request| format!("{} {}", request.method, request.target.trim_start_matches(below)))
            .collect()
    }
}
