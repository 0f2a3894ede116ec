//! Where a value comes from: flag, step, environment, `stackstep.yaml`, default, in this order.

use crate::support::Scene;

/// The line of `stackstep inputs` about `name`, its columns split.
#[track_caller]
fn shown(scene: &Scene, args: &str, name: &str) -> (String, String) {
    let run = scene.run(&format!("inputs {args}")).ends_with(0);
    let text = run.stdout();
    let line = text.lines().find(|line| line.split_whitespace().next() == Some(name)).expect(name);
    let rest = line[name.len()..].trim();
    let (value, source) = rest.split_once("  ").unwrap_or((rest, ""));
    (value.trim().to_owned(), source.trim().to_owned())
}

/// All five sources name a stack.
fn all_sources() -> Scene {
    let scene = Scene::new("hello").on_github().input("stack", "step").with("STACKSTEP_STACK", "environment");
    scene.write("stackstep.yaml", "stack: file\n");
    scene
}

#[test]
fn a_flag_wins_over_everything() {
    assert_eq!(shown(&all_sources(), "--stack flag", "stack"), ("flag".into(), "flag".into()));
}

#[test]
fn the_step_wins_over_the_environment() {
    assert_eq!(shown(&all_sources(), "", "stack"), ("step".into(), "step".into()));
}

#[test]
fn the_environment_wins_over_the_file() {
    let scene = all_sources().without("INPUT_STACK");
    let source = "environment: STACKSTEP_STACK".to_owned();
    assert_eq!(shown(&scene, "", "stack"), ("environment".into(), source));
}

#[test]
fn the_file_wins_over_the_default() {
    let scene = all_sources().without("INPUT_STACK").without("STACKSTEP_STACK");
    let source = scene.program.join("stackstep.yaml").display().to_string();
    assert_eq!(shown(&scene, "", "stack"), ("file".into(), source));
}

#[test]
fn an_empty_input_is_not_set() {
    let scene = all_sources().input("stack", "").with("STACKSTEP_STACK", "");
    assert_eq!(shown(&scene, "", "stack").0, "file");
}

#[test]
fn a_wrapper_hands_over_the_step_where_the_system_has_no_way_of_its_own() {
    let scene =
        Scene::new("hello").with("STACKSTEP_INPUT_STACK_NAME", "step").with("STACKSTEP_STACK", "environment");
    assert_eq!(shown(&scene, "", "stack"), ("step".into(), "step".into()));
}

#[test]
fn the_official_actions_names_mean_the_same() {
    let scene = Scene::new("hello").on_github().input("stack-name", "dev").input("policyPacks", "a\nb,c");
    assert_eq!(shown(&scene, "", "stack").0, "dev");
    assert_eq!(shown(&scene, "", "policy-pack").0, "a\\nb,c");
}

#[test]
fn two_names_of_one_input_with_different_values_are_refused() {
    let scene = Scene::new("hello").on_github().input("stack-name", "a").input("stack", "b");
    scene.run("preview").ends_with(2).says("`INPUT_STACK` and `INPUT_STACK-NAME` both set `stack`");
}

#[test]
fn the_profile_changes_defaults() {
    let scene = Scene::new("hello").on_github().input("profile", "official-action");
    assert_eq!(shown(&scene, "", "secret-outputs").0, "*");
    assert_eq!(shown(&scene, "", "comment-on-summary").0, "false");
}

#[test]
fn the_nearest_file_up_to_the_repositorys_root_is_read() {
    let scene = Scene::new("hello");
    scene.write(".git/HEAD", "");
    scene.write("stackstep.yaml", "stack: outer\n");
    scene.write("infra/deep/Pulumi.yaml", "name: x\nruntime: yaml\n");
    assert_eq!(shown(&scene, "--cwd infra/deep", "stack").0, "outer");
    scene.write("infra/stackstep.yaml", "stack: inner\n");
    assert_eq!(shown(&scene, "--cwd infra/deep", "stack").0, "inner");
}

#[test]
fn a_file_above_the_repository_is_not_read() {
    let scene = Scene::new("hello");
    scene.write("stackstep.yaml", "stack: above\n");
    scene.write("repository/.git/HEAD", "");
    assert_eq!(shown(&scene, "--cwd repository", "stack").0, "-");
}

#[test]
fn paths_in_the_file_begin_at_the_file() {
    let scene = Scene::new("hello");
    scene.write("infra/stackstep.yaml", "result-file: result.json\n");
    let expected = scene.program.join("infra/result.json").display().to_string();
    assert_eq!(shown(&scene, "--cwd infra", "result-file").0, expected);
}

#[test]
fn secrets_do_not_show() {
    let scene = Scene::new("hello")
        .with("STACKSTEP_ACCESS_TOKEN", "pul-0123456789")
        .with("STACKSTEP_CONFIG", "token: {value: hunter2-hunter2, secret: true}")
        .with("STACKSTEP_MESSAGE", "with pul-0123456789 in it");
    scene.run("inputs").ends_with(0).says("token: ***").never_says("pul-0123456789").never_says("hunter2");
}

#[test]
fn a_step_input_that_means_nothing_to_the_command_is_a_warning() {
    let scene = Scene::new("hello")
        .on_github()
        .input("remove", "true")
        .input("command", "up")
        .without("STACKSTEP_ENGINE");
    scene.with("PATH", "/nowhere").input("stack", "dev").run("run").says("`remove` means nothing to `up`");
}

#[test]
fn a_secret_in_the_file_is_refused() {
    let scene = Scene::new("hello");
    scene.write("stackstep.yaml", "access-token: pul-0123456789\n");
    scene.run("inputs").ends_with(2).says("would put a secret into the repository").never_says("pul-01");
}

#[test]
fn a_value_of_blanks_is_not_set_and_the_next_source_counts() {
    let scene = all_sources().input("stack", " \n").with("STACKSTEP_STACK", "\t");
    assert_eq!(shown(&scene, "", "stack").0, "file");
}

#[test]
fn a_message_keeps_its_blanks() {
    let scene = Scene::new("hello").with("STACKSTEP_MESSAGE", " two\n lines ");
    assert_eq!(shown(&scene, "", "message").0, "two\\n lines");
    scene.run("inputs").says(" two\\n lines ");
}

#[test]
fn a_value_of_the_file_is_the_text_that_is_written() {
    let scene = Scene::new("hello");
    scene.write("stackstep.yaml", "stack: 012345\npulumi-version: 3.20\nmessage: 1.20\n");
    for (name, value) in [("stack", "012345"), ("pulumi-version", "3.20"), ("message", "1.20")] {
        assert_eq!(shown(&scene, "", name).0, value);
    }
}
