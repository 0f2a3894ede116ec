//! The key of a configuration value as a person gives it: with or without the project, with or without a path.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/config/io.go>

use crate::failure::Failure;
use crate::stack_file::full_key;
use crate::stack_file::path::{self, Step};

/// A key, and the path below it.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// `project:name`.
    pub full: String,
    /// What follows the name; empty without `--path`.
    pub path: Vec<Step>,
}

impl Key {
    /// Reads a key.
    pub fn parse(text: &str, project: &str, with_path: bool) -> Result<Self, Failure> {
        let invalid =
            |failure: Failure| Failure::new(format!("invalid configuration key: {}", failure.message));
        let rest_at = text.find(['[', '.']).filter(|at| with_path && *at > 0).unwrap_or(text.len());
        let (top, rest) = text.split_at(rest_at);
        let full = full_key(top, project).map_err(invalid)?;
        if !with_path {
            return Ok(Self { full, path: vec![] });
        }
        let (namespace, name) = full.split_once(':').unwrap_or((project, &full));
        let mut steps = path::parse(&format!("{name}{rest}"))?;
        match steps.remove(0) {
            Step::Key(name) => Ok(Self { full: format!("{namespace}:{name}"), path: steps }),
            Step::Index(_) => Err(Failure::new("first path segement of config key must be a string")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_below_the_key() {
        let key = Key::parse("aws:obj.a[0]", "shop", true).unwrap();
        assert_eq!(key, Key { full: "aws:obj".into(), path: vec![Step::Key("a".into()), Step::Index(0)] });
        assert_eq!(Key::parse("[\"a.b\"].c", "shop", true).unwrap().full, "shop:a.b");
    }

    #[test]
    fn without_paths_dots_belong_to_the_name() {
        let key = Key::parse("obj.a[0]", "shop", false).unwrap();
        assert_eq!(key, Key { full: "shop:obj.a[0]".into(), path: vec![] });
    }

    #[test]
    fn a_wrong_key_is_told() {
        let message = Key::parse("a:b:c", "shop", true).unwrap_err().message;
        assert!(message.starts_with("invalid configuration key: could not parse a:b:c"));
    }
}
