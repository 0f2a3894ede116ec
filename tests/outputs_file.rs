//! `outputs-file` and `counts-file`: what later steps get from a CI system that has no outputs of its own, or reads
//! them from a file.

use std::collections::BTreeMap;
use std::process::Command;

use crate::support::{Scene, json};

/// Values that a shell would do something with.
const HOSTILE: &[(&str, &str)] = &[
    ("quotes", "it's \"quoted\" 'twice''"),
    ("commands", "$(touch pwned) `touch pwned` ; touch pwned && $HOME ${IFS}"),
    ("lines", "one\ntwo\n\nexport PATH='/nowhere'\n"),
    ("blanks", "  in front and behind \t"),
    ("backslashes", "\\n \\' \\\\ \\"),
    ("comment", "# no comment"),
    ("unicode", "gr\u{fc}\u{df}e \u{1F600} \u{202e}"),
    ("empty", ""),
    ("delimiter", "EOF\n<<EOF\nEOF"),
    ("history", "!! !$ !1"),
];

/// A program with these outputs.
fn hostile() -> Scene {
    let scene = Scene::new("hello").with("STACKSTEP_STACK", "dev").with("STACKSTEP_UPSERT", "true");
    let mut program = "name: hostile\nruntime: yaml\nvariables: {}\noutputs:\n".to_owned();
    for (name, value) in HOSTILE {
        // A dollar sign stands for itself when it comes twice.
        let text = serde_json::to_string(&value.replace('$', "$$")).unwrap();
        program.push_str(&format!("  {name}: {text}\n"));
    }
    scene.write("Pulumi.yaml", &program);
    scene
}

/// The variables that `sh` has when it has read the file.
fn sourced(scene: &Scene, shell: &str) -> BTreeMap<String, String> {
    #[expect(clippy::disallowed_methods, reason = "a later step is a shell")]
    let output = Command::new(shell)
        .args(["-c", ". ./outputs.sh && env -0"])
        .current_dir(&scene.program)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.split('\0')
        .filter_map(|pair| pair.split_once('='))
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect()
}

#[test]
fn a_shell_reads_every_value_as_it_is_and_runs_nothing() {
    let scene = hostile().with("STACKSTEP_OUTPUTS_FILE", "outputs.sh");
    scene.run("up").ends_with(0);
    let variables = sourced(&scene, "sh");
    for (name, value) in HOSTILE {
        assert_eq!(variables[&format!("STACK_OUTPUT_{name}")], *value, "{name}");
    }
    assert_eq!(variables["STACK_STATUS"], "succeeded");
    assert_eq!(variables["STACK_HAS_CHANGES"], "true");
    assert_eq!(variables["STACK_CHANGES"], r#"{"create":1}"#);
    assert_eq!(variables["STACK_REASON"], "");
    let all: BTreeMap<String, String> = serde_json::from_str(&variables["STACK_OUTPUTS"]).unwrap();
    assert_eq!(all["quotes"], HOSTILE[0].1);
    assert!(!variables.contains_key("STACK_OUTPUT"), "the log is no variable");
    assert!(!scene.program.join("pwned").exists());
}

#[test]
fn a_second_step_adds_to_the_file_and_its_values_win() {
    let scene = hostile().with("STACKSTEP_OUTPUTS_FILE", "outputs.sh");
    scene.write("outputs.sh", "export MINE='kept'\n");
    scene.run("up").ends_with(0);
    scene.run("preview").ends_with(0);
    let variables = sourced(&scene, "sh");
    assert_eq!((variables["MINE"].as_str(), variables["STACK_HAS_CHANGES"].as_str()), ("kept", "false"));
}

#[test]
fn the_names_begin_with_the_prefix_that_is_asked_for() {
    let scene =
        hostile().with("STACKSTEP_OUTPUTS_FILE", "outputs.sh").with("STACKSTEP_OUTPUTS_PREFIX", "shop_");
    scene.run("up").ends_with(0);
    let variables = sourced(&scene, "sh");
    assert_eq!(variables["shop_STATUS"], "succeeded");
    assert_eq!(variables["shop_OUTPUT_comment"], "# no comment");
}

#[test]
fn a_prefix_that_no_name_can_begin_with_is_refused() {
    for prefix in ["1_", "a-b", "A B", "$(id)", "x;y", "\u{e4}_"] {
        let scene = hostile().with("STACKSTEP_OUTPUTS_FILE", "o").with("STACKSTEP_OUTPUTS_PREFIX", prefix);
        scene.run("preview").ends_with(2).says("`outputs-prefix` is");
        assert!(!scene.program.join("o").exists());
    }
}

#[test]
fn the_address_of_the_environment_has_a_name_of_its_own() {
    let scene = hostile().with("STACKSTEP_OUTPUTS_FILE", "outputs.sh");
    let scene = scene.with("STACKSTEP_ENVIRONMENT_URL", "https://shop.example.com/");
    scene.run("up").ends_with(0);
    assert_eq!(sourced(&scene, "sh")["STACK_ENVIRONMENT_URL"], "https://shop.example.com/");
    let scene = scene.with("STACKSTEP_ENVIRONMENT_URL", "comment");
    scene.run("up").ends_with(0);
    assert_eq!(sourced(&scene, "sh")["STACK_ENVIRONMENT_URL"], "# no comment");
    let scene = scene.with("STACKSTEP_ENVIRONMENT_URL", "no-such");
    scene.run("up").ends_with(0).says("`environment-url` is `no-such`, which is neither a URL");
}

fn on_gitlab(scene: Scene) -> Scene {
    scene.with("GITLAB_CI", "true").with("STACKSTEP_OUTPUTS_FILE", "report/stack.env")
}

fn dotenv(scene: &Scene) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(scene.program.join("report/stack.env")).unwrap();
    text.lines()
        .map(|line| line.split_once('=').unwrap())
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect()
}

#[test]
fn gitlab_gets_a_dotenv_file_without_what_it_would_change() {
    let scene = on_gitlab(hostile());
    let run = scene.run("up").ends_with(0);
    let variables = dotenv(&scene);
    assert_eq!(variables["STACK_STATUS"], "succeeded");
    assert_eq!(variables["STACK_OUTPUT_quotes"], HOSTILE[0].1);
    assert_eq!(variables["STACK_OUTPUT_empty"], "");
    for name in ["commands", "lines", "blanks", "delimiter", "history"] {
        assert!(!variables.contains_key(&format!("STACK_OUTPUT_{name}")), "{name}");
        assert!(
            run.log().contains(&format!("warning: stackstep: the stack output `{name}` is not in")),
            "{name}"
        );
    }
    assert!(std::fs::metadata(scene.program.join("report/stack.env")).unwrap().len() < 5120);
}

#[test]
fn a_secret_output_is_in_the_file_only_when_it_is_asked_for() {
    for scene in Scene::on_each_engine("hello") {
        let scene = on_gitlab(scene.with("STACKSTEP_STACK", "dev").with("STACKSTEP_UPSERT", "true"));
        scene.run("up").ends_with(0).says("secret outputs are not exported: `hidden`");
        let text = std::fs::read_to_string(scene.program.join("report/stack.env")).unwrap();
        assert!(!text.contains("hi world!") && !text.contains("STACK_OUTPUT_hidden"), "{text}");

        let scene = scene.with("STACKSTEP_SECRET_OUTPUTS", "hidden");
        scene.run("up").ends_with(0).never_says("hi world!");
        assert_eq!(dotenv(&scene)["STACK_OUTPUT_hidden"], "hi world!");
    }
}

#[test]
fn a_run_that_fails_hands_on_that_it_did() {
    for scene in Scene::on_each_engine("hello") {
        let scene =
            on_gitlab(scene.with("STACKSTEP_STACK", "dev")).with("STACKSTEP_COUNTS_FILE", "counts.json");
        scene.run("preview").ends_with(6);
        let variables = dotenv(&scene);
        assert_eq!(
            (variables["STACK_STATUS"].as_str(), variables["STACK_REASON"].as_str()),
            ("failed", "stack-not-found")
        );
        assert_eq!(json(scene.program.join("counts.json")), serde_json::json!({}));
    }
}

#[test]
fn the_counts_are_those_of_gitlabs_report() {
    for scene in Scene::on_each_engine("hello") {
        let scene = scene.with("STACKSTEP_STACK", "dev").with("STACKSTEP_UPSERT", "true");
        let scene = scene.with("STACKSTEP_COUNTS_FILE", "counts.json");
        scene.run("preview").ends_with(0);
        let counts = || json(scene.program.join("counts.json"));
        assert_eq!(counts(), serde_json::json!({"create": 3, "update": 0, "delete": 0}));
        scene.run("up").ends_with(0);
        scene.edit("default: hi", "default: servus");
        scene.run("up").ends_with(0);
        assert_eq!(counts(), serde_json::json!({"create": 0, "update": 1, "delete": 0}));
    }
}

#[test]
fn a_name_in_secret_outputs_that_is_not_an_output_is_told() {
    let program = "name: hello\nruntime: yaml\noutputs: {password: {fn::secret: hunter2-hunter2}, open: a}\n";
    let scene = || {
        let scene = Scene::new("hello").with("STACKSTEP_STACK", "dev").with("STACKSTEP_UPSERT", "true");
        scene.write("Pulumi.yaml", program);
        scene.with("STACKSTEP_OUTPUTS_FILE", "outputs.sh")
    };
    for command in ["preview", "up"] {
        let run =
            scene().run(&format!("{command} --secret-outputs nope,pasword,open,password,*")).ends_with(0);
        run.says("`secret-outputs` lists `nope`, and the stack has no such output")
            .says("lists `pasword`, and the stack has no such output; did you mean `password`?")
            .never_says("lists `open`")
            .never_says("lists `password`")
            .never_says("lists `*`");
    }
    let scene = scene();
    scene.run("up").ends_with(0);
    scene.run("outputs --secret-outputs nope").ends_with(0).says("lists `nope`");
    // What is not known, or is gone by intent, has no names to compare with.
    scene.run("destroy --secret-outputs password").ends_with(0).never_says("no such output");
}
