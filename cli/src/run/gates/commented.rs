//! Approvals that people have given by a comment, as the ledger has them. They count as approving reviews do: for the commit
//! that was previewed, if they are later than the comment that shows it, and each person once.

use crate::admit::approvals::reviews::CountedReview;
use crate::base::moment::Moment;
use crate::forge::{ChangeRequest, Person, Review, ReviewState};
use crate::ledger::entry::{ApprovalWay, EntryApprover, LedgerEntry, same_hash};
use crate::ledger::history::History;
use crate::publish::comment::previewed::ShownPreview;

/// An approval by a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommentedApproval {
    /// Who approved.
    person: Person,
    /// The time of the comment, in RFC 3339, by the forge's clock.
    at: String,
    /// The approval, by which it counts once.
    approver: EntryApprover,
}

/// The approvals of what our comment on a change request shows.
pub(super) fn of_shown(
    past: Option<&History>,
    request: &ChangeRequest,
    shown: Option<&ShownPreview>,
) -> Vec<CommentedApproval> {
    let Some(((past, shown), digest)) =
        past.zip(shown).and_then(|both| Some((both, both.1.digest.as_deref()?)))
    else {
        return Vec::new();
    };
    let is_of_this = |entry: &&LedgerEntry| {
        let requests = &entry.change_requests;
        let commit = entry.commit.as_deref();
        same_hash(commit.unwrap_or_default(), &shown.commit)
            && (requests.is_empty() || requests.contains(&request.number))
    };
    past.approvals(digest).filter(is_of_this).filter_map(read).collect()
}

/// Reads an entry. None if it was not given by a comment, or if the ledger had no room for the name.
fn read(entry: &LedgerEntry) -> Option<CommentedApproval> {
    let approver = entry.approvers.iter().find(|approver| approver.by == ApprovalWay::Comment)?;
    let name = approver.name.as_deref().or(entry.actor.as_deref())?;
    Some(CommentedApproval {
        person: Person::named(name),
        at: entry.time.clone(),
        approver: EntryApprover { name: Some(name.to_owned()), ..approver.clone() },
    })
}

/// The reviews with these approvals among them, each where it stands by its time. One that may be older than another verdict
/// of the same person is left out: the last verdict of a person counts. `since`: the time of the refusal of another change
/// than the one that is shown, which no comment approves.
pub(super) fn among(
    mut reviews: Vec<Review>,
    approvals: &[CommentedApproval],
    commit: &str,
    since: Option<&str>,
) -> Vec<Review> {
    for approval in approvals.iter().filter(|_| since.is_none()) {
        let Some(at) = Moment::parse(&approval.at) else { continue };
        let is_earlier =
            |review: &Review| review.at.as_deref().and_then(Moment::parse).is_some_and(|other| other < at);
        let own = reviews.iter().filter(|review| review.person.is_same(&approval.person));
        if own.filter(|review| review.state != ReviewState::Commented).all(is_earlier) {
            reviews.push(Review {
                person: approval.person.clone(),
                state: ReviewState::Approved,
                commit: Some(commit.to_owned()),
                at: Some(approval.at.clone()),
                // Nobody else's comment is written into the ledger as an approval.
                may_write: Some(true),
            });
        }
    }
    reviews
}

/// The approval that is counted, if it was given by a comment.
pub(super) fn approver(approvals: &[CommentedApproval], counted: &CountedReview) -> Option<EntryApprover> {
    let own = |one: &&CommentedApproval| one.person.is_same(&counted.person) && one.at == counted.at;
    approvals.iter().find(own).map(|one| one.approver.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::entry::EntryKind;
    use std::time::UNIX_EPOCH;

    const HEAD: &str = "8d08154cabb1c4f71a535de986600303936780f8";

    fn digest() -> String {
        format!("sha256:{}", "a".repeat(64))
    }

    /// A ledger with an approval of the head by ann at noon.
    fn past(change: impl FnOnce(&mut LedgerEntry)) -> History {
        let mut entry = LedgerEntry::new(EntryKind::Approved, None, "prod", UNIX_EPOCH);
        entry.number = 1;
        entry.time = "2026-11-21T12:00:00Z".to_owned();
        (entry.digest, entry.commit, entry.change_requests) =
            (Some(digest()), Some(HEAD.to_owned()), vec![7]);
        entry.approvers =
            vec![EntryApprover::new(Some("ann"), ApprovalWay::Comment, Some("acme/shop#7 comment 41"))];
        change(&mut entry);
        let mut past = History::default();
        past.add(entry);
        past
    }

    fn found(past: &History) -> Vec<CommentedApproval> {
        let shown = ShownPreview { commit: HEAD.to_owned(), at: None, digest: Some(digest()), record: None };
        let request = ChangeRequest { number: 7, ..ChangeRequest::default() };
        of_shown(Some(past), &request, Some(&shown))
    }

    fn review(state: ReviewState, at: Option<&str>) -> Review {
        let at = at.map(str::to_owned);
        Review {
            person: Person::named("ANN"),
            state,
            commit: Some(HEAD.to_owned()),
            at,
            may_write: Some(true),
        }
    }

    #[test]
    fn an_approval_is_one_of_what_is_shown() {
        assert_eq!(found(&past(|_| {})).len(), 1);
        assert!(found(&past(|entry| entry.commit = Some("0".repeat(40)))).is_empty());
        assert!(found(&past(|entry| entry.commit = None)).is_empty());
        assert!(found(&past(|entry| entry.digest = Some(format!("sha256:{}", "b".repeat(64))))).is_empty());
        assert!(found(&past(|entry| entry.change_requests = vec![8])).is_empty());
    }

    #[test]
    fn an_entry_of_another_way_is_none() {
        let by = |way| EntryApprover::new(Some("ann"), way, Some("4711"));
        assert!(found(&past(|entry| entry.approvers = vec![by(ApprovalWay::Ssh)])).is_empty());
        assert!(found(&past(|entry| entry.approvers[0].name = None)).is_empty(), "nobody knows whose it is");
    }

    #[test]
    fn it_is_a_review_unless_its_author_has_said_something_else_since() {
        let approvals = found(&past(|_| {}));
        let after = |reviews: Vec<Review>| among(reviews, &approvals, HEAD, None).last().map(|one| one.state);
        assert_eq!(after(Vec::new()), Some(ReviewState::Approved));
        let asked = |at| vec![review(ReviewState::ChangesRequested, at)];
        assert_eq!(after(asked(Some("2026-11-21T11:00:00Z"))), Some(ReviewState::Approved));
        assert_eq!(after(asked(Some("2026-11-21T13:00:00Z"))), Some(ReviewState::ChangesRequested));
        assert_eq!(after(asked(None)), Some(ReviewState::ChangesRequested), "nobody knows which was later");
    }

    #[test]
    fn a_change_that_was_accepted_after_its_refusal_is_another_one() {
        let approvals = found(&past(|_| {}));
        assert!(among(Vec::new(), &approvals, HEAD, Some("2026-11-20T10:00:00Z")).is_empty());
    }

    #[test]
    fn what_counts_is_known_by_its_comment() {
        let approvals = found(&past(|_| {}));
        let counted = |at: &str| CountedReview {
            person: Person::named("ann"),
            commit: HEAD.to_owned(),
            at: at.to_owned(),
        };
        let one = approver(&approvals, &counted("2026-11-21T12:00:00Z")).unwrap();
        assert_eq!((one.by, one.id.as_deref()), (ApprovalWay::Comment, Some("acme/shop#7 comment 41")));
        assert_eq!(approver(&approvals, &counted("2026-11-21T12:30:00Z")), None);
    }
}
