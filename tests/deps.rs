//! What is installed before the operation, by which command, and what that command can see.
//!
//! The package manager is a script that writes down how it was called.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Scene, scripted};

/// An engine that has nothing to do, and writes down its arguments.
const ENGINE: &str = "echo \"pulumi $*\" >>\"$ROOT/calls\"; [ -z \"${GITHUB_TOKEN:-}\" ] || echo \"token $GITHUB_TOKEN\" >>\"$ROOT/calls\"";

/// A program for Node with a lock file, and an `npm` that runs `script`.
fn scene(script: &str) -> Scene {
    let scene = scripted::scene(ENGINE);
    let root = scene.root();
    scene.write("Pulumi.yaml", "name: hello\nruntime: nodejs\n");
    scene.write("package-lock.json", "{}");
    let npm = root.join("bin/npm");
    std::fs::create_dir(root.join("bin")).unwrap();
    let text = format!("#!/bin/sh\nROOT='{}'\necho \"npm $*\" >>\"$ROOT/calls\"\n{script}", root.display());
    std::fs::write(&npm, text).unwrap();
    std::fs::set_permissions(&npm, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", root.join("bin").display());
    scene.with("PATH", &path)
}

/// The first words of what was called, in order, without the look at the outputs of which the event log has no word.
fn calls(scene: &Scene) -> Vec<String> {
    let text = std::fs::read_to_string(scene.root().join("calls")).unwrap_or_default();
    let calls = text.lines().map(|line| line.split(" --").next().unwrap_or_default().to_owned());
    calls.filter(|call| call != "pulumi stack output").collect()
}

/// What `npm` leaves behind.
const INSTALLS: &str =
    "mkdir -p node_modules/@pulumi/pulumi && echo '{}' >node_modules/@pulumi/pulumi/package.json";

#[test]
fn missing_dependencies_are_installed_before_the_operation_and_only_once() {
    let scene = scene(INSTALLS);
    scene.run("up").ends_with(0).says("dependencies: npm, as there is package-lock.json");
    scene.run("up").ends_with(0).never_says("dependencies:");
    assert_eq!(calls(&scene), ["npm ci", "pulumi up", "pulumi up"]);
}

#[test]
fn always_installs_what_is_there_and_never_does_not_install_what_is_missing() {
    let always = scene(INSTALLS).input("deps", "always");
    always.run("up").ends_with(0);
    always.run("up").ends_with(0);
    assert_eq!(calls(&always), ["npm ci", "pulumi up", "npm ci", "pulumi up"]);
    let never = scene(INSTALLS).input("deps", "never");
    never.run("up").ends_with(0);
    assert_eq!(calls(&never), ["pulumi up"]);
}

#[test]
fn an_install_sees_no_credentials_but_a_registry_s() {
    let scene = scene("env >\"$ROOT/seen\"; exit 0");
    let secrets = [
        ("PULUMI_ACCESS_TOKEN", "pul-0123456789"),
        ("PULUMI_CONFIG_PASSPHRASE", "a passphrase"),
        ("AWS_SECRET_ACCESS_KEY", "aws-0123456789"),
        ("ARM_CLIENT_SECRET", "arm-0123456789"),
        ("GOOGLE_CREDENTIALS", "gcp-0123456789"),
        ("GITHUB_TOKEN", "ghs-0123456789"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "oidc-0123456789"),
        ("INPUT_FORGE-TOKEN", "forge-0123456789"),
        ("AWS_ID_TOKEN", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln"),
        ("STACKSTEP_PLUGIN_TOKEN", "plugin-0123456789"),
        ("CLOUDFLARE_API_TOKEN", "cf-0123456789"),
        ("DATADOG_API_KEY", "dd-0123456789"),
        ("DB_PASSWORD", "db-0123456789"),
        ("SENTRY_KEY", "sentry-0123456789"),
        ("GITHUB_ENV", "/runner/env-0123456789"),
        ("GITHUB_PATH", "/runner/path-0123456789"),
        ("BASH_ENV", "/runner/bash-0123456789"),
    ];
    let scene = secrets.iter().fold(scene, |scene, (name, value)| scene.with(name, value));
    let scene = scene
        .with("NODE_AUTH_TOKEN", "npm-0123456789")
        .with("PULUMI_BACKEND_URL", "s3://state?key=s3-0123456789");
    scene.run("up").ends_with(0);
    let seen = std::fs::read_to_string(scene.root().join("seen")).unwrap();
    for (name, secret) in secrets {
        assert!(!seen.contains(secret), "{name} is in\n{seen}");
    }
    for name in ["GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"] {
        assert!(!seen.contains(&format!("{name}=")), "{name} is in\n{seen}");
    }
    assert!(!seen.contains("s3-0123456789"), "{seen}");
    assert!(seen.contains("NODE_AUTH_TOKEN=npm-0123456789"), "{seen}");
}

#[test]
fn the_network_s_failures_are_tried_again() {
    let scene = scene(
        "[ -e \"$ROOT/again\" ] && exit 0; touch \"$ROOT/again\"; echo 'npm error code ECONNRESET' >&2; exit 1",
    );
    scene.run("up").ends_with(0).says("the network failed it: trying again");
    assert_eq!(calls(&scene), ["npm ci", "npm ci", "pulumi up"]);
}

#[test]
fn any_other_failure_ends_the_run_with_its_reason_before_the_engine_starts() {
    let scene = scene("echo 'npm error code EUSAGE' >&2; echo 'npm error Missing: left-pad' >&2; exit 1");
    scene
        .run("up")
        .ends_with(71)
        .says("`npm ci --no-audit --no-fund`: Missing: left-pad")
        .says("commit the lock file that fits");
    assert_eq!(calls(&scene), ["npm ci"]);
    assert_eq!(scripted::result(&scene)["reason"], "dependencies");
}

#[test]
fn a_package_manager_that_is_missing_is_named() {
    let scene = scene(INSTALLS);
    std::fs::remove_file(scene.program.join("package-lock.json")).unwrap();
    scene.write("pnpm-lock.yaml", "lockfileVersion: '9.0'");
    scene
        .run("up")
        .ends_with(71)
        .says("`pnpm` has to install the program's dependencies, and is not on the PATH");
}

#[test]
fn what_an_install_prints_can_not_command_the_ci_system_nor_show_a_secret() {
    let scene =
        scene("echo '::set-output name=a::b'; echo \"it is $NPM_TOKEN\"").with("NPM_TOKEN", "npm-0123456789");
    let scene = scene.with("PULUMI_ACCESS_TOKEN", "npm-0123456789");
    let run = scene.run("up").ends_with(0).says("it is ***");
    let (log, command) = (run.stdout(), "::set-output name=a::b");
    let fence = log.find("::stop-commands::").unwrap();
    assert!(fence < log.find(command).unwrap(), "{log}");
}

#[test]
fn a_token_for_plugins_goes_to_the_process_that_installs_them_and_to_no_other() {
    let scene = scene(INSTALLS).input("plugin-token", "plugin-0123456789");
    scene.run("up").ends_with(0);
    assert_eq!(calls(&scene), ["npm ci", "pulumi install", "token plugin-0123456789", "pulumi up"]);
}

#[test]
fn an_operation_that_needs_no_program_installs_nothing() {
    let scene = scene(INSTALLS);
    scene.run("outputs");
    assert!(calls(&scene).is_empty());
}

/// The right to trace others opens the entry all the same, so the user is one without it.
#[cfg(target_os = "linux")]
#[test]
fn what_stackstep_starts_cannot_read_its_environment() {
    use std::os::unix::process::CommandExt as _;
    let folder = tempfile::TempDir::new().unwrap();
    let file = |name: &str| folder.path().join(name);
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path(), executable.clone()).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_stackstep"), file("stackstep")).unwrap();
    let script =
        "#!/bin/sh\necho begun\ngrep -c . /proc/$$/environ && echo own-is-open\ncat /proc/$PPID/environ\n";
    std::fs::write(file("pulumi"), script).unwrap();
    std::fs::set_permissions(file("pulumi"), executable).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the tests run the binary")]
    let mut command = std::process::Command::new(file("stackstep"));
    command.args(["exec", "--engine"]).arg(file("pulumi")).args(["--", "anything"]);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("INPUT_FORGE-TOKEN", "hunter22-hunter22");
    command.env("PULUMI_BACKEND_URL", "file:///tmp").env("NOTE", "seen-by-all").current_dir("/");
    if nix::unistd::Uid::effective().is_root() {
        command.uid(65_534).gid(65_534);
    }
    let output = command.output().unwrap();
    let log = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(log.contains("begun") && log.contains("own-is-open"), "{log}");
    assert!(!log.contains("seen-by-all"), "{log}");
}

#[test]
fn destroy_and_refresh_install_nothing_unless_the_program_runs() {
    for command in ["destroy", "refresh"] {
        let plain = scene("exit 1");
        plain.run(command).ends_with(0);
        plain.run(&format!("{command} --run-program=false")).ends_with(0);
        assert_eq!(calls(&plain), [format!("pulumi {command}"), format!("pulumi {command}")]);
        let profile = scene("exit 1").input("profile", "official-action");
        profile.run(command).ends_with(0);
        assert_eq!(calls(&profile), [format!("pulumi {command}")]);
        for runs in [
            scene(INSTALLS).input("run-program", "true"),
            scene(INSTALLS).input("args", "--run-program"),
            scene(INSTALLS).with("PULUMI_RUN_PROGRAM", "true"),
            scene(INSTALLS).input("deps", "always"),
        ] {
            runs.run(command).ends_with(0);
            assert_eq!(calls(&runs), ["npm ci".to_owned(), format!("pulumi {command}")]);
        }
    }
}

#[test]
fn a_package_that_is_missing_beside_the_sdk_is_installed() {
    let scene = scene("mkdir -p node_modules/is-odd && echo '{}' >node_modules/is-odd/package.json");
    scene.write("package.json", r#"{"dependencies": {"@pulumi/pulumi": "^3", "is-odd": "^3"}}"#);
    scene.write("node_modules/@pulumi/pulumi/package.json", "{}");
    scene.run("up").ends_with(0).says("dependencies: npm");
    scene.run("up").ends_with(0).never_says("dependencies:");
    assert_eq!(calls(&scene), ["npm ci", "pulumi up", "pulumi up"]);
}

#[test]
fn the_program_of_main_has_its_packages_installed_where_it_lies() {
    let scene = scene("pwd >\"$ROOT/where\"");
    scene.write("Pulumi.yaml", "name: hello\nruntime: nodejs\nmain: app/\n");
    scene.write("app/package-lock.json", "{}");
    scene.run("up").ends_with(0);
    let place = std::fs::read_to_string(scene.root().join("where")).unwrap();
    assert!(place.trim().ends_with("/app"), "{place}");
}
