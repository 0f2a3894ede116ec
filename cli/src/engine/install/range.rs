//! A range of versions by the rules of node's `semver`, as the official GitHub action and most people's tools read
//! `3.x`, `>=3 <4` or `^3 || ^2`. A comma means the same as a blank.
//! <https://github.com/npm/node-semver#ranges>

use std::fmt;

use semver::{Comparator, Op, Prerelease, Version, VersionReq};

/// The operators before a version; a longer one is listed before a shorter one that it begins with.
const SIGNS: [(&str, Op); 8] = [
    ("~>", Op::Tilde),
    ("~", Op::Tilde),
    ("^", Op::Caret),
    (">=", Op::GreaterEq),
    ("<=", Op::LessEq),
    (">", Op::Greater),
    ("<", Op::Less),
    ("=", Op::Exact),
];

/// A range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    text: String,
    any_of: Vec<VersionReq>,
}

/// A version whose end can be missing or open: `3`, `3.x`, `3.260.0-alpha.1`. The first `x` and all parts after it are
/// none.
#[derive(Debug, Clone, Default)]
struct Partial {
    major: Option<u64>,
    minor: Option<u64>,
    patch: Option<u64>,
    pre: Prerelease,
    /// Whether a number follows an `x`.
    out_of_order: bool,
}

impl Range {
    /// Reads a range; none if the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let alternatives = text.split("||").map(all_of).collect::<Option<Vec<_>>>()?;
        Some(Self { text: text.trim().to_owned(), any_of: alternatives.into_iter().flatten().collect() })
    }

    /// Whether `version` is in the range.
    pub fn matches(&self, version: &Version) -> bool {
        self.any_of.iter().any(|all| all.matches(version))
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The conditions of one alternative, between two `||`: all of them have to hold. The list is empty if no version can
/// meet them.
fn all_of(text: &str) -> Option<Vec<VersionReq>> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()).collect();
    if let Some(at) = words.iter().position(|word| *word == "-") {
        return span(&words[..at].concat(), &words[at + 1..].concat()).map(|span| vec![span]);
    }
    let mut comparators = Vec::new();
    let mut begun = String::new();
    for word in words {
        begun.push_str(word);
        // Blanks may separate an operator from its version.
        if begun.chars().all(|c| "~^<>=v".contains(c)) {
            continue;
        }
        match comparator(&std::mem::take(&mut begun))? {
            Condition::Any => {}
            Condition::None => return Some(Vec::new()),
            Condition::That(comparator) => comparators.push(comparator),
        }
    }
    begun.is_empty().then(|| vec![VersionReq { comparators }])
}

/// The range `3.200 - 3.260`, with both ends included.
fn span(from: &str, to: &str) -> Option<VersionReq> {
    let (from, to) = (Partial::parse(from)?, Partial::parse(to)?);
    let ends = [from.with(Op::GreaterEq), to.with(Op::LessEq)];
    Some(VersionReq { comparators: ends.into_iter().flatten().collect() })
}

/// The condition that one word stands for.
enum Condition {
    /// Every version meets it.
    Any,
    /// No version meets it.
    None,
    /// The versions that the comparator allows.
    That(Comparator),
}

fn comparator(word: &str) -> Option<Condition> {
    let sign = SIGNS.iter().find_map(|(sign, op)| Some((word.strip_prefix(sign)?, *op)));
    let (rest, op) = sign.unwrap_or((word, Op::Exact));
    let partial = Partial::parse(rest)?;
    if partial.out_of_order && !matches!(op, Op::Tilde | Op::Caret) {
        return None;
    }
    Some(match (partial.with(op), op) {
        (Some(comparator), _) => Condition::That(comparator),
        (None, Op::Greater | Op::Less) => Condition::None,
        (None, _) => Condition::Any,
    })
}

impl Partial {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['v', '=']);
        // Build metadata does not count.
        let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
        let (numbers, pre) = text.split_once('-').map_or((text, None), |(numbers, pre)| (numbers, Some(pre)));
        let parts: Vec<VersionPart> = numbers.split('.').map(VersionPart::parse).collect::<Option<_>>()?;
        let right =
            build.is_none_or(|build| semver::BuildMetadata::new(build).is_ok_and(|build| !build.is_empty()));
        if parts.len() > 3 || !right || (pre.is_some() && parts.len() < 3) {
            return None;
        }
        let pre = pre
            .map_or(Some(Prerelease::EMPTY), |pre| Prerelease::new(pre).ok().filter(|pre| !pre.is_empty()))?;
        let known: Vec<u64> = parts.iter().map_while(VersionPart::number).collect();
        let mut partial = Self {
            major: known.first().copied(),
            minor: known.get(1).copied(),
            patch: known.get(2).copied(),
            ..Self::default()
        };
        partial.out_of_order = parts.iter().filter_map(VersionPart::number).count() > known.len();
        if partial.patch.is_some() {
            partial.pre = pre;
        }
        Some(partial)
    }

    /// The comparator of an operator and this version; none if not even the major version is given.
    fn with(&self, op: Op) -> Option<Comparator> {
        let Self { major, minor, patch, .. } = *self;
        Some(Comparator { op, major: major?, minor, patch, pre: self.pre.clone() })
    }
}

/// A part of a version, between two dots.
enum VersionPart {
    Number(u64),
    /// `x`, `X` or `*`.
    Open,
}

impl VersionPart {
    fn parse(text: &str) -> Option<Self> {
        if matches!(text, "x" | "X" | "*") {
            return Some(Self::Open);
        }
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        // JavaScript has no larger whole numbers.
        text.parse().ok().filter(|number| plain && *number < 1 << 53).map(Self::Number)
    }

    fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Open => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_means_what_node_makes_of_it() {
        for (range, inside, outside) in [
            ("^3", &["3.0.0", "3.260.1"][..], &["2.9.9", "4.0.0", "3.1.0-alpha.1"][..]),
            ("~3.260", &["3.260.0", "3.260.9"], &["3.261.0", "3.259.9"]),
            ("~>3.260.1", &["3.260.1", "3.260.9"], &["3.260.0", "3.261.0"]),
            ("3", &["3.0.0", "3.999.0"], &["2.0.0", "4.0.0"]),
            ("3.260", &["3.260.0", "3.260.5"], &["3.261.0", "3.259.0"]),
            ("3.260.x", &["3.260.0", "3.260.5"], &["3.261.0"]),
            ("3.X.*", &["3.0.0", "3.260.5"], &["4.0.0"]),
            ("v3.x", &["3.1.0"], &["4.0.0"]),
            ("=v3.260.1", &["3.260.1"], &["3.260.2"]),
            ("= 3.260", &["3.260.1"], &["3.261.0"]),
            ("*", &["0.0.1", "3.260.0"], &["3.0.0-alpha"]),
            ("x", &["3.260.0"], &[]),
            (">=*", &["3.260.0"], &[]),
            (">*", &[], &["3.260.0", "0.0.0"]),
            ("<* || 3", &["3.1.0"], &["2.0.0"]),
            (">3", &["4.0.0"], &["3.0.1", "3.999.0"]),
            (">3.260", &["3.261.0"], &["3.260.5"]),
            ("<=3.260", &["3.260.9", "2.0.0"], &["3.261.0"]),
            ("<3.260", &["3.259.9"], &["3.260.0"]),
            (">=3 <4", &["3.0.0", "3.260.0"], &["2.9.0", "4.0.0"]),
            (">= 3.0.0\t< 4.0.0", &["3.0.0"], &["4.0.0"]),
            (">=3.200, <3.260", &["3.200.0"], &["3.260.0"]),
            (">=3.0.0,<4.0.0", &["3.0.0"], &["4.0.0"]),
            ("> v3.1.0", &["3.1.1"], &["3.1.0"]),
            ("^3 || ^2", &["3.1.0", "2.1.0"], &["1.0.0", "4.0.0"]),
            ("3||2", &["3.1.0", "2.1.0"], &["4.0.0"]),
            ("^3 ||", &["1.0.0"], &[]),
            ("3.200.0 - 3.300.0", &["3.200.0", "3.300.0"], &["3.199.9", "3.300.1"]),
            ("3.200 - 3.300", &["3.200.0", "3.300.9"], &["3.301.0"]),
            ("v3.200.0  -  3", &["3.999.0"], &["3.199.0", "4.0.0"]),
            ("* - 3.1", &["0.1.0", "3.1.9"], &["3.2.0"]),
            ("3.x.5 - *", &["3.0.0", "9.0.0"], &["2.0.0"]),
            ("^v3.0.0", &["3.260.0"], &["4.0.0"]),
            ("^ 3.1", &["3.1.0"], &["3.0.0"]),
            ("^3.0.0-alpha.2", &["3.0.0-alpha.2", "3.0.0", "3.1.0"], &["3.0.0-alpha.1", "3.1.0-beta"]),
            ("3.0.0-alpha.1 - 3.0.0", &["3.0.0-alpha.1", "3.0.0-rc"], &["3.0.1"]),
            ("^0.1", &["0.1.5"], &["0.2.0"]),
            ("^0.0.3", &["0.0.3"], &["0.0.4"]),
            ("^3.x.5", &["3.0.0"], &["4.0.0"]),
            ("3.1.0+build.5", &["3.1.0"], &["3.1.1"]),
        ] {
            let parsed = Range::parse(range).unwrap_or_else(|| panic!("{range}"));
            for version in inside {
                assert!(parsed.matches(&version.parse().unwrap()), "{version} in {range}");
            }
            for version in outside {
                assert!(!parsed.matches(&version.parse().unwrap()), "{version} not in {range}");
            }
        }
    }

    #[test]
    fn what_node_does_not_read_is_not_a_range() {
        for text in [
            "newest",
            "3.x.y.z",
            "3.1.0.0",
            "03",
            "3.01",
            ">=",
            "v",
            "^",
            ">=3<4",
            ">=3.0.0<4.0.0",
            "=>3",
            "3..1",
            "3.",
            ".3",
            "3.1-alpha",
            "3.1.0-",
            "3.1.0+",
            "3.x.5",
            "*.1",
            "^3 foo",
            "3 - ",
            "- 3",
            "1 - 2 - 3",
            "^>=3",
            "3 | 2",
            "99999999999999999999",
            "9007199254740992",
        ] {
            assert_eq!(Range::parse(text), None, "{text}");
        }
    }
}
