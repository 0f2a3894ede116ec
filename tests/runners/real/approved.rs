//! An approval of a change, on a forge or signed: it counts for what is left of a deployment that broke off, and for no other
//! change.

use super::delivery::{BRANCH, Delivery, EMPTY};
use super::running::Gate;
use super::shown;
use super::things::{Thing, program, thing};
use crate::support::forge::reads::{Kept, Verdict};
use crate::support::forge::{FACES, Fake, State, TOKEN};
use nix::sys::signal::{Signal, kill};

/// A reviewed change that creates `a`, `b` and `c` one after the other. `b` waits at the gate. Ann has approved it, and it
/// is merged.
fn approved() -> (Delivery, Gate, Fake) {
    merged("review", |_| {})
}

/// The same with approvals of another kind, and more files on `main`.
fn merged(kind: &str, prepare: impl FnOnce(&Delivery)) -> (Delivery, Gate, Fake) {
    let gitlab = FACES.iter().find(|face| face.name() == "gitlab").unwrap();
    let fake = Fake::start(*gitlab);
    let delivery = Delivery::new(&format!(", approvals: {{ needed: 1, by: [{kind}] }}"), EMPTY)
        .with("STACKSTEP_FORGE", "gitlab")
        .with("STACKSTEP_FORGE_URL", &fake.server.url())
        .with("STACKSTEP_FORGE_TOKEN", TOKEN);
    prepare(&delivery);
    let gate = delivery.gate("gate");
    let waits = format!("waits: {{create: {}}}, {}", gate.path().display(), delivery.record());
    let change = program(&[
        thing("a", &delivery.record()),
        Thing("b", &waits, "dependsOn: [\"${a}\"]"),
        Thing("c", &delivery.record(), "dependsOn: [\"${b}\"]"),
    ]);
    let delivery = delivery.reviewed_with("", &change);
    let head = delivery.checkout.head();
    let delivery = delivery.squashed();
    {
        let mut memory = fake.memory();
        BRANCH.clone_into(&mut memory.pulls[0].branch);
        memory.pulls[0].head.clone_from(&head);
        memory.pulls[0].commits = vec![delivery.checkout.head()];
        memory.pulls[0].state = State::Merged;
        memory.shown.pushes = vec![("2026-11-01T09:00:00Z".to_owned(), head.clone())];
        memory.shown.branches = vec![("main".to_owned(), delivery.checkout.head())];
        let at = "2100-01-01T00:00:00Z".to_owned();
        let review = Kept { who: "ann".to_owned(), verdict: Verdict::Approved, at, head, writes: true };
        memory.shown.reviews = vec![review];
    }
    (delivery, gate, fake)
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_is_left_of_a_deployment_that_broke_off_is_done_under_the_same_approval() {
    let (delivery, gate, _fake) = approved();
    let run = delivery.start_until(&gate, "");
    kill(run.engine(), Signal::SIGKILL).unwrap();
    run.end().because("engine");
    gate.open();
    delivery.cancel();
    let next = delivery.deploy().ends_with(0);
    assert!(next.notes().contains("approved by `ann`"), "{}", next.notes());
    assert_eq!(delivery.done(), ["create a", "create b", "create c"]);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn an_approval_counts_for_one_deployment() {
    let (delivery, gate, _fake) = approved();
    let run = delivery.start_until(&gate, "");
    gate.open();
    run.end().ends_with(0);
    // What was deployed is taken away, so that the reviewed change would be deployed once more.
    delivery.somebody_deploys(EMPTY);
    let before = delivery.state_file();
    let again = delivery.deploy().ends_with(75).because("approval");
    assert!(again.log.contains("the approval by `ann` was used"), "{}", again.log);
    assert_eq!(delivery.state_file(), before);
    shown();
}

/// The key that signs, made by `ssh-keygen` beside the repository.
fn key(delivery: &Delivery) -> String {
    delivery.stage.path("ann").display().to_string()
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_is_left_of_a_deployment_that_broke_off_is_done_under_the_same_signature_and_nothing_after_it() {
    let (delivery, gate, _fake) = merged("ssh", |delivery| {
        let args = ["-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", &key(delivery)];
        #[expect(clippy::disallowed_methods, reason = "the tests make a key")]
        let mut keygen = std::process::Command::new("ssh-keygen");
        assert!(keygen.args(args).status().unwrap().success());
        let public = std::fs::read_to_string(format!("{}.pub", key(delivery))).unwrap();
        let folder = delivery.stage.path("repository/.stackstep");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("allowed_signers"), format!("ann {public}")).unwrap();
    });
    let refused = delivery.deploy().ends_with(75).because("approval");
    let line = refused.log.split("sign it with `stackstep ").nth(1).unwrap().split('`').next().unwrap();
    let line = line.replace("~/.ssh/id_ed25519", &key(&delivery)).replace("--cwd shop ", "");
    let file = delivery.stage.path("approval.json").display().to_string();
    let signed = delivery.stage.stackstep(&format!("{line} --file {file}")).ends_with(0);
    assert!(signed.log.contains("approves `shop/dev` until"), "{}", signed.log);

    let with = format!("--approval {file}");
    let run = delivery.start_until(&gate, &with);
    kill(run.engine(), Signal::SIGKILL).unwrap();
    run.end().because("engine");
    gate.open();
    delivery.cancel();
    let next = delivery.deploy_with(&with).ends_with(0);
    assert!(next.notes().contains("signed by `ann`"), "{}", next.notes());
    assert_eq!(delivery.done(), ["create a", "create b", "create c"]);

    // What was deployed is taken away, so that the signed change would be deployed once more.
    delivery.somebody_deploys(EMPTY);
    let before = delivery.state_file();
    let again = delivery.deploy_with(&with).ends_with(75).because("approval");
    assert!(again.log.contains("it was used by the deployment of"), "{}", again.log);
    assert_eq!(delivery.state_file(), before);
    shown();
}
