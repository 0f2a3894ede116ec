//! The owner of the files in the work folder, if that is proven. It is judged before any file is read, and decides
//! which of them may be used.

use crate::base::git::Checkout;
use crate::ci::Context;

/// The standing of the work folder's files: who owns them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Files of people who may write to the repository: all of `stackstep.yaml` is used.
    Ours,
    /// Files that may be a stranger's: only settings that can do no harm are used ([`crate::inputs::strangers`]).
    Strangers,
    /// The run has the repository's credentials by its event alone, and nothing proves that the work folder holds the
    /// repository's own code: no file of it is read.
    Unproven,
}

impl Standing {
    /// The standing of the files of a folder that is in these checkouts. A checkout around another one is judged as
    /// well, because package managers and compilers look for their settings above the program's folder.
    pub fn from_checkouts(context: &Context, around: &[Checkout]) -> Self {
        let all_at = |commits: &[String]| {
            let one_of = |at: &String| commits.iter().any(|commit| is_the_commit(at, commit));
            !around.is_empty() && around.iter().all(|checkout| checkout.commit.as_ref().is_some_and(one_of))
        };
        let at_base = context.base_commit.as_ref().is_some_and(|base| all_at(std::slice::from_ref(base)));
        let is_allowed =
            context.allowed_commit.as_ref().is_some_and(|commit| all_at(std::slice::from_ref(commit)));
        if context.base_credentials && !all_at(&context.own_commits) && !is_allowed {
            Self::Unproven
        } else if !at_base && context.may_be_a_strangers() {
            Self::Strangers
        } else {
            Self::Ours
        }
    }
}

/// Whether two texts are the same complete hash, of SHA-1 or SHA-256.
fn is_the_commit(one: &str, other: &str) -> bool {
    let whole = matches!(one.len(), 40 | 64) && one.bytes().all(|byte| byte.is_ascii_hexdigit());
    whole && one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "2d5a1c0e9f3b4a6d8c7e5f1a2b3c4d5e6f708192";
    const HEAD: &str = "8d08154cabb1c4f71a535de986600303936780f8";

    /// Checkouts at these commits, the nearest first.
    fn at(commits: &[&str]) -> Vec<Checkout> {
        let checkout = |commit: &&str| Checkout { top: "/".into(), commit: Some((*commit).to_owned()) };
        commits.iter().map(checkout).collect()
    }

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
            assert_eq!(Standing::from_checkouts(&target(fork), &at(&[BASE])), Standing::Ours);
            for other in [HEAD, "2d5a1c0", ""] {
                assert_eq!(
                    Standing::from_checkouts(&target(fork), &at(&[other])),
                    Standing::Unproven,
                    "{other:?}"
                );
            }
            assert_eq!(Standing::from_checkouts(&target(fork), &[]), Standing::Unproven);
        }
    }

    #[test]
    fn a_checkout_of_our_own_in_a_strangers_proves_nothing() {
        assert_eq!(Standing::from_checkouts(&target(Some(true)), &at(&[BASE, HEAD])), Standing::Unproven);
        assert_eq!(Standing::from_checkouts(&target(Some(true)), &at(&[BASE, BASE])), Standing::Ours);
    }

    #[test]
    fn without_them_a_change_that_may_be_a_strangers_is_one() {
        let change = |fork: Option<bool>| Context { base_credentials: false, ..target(fork) };
        assert_eq!(Standing::from_checkouts(&change(Some(false)), &[]), Standing::Ours);
        for fork in [Some(true), None] {
            assert_eq!(Standing::from_checkouts(&change(fork), &at(&[HEAD])), Standing::Strangers);
        }
    }

    #[test]
    fn a_hash_that_is_none_proves_nothing() {
        let context = Context { own_commits: vec!["x".repeat(40)], ..target(None) };
        assert_eq!(Standing::from_checkouts(&context, &at(&[&"x".repeat(40)])), Standing::Unproven);
    }
}
