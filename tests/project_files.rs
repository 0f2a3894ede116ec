//! Files of the project as people's tools write them, and as an attacker would: what is read, and what is refused.

use crate::support::Scene;

const MARK: &str = "\u{feff}";

#[test]
fn a_byte_order_mark_and_a_second_document_do_not_count() {
    for scene in Scene::on_each_engine("hello") {
        let project = "name: hello\nruntime: yaml\noutputs: {a: '1'}\n";
        scene.write("Pulumi.yaml", &format!("{MARK}{project}---\nname: other\n"));
        scene.write("stackstep.yaml", &format!("{MARK}stack: dev\n---\nnonsense: here\n"));
        scene.write("values.env", &format!("{MARK}FROM_FILE=moin\r\n"));
        scene.write("value.txt", &format!("{MARK}hello"));
        let config = format!("{MARK}k: {{from-env: SET}}\nf: {{from-file: value.txt}}");
        let scene =
            scene.with("STACKSTEP_ENV_FILE", "values.env").with("SET", "x").with("STACKSTEP_CONFIG", &config);
        scene.run("preview --upsert").ends_with(0);
        let file = std::fs::read_to_string(scene.program.join("Pulumi.dev.yaml")).unwrap();
        assert!(file.contains("hello:f: hello\n"), "{file:?}");
    }
}

#[test]
fn utf_16_is_named_with_the_way_to_write_utf_8() {
    let wide = |text: &str| -> Vec<u8> {
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    };
    for (name, text, input) in [
        ("Pulumi.yaml", "name: x", ""),
        ("stackstep.yaml", "stack: dev", ""),
        ("values.env", "A=1", "--env-file values.env"),
        (".pulumi.version", "3.200.0", ""),
        ("version", "3.200.0", "--pulumi-version-file version"),
    ] {
        let scene = Scene::new("hello").without("STACKSTEP_ENGINE").with("STACKSTEP_OFFLINE", "true");
        scene.write("stackstep.yaml", "stack: dev\n");
        std::fs::write(scene.program.join(name), wide(text)).unwrap();
        scene
            .run(&format!("preview --stack dev {input}"))
            .ends_with(2)
            .says("it is UTF-16")
            .says("Out-File -Encoding utf8")
            .never_says("Bad");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_is_none_is_refused_at_once() {
    for (name, input) in [
        ("Pulumi.yaml", ""),
        ("stackstep.yaml", ""),
        ("values.env", "--env-file values.env"),
        (".pulumi.version", ""),
        ("version", "--pulumi-version-file version"),
    ] {
        let scene = Scene::new("hello").without("STACKSTEP_ENGINE").with("STACKSTEP_OFFLINE", "true");
        let path = scene.program.join(name);
        let _ = std::fs::remove_file(&path);
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        let line = format!("preview --stack dev {input}");
        scene.run(&line).ends_with(2).says("it is a device, a pipe or a socket");
        std::fs::remove_file(&path).unwrap();
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        scene.run(&line).ends_with(2).says("it is a device, a pipe or a socket");
    }
}

#[test]
fn a_file_that_is_too_large_or_too_deep_is_refused() {
    for name in ["Pulumi.yaml", "stackstep.yaml"] {
        for text in [
            "[".repeat(200_000),
            "{a: ".repeat(50_000),
            "- ".repeat(100_000),
            format!("a: {}", "x".repeat(2 << 20)),
        ] {
            let scene = Scene::new("hello");
            scene.write(name, &text);
            scene.run("preview --stack dev").ends_with(2).says("could not read").says(name);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_a_file_with_credentials_shows_nothing_of_it() {
    let secret = "machine github.com login me password hunter2-hunter2\n";
    let json = "{\"hunter2-hunter2 in a key\": {\"token\": \"hunter2-hunter2\"}}";
    let environment = "A=1\0NPM_TOKEN=hunter2-hunter2\0";
    for text in [
        secret,
        json,
        environment,
        "hunter2-hunter2",
        "hunter2-hunter2: [",
        "[tools]\npulumi = 'hunter2-hunter2'\n",
    ] {
        for (name, input) in [
            ("Pulumi.yaml", ""),
            ("stackstep.yaml", ""),
            ("values.env", "--env-file values.env"),
            (".pulumi.version", ""),
            (".tool-versions", ""),
            ("mise.toml", ""),
            ("version", "--pulumi-version-file version"),
            ("package.json", ""),
            ("package-lock.json", ""),
        ] {
            let scene = Scene::new("hello").without("STACKSTEP_ENGINE").with("STACKSTEP_OFFLINE", "true");
            std::fs::write(scene.root().join("credentials"), text).unwrap();
            let path = scene.program.join(name);
            let _ = std::fs::remove_file(&path);
            std::os::unix::fs::symlink(scene.root().join("credentials"), &path).unwrap();
            for command in ["preview --stack dev", "doctor"] {
                let input = if command == "doctor" { "" } else { input };
                scene.run(&format!("{command} {input}")).never_says("hunter2");
            }
        }
    }
}

#[test]
fn blanks_and_line_ends_around_an_input_do_not_count() {
    let scene = Scene::new("hello").on_github();
    scene.write("infra/Pulumi.yaml", "name: inner\nruntime: yaml\noutputs: {a: '1'}\n");
    let backend = format!("file://{}\n", scene.root().join("state").display());
    let scene = scene
        .without("PULUMI_BACKEND_URL")
        .input("work-dir", "infra\n")
        .input("stack-name", " dev \n")
        .input("cloud-url", &backend)
        .input("upsert", "true\n")
        .input("plan", " plan.json\n")
        .input("result-file", "result.json \n")
        .with("STACKSTEP_TARGET_DEPENDENTS", " ");
    scene.run("preview").ends_with(0);
    assert!(scene.program.join("infra/plan.json").is_file());
    assert!(scene.program.join("result.json").is_file());
}

#[test]
fn the_engine_s_own_paths_begin_at_the_program_s_folder() {
    for scene in Scene::on_each_engine("hello") {
        scene.write("app/Pulumi.yaml", "name: inner\nruntime: yaml\noutputs: {a: '1'}\n");
        scene.write("app/deep/stackstep.yaml", "plan: kept.json\n");
        let flags = "--cwd app --stack dev --upsert --plan plan.json --config-file own.yaml --config k=v";
        let words: Vec<&str> = ["preview"].into_iter().chain(flags.split(' ')).collect();
        let words: Vec<&str> = words.iter().map(|word| if *word == "k=v" { "k: v" } else { word }).collect();
        scene.run_args(&words).ends_with(0);
        assert!(scene.program.join("app/plan.json").is_file());
        assert!(scene.program.join("app/own.yaml").is_file());
        scene.run("up --cwd app --stack dev --plan plan.json --config-file own.yaml").ends_with(0);
        scene.write("stackstep.yaml", "plan: of-the-file.json\n");
        scene.run("preview --cwd app --stack dev").ends_with(0);
        assert!(scene.program.join("of-the-file.json").is_file());
    }
}

#[test]
fn text_that_no_process_can_be_given_is_refused_by_name() {
    let scene = Scene::new("hello");
    scene.write("stackstep.yaml", &format!("message: {}\n", "x".repeat(200_000)));
    scene
        .run("preview --stack dev")
        .ends_with(2)
        .says("`message` has 200010 bytes, and a process can be started with at most 131071 in one argument")
        .never_says("made for this machine");
}

#[test]
fn project_and_stack_files_of_each_ending_are_found_as_the_cli_finds_them() {
    let json = r#"{"name": "hello", "runtime": "yaml"}"#;
    let yaml = "name: hello\nruntime: yaml\n";
    for (project, text, stack, salt) in [
        ("Pulumi.json", json, "Pulumi.dev.json", r#"{"encryptionsalt": "v1:x"}"#),
        ("Pulumi.yaml", yaml, "Pulumi.dev.yaml", "encryptionsalt: v1:x\n"),
        ("Pulumi.yml", yaml, "Pulumi.dev.yml", "encryptionsalt: v1:x\n"),
    ] {
        let scene = Scene::empty().without("PULUMI_CONFIG_PASSPHRASE");
        scene.write(project, text);
        for stray in ["Pulumi.other.json", "Pulumi.other.yaml", "Pulumi.other.yml"] {
            if stray.rsplit('.').next() != project.rsplit('.').next() {
                scene.write(stray, "");
            }
        }
        scene.write(stack, salt);
        scene.run("doctor --command preview").ends_with(1).says("there is no passphrase").says(stack);
    }
}

#[test]
fn the_sandbox_says_that_it_reads_no_project_file_of_json() {
    let scene = Scene::empty();
    scene.write("Pulumi.json", r#"{"name": "hello", "runtime": "yaml"}"#);
    scene.write("Pulumi.yaml", "name: other\nruntime: yaml\n");
    scene.run("preview --stack dev --upsert").ends_with(1).says("does not support a `Pulumi.json`");
}
