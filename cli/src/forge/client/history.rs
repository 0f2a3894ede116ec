//! The change requests that were merged between two commits.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{ChangeRequest, HistoryCommit, Reading};
use super::{Client, Done};
use crate::base::error::Problem;

/// The most commits that are looked at between two.
const COMMITS: usize = 250;

/// The most commits whose change requests are asked for.
const LOOKUPS: usize = 60;

/// The change requests that were merged between two commits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergedBetween {
    /// The change requests that brought commits in, by their number.
    pub found: Vec<ChangeRequest>,
    /// The commits on the branch that no change request brought in.
    pub without: Vec<String>,
    /// The reason why there may be more of both. None if there are not.
    pub not_known: Option<Problem>,
}

impl Client<'_> {
    /// The first parents from the commit `to`, which may not be merged yet, back to `from`, which is not among them, the
    /// oldest first: one for a merge or a squashed change on top of it. None if they are not known, or do not lead there.
    pub async fn first_parents_between(&self, from: &str, to: &str) -> Done<Option<Vec<String>>> {
        let list = self.place.forge.commits_between(self.place, from, to);
        let list = list.needing_by_default(self.needs(Reading::Contents));
        let (commits, more) =
            self.read_some(&format!("list the commits from `{from}` to `{to}`"), list, COMMITS).await?;
        let line = if more { None } else { first_parents(&commits, from, to) };
        Ok(line.map(|line| line.into_iter().rev().collect()))
    }

    /// The change requests that were merged into `branch` after the commit `from`, up to the commit `to`. Both are whole
    /// hashes, and `to` contains `from`.
    pub async fn merged_between(&self, from: &str, to: &str, branch: &str) -> Done<MergedBetween> {
        let mut merged = MergedBetween::default();
        if from.eq_ignore_ascii_case(to) {
            return Ok(merged);
        }
        let list = self.place.forge.commits_between(self.place, from, to);
        let do_what = format!("list the commits from `{from}` to `{to}`");
        let list = list.needing_by_default(self.needs(Reading::Contents));
        let (commits, more) = self.read_some(&do_what, list, COMMITS).await?;
        if more {
            merged.not_known = Some(too_many(&format!("more than {COMMITS} commits"), from, to));
            return Ok(merged);
        }
        let asked = brought_in(&commits, from, to);
        if asked.len() > LOOKUPS {
            merged.not_known =
                Some(too_many(&format!("{} merges, which is more than {LOOKUPS},", asked.len()), from, to));
            return Ok(merged);
        }
        let mut found = BTreeMap::new();
        for commit in asked {
            let list = self.change_requests_of_commit(&commit).await?;
            let of_branch = |one: &ChangeRequest| {
                one.merged && one.target.as_deref().is_none_or(|target| target == branch)
            };
            let before = found.len();
            let mut any = false;
            for one in list.into_iter().filter(of_branch) {
                any = true;
                found.entry(one.number).or_insert(one);
            }
            if !any && found.len() == before {
                merged.without.push(commit);
            }
        }
        merged.found = found.into_values().collect();
        Ok(merged)
    }
}

fn too_many(what: &str, from: &str, to: &str) -> Problem {
    Problem::new(
        format!(
            "there are {what} between `{from}` and `{to}`, so which change requests were merged is not known"
        ),
        "deploy more often, or have the change reviewed in one change request of its own",
    )
}

/// The commits by which something was brought into the branch, the latest first: the line of first parents from `to` back
/// to `from`. All commits if that line does not lead there, as after a merge by fast-forward, or if the forge tells no
/// parents.
fn brought_in(commits: &[HistoryCommit], from: &str, to: &str) -> Vec<String> {
    let all = || commits.iter().map(|commit| commit.hash.clone()).collect();
    first_parents(commits, from, to).unwrap_or_else(all)
}

/// The line of first parents from `to` back to `from`, which is not in it. None if it does not lead there.
fn first_parents(commits: &[HistoryCommit], from: &str, to: &str) -> Option<Vec<String>> {
    let by_hash: BTreeMap<&str, &HistoryCommit> =
        commits.iter().map(|commit| (commit.hash.as_str(), commit)).collect();
    let mut line = Vec::new();
    let mut seen = BTreeSet::new();
    let mut at = to;
    while at != from {
        let first =
            by_hash.get(at).filter(|_| seen.insert(at)).and_then(|commit| commit.parents.as_ref()?.first());
        line.push(at.to_owned());
        at = first?;
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(hash: &str, parents: &[&str]) -> HistoryCommit {
        HistoryCommit {
            hash: hash.to_owned(),
            parents: Some(parents.iter().map(|&parent| parent.to_owned()).collect()),
        }
    }

    #[test]
    fn merges_and_squashed_commits_are_asked_for_and_what_they_brought_is_not() {
        // base - squash - merge (of work)
        let commits =
            [commit("work", &["base"]), commit("merge", &["squash", "work"]), commit("squash", &["base"])];
        assert_eq!(brought_in(&commits, "base", "merge"), ["merge", "squash"]);
    }

    #[test]
    fn a_line_of_first_parents_that_misses_the_beginning_leaves_nothing_out() {
        // The branch was merged the other way round and pushed: `main` is the second parent.
        let commits = [commit("turned", &["work", "base"]), commit("work", &["older"])];
        assert_eq!(brought_in(&commits, "base", "turned").len(), 2);
        let silent = [HistoryCommit { hash: "head".into(), parents: None }];
        assert_eq!(brought_in(&silent, "base", "head"), ["head"]);
        let circle = [commit("one", &["other"]), commit("other", &["one"])];
        assert_eq!(brought_in(&circle, "base", "one").len(), 2, "an answer that makes no sense ends too");
    }
}
