//! `stackstep accept`: the refused difference becomes the reviewed change, by the same gates.

use super::shop::Shop;
use crate::deploy::repository::Repository;
use crate::support::forge::reads::{Kept, Verdict};
use crate::support::forge::{FACES, Fake, State, TOKEN};

const REASON: [&str; 2] = ["--reason", "the hotfix of incident 12"];

/// A change that was refused, with its digest.
fn refused(entry: &str) -> (Shop, String) {
    let shop = Shop::deployed(entry).slips_in(2).with("GITLAB_USER_LOGIN", "ann");
    shop.deploy("").ends_with(76);
    let digest = shop.digest();
    (shop, digest)
}

#[test]
fn the_refused_change_is_deployed_once_somebody_has_accepted_it() {
    let (shop, digest) = refused("");
    shop.verb("accept", &["--digest", &digest, REASON[0], REASON[1]]).ends_with(0).says("is accepted");
    let run = shop.deploy("").ends_with(0);
    run.says("accepted by `ann` on ")
        .says("entry 2 of the ledger: the hotfix of incident 12")
        .says("Deployed");
    assert_eq!(shop.kinds(), ["refused", "accepted", "reserved", "finished", "verified"]);
    let entry = shop.entry(2);
    assert_eq!((entry["actor"].as_str(), entry["about"].as_u64()), (Some("ann"), Some(1)));
}

#[test]
fn it_is_that_change_alone_and_once() {
    let (shop, digest) = refused("");
    shop.verb("accept", &["--digest", &digest, REASON[0], REASON[1]]).ends_with(0);
    let shop = shop.changes(&["size: 2"], "size: 2, name: b");
    shop.deploy("").ends_with(76).never_says("Deployed");
    let shop = shop.changes(&["size: 2, name: b"], "size: 2");
    shop.deploy("").ends_with(0);
    let shop = shop.changes(&["size: 2"], "size: 1");
    shop.deploy("").ends_with(76);
    shop.verb("accept", &["--digest", &shop.digest(), REASON[0], REASON[1]]).ends_with(0);
    shop.deploy("").ends_with(0);
    let shop = shop.changes(&["size: 1"], "size: 2");
    shop.deploy("").ends_with(76).never_says("Deployed");
    assert_eq!(shop.digest(), digest);
}

#[test]
fn what_was_not_refused_last_is_not_accepted() {
    let (shop, digest) = refused("");
    let shop = shop.changes(&["size: 2"], "size: 2, name: b");
    shop.deploy("").ends_with(76);
    let accept = |digest: &str| shop.verb("accept", &["--digest", digest, REASON[0], REASON[1]]);
    accept(&digest).ends_with(73).says("is not the change that was refused last: that is `");
    accept("sha256:12").ends_with(2).says("is not a digest");
    accept("preview.json").ends_with(2).says("is not a digest");
    assert_eq!(shop.kinds(), ["refused", "refused"]);
}

#[test]
fn another_stack_has_nothing_to_accept() {
    let (shop, digest) = refused("");
    let line = ["accept", "prod", "-C", "infra/shop", "--digest", &digest, REASON[0], REASON[1]];
    let run = shop.repository.scene.run_args(&line).ends_with(73);
    run.says("nothing that was refused is open for this stack");
}

#[test]
fn a_job_of_a_merge_request_or_of_another_branch_accepts_nothing() {
    let (shop, digest) = refused("");
    let line = ["--digest", &digest, REASON[0], REASON[1]];
    let shop = Shop { repository: shop.repository.on_branch("wip") };
    shop.verb("accept", &line)
        .ends_with(73)
        .says("for the branch `wip`")
        .says("of the default branch `main`");
    let scene = shop.repository.scene.without("CI_COMMIT_BRANCH");
    let shop = Shop { repository: crate::deploy::repository::Repository { scene }.on_merge_request("wip") };
    shop.verb("accept", &line).ends_with(73).says("change request 7");
    assert_eq!(shop.kinds(), ["refused"]);
}

#[test]
fn it_needs_a_reason_and_something_to_accept() {
    let shop = Shop::deployed("");
    shop.verb("accept", &["--as-deployed"]).ends_with(2).says("--reason");
    shop.verb("accept", &REASON).ends_with(2).says("--digest");
    shop.verb("accept", &["--digest", "sha256:1", "--as-deployed", REASON[0], REASON[1]])
        .ends_with(2)
        .says("cannot be used with");
}

#[test]
fn what_the_ledger_can_not_tell_is_closed_by_what_is_deployed() {
    let shop = Shop::deployed("");
    let folder = shop.repository.scene.root().join("state/.stackstep/ledger/shop/staging");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("000000000001.json"), "{\"v\": 1, \"number\":").unwrap();
    shop.deploy("").ends_with(73).says("accept <stack> --as-deployed --reason");
    shop.verb("accept", &["--as-deployed", REASON[0], REASON[1]]).ends_with(0).says("counts as deployed");
    let entry = shop.entry(2);
    assert_eq!(entry["commit"].as_str(), Some(shop.repository.head().as_str()));
    assert_eq!(entry["digest"], serde_json::Value::Null);
    shop.deploy("").ends_with(0);
}

#[test]
fn only_the_head_of_the_default_branch_counts_as_deployed() {
    let shop = Shop::deployed("").slips_in(2);
    shop.repository.git(&["checkout", "-q", "HEAD~1"]);
    let shop = Shop { repository: shop.repository.on_branch("main") };
    let run = shop.verb("accept", &["--as-deployed", REASON[0], REASON[1]]).ends_with(73);
    run.says("is not the head of `main`, which is `");
    assert!(shop.kinds().is_empty());
}

/// A change that was refused and accepted, of merge request 7, which ann approved at this time.
fn approved(at: &str) -> (Shop, Fake) {
    let fake = Fake::start(*FACES.iter().find(|face| face.name() == "gitlab").unwrap());
    let shop = Shop::deployed(", approvals: { needed: 1 }")
        .with("STACKSTEP_FORGE", "gitlab")
        .with("STACKSTEP_FORGE_URL", &fake.server.url())
        .with("STACKSTEP_FORGE_TOKEN", TOKEN);
    let path = shop.repository.scene.program.join("infra/shop/Pulumi.yaml");
    let program = std::fs::read_to_string(&path).unwrap();
    shop.repository.scene.write("infra/shop/Pulumi.yaml", &program.replace("size: 1", "size: 2"));
    shop.repository.commit("a change");
    let shop = Shop { repository: shop.repository.on_merge_request("feature") };
    shop.verb("preview", &[]).ends_with(0).says("commented on merge request !7");
    let head = shop.repository.head();
    let more = program.replace("size: 1", "size: 2, name: more");
    shop.repository.scene.write("infra/shop/Pulumi.yaml", &more);
    let names = ["CI_MERGE_REQUEST_IID", "CI_PIPELINE_SOURCE"];
    let scene = names.iter().fold(shop.repository.scene, |scene, name| scene.without(name));
    let shop = Shop { repository: crate::deploy::repository::Repository { scene } }.pushed();
    let merged = shop.repository.head();
    {
        let mut memory = fake.memory();
        memory.pulls[0].head.clone_from(&head);
        memory.pulls[0].state = State::Merged;
        memory.pulls[0].merge_commit = Some(merged.clone());
        memory.pulls[0].commits = vec![merged.clone()];
        memory.shown.pushes = vec![("2026-11-01T09:00:00Z".to_owned(), head.clone())];
        memory.shown.branches = vec![("main".to_owned(), merged)];
        let (who, at) = ("ann".to_owned(), at.to_owned());
        memory.shown.reviews = vec![Kept { who, verdict: Verdict::Approved, at, head, writes: true }];
    }
    shop.deploy("").ends_with(76).says("is not the reviewed one");
    let digest = shop.digest();
    shop.verb("accept", &["--digest", &digest, REASON[0], REASON[1]]).ends_with(0);
    (shop, fake)
}

#[test]
fn an_approval_of_an_accepted_change_counts_if_it_is_later_than_the_refusal() {
    let (shop, _fake) = approved("2100-01-01T00:00:00Z");
    shop.deploy("").ends_with(0).says("approved by `ann` on merge request !7").says("accepted by");
}

#[test]
fn an_approval_from_before_the_refusal_was_for_something_else() {
    let (shop, fake) = approved("2026-11-25T00:00:00Z");
    shop.deploy("").ends_with(75).says("an approval is missing").never_says("Deployed");
    // Though the comment is older.
    assert!(fake.memory().comments[0].at.as_str() < "2026-11-25");
    fake.memory().shown.reviews[0].at = "2100-01-01T00:00:00Z".to_owned();
    shop.deploy("").ends_with(0).says("approved by `ann`");
}

#[test]
fn what_was_accepted_is_deployed_by_no_job_of_a_merge_request_or_of_another_branch() {
    let (shop, digest) = refused("");
    shop.verb("accept", &["--digest", &digest, REASON[0], REASON[1]]).ends_with(0);
    let kinds = shop.kinds();
    let branch = shop.repository.head();
    shop.repository.git(&["push", "-q", "origin", &format!("{branch}:refs/heads/wip")]);
    let wip = shop.with("CI_COMMIT_BRANCH", "wip");
    wip.deploy("").ends_with(76).never_says("Deployed");
    let repository = Repository { scene: wip.repository.scene.without("CI_COMMIT_BRANCH") };
    let change = Shop { repository: repository.on_merge_request("wip") };
    change.deploy("").ends_with(76).never_says("Deployed");
    assert_eq!(
        change.kinds()[..2],
        kinds[..2],
        "a merge request's refusal waits for nobody: {:?}",
        change.kinds()
    );
    assert!(!change.kinds()[2..].contains(&"reserved".to_owned()));
}

#[test]
fn nothing_that_is_whole_is_accepted_as_deployed() {
    let (shop, _) = refused("");
    let run = shop.verb("accept", &["--as-deployed", REASON[0], REASON[1]]).ends_with(73);
    run.says("the ledger is whole, and nothing in it is open");
}
