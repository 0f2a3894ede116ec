//! How many people have signed, none of whom is the author of the change: as far as it is known who they are.
//!
//! A signer is known if one of their names is an account of the forge: by a line of the list of signers without a pattern, or
//! by `approvals.from`. A name that only a certificate says, or one that no account of the forge can have, may be that of
//! anybody: of the author, or of somebody who has approved already under another name.

use std::collections::BTreeSet;

use super::found_approvals::FoundApprovals;
use super::merged_changes::MergedChanges;
use super::signers::as_signed;
use crate::admit::approvals::signed::{ALLOWED_SIGNERS, Signer, has_name};
use crate::base::error::Problem;
use crate::base::git::short_commit;
use crate::forge::Client;

/// What the people are counted by.
pub(super) struct SignedPeople<'q> {
    pub merged: &'q Result<MergedChanges, Problem>,
    pub client: Option<&'q Client<'q>>,
    /// Those who may approve.
    pub from: &'q [String],
}

impl SignedPeople<'_> {
    /// Adds the people who have signed to those who are found already.
    pub fn count(
        &self,
        signers: Vec<Signer>,
        found: &mut FoundApprovals,
        people: &mut BTreeSet<String>,
        problems: &mut Vec<Problem>,
    ) {
        let persons = apart(signers);
        let unknown_author = author_unknown(self.merged);
        if let (Some(why), false) = (&unknown_author, persons.is_empty()) {
            problems.push(Problem::new(
                format!("one of those who signed may be the author of the change: {why}"),
                "have one person more sign it, or let the job read the change requests (`forge-token`)",
            ));
        }
        for signer in &persons {
            add(signer, found);
        }
        let (known, not_known): (Vec<&Signer>, Vec<&Signer>) =
            persons.iter().partition(|signer| self.is_known(signer));
        // Where the author is not known, all but one of several people are others.
        let others = known.len() - usize::from(unknown_author.is_some() && !known.is_empty());
        people.extend(known.iter().take(others).map(|signer| id(signer, found)));
        // Each of the authors may be one of those who are not known, and so may each person who is counted already.
        let more = not_known.len().saturating_sub(self.authors()).saturating_sub(people.len());
        people.extend(not_known.iter().take(more).map(|signer| id(signer, found)));
        problems.extend(not_known.iter().skip(more).map(|signer| self.problem(signer)));
    }

    /// Whether an account on the forge of the person is known.
    fn is_known(&self, signer: &Signer) -> bool {
        let is_said = |name: &&String| has_name(&signer.listed, name) || has_name(self.from, name);
        let is_account =
            |name: &String| self.client.is_none_or(|client| client.place().forge.is_account_name(name));
        signer.names.iter().filter(is_said).any(is_account)
    }

    /// How many people have opened what is deployed; one where that is not known.
    fn authors(&self) -> usize {
        let changes = self.merged.iter().flat_map(|merged| &merged.changes);
        let authors: BTreeSet<String> =
            changes.filter_map(|change| Some(change.request.author.as_ref()?.id.to_lowercase())).collect();
        authors.len().max(1)
    }

    fn problem(&self, signer: &Signer) -> Problem {
        let name = signer.names.first().cloned().unwrap_or_default();
        let forge = self.client.map_or("the forge", |client| client.place().forge.title());
        Problem::new(
            format!(
                "`{name}` has signed, and which account on {forge} is theirs is not known, so that they may be the author of the \
                 change or have approved it already"
            ),
            format!(
                "say it by a line of `{ALLOWED_SIGNERS}` with both names, `ACCOUNT,{name} ssh-ed25519 …`, see docs/approvals.md; \
                 or have one person more sign it"
            ),
        )
    }
}

/// The person as the forge calls them, if it has named them before.
fn id(signer: &Signer, found: &FoundApprovals) -> String {
    let same = found.persons.iter().find(|person| signer.names.iter().any(|name| person.is_named(name)));
    let name = || signer.names.first().cloned().unwrap_or_default();
    same.map_or_else(name, |person| person.id.clone()).to_lowercase()
}

/// Adds the approval of a person, with a note.
fn add(signer: &Signer, found: &mut FoundApprovals) {
    let name = signer.names.first().cloned().unwrap_or_default();
    found.approvers.push(as_signed(signer));
    let commit = signer.envelope.commit.as_deref().map(short_commit);
    let commit = commit.map_or_else(String::new, |commit| format!(", who looked at commit `{commit}`"));
    found.notes.push(format!("signed by `{name}`{commit}, with the key {}", signer.key));
}

/// The signers as different people: whoever shares a name or a key with another one is the same, and so is whoever is the
/// same as somebody who is. The order of the signatures decides nothing but the order of the people.
fn apart(signers: Vec<Signer>) -> Vec<Signer> {
    let mut people: Vec<Vec<Signer>> = Vec::new();
    for signer in signers {
        let is_same = |other: &Signer| {
            other.key == signer.key || other.names.iter().any(|name| has_name(&signer.names, name))
        };
        let (same, others): (Vec<_>, Vec<_>) =
            people.into_iter().partition(|person| person.iter().any(is_same));
        people = others;
        people.push(same.into_iter().flatten().chain([signer]).collect());
    }
    let as_one = |person: Vec<Signer>| {
        person.into_iter().reduce(|mut first, other| {
            first.names.extend(other.names);
            first.listed.extend(other.listed);
            first
        })
    };
    people.into_iter().filter_map(as_one).collect()
}

/// Why it is not known who is the author of all that is deployed. None if it is.
fn author_unknown(merged: &Result<MergedChanges, Problem>) -> Option<String> {
    let merged = match merged {
        Ok(merged) => merged,
        Err(why) => return Some(why.what.clone()),
    };
    if let Some(commit) = merged.without.first() {
        return Some(format!("commit `{}` came without a change request", short_commit(commit)));
    }
    let gone = merged.changes.iter().find(|change| change.request.author.is_none());
    match gone {
        Some(change) => Some(format!("who opened {} is not known", change.name)),
        None if merged.changes.is_empty() => Some("no change request brought this commit".to_owned()),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admit::approvals::signed::{ENVELOPE_VERSION, Envelope};

    fn signer(key: &str, names: &[&str]) -> Signer {
        let envelope = Envelope {
            v: ENVELOPE_VERSION,
            operation: None,
            digest: String::new(),
            backend: None,
            stack: String::new(),
            commit: None,
            environment: None,
            expires: String::new(),
            nonce: key.to_owned(),
        };
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Signer { listed: names.clone(), names, key: key.to_owned(), envelope }
    }

    #[test]
    fn who_shares_a_name_or_a_key_is_one_person_in_whatever_order() {
        let (short, long) = (signer("a", &["ann"]), signer("b", &["ann@acme.example"]));
        let both = signer("c", &["Ann", "ann@acme.example"]);
        let bob = signer("d", &["bob"]);
        let certified = signer("d", &["bob@acme.example"]);
        for ann in [[&short, &long, &both], [&both, &short, &long], [&long, &both, &short]] {
            for signers in
                [[ann[0], &bob, ann[1], &certified, ann[2]], [&certified, ann[0], ann[1], ann[2], &bob]]
            {
                let people = apart(signers.into_iter().cloned().collect());
                let mut counts: Vec<usize> = people.iter().map(|person| person.names.len()).collect();
                counts.sort_unstable();
                assert_eq!(counts, [2, 4], "{people:?}");
            }
        }
        assert_eq!(apart(vec![short, long, bob]).len(), 3, "nothing says that two of them are one");
    }
}
