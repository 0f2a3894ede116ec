//! The name of a stack, as the Pulumi CLI takes it with `--stack`, and the identity that all forms of its name share.

pub mod backend_place;
pub mod identity;
mod name;
mod place_parts;

pub use backend_place::{BackendPlace, ReadFrom};
pub use identity::{Beside, StackIdentity};
pub use name::StackName;

#[cfg(test)]
mod tests {
    use super::StackName;

    #[test]
    fn the_three_forms_are_read() {
        assert_eq!(StackName::parse("dev").unwrap().short(), "dev");
        assert_eq!(StackName::parse("dev").unwrap().organization(), None);
        assert_eq!(StackName::parse("acme/shop/dev").unwrap().organization(), Some("acme"));
        assert_eq!(StackName::parse("acme/dev").unwrap().project(), None);
        assert_eq!(StackName::parse("acme/shop/dev").unwrap().project(), Some("shop"));
    }

    #[test]
    fn illegal_names_are_refused() {
        for name in ["", "a b", "a/b/c/d", "a//b", "$(id)", "ü", "..", "../dev", "../../dev", "acme/./dev"] {
            assert!(StackName::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_name_like_a_flag_is_a_name() {
        // It reaches the engine as `--stack=…`, so it can't become a flag.
        assert!(StackName::parse("--yes").is_ok());
    }
}
