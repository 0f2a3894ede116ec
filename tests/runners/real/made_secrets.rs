//! Secrets that a provider makes, which no program and no configuration holds: no place that others read has them.

use super::shown;
use super::stage::{Ended, Stage};
use super::things::{program_with_outputs, thing};

const CANARY: &str = "canary-that-a-provider-made";

/// A stage with a thing whose secret lies deep in an output, and stack outputs that hold it in several ways.
fn stage() -> Stage {
    let stage = Stage::on_github();
    std::fs::write(stage.path("secret"), CANARY).unwrap();
    let secret = format!("{{secretFile: {}}}", stage.path("secret").display());
    let made = format!("made: {{token: {secret}, list: [{{deep: {{token: {secret}}}}}]}}");
    let outputs =
        "{all: \"${a.made}\", token: \"${a.made.token}\", text: \"the token is ${a.made.token}\", plain: 1}";
    stage.write("Pulumi.yaml", &program_with_outputs(&[thing("a", &made)], outputs));
    stage
}

/// Fails unless nothing that the run has left for others to read has the secret.
#[track_caller]
fn hides_it(stage: &Stage, run: &Ended) {
    // GitHub's runner takes the line that tells it what to mask, and shows it to nobody.
    let log: Vec<&str> = run.log.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
    assert!(!log.join("\n").contains(CANARY), "{}", run.log);
    assert!(!run.result.to_string().contains(CANARY), "{}", run.result);
    let summary = std::fs::read_to_string(stage.path("STEP_SUMMARY")).unwrap();
    assert!(!summary.contains(CANARY), "{summary}");
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_secret_at_any_depth_is_in_no_log_no_result_no_report_and_no_output() {
    let stage = stage();
    let preview = stage.stackstep("preview --stack dev --upsert").ends_with(0);
    hides_it(&stage, &preview);
    let up = stage.stackstep("up --stack dev").ends_with(0);
    hides_it(&stage, &up);
    assert_eq!(up.result["outputs"]["token"], "[secret]");
    assert_eq!(up.result["outputs"]["text"], "[secret]");
    assert_eq!(up.result["outputs"]["plain"], 1);
    let outputs = std::fs::read_to_string(stage.path("OUTPUT")).unwrap();
    assert!(!outputs.contains(CANARY), "{outputs}");
    // The state has it encrypted, and whoever has the passphrase has it whole.
    let bare = stage.pulumi("stack output token --show-secrets --stack dev").ends_with(0);
    assert_eq!(bare.stdout.trim(), CANARY);
    hides_it(&stage, &stage.stackstep("refresh --stack dev").ends_with(0));
    hides_it(&stage, &stage.stackstep("destroy --stack dev").ends_with(0));
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_secret_output_that_is_listed_arrives_whole_and_nowhere_else() {
    let stage = stage();
    let file = stage.path("outputs.sh").display().to_string();
    let up =
        stage.stackstep(&format!("up --stack dev --upsert --secret-outputs token --outputs-file {file}"));
    let up = up.ends_with(0);
    hides_it(&stage, &up);
    let outputs = std::fs::read_to_string(&file).unwrap();
    assert!(outputs.contains(&format!("STACK_OUTPUT_token='{CANARY}'")), "{outputs}");
    assert!(!outputs.contains("the token is"), "{outputs}");
    let github = std::fs::read_to_string(stage.path("OUTPUT")).unwrap();
    assert!(github.lines().any(|line| line == CANARY) && !github.contains("the token is"), "{github}");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn an_input_that_is_a_secret_stays_one_when_it_changes_and_when_its_update_fails() {
    let of = |text: &str| {
        let value =
            format!("value: {{deep: [{{fn::secret: {CANARY}-{text}}}]}}, fails: {{update: it is refused}}");
        program_with_outputs(&[thing("a", &value)], "{}")
    };
    let stage = stage();
    stage.write("Pulumi.yaml", &of("one"));
    hides_it(&stage, &stage.stackstep("up --stack dev --upsert").ends_with(0));
    stage.write("Pulumi.yaml", &of("two"));
    hides_it(&stage, &stage.stackstep("preview --stack dev --diff").ends_with(0));
    let up = stage.stackstep("up --stack dev").because("provider");
    hides_it(&stage, &up);
    shown();
}
