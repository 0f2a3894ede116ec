//! What was reviewed is deployed, however it is merged, and nothing else is.

use super::delivery::{BRANCH, Delivery, EMPTY};
use super::shown;
use super::things::{program, thing};

/// A reviewed change that creates `a` and `b`.
fn reviewed() -> Delivery {
    let change = program(&[thing("a", "value: 1"), thing("b", "value: 1")]);
    Delivery::new("", EMPTY).reviewed(&change)
}

/// The deployment of what [`reviewed`] proposes is done.
#[track_caller]
fn is_deployed(delivery: &Delivery) {
    let run = delivery.deploy().ends_with(0).did("a: create, b: create, shop-dev: create");
    assert!(run.log.contains("this is the change that was reviewed"), "{}", run.log);
    assert_eq!(delivery.stage.state().things().len(), 2);
    assert_eq!(delivery.ledger(), ["reserved", "finished", "verified"]);
    shown();
}

/// Another change reaches `main`, which has nothing to do with the program.
fn others_are_merged(delivery: &Delivery) {
    let git = &delivery.checkout;
    git.git(&["checkout", "-q", "-b", "other", "origin/main"]);
    std::fs::write(delivery.stage.path("repository/README.md"), "About the shop.\n").unwrap();
    git.commit("Words");
    git.push("main");
    git.git(&["fetch", "-q", "origin"]);
    git.git(&["checkout", "-q", BRANCH]);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_squashed_change_is_the_reviewed_one() {
    is_deployed(&reviewed().squashed());
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn so_is_a_merge_commit() {
    is_deployed(&reviewed().merged_as(&["origin/main", BRANCH]));
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn so_is_a_change_that_is_rebased_onto_what_others_merged() {
    let delivery = reviewed();
    let seen = delivery.checkout.head();
    others_are_merged(&delivery);
    delivery.checkout.git(&["rebase", "-q", "origin/main"]);
    assert_ne!(delivery.checkout.head(), seen);
    is_deployed(&delivery.on_main());
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn so_is_the_commit_of_a_merge_queue_to_which_the_branch_is_moved() {
    let delivery = reviewed();
    others_are_merged(&delivery);
    let queue = "gh-readonly-queue/main/pr-7";
    delivery.checkout.git(&["checkout", "-q", "-b", queue, "origin/main"]);
    delivery.checkout.git(&["merge", "-q", "--no-ff", "-m", "Merge pull request 7", BRANCH]);
    delivery.checkout.push(queue);
    is_deployed(&delivery.on_main());
}

/// A change that was reviewed and got something more before it was merged.
struct SlippedIn {
    delivery: Delivery,
    before: String,
}

impl SlippedIn {
    fn new(delivery: Delivery, more: impl FnOnce(&Delivery)) -> Self {
        more(&delivery);
        delivery.checkout.commit("Slipped in");
        let delivery = delivery.squashed();
        let before = delivery.state_file();
        Self { delivery, before }
    }

    /// It is refused with these differences, and nothing is changed.
    #[track_caller]
    fn is_refused_for(&self, differences: &[&str]) {
        self.delivery.deploy().differs_by(differences);
        assert_eq!(self.delivery.state_file(), self.before);
        assert_eq!(self.delivery.ledger(), ["refused"]);
        shown();
    }
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_resource_that_slipped_in_is_refused() {
    let slipped = SlippedIn::new(reviewed(), |delivery| {
        let more = program(&[thing("a", "value: 1"), thing("b", "value: 1"), thing("c", "value: 1")]);
        delivery.stage.write("Pulumi.yaml", &more);
    });
    slipped.is_refused_for(&["step-more of c", "source of #shop/Pulumi.yaml"]);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_value_that_slipped_in_is_refused() {
    let slipped = SlippedIn::new(reviewed(), |delivery| {
        let other = program(&[thing("a", "value: 1"), thing("b", "value: 2")]);
        delivery.stage.write("Pulumi.yaml", &other);
    });
    slipped.is_refused_for(&["other-value of b#value", "source of #shop/Pulumi.yaml"]);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_secret_of_the_configuration_that_slipped_in_is_refused() {
    let change = program(&[thing("a", "value: \"${token}\"")])
        .replace("runtime: yaml\n", "runtime: yaml\nconfig:\n  token: {type: string, secret: true}\n");
    let delivery = Delivery::new("", EMPTY);
    let set = |delivery: &Delivery, token: &str| {
        let line = format!("config set --stack dev --secret token {token}");
        delivery.stage.pulumi(&line).ends_with(0);
    };
    set(&delivery, "one-token");
    let slipped = SlippedIn::new(delivery.reviewed(&change), |delivery| set(delivery, "another-token"));
    slipped.is_refused_for(&["config of #shop:token"]);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_byte_of_a_file_that_the_program_uploads_and_that_slipped_in_is_refused() {
    let delivery = Delivery::new("", EMPTY);
    delivery.stage.write("page.html", "<p>one</p>\n");
    let change = program(&[thing("a", "value: {fn::fileAsset: ./page.html}")]);
    let slipped = SlippedIn::new(delivery.reviewed(&change), |delivery| {
        delivery.stage.write("page.html", "<p>onE</p>\n");
    });
    slipped.is_refused_for(&["other-value of a#value", "source of #shop/page.html"]);
}
