//! `stackstep break-glass`: one change is deployed without what is needed otherwise, and a second person looks at it.

use super::shop::Shop;
use crate::deploy::repository::Repository;
use crate::support::Run;
use crate::support::forge::{FACES, Fake, JOB_TOKEN, TOKEN};

/// The entry: approvals that nobody gives, and ann and the team on call may break the glass.
const ENTRY: &str = ", approvals: { needed: 2 }, break-glass: { from: [ann, \"@acme/platform\"] }";

/// A change that was refused, in a job that ann has started, with its digest.
pub fn refused(entry: &str, forge: &str) -> (Shop, String, Fake) {
    let fake = Fake::start(*FACES.iter().find(|face| face.name() == forge).unwrap());
    let shop = Shop::deployed(entry)
        .with("STACKSTEP_FORGE", forge)
        .with("STACKSTEP_FORGE_URL", &fake.server.url())
        .with("STACKSTEP_FORGE_TOKEN", TOKEN)
        .with("CI_API_V4_URL", &format!("{}/api/v4", fake.server.url()))
        .with("CI_JOB_TOKEN", JOB_TOKEN)
        .slips_in(2);
    fake.memory().started_by = Some("ann".to_owned());
    shop.deploy("");
    let digest = shop.result()["review"]["digest"].as_str().unwrap_or_default().to_owned();
    (shop, digest, fake)
}

pub fn breaks(shop: &Shop, digest: &str) -> Run {
    let link = "https://acme.example/incidents/12";
    shop.verb("break-glass", &["--digest", digest, "--reason", "the shop is down", "--link", link])
}

#[test]
fn a_change_without_review_or_approvals_is_deployed_and_an_issue_follows_it_up() {
    let (shop, digest, fake) = refused(ENTRY, "gitlab");
    shop.deploy("").ends_with(76).says(&format!(
        "in an emergency (ann, @acme/platform): `stackstep break-glass -C infra/shop --stack staging --digest {digest} \
         --reason … --link …`"
    ));
    breaks(&shop, &digest)
        .ends_with(0)
        .says("the glass is broken for the change")
        .says("issue #1 has to be closed by somebody else than `ann`");
    let run = shop.deploy("").ends_with(0);
    run.says("BROKEN GLASS: `ann` lets this be deployed past what holds otherwise")
        .says("the shop is down (https://acme.example/incidents/12); issue #1 has to be closed by somebody else")
        .says("passed by: `up` is refused: ")
        .says("Deployed `shop/staging`: 1 updated");
    assert_eq!(shop.kinds(), ["refused", "broke-glass", "reserved", "finished", "verified"]);
    let entry = shop.entry(2);
    assert_eq!((entry["actor"].as_str(), entry["issue"].as_u64()), (Some("ann"), Some(1)));
    assert!(entry["expires"].as_str().unwrap() > entry["time"].as_str().unwrap());
    assert_eq!(shop.entry(3)["approvers"][0]["by"], "break-glass");
    let memory = fake.memory();
    let issue = &memory.issues[0];
    assert!(issue.title.contains("`shop/staging`"), "{}", issue.title);
    for said in
        ["`ann` lets", "the shop is down", "https://acme.example/incidents/12", &digest, "close this issue"]
    {
        assert!(issue.body.contains(said), "{said}: {}", issue.body);
    }
}

#[test]
fn it_counts_for_that_change_and_once() {
    let (shop, digest, _fake) = refused(ENTRY, "gitlab");
    breaks(&shop, &digest).ends_with(0);
    let shop = shop.changes(&["size: 2"], "size: 3, name: b");
    shop.deploy("").ends_with(76).says("the glass was broken for another change").never_says("Deployed");
    let shop = shop.changes(&["size: 3, name: b"], "size: 2");
    shop.deploy("").ends_with(0);
}

#[test]
fn the_same_glass_does_not_count_twice() {
    let (shop, digest, _fake) = refused(", break-glass: { from: [ann] }", "gitlab");
    breaks(&shop, &digest).ends_with(0);
    shop.deploy("").ends_with(0);
    let back = shop.changes(&["size: 2"], "size: 1");
    back.deploy("").ends_with(76);
    back.verb("accept", &["--digest", &back.digest(), "--reason", "back"]).ends_with(0);
    back.deploy("").ends_with(0);
    let again = back.changes(&["size: 1"], "size: 2");
    let run = again.deploy("").ends_with(76).never_says("Deployed");
    assert_eq!(again.digest(), digest);
    run.says("the glass was broken for one deployment, which is done");
}

#[test]
fn its_time_ends() {
    let (shop, digest, _fake) = refused(ENTRY, "gitlab");
    breaks(&shop, &digest).ends_with(0);
    let path = shop.repository.scene.root().join("state/.stackstep/ledger/shop/staging/000000000002.json");
    let mut entry = shop.entry(2);
    entry["expires"] = "2026-01-01T00:00:00Z".into();
    std::fs::write(path, entry.to_string()).unwrap();
    shop.deploy("").ends_with(76).never_says("Deployed");
}

#[test]
fn a_rule_that_refuses_and_a_hold_stay_in_force() {
    let entry = format!("{ENTRY}, rules: {{ max-updates: 0 }}");
    let (shop, digest, _fake) = refused(&entry, "gitlab");
    shop.deploy("").ends_with(74).never_says("break-glass");
    breaks(&shop, &digest).ends_with(0);
    shop.deploy("").ends_with(74).says("max-updates").never_says("BROKEN GLASS").never_says("Deployed");

    let (shop, digest, _fake) = refused(ENTRY, "gitlab");
    shop.verb("hold", &["--reason", "the database is being moved"]).ends_with(0);
    breaks(&shop, &digest).ends_with(0).says("a broken glass deploys nothing until it is released");
    shop.deploy("").ends_with(73).says("the database is being moved").never_says("Deployed");
}

#[test]
fn a_rule_that_asks_for_an_approval_is_passed() {
    let rules = ", rules: { max-updates: { limit: 0, else: approval } }, break-glass: { from: [ann] }";
    let (shop, digest, _fake) = refused(rules, "gitlab");
    breaks(&shop, &digest).ends_with(0);
    shop.deploy("").ends_with(0).says("BROKEN GLASS").says("Deployed");
}

#[test]
fn the_place_of_the_commit_and_the_promotion_are_passed_for_that_change_alone() {
    let (shop, _, _fake) = refused(&format!("{ENTRY}, after: qa"), "gitlab");
    // The promotion ends a run before it previews, so that the digest is that of a preview.
    let result = shop.repository.scene.root().join("preview.json");
    shop.verb("preview", &["--comment", "off", "--result-file", &result.display().to_string()]).ends_with(0);
    let digest = crate::support::json(&result)["review"]["digest"].as_str().unwrap().to_owned();
    let other = digest.replace(&digest[7..15], "01234567");
    breaks(&shop, &other).ends_with(0);
    shop.deploy("").ends_with(73).says("`qa` has not deployed these inputs").never_says("Deployed");
    breaks(&shop, &digest).ends_with(0);
    shop.repository.git(&["commit", "-q", "--allow-empty", "-m", "newer"]);
    shop.repository.push("main");
    shop.repository.git(&["checkout", "-q", "HEAD~1"]);
    let shop = Shop { repository: shop.repository.on_branch("main") };
    let run = shop.deploy("").ends_with(0).says("BROKEN GLASS").says("Deployed");
    run.says("is not the head of `main` any more").says("`qa` has not deployed these inputs");
}

#[test]
fn only_those_whom_the_entry_names_break_it() {
    let (shop, digest, fake) = refused(ENTRY, "gitlab");
    fake.memory().started_by = Some("bob".to_owned());
    breaks(&shop, &digest).ends_with(73).says("`bob` is not one of those who may: ann, @acme/platform");
    fake.memory().shown.team = vec!["bob".to_owned()];
    breaks(&shop, &digest).ends_with(0);
    // Who has left the team since does not count any more.
    fake.memory().shown.team = vec!["carol".to_owned()];
    shop.deploy("").ends_with(76).says("the broken glass does not count: `bob`").never_says("Deployed");
}

#[test]
fn a_pipeline_that_sets_the_name_of_its_starter_breaks_nothing() {
    let (shop, digest, fake) = refused(ENTRY, "gitlab");
    fake.memory().started_by = Some("mallory".to_owned());
    let shop = shop.with("GITLAB_USER_LOGIN", "ann");
    breaks(&shop, &digest).ends_with(73).says("`mallory` is not one of those who may");
    let other = shop.with("CI_JOB_TOKEN", "glcbt-of-no-job");
    let run = breaks(&other, &digest).ends_with(73);
    run.says("who asks is not known for certain: `CI_JOB_TOKEN` does not tell it");
    let none = Shop { repository: Repository { scene: other.repository.scene.without("CI_JOB_TOKEN") } };
    breaks(&none, &digest).ends_with(73).says("`CI_JOB_TOKEN` or `CI_API_V4_URL` is not set");
    let github = none.with("GITHUB_ACTIONS", "true").with("GITHUB_ACTOR", "ann");
    breaks(&github, &digest).ends_with(73).never_says("the glass is broken");
    assert!(fake.memory().issues.is_empty());
}

#[test]
fn without_the_key_nobody_does() {
    let (shop, digest, _fake) = refused(", approvals: { needed: 2 }", "gitlab");
    breaks(&shop, &digest).ends_with(73).says("`stacks.staging` has no `break-glass`");
    shop.deploy("").ends_with(76).never_says("break-glass");
}

#[test]
fn a_laptop_and_a_change_s_job_break_nothing() {
    let (shop, digest, _fake) = refused(ENTRY, "gitlab");
    let scene = ["GITLAB_CI", "CI_JOB_TOKEN", "CI_COMMIT_BRANCH", "CI_COMMIT_SHA", "CI_PROJECT_PATH"]
        .iter()
        .fold(shop.repository.scene, |scene, name| scene.without(name));
    let laptop = Shop { repository: Repository { scene: scene.with("USER", "ann") } };
    breaks(&laptop, &digest).ends_with(73).says("who asks is not known for certain");
    let job = Shop { repository: laptop.repository.on_merge_request("wip") }.with("CI_JOB_TOKEN", JOB_TOKEN);
    breaks(&job, &digest).ends_with(73).says("change request 7");
}

#[test]
fn it_needs_a_digest_and_a_link() {
    let (shop, digest, _fake) = refused(ENTRY, "gitlab");
    breaks(&shop, "sha256:12").ends_with(2).says("is not a digest");
    let line = ["--digest", &digest, "--reason", "x", "--link", "javascript:alert(1)"];
    shop.verb("break-glass", &line).ends_with(2).says("is not the address of a page");
    shop.verb("break-glass", &line[..4]).ends_with(2).says("--link");
}

#[test]
fn what_the_reason_and_the_link_say_stays_what_it_is_in_the_issue() {
    let (shop, digest, fake) = refused(ENTRY, "gitlab");
    let line = |link: &str, reason: &str| {
        shop.verb("break-glass", &["--digest", &digest, "--reason", reason, "--link", link])
    };
    for link in ["https://acme.example/a|b", "https://acme.example/ @acme/all", "https://acme.example/[a](b)"]
    {
        line(link, "down").ends_with(2).says("characters that end a link");
    }
    line("HTTPS://acme.example", "down ``` | @acme/all [a](b)").ends_with(0);
    let body = fake.memory().issues[0].body.clone();
    assert!(body.contains("\n````text\ndown ``` | @acme/all [a](b)\n````\n"), "{body}");
    assert!(body.contains("\n| more | https://acme.example/ |\n"), "{body}");
}

#[test]
fn an_issue_that_the_same_person_closed_is_opened_again() {
    for forge in ["github", "gitlab", "gitea"] {
        let (shop, digest, fake) = refused(ENTRY, forge);
        breaks(&shop, &digest).ends_with(0);
        shop.deploy("").ends_with(0);
        fake.memory().issues[0].closed_by = Some("ann".to_owned());
        let run = shop.deploy("").ends_with(0);
        run.says("issue #1 of the broken glass was closed by `ann`, and is open again");
        let issue = fake.memory().issues[0].clone();
        assert_eq!((issue.closed_by, issue.comments.len()), (None, 1), "{forge}");
        assert!(issue.comments[0].contains("Somebody else than `ann`"), "{}", issue.comments[0]);
        fake.memory().issues[0].closed_by = Some("bob".to_owned());
        shop.deploy("").ends_with(0).never_says("of the broken glass");
        assert_eq!(fake.memory().issues[0].closed_by.as_deref(), Some("bob"), "{forge}");
    }
}

#[test]
fn the_issue_of_an_earlier_glass_is_followed_up_too() {
    let (shop, digest, fake) = refused(ENTRY, "gitlab");
    breaks(&shop, &digest).ends_with(0);
    breaks(&shop, &digest).ends_with(0);
    fake.memory().issues[0].closed_by = Some("ann".to_owned());
    fake.memory().issues[1].closed_by = Some("bob".to_owned());
    let run = shop.deploy("").ends_with(0);
    run.says("issue #1 of the broken glass was closed by `ann`, and is open again").never_says("issue #2 of");
    let memory = fake.memory();
    let closed: Vec<_> = memory.issues.iter().map(|issue| issue.closed_by.as_deref()).collect();
    assert_eq!(closed, [None, Some("bob")]);
}

#[test]
fn where_no_issue_can_be_opened_it_is_said_and_the_glass_is_broken_all_the_same() {
    for (forge, why) in [("azure-repos", "has no issues that a job can open"), ("bitbucket", "has no issues")]
    {
        let (shop, digest, _fake) = refused(ENTRY, forge);
        breaks(&shop, &digest).ends_with(0).says("no issue follows it up").says(why);
        shop.deploy("").ends_with(0).says("no issue follows it up: let somebody else look at it");
    }
}
