//! What one engine wrote the other one reads: state, history, secrets, stack files. Each pair plays on one stage.

use crate::disk;
use crate::engine::{Engine, Env, Exit, Run, Stage, words};
use crate::expect::lives;
use crate::normalise;
use crate::table::{self, Cell, Column};

const PROGRAM: &str = r#"name: shared
runtime: yaml
config:
  token: {type: string, secret: true}
  rev: {type: string, default: one}
resources:
  plain: {type: pulumi:index:Stash, properties: {input: {deep: ["${rev}", 1, true, null, 1.5]}}}
  secret: {type: pulumi:index:Stash, properties: {input: "${token}"}}
  child:
    type: pulumi:index:Stash
    properties: {input: "${plain.id}"}
    options: {parent: "${plain}", protect: true, dependsOn: ["${secret}"]}
  gone: {type: pulumi:index:Stash, properties: {input: x}, options: {retainOnDelete: true}}
outputs:
  token: ${secret.output}
  plain: ${plain.output}
"#;

fn must(run: Run) -> Run {
    assert_eq!(run.exit, Exit::Status(0), "{}{}", run.stdout, run.stderr);
    run
}

/// One engine makes a stack, the other one goes on with it, and the first one ends it.
fn hand_over(name: &str, first: Engine, second: Engine) {
    let mut stage = Stage::new(first.clone());
    stage.write("project/Pulumi.yaml", PROGRAM);
    must(stage.say("stack init dev --non-interactive"));
    must(stage.run(&words("config set token --secret -s dev"), &Env::new(), "hush\nhush"));
    must(stage.say("up -s dev --non-interactive --yes --skip-preview"));
    let shown = must(stage.say("stack output --json --show-secrets -s dev"));
    let export = must(stage.say("stack export --show-secrets -s dev"));

    stage.switch(second);
    let again = must(stage.say("stack output --json --show-secrets -s dev"));
    assert_eq!(again.stdout, shown.stdout, "the other engine reads other outputs");
    let config = must(stage.say("config get token -s dev"));
    assert_eq!(config.stdout.trim_end(), "hush\nhush");
    let other = must(stage.say("stack export --show-secrets -s dev"));
    assert_eq!(other.stdout, export.stdout, "the other engine exports another state");
    let history = must(stage.say("stack history --json -s dev"));
    assert!(history.stdout.contains("\"succeeded\""), "{}", history.stdout);
    let same = must(stage.say("up -s dev --non-interactive --yes --skip-preview --expect-no-changes"));
    assert_eq!(ops(&same), "child: same, gone: same, plain: same, secret: same");
    must(stage.say("config set rev two -s dev"));
    let update = must(stage.say("up -s dev --non-interactive --yes --skip-preview"));
    assert_eq!(ops(&update), "child: same, gone: same, plain: update, secret: same");

    stage.switch(first);
    let same = must(stage.say("preview -s dev --non-interactive --expect-no-changes"));
    assert_eq!(ops(&same), "child: same, gone: same, plain: same, secret: same");
    let refused = stage.say("destroy -s dev --non-interactive --yes --skip-preview");
    assert_eq!(refused.exit, Exit::Status(1), "`child` is protected");
    stage.write("project/Pulumi.yaml", &PROGRAM.replace("protect: true, ", ""));
    must(stage.say("up -s dev --non-interactive --yes --skip-preview"));
    must(stage.say("destroy -s dev --non-interactive --yes --skip-preview --remove"));
    assert_eq!(disk::under(&stage, "stacks").iter().filter(|path| path.ends_with("dev.json")).count(), 0);
    table::enter("interchange", 0, name, Column::Real, Cell::Ok);
}

fn ops(run: &Run) -> String {
    let events = normalise::events(run.events.as_deref().unwrap_or_default(), &run.places);
    let lives = lives(&events);
    lives.iter().map(|(name, life)| format!("{name}: {life}")).collect::<Vec<_>>().join(", ")
}

fn with_real(name: &str, test: impl FnOnce(Engine)) {
    match Engine::real() {
        Some(real) => {
            table::enter("interchange", 0, name, Column::Real, Cell::Differs);
            test(real);
            table::scenario();
        }
        None => table::skip(&format!("interchange: {name}")),
    }
}

#[test]
fn a_real_cli_goes_on_with_what_the_sandbox_wrote() {
    let name = "a real CLI goes on with what the sandbox wrote";
    with_real(name, |real| hand_over(name, Engine::sandbox(), real));
}

#[test]
fn the_sandbox_goes_on_with_what_a_real_cli_wrote() {
    let name = "the sandbox goes on with what a real CLI wrote";
    with_real(name, |real| hand_over(name, real, Engine::sandbox()));
}

#[test]
fn each_respects_the_lock_of_the_other() {
    let name = "each respects the lock of the other";
    with_real(name, |real| {
        let mut stage = Stage::new(Engine::sandbox());
        stage.write("project/Pulumi.yaml", "name: shared\nruntime: yaml\n");
        must(stage.say("stack init dev --non-interactive"));
        // The sandbox dies with its lock when nobody reads what it says.
        let exit = stage.run_unread(&words("up -s dev --non-interactive --yes --skip-preview"));
        assert_eq!(exit, Exit::Signal(13));
        for engine in [Engine::sandbox(), real] {
            stage.switch(engine);
            let refused = stage.say("up -s dev --non-interactive --yes --skip-preview");
            assert_eq!(refused.exit, Exit::Status(1));
            assert!(
                refused.stderr.contains("the stack is currently locked by 1 lock(s)"),
                "{}",
                refused.stderr
            );
        }
        must(stage.say("cancel dev --yes --non-interactive"));
        stage.switch(Engine::sandbox());
        must(stage.say("up -s dev --non-interactive --yes --skip-preview"));
        table::enter("interchange", 0, name, Column::Real, Cell::Ok);
    });
}

#[test]
fn the_sandbox_reads_the_recorded_checkpoint() {
    let mut stage = Stage::new(Engine::sandbox());
    let file =
        |name: &str| crate::recording::file("yaml-up-after-destroy", name).expect("a file of the recording");
    let program = crate::recording::file("yaml-up-create", "Pulumi.yaml").expect("the recorded program");
    stage.write("project/Pulumi.yaml", &program);
    stage.write("state/.pulumi/meta.yaml", "version: 1\n");
    stage.write("state/.pulumi/stacks/hello/dev.json", &file("checkpoint.json"));
    let outputs = must(stage.say("stack output --json -s dev"));
    assert_eq!(outputs.stdout, "{\n  \"hidden\": \"[secret]\",\n  \"message\": \"hello world\"\n}\n");
    table::enter("interchange", 0, "the sandbox reads the recorded checkpoint", Column::Recording, Cell::Ok);
}
