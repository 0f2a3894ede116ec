//! Files and history on each forge.

use stackstep::forge::trouble::TroubleKind;
use stackstep::forge::{Client, MergedBetween, RepositoryFile};

use stackstep::lifecycle::RepositoryIdentity;

use super::{hash, http};
use crate::support::forge::{FACES, Fake, Pull, State};

/// `main` has two merges on a base; a branch beside it has one commit that was not merged.
///
/// ```text
/// base ── squash ── merge (main)
///     └── work ────┘
///     └── aside
/// ```
fn history(fake: &Fake) {
    let mut memory = fake.memory();
    memory.shown.commits = [
        ("merge", &["squash", "work"][..]),
        ("squash", &["base"]),
        ("work", &["base"]),
        ("aside", &["base"]),
        ("base", &[]),
    ]
    .map(|(name, parents)| (hash(name), parents.iter().map(|parent| hash(parent)).collect()))
    .to_vec();
    memory.shown.branches =
        vec![("main".to_owned(), hash("merge")), ("feature/a b".to_owned(), hash("aside"))];
    memory.shown.files = vec![(
        hash("merge"),
        "stackstep.yaml".to_owned(),
        "deploy:\n  branches: { main: prod }\n".to_owned(),
    )];
}

#[tokio::test]
async fn the_id_of_a_repository_is_the_forges_own_and_not_its_name() {
    for face in FACES {
        let (fake, http) = (Fake::start(*face), http());
        history(&fake);
        let place = fake.place();
        let read = Client::new(http, &place).repository().await.unwrap();
        let id = match face.name() {
            "azure-repos" => "2f3d",
            "bitbucket" => "{0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f}",
            _ => "1",
        };
        assert_eq!((read.id.as_str(), read.path.as_str()), (id, "acme/shop"), "{}", face.name());
        assert!(RepositoryIdentity::from_id(&place.host(), &read.id).is_some(), "{}", place.host());
    }
}

#[tokio::test]
async fn the_default_branch_and_the_head_of_any_branch_are_read() {
    for face in FACES {
        let (fake, http) = (Fake::start(*face), http());
        history(&fake);
        let place = fake.place();
        let client = Client::new(http, &place);
        assert_eq!(client.default_branch().await.unwrap(), "main", "{}", face.name());
        assert_eq!(client.branch_head("feature/a b").await.unwrap(), hash("aside"), "{}", face.name());
        let missing = client.branch_head("gone").await.unwrap_err();
        assert_eq!(missing.kind, TroubleKind::Missing, "{}: {missing}", face.name());
    }
}

#[tokio::test]
async fn a_file_is_read_at_a_commit_and_a_missing_one_is_told_from_one_that_may_not_be_read() {
    for face in FACES {
        let (fake, http) = (Fake::start(*face), http());
        history(&fake);
        let place = fake.place();
        let client = Client::new(http, &place);
        let text = RepositoryFile::Text("deploy:\n  branches: { main: prod }\n".to_owned());
        assert_eq!(client.file(&hash("merge"), "stackstep.yaml").await.unwrap(), text, "{}", face.name());
        let missing = client.file(&hash("base"), "stackstep.yaml").await.unwrap();
        assert_eq!(missing, RepositoryFile::Missing, "{}", face.name());
        let unknown = client.file(&hash("nowhere"), "stackstep.yaml").await.unwrap_err();
        assert_eq!(unknown.kind, TroubleKind::Missing, "{}: a commit that is not there", face.name());
        fake.memory().shown.closed = vec!["contents"];
        let closed = client.file(&hash("merge"), "stackstep.yaml").await.unwrap_err();
        assert!(closed.problem.hint.unwrap().contains("https://"), "{}", face.name());
    }
}

#[tokio::test]
async fn a_file_that_is_no_text_or_too_large_is_an_error() {
    for face in FACES {
        let (fake, http) = (Fake::start(*face), http());
        history(&fake);
        let place = fake.place();
        let client = Client::new(http, &place);
        for (text, says) in
            [("a\0b".to_owned(), "not a text"), ("x".repeat((1 << 20) + 1), "larger than 1 MiB")]
        {
            fake.memory().shown.files[0].2 = text;
            let trouble = client.file(&hash("merge"), "stackstep.yaml").await.unwrap_err();
            assert!(trouble.problem.what.contains(says), "{}: {trouble}", face.name());
        }
    }
}

#[tokio::test]
async fn a_branch_contains_what_was_merged_into_it_and_nothing_else() {
    for face in FACES {
        let (fake, http) = (Fake::start(*face), http());
        history(&fake);
        let place = fake.place();
        let client = Client::new(http, &place);
        for (commit, contained) in [("merge", true), ("work", true), ("base", true), ("aside", false)] {
            let answer = client.branch_contains("main", &hash(commit)).await.unwrap();
            assert_eq!(answer, contained, "{}: {commit}", face.name());
        }
        let unknown = client.branch_contains("main", &hash("nowhere")).await.unwrap_err();
        assert_eq!(unknown.kind, TroubleKind::Missing, "{}: not known is not `no`", face.name());
    }
}

fn pull(number: u64, commits: &[&str], target: &str) -> Pull {
    let commits = commits.iter().map(|name| hash(name)).collect();
    Pull {
        number,
        state: State::Merged,
        commits,
        target: target.to_owned(),
        merge_commit: Some(hash("merge")),
        ..Pull::default()
    }
}

async fn merged(fake: &Fake, from: &str, to: &str) -> MergedBetween {
    let place = fake.place();
    let client = Client::new(http(), &place);
    client.merged_between(&hash(from), &hash(to), "main").await.unwrap()
}

#[tokio::test]
async fn what_was_merged_between_two_commits_is_found_with_what_nobody_reviewed() {
    for face in FACES {
        let fake = Fake::start(*face);
        history(&fake);
        let other = pull(5, &["squash"], "release");
        let open = Pull { state: State::Open, ..pull(6, &["squash"], "main") };
        // Azure's list has no parents, so each commit of a change request is asked for.
        fake.memory().pulls = vec![pull(7, &["merge", "work"], "main"), other, open];
        let found = merged(&fake, "base", "merge").await;
        assert_eq!(found.found.iter().map(|one| one.number).collect::<Vec<_>>(), [7], "{}", face.name());
        assert_eq!(found.without, [hash("squash")], "{}: pushed without a change request", face.name());
        assert_eq!(found.not_known, None, "{}", face.name());
        assert_eq!(merged(&fake, "merge", "merge").await, MergedBetween::default(), "{}", face.name());
    }
}

#[tokio::test]
async fn what_is_told_of_a_merged_change_request() {
    for face in FACES {
        let (fake, http) = (Fake::start(*face), http());
        history(&fake);
        fake.memory().pulls = vec![pull(7, &["merge"], "main")];
        let place = fake.place();
        let one = Client::new(http, &place).change_request(7).await.unwrap();
        assert_eq!(one.author.as_ref().map(|author| author.id.as_str()), Some("ada"), "{}", face.name());
        assert_eq!(one.target.as_deref(), Some("main"), "{}", face.name());
        assert_eq!(one.merge_commit, Some(hash("merge")), "{}", face.name());
        let has_time = one.merged_at.is_some_and(|at| at.starts_with("2026-11-21T10:00:00"));
        assert_eq!(has_time, face.name() != "bitbucket", "{}", face.name());
        assert_eq!(one.labels == ["infra"], face.name() != "bitbucket", "{}", face.name());
        fake.memory().pulls[0].state = State::Open;
        let open = Client::new(http, &place).change_request(7).await.unwrap();
        assert_eq!((open.merged_at, open.merged), (None, false), "{}", face.name());
        // What it says of a merge that was only tried is no merge.
        if face.name() != "bitbucket" {
            assert_eq!(open.merge_commit, None, "{}", face.name());
        }
    }
}

#[tokio::test]
async fn too_many_commits_are_not_known_and_never_nothing() {
    for face in FACES {
        let fake = Fake::start(*face);
        let name = |number: usize| hash(&format!("c{number}"));
        let line = (0..=300)
            .map(|number| (name(number), (number > 0).then(|| name(number - 1)).into_iter().collect()));
        fake.memory().shown.commits = line.collect();
        let place = fake.place();
        let client = Client::new(http(), &place);
        let found = client.merged_between(&name(0), &name(300), "main").await.unwrap();
        assert!(found.not_known.unwrap().what.contains("more than 250 commits"), "{}", face.name());
        let found = client.merged_between(&name(0), &name(100), "main").await.unwrap();
        assert!(
            found.not_known.unwrap().what.contains("100 merges, which is more than 60"),
            "{}",
            face.name()
        );
        assert!(found.found.is_empty() && found.without.is_empty());
    }
}
