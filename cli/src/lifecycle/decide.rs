//! The decision of a sweep about each stack: a function of what is known, without a clock and without a request. A stack is
//! destroyed only if everything says that it is ours and that its time is over; what is not known, or contradicts itself, is
//! left alone and said.

mod owner;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

use super::facts::{LifeFacts, RequestStanding, SweepRules, SweptStack, Warning};
use super::time_to_live::{EndStanding, NOTICE};
use owner::{Owner, owner};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// The pauses after the first, the second and each further destruction that failed.
const PAUSES: [u64; 3] = [HOUR, 4 * HOUR, DAY];

/// The number of failed destructions after which there is an issue.
const TRIES: usize = 4;

/// The number of destructions up to which the share of one sweep does not count.
const FEW: usize = 3;

/// What happens to a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SweepVerdict {
    /// It is none of ours.
    Foreign(String),
    /// Not everything that has to be known is known, or it contradicts itself: it is left alone.
    Unsure(String),
    /// A person has taken it out of the sweep.
    Forgotten,
    /// It is ours, and stays.
    Kept(String),
    /// It is ours, and goes later.
    Waits(String),
    /// People are warned of its end.
    Warn {
        /// Which warning.
        which: Warning,
        /// The end, in seconds since 1970.
        expires: u64,
    },
    /// It is destroyed.
    Destroy(String),
}

impl SweepVerdict {
    /// The verdict in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Foreign(_) => "foreign",
            Self::Unsure(_) => "unsure",
            Self::Forgotten => "forgotten",
            Self::Kept(_) => "kept",
            Self::Waits(_) => "waits",
            Self::Warn { .. } => "warn",
            Self::Destroy(_) => "destroy",
        }
    }
}

/// The decision about a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackDecision {
    /// What happens to it.
    pub verdict: SweepVerdict,
    /// Whether its destruction has failed so often that people have to hear of it now.
    pub needs_issue: bool,
}

/// The decisions of a sweep, in the order of the stacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepDecision {
    /// The decision about each stack.
    pub stacks: Vec<StackDecision>,
    /// The reason why nothing is destroyed at all.
    pub brake: Option<String>,
}

/// Decides about all stacks of a sweep.
pub fn decide(stacks: &[SweptStack], rules: &SweepRules) -> SweepDecision {
    let stacks: Vec<StackDecision> = stacks.iter().map(|stack| decide_one(stack, rules)).collect();
    let brake = brake(&stacks, rules);
    SweepDecision { stacks, brake }
}

/// The reason why a sweep stops: it would destroy too many, or too large a share.
fn brake(stacks: &[StackDecision], rules: &SweepRules) -> Option<String> {
    let doomed = stacks.iter().filter(|one| matches!(one.verdict, SweepVerdict::Destroy(_))).count();
    let is_ours =
        |one: &&StackDecision| !matches!(one.verdict, SweepVerdict::Foreign(_) | SweepVerdict::Unsure(_));
    let ours = stacks.iter().filter(is_ours).count();
    if doomed > rules.max_destroys {
        return Some(format!(
            "{doomed} stacks would be destroyed, and `max-destroys` is {}",
            rules.max_destroys
        ));
    }
    (doomed > FEW && doomed * 100 > ours * rules.max_share).then(|| {
        format!("{doomed} of {ours} stacks would be destroyed, and `max-share` is {}%", rules.max_share)
    })
}

fn decide_one(stack: &SweptStack, rules: &SweepRules) -> StackDecision {
    let plain = |verdict| StackDecision { verdict, needs_issue: false };
    if !stack.reapable {
        return plain(SweepVerdict::Foreign("`reapable` does not allow its name".to_owned()));
    }
    let verdict = match owner(stack, rules) {
        Owner::Nobody(why) => SweepVerdict::Foreign(why),
        Owner::Unsure(why) => SweepVerdict::Unsure(why),
        Owner::Us => match &stack.life {
            Err(why) => SweepVerdict::Unsure(why.clone()),
            Ok(life) if life.forgotten => SweepVerdict::Forgotten,
            Ok(life) => return of_ours(stack, life, rules),
        },
    };
    plain(verdict)
}

/// The decision about a stack of ours.
fn of_ours(stack: &SweptStack, life: &LifeFacts, rules: &SweepRules) -> StackDecision {
    let verdict = match over(stack, life, rules) {
        SweepVerdict::Destroy(why) => may_be_destroyed(stack, life, rules, why),
        other => other,
    };
    let fails =
        !matches!(verdict, SweepVerdict::Unsure(_) | SweepVerdict::Kept(_) | SweepVerdict::Warn { .. });
    let needs_issue = fails && life.failures.len() >= TRIES && !life.has_issue;
    StackDecision { verdict, needs_issue }
}

/// Whether the stack's time is over: its change request is closed, or its time to live is.
fn over(stack: &SweptStack, life: &LifeFacts, rules: &SweepRules) -> SweepVerdict {
    let Some(name) = &stack.name else { return expiry(stack.end(), life, rules) };
    let request = match &stack.request {
        Err(why) => return SweepVerdict::Unsure(why.clone()),
        Ok(None) => return SweepVerdict::Unsure("its change request was not asked for".to_owned()),
        Ok(Some(request)) => request,
    };
    let is_of_here = request.repository.as_ref().is_none_or(|id| id == rules.repository.id());
    if request.number != name.number() || !is_of_here {
        return SweepVerdict::Unsure("the forge's answer is about another change request".to_owned());
    }
    match request.standing {
        RequestStanding::ClosedAt(at) if rules.now >= at.saturating_add(rules.grace) => {
            SweepVerdict::Destroy("its change request is closed".to_owned())
        }
        RequestStanding::ClosedAt(_) => {
            SweepVerdict::Waits("its change request was closed a short time ago".to_owned())
        }
        RequestStanding::Open => expiry(stack.end(), life, rules),
    }
}

/// Whether the time to live that has this end is over.
fn expiry(end: Option<u64>, life: &LifeFacts, rules: &SweepRules) -> SweepVerdict {
    let Some(expires) = end else {
        return SweepVerdict::Kept("it lives without an end".to_owned());
    };
    match EndStanding::for_end(expires, life.first_warning(expires), rules.now) {
        EndStanding::NotOver => {}
        EndStanding::NobodyWarned => return SweepVerdict::Warn { which: Warning::TwoHours, expires },
        EndStanding::JustWarned => {
            return SweepVerdict::Waits("its people were warned a short time ago".to_owned());
        }
        EndStanding::Over => return SweepVerdict::Destroy("its time to live is over".to_owned()),
    }
    let left = expires.saturating_sub(rules.now);
    let was_warned =
        |which| life.warned.iter().any(|warning| warning.end == expires && warning.which == which);
    if left <= NOTICE && !was_warned(Warning::TwoHours) {
        return SweepVerdict::Warn { which: Warning::TwoHours, expires };
    }
    if left <= 2 * DAY && !was_warned(Warning::TwoDays) && !was_warned(Warning::TwoHours) {
        return SweepVerdict::Warn { which: Warning::TwoDays, expires };
    }
    SweepVerdict::Kept("its time is not over".to_owned())
}

/// Whether a stack whose time is over may be destroyed now.
fn may_be_destroyed(stack: &SweptStack, life: &LifeFacts, rules: &SweepRules, why: String) -> SweepVerdict {
    if let Some(protected) = &stack.protected {
        return SweepVerdict::Unsure(format!("{why}, and it is protected: {protected}"));
    }
    if let Ok(held) = &stack.held
        && let Some(holder) = &held.locked_by
    {
        return SweepVerdict::Waits(format!("{why}, and it is locked: {holder}"));
    }
    let Some(last) = life.failures.last() else { return SweepVerdict::Destroy(why) };
    let pause = PAUSES.get(life.failures.len() - 1).copied().unwrap_or(DAY);
    // A try that is said to lie in the future was written by a wrong clock.
    let is_in_pause = *last <= rules.now.saturating_add(NOTICE) && rules.now < last.saturating_add(pause);
    if is_in_pause {
        return SweepVerdict::Waits(format!("{why}, and its destruction failed a short time ago"));
    }
    SweepVerdict::Destroy(why)
}
