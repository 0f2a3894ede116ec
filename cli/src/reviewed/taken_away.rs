//! The files that reviewed changes take away, where several are deployed together: a file that is new in one of them can't be
//! told from one that another has taken away by what was previewed alone.

use std::collections::BTreeSet;

/// What one change does to files, by their paths from the top of the repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedFiles {
    /// The files that it removes, or that get another name by it.
    pub removed: BTreeSet<String>,
    /// The files that it adds or changes, or that get this name by it.
    pub written: BTreeSet<String>,
}

/// The files that each of the `reviewed` changes removes, in their order, and that no change writes, be it a reviewed one or
/// one of the `others` that are deployed with them.
pub fn taken_away(reviewed: &[ChangedFiles], others: &[ChangedFiles]) -> Vec<BTreeSet<String>> {
    let written: BTreeSet<&String> =
        reviewed.iter().chain(others).flat_map(|change| &change.written).collect();
    let kept = |change: &ChangedFiles| {
        change.removed.iter().filter(|path| !written.contains(path)).cloned().collect()
    };
    reviewed.iter().map(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(removed: &[&str], written: &[&str]) -> ChangedFiles {
        let set = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
        ChangedFiles { removed: set(removed), written: set(written) }
    }

    fn told(reviewed: &[ChangedFiles], others: &[ChangedFiles]) -> Vec<Vec<String>> {
        taken_away(reviewed, others).into_iter().map(|paths| paths.into_iter().collect()).collect()
    }

    #[test]
    fn what_one_removes_and_nobody_writes_is_taken_away_by_that_one() {
        let (one, other) = (files(&["a", "b"], &["c"]), files(&["d"], &["e"]));
        assert_eq!(told(&[one, other], &[]), [vec!["a", "b"], vec!["d"]]);
    }

    #[test]
    fn what_only_a_change_without_a_review_removes_is_not_taken_away() {
        assert_eq!(told(&[files(&[], &["a"])], &[files(&["b"], &[])]), [Vec::<String>::new()]);
    }

    #[test]
    fn what_a_change_writes_is_not_taken_away_whoever_it_is() {
        let one = files(&["a", "b", "c", "d"], &["b"]);
        assert_eq!(told(&[one, files(&[], &["a"])], &[files(&[], &["c"])]), [vec!["d".to_owned()], vec![]]);
    }
}
