//! Tolerances: properties whose value may differ from the reviewed one, such as a time of the build. An operation is never
//! tolerated, and neither is a property that comes or goes.

use crate::base::error::Problem;
use crate::base::wildcard;

/// One tolerance: a pattern for the URN and one for the path, with `#` between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tolerance {
    urn: Vec<String>,
    path: Vec<String>,
}

impl Tolerance {
    /// Reads `URN#path`: `**::build#tags.builtAt`. `*` stands for anything within one part, `**` for any number of parts.
    ///
    /// # Errors
    /// A pattern without a path, or with an empty one: it would tolerate nothing, or everything.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let problem = |what: &str| {
            Problem::new(
                format!("the tolerance `{text}` {what}"),
                "write a pattern for the URN, `#`, and one for the property's path: `**::build#tags.builtAt`",
            )
        };
        let (urn, path) = text.trim().rsplit_once('#').ok_or_else(|| problem("names no property"))?;
        let path = parts_of_path(path);
        if urn.is_empty() || path.is_empty() {
            return Err(problem(if urn.is_empty() { "names no resource" } else { "names no property" }));
        }
        if path.iter().all(|part| part == "**") {
            return Err(problem("is about every property: nothing would be compared"));
        }
        Ok(Self { urn: urn.split("::").map(str::to_owned).collect(), path })
    }

    /// Whether the property at `path` of the resource `urn` may have another value.
    pub fn covers(&self, urn: &str, path: &str) -> bool {
        let fits = |parts: &[String], of: &[String]| {
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            wildcard::fits(&parts, of)
        };
        let urn: Vec<String> = urn.split("::").map(str::to_owned).collect();
        fits(&self.urn, &urn) && fits(&self.path, &parts_of_path(path))
    }
}

/// Whether one of them covers the property.
pub fn is_tolerated(tolerances: &[Tolerance], urn: &str, path: &str) -> bool {
    tolerances.iter().any(|tolerance| tolerance.covers(urn, path))
}

/// The parts of a path: members and indexes. `a.b[0]["c.d"]` has `a`, `b`, `0` and `c.d`.
pub fn parts_of_path(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (part, after) = if let Some(quoted) = rest.strip_prefix("[\"") {
            quoted.split_once("\"]").unwrap_or((quoted, ""))
        } else if let Some(index) = rest.strip_prefix('[') {
            index.split_once(']').unwrap_or((index, ""))
        } else {
            let plain = rest.strip_prefix('.').unwrap_or(rest);
            plain.split_at(plain.find(['.', '[']).unwrap_or(plain.len()))
        };
        if !part.is_empty() {
            parts.push(part.to_owned());
        }
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const URN: &str = "urn:pulumi:prod::shop::aws:lambda/function:Function::build";

    #[test]
    fn a_tolerance_covers_the_property_that_it_names_and_no_other() {
        for (pattern, path) in [
            ("**::build#tags.builtAt", "tags.builtAt"),
            ("**::build#tags.*", "tags[\"built.at\"]"),
            ("**#environment[*].value", "environment[3].value"),
            ("**::aws:lambda/*:Function::*#**.at", "a[0].b.at"),
            ("**::build#tags.builtAt ", "tags.builtAt"),
        ] {
            assert!(Tolerance::parse(pattern).unwrap().covers(URN, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("**::build#tags.builtAt", "tags.builtBy"),
            ("**::build#tags", "tags.builtAt"),
            ("**::built#tags.builtAt", "tags.builtAt"),
            ("build#tags.builtAt", "tags.builtAt"),
        ] {
            assert!(!Tolerance::parse(pattern).unwrap().covers(URN, path), "{pattern} {path}");
        }
    }

    #[test]
    fn a_tolerance_of_nothing_or_of_everything_is_refused() {
        for text in ["", "**::build", "#tags", "**::build#", "**::build#**", "**#**.**"] {
            let problem = Tolerance::parse(text).unwrap_err();
            assert!(problem.hint.is_some_and(|hint| hint.contains("builtAt")), "{text}");
        }
    }
}
