//! The ways out of a refusal, on the CLI itself: `accept`, `break-glass` and `rollback`.

use super::delivery::{Delivery, EMPTY};
use super::shown;
use super::stage::Ended;
use super::things::{program, thing};
use crate::support::forge::{FACES, Fake, JOB_TOKEN};

/// The digest of the change that a run was about.
fn digest(run: &Ended) -> String {
    run.result["review"]["digest"].as_str().unwrap().to_owned()
}

/// A reviewed change that creates `a`, into which `b` has slipped before it was merged.
fn slipped_in(entry: &str) -> Delivery {
    let delivery = Delivery::new(entry, EMPTY).reviewed(&program(&[thing("a", "value: 1")]));
    delivery.stage.write("Pulumi.yaml", &program(&[thing("a", "value: 1"), thing("b", "value: 1")]));
    delivery.checkout.commit("Slipped in");
    delivery.squashed().with("GITLAB_USER_LOGIN", "ann")
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_slipped_in_is_deployed_once_somebody_has_accepted_it() {
    let delivery = slipped_in("");
    let refused = delivery.deploy().differs_by(&["step-more of b", "source of #shop/Pulumi.yaml"]);
    let digest = digest(&refused);
    assert!(
        refused.log.contains(&format!("`stackstep accept -C shop --stack dev --digest {digest}")),
        "{}",
        refused.log
    );
    delivery.stage.stackstep(&format!("accept dev --digest {digest} --reason hotfix")).ends_with(0);
    let run = delivery.deploy().ends_with(0).did("a: create, b: create, shop-dev: create");
    assert!(
        run.notes().contains("accepted by `ann` on ") && run.notes().contains(": hotfix"),
        "{}",
        run.notes()
    );
    assert_eq!(delivery.ledger(), ["refused", "accepted", "reserved", "finished", "verified"]);
    shown();
}

/// Deploys what stands on `main` by accepting it.
fn accept(delivery: &Delivery) {
    let refused = delivery.stage.stackstep("deploy").ends_with(76);
    let line = format!("accept --stack dev --digest {} --reason seen", digest(&refused));
    delivery.stage.stackstep(&line).ends_with(0);
    delivery.stage.stackstep("deploy").ends_with(0);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_rollback_after_a_deletion_creates_an_empty_resource_and_says_so() {
    let both = program(&[thing("a", "value: 1"), thing("db", "value: 1")]);
    let delivery = Delivery::deployed("", &both).on_main();
    let before = delivery.checkout.head();
    delivery.stage.write("Pulumi.yaml", &program(&[thing("a", "value: 2")]));
    delivery.checkout.commit("Without the database");
    let delivery = delivery.on_main();
    accept(&delivery);
    assert_eq!(delivery.stage.state().things().len(), 1);
    let line = format!("rollback dev --to {before} --comment off");
    let refused = delivery.stage.stackstep(&line).ends_with(76).because("reviewed");
    assert_eq!(refused.result["rollback"].as_str(), Some(before.as_str()));
    let shown_first = delivery.stage.stackstep(&format!("{line} --preview-only")).ends_with(0);
    assert_eq!(digest(&shown_first), digest(&refused));
    let run = delivery.stage.stackstep(&format!("{line} --reviewed {}", digest(&shown_first)));
    let run = run.ends_with(0).did("a: update, db: create");
    for text in ["created empty: `db` (probe:index:Thing)", "this is the reviewed change"] {
        assert!(run.notes().contains(text), "{}", run.notes());
    }
    assert_eq!(
        (run.result["rollback"].as_str(), run.result["commit"].as_str()),
        (Some(&*before), Some(&*before))
    );
    assert_eq!(delivery.output("a", "value"), 1);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_broken_glass_passes_a_missing_approval_and_no_rule() {
    let entry = ", approvals: { needed: 1 }, rules: { max-deletes: 0 }, break-glass: { from: [ann] }";
    let both = program(&[thing("a", "value: 1"), thing("db", "value: 1")]);
    let gitlab = Fake::start(*FACES.iter().find(|face| face.name() == "gitlab").unwrap());
    gitlab.memory().started_by = Some("ann".to_owned());
    let api = format!("{}/api/v4", gitlab.server.url());
    let delivery = Delivery::deployed(entry, &both).on_main();
    let delivery = delivery.with("CI_API_V4_URL", &api).with("CI_JOB_TOKEN", JOB_TOKEN);
    let breaks = |digest: &str| {
        let line = "break-glass dev --reason down --link https://acme.example/12 --digest";
        delivery.stage.stackstep(&format!("{line} {digest}")).ends_with(0);
    };
    let deploys = |things: &[super::things::Thing<'_>]| {
        delivery.stage.write("Pulumi.yaml", &program(things));
        delivery.stage.stackstep("deploy")
    };
    let refused = deploys(&[thing("a", "value: 1")]).ends_with(74).because("rules");
    breaks(&digest(&refused));
    deploys(&[thing("a", "value: 1")]).ends_with(74).because("rules");
    assert_eq!(delivery.stage.state().things().len(), 2);
    let update = [thing("a", "value: 2"), thing("db", "value: 1")];
    let refused = deploys(&update).ends_with(76);
    breaks(&digest(&refused));
    let run = deploys(&update).ends_with(0);
    assert!(run.notes().contains("BROKEN GLASS: `ann`"), "{}", run.notes());
    assert_eq!(delivery.output("a", "value"), 2);
    shown();
}
