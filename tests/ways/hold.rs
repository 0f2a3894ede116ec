//! `stackstep hold` and `release`: previews go on, deployments wait for the release.

use super::shop::Shop;

#[test]
fn the_stack_is_named_by_itself_or_by_its_flag_and_not_by_both() {
    let shop = Shop::deployed("");
    let line = |verb: &'static str| [verb, "staging", "-C", "infra/shop", "--reason", "an incident"];
    shop.repository.scene.run_args(&line("hold")).ends_with(0).says("`shop/staging` is held");
    shop.deploy("").ends_with(73).says("an incident");
    shop.verb("preview", &[]).ends_with(0);
    shop.repository.scene.run_args(&line("release")).ends_with(0).says("`shop/staging` is released");
    shop.deploy("").ends_with(0);
    let both = [&line("hold")[..], &["--stack", "staging"]].concat();
    shop.repository.scene.run_args(&both).ends_with(2).says("cannot be used with");
}

#[test]
fn a_hold_by_a_failed_check_names_the_check() {
    let shop = Shop::deployed(", checks: [{ run: [\"false\"] }, { run: [\"true\"] }], on-failed-check: hold");
    shop.deploy("").ends_with(77);
    let entry = shop.entry(4);
    assert_eq!((entry["kind"].as_str(), entry["gate"].as_str()), (Some("held"), Some("verification")));
    assert_eq!(entry["reason"], "a check after the deployment failed: `false`");
    shop.deploy("").ends_with(73).says("a check after the deployment failed: `false`");
    shop.verb("preview", &[]).ends_with(0);
}

#[test]
fn a_merge_requests_job_releases_nothing() {
    let shop = Shop::deployed("");
    shop.verb("hold", &["--reason", "an incident"]).ends_with(0);
    let change = shop.with("CI_MERGE_REQUEST_IID", "7").with("CI_PIPELINE_SOURCE", "merge_request_event");
    change.verb("release", &["--reason", "mine"]).ends_with(73).says("whose own code could say it");
    assert_eq!(change.kinds(), ["held"]);
}

#[test]
fn a_release_says_what_it_lifts() {
    let shop = Shop::deployed("").with("GITLAB_USER_LOGIN", "ann");
    shop.verb("hold", &["--reason", "an incident"]).ends_with(0);
    shop.verb("hold", &["--reason", "a second one"]).ends_with(0);
    let run = shop.verb("release", &["--reason", "done"]).ends_with(0);
    run.says("it was held by `ann` since ").says(": an incident; by `ann` since ").says(": a second one");
}

#[test]
fn a_hold_that_could_not_be_written_is_not_said_to_hold() {
    // The check takes the ledger away.
    let check = "cd $(git rev-parse --show-toplevel)/../state/.stackstep/ledger/shop && mv staging old && touch staging; false";
    let shop =
        Shop::deployed(&format!(", checks: [{{ run: [sh, -c, \"{check}\"] }}], on-failed-check: hold"));
    let run = shop.deploy("").ends_with(77).says("the ledger has no `held` of this run");
    run.says("the stack is not held")
        .never_says("the stack is held")
        .never_says("take the deployment for unfinished");
}
