//! `hold`, `release`, `unlock`, `accept` and `extend`.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use stackstep::base::moment::Moment;
use stackstep::ledger::entry::instant;
use stackstep::lifecycle::{RepositoryIdentity, ReviewName};

use super::talk::Talk;
use crate::support::forge::{Pull, State};

const ON: &str = "comment-commands: {}\n";

const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn a_hold_names_who_has_written_the_comment_and_why() {
    for forge in ["github", "gitlab"] {
        let talk = Talk::on(forge, ON);
        talk.comment("tim", "/stackstep hold staging the database is moved").ends_with(0);
        let entry = talk.entry(1);
        assert_eq!((entry["kind"].as_str(), entry["actor"].as_str()), (Some("held"), Some("tim")), "{forge}");
        assert_eq!(entry["reason"].as_str(), Some("the database is moved"));
    }
}

#[test]
fn a_stack_has_to_be_one_that_is_there_and_the_only_one_of_its_name() {
    let talk = Talk::new(ON);
    let run = talk.comment("ann", "/stackstep hold production x").ends_with(2);
    run.says("no project has a stack `production`").says("`shop/staging`");
    let run = talk.comment("ann", "/stackstep hold prod x").ends_with(2);
    run.says("several projects have a stack `prod`").says("`network/prod`, `shop/prod`");
    talk.comment("ann", "/stackstep hold staging").ends_with(2).says("/stackstep hold STACK REASON");
    assert!(talk.kinds().is_empty());
}

#[test]
fn what_is_not_locked_is_not_unlocked() {
    let talk = Talk::new(ON);
    talk.comment("ann", "/stackstep unlock staging 41").ends_with(0).says("is not locked");
    assert!(talk.answer().contains("is not locked"));
}

#[test]
fn there_is_nothing_to_extend() {
    let talk = Talk::new(ON);
    talk.comment("tim", "/stackstep extend 2d").ends_with(73).says("there is nothing to extend");
}

/// The stack of change request 7 on this forge, opened now and for a day, in a repository whose stacks live three days at most;
/// with the stack's name and its end, in seconds since 1970.
fn with_a_stack(forge: &str) -> (Talk, String, u64) {
    let talk = Talk::on(forge, &format!("{ON}review: {{ from: staging, ttl: 1d, ttl-max: 3d }}\n"));
    let host = talk.fake.server.url();
    let repository = RepositoryIdentity::from_id(host.strip_prefix("http://").unwrap(), "1").unwrap();
    let name = ReviewName::for_request(&repository, "shop", 7).unwrap().to_string();
    let (now, end) = (SystemTime::now(), SystemTime::now() + DAY);
    let entry = json!({
        "v": 1, "number": 1, "id": format!("{:032x}", 1), "kind": "opened", "time": instant(now), "project": "shop", "stack": name,
        "nonce": "0123456789abcdef", "repository": repository.to_string(), "change_requests": [7], "expires": instant(end),
    });
    let folder = talk.repository.scene.root().join("state/.stackstep/ledger/shop").join(&name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("000000000001.json"), entry.to_string()).unwrap();
    let end = Moment::parse(&instant(end)).unwrap().unix();
    (talk, name, end)
}

#[test]
fn the_stack_of_a_change_request_is_kept_for_longer_up_to_the_longest_time() {
    for forge in ["gitlab", "gitea"] {
        let (talk, name, end) = with_a_stack(forge);
        let entry = |number: u64| {
            let folder = talk.repository.scene.root().join("state/.stackstep/ledger/shop").join(&name);
            std::fs::read_to_string(folder.join(format!("{number:012}.json"))).ok()
        };
        talk.comment("rob", "/stackstep extend 1d").ends_with(73);
        talk.comment("tim", "/stackstep extend 9d").ends_with(73).says("`review.ttl-max`");
        assert_eq!(entry(2), None, "{forge}");
        talk.comment("tim", "/stackstep extend 1d").ends_with(0).says("lives until 2");
        assert!(
            talk.answer().contains(&name) && talk.answer().contains("lives until 2"),
            "{}",
            talk.answer()
        );
        let written: Value = serde_json::from_str(&entry(2).unwrap()).unwrap();
        assert_eq!((&written["kind"], &written["actor"]), (&json!("expiry"), &json!("tim")), "{forge}");
        assert!(written["reason"].as_str().unwrap().contains("/stackstep extend"), "{written}");
        let expires = written["expires"].as_str().unwrap();
        assert_eq!(Moment::parse(expires).unwrap().unix(), end + DAY.as_secs());
        let run = talk.repository.scene.run(&format!("status -C infra/shop {name}"));
        run.says(&expires[..16].replace('T', " "));
    }
}

/// A change request whose deployment was refused. Returns the digest of the refused change.
fn refused() -> (Talk, String) {
    refused_with(|_| {})
}

/// The same, where the forge has others beside it.
fn refused_with(others: impl FnOnce(&mut Vec<Pull>)) -> (Talk, String) {
    let talk = Talk::new(&format!("{ON}stacks: {{ staging: {{ unreviewed: refuse }} }}\n"));
    let scene = &talk.repository.scene;
    let program = std::fs::read_to_string(scene.program.join("infra/shop/Pulumi.yaml")).unwrap();
    scene.write("infra/shop/Pulumi.yaml", &program.replace("size: 1", "size: 3"));
    talk.repository.commit("slipped in");
    talk.repository.push("main");
    talk.repository.git(&["fetch", "-q", "origin"]);
    let main = talk.repository.head();
    {
        let mut memory = talk.fake.memory();
        memory.shown.branches = vec![("main".to_owned(), main.clone())];
        memory.pulls[0].commits = vec![main.clone()];
        memory.pulls[0].merge_commit = Some(main.clone());
        memory.pulls[0].state = State::Merged;
        others(&mut memory.pulls);
    }
    let talk = talk.with("CI_COMMIT_SHA", &main).with("CI_PIPELINE_SOURCE", "push");
    let result = talk.repository.scene.root().join("result.json");
    let line = format!("up -C infra/shop --stack staging --result-file {}", result.display());
    talk.repository.scene.run(&line).ends_with(76);
    let digest = crate::support::json(&result)["review"]["digest"].as_str().unwrap().to_owned();
    (talk.with("CI_PIPELINE_SOURCE", "trigger"), digest)
}

#[test]
fn a_refused_change_is_accepted_by_another_person_than_its_author() {
    let (talk, digest) = refused();
    let command = format!("/stackstep accept staging {digest} the hotfix of incident 12");
    talk.comment("tim", &command).ends_with(73).says("`accept` takes the permission `maintain`");
    talk.comment("ada", &command).ends_with(73).says("nobody may `accept` their own change");
    talk.comment("ann", &command).ends_with(0).says("is accepted");
    let kinds = talk.kinds();
    let entry = talk.entry(kinds.len() as u64);
    assert_eq!((entry["kind"].as_str(), entry["actor"].as_str()), (Some("accepted"), Some("ann")));
    assert_eq!(entry["reason"].as_str(), Some("the hotfix of incident 12"));
}

#[test]
fn nobody_accepts_their_own_change_in_the_thread_of_another_one() {
    let own = |pulls: &mut Vec<Pull>| {
        let own = Pull { number: 8, author: "ann".to_owned(), ..pulls[0].clone() };
        pulls.push(own);
    };
    let (talk, digest) = refused_with(own);
    let run = talk.comment("ann", &format!("/stackstep accept staging {digest} mine")).ends_with(73);
    run.says("nobody may accept their own change");
    assert_eq!(talk.kinds(), ["refused"]);
}

#[test]
fn in_the_thread_of_another_change_nothing_is_accepted() {
    let other = |pulls: &mut Vec<Pull>| {
        let other = Pull { number: 8, ..pulls[0].clone() };
        pulls[0].commits.clear();
        pulls.push(other);
    };
    let (talk, digest) = refused_with(other);
    let run = talk.comment("ann", &format!("/stackstep accept staging {digest} x")).ends_with(73);
    run.says("is not known to be what the refused deployment brings");
    assert_eq!(talk.kinds(), ["refused"]);
}
