//! What protects a repository on each forge.

use stackstep::forge::Client;
use stackstep::forge::protection::{Fact, Protection, TagCreators, Watched};

use super::http;
use crate::support::forge::{FACES, Fake};

async fn protection(fake: &Fake) -> Protection {
    let watched = Watched {
        branches: vec!["main".to_owned()],
        tags: vec!["v*".to_owned()],
        environments: vec!["production".to_owned()],
    };
    let place = fake.place();
    Client::new(http(), &place).protection(&watched).await.unwrap()
}

fn is_unknown<T>(fact: &Fact<T>) -> bool {
    matches!(fact, Fact::NotKnown(why) if why.contains("https://") || why.contains("can't be told"))
}

#[tokio::test]
async fn a_branch_that_is_protected_is_told_as_such() {
    for face in FACES {
        let fake = Fake::start(*face);
        fake.memory().shown.guarded = true;
        let found = protection(&fake).await;
        let (branch, name) = (&found.branches[0], face.name());
        assert_eq!(branch.approvals, Fact::Known(2), "{name}");
        assert_eq!(branch.resets_approvals, Fact::Known(true), "{name}");
        assert_eq!(branch.force_push, Fact::Known(false), "{name}");
        assert_eq!(branch.deletion, Fact::Known(false), "{name}");
        // On GitLab maintainers can push.
        assert_eq!(branch.change_requests_only, Fact::Known(name != "gitlab"), "{name}");
        assert!(
            branch.link.as_ref().is_some_and(|link| link.contains("shop") || link.contains("acme")),
            "{name}"
        );
        let queue = match name {
            "github" | "gitlab" => Fact::Known(true),
            "bitbucket" => branch.queue.clone(),
            _ => Fact::NoSuchThing,
        };
        assert_eq!(branch.queue, queue, "{name}");
        let statuses = branch.required_statuses.known().unwrap();
        assert_eq!(statuses.len(), 1, "{name}: {statuses:?}");
        let bypass: Option<Vec<&str>> =
            branch.bypass.known().map(|all| all.iter().map(String::as_str).collect());
        let expected = match name {
            "github" => Some(vec!["administrators"]),
            "gitlab" => Some(vec!["Maintainers"]),
            "azure-repos" => None,
            "bitbucket" => Some(vec![]),
            _ => Some(vec!["administrators, who can merge without the approvals"]),
        };
        assert_eq!(bypass, expected, "{name}");
    }
}

#[tokio::test]
async fn a_branch_that_is_open_is_told_as_such() {
    for face in FACES {
        let fake = Fake::start(*face);
        let found = protection(&fake).await;
        let (branch, name) = (&found.branches[0], face.name());
        assert_eq!(branch.approvals, Fact::Known(0), "{name}");
        assert_eq!(branch.change_requests_only, Fact::Known(false), "{name}");
        // On Azure Repos that is a permission.
        assert_eq!(branch.force_push == Fact::Known(true), name != "azure-repos", "{name}");
    }
}

#[tokio::test]
async fn what_may_not_be_read_is_not_known_and_neither_open_nor_fine() {
    for face in FACES {
        let fake = Fake::start(*face);
        fake.memory().shown.guarded = true;
        fake.memory().shown.closed = vec!["protection", "environments"];
        let found = protection(&fake).await;
        let (branch, name) = (&found.branches[0], face.name());
        assert!(is_unknown(&branch.bypass), "{name}: {:?}", branch.bypass);
        match name {
            // Rulesets, and the number of approvals on Gitea, are told to everybody who sees the repository.
            "github" | "gitea" => assert_eq!(branch.approvals, Fact::Known(2), "{name}"),
            _ => assert!(is_unknown(&branch.approvals), "{name}: {:?}", branch.approvals),
        }
        if name == "github" {
            assert_eq!(branch.force_push, Fact::Known(false));
            assert!(is_unknown(&branch.deletion), "the older kind could forbid it");
        } else if name != "gitea" {
            assert!(is_unknown(&branch.force_push), "{name}: {:?}", branch.force_push);
        }
        let environment = &found.environments[0];
        assert!(
            name == "github" || name == "gitea" || is_unknown(&environment.reviewers),
            "{name}: {environment:?}"
        );
    }
}

#[tokio::test]
async fn who_may_create_a_tag_is_told() {
    for face in FACES {
        let fake = Fake::start(*face);
        let open = protection(&fake).await.tags.remove(0);
        fake.memory().shown.guarded = true;
        let closed = protection(&fake).await.tags.remove(0);
        let only = |name: &str| Fact::Known(TagCreators::Only(vec![name.to_owned()]));
        match face.name() {
            "github" => assert_eq!(closed.creators, only("the team number 7")),
            "gitlab" => assert_eq!(closed.creators, only("Maintainers")),
            "gitea" => assert_eq!(closed.creators, only("the user `ann`")),
            other => {
                assert!(is_unknown(&closed.creators) && is_unknown(&open.creators), "{other}: {closed:?}");
                continue;
            }
        }
        assert_eq!((open.creators, open.moves), (Fact::Known(TagCreators::Writers), Fact::Known(true)));
        assert_eq!(closed.moves, Fact::Known(false), "{}", face.name());
    }
}

#[tokio::test]
async fn the_gate_of_an_environment_is_told() {
    for face in FACES {
        let fake = Fake::start(*face);
        let open = protection(&fake).await.environments.remove(0);
        fake.memory().shown.guarded = true;
        let closed = protection(&fake).await.environments.remove(0);
        let name = face.name();
        if name == "gitea" {
            assert_eq!(closed.exists, Fact::NoSuchThing);
            continue;
        }
        assert_eq!(closed.exists, Fact::Known(true), "{name}");
        let references = |list: &[&str]| Fact::Known(Some(list.iter().map(|&one| one.to_owned()).collect()));
        match name {
            "github" => {
                assert_eq!(
                    closed.reviewers,
                    Fact::Known(vec!["ann".to_owned(), "the team platform".to_owned()])
                );
                assert_eq!(closed.references, references(&["`main`", "the tags `v*`"]));
                assert_eq!((closed.self_review, open.self_review), (Fact::Known(false), Fact::Known(true)));
                assert_eq!(open.references, Fact::Known(None));
            }
            "gitlab" => {
                assert_eq!(closed.reviewers, Fact::Known(vec!["platform".to_owned()]));
                assert_eq!(closed.deployers, references(&["Maintainers"]));
                assert_eq!(open.deployers, Fact::Known(None));
            }
            "azure-repos" => {
                assert_eq!(closed.reviewers, Fact::Known(vec!["platform".to_owned()]));
                assert_eq!(closed.references, references(&["`refs/heads/main`", "`refs/tags/v*`"]));
                assert_eq!(closed.self_review, Fact::Known(false));
                assert_eq!((open.references, open.reviewers), (Fact::Known(None), Fact::Known(Vec::new())));
            }
            _ => {
                assert_eq!(closed.deployers, references(&["administrators"]));
                assert_eq!(open.deployers, Fact::Known(None));
            }
        }
    }
}

#[tokio::test]
async fn variables_that_each_branch_gets_are_named_without_their_values() {
    let face = FACES.iter().find(|face| face.name() == "gitlab").unwrap();
    let fake = Fake::start(*face);
    let open = protection(&fake).await;
    assert_eq!(open.open_variables, Some(Fact::Known(vec!["AWS_SECRET_ACCESS_KEY".to_owned()])));
    assert!(!format!("{open:?}").contains("hunter2"));
    fake.memory().shown.guarded = true;
    assert_eq!(protection(&fake).await.open_variables, Some(Fact::Known(Vec::new())));
}
