//! Patterns for names of branches, tags and stacks: `*` within a part of the name, `**` over several parts, `?` for one
//! character.

use crate::base::wildcard;

/// Whether `name` fits `pattern`. Parts are separated by `/`.
pub fn name_fits(pattern: &str, name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    wildcard::fits(&pattern.split('/').collect::<Vec<_>>(), &parts)
}

/// The reason why no name of a branch or tag can ever fit the pattern. None if one may.
/// <https://git-scm.com/docs/git-check-ref-format>
pub fn never_fits(pattern: &str) -> Option<String> {
    for prefix in ["refs/heads/", "refs/tags/", "refs/", "heads/", "tags/"] {
        if let Some(rest) = pattern.strip_prefix(prefix) {
            return Some(format!("names stand there without `{prefix}`: write `{rest}`"));
        }
    }
    let why = if pattern.is_empty() {
        "it is empty"
    } else if pattern.starts_with('/') || pattern.ends_with('/') || pattern.contains("//") {
        "a name has no `/` at its begin or end, and no two in a row"
    } else if pattern.contains("..") || pattern.contains("@{") {
        "a name has no `..` and no `@{`"
    } else if pattern.chars().any(|c| c.is_whitespace() || c.is_control() || "~^:\\[".contains(c)) {
        "a name has no blanks and none of `~ ^ : \\ [`"
    } else {
        return None;
    };
    Some(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_a_part_of_the_name() {
        assert!(name_fits("release/*", "release/1.2"));
        assert!(!name_fits("release/*", "release/1/2"));
        assert!(name_fits("release/**", "release/1/2"));
        assert!(name_fits("v*", "v1.0.0"));
        assert!(!name_fits("main", "maintenance"));
    }

    #[test]
    fn a_pattern_that_no_name_can_have_says_why() {
        for pattern in ["refs/heads/main", "a b", "/main", "a..b", "", "feature/[a]"] {
            assert!(never_fits(pattern).is_some(), "{pattern}");
        }
        for pattern in ["main", "release/*", "v*", "**"] {
            assert_eq!(never_fits(pattern), None, "{pattern}");
        }
    }
}
