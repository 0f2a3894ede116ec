//! Whether a stack is ours, for a sweep of one repository.

use crate::lifecycle::facts::{LifeFacts, SweepRules, SweptStack};
use crate::lifecycle::mark::Mark;
use crate::lifecycle::ownership::{Ownership, ReviewSubject, ownership};
use crate::lifecycle::review_name::ReviewName;

/// Whose a stack is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// It is ours: every sign that it could have says so.
    Us,
    /// It is not ours.
    Nobody(String),
    /// Some signs say that it is ours, and others do not.
    Unsure(String),
}

/// Whose the stack is.
pub(super) fn owner(stack: &SweptStack, rules: &SweepRules) -> Owner {
    let life = match &stack.life {
        Ok(life) => life,
        Err(why) => return Owner::Unsure(why.clone()),
    };
    match &stack.name {
        Some(name) => of_change_request(stack, name, life, rules),
        None => of_time_to_live(stack, life),
    }
}

fn of_change_request(stack: &SweptStack, name: &ReviewName, life: &LifeFacts, rules: &SweepRules) -> Owner {
    let held = match &stack.held {
        Ok(held) => held,
        Err(why) => return Owner::Unsure(why.clone()),
    };
    let opened_in = life.opened.as_ref().and_then(|opened| opened.repository.clone());
    let mark = held.found.tag.as_deref().and_then(Mark::parse);
    match opened_in.or_else(|| mark.map(|mark| mark.repository.to_string())) {
        Some(other) if other != rules.repository.as_str() => {
            return Owner::Nobody(format!("it belongs to the repository `{other}`"));
        }
        None if held.found.tag.is_none() && life.opened.is_none() => {
            return Owner::Nobody("no tag and no ledger says that it is ours".to_owned());
        }
        _ => {}
    }
    let subject = ReviewSubject { repository: &rules.repository, project: &stack.project, name };
    let is_named_so =
        ReviewName::for_request(&rules.repository, &stack.project, name.number()).as_ref() == Some(name);
    match ownership(&subject, life.opened.as_ref(), &held.found) {
        Ownership::Ours { .. } | Ownership::Unmarked { .. } if is_named_so => Owner::Us,
        Ownership::Ours { .. } | Ownership::Unmarked { .. } => {
            Owner::Unsure("its name is not that of the change request that the ledger has for it".to_owned())
        }
        Ownership::Unsure(why) => Owner::Unsure(why),
    }
}

/// Whose a stack is that no change request has: ours only if a time to live was set for the state that it still has.
fn of_time_to_live(stack: &SweptStack, life: &LifeFacts) -> Owner {
    let unsure = |why: &str| Owner::Unsure(why.to_owned());
    if life.expires.is_none() {
        return Owner::Nobody("it has no time to live".to_owned());
    }
    let held = match &stack.held {
        Ok(held) => held,
        Err(why) => return unsure(why),
    };
    match &life.expires_for {
        Some(state) if *state == held.state => Owner::Us,
        Some(_) => unsure("it has changed since its time to live was set: set it again with `stackstep ttl`"),
        // A run that made the stack has set it, and no update of that has ever ended: it was killed.
        None if life.expires_from_nothing && held.found.messages.is_empty() => Owner::Us,
        None if life.expires_from_nothing => unsure(
            "the run that made it with a time to live was killed, and it has changed since: set it again with `stackstep ttl`",
        ),
        None => unsure("the ledger does not say for which state its time to live was set"),
    }
}
