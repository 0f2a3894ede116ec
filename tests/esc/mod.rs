//! `esc`: environments of Pulumi ESC for the engine. The real CLI opens the same environments at the same fake:
//! `tests/runners/real/esc.rs`.
#![cfg(unix)]

mod exports;
mod troubles;

use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

use crate::support::pulumi_cloud::esc::{EscEnvironments, plain, secret, with_environments};
use crate::support::server::Server;
use crate::support::{Run, Scene};

const TOKEN: &str = "pul-0123456789abcdef0123456789abcdef01234567";
const KEY: &str = "hunter2-hunter2-hunter2";

/// A deployed stack `dev` whose state lies in a folder, and the service.
struct Opened {
    scene: Scene,
    server: Server,
    environments: Arc<Mutex<EscEnvironments>>,
}

impl Opened {
    fn new() -> Self {
        let (server, environments) = with_environments(TOKEN);
        let scene = Scene::new("hello").with("PULUMI_API", &server.url()).with("PULUMI_ACCESS_TOKEN", TOKEN);
        Self { scene, server, environments }
    }

    fn environments(&self) -> MutexGuard<'_, EscEnvironments> {
        self.environments.lock().unwrap()
    }

    /// The environment `name` has these variables and files.
    fn has(self, name: &str, variables: Value, files: Value) -> Self {
        let mut properties = json!({ "environmentVariables": { "trace": {} }, "files": { "trace": {} } });
        properties["environmentVariables"]["value"] = variables;
        properties["files"]["value"] = files;
        self.environments().kept.insert(name.to_owned(), Ok(properties));
        self
    }

    /// The engine writes what it is given into files, and does nothing else.
    fn writing(self) -> Self {
        let summary =
            r#"{"sequence":0,"timestamp":1,"summaryEvent":{"resourceChanges":{"same":1},"isPreview":true}}"#;
        let engine = format!(
            "#!/bin/sh\nenv > engine-env\n[ -z \"$KUBECONFIG\" ] || {{ cat \"$KUBECONFIG\"; ls -l \"$KUBECONFIG\"; }} > engine-file\n\
             for arg; do case $arg in --event-log=*) echo '{summary}' > \"${{arg#*=}}\";; esac; done\n"
        );
        self.scene.write("engine.sh", &engine);
        let path = self.scene.program.join("engine.sh");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let scene = self.scene.with("STACKSTEP_ENGINE", &path.display().to_string());
        Self { scene, ..self }
    }

    fn preview(&self, environments: &str) -> Run {
        self.scene.run(&format!("preview --stack dev --upsert --esc {environments}"))
    }

    fn written(&self, file: &str) -> String {
        std::fs::read_to_string(self.scene.program.join(file)).unwrap()
    }

    /// The engine's variable.
    fn variable(&self, name: &str) -> Option<String> {
        let text = self.written("engine-env");
        text.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).map(str::to_owned)
    }
}

#[test]
fn the_engine_gets_the_variables_and_no_log_has_a_secret() {
    let opened = Opened::new()
        .has("acme/shop/prod", json!({ "AWS_SECRET_ACCESS_KEY": secret(KEY), "COUNT": plain(3) }), json!({}))
        .writing();
    let run = opened.preview("acme/shop/prod").ends_with(0);
    run.never_says(KEY).says("opened `acme/shop/prod`: variables `AWS_SECRET_ACCESS_KEY`, `COUNT`");
    assert_eq!(opened.variable("AWS_SECRET_ACCESS_KEY").as_deref(), Some(KEY));
    assert_eq!(opened.variable("COUNT").as_deref(), Some("3"));
    assert_eq!(opened.environments().opened, ["acme/shop/prod duration=7200s"]);
}

#[test]
fn what_the_program_prints_of_a_secret_is_masked() {
    let opened = Opened::new().has("acme/shop/prod", json!({ "KEY": secret(KEY) }), json!({})).writing();
    opened.scene.write("engine.sh", "#!/bin/sh\necho \"the key is $KEY\"\nexit 255\n");
    opened.preview("acme/shop/prod").ends_with(255).never_says(KEY).says("the key is ***");
}

#[test]
fn files_are_there_while_the_engine_runs_and_for_nobody_else() {
    let opened = Opened::new()
        .has("acme/shop/prod", json!({}), json!({ "KUBECONFIG": secret("clusters: []\n") }))
        .writing();
    opened.preview("acme/shop/prod").ends_with(0).says("files `KUBECONFIG`");
    let file = opened.written("engine-file");
    assert!(file.starts_with("clusters: []\n-rw------- "), "{file}");
    assert!(!std::path::Path::new(&opened.variable("KUBECONFIG").unwrap()).exists());
}

#[test]
fn an_environment_counts_more_than_the_job_and_a_later_one_more_than_an_earlier() {
    let both = |name: &str| json!({ "REGION": plain(name), "AWS_REGION": plain(name) });
    let opened = Opened::new()
        .has("acme/shop/base", both("eu-central-1"), json!({}))
        .has("acme/shop/prod", json!({ "REGION": plain("eu-west-1") }), json!({}))
        .writing();
    let opened = Opened { scene: opened.scene.with("AWS_REGION", "us-east-1"), ..opened };
    opened
        .preview("acme/shop/base,acme/shop/prod@stable")
        .ends_with(0)
        .says("of `esc` instead of the job's own: `AWS_REGION`");
    assert_eq!(opened.variable("REGION").as_deref(), Some("eu-west-1"));
    assert_eq!(opened.variable("AWS_REGION").as_deref(), Some("eu-central-1"));
    let all = ["acme/shop/base duration=7200s", "acme/shop/prod stable duration=7200s"];
    assert_eq!(opened.environments().opened, all);
}

#[test]
fn what_the_run_decides_no_environment_changes() {
    let names =
        ["PATH", "PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN", "STACKSTEP_COMMAND", "PULUMI_OPTION_TARGET"];
    let variables = names.map(|name| (name.to_owned(), plain("/nowhere")));
    let opened = Opened::new()
        .has("acme/shop/prod", Value::Object(variables.into_iter().collect()), json!({}))
        .writing();
    let run = opened.preview("acme/shop/prod").ends_with(0);
    for name in names {
        assert!(run.log().contains(&format!("`{name}` is decided by the run's own inputs")), "{}", run.log());
        assert_ne!(opened.variable(name).as_deref(), Some("/nowhere"));
    }
}

#[test]
fn the_state_s_own_secrets_can_come_from_an_environment() {
    let opened = Opened::new().has(
        "acme/shop/prod",
        json!({ "PULUMI_CONFIG_PASSPHRASE": secret("test-passphrase") }),
        json!({}),
    );
    opened.scene.run("up --stack dev --upsert").ends_with(0);
    let opened =
        Opened { scene: opened.scene.with("PULUMI_CONFIG_PASSPHRASE", "another-passphrase"), ..opened };
    opened.scene.run("preview --stack dev").ends_with(1).says("reason: secrets");
    opened.preview("acme/shop/prod").ends_with(0);
}

#[test]
fn without_it_nothing_is_opened() {
    let opened = Opened::new().has("acme/shop/prod", json!({}), json!({}));
    opened.scene.run("preview --stack dev --upsert").ends_with(0);
    assert!(opened.server.received().is_empty());
}
