//! Whole runs on a machine without a CLI: install it from a mirror, then deploy with it.

use semver::Version;
use stackstep::engine::install::platform::Platform;

use super::VERSION;
use super::release::{Files, downloads, script, tar_gz};
use crate::support::Scene;

/// A release whose CLI is the sandbox under another name; it lies where the language host would.
fn that_works() -> Files {
    let sandbox = std::path::Path::new(env!("CARGO_BIN_EXE_stackstep")).with_file_name("pulumi-sandbox");
    let pulumi = format!(
        "#!/bin/sh\n[ \"$1\" = version ] && echo v{VERSION} && exit\nexec \"${{0%/*}}/pulumi-language-yaml\" \"$@\"\n"
    );
    let files = vec![
        ("pulumi/pulumi".to_owned(), pulumi.into_bytes()),
        ("pulumi/pulumi-language-yaml".to_owned(), std::fs::read(sandbox).unwrap()),
    ];
    Files::release(&VERSION, Platform::host().unwrap(), tar_gz(&files, &[]))
}

fn bare(mirror: &str) -> Scene {
    Scene::new("hello")
        .without("STACKSTEP_ENGINE")
        .with("PATH", "/bin:/usr/bin")
        .with("STACKSTEP_PULUMI_MIRROR", mirror)
        .with("STACKSTEP_PULUMI_VERSION", &VERSION.to_string())
}

#[test]
fn a_preview_on_a_bare_machine_installs_the_cli_and_the_next_one_finds_it() {
    let server = that_works().serve_all();
    let scene = bare(&server.url());
    scene
        .run("preview --stack dev --upsert")
        .ends_with(0)
        .says("pulumi 3.900.0: from 127.0.0.1")
        .says("`pulumi-version` asks for `3.900.0`")
        .says("not pinned");
    scene.run("up --stack dev").ends_with(0).says("pulumi 3.900.0: from the cache");
    assert_eq!(downloads(&server).len(), 1);
}

#[test]
fn the_password_of_a_mirror_never_shows() {
    let server = that_works().serve_all();
    let scene = bare(&server.url().replace("http://", "http://ci:hunter2hunter2@"));
    scene.run("install").ends_with(0).never_says("hunter2hunter2");
    scene.run("install --pulumi-version 3.901.0").ends_with(71).never_says("hunter2hunter2");
    scene.run("inputs").ends_with(0).never_says("hunter2hunter2");
}

#[test]
fn install_hands_the_folder_to_later_steps() {
    let server = Files::good(&VERSION).serve_all();
    let scene = bare(&server.url()).on_github();
    let file = scene.root().join("github-path");
    let scene = scene.with("GITHUB_PATH", &file.display().to_string());
    scene.run("install").ends_with(0).says("the Pulumi CLI is there: ");
    let folder = std::fs::read_to_string(file).unwrap();
    let names = super::names(std::path::Path::new(folder.trim_end()));
    assert!(names.contains(&"pulumi-watch".to_owned()), "everything is unpacked: {names:?}");
}

#[test]
fn a_cli_on_the_path_that_will_do_is_used_and_no_server_is_asked() {
    let server = Files::good(&VERSION).serve_all();
    let scene = bare(&server.url());
    let tools = on_the_path(&scene, &Version::new(3, 901, 0));
    let scene = scene.with("PATH", &tools);
    scene.run("install --pulumi-version ^3.901").ends_with(0).says("/tools/pulumi");
    let scene = scene.without("STACKSTEP_PULUMI_VERSION");
    scene.run("install").ends_with(0).says("/tools/pulumi");
    assert!(server.received().is_empty());
}

#[test]
fn a_cli_on_the_path_that_will_not_do_makes_way_and_the_log_says_why() {
    let server = Files::good(&VERSION).serve_all();
    let scene = bare(&server.url());
    for (version, why) in [
        (Version::new(3, 901, 0), "is not what `pulumi-version` asks for"),
        (Version::new(3, 120, 0), "is refused"),
    ] {
        let tools = on_the_path(&scene, &version);
        bare(&server.url())
            .with("PATH", &tools)
            .run("install")
            .ends_with(0)
            .says(why)
            .says("pulumi 3.900.0: from");
    }
}

#[test]
fn a_version_file_of_the_project_is_a_demand() {
    let server = Files::good(&VERSION).serve_all();
    let scene = bare(&server.url()).without("STACKSTEP_PULUMI_VERSION");
    scene.write(".tool-versions", "pulumi 3.900.0\n");
    scene.run("install").ends_with(0).says(".tool-versions` asks for `3.900.0`");
}

#[test]
fn a_version_below_the_lowest_is_refused() {
    let server = Files::good(&VERSION).serve_all();
    bare(&server.url())
        .run("install --pulumi-version 3.100.0")
        .ends_with(71)
        .says("too old: stackstep needs 3.131.0");
    assert!(server.received().is_empty());
}

#[test]
fn an_exact_version_is_taken_from_the_runners_tool_cache() {
    let scene = bare("http://127.0.0.1:1/");
    let folder = scene.root().join("tools/pulumi/3.900.0").join(Platform::host().unwrap().arch);
    put(&folder.join("pulumi"), &VERSION);
    std::fs::write(folder.with_extension("complete"), "").unwrap();
    scene
        .with("RUNNER_TOOL_CACHE", &folder.ancestors().nth(3).unwrap().display().to_string())
        .run("install")
        .ends_with(0)
        .says("from the runner's tool cache");
}

#[test]
fn a_mirror_or_hash_that_is_none_is_bad_input() {
    bare("mirror").run("install").ends_with(2).says("`pulumi-mirror` is not a URL");
    bare("file:///x")
        .run("install --pulumi-sha256 abc")
        .ends_with(2)
        .says("`pulumi-sha256` is not a SHA-256");
}

fn on_the_path(scene: &Scene, version: &Version) -> String {
    let folder = scene.root().join("tools");
    put(&folder.join("pulumi"), version);
    format!("{}:/bin:/usr/bin", folder.display())
}

fn put(path: &std::path::Path, version: &Version) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, script(version)).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
