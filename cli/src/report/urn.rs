//! The parts of a resource's URN: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`.
//!
//! <https://www.pulumi.com/docs/iac/concepts/resources/names/#urns>

/// The type of the resource that stands for the stack itself.
pub(super) const STACK_TYPE: &str = "pulumi:pulumi:Stack";

/// A URN, split at its separators. The name may contain `::`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Urn<'a> {
    /// The stack's name.
    pub stack: &'a str,
    /// The project's name.
    pub project: &'a str,
    /// The resource's own type, without its parents'.
    pub kind: &'a str,
    /// The resource's name in the program.
    pub name: &'a str,
}

impl<'a> Urn<'a> {
    /// Splits `urn`; `None` if it is not a URN.
    pub fn parse(urn: &'a str) -> Option<Self> {
        let mut parts = urn.strip_prefix("urn:pulumi:")?.splitn(4, "::");
        let (stack, project, kinds, name) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let kind = kinds.rsplit('$').next().unwrap_or(kinds);
        Some(Self { stack, project, kind, name })
    }

    /// Whether this is the resource that stands for the stack itself, whose outputs are the stack's.
    pub fn is_stack(&self) -> bool {
        self.kind == STACK_TYPE
    }

    /// Whether the engine made this provider itself: it does not count such steps, and neither do we.
    pub fn is_default_provider(&self) -> bool {
        self.kind.starts_with("pulumi:providers:") && self.name.starts_with("default")
    }
}

/// The resource's name in `urn`, or the whole text if it is not a URN.
pub fn name_of(urn: &str) -> &str {
    Urn::parse(urn).map_or(urn, |urn| urn.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_urn_is_cut_into_its_parts() {
        let urn = Urn::parse("urn:pulumi:dev::shop::my:mod:Parent$aws:s3/bucket:Bucket::logs::eu").unwrap();
        assert_eq!((urn.stack, urn.project, urn.kind), ("dev", "shop", "aws:s3/bucket:Bucket"));
        assert_eq!(urn.name, "logs::eu");
    }

    #[test]
    fn the_stack_and_default_providers_are_known_by_their_type() {
        assert!(Urn::parse("urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev").unwrap().is_stack());
        let provider = "urn:pulumi:dev::shop::pulumi:providers:aws::default_6_1_0";
        assert!(Urn::parse(provider).unwrap().is_default_provider());
        let own = "urn:pulumi:dev::shop::pulumi:providers:aws::eu";
        assert!(!Urn::parse(own).unwrap().is_default_provider());
    }

    #[test]
    fn what_is_no_urn_is_its_own_name() {
        assert_eq!(name_of("something"), "something");
    }
}
