//! A refusal after the preview stands in the ledger, and its hint names the way out.

use super::shop::Shop;

#[test]
fn a_refusal_stands_in_the_ledger_once_for_each_change_and_gate() {
    let shop = Shop::deployed("").slips_in(2);
    for _ in 0..2 {
        shop.deploy("").ends_with(76);
    }
    let first = shop.digest();
    assert_eq!(shop.kinds(), ["refused"]);
    let entry = shop.entry(1);
    assert_eq!((entry["gate"].as_str(), entry["digest"].as_str()), (Some("reviewed"), Some(first.as_str())));
    assert!(entry["reason"].as_str().unwrap().contains("`up` is refused"), "{entry:#}");
    assert_eq!(entry["commit"].as_str(), Some(shop.repository.head().as_str()));
    let shop = shop.changes(&["size: 2"], "size: 2, name: a");
    shop.deploy("").ends_with(76);
    assert_ne!(shop.digest(), first);
    assert_eq!(shop.kinds(), ["refused", "refused"]);
}

#[test]
fn the_hint_of_what_nobody_reviewed_is_a_line_that_accepts_it() {
    let shop = Shop::deployed("").slips_in(2);
    let run = shop.deploy("").ends_with(76);
    let digest = shop.digest();
    run.says(&format!("`stackstep accept -C infra/shop --stack staging --digest {digest} --reason …`"))
        .never_says("break-glass");
}

#[test]
fn the_hint_of_a_missing_approval_says_who_may_give_it() {
    let entry = ", environment: production, approvals: { by: [environment], from: [ann, bob] }";
    let shop = Shop::deployed(entry).slips_in(2);
    shop.deploy("").ends_with(76);
    let digest = shop.digest();
    shop.verb("accept", &["--digest", &digest, "--reason", "seen"]).ends_with(0);
    let run = shop.deploy("").ends_with(75);
    run.says("`approvals.from` names who may approve: ann, bob").never_says("stackstep accept");
    assert_eq!(shop.entry(3)["gate"], "approval");
}

#[test]
fn a_refusal_by_a_rule_is_not_for_anybody_to_accept() {
    let shop = Shop::deployed(", rules: { max-updates: 0 }").slips_in(2);
    shop.deploy("").ends_with(74).never_says("stackstep accept");
    let digest = shop.digest();
    assert_eq!(shop.entry(1)["gate"], "rules");
    let run = shop.verb("accept", &["--digest", &digest, "--reason", "please"]).ends_with(73);
    run.says("by a rule, which nobody accepts away");
}

#[test]
fn a_preview_and_a_stack_without_an_entry_write_no_refusal() {
    let shop = Shop::deployed(", rules: { max-updates: 0 }").slips_in(2);
    shop.verb("preview", &[]).ends_with(0);
    shop.run("up -C infra/network --stack prod --upsert --max-creates 0").ends_with(74);
    assert!(shop.kinds().is_empty(), "{:?}", shop.kinds());
}
