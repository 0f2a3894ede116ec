//! One comment for all stacks of a fleet, and as many requests to the forge for many as for one.

use super::Monorepo;
use crate::support::checkout::Event;
use crate::support::forge::{FACES, Fake, TOKEN};
use crate::support::size::sized;

fn on_gitlab(monorepo: Monorepo, fake: &Fake) -> Monorepo {
    let scene = monorepo
        .job(Event::MergeRequest("feature"))
        .scene
        .with("STACKSTEP_FORGE", "gitlab")
        .with("STACKSTEP_FORGE_URL", &fake.server.url())
        .with("STACKSTEP_FORGE_TOKEN", TOKEN)
        .with("STACKSTEP_COMMIT_STATUS", "true");
    Monorepo { scene }
}

fn gitlab() -> Fake {
    Fake::start(FACES.iter().copied().find(|face| face.name() == "gitlab").unwrap())
}

/// A repository with so many projects of one stack each.
fn with_projects(count: usize) -> Monorepo {
    let names: Vec<String> = (0..count).map(|number| format!("p{number}")).collect();
    let projects: Vec<(&str, &[&str], &[&str])> =
        names.iter().map(|name| (name.as_str(), &["prod"][..], &[][..])).collect();
    Monorepo::new(&projects, "")
}

#[test]
fn a_merge_request_has_one_comment_and_the_next_preview_edits_it() {
    let fake = gitlab();
    let monorepo = Monorepo::shop("");
    monorepo.fleet("up --upsert").ends_with(0);
    let monorepo = on_gitlab(monorepo, &fake);
    monorepo.fleet("preview").ends_with(0).says("commented on merge request !7");
    assert!(fake.only().contains("3 stacks: no changes"), "{}", fake.only());
    // One stack alone is no comment of its own.
    monorepo.scene.write("infra/page/Pulumi.yaml", "name: page\nruntime: yaml\n");
    monorepo.fleet("preview page/prod").ends_with(0).says("comment updated");
    assert!(fake.only().contains("1 stack: 1 with changes"), "{}", fake.only());
}

#[test]
fn a_comment_of_stacks_that_are_not_affected_any_more_says_so_and_none_is_made_for_it() {
    let fake = gitlab();
    let monorepo = Monorepo::shop("");
    monorepo.fleet("up --upsert").ends_with(0);
    let monorepo = on_gitlab(monorepo, &fake);
    monorepo.fleet("preview --since=HEAD").ends_with(0).says("commit status set: stackstep / fleet");
    assert_eq!(fake.memory().ours().len(), 0);
    monorepo.fleet("preview").ends_with(0).says("commented on merge request !7");
    monorepo.fleet("preview --since=HEAD").ends_with(0).says("comment updated on merge request !7");
    let body = fake.only();
    assert!(body.contains("no stack of the fleet can be affected") && !body.contains("shop/prod"), "{body}");
    monorepo
        .fleet("preview --since=HEAD")
        .ends_with(0)
        .says("the comment is the same as before on merge request !7");
    // What is affected again is in the same comment.
    monorepo.fleet("preview").ends_with(0).says("comment updated on merge request !7");
    assert!(fake.only().contains("3 stacks: no changes"), "{}", fake.only());
}

#[test]
fn fleets_of_two_environments_have_a_comment_each() {
    let fake = gitlab();
    let file = "stacks:\n  dev: { environment: staging, unreviewed: allow }\n  prod: { environment: production, unreviewed: allow }\n";
    let monorepo = Monorepo::new(&[("shop", &["dev", "prod"], &[])], file);
    for environment in ["staging", "production"] {
        monorepo.fleet(&format!("up --upsert --environment {environment}")).ends_with(0);
    }
    let monorepo = on_gitlab(monorepo, &fake);
    monorepo.fleet("preview --environment staging").ends_with(0).says("commented on merge request !7");
    monorepo.fleet("preview --environment production").ends_with(0).says("commented on merge request !7");
    // One of them with nothing to do says nothing of the other.
    monorepo.fleet("preview --environment production --since=HEAD").ends_with(0);
    let all: Vec<String> = fake.memory().ours().iter().map(|comment| comment.body.clone()).collect();
    let of = |stack: &str| all.iter().filter(|body| body.contains(stack)).count();
    assert_eq!((all.len(), of("shop/dev"), of("shop/prod")), (2, 1, 0), "{all:?}");
}

#[test]
fn requests_to_the_forge_do_not_grow_with_the_stacks() {
    let requests = |count: usize| {
        let fake = gitlab();
        let monorepo = on_gitlab(with_projects(count), &fake);
        monorepo.fleet("preview --upsert");
        fake.server.received().len()
    };
    let counts = [1, 10, sized(20, 500)];
    assert_eq!(counts.map(requests), [requests(2); 3], "of {counts:?} stacks");
}
