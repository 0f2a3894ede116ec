//! The state commands as a person runs them: the built binary, a project, a state folder and a home of their own.
//!
//! `data/checkpoint.json` is what a real CLI (v3.260.0) wrote, with the passphrase `correct-horse`.

#![expect(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const REAL: &str = include_str!("data/checkpoint.json");

/// A project with its own state folder and home.
struct Place {
    folder: tempfile::TempDir,
    vars: Vec<(&'static str, Option<String>)>,
}

/// What a command left.
#[derive(Debug, PartialEq)]
struct Ran {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["state", "home", "project"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("project/Pulumi.yaml"), "name: shop\nruntime: yaml\n").unwrap();
        Self { folder, vars: vec![] }
    }

    /// With the stack `dev` as the real CLI left it.
    fn with_real_state() -> Self {
        let place = Self::new();
        place.ok("stack init dev");
        fs::write(place.stack_file(), REAL).unwrap();
        place
    }

    fn var(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.vars.push((name, value.map(str::to_owned)));
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn stack_file(&self) -> PathBuf {
        self.path("state/.pulumi/stacks/shop/dev.json")
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn run(&self, line: &str) -> Ran {
        self.run_with_input(line, "")
    }

    #[expect(clippy::disallowed_methods, reason = "the test is about the program as a process")]
    fn run_with_input(&self, line: &str, input: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pulumi-sandbox"));
        command
            .args(line.split_whitespace())
            .current_dir(self.path("project"))
            .env_clear()
            .env("PULUMI_HOME", self.path("home"))
            .env("PULUMI_BACKEND_URL", format!("file://{}", self.path("state").display()))
            .env("PULUMI_CONFIG_PASSPHRASE", "correct-horse")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in &self.vars {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let mut child = command.spawn().unwrap();
        // A command that reads nothing may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Ran {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The standard output of a command that must succeed.
    fn ok(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!(ran.status, 0, "{line}: {}", ran.stderr);
        ran.stdout
    }

    /// The message of a command that must fail with a status.
    fn fails(&self, status: i32, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!((ran.status, ran.stdout.as_str()), (status, ""), "{line}: {}", ran.stderr);
        ran.stderr.strip_prefix("error: ").unwrap().trim_end().to_owned()
    }

    /// Every file of the state folder, with its content.
    fn state(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = vec![];
        collect(&self.path("state"), &mut files);
        files.sort();
        files
    }

    fn state_names(&self) -> Vec<String> {
        let root = self.path("state/.pulumi");
        let names = self.state().into_iter().map(|(path, _)| path.strip_prefix(&root).unwrap().to_owned());
        names.map(|path| path.to_str().unwrap().to_owned()).filter(|name| !name.contains(".attrs")).collect()
    }
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn a_new_stack_is_announced_on_stderr_and_selected() {
    let place = Place::new();
    let ran = place.run("stack init dev");
    assert_eq!(ran, Ran { status: 0, stdout: String::new(), stderr: "Created stack 'dev'\n".into() });
    assert_eq!(place.ok("stack --show-name"), "dev\n");
    assert!(place.read("project/Pulumi.dev.yaml").starts_with("encryptionsalt: v1:"));
}

#[test]
fn a_new_stack_lies_where_the_cli_looks_for_it() {
    let place = Place::new();
    place.ok("stack init dev");
    assert_eq!(place.state_names(), ["meta.yaml", "stacks/shop/dev.json", "stacks/shop/dev.json.bak"]);
    assert_eq!(place.read("state/.pulumi/meta.yaml"), "version: 1\n");
    let checkpoint: serde_json::Value =
        serde_json::from_str(&place.read("state/.pulumi/stacks/shop/dev.json")).unwrap();
    assert_eq!(checkpoint["version"], 3);
    assert_eq!(checkpoint["checkpoint"]["stack"], "organization/shop/dev");
    let salt = checkpoint["checkpoint"]["latest"]["secrets_providers"]["state"]["salt"].as_str().unwrap();
    assert_eq!(place.read("project/Pulumi.dev.yaml"), format!("encryptionsalt: {salt}\n"));
}

#[test]
fn a_stack_that_is_there_is_refused_and_nothing_changes() {
    let place = Place::new();
    place.ok("stack init dev");
    let before = place.state();
    assert_eq!(place.fails(1, "stack init dev"), "stack 'organization/shop/dev' already exists");
    assert_eq!(place.state(), before);
}

#[test]
fn a_stack_that_is_not_there_ends_with_status_6() {
    let place = Place::new();
    for line in ["stack select nope", "stack output --json -s nope", "stack rm nope --yes", "config -s nope"]
    {
        assert_eq!(place.fails(6, line), "no stack named 'nope' found");
    }
}

#[test]
fn without_a_login_the_status_is_3() {
    let place = Place::new().var("PULUMI_BACKEND_URL", None);
    assert_eq!(
        place.fails(3, "stack ls"),
        "PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions"
    );
}

#[test]
fn the_outputs_of_a_real_checkpoint_hide_their_secrets_until_they_are_asked_for() {
    let place = Place::with_real_state();
    let outputs = |line: &str| serde_json::from_str::<serde_json::Value>(&place.ok(line)).unwrap();
    let mut expected = serde_json::json!({
        "list": ["a", "b"], "n": 3, "nested": "[secret]", "open": "hello", "secret": "[secret]", "t": true
    });
    assert_eq!(outputs("stack output --json"), expected);
    expected["nested"] = serde_json::json!({ "x": [1, 2.5, { "y": "deep" }] });
    expected["secret"] = "topsecret".into();
    assert_eq!(outputs("stack output --json --show-secrets"), expected);
}

#[test]
fn hidden_outputs_need_no_passphrase_and_shown_ones_the_right_one() {
    let place = Place::with_real_state().var("PULUMI_CONFIG_PASSPHRASE", None);
    assert_eq!(place.ok("stack output secret"), "[secret]\n");
    assert!(place.fails(1, "stack output secret --show-secrets").contains("passphrase must be set with"));
    let place = place.var("PULUMI_CONFIG_PASSPHRASE", Some("wrong"));
    let message = place.fails(1, "stack output secret --show-secrets");
    assert!(message.starts_with("failed to decrypt: incorrect passphrase"), "{message}");
}

#[test]
fn an_export_is_imported_into_the_same_state() {
    let place = Place::with_real_state();
    let exported = place.ok("stack export");
    place.ok("stack export --file export.json");
    assert_eq!(place.read("project/export.json"), exported);
    assert_eq!(place.ok("stack import --file export.json"), "Import complete.\n");
    let resources = |text: &str| {
        serde_json::from_str::<serde_json::Value>(text).unwrap()["deployment"]["resources"].clone()
    };
    assert_eq!(resources(&place.ok("stack export")), resources(&exported));
}

#[test]
fn an_import_of_another_stack_needs_force() {
    let place = Place::with_real_state();
    let foreign = place.ok("stack export").replace("urn:pulumi:dev::", "urn:pulumi:prod::");
    let before = place.state();
    let ran = place.run_with_input("stack import", &foreign);
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("is from a different stack (prod != dev)"), "{}", ran.stderr);
    assert_eq!(place.state(), before);
    assert_eq!(place.run_with_input("stack import --force", &foreign).stdout, "Import complete.\n");
}

#[test]
fn a_corrupt_checkpoint_is_told_and_stays_as_it_is() {
    let place = Place::with_real_state();
    fs::write(place.stack_file(), "{\"version\":3,").unwrap();
    let before = place.state();
    for line in ["stack output", "stack export", "stack", "stack rm --yes"] {
        assert!(place.fails(1, line).ends_with("place 1: unexpected end of JSON input"));
    }
    assert_eq!(place.state(), before);
}

#[test]
fn a_snapshot_that_does_not_hang_together_is_not_used() {
    let place = Place::with_real_state();
    let broken = REAL
        .replace("\"parent\":\"urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev\"", "\"parent\":\"x\"");
    fs::write(place.stack_file(), broken).unwrap();
    let message = place.fails(1, "stack");
    assert!(message.contains("snapshot integrity failure; refusing to use it: child resource"), "{message}");
    assert!(place.run("stack --disable-integrity-checking").status == 0);
}

#[test]
fn a_folder_that_is_no_folder_is_told() {
    let place = Place::new();
    fs::write(place.path("state/.pulumi"), "").unwrap();
    let message = place.fails(1, "stack init dev");
    assert!(message.contains(".pulumi/meta.yaml") && message.ends_with("not a directory"), "{message}");
    assert!(!place.path("project/Pulumi.dev.yaml").exists());
}

#[test]
fn a_held_lock_keeps_a_stack_from_being_removed() {
    let place = Place::with_real_state();
    let lock = place.path("state/.pulumi/locks/organization/shop/dev/a.json");
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let holder = r#"{"pid":1,"username":"ci","hostname":"runner","timestamp":"2026-11-20T23:26:20.1Z"}"#;
    fs::write(&lock, holder).unwrap();
    let message = place.fails(1, "stack rm --yes --force");
    assert!(message.starts_with("the stack is currently locked by 1 lock(s)."), "{message}");
    assert!(message.ends_with("created by ci@runner (pid 1) at 2026-11-20T23:26:20Z"), "{message}");
    assert!(lock.exists() && place.stack_file().exists());
}

#[test]
fn a_stack_with_resources_is_removed_only_by_force() {
    let place = Place::with_real_state();
    assert!(place.fails(1, "stack rm --yes").starts_with("'dev' still has resources; removal rejected."));
    assert_eq!(place.fails(1, "stack rm"), "non-interactive mode requires --yes flag");
    assert_eq!(place.ok("stack rm --yes --force"), "Stack 'dev' has been removed!\n");
    assert_eq!(place.state_names(), ["meta.yaml", "stacks/shop/dev.json.bak"]);
    assert!(!place.path("project/Pulumi.dev.yaml").exists());
    assert!(place.fails(1, "stack output").starts_with("no stack selected"));
}

#[test]
fn a_removed_stack_leaves_what_it_is_told_to_leave() {
    let place = Place::new();
    place.ok("stack init dev");
    place.ok("stack rm --yes --preserve-config --remove-backups");
    assert_eq!(place.state_names(), ["meta.yaml"]);
    assert!(place.path("project/Pulumi.dev.yaml").exists());
}

#[test]
fn a_secret_from_standard_input_is_stored_encrypted_and_read_back() {
    let place = Place::new();
    place.ok("stack init dev");
    assert_eq!(place.run_with_input("config set --secret token", "s3cr3t\n").status, 0);
    assert!(!place.read("project/Pulumi.dev.yaml").contains("s3cr3t"));
    assert_eq!(place.ok("config get token"), "s3cr3t\n");
    assert_eq!(place.ok("config"), "KEY    VALUE\ntoken  [secret]\n");
    let json: serde_json::Value = serde_json::from_str(&place.ok("config --json")).unwrap();
    assert_eq!(json, serde_json::json!({ "shop:token": { "secret": true } }));
}

#[test]
fn a_wrong_passphrase_stops_only_what_touches_a_secret() {
    let place = Place::new();
    place.ok("stack init dev");
    place.ok("config set --secret token x");
    let before = place.read("project/Pulumi.dev.yaml");
    let place = place.var("PULUMI_CONFIG_PASSPHRASE", Some("wrong"));
    for line in ["config get token", "config set --secret token y", "config --show-secrets"] {
        assert_eq!(place.fails(1, line), "incorrect passphrase");
    }
    assert_eq!(place.read("project/Pulumi.dev.yaml"), before);
    place.ok("config set plain 1");
    assert_eq!(place.ok("config get plain"), "1\n");
}

#[test]
fn comments_of_a_stack_file_survive_a_change() {
    let place = Place::new();
    let file = "# head\nconfig:\n  # about a\n  shop:a: one # first\n";
    fs::write(place.path("project/Pulumi.dev.yaml"), file).unwrap();
    place.ok("stack init dev");
    place.ok("config set a two");
    let changed = place.read("project/Pulumi.dev.yaml");
    assert!(changed.starts_with(&file.replace("one #", "two #")), "{changed}");
}

#[test]
fn settings_of_several_kinds_are_set_at_once_and_removed() {
    let place = Place::new();
    place.ok("stack init dev");
    place.ok("config set-all --path --plaintext o.a=1 --plaintext o.b=true --secret o.c=x --plaintext p=7");
    assert_eq!(place.ok("config get o"), "{\"a\":1,\"b\":true,\"c\":\"x\"}\n");
    assert_eq!(place.ok("config get p"), "7\n");
    place.ok("config rm --path o.c");
    place.ok("config rm-all p nope");
    assert_eq!(place.ok("config"), "KEY  VALUE\no    {\"a\":1,\"b\":true}\n");
}

#[test]
fn stacks_are_listed_with_the_selected_one_marked() {
    let place = Place::with_real_state();
    place.ok("stack init prod --no-select");
    let listed: serde_json::Value = serde_json::from_str(&place.ok("stack ls --json")).unwrap();
    assert_eq!(listed[0]["name"], "dev");
    assert_eq!(listed[0]["current"], true);
    assert_eq!(listed[0]["resourceCount"], 4);
    assert_eq!(listed[0]["lastUpdate"], "2026-11-21T01:06:55.625Z");
    assert_eq!(listed[1]["name"], "prod");
    assert_eq!(listed[1]["current"], false);
}

#[test]
fn a_backend_of_another_kind_is_refused_by_name() {
    let place = Place::new().var("PULUMI_BACKEND_URL", Some("s3://bucket"));
    assert!(place.fails(1, "stack ls").starts_with("the sandbox does not support the backend `s3://`"));
}

#[test]
fn configuration_is_copied_with_its_secrets_encrypted_anew() {
    let place = Place::new();
    place.ok("stack init dev");
    place.ok("config set --secret token x");
    place.ok("stack init copy --copy-config-from dev");
    assert_eq!(place.ok("config get token"), "x\n");
    let secure =
        |file: &str| place.read(file).lines().find(|line| line.contains("secure")).unwrap().to_owned();
    assert_ne!(secure("project/Pulumi.dev.yaml"), secure("project/Pulumi.copy.yaml"));
}

#[test]
fn a_stack_file_without_a_key_can_fall_back_to_the_states() {
    let place = Place::with_real_state().var("PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER", Some("true"));
    fs::remove_file(place.path("project/Pulumi.dev.yaml")).unwrap();
    place.ok("config set --secret token x");
    let salt = "encryptionsalt: v1:9AVATBBwd3Y=:v1:sbMBFkG/vjlofsrG:HoxTTElrVUhAz/CB3JKVJ6Dizd9g3g==";
    assert!(place.read("project/Pulumi.dev.yaml").contains(salt));
}

#[test]
fn compressed_state_is_refused_and_not_taken_for_no_state() {
    let place = Place::with_real_state();
    fs::rename(place.stack_file(), place.path("state/.pulumi/stacks/shop/dev.json.gz")).unwrap();
    assert!(place.fails(1, "stack output").contains("compressed state"));
    assert_eq!(place.run("stack init dev").status, 1);
    let place = place.var("PULUMI_DIY_BACKEND_GZIP", Some("true"));
    assert!(place.fails(1, "stack ls").contains("`PULUMI_DIY_BACKEND_GZIP`"));
}
