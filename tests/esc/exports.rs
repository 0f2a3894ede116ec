//! `esc-export`: values of environments for later steps of the job.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{KEY, Opened, TOKEN, plain, secret};
use crate::fleet::Monorepo;
use crate::support::{Run, Scene};

/// A value that a shell, a heredoc and a command of a log could be misled by.
const HOSTILE: &str = "it's \"q\" $(touch pwned) `touch pwned` ${HOME} \\n %0A ]; \\'\n  EOF\n##vso[task.complete]\n\
                       ::stop-commands::x\nX<<stackstep_1\n'; touch pwned; '\n\n";

/// A key of several lines.
const PEM: &str =
    "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nBAQEFAASCBKcwggSjAgEAAo\n-----END KEY-----\n";

/// An environment with a key of all kinds.
fn opened() -> Opened {
    Opened::new().has(
        "acme/shop/prod",
        json!({ "API_KEY": secret(KEY), "REGION": plain("eu-central-1"), "HOSTILE": secret(HOSTILE), "PEM": secret(PEM),
                "NODE_OPTIONS": plain("--require ./x.js"), "LD_PRELOAD": plain("x.so") }),
        json!({ "KUBECONFIG": secret("clusters: []\n") }),
    )
}

/// The job that `change` makes of the one of `opened`.
fn job(opened: Opened, change: impl FnOnce(Scene) -> Scene) -> Opened {
    Opened { scene: change(opened.scene), ..opened }
}

/// A step of GitHub Actions, with the file for variables of later steps.
fn on_github(opened: Opened) -> Opened {
    job(opened, |scene| {
        let file = scene.root().join("github-env");
        std::fs::write(&file, "").unwrap();
        scene.on_github().with("GITHUB_ENV", &file.display().to_string())
    })
}

/// A job of GitLab CI.
fn on_gitlab(opened: Opened) -> Opened {
    job(opened, |scene| {
        scene
            .with("GITLAB_CI", "true")
            .with("CI_PROJECT_PATH", "acme/shop")
            .with("CI_COMMIT_SHA", "2d5a1c0e9f3b4a6d8c7e5f1a2b3c4d5e6f708192")
            .with("CI_COMMIT_BRANCH", "main")
    })
}

/// The step that hands these names on, without a command.
fn step(opened: &Opened, names: &str) -> Run {
    opened.scene.run_args(&["run", "--esc", "acme/shop/prod", "--esc-export", names])
}

/// The value of the variable in GitHub's file, by the runner's rules.
fn github_variable(opened: &Opened, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(opened.scene.root().join("github-env")).unwrap();
    let mut lines = text.split('\n');
    while let Some(line) = lines.next().filter(|line| !line.is_empty()) {
        let (found, delimiter) = line.split_once("<<").unwrap();
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        if found == name {
            return Some(value.join("\n"));
        }
    }
    None
}

/// The file for `. file`.
fn export_file(opened: &Opened) -> PathBuf {
    opened.scene.root().join("esc.env")
}

/// The step that writes the file.
fn step_to_file(opened: &Opened, names: &str) -> Run {
    let file = export_file(opened).display().to_string();
    opened.scene.run_args(&[
        "run",
        "--esc",
        "acme/shop/prod",
        "--esc-export",
        names,
        "--esc-export-file",
        &file,
    ])
}

/// What a later step's shell has in the variable, byte for byte.
fn in_shell(scene: &Scene, shell: &str, before: &str, name: &str) -> String {
    let output =
        scene.other(shell).args(["-c", &format!("{before} printf %s \"${name}\"")]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn on_github_a_step_without_a_command_hands_values_on_and_masks_them_before() {
    let opened = on_github(opened());
    let run = step(&opened, "API_KEY,REGION").ends_with(0);
    assert_eq!(github_variable(&opened, "API_KEY").as_deref(), Some(KEY));
    assert_eq!(github_variable(&opened, "REGION").as_deref(), Some("eu-central-1"));
    assert_eq!(github_variable(&opened, "PEM"), None);
    let log = run.log();
    let masked = log.find(&format!("::add-mask::{KEY}\n")).unwrap();
    let handed = log.find("handed to later steps of `esc`: variables `API_KEY`, `REGION`").unwrap();
    assert!(masked < handed, "{log}");
    assert!(!log.replace(&format!("::add-mask::{KEY}\n"), "").contains(KEY), "{log}");
    assert!(!log.contains("no `command` is set"), "{log}");
}

#[test]
fn on_github_values_of_several_lines_arrive_as_they_are_and_each_line_is_masked() {
    let opened = on_github(opened());
    let run = step(&opened, "PEM,HOSTILE").ends_with(0);
    assert_eq!(github_variable(&opened, "PEM").as_deref(), Some(PEM));
    assert_eq!(github_variable(&opened, "HOSTILE").as_deref(), Some(HOSTILE));
    run.says("::add-mask::MIIEvQIBADANBgkqhkiG9w0\n").says("::add-mask::BAQEFAASCBKcwggSjAgEAAo\n");
}

#[test]
fn a_step_without_a_command_signs_in_by_the_job_s_identity_alone() {
    let opened = job(on_github(opened()), |scene| {
        scene
            .without("PULUMI_ACCESS_TOKEN")
            .input("oidc-organization", "acme")
            .input("oidc-token", "e30.e30.c2lnbmF0dXJl")
            .input("esc", "acme/shop/prod")
            .input("esc-export", "API_KEY\nREGION")
    });
    opened.scene.run("run").ends_with(0).says("signed in: acme");
    assert_eq!(github_variable(&opened, "API_KEY").as_deref(), Some(KEY));
    assert_eq!(github_variable(&opened, "REGION").as_deref(), Some("eu-central-1"));
}

#[test]
fn an_operation_hands_values_on_as_well() {
    let opened = on_github(opened());
    let line = "preview --stack dev --upsert --esc acme/shop/prod --esc-export API_KEY";
    opened.scene.run(line).ends_with(0);
    assert_eq!(github_variable(&opened, "API_KEY").as_deref(), Some(KEY));
    assert_eq!(opened.environments().opened.len(), 1);
}

#[test]
fn a_file_outlives_the_step_where_nobody_else_can_read_it() {
    let opened = on_github(opened());
    step(&opened, "KUBECONFIG").ends_with(0);
    let path = PathBuf::from(github_variable(&opened, "KUBECONFIG").unwrap());
    assert!(path.starts_with(opened.scene.root().join("runner")), "{}", path.display());
    // A later step of ours sweeps what killed runs have left, and not this.
    opened.scene.run("preview --stack dev --upsert").ends_with(0);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "clusters: []\n");
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn all_are_handed_on_but_those_by_which_later_steps_run_other_code() {
    let opened = on_github(opened());
    step(&opened, "*").ends_with(0).says("not handed to later steps: `LD_PRELOAD`, `NODE_OPTIONS`");
    for name in ["API_KEY", "REGION", "HOSTILE", "PEM", "KUBECONFIG"] {
        assert!(github_variable(&opened, name).is_some(), "{name}");
    }
    for name in ["LD_PRELOAD", "NODE_OPTIONS"] {
        assert_eq!(github_variable(&opened, name), None);
    }
}

#[test]
fn in_azure_a_secret_is_a_secret_variable_and_the_rest_is_not() {
    let opened = Opened::new().has(
        "acme/shop/prod",
        json!({ "API_KEY": secret("hunter2%0A;]hunter2"), "NOTE": plain("a\nb%") }),
        json!({}),
    );
    let opened = job(opened, |scene| {
        let temporary = scene.root().join("temporary").display().to_string();
        scene.with("TF_BUILD", "True").with("AGENT_TEMPDIRECTORY", &temporary)
    });
    let run = step(&opened, "API_KEY,NOTE").ends_with(0);
    let log = run.log();
    let masked = log.find("##vso[task.setsecret]hunter2%AZP250A;]hunter2\n").unwrap();
    let set = log.find("##vso[task.setvariable variable=API_KEY;issecret=true]hunter2%AZP250A;]hunter2\n");
    assert!(masked < set.unwrap(), "{log}");
    assert!(log.contains("##vso[task.setvariable variable=NOTE]a%0Ab%AZP25\n"), "{log}");
}

#[test]
fn what_azure_takes_for_no_secret_variable_is_refused_and_the_rest_is_not_handed_on() {
    let opened = job(opened(), |scene| scene.with("TF_BUILD", "True"));
    let run = step(&opened, "REGION,PEM").ends_with(2);
    run.says("can't take `PEM` as a variable").says("`esc-export-file`").never_says("task.setvariable");
}

#[test]
fn in_circleci_bash_has_the_values_in_later_steps() {
    let opened = job(opened(), |scene| {
        let file = scene.root().join("bash_env").display().to_string();
        scene.with("CIRCLECI", "true").with("BASH_ENV", &file)
    });
    step(&opened, "HOSTILE,PEM").ends_with(0).never_says("MIIEvQ");
    assert_eq!(in_shell(&opened.scene, "bash", "", "HOSTILE"), HOSTILE);
    assert_eq!(in_shell(&opened.scene, "bash", "", "PEM"), PEM);
    assert!(!opened.scene.program.join("pwned").exists());
    assert_eq!(mode(&opened.scene.root().join("bash_env")), 0o600);
}

#[test]
fn by_a_file_a_later_shell_has_the_values_byte_for_byte() {
    let opened = on_gitlab(opened());
    step_to_file(&opened, "*").ends_with(0).never_says(KEY).never_says("MIIEvQ");
    let file = export_file(&opened);
    assert_eq!(mode(&file), 0o600);
    for (name, value) in [("API_KEY", KEY), ("HOSTILE", HOSTILE), ("PEM", PEM), ("REGION", "eu-central-1")] {
        assert_eq!(in_shell(&opened.scene, "sh", &format!(". '{}';", file.display()), name), value);
    }
    assert!(!opened.scene.program.join("pwned").exists());
}

#[test]
fn a_file_or_a_link_that_is_there_is_not_written_to() {
    let opened = on_gitlab(opened());
    let (file, other) = (export_file(&opened), opened.scene.root().join("other"));
    std::os::unix::fs::symlink(&other, &file).unwrap();
    step_to_file(&opened, "API_KEY").ends_with(2).says("is there already").says("`mktemp -d`");
    assert!(!other.exists() && opened.server.received().is_empty());
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, "mine").unwrap();
    step_to_file(&opened, "API_KEY").ends_with(2);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn where_a_system_would_show_or_keep_secrets_the_file_is_named_as_the_way_out() {
    let opened = on_gitlab(opened());
    step(&opened, "API_KEY").ends_with(2).says("no way to hand a secret").says("set `esc-export-file`");
    assert!(opened.server.received().is_empty());
}

#[test]
fn names_that_may_not_be_set_are_refused_before_anything_is_opened() {
    let opened = on_github(opened());
    for name in ["PATH", "LD_PRELOAD", "NODE_OPTIONS", "BASH_ENV", "PULUMI_ACCESS_TOKEN", "STACKSTEP_COMMAND"]
    {
        step(&opened, &format!("API_KEY,{name}")).ends_with(2).says(&format!("`esc-export` names `{name}`"));
        assert_eq!(github_variable(&opened, "API_KEY"), None);
    }
    assert!(opened.server.received().is_empty());
}

#[test]
fn a_name_that_is_not_there_is_an_error_with_the_names_and_without_values() {
    let opened = on_github(opened());
    let run = step(&opened, "API_KEY,API_KEI").ends_with(2);
    run.says("names `API_KEI`")
        .says("did you mean `API_KEY`?")
        .says("`KUBECONFIG`")
        .never_says("eu-central-1");
    assert_eq!(github_variable(&opened, "API_KEY"), None);
}

#[test]
fn one_of_several_stacks_hands_nothing_on() {
    let opened = opened();
    let scene = Monorepo::shop("").scene;
    let scene = scene.with("PULUMI_API", &opened.server.url()).with("PULUMI_ACCESS_TOKEN", TOKEN);
    let scene = scene.with("STACKSTEP_ESC", "acme/shop/prod").with("STACKSTEP_ESC_EXPORT", "API_KEY");
    let opened = on_github(Opened { scene, ..opened });
    let run = opened.scene.run("fleet up --upsert");
    assert_ne!(run.status(), 0);
    run.says("this is one of several stacks");
    assert_eq!(github_variable(&opened, "API_KEY"), None);
}

#[test]
fn without_esc_the_error_says_so() {
    let opened = on_github(opened());
    opened.scene.run("run --esc-export API_KEY").ends_with(2).says("`esc-export` without `esc`");
    opened.scene.run("run --esc acme/shop/prod --esc-export-file x").ends_with(2).says("`esc-export`");
}

#[test]
fn a_step_that_installs_only_opens_nothing_and_needs_no_sign_in() {
    let opened = on_github(opened());
    let run = opened.scene.run("run --oidc-organization acme").ends_with(0);
    run.says("no `command` is set");
    let opened = job(opened, |scene| scene.input("esc", "acme/shop/prod"));
    opened.scene.run("run").ends_with(0).says("`esc` opens nothing in a step that only installs");
    assert!(opened.server.received().is_empty());
}

/// The pull request of this repository's people, or of somebody else's.
fn in_a_pull_request_of(opened: Opened, repository: &str, event: &str) -> Opened {
    job(on_github(opened), |scene| {
        let payload = json!({
            "pull_request": {
                "number": 7,
                "head": { "sha": "8d08154cabb1c4f71a535de986600303936780f8", "ref": "feature",
                          "repo": { "full_name": repository } },
                "base": { "ref": "main", "sha": "2d5a1c0e9f3b4a6d8c7e5f1a2b3c4d5e6f708192",
                          "repo": { "full_name": "acme/shop" } },
            },
            "repository": { "full_name": "acme/shop", "default_branch": "main", "private": true },
        });
        let path = scene.root().join("event.json");
        std::fs::write(&path, payload.to_string()).unwrap();
        scene.with("GITHUB_EVENT_NAME", event).with("GITHUB_EVENT_PATH", &path.display().to_string())
    })
}

#[test]
fn a_stranger_s_change_exports_nothing_by_any_command() {
    for event in ["pull_request", "pull_request_target"] {
        for command in ["run", "install", "preview --stack dev", "up --stack dev", "outputs --stack dev"] {
            let opened = in_a_pull_request_of(opened(), "mallory/shop", event);
            // The base's own commit lies there: its code is ours, and the change is not.
            opened.scene.write(".git/HEAD", "2d5a1c0e9f3b4a6d8c7e5f1a2b3c4d5e6f708192");
            let line = format!("{command} --esc acme/shop/prod --esc-export *");
            let run = opened.scene.run(&line).ends_with(73);
            run.says("refused").never_says(KEY);
            assert_eq!(github_variable(&opened, "API_KEY"), None);
            assert!(opened.server.received().is_empty(), "{event} {command}");
        }
    }
}

#[test]
fn a_stranger_s_change_without_credentials_is_skipped_and_our_own_is_served() {
    let stranger = in_a_pull_request_of(opened(), "mallory/shop", "pull_request");
    let stranger = job(stranger, |scene| {
        scene
            .without("PULUMI_ACCESS_TOKEN")
            .without("PULUMI_CONFIG_PASSPHRASE")
            .with("PULUMI_BACKEND_URL", "https://api.pulumi.com")
    });
    step(&stranger, "*").ends_with(0).says("comes from a fork");
    assert!(github_variable(&stranger, "API_KEY").is_none() && stranger.server.received().is_empty());
    let ours = in_a_pull_request_of(opened(), "acme/shop", "pull_request");
    step(&ours, "API_KEY").ends_with(0);
    assert_eq!(github_variable(&ours, "API_KEY").as_deref(), Some(KEY));
}

#[test]
fn a_file_of_a_change_that_is_not_trusted_exports_nothing() {
    let opened = in_a_pull_request_of(opened(), "mallory/shop", "pull_request");
    opened.scene.write("stackstep.yaml", "esc: acme/shop/prod\nesc-export: '*'\n");
    opened.scene.run("install").ends_with(0).says("`esc`, `esc-export` of `stackstep.yaml` are not used");
    assert!(github_variable(&opened, "API_KEY").is_none() && opened.server.received().is_empty());
}
