//! The digest that stands for several changes which are reviewed together, such as those of all stacks of one change request.

use serde_json::json;

use crate::base::canonical::canonical_digest;

/// The digest of several changes by their digests, in any order. One that stands there twice counts once.
pub fn root_of(digests: &[&str]) -> String {
    let mut sorted = digests.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    canonical_digest(&json!({ "digests": sorted }))
}

#[cfg(test)]
mod tests {
    use super::root_of;

    #[test]
    fn the_order_does_not_matter_and_each_change_does() {
        let (one, other) = ("sha256:aa", "sha256:bb");
        assert_eq!(root_of(&[one, other]), root_of(&[other, one, one]));
        assert_ne!(root_of(&[one]), root_of(&[one, other]));
        assert_ne!(root_of(&[one]), one);
        assert_eq!(
            root_of(&[one, other]),
            "sha256:af14c37b20ad24323a2c4fc07feecbf50bd4a303bb65efadd05dd6b55ef03b46"
        );
    }
}
