//! What is left of a deployment that broke off passes by what let the whole pass: an acceptance, a broken glass, the digest of a
//! rollback, an approval.

use super::break_glass::{breaks, refused};
use super::shop::Shop;
use crate::support::json;

/// The resource that comes with the change, beside the new size of the thing.
const MORE: &str = "  other:\n    type: demo:index:Thing\n    properties: { size: 9 }\noutputs:";

/// The fault with which the deployment breaks off: the thing has its new size, and the other one is not created.
const FAULT: &str = "{resources: [{match: other, on: [create], fail: no quota}]}";

/// The result file of the run that was refused.
const REFUSED: &str = "refused.json";

fn quota(shop: Shop, has_quota: bool) -> Shop {
    shop.with("PULUMI_SANDBOX_FAULTS", if has_quota { "{}" } else { FAULT })
}

/// A change of two steps that was refused and accepted, and whose deployment broke off after the first.
fn accepted_and_broken_off(entry: &str) -> (Shop, String) {
    let shop = Shop::deployed(entry).slips_in(2).changes(&["outputs:"], MORE);
    shop.deploy("").ends_with(76);
    let digest = shop.digest();
    let root = shop.repository.scene.root();
    std::fs::copy(root.join("result.json"), root.join(REFUSED)).unwrap();
    shop.verb("accept", &["--digest", &digest, "--reason", "seen"]).ends_with(0);
    let shop = quota(shop, false);
    let run = shop.deploy("").ends_with(1);
    run.says("no quota").says("accepted by");
    (quota(shop, true), digest)
}

#[test]
fn the_rest_of_an_accepted_change_is_deployed_under_the_same_acceptance() {
    let (shop, digest) = accepted_and_broken_off("");
    let run = shop.deploy("").ends_with(0);
    run.says("accepted by").says("seen; 1 of its steps is done already").says("1 created");
    let kinds = shop.kinds();
    assert_eq!(kinds[2..], ["reserved", "finished", "reserved", "finished", "verified"], "{kinds:?}");
    assert_eq!(shop.entry(5)["digest"].as_str(), Some(digest.as_str()));
    // It is done, and the acceptance with it.
    let shop = shop.changes(&["size: 9"], "size: 8");
    shop.deploy("").ends_with(76).never_says("Deployed");
}

#[test]
fn the_rest_of_a_rest_is_deployed_as_well() {
    let (shop, digest) = accepted_and_broken_off("");
    let shop = quota(shop, false);
    shop.deploy("").ends_with(1).says("1 of its steps is done already");
    let shop = quota(shop, true);
    shop.deploy("").ends_with(0).says("1 of its steps is done already").says("1 created");
    assert_eq!(shop.entry(7)["digest"].as_str(), Some(digest.as_str()));
}

#[test]
fn more_than_the_rest_is_another_change_and_the_report_says_in_what() {
    let (shop, _) = accepted_and_broken_off("");
    let shop = shop.changes(&["size: 9 }"], "size: 9, name: more }");
    let run = shop.deploy("").ends_with(76).never_says("Deployed");
    run.says("this is not the rest of the deployment that broke off, entry 3 of the ledger: ").says("`name`");
    assert_eq!(shop.kinds().last().map(String::as_str), Some("refused"));
}

#[test]
fn the_rest_passes_in_no_job_of_another_branch() {
    let (shop, _) = accepted_and_broken_off("");
    let head = shop.repository.head();
    shop.repository.git(&["push", "-q", "origin", &format!("{head}:refs/heads/wip")]);
    shop.with("CI_COMMIT_BRANCH", "wip").deploy("").ends_with(76).never_says("Deployed");
}

#[test]
fn where_the_ledger_does_not_have_the_change_a_result_file_shows_it() {
    let (shop, digest) = accepted_and_broken_off("");
    let mut entry = shop.entry(3);
    assert!(entry.as_object_mut().unwrap().remove("record").is_some());
    let path = shop.repository.scene.root().join("state/.stackstep/ledger/shop/staging/000000000003.json");
    std::fs::write(path, entry.to_string()).unwrap();
    let run = shop.deploy("").ends_with(76).never_says("Deployed");
    run.says("if this is the rest of the deployment of ").says(
        "that broke off (entry 3 of the ledger, which does not have what it was about to do), show that by the result file \
         of the preview or of the refusal that showed all of it: `stackstep up -C infra/shop --stack staging --reviewed RESULT-FILE`",
    );
    assert_ne!(shop.digest(), digest, "the rest is another change by its digest");
    let kept = shop.repository.scene.root().join(REFUSED).display().to_string();
    let run = shop.deploy(&format!("--reviewed {kept}")).ends_with(0);
    run.says("1 of its steps is done already").says("1 created");
    let entries = shop.kinds().len() as u64;
    assert_eq!(shop.entry(entries - 2)["digest"].as_str(), Some(digest.as_str()));
}

#[test]
fn the_rest_of_what_passed_by_broken_glass_passes_by_the_same_glass() {
    let entry = ", approvals: { needed: 2 }, break-glass: { from: [ann] }";
    let (shop, _, _fake) = refused(entry, "gitlab");
    let shop = quota(shop.changes(&["outputs:"], MORE), false);
    shop.deploy("").ends_with(76);
    breaks(&shop, &shop.digest()).ends_with(0);
    shop.deploy("").ends_with(1).says("BROKEN GLASS").says("no quota");
    let shop = quota(shop, true);
    shop.deploy("").ends_with(0).says("BROKEN GLASS").says("1 created");
    // The one deployment for which it was broken is done.
    let shop = shop.changes(&["size: 9"], "size: 8");
    shop.deploy("").ends_with(76).never_says("Deployed");
}

#[test]
fn the_rest_of_a_rollback_passes_by_the_digest_that_was_named() {
    let shop = Shop::deployed("").slips_in(2).changes(&["outputs:"], MORE);
    let before = shop.repository.head();
    let accept = |shop: Shop| {
        shop.deploy("").ends_with(76);
        shop.verb("accept", &["--digest", &shop.digest(), "--reason", "seen"]).ends_with(0);
        shop.deploy("").ends_with(0);
        shop
    };
    let shop = accept(accept(shop).changes(&[MORE], "outputs:").slips_in(3));
    let result = shop.repository.scene.root().join("rollback.json").display().to_string();
    let rollback = |shop: &Shop, more: &[&str]| {
        shop.verb(
            "rollback",
            &[&["--to", &before, "--comment", "off", "--result-file", &result], more].concat(),
        )
    };
    rollback(&shop, &["--preview-only"]).ends_with(0);
    let digest = json(&result)["review"]["digest"].as_str().unwrap().to_owned();
    let shop = quota(shop, false);
    rollback(&shop, &["--reviewed", &digest]).ends_with(1).says("no quota");
    let shop = quota(shop, true);
    let run = rollback(&shop, &["--reviewed", &digest]).ends_with(0);
    run.says("this is the rest of the reviewed change `sha256:")
        .says("1 of its steps is done already")
        .says("Rolled back");
}
