use super::*;

const HEAD: &str = "8d08154cabb1c4f71a535de986600303936780f8";
const OLD: &str = "2d5a1c0e9f3b4a6d8c7e5f1a2b3c4d5e6f708192";
const COMMENTED: &str = "2026-11-21T10:00:00Z";
const LATER: &str = "2026-11-21T10:05:00Z";

fn person(name: &str) -> Person {
    Person { id: name.to_owned(), names: Vec::new(), shown: name.to_owned(), bot: name.ends_with("[bot]") }
}

fn review(name: &str, state: ReviewState) -> Review {
    Review {
        person: person(name),
        state,
        commit: Some(HEAD.to_owned()),
        at: Some(LATER.to_owned()),
        may_write: Some(true),
    }
}

fn approval(name: &str) -> Review {
    review(name, ReviewState::Approved)
}

/// The verdict where `needed` approvals are needed from `from`.
fn judged(reviews: &[Review], needed: usize, from: &[&str], teams: &[(&str, TeamMembers)]) -> ReviewVerdict {
    let author = person("Ada");
    let from: Vec<String> = from.iter().map(|&name| name.to_owned()).collect();
    let teams = teams.iter().map(|(name, members)| ((*name).to_owned(), members.clone())).collect();
    count_reviews(
        reviews,
        &ReviewFacts {
            request: "pull request #7",
            author: Some(&author),
            head: HEAD,
            commented_at: COMMENTED,
            needed,
            from: &from,
            teams: &teams,
        },
    )
}

/// The only approval does not count for this reason.
#[track_caller]
fn is_refused(review: Review, why: &WhyNot, says: &str, way_out: &str) {
    let verdict = judged(&[review], 1, &[], &[]);
    assert_eq!(verdict.not_counted.iter().map(|one| &one.why).collect::<Vec<_>>(), [why]);
    let problem = verdict.problem().unwrap();
    assert!(problem.what.starts_with("0 of 1 approving review of pull request #7 is there; "), "{problem}");
    assert!(problem.what.contains(says), "{problem}");
    assert!(problem.hint.as_ref().unwrap().contains(way_out), "{problem}");
}

#[test]
fn as_many_approvals_as_are_needed_are_enough() {
    let reviews = [approval("ann"), approval("bob")];
    let verdict = judged(&reviews, 2, &[], &[]);
    assert!(verdict.is_enough() && verdict.problem().is_none());
    let names: Vec<&str> = verdict.counted.iter().map(|one| one.person.id.as_str()).collect();
    assert_eq!(names, ["ann", "bob"]);
    assert_eq!((verdict.counted[0].commit.as_str(), verdict.counted[0].at.as_str()), (HEAD, LATER));
    assert!(!judged(&reviews, 3, &[], &[]).is_enough());
    assert!(judged(&[], 0, &[], &[]).is_enough(), "where none is needed");
}

#[test]
fn one_person_is_one_approval_however_often_they_approve() {
    let verdict = judged(&[approval("ann"), approval("Ann")], 2, &[], &[]);
    assert_eq!(verdict.counted.len(), 1);
    let problem = verdict.problem().unwrap();
    assert_eq!(problem.what, "1 of 2 approving reviews of pull request #7 are there: `Ann`");
    assert!(problem.hint.unwrap().contains("after reading the preview"));
}

#[test]
fn an_approval_of_another_commit_does_not_count() {
    let why = WhyNot::OtherCommit { approved: OLD.to_owned(), previewed: HEAD.to_owned() };
    let one = Review { commit: Some(OLD.to_owned()), ..approval("ann") };
    is_refused(
        one,
        &why,
        "they approved `2d5a1c0e9f`, and the preview is of `8d08154cab`",
        "ask `ann` to approve again",
    );
    let one = Review { commit: None, ..approval("ann") };
    is_refused(one, &WhyNot::CommitNotKnown, "does not tell which commit", "ask `ann` to approve again");
    // The beginning of a hash is not the hash.
    let short = Review { commit: Some(HEAD[..12].to_owned()), ..approval("ann") };
    assert!(!judged(&[short], 1, &[], &[]).is_enough());
}

#[test]
fn an_approval_before_the_comment_does_not_count() {
    for at in ["2026-11-21T09:59:59Z", COMMENTED, "2026-11-21T11:59:00+02:00"] {
        let why = WhyNot::BeforeComment { approved: at.to_owned(), commented: COMMENTED.to_owned() };
        let one = Review { at: Some(at.to_owned()), ..approval("ann") };
        is_refused(one, &why, "before the preview was shown at 2026-11-21T10:00:00Z", "read the preview");
    }
    for at in [None, Some("yesterday".to_owned())] {
        is_refused(Review { at, ..approval("ann") }, &WhyNot::TimeNotKnown, "is not known", "approve again");
    }
    let in_another_zone = Review { at: Some("2026-11-21T12:00:01+02:00".to_owned()), ..approval("ann") };
    assert!(judged(&[in_another_zone], 1, &[], &[]).is_enough());
}

#[test]
fn authors_and_bots_do_not_count() {
    is_refused(approval("ADA"), &WhyNot::Author, "they are the author", "another person");
    is_refused(approval("ci[bot]"), &WhyNot::Bot, "not a person", "another person");
}

#[test]
fn where_the_author_is_not_known_nobody_counts() {
    let facts = ReviewFacts {
        request: "pull request #7",
        author: None,
        head: HEAD,
        commented_at: COMMENTED,
        needed: 1,
        from: &[],
        teams: &BTreeMap::new(),
    };
    let verdict = count_reviews(&[approval("ann")], &facts);
    assert_eq!(verdict.not_counted[0].why, WhyNot::AuthorNotKnown);
    let empty = ReviewFacts { author: Some(&person("Ada")), head: "", ..facts };
    assert!(!count_reviews(&[Review { commit: Some(String::new()), ..approval("ann") }], &empty).is_enough());
}

#[test]
fn without_names_only_those_count_who_may_write() {
    let reader = Review { may_write: Some(false), ..approval("eve") };
    is_refused(reader, &WhyNot::MayNotWrite, "may not write", "another person");
    let unknown = Review { may_write: None, ..approval("eve") };
    is_refused(unknown, &WhyNot::WriterNotKnown, "whether they may write", "name `eve` in `approvals.from`");
}

#[test]
fn with_names_exactly_those_count() {
    let unknown = |name| Review { may_write: None, ..approval(name) };
    assert!(judged(&[unknown("ann")], 1, &["ANN"], &[]).is_enough(), "the definition says who");
    let verdict = judged(&[approval("bob")], 1, &["ann"], &[]);
    assert_eq!(verdict.not_counted[0].why, WhyNot::NotNamed);
    assert!(verdict.problem().unwrap().hint.unwrap().contains("add `bob` there"));
}

#[test]
fn members_of_a_team_count_and_a_team_that_can_not_be_read_is_told() {
    let team = |names: &[&str]| TeamMembers::Known(names.iter().map(|name| person(name)).collect());
    let from = &["@acme/platform"][..];
    assert!(judged(&[approval("ann")], 1, from, &[("@acme/platform", team(&["ann"]))]).is_enough());
    assert!(!judged(&[approval("bob")], 1, from, &[("@acme/platform", team(&["ann"]))]).is_enough());
    let closed =
        TeamMembers::NotKnown(Problem::new("GitHub answered with status 403", "give a token of an app"));
    let verdict = judged(&[approval("ann")], 1, from, &[("@acme/platform", closed.clone())]);
    let problem = verdict.problem().unwrap();
    assert!(problem.what.contains("whether they are in `@acme/platform`"), "{problem}");
    assert!(problem.what.contains("status 403"), "{problem}");
    assert!(problem.hint.unwrap().contains("give a token of an app"));
    let both = judged(&[approval("ann")], 1, &["@acme/platform", "ann"], &[("@acme/platform", closed)]);
    assert!(both.is_enough(), "a name is enough");
    assert!(!judged(&[approval("ann")], 1, from, &[]).is_enough(), "a team that nobody asked for");
    assert!(!judged(&[approval("@acme/platform")], 1, from, &[]).is_enough(), "nobody is a team");
}

#[test]
fn the_last_verdict_of_a_person_counts_and_a_comment_is_none() {
    use ReviewState::{ChangesRequested, Commented, Dismissed};
    let after = |state| judged(&[approval("ann"), review("ann", state)], 1, &[], &[]);
    assert!(after(Commented).is_enough());
    assert_eq!(after(Dismissed).not_counted[0].why, WhyNot::Dismissed);
    assert_eq!(after(ChangesRequested).blocking, [person("ann")]);
    let again = judged(&[review("ann", ChangesRequested), approval("ann")], 1, &[], &[]);
    assert!(again.is_enough());
    let dismissed = judged(&[review("ann", Dismissed), approval("bob")], 1, &[], &[]);
    assert!(dismissed.is_enough(), "a request for changes that was dismissed blocks no more");
}

#[test]
fn who_requests_changes_blocks_though_there_are_enough_approvals() {
    use ReviewState::ChangesRequested;
    let others = [approval("ann"), approval("cat")];
    let with = |one: Review, from: &[&str]| judged(&[&others[..], &[one]].concat(), 1, from, &[]);
    let old = Review { commit: Some(OLD.to_owned()), at: None, ..review("bob", ChangesRequested) };
    let verdict = with(old, &[]);
    let problem = verdict.problem().unwrap();
    assert_eq!(problem.what, "`bob` requests changes on pull request #7");
    assert!(problem.hint.unwrap().contains("dismiss their review"));
    let unknown = Review { may_write: None, ..review("bob", ChangesRequested) };
    assert!(!with(unknown, &[]).is_enough(), "what is not known is no permission to go on");
    assert!(!with(review("bob", ChangesRequested), &["ann"]).is_enough(), "one who may write is heard");
}

#[test]
fn strangers_bots_and_the_author_block_nobody() {
    use ReviewState::ChangesRequested;
    let stranger = Review { may_write: Some(false), ..review("eve", ChangesRequested) };
    for (one, from) in [
        (stranger.clone(), &[][..]),
        (stranger, &["ann"][..]),
        (review("lint[bot]", ChangesRequested), &[][..]),
        (review("ada", ChangesRequested), &[][..]),
    ] {
        let verdict = judged(&[approval("ann"), one], 1, from, &[]);
        assert!(verdict.is_enough(), "{verdict:?}");
    }
}

#[test]
fn every_approval_that_does_not_count_is_named_with_its_reason() {
    let reviews = [
        approval("ann"),
        Review { commit: Some(OLD.to_owned()), ..approval("bob") },
        Review { may_write: Some(false), ..approval("eve") },
    ];
    let problem = judged(&reviews, 2, &[], &[]).problem().unwrap();
    assert_eq!(
        problem.what,
        "1 of 2 approving reviews of pull request #7 are there: `ann`; `bob` does not count: they approved `2d5a1c0e9f`, and \
         the preview is of `8d08154cab`; `eve` does not count: they may not write to the repository"
    );
    let hint = problem.hint.unwrap();
    assert!(hint.contains("ask `bob`") && hint.contains("another person"), "{hint}");
}
