//! Whether the reviews of a change request approve what was previewed. Pure.
//!
//! An approving review counts if it was written at the head that was previewed, after the comment that shows the preview, by
//! a person who is not the change request's author, and who is named in `from`; without `from` by one who may write. Of a
//! person the last verdict counts; a review that only comments is none, so it takes no approval back. Bots do not count.
//! What the forge does not tell is not counted either.
//!
//! A person who requests changes blocks until they approve or the request is dismissed, at whichever commit they asked for
//! them, if they are named in `from`, may write, or if that can't be told. A bot and the author block nobody.

use std::collections::BTreeMap;

use super::refusals::WhyNot;
use crate::base::error::Problem;
use crate::base::moment::Moment;
use crate::forge::{Person, Review, ReviewState};

/// The members of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TeamMembers {
    /// These.
    Known(Vec<Person>),
    /// They could not be read, for this reason.
    NotKnown(Problem),
}

/// The facts that reviews are judged by.
#[derive(Debug, Clone, Copy)]
pub struct ReviewFacts<'a> {
    /// The change request in words: `pull request #7`.
    pub request: &'a str,
    /// Who opened it. None if that is not known: then no approval counts.
    pub author: Option<&'a Person>,
    /// The commit that was previewed, by its whole hash.
    pub head: &'a str,
    /// The time at which the comment with the preview was last written, in RFC 3339, by the forge's clock.
    pub commented_at: &'a str,
    /// The approvals that are needed.
    pub needed: usize,
    /// Who may approve: names, and teams with an `@` before them. Empty: everybody who may write.
    pub from: &'a [String],
    /// The members of the teams in `from`, by the team's name with its `@`.
    pub teams: &'a BTreeMap<String, TeamMembers>,
}

/// An approving review that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedReview {
    /// Who approved.
    pub person: Person,
    /// The commit.
    pub commit: String,
    /// The time, in RFC 3339.
    pub at: String,
}

/// A review that does not count, or that blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UncountedReview {
    /// Whose it is.
    pub person: Person,
    /// Why it does not count.
    pub why: WhyNot,
}

/// What the reviews of a change request come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewVerdict {
    /// The change request in words.
    pub request: String,
    /// The approvals that are needed.
    pub needed: usize,
    /// The approvals that count.
    pub counted: Vec<CountedReview>,
    /// The approvals that do not.
    pub not_counted: Vec<UncountedReview>,
    /// Who requests changes.
    pub blocking: Vec<Person>,
}

/// Judges the reviews of a change request, the oldest first.
pub fn count_reviews(reviews: &[Review], facts: &ReviewFacts<'_>) -> ReviewVerdict {
    let mut verdict = ReviewVerdict {
        request: facts.request.to_owned(),
        needed: facts.needed,
        counted: Vec::new(),
        not_counted: Vec::new(),
        blocking: Vec::new(),
    };
    for review in last_verdicts(reviews) {
        let may = may_judge(review, facts);
        match (review.state, may) {
            (ReviewState::Commented, _)
            | (ReviewState::ChangesRequested, Err(WhyNot::Bot | WhyNot::Author | WhyNot::MayNotWrite)) => {}
            // Somebody else's verdict on somebody else's list.
            (ReviewState::ChangesRequested, Err(WhyNot::NotNamed)) if review.may_write == Some(false) => {}
            (ReviewState::ChangesRequested, _) => verdict.blocking.push(review.person.clone()),
            (ReviewState::Dismissed, _) => verdict.not_counted.push(not_counted(review, WhyNot::Dismissed)),
            (ReviewState::Approved, may) => match may.and_then(|()| is_in_time(review, facts)) {
                Ok((commit, at)) => {
                    verdict.counted.push(CountedReview { person: review.person.clone(), commit, at });
                }
                Err(why) => verdict.not_counted.push(not_counted(review, why)),
            },
        }
    }
    verdict
}

fn not_counted(review: &Review, why: WhyNot) -> UncountedReview {
    UncountedReview { person: review.person.clone(), why }
}

/// The last verdict of each person, in the order of their first ones.
fn last_verdicts(reviews: &[Review]) -> Vec<&Review> {
    let mut last: Vec<&Review> = Vec::new();
    for review in reviews.iter().filter(|review| review.state != ReviewState::Commented) {
        match last.iter_mut().find(|own| own.person.is_same(&review.person)) {
            Some(own) => *own = review,
            None => last.push(review),
        }
    }
    last
}

/// Whether a person's verdict counts at all.
fn may_judge(review: &Review, facts: &ReviewFacts<'_>) -> Result<(), WhyNot> {
    let person = &review.person;
    if person.bot {
        return Err(WhyNot::Bot);
    }
    match facts.author {
        None => return Err(WhyNot::AuthorNotKnown),
        Some(author) if author.is_same(person) => return Err(WhyNot::Author),
        Some(_) => {}
    }
    if facts.from.is_empty() {
        return match review.may_write {
            Some(true) => Ok(()),
            Some(false) => Err(WhyNot::MayNotWrite),
            None => Err(WhyNot::WriterNotKnown),
        };
    }
    is_of(person, facts.from, facts.teams)
}

/// Whether a person is one of those whom `from` names. `teams` has the members of its teams.
pub fn is_of(person: &Person, from: &[String], teams: &BTreeMap<String, TeamMembers>) -> Result<(), WhyNot> {
    let mut not_known = None;
    for name in from {
        if !name.starts_with('@') {
            if person.is_named(name) {
                return Ok(());
            }
            continue;
        }
        match teams.get(name) {
            Some(TeamMembers::Known(members)) if members.iter().any(|member| member.is_same(person)) => {
                return Ok(());
            }
            Some(TeamMembers::Known(_)) => {}
            Some(TeamMembers::NotKnown(why)) => not_known = Some((name.clone(), why.clone())),
            None => not_known = Some((name.clone(), Problem::without_hint("its members were not asked for"))),
        }
    }
    Err(not_known.map_or(WhyNot::NotNamed, |(team, why)| WhyNot::TeamNotKnown { team, why }))
}

/// The commit and the time of an approval, if it is one of the head that was previewed and later than the comment.
fn is_in_time(review: &Review, facts: &ReviewFacts<'_>) -> Result<(String, String), WhyNot> {
    let Some(commit) = review.commit.clone() else { return Err(WhyNot::CommitNotKnown) };
    if facts.head.is_empty() || !commit.eq_ignore_ascii_case(facts.head) {
        return Err(WhyNot::OtherCommit { approved: commit, previewed: facts.head.to_owned() });
    }
    let moments = review.at.as_deref().and_then(Moment::parse).zip(Moment::parse(facts.commented_at));
    match (moments, &review.at) {
        (Some((at, commented)), Some(text)) if at > commented => Ok((commit, text.clone())),
        (Some(_), Some(text)) => {
            Err(WhyNot::BeforeComment { approved: text.clone(), commented: facts.commented_at.to_owned() })
        }
        _ => Err(WhyNot::TimeNotKnown),
    }
}

impl ReviewVerdict {
    /// Whether there are enough approvals and nobody requests changes.
    pub fn is_enough(&self) -> bool {
        self.blocking.is_empty() && self.counted.len() >= self.needed
    }

    /// The message of a refusal with the way out. None if there are enough approvals.
    pub fn problem(&self) -> Option<Problem> {
        if self.is_enough() {
            return None;
        }
        let request = &self.request;
        if !self.blocking.is_empty() {
            let names = quoted(self.blocking.iter());
            let verb = if self.blocking.len() == 1 { "requests" } else { "request" };
            return Some(Problem::new(
                format!("{names} {verb} changes on {request}"),
                "change what they ask for and have them approve it, or dismiss their review on the forge",
            ));
        }
        let counted = match self.counted.as_slice() {
            [] => String::new(),
            counted => format!(": {}", quoted(counted.iter().map(|one| &one.person))),
        };
        let reviews = if self.needed == 1 { "approving review" } else { "approving reviews" };
        let mut what = format!(
            "{} of {} {reviews} of {request} {} there{counted}",
            self.counted.len(),
            self.needed,
            is(self.needed)
        );
        for one in &self.not_counted {
            what.push_str(&format!("; `{}` does not count: {}", one.person.shown, one.why.in_words()));
        }
        let mut ways: Vec<String> = Vec::new();
        for one in &self.not_counted {
            let way = one.why.way_out(&one.person.shown);
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
        if ways.is_empty() {
            ways.push(
                "have it approved on the forge after reading the preview, then run the job again".to_owned(),
            );
        }
        Some(Problem::new(what, ways.join("; ")))
    }
}

fn is(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

fn quoted<'a>(people: impl Iterator<Item = &'a Person>) -> String {
    people.map(|person| format!("`{}`", person.shown)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
