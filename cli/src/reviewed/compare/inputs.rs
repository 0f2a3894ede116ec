//! What a run is made from, against what the reviewed changes were made from: stack and backend, files, configuration,
//! versions.

use std::collections::{BTreeMap, BTreeSet};

use super::side::{ReviewedSide, key_of};
use super::tell::general;
use crate::report::{DifferenceKind, REVIEW_VERSION, ReviewDifference, ReviewKey, ReviewRecord};
use crate::reviewed::change::ProposedChange;

/// What tells at once that a record is about something else, or can't be compared.
pub fn about_another(
    reviewed: &[ReviewRecord],
    review_key: Option<&ReviewKey>,
    actual: &ProposedChange,
) -> Vec<ReviewDifference> {
    let mut found = Vec::new();
    let mut tell = |kind, message: String| found.push(general(kind, None, message));
    let stack = actual.identity.names().collect::<Vec<_>>().join("/");
    let backend = actual.identity.backend.clone().unwrap_or_default();
    for record in reviewed {
        if record.v != REVIEW_VERSION {
            let message = format!(
                "the record is of version {}, and this stackstep compares version {REVIEW_VERSION}",
                record.v
            );
            tell(DifferenceKind::Version, message);
            continue;
        }
        if record.stack != stack {
            tell(
                DifferenceKind::Stack,
                format!("the review is about the stack `{}`, this run about `{stack}`", record.stack),
            );
        }
        if record.backend != backend {
            tell(DifferenceKind::Backend, "the review is about a stack in another backend".to_owned());
        }
        if record.operation != actual.operation {
            let (one, other) = (record.operation.name(), actual.operation.name());
            tell(DifferenceKind::Command, format!("the review is about `{one}`, this run is `{other}`"));
        }
        if key_of(record, review_key).is_none() {
            let message = match review_key {
                _ if record.key.is_some() => "the record's key is not the one that it was made with",
                Some(_) => "the review was made with another `review-key`",
                None => "the review was made with a `review-key`, and this run has none",
            };
            tell(DifferenceKind::Key, message.to_owned());
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The differences in files, configuration and versions.
pub fn differences(sides: &[ReviewedSide<'_>], actual: &ProposedChange) -> Vec<ReviewDifference> {
    let mut found = source(sides, actual);
    found.extend(config(sides));
    found.extend(versions(sides, actual));
    found
}

/// The files: all are those of one record, or each is that of one of several records and none is lost: a file that is new
/// in one change can't be told from one that another change has taken away, unless that is known of the other one.
fn source(sides: &[ReviewedSide<'_>], actual: &ProposedChange) -> Vec<ReviewDifference> {
    if sides.iter().any(|side| side.record.source == actual.made_from.source.digest) {
        return Vec::new();
    }
    let listed = |side: &ReviewedSide<'_>| !side.record.files.is_empty() && !side.files.is_empty();
    if !sides.iter().all(listed) {
        let message = "the files that the run is made from are not the reviewed ones".to_owned();
        return vec![general(DifferenceKind::Source, None, message)];
    }
    let pairs = sides.iter().map(|side| (side, &side.record.files, &side.files));
    let is_known = sides.iter().all(|side| side.takes_away.is_some());
    let mut found = entries(&pairs.collect::<Vec<_>>(), &|path, what| {
        let message = match what {
            EntryState::More => format!("the file `{path}` was not there when the change was reviewed"),
            EntryState::Missing if sides.iter().any(|side| side.was_previewed_without(path)) => return None,
            EntryState::Missing if sides.len() > 1 && is_known => format!(
                "the file `{path}` is there in one of the reviewed changes, and not here, and no other one was previewed as \
                 taking it away"
            ),
            EntryState::Missing if sides.len() > 1 => format!(
                "the file `{path}` is there in one of the reviewed changes, and not here: whether another one has taken it away \
                 can't be told"
            ),
            EntryState::Missing => format!("the file `{path}` was reviewed, and is not there"),
            EntryState::Otherwise => format!("the file `{path}` is not the reviewed one"),
        };
        Some(general(DifferenceKind::Source, Some(path), message))
    });
    if found.is_empty() && sides.len() == 1 {
        let message = "the files that the run is made from are not the reviewed ones".to_owned();
        found.push(general(DifferenceKind::Source, None, message));
    }
    found
}

/// The configuration: all of it is that of one record, or each entry is that of one of several records.
fn config(sides: &[ReviewedSide<'_>]) -> Vec<ReviewDifference> {
    if sides.iter().any(ReviewedSide::has_its_config) {
        return Vec::new();
    }
    let has_entries = sides.iter().all(|side| !side.is_without_values());
    let files = sides
        .iter()
        .filter(|_| has_entries)
        .map(|side| (side, &side.record.config.entries, &side.config.entries));
    let mut found = entries(&files.collect::<Vec<_>>(), &|key, what| {
        let name =
            key.strip_prefix(':').map_or_else(|| format!("key `{key}`"), |field| format!("field `{field}`"));
        let message = match what {
            EntryState::More => {
                format!("the {name} of the stack's configuration was not there when the change was reviewed")
            }
            EntryState::Missing => {
                format!("the {name} of the stack's configuration was reviewed, and is not there")
            }
            EntryState::Otherwise => {
                format!("the {name} of the stack's configuration is not the reviewed one")
            }
        };
        Some(general(DifferenceKind::Config, Some(key), message))
    });
    let set = sides.iter().map(|side| (side, &side.record.config.set, &side.config.set));
    found.extend(entries(&set.collect::<Vec<_>>(), &|key, what| {
        let message = match what {
            EntryState::More => format!("the input `config` sets `{key}`, which was not reviewed"),
            EntryState::Missing => {
                format!("the input `config` set `{key}` when the change was reviewed, and does not")
            }
            EntryState::Otherwise => {
                format!("the input `config` sets `{key}` to another value than the reviewed one")
            }
        };
        Some(general(DifferenceKind::Config, Some(key), message))
    }));
    let is_of_one = sides.iter().any(|side| side.record.config.file == side.config.file);
    if found.is_empty()
        && !is_of_one
        && (!has_entries || sides.len() == 1 || sides.iter().any(|side| side.config.entries.is_empty()))
    {
        let message = "the stack's configuration file is not the reviewed one".to_owned();
        found.push(general(DifferenceKind::Config, None, message));
    }
    found
}

/// How an entry differs.
enum EntryState {
    More,
    Missing,
    Otherwise,
}

/// A record, its entries, and those of the run.
type EntryPair<'e> = (&'e ReviewedSide<'e>, &'e BTreeMap<String, String>, &'e BTreeMap<String, String>);

/// The entries of which no record has what the run has, and those that the run does not have, as far as `tell` has a word
/// for them.
fn entries(
    pairs: &[EntryPair<'_>],
    tell: &dyn Fn(&str, EntryState) -> Option<ReviewDifference>,
) -> Vec<ReviewDifference> {
    let mut found = Vec::new();
    let Some((first, _, of_first)) = pairs.first() else { return found };
    for name in of_first.keys().map(|name| first.plain(name)) {
        let is_known =
            pairs.iter().any(|(side, reviewed, _)| reviewed.contains_key(&*side.as_recorded(name)));
        let is_reviewed = pairs.iter().any(|(side, reviewed, actual)| {
            let name = side.as_recorded(name);
            reviewed.get(&*name).is_some_and(|hash| actual.get(&*name) == Some(hash))
        });
        if !is_reviewed {
            found.extend(tell(name, if is_known { EntryState::Otherwise } else { EntryState::More }));
        }
    }
    for (side, reviewed, actual) in pairs {
        let lost = reviewed.keys().filter(|name| !actual.contains_key(*name));
        found.extend(lost.filter_map(|name| tell(side.plain(name), EntryState::Missing)));
    }
    found
}

/// The versions of the Pulumi CLI and of the providers.
fn versions(sides: &[ReviewedSide<'_>], actual: &ProposedChange) -> Vec<ReviewDifference> {
    let mut found = Vec::new();
    let engine = actual.engine.trim_start_matches('v');
    let others: BTreeSet<&str> =
        sides.iter().map(|side| side.record.engine.as_str()).filter(|other| *other != engine).collect();
    for other in others {
        let message = format!("the Pulumi CLI is {engine}, and was {other} when the change was reviewed");
        found.push(general(DifferenceKind::Engine, None, message));
    }
    for plugin in &actual.proposal.plugins {
        let reviewed: Vec<_> = sides.iter().flat_map(|side| &side.record.plugins).collect();
        if reviewed.contains(&plugin) {
            continue;
        }
        let others =
            reviewed.iter().filter(|other| other.name == plugin.name).map(|other| other.version.as_str());
        let others: BTreeSet<&str> = others.collect();
        let (name, version) = (&plugin.name, &plugin.version);
        let message = if others.is_empty() {
            format!("the provider `{name}` {version} was not reviewed")
        } else {
            let others = others.into_iter().collect::<Vec<_>>().join(", ");
            format!("the provider `{name}` is {version}, and was {others} when the change was reviewed")
        };
        found.push(general(DifferenceKind::Plugin, Some(name), message));
    }
    found
}
