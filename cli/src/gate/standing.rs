//! Whose the files of the work folder are, as far as that is proven. It is asked before any of them is read, and decides
//! how much of them counts.

use crate::ci::Context;

/// Whose files they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Files of people who may write to the repository: all of `stackstep.yaml` counts.
    Ours,
    /// Files that may be a stranger's: what can do no harm counts ([`crate::inputs::strangers`]).
    Strangers,
    /// The run has the repository's credentials by its event alone, and nothing proves that the work folder holds the
    /// repository's own code: no file of it is read.
    Unproven,
}

impl Standing {
    /// Judges the files of a work folder that is at the commit `work_folder`, if that is known.
    pub fn of(context: &Context, work_folder: Option<&str>) -> Self {
        let own = |commit: &String| work_folder.is_some_and(|at| is_the_commit(at, commit));
        let at_base = context.base_commit.as_ref().is_some_and(own);
        if context.base_credentials && !context.own_commits.iter().any(own) {
            Self::Unproven
        } else if !at_base && context.may_be_a_strangers() {
            Self::Strangers
        } else {
            Self::Ours
        }
    }
}

/// Whether two texts are one whole hash, of SHA-1 or SHA-256.
fn is_the_commit(one: &str, other: &str) -> bool {
    let whole = matches!(one.len(), 40 | 64) && one.bytes().all(|byte| byte.is_ascii_hexdigit());
    whole && one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "2d5a1c0e9f3b4a6d8c7e5f1a2b3c4d5e6f708192";
    const HEAD: &str = "8d08154cabb1c4f71a535de986600303936780f8";

    fn target(fork: Option<bool>) -> Context {
        Context {
            change_request: Some(7),
            fork,
            trusted: fork.map(|fork| !fork),
            base_credentials: true,
            base_commit: Some(BASE.into()),
            own_commits: vec![BASE.into()],
            ..Context::default()
        }
    }

    #[test]
    fn with_the_targets_credentials_only_its_own_commits_are_proven() {
        for fork in [Some(true), None] {
            assert_eq!(Standing::of(&target(fork), Some(BASE)), Standing::Ours);
            for other in [Some(HEAD), None, Some("2d5a1c0"), Some("")] {
                assert_eq!(Standing::of(&target(fork), other), Standing::Unproven, "{other:?}");
            }
        }
    }

    #[test]
    fn without_them_a_change_that_may_be_a_strangers_is_one() {
        let change = |fork: Option<bool>| Context { base_credentials: false, ..target(fork) };
        assert_eq!(Standing::of(&change(Some(false)), None), Standing::Ours);
        for fork in [Some(true), None] {
            assert_eq!(Standing::of(&change(fork), Some(HEAD)), Standing::Strangers);
        }
    }

    #[test]
    fn a_hash_that_is_none_proves_nothing() {
        let context = Context { own_commits: vec!["x".repeat(40)], ..target(None) };
        assert_eq!(Standing::of(&context, Some(&"x".repeat(40))), Standing::Unproven);
    }
}
