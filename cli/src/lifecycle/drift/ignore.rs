//! The properties that may differ from what was deployed: `drift.ignore`. A resource that is gone is never one of them.

use crate::base::error::Problem;
use crate::base::wildcard;
use crate::reviewed::tolerate::{Tolerance, parts_of_path};
use crate::rules::ResourcePattern;

/// One pattern: resources by their type or URN, and a path, with `#` between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftIgnore {
    resource: ResourcePattern,
    path: Vec<String>,
}

impl DriftIgnore {
    /// Reads `TYPE#path` or `URN#path`: `aws:autoscaling/*#desiredCapacity`, `**::build#tags.*`. In a path `*` stands for
    /// anything within one part, `**` for any number of parts.
    ///
    /// # Errors
    /// A pattern that nothing can match, or that is about every property.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        // The form of both is that of `tolerate`.
        let whole = format!("**::{}", text.trim().trim_start_matches("**::"));
        Tolerance::parse(&whole).map_err(|_| {
            Problem::new(
                format!("`{}` names no resource and a property of it", text.escape_debug()),
                "write a type or a URN, `#`, and the property's path: `aws:autoscaling/*#desiredCapacity`",
            )
        })?;
        let (resource, path) = text.trim().rsplit_once('#').unwrap_or((text, ""));
        Ok(Self { resource: ResourcePattern::parse(resource)?, path: parts_of_path(path) })
    }

    /// Whether the property at `path` of the resource `urn` may differ. A whole property is covered by its name, and what
    /// lies within it too.
    pub fn covers(&self, urn: &str, path: &str) -> bool {
        let pattern: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let parts = parts_of_path(path);
        let within = (1..=parts.len()).any(|most| wildcard::fits(&pattern, &parts[..most]));
        within && self.resource.matches(urn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URN: &str = "urn:pulumi:prod::shop::aws:autoscaling/group:Group::workers";

    #[test]
    fn a_property_is_named_by_the_type_or_the_urn_of_its_resource_and_its_path() {
        for (pattern, path) in [
            ("aws:autoscaling/*#desiredCapacity", "desiredCapacity"),
            ("aws:autoscaling/group:Group#tags", "tags[0].value"),
            ("**::workers#tags[*].value", "tags[3].value"),
            ("aws:*#**.at", "a.b.at"),
        ] {
            assert!(DriftIgnore::parse(pattern).unwrap().covers(URN, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("aws:autoscaling/*#desiredCapacity", "desired"),
            ("aws:rds/*#desiredCapacity", "desiredCapacity"),
            ("**::worker#tags", "tags"),
            ("aws:autoscaling/*#tags.a", "tags"),
        ] {
            assert!(!DriftIgnore::parse(pattern).unwrap().covers(URN, path), "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_without_a_property_or_for_all_of_them_is_refused() {
        for text in ["", "aws:autoscaling/*", "#tags", "aws:rds/*#", "aws:rds/*#**", "instance#tags"] {
            let problem = DriftIgnore::parse(text).unwrap_err();
            assert!(problem.hint.is_some(), "{text}");
        }
    }
}
