//! Nothing of the work folder is started, installed, read out or obeyed before the run is judged, nor by a run that is
//! refused.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::{BASE, HEAD, SECRET, forks_head, pull_request, step, trace, trap};
use crate::support::Scene;

/// A bare repository that a commit can bring along, whose configuration names a program.
fn embedded_repository(scene: &Scene) {
    trap(scene, "pwn.sh");
    for name in ["objects/.keep", "refs/.keep"] {
        scene.write(name, "");
    }
    scene.write("HEAD", "ref: refs/heads/main\n");
    scene.write(
        "config",
        "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tsshCommand = sh ./pwn.sh #\n\tfsmonitor = ./pwn.sh\n\
         [remote \"origin\"]\n\turl = ssh://git@x/x.git\n",
    );
}

#[test]
fn a_repository_within_the_checkout_starts_no_program() {
    for (stale_of_the_file, event) in
        [(true, "pull_request_target"), (false, "pull_request_target"), (true, "pull_request")]
    {
        let scene = forks_head(event).input("command", "up");
        embedded_repository(&scene);
        let scene = if stale_of_the_file {
            scene.write("stackstep.yaml", "stale: refuse\n");
            scene
        } else {
            scene.input("stale", "refuse")
        };
        scene.run("run").ends_with(73);
        assert_eq!(trace(&scene), "", "{event}");
    }
}

#[test]
fn a_run_that_is_let_in_asks_the_remote_without_the_checkouts_programs_and_the_jobs_secrets() {
    let scene =
        Scene::new("hello").on_github().input("command", "up").input("stack", "dev").input("stale", "refuse");
    let bin = scene.root().join("bin");
    std::fs::create_dir(&bin).unwrap();
    trap(&scene, "git");
    std::fs::rename(scene.program.join("git"), bin.join("git")).unwrap();
    scene.write(".git/HEAD", BASE);
    scene.write(
        ".git/config",
        "[core]\n\tsshCommand = ./pwn.sh\n[remote \"origin\"]\n\turl = https://git.example/acme/shop\n\
         [http \"https://git.example/\"]\n\textraheader = AUTHORIZATION: basic abc\n",
    );
    let scene = scene
        .with("PATH", &format!("{}:/usr/bin:/bin", bin.display()))
        .with("AWS_SECRET_ACCESS_KEY", "aws-0123456789")
        .with("PULUMI_ACCESS_TOKEN", SECRET);
    scene.run("run").ends_with(73).says("could not be read from `origin`");
    let trace = trace(&scene);
    assert!(
        trace.starts_with("ls-remote --exit-code -- https://git.example/acme/shop refs/heads/main\n"),
        "{trace}"
    );
    assert!(trace.contains("GIT_CONFIG_VALUE_0=AUTHORIZATION: basic abc\n"), "{trace}");
    assert!(trace.contains("GIT_ALLOW_PROTOCOL=https:http:ssh:git:file\n"), "{trace}");
    let folder = trace.lines().nth(1).unwrap();
    assert!(!folder.starts_with(scene.root().to_str().unwrap()), "{folder}");
    for secret in ["aws-0123456789", SECRET, "INPUT_", "pwn.sh"] {
        assert!(!trace.contains(secret), "{secret} in {trace}");
    }
}

/// A job that has a Pulumi CLI of its own, and no engine named on the step.
fn with_a_cli(scene: Scene) -> Scene {
    let bin = scene.root().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::fs::write(bin.join("pulumi"), "#!/bin/sh\necho v3.260.0\n").unwrap();
    std::fs::set_permissions(bin.join("pulumi"), std::fs::Permissions::from_mode(0o755)).unwrap();
    scene.without("STACKSTEP_ENGINE").with("PATH", &format!("{}:/usr/bin:/bin", bin.display()))
}

#[test]
fn a_strangers_file_names_no_engine_mirror_or_cache_to_any_command() {
    for (event, doctors) in [("pull_request_target", 1), ("pull_request", 0)] {
        for (command, status) in [("install", 0), ("run", 0), ("doctor", doctors), ("inputs", 0)] {
            let scene = with_a_cli(forks_head(event));
            trap(&scene, "evil.sh");
            scene.write(
                "stackstep.yaml",
                "engine: ./evil.sh\npulumi-version: 3.260.0\npulumi-mirror: file:///nowhere\ncache-folder: c\n\
                 offline: true\npulumi-sha256: '0000000000000000000000000000000000000000000000000000000000000000'\n",
            );
            let run = scene.run(command).never_says("evil.sh");
            assert_eq!(run.status(), status, "{event} {command}\n{}", run.log());
            assert_eq!(trace(&scene), "", "{event} {command}");
        }
    }
}

#[test]
fn an_installation_uses_nothing_of_a_work_folder_that_nobody_has_proven() {
    let scene = with_a_cli(forks_head("pull_request_target"));
    scene.write(".pulumi.version", "3.1.0");
    scene.write("mise.toml", "[tools]\npulumi = '3.1.0'\n");
    scene.write("package.json", r#"{"dependencies": {"@pulumi/pulumi": "^3.999.0"}}"#);
    scene.write("Pulumi.yaml", "name: [broken");
    scene.run("install").ends_with(0).says("bin/pulumi");
    scene.run("install --pulumi-version ^3.200").ends_with(0).says("bin/pulumi");
    for (flag, name) in [
        ("--engine ./evil.sh", "engine"),
        ("--pulumi-version-file .pulumi.version", "pulumi-version-file"),
        ("--cache-folder c", "cache-folder"),
    ] {
        scene
            .run(&format!("install {flag}"))
            .ends_with(73)
            .says(&format!("`{name}` leads into the work folder"));
    }
}

#[test]
fn a_cli_of_the_checkout_is_not_taken_from_the_path() {
    let scene = with_a_cli(forks_head("pull_request_target"));
    trap(&scene, "node_modules/.bin/pulumi");
    let path = format!("{}:node_modules/.bin", scene.program.join("node_modules/.bin").display());
    let scene = scene.with("PATH", &path).with("STACKSTEP_OFFLINE", "true");
    scene.run("install --pulumi-version 3.259.0").ends_with(71);
    assert_eq!(trace(&scene), "");
}

#[test]
fn an_engine_of_the_checkout_is_not_taken_by_its_name() {
    let scene = with_a_cli(forks_head("pull_request_target"));
    trap(&scene, "node_modules/.bin/mypulumi");
    trap(&scene, "node_modules/.bin/pulumi");
    let bin = scene.root().join("bin");
    let path =
        format!("{}:{}:/usr/bin:/bin", scene.program.join("node_modules/.bin").display(), bin.display());
    let scene = scene.with("PATH", &path);
    scene.run("install --engine mypulumi --pulumi-version 3.260.0").ends_with(73).says("lies in a checkout");
    scene.run("install --engine pulumi --pulumi-version 3.260.0").ends_with(0).says("bin/pulumi");
    // The checkout without a repository, and a job that begins elsewhere.
    std::fs::remove_dir_all(scene.program.join(".git")).unwrap();
    let program = scene.program.display().to_string();
    let elsewhere = scene.with("GITHUB_WORKSPACE", &program);
    std::fs::create_dir_all(elsewhere.program.join("infra")).unwrap();
    elsewhere.run("install --cwd infra").ends_with(0).says("bin/pulumi");
    elsewhere.run("install --cwd infra --pulumi-version 3.260.0").ends_with(0).says("bin/pulumi");
    assert_eq!(trace(&elsewhere), "");
}

#[test]
fn a_mirror_of_the_checkout_is_refused_however_its_url_is_written() {
    for event in ["pull_request_target", "pull_request"] {
        let scene = forks_head(event);
        std::fs::create_dir(scene.program.join("m")).unwrap();
        symlink(scene.program.join("m"), scene.root().join("way-in")).unwrap();
        let place = scene.program.join("m").display().to_string();
        let encoded = format!("{}%6d", place.trim_end_matches('m'));
        let way_in = scene.root().join("way-in").display().to_string();
        for url in [
            format!("file://{place}"),
            format!("FILE://{place}"),
            format!("fiLe://localhost{encoded}/"),
            format!("file://{way_in}/x"),
        ] {
            let run = scene.run_args(&["install", "--pulumi-mirror", &url, "--pulumi-version", "3.999.0"]);
            run.ends_with(73).says("`pulumi-mirror` leads into the work folder");
        }
    }
}

#[test]
fn a_cache_of_the_checkout_is_not_believed() {
    for event in ["pull_request_target", "pull_request"] {
        for name in ["XDG_CACHE_HOME", "HOME"] {
            let scene = with_a_cli(forks_head(event)).without("RUNNER_TEMP").without("XDG_CACHE_HOME");
            let program = scene.program.display().to_string();
            let scene = scene.with(name, &program);
            let run = scene.run("install --pulumi-version 3.259.0 --offline");
            run.ends_with(73).says("it lies in a checkout").says("set `cache-folder`");
        }
    }
}

#[test]
fn a_token_goes_to_no_backend_that_only_a_strangers_file_names() {
    let evil = "https://evil.example";
    for (what, url, refused) in [
        ("a server", evil, true),
        ("a bucket elsewhere", "s3://state?region=eu-central-1&endpoint=evil.example", true),
        ("a region that is a server", "s3://state?region=evil.example", true),
        ("a database", "postgres://evil.example/state", true),
        ("Pulumi Cloud", "https://api.pulumi.com", false),
        ("a bucket", "s3://state?region=eu-central-1&awssdk=v2", false),
    ] {
        for command in ["outputs", "preview", "refresh --preview-only"] {
            let scene = forks_head("pull_request").without("PULUMI_BACKEND_URL");
            let project = format!("name: hello\nruntime: yaml\nbackend:\n  url: '{url}'\n");
            scene.write("Pulumi.yaml", &project);
            // What it is about ends before anything is started.
            let scene = scene.with("STACKSTEP_ENGINE", "/nowhere/pulumi");
            let run = scene.run(command);
            assert_eq!(run.status() == 73, refused, "{what}, {command}:\n{}", run.log());
            if refused {
                run.says("which only a file of a change that is not trusted names").says("set `cloud-url`");
                let named = scene.with("STACKSTEP_CLOUD_URL", url).run(command);
                assert_ne!(named.status(), 73, "{}", named.log());
            }
        }
    }
    let scene = forks_head("pull_request").without("PULUMI_BACKEND_URL");
    scene.write("Pulumi.yaml", "name: hello\nruntime: yaml\n");
    scene.write(".env", "PULUMI_BACKEND_URL=https://evil.example\n");
    scene.with("STACKSTEP_ENV_FILE", ".env").run("outputs").ends_with(73).says("evil.example");
}

#[test]
fn a_refused_run_reads_no_file_out() {
    let secret = "hunter22-hunter22";
    for (file, text, link) in [
        ("stackstep.yaml", "pulumi-version-file: /proc/self/environ\n", None),
        ("stackstep.yaml", "env-file: /proc/self/environ\n", None),
        ("stackstep.yaml", "config: {a: {from-file: /proc/self/environ}}\n", None),
        (".pulumi.version", "", Some("/proc/self/environ")),
        ("Pulumi.yaml", "", Some("/proc/self/environ")),
        ("stackstep.yaml", "", Some("/proc/self/environ")),
    ] {
        for command in ["preview", "up", "outputs", "install", "doctor", "inputs"] {
            let scene = with_a_cli(forks_head("pull_request_target")).with("DB_URL", secret);
            if let Some(target) = link {
                let _ = std::fs::remove_file(scene.program.join(file));
                symlink(target, scene.program.join(file)).unwrap();
            } else {
                scene.write(file, text);
            }
            scene.run(command).never_says(secret).never_says("DB_URL");
        }
    }
}

#[test]
fn a_link_for_a_strangers_file_is_not_followed() {
    let payload = pull_request(&serde_json::json!({"full_name": "mallory/shop"}));
    let scene = step("pull_request", &payload, Some(HEAD)).input("command", "preview");
    std::fs::write(scene.root().join("private.yaml"), "words-of-the-owner: x\n").unwrap();
    symlink(scene.root().join("private.yaml"), scene.program.join("stackstep.yaml")).unwrap();
    scene.run("run").ends_with(2).says("is not a plain file").never_says("words-of-the-owner");
}

#[test]
fn a_link_of_the_change_leads_no_result_away() {
    for event in ["pull_request_target", "pull_request"] {
        for command in ["up", "preview"] {
            let scene = forks_head(event).input("command", command).input("result-file", "r.json");
            let scene = scene.with("STACKSTEP_OUTPUTS_FILE", "out/o.env");
            std::fs::write(scene.root().join("victim"), "untouched").unwrap();
            symlink(scene.root().join("victim"), scene.program.join("r.json")).unwrap();
            symlink(scene.root().join("state"), scene.program.join("out")).unwrap();
            scene.run("run");
            assert_eq!(
                std::fs::read_to_string(scene.root().join("victim")).unwrap(),
                "untouched",
                "{event} {command}"
            );
            assert!(!scene.root().join("state/o.env").exists(), "{event} {command}");
        }
    }
}

#[test]
fn a_link_is_seen_by_each_path_that_leads_to_it() {
    for event in ["pull_request_target", "pull_request"] {
        let scene = forks_head(event).with("STACKSTEP_COMMAND", "up");
        let victim = scene.root().join("victim");
        std::fs::write(&victim, "untouched").unwrap();
        symlink(&victim, scene.program.join("r.json")).unwrap();
        symlink(&scene.program, scene.root().join("L")).unwrap();
        std::fs::create_dir(scene.root().join("start")).unwrap();
        let (by_link, beside) = (scene.root().join("L/r.json"), scene.program.join("../L/./r.json"));
        let program = scene.program.display().to_string();
        for path in [by_link.display().to_string(), beside.display().to_string()] {
            scene.run_args(&["run", "--result-file", &path]).ends_with(73);
            // A command line that can't be read takes nothing away either.
            scene.run_args(&["uup", "--result-file", &path]).ends_with(2);
            scene.run_from("start", &["run", "--cwd", &program, "--result-file", &path]).ends_with(73);
        }
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "untouched", "{event}");
    }
}

#[test]
fn beside_the_proven_checkout_a_forks_link_leads_no_result_away() {
    let payload = pull_request(&serde_json::json!({"full_name": "mallory/shop"}));
    let scene = step("pull_request_target", &payload, Some(BASE)).input("command", "preview");
    let root = scene.root().display().to_string();
    let scene = scene.with("GITHUB_WORKSPACE", &root);
    let victim = scene.root().join("victim");
    std::fs::write(&victim, "untouched").unwrap();
    std::fs::create_dir_all(scene.root().join("pr/.git")).unwrap();
    std::fs::write(scene.root().join("pr/.git/HEAD"), HEAD).unwrap();
    symlink(&victim, scene.root().join("pr/r.json")).unwrap();
    scene.run("run --result-file ../pr/r.json").ends_with(6).says("`result-file` is not written");
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "untouched");
    // A link of the proven checkout is the repository's own.
    std::fs::create_dir(scene.program.join("results")).unwrap();
    symlink("results", scene.program.join("out")).unwrap();
    scene.run("run --result-file out/r.json").ends_with(6).never_says("is not written");
    assert!(scene.program.join("results/r.json").is_file());
}
