//! Whether the stack of a change request's name is the one that was made for it. A name can be anybody's, a tag is lost by a
//! rename and inherited by the next stack of the name, and a ledger outlives its stack: so all of them have to agree, and where
//! something could be lost, the stack's own history as well.

use super::mark::{Mark, in_message};
use super::review_name::{RepositoryIdentity, ReviewName};
use crate::ledger::entry::LedgerEntry;

/// The change request's project.
#[derive(Debug, Clone, Copy)]
pub struct ReviewSubject<'a> {
    /// The identity of the repository.
    pub repository: &'a RepositoryIdentity,
    /// The project.
    pub project: &'a str,
    /// The name of the stack.
    pub name: &'a ReviewName,
}

/// What is there of a stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundStack {
    /// The value of our tag. None without one.
    pub tag: Option<String>,
    /// The number of resources in its state.
    pub resources: usize,
    /// The messages of its updates.
    pub messages: Vec<String>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// It is ours, with this nonce.
    Ours {
        /// The nonce.
        nonce: String,
        /// Whether an update of it says so: without one nothing was ever deployed.
        is_signed: bool,
    },
    /// A run was stopped between creating and marking it: it holds nothing, and the ledger has this nonce for it.
    Unmarked {
        /// The nonce.
        nonce: String,
    },
    /// It is not certain, for this reason: it is left alone.
    Unsure(String),
}

/// Whose a stack is, by what is there and by the last opening that the ledger has.
pub fn ownership(subject: &ReviewSubject<'_>, opened: Option<&LedgerEntry>, found: &FoundStack) -> Ownership {
    let unsure = |why: &str| Ownership::Unsure(why.to_owned());
    let Some(opened) = opened else { return unsure("the ledger does not say that it was opened for one") };
    let Some(nonce) = &opened.nonce else { return unsure("the ledger has no nonce for it") };
    let number = subject.name.number();
    if opened.repository.as_deref() != Some(subject.repository.as_str()) || opened.change_requests != [number]
    {
        return unsure("the ledger says that it was opened for another change request");
    }
    let Some(tag) = &found.tag else {
        return if found.resources == 0 && found.messages.is_empty() {
            Ownership::Unmarked { nonce: nonce.clone() }
        } else {
            unsure("it has no tag `stackstep`, which a renamed stack loses")
        };
    };
    let Some(mark) = Mark::parse(tag) else {
        return unsure("its tag `stackstep` is not one that is written");
    };
    if mark.repository != *subject.repository
        || mark.number != number
        || !mark.belongs_to(subject.name.as_str(), subject.project)
    {
        return unsure("its tag `stackstep` was written for another stack");
    }
    if mark.nonce != *nonce {
        return unsure("its tag `stackstep` is that of an earlier stack of this name");
    }
    let ours = in_message(nonce);
    let is_signed = found.messages.iter().any(|message| message.ends_with(&ours));
    if is_signed || (found.resources == 0 && found.messages.is_empty()) {
        return Ownership::Ours { nonce: nonce.clone(), is_signed };
    }
    unsure("none of its updates is one of ours: another stack may have been renamed to this name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::entry::EntryKind;
    use std::time::UNIX_EPOCH;

    const NONCE: &str = "0123456789abcdef";

    fn shop() -> RepositoryIdentity {
        RepositoryIdentity::from_id("github.com", "123456").unwrap()
    }

    fn opened() -> LedgerEntry {
        let mut entry = LedgerEntry::new(EntryKind::Opened, Some("shop"), "pr-7-x", UNIX_EPOCH);
        entry.nonce = Some(NONCE.to_owned());
        entry.repository = Some("github.com/123456".to_owned());
        entry.change_requests = vec![7];
        entry
    }

    fn mark() -> Mark {
        Mark {
            repository: shop(),
            number: 7,
            project: "shop".to_owned(),
            nonce: NONCE.to_owned(),
            created: "2026-11-30T10:00:00Z".to_owned(),
        }
    }

    fn deployed() -> FoundStack {
        let messages = vec!["by hand".to_owned(), format!("Pull request #7 {}", in_message(NONCE))];
        FoundStack { tag: Some(mark().to_string()), resources: 3, messages }
    }

    fn judged(opened: Option<&LedgerEntry>, found: &FoundStack) -> Ownership {
        let repository = shop();
        let name = ReviewName::for_request(&repository, "shop", 7).unwrap();
        let subject = ReviewSubject { repository: &repository, project: "shop", name: &name };
        ownership(&subject, opened, found)
    }

    #[track_caller]
    fn is_left_alone(opened: Option<&LedgerEntry>, found: &FoundStack) {
        let judged = judged(opened, found);
        assert!(matches!(judged, Ownership::Unsure(_)), "{judged:?}");
    }

    #[test]
    fn a_stack_is_ours_where_name_tag_ledger_and_history_agree() {
        let ours = Ownership::Ours { nonce: NONCE.to_owned(), is_signed: true };
        assert_eq!(judged(Some(&opened()), &deployed()), ours);
    }

    #[test]
    fn a_run_that_was_stopped_early_leaves_a_stack_that_the_next_one_takes_over() {
        let unmarked = judged(Some(&opened()), &FoundStack::default());
        assert_eq!(unmarked, Ownership::Unmarked { nonce: NONCE.to_owned() });
        let marked = FoundStack { tag: Some(mark().to_string()), ..FoundStack::default() };
        let marked = judged(Some(&opened()), &marked);
        assert_eq!(marked, Ownership::Ours { nonce: NONCE.to_owned(), is_signed: false });
    }

    #[test]
    fn a_stack_that_was_renamed_to_this_name_is_left_alone() {
        // The tag file of the stack that had the name before is still there.
        is_left_alone(Some(&opened()), &FoundStack { messages: vec!["prod".to_owned()], ..deployed() });
        is_left_alone(Some(&opened()), &FoundStack { messages: Vec::new(), ..deployed() });
        is_left_alone(Some(&opened()), &FoundStack { tag: None, ..deployed() });
    }

    #[test]
    fn a_message_that_only_quotes_ours_is_none() {
        let quoted = format!("{} was its end", in_message(NONCE));
        is_left_alone(Some(&opened()), &FoundStack { messages: vec![quoted], ..deployed() });
    }

    #[test]
    fn a_stack_that_the_ledger_does_not_know_is_left_alone() {
        is_left_alone(None, &deployed());
        is_left_alone(None, &FoundStack::default());
        is_left_alone(Some(&LedgerEntry { nonce: None, ..opened() }), &deployed());
    }

    #[test]
    fn the_number_of_another_repository_or_an_earlier_life_is_left_alone() {
        let other = Some("github.com/99".to_owned());
        is_left_alone(Some(&LedgerEntry { repository: other, ..opened() }), &deployed());
        is_left_alone(Some(&LedgerEntry { change_requests: vec![8], ..opened() }), &deployed());
        let nonce = Some("fedcba9876543210".to_owned());
        is_left_alone(Some(&LedgerEntry { nonce, ..opened() }), &deployed());
        let tag = Mark { project: "network".to_owned(), ..mark() }.to_string();
        is_left_alone(Some(&opened()), &FoundStack { tag: Some(tag), ..deployed() });
        is_left_alone(Some(&opened()), &FoundStack { tag: Some("mine".to_owned()), ..deployed() });
    }
}
