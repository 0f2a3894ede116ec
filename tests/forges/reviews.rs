//! The reviews of a change request on each forge, and what they come to.

use std::collections::BTreeMap;

use stackstep::admit::approvals::reviews::{ReviewFacts, ReviewVerdict, TeamMembers, count_reviews};
use stackstep::forge::{Client, ReviewState};

use super::{at, hash, http, review};
use crate::support::forge::reads::{Kept, Verdict};
use crate::support::forge::{FACES, Fake, HEAD, NUMBER};

/// A change request with two pushes and these reviews.
fn reviewed(fake: &Fake, reviews: Vec<Kept>) {
    let mut memory = fake.memory();
    memory.shown.pushes = vec![(at("09:00"), hash("old")), (at("11:00"), HEAD.to_owned())];
    memory.shown.commits = vec![(hash("old"), Vec::new()), (HEAD.to_owned(), vec![hash("old")])];
    memory.shown.reviews = reviews;
}

/// What the reviews come to, where the preview of the head was shown at 12:00.
async fn judged(fake: &Fake, needed: usize, from: &[&str]) -> ReviewVerdict {
    let place = fake.place();
    let client = Client::new(http(), &place);
    let request = client.change_request(NUMBER).await.unwrap();
    let reviews = client.reviews(NUMBER).await.unwrap();
    let from: Vec<String> = from.iter().map(|&name| name.to_owned()).collect();
    let mut teams = BTreeMap::new();
    for team in from.iter().filter_map(|name| name.strip_prefix('@')) {
        let members = match client.team_members(team).await {
            Ok(members) => TeamMembers::Known(members.unwrap()),
            Err(trouble) => TeamMembers::NotKnown(trouble.problem),
        };
        teams.insert(format!("@{team}"), members);
    }
    count_reviews(
        &reviews,
        &ReviewFacts {
            request: &place.forge.request(NUMBER),
            author: request.author.as_ref(),
            head: HEAD,
            commented_at: &at("12:00"),
            needed,
            from: &from,
            teams: &teams,
        },
    )
}

#[tokio::test]
async fn an_approval_of_the_head_after_the_comment_counts() {
    for face in FACES {
        let fake = Fake::start(*face);
        reviewed(&fake, vec![review("ann", Verdict::Approved, "12:30", HEAD)]);
        let verdict = judged(&fake, 1, &[]).await;
        assert!(verdict.is_enough(), "{}: {verdict:#?}", face.name());
        let counted = &verdict.counted[0];
        assert_eq!((counted.person.id.as_str(), counted.commit.as_str()), ("ann", HEAD), "{}", face.name());
        assert_eq!(counted.at, at("12:30"), "{}", face.name());
    }
}

#[tokio::test]
async fn an_approval_of_an_older_push_does_not_count_though_the_forge_keeps_it() {
    for face in FACES {
        let fake = Fake::start(*face);
        reviewed(&fake, vec![review("ann", Verdict::Approved, "10:00", &hash("old"))]);
        let problem = judged(&fake, 1, &[]).await.problem().unwrap();
        let says = format!("they approved `{}`, and the preview is of `{}`", &hash("old")[..10], &HEAD[..10]);
        assert!(problem.what.contains(&says), "{}: {problem}", face.name());
        reviewed(&fake, vec![review("ann", Verdict::Approved, "11:30", HEAD)]);
        let problem = judged(&fake, 1, &[]).await.problem().unwrap();
        assert!(problem.what.contains("before the preview was shown"), "{}: {problem}", face.name());
    }
}

#[tokio::test]
async fn the_author_does_not_count_and_who_requests_changes_blocks() {
    for face in FACES {
        let fake = Fake::start(*face);
        reviewed(&fake, vec![review("ada", Verdict::Approved, "12:30", HEAD)]);
        let problem = judged(&fake, 1, &[]).await.problem().unwrap();
        assert!(problem.what.contains("they are the author"), "{}: {problem}", face.name());
        let both = [
            review("ann", Verdict::Approved, "12:30", HEAD),
            review("bob", Verdict::Changes, "10:00", &hash("old")),
            review("cat", Verdict::Approved, "12:31", HEAD),
        ];
        reviewed(&fake, both.to_vec());
        let verdict = judged(&fake, 1, &[]).await;
        assert_eq!(verdict.counted.len(), 2, "{}: {verdict:#?}", face.name());
        assert!(verdict.problem().unwrap().what.contains("requests changes on"), "{}", face.name());
        let again = [&both[..], &[review("bob", Verdict::Approved, "12:40", HEAD)]].concat();
        reviewed(&fake, again);
        let verdict = judged(&fake, 3, &[]).await;
        assert!(verdict.is_enough(), "{}: {verdict:#?}", face.name());
    }
}

#[tokio::test]
async fn an_approval_that_was_taken_back_is_told() {
    for face in FACES {
        let fake = Fake::start(*face);
        reviewed(&fake, vec![review("ann", Verdict::Dismissed, "12:30", HEAD)]);
        let verdict = judged(&fake, 1, &[]).await;
        assert!(!verdict.is_enough() && verdict.blocking.is_empty(), "{}", face.name());
        // Bitbucket's list has no word of it.
        let named = verdict.problem().unwrap().what.contains("was dismissed or reset");
        assert_eq!(named, face.name() != "bitbucket", "{}: {verdict:#?}", face.name());
    }
}

#[tokio::test]
async fn who_may_not_write_does_not_count_where_everybody_can_approve() {
    for face in FACES {
        let fake = Fake::start(*face);
        let stranger = Kept { writes: false, ..review("eve", Verdict::Approved, "12:30", HEAD) };
        reviewed(&fake, vec![stranger]);
        let verdict = judged(&fake, 1, &[]).await;
        // On the others nobody can who may not.
        let everybody = ["github", "bitbucket", "gitea"].contains(&face.name());
        assert_eq!(verdict.is_enough(), !everybody, "{}: {verdict:#?}", face.name());
        if everybody {
            assert!(verdict.problem().unwrap().what.contains("they may not write"), "{verdict:#?}");
        }
    }
}

#[tokio::test]
async fn what_the_token_may_not_read_of_people_is_not_known_and_counts_only_by_name() {
    for face in FACES.iter().filter(|face| ["github", "bitbucket"].contains(&face.name())) {
        let fake = Fake::start(*face);
        reviewed(&fake, vec![review("ann", Verdict::Approved, "12:30", HEAD)]);
        fake.memory().shown.closed = vec!["writers"];
        let problem = judged(&fake, 1, &[]).await.problem().unwrap();
        assert!(problem.what.contains("whether they may write to the repository is not known"), "{problem}");
        assert!(judged(&fake, 1, &["ann"]).await.is_enough(), "{}", face.name());
    }
}

#[tokio::test]
async fn members_of_a_team_are_read_and_one_that_may_not_be_read_says_what_it_takes() {
    for face in FACES {
        let fake = Fake::start(*face);
        let team = match face.name() {
            "azure-repos" | "bitbucket" => "@platform",
            _ => "@acme/platform",
        };
        let approvals = vec![
            review("ann", Verdict::Approved, "12:30", HEAD),
            review("bob", Verdict::Approved, "12:31", HEAD),
        ];
        reviewed(&fake, approvals);
        fake.memory().shown.team = vec!["ann".to_owned(), "zoe".to_owned()];
        let verdict = judged(&fake, 1, &[team]).await;
        assert!(verdict.is_enough() && verdict.counted.len() == 1, "{}: {verdict:#?}", face.name());
        fake.memory().shown.closed = vec!["team"];
        let problem = judged(&fake, 1, &[team]).await.problem().unwrap();
        assert!(
            problem.what.contains(&format!("whether they are in `{team}`")),
            "{}: {problem}",
            face.name()
        );
        let needs = match face.name() {
            "github" => "Members: Read",
            "gitlab" => "read_api",
            "azure-repos" => "Project and Team (Read)",
            "bitbucket" => "Account: Read",
            _ => "read:organization",
        };
        assert!(problem.hint.unwrap().contains(needs), "{}", face.name());
    }
}

#[tokio::test]
async fn bitbucket_tells_no_groups_members() {
    let face = FACES.iter().find(|face| face.name() == "bitbucket").unwrap();
    let (fake, http) = (Fake::start(*face), http());
    let place = fake.place();
    assert_eq!(Client::new(http, &place).team_members("acme/platform").await.unwrap(), None);
}

#[tokio::test]
async fn reviews_that_the_token_may_not_read_are_an_error_with_the_permission() {
    for face in FACES {
        let (fake, http) = (Fake::start(*face), http());
        reviewed(&fake, vec![review("ann", Verdict::Approved, "12:30", HEAD)]);
        fake.memory().shown.closed = vec!["reviews"];
        let place = fake.place();
        let trouble = Client::new(http, &place).reviews(NUMBER).await.unwrap_err();
        assert!(trouble.problem.what.contains("status 403"), "{}: {trouble}", face.name());
        assert!(trouble.problem.hint.unwrap().contains("https://"), "{}", face.name());
    }
}

#[tokio::test]
async fn a_vote_that_somebody_else_has_written_down_gives_no_vote_a_later_time() {
    let face = FACES.iter().find(|face| face.name() == "azure-repos").unwrap();
    let (fake, http) = (Fake::start(*face), http());
    reviewed(&fake, vec![review("ann", Verdict::Approved, "10:00", &hash("old"))]);
    // The author can write a thread with any properties, in their own name.
    let forged = serde_json::json!({
        "id": 150, "publishedDate": at("12:30"), "isDeleted": false,
        "comments": [{ "id": 1, "commentType": "system", "author": { "id": "ada" } }],
        "properties": {
            "CodeReviewThreadType": { "$value": "VoteUpdate" }, "CodeReviewVotedByTfId": { "$value": "ann" },
            "CodeReviewVoteResult": { "$value": "10" },
        },
    });
    fake.memory().shown.forged = Some(forged);
    let place = fake.place();
    let reviews = Client::new(http, &place).reviews(NUMBER).await.unwrap();
    assert_eq!(reviews.len(), 1);
    assert_eq!((reviews[0].state, reviews[0].at.clone()), (ReviewState::Approved, Some(at("10:00"))));
}
