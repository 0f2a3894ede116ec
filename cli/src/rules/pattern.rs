//! Patterns for resources, by type or by URN.
//!
//! A pattern with `::` is for URNs, and has the wildcards of the Pulumi CLI's `--target`: `*` for anything without a
//! colon, `**` for anything: <https://www.pulumi.com/docs/iac/cli/commands/pulumi_up/>. One without is for types, and
//! `*` stands for anything: `aws:rds/*`.

use std::fmt;

use crate::base::error::Problem;
use crate::report::Urn;

/// A pattern for resources.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourcePattern {
    /// By the resource's type.
    Type(String),
    /// By the resource's URN.
    Urn(String),
}

/// The beginning of every URN.
const URN: &str = "urn:pulumi:";

impl ResourcePattern {
    /// Reads a pattern. Fails if nothing can match it because of its form.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let never = |why: &str, hint: String| {
            Err(Problem::new(format!("`{}` can never match: {why}", text.escape_debug()), hint))
        };
        if text.is_empty() || text.contains(char::is_whitespace) && !text.contains("::") {
            return never(
                "it is not a type",
                "write a type as `aws:rds/*`, or a URN as `**::orders-db`".to_owned(),
            );
        }
        if text.contains("::") || text.starts_with("urn:") {
            if !can_be_a_urn(text) {
                let last = text.rsplit("::").next().unwrap_or(text);
                return never(
                    "a URN is `urn:pulumi:STACK::PROJECT::TYPE::NAME`, and `*` stands for no colon",
                    format!("write `**::{last}`"),
                );
            }
            return Ok(Self::Urn(text.to_owned()));
        }
        let colons = text.matches(':').count();
        match (text.contains('*'), colons) {
            (true, 0..=2) | (false, 2) => Ok(Self::Type(text.to_owned())),
            (false, 0) if text.contains('.') => never(
                "a type is written as in the report, with colons",
                "write a type as `aws:rds/instance:Instance` or `aws:rds/*`".to_owned(),
            ),
            (false, 0) => never(
                "a type has two colons, as `aws:rds/instance:Instance`",
                format!(
                    "for a resource of this name write `**::{text}`; for all types of a package `{text}:*`"
                ),
            ),
            (false, 1) => never(
                "a type has two colons, as `aws:rds/instance:Instance`",
                format!("write `{text}/*` or `{text}:*` for all types of a module"),
            ),
            _ => never(
                "a type has two colons, as `aws:rds/instance:Instance`",
                "for a resource with this URN write `**::` and its name".to_owned(),
            ),
        }
    }

    /// Whether the resource with this URN matches.
    pub fn matches(&self, urn: &str) -> bool {
        match self {
            Self::Urn(pattern) => glob(&parts_of_urn(pattern), &letters(urn)),
            Self::Type(pattern) => {
                let Some(kind) = Urn::parse(urn).map(|urn| urn.kind) else { return false };
                let matches = |kind: &str| glob(&parts_of_type(pattern), &letters(kind));
                matches(kind) || short_type(kind).is_some_and(|short| matches(&short))
            }
        }
    }

    /// Whether it matches each resource that `other` matches, as far as their texts show it.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Type(own), Self::Type(their)) => glob(&parts_of_type(own), &parts_of_type(their)),
            (Self::Urn(own), Self::Urn(their)) => glob(&parts_of_urn(own), &parts_of_urn(their)),
            (Self::Type(own), Self::Urn(_)) => own.chars().all(|c| c == '*'),
            (Self::Urn(own), Self::Type(_)) => own.chars().all(|c| c == '*'),
        }
    }
}

impl fmt::Display for ResourcePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(text) | Self::Urn(text) => f.write_str(text),
        }
    }
}

/// A part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GlobPart {
    /// This character.
    Is(char),
    /// Any number of characters without a colon.
    WithinColons,
    /// Any number of characters.
    Anything,
}

fn parts_of_urn(pattern: &str) -> Vec<GlobPart> {
    let mut parts = Vec::new();
    for c in pattern.chars() {
        match (c, parts.last()) {
            ('*', Some(GlobPart::WithinColons)) => {
                parts.pop();
                parts.push(GlobPart::Anything);
            }
            ('*', Some(GlobPart::Anything)) => {}
            ('*', _) => parts.push(GlobPart::WithinColons),
            (c, _) => parts.push(GlobPart::Is(c)),
        }
    }
    parts
}

fn parts_of_type(pattern: &str) -> Vec<GlobPart> {
    let mut parts: Vec<GlobPart> =
        pattern.chars().map(|c| if c == '*' { GlobPart::Anything } else { GlobPart::Is(c) }).collect();
    parts.dedup_by(|a, b| (*a, *b) == (GlobPart::Anything, GlobPart::Anything));
    parts
}

/// Plain text as parts that stand for themselves.
fn letters(text: &str) -> Vec<GlobPart> {
    text.chars().map(GlobPart::Is).collect()
}

/// Whether `text` matches; a wildcard in it is matched by one that stands for no less. The places of the pattern that can
/// have been reached are followed, so that the time is the product of both lengths at worst.
fn glob(pattern: &[GlobPart], text: &[GlobPart]) -> bool {
    let mut reached = vec![false; pattern.len() + 1];
    reached[0] = true;
    skip_wildcards(pattern, &mut reached);
    for letter in text {
        reached = step(pattern, &reached, *letter);
    }
    reached.last().copied().unwrap_or_default()
}

/// The places that are reached by one more character, or wildcard.
fn step(pattern: &[GlobPart], reached: &[bool], letter: GlobPart) -> Vec<bool> {
    let mut next = vec![false; reached.len()];
    for (at, part) in pattern.iter().enumerate().filter(|(at, _)| reached[*at]) {
        match part {
            GlobPart::Is(_) => next[at + 1] |= *part == letter,
            GlobPart::WithinColons => next[at] |= !matches!(letter, GlobPart::Is(':') | GlobPart::Anything),
            GlobPart::Anything => next[at] = true,
        }
    }
    skip_wildcards(pattern, &mut next);
    next
}

/// Adds the places behind wildcards, which can stand for nothing.
fn skip_wildcards(pattern: &[GlobPart], reached: &mut [bool]) {
    for (at, part) in pattern.iter().enumerate() {
        if reached[at] && !matches!(part, GlobPart::Is(_)) {
            reached[at + 1] = true;
        }
    }
}

/// Whether some URN can match.
fn can_be_a_urn(pattern: &str) -> bool {
    let parts = parts_of_urn(pattern);
    let mut reached = vec![false; parts.len() + 1];
    reached[0] = true;
    skip_wildcards(&parts, &mut reached);
    for letter in letters(URN) {
        reached = step(&parts, &reached, letter);
    }
    // Behind the beginning anything can follow that has three separators.
    reached.iter().enumerate().filter(|(_, there)| **there).any(|(at, _)| {
        let rest = parts.get(at..).unwrap_or_default();
        let separators = rest.windows(2).filter(|pair| **pair == [GlobPart::Is(':'); 2]).count();
        rest.contains(&GlobPart::Anything) || separators >= 3
    })
}

/// The type as people write it in short: `aws:rds:Instance` for `aws:rds/instance:Instance`.
fn short_type(kind: &str) -> Option<String> {
    let (module, name) = kind.rsplit_once(':')?;
    let (module, file) = module.rsplit_once('/')?;
    file.eq_ignore_ascii_case(name).then(|| format!("{module}:{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DB: &str = "urn:pulumi:prod::shop::my:data:Store$aws:rds/instance:Instance::orders-db";

    fn matches(pattern: &str, urn: &str) -> bool {
        ResourcePattern::parse(pattern).unwrap().matches(urn)
    }

    #[test]
    fn a_type_matches_the_resources_own_type_in_its_long_and_its_short_form() {
        for pattern in [
            "aws:rds/*",
            "aws:rds/instance:Instance",
            "aws:rds:Instance",
            "aws:rds:*",
            "aws:*",
            "*",
            "*Instance",
        ] {
            assert!(matches(pattern, DB), "{pattern}");
        }
        for pattern in ["aws:s3/*", "my:data:Store", "aws:rds/instance:Cluster", "rds:*:Instance", "AWS:*"] {
            assert!(!matches(pattern, DB), "{pattern}");
        }
    }

    #[test]
    fn a_urn_matches_with_the_wildcards_of_the_cli() {
        for pattern in [
            "**::orders-db",
            "**::orders-*",
            "urn:pulumi:prod::shop::**",
            "urn:pulumi:*::*::**::orders-db",
            "**$aws:rds/instance:Instance::*",
            DB,
        ] {
            assert!(matches(pattern, DB), "{pattern}");
        }
        for pattern in ["**::orders", "urn:pulumi:dev::**", "**::db", "urn:pulumi:*::*::*::orders-db"] {
            assert!(!matches(pattern, DB), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_can_never_match_is_refused_with_the_one_that_is_meant() {
        for (pattern, hint) in [
            ("orders-db", "`**::orders-db`"),
            ("aws", "`aws:*`"),
            ("aws:rds", "`aws:rds/*`"),
            ("*::orders-db", "`**::orders-db`"),
            ("urn:pulumi:prod::orders-db", "`**::orders-db`"),
            ("urn:pulum:prod::**", "`**::**`"),
            ("prod::shop::aws:rds/instance:Instance::orders-db", "`**::orders-db`"),
            ("aws.rds.Instance", "`aws:rds/*`"),
            ("a:b:c:d", "`**::`"),
            ("an rds", "`aws:rds/*`"),
            ("", "`aws:rds/*`"),
        ] {
            let problem = ResourcePattern::parse(pattern).unwrap_err();
            assert!(problem.hint.as_ref().unwrap().contains(hint), "{pattern}: {problem}");
        }
    }

    #[test]
    fn a_wider_pattern_covers_a_narrower_one_and_no_other_way_round() {
        let parse = |text: &str| ResourcePattern::parse(text).unwrap();
        for (wide, narrow) in [
            ("aws:*", "aws:rds/*"),
            ("*", "aws:rds/instance:Instance"),
            ("**::orders-db", "urn:pulumi:prod::*::**::orders-db"),
            ("**", "**::orders-db"),
        ] {
            let (wide, narrow) = (parse(if wide == "**" { "**::**" } else { wide }), parse(narrow));
            assert!(wide.covers(&narrow), "{wide} {narrow}");
            assert!(!narrow.covers(&wide), "{narrow} {wide}");
        }
        assert!(!parse("urn:pulumi:*::**").covers(&parse("urn:pulumi:**::db")), "`**` can hold colons");
        assert!(!parse("aws:*").covers(&parse("**::orders-db")));
    }

    #[test]
    fn a_long_pattern_takes_no_longer_than_the_product_of_both() {
        let pattern = format!("**::{}", "*a".repeat(200));
        let urn = format!("urn:pulumi:s::p::t::{}b", "a".repeat(2000));
        assert!(!matches(&pattern, &urn));
    }
}
