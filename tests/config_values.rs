//! A configuration value reaches the stack's file as `pulumi config set` would have written it.

use crate::support::{Scene, TEXTS_THAT_YAML_WOULD_CHANGE};

/// A program without resources, on each engine, so that any CLI can run it.
fn scenes() -> Vec<Scene> {
    let scenes = Scene::on_each_engine("hello");
    for scene in &scenes {
        scene.write("Pulumi.yaml", "name: hello\nruntime: yaml\noutputs: {done: yes}\n");
    }
    scenes
}

/// The lines of the stack's `config`.
fn written(scene: &Scene) -> Vec<String> {
    let file = std::fs::read_to_string(scene.program.join("Pulumi.dev.yaml")).unwrap();
    let lines = file.lines().skip_while(|line| *line != "config:").skip(1);
    lines.map(|line| line.trim().to_owned()).collect()
}

/// A preview with this configuration.
fn preview(scene: &Scene, config: &str) {
    scene.run_args(&["preview", "--stack", "dev", "--upsert", "--config", config]).ends_with(0);
}

#[test]
fn a_value_arrives_as_its_source_text() {
    for scene in scenes() {
        let lines = TEXTS_THAT_YAML_WOULD_CHANGE.iter().enumerate();
        let lines = lines.map(|(n, value)| format!("short{n}: {value}\nlong{n}: {{value: {value}}}\n"));
        preview(&scene, &lines.collect::<String>());
        let lines = written(&scene);
        for (n, value) in TEXTS_THAT_YAML_WOULD_CHANGE.iter().enumerate() {
            for key in [format!("hello:short{n}"), format!("hello:long{n}")] {
                let quoted = format!("{key}: \"{value}\"");
                assert!(lines.contains(&quoted), "{quoted} in {lines:?}");
            }
        }
    }
}

#[test]
fn stackstep_yaml_and_the_official_actions_input_keep_the_text_too() {
    for scene in scenes() {
        scene.write("stackstep.yaml", "config:\n  build: 20220113.10\n  sha: {value: 1234e56}\n");
        scene.run("preview --stack dev --upsert").ends_with(0);
        let scene = scene.on_github().input("config-map", "{hello:n: {value: 3.10}}");
        scene.run("preview --stack dev").ends_with(0);
        let lines = written(&scene);
        for (key, value) in [("build", "20220113.10"), ("n", "3.10")] {
            assert!(lines.contains(&format!("hello:{key}: \"{value}\"")), "{lines:?}");
        }
    }
}

#[test]
fn a_block_of_text_in_stackstep_yaml_is_the_mapping_that_it_holds() {
    for scene in scenes() {
        scene.write("value.txt", "from the file\n");
        let block = "config: |\n  aws:region: eu-central-1\n  build: 20220113.10\n  file: {from-file: value.txt}\n  db: {value: {size: 3}}\n";
        scene.write("stackstep.yaml", block);
        scene.run("preview --stack dev --upsert").ends_with(0);
        let lines = written(&scene);
        for line in [
            "aws:region: eu-central-1",
            "hello:build: \"20220113.10\"",
            "hello:file: from the file",
            "size: 3",
        ] {
            assert!(lines.contains(&line.to_owned()), "{line} in {lines:?}");
        }
        scene.write("stackstep.yaml", "config: |\n");
        scene.run("preview --stack dev").ends_with(0);
    }
    for text in ["config: hunter2", "config: |\n  - hunter2\n", "config: |\n  a: [hunter2\n"] {
        let scene = Scene::new("hello");
        scene.write("stackstep.yaml", text);
        let run = scene.run("preview --stack dev").ends_with(2).says("`config` is not a YAML mapping");
        run.says("stackstep.yaml").never_says("hunter2");
    }
}

/// A step under the official action's profile, of a CI system that has to be told no secret to mask it.
fn official(scene: Scene, config: &str) -> Scene {
    scene
        .with("STACKSTEP_INPUT_PROFILE", "official-action")
        .with("STACKSTEP_INPUT_STACK_NAME", "dev")
        .with("STACKSTEP_INPUT_UPSERT", "true")
        .with("STACKSTEP_INPUT_CONFIG_MAP", config)
}

#[test]
fn what_the_official_action_takes_in_config_map_passes_with_warnings_that_name_it() {
    for scene in scenes() {
        scene.write("Pulumi.dev.yaml", "config:\n  hello:kept: as it is\n");
        let config = "
            empty: {value: }
            kept: {secret: true}
            open: {value: x, secret: , foo: bar}
            hidden: {value: hunter2-hunter2, secret: yes}
            list: {value: [1.10]}
        ";
        let scene = official(scene, config).with("STACKSTEP_INPUT_PARALLEL", "-1");
        let run = scene.run("preview").ends_with(0);
        run.says("key `empty` is empty, and is set as `null`")
            .says("key `kept` has no `value`, and is left as it is")
            .says("`foo` of `config-map` key `open` is not used")
            .says("key `list[0]` is the number `1.10`")
            .never_says("hunter2");
        let lines = written(&scene);
        for line in ["hello:empty: \"null\"", "hello:kept: as it is", "hello:open: x", "- 1.1"] {
            assert!(lines.contains(&line.to_owned()), "{line} in {lines:?}");
        }
        let hidden = lines.iter().position(|line| line == "hello:hidden:").expect("the secret");
        assert!(lines[hidden + 1].starts_with("secure: "), "{lines:?}");
    }
}

#[test]
fn a_config_map_that_the_official_action_passes_over_is_passed_over() {
    for config in ["- a", "text", "null", "{}"] {
        official(Scene::new("hello"), config).run("preview").ends_with(0);
    }
    for config in ["a: ", "a: {value: x}\na: {value: y}", "\ta: {value: x}", "a: ["] {
        official(Scene::new("hello"), config).run("preview").ends_with(2);
    }
}

#[test]
fn numbers_and_texts_of_an_object_keep_their_type() {
    for scene in scenes() {
        let config = "o: {value: {whole: 3, float: 1.5, flag: true, text: '3', yes: 'true', id: 012345678901, v: '1.20'}}";
        preview(&scene, config);
        let lines = written(&scene);
        for line in [
            "whole: 3",
            "float: 1.5",
            "flag: true",
            "text: \"3\"",
            "\"yes\": \"true\"",
            "id: \"012345678901\"",
            "v: \"1.20\"",
        ] {
            let plain = line.replace("\"yes\"", "yes");
            assert!(lines.iter().any(|found| found == line || *found == plain), "{line} in {lines:?}");
        }
    }
}

#[test]
fn a_number_of_an_object_that_would_change_is_refused_with_the_way_out() {
    let scene = Scene::new("hello").with("STACKSTEP_CONFIG", "app: {value: {version: 1.20}}");
    scene
        .run("up --stack dev")
        .ends_with(2)
        .says("`config` key `app.version` is the number `1.20`, which would not stay as it is written")
        .says("write `\"1.20\"` if it is text, and `1.2` if it is a number");
}

#[test]
fn a_value_that_no_command_line_takes_arrives_whole() {
    let long = "0123456789 ä".repeat(20_000);
    for scene in scenes() {
        scene.write("long.txt", &format!("{long}\n"));
        preview(&scene, "long: {from-file: long.txt}\nshort: x");
        let lines = written(&scene);
        assert!(lines.iter().any(|line| line.contains(&long)), "{} lines", lines.len());
        assert!(lines.contains(&"hello:short: x".to_owned()));
    }
}

#[test]
fn a_secret_keeps_its_last_line_end() {
    for scene in scenes() {
        let scene = scene.with("KEY", "-----BEGIN-----\nabcdef\n");
        preview(&scene, "key: {from-env: KEY, secret: true}");
        // Masked, or the value would show here.
        scene.write("Pulumi.yaml", "name: hello\nruntime: yaml\nconfig: {key: {type: string}}\noutputs: {ends: {fn::join: ['', ['<', \"${key}\", '>']]}}\n");
        scene.run("up --stack dev --secret-outputs ends --outputs-file out.env").ends_with(0);
        let outputs = std::fs::read_to_string(scene.program.join("out.env")).unwrap();
        assert!(outputs.contains("abcdef\n>"), "{outputs}");
    }
}

#[test]
fn a_value_at_a_path_leaves_the_rest_of_its_object_alone() {
    for scene in scenes() {
        scene.write("Pulumi.dev.yaml", "config:\n  hello:db:\n    keep: me\n    size: 1\n");
        preview(&scene, "db.size: {value: 3, path: true}\nother: x");
        let lines = written(&scene);
        for line in ["keep: me", "size: 3", "hello:other: x"] {
            assert!(lines.contains(&line.to_owned()), "{line} in {lines:?}");
        }
    }
}

#[test]
fn an_object_takes_the_place_of_what_its_key_had() {
    for config in [
        "db: {value: {tags: [a]}}",
        "db: {value: {tags: [a], version: '1'}}",
        "db: {value: {tags: [a], none: []}}",
    ] {
        for scene in scenes() {
            scene.write(
                "Pulumi.dev.yaml",
                "config:\n  hello:db:\n    old: x\n    tags:\n      - a\n      - b\n",
            );
            preview(&scene, config);
            let lines = written(&scene);
            assert!(lines.contains(&"- a".to_owned()), "{lines:?}");
            assert!(!lines.contains(&"- b".to_owned()) && !lines.contains(&"old: x".to_owned()), "{lines:?}");
        }
    }
}
