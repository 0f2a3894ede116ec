//! Sets of resources that a person names: URNs, with `*` for anything within a part and `**` for anything.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/target.go>

use std::collections::HashSet;

/// Some URNs and patterns. An empty set means that nothing was named.
#[derive(Debug, Clone, Default)]
pub struct Targets {
    literals: HashSet<String>,
    named: Vec<String>,
    patterns: Vec<String>,
}

impl Targets {
    /// Reads what a person wrote.
    pub fn new(given: &[String]) -> Self {
        let (patterns, named): (Vec<String>, Vec<String>) =
            given.iter().cloned().partition(|urn| urn.contains('*'));
        Self { literals: named.iter().cloned().collect(), named, patterns }
    }

    /// Whether anything was named.
    pub fn is_constrained(&self) -> bool {
        !self.literals.is_empty() || !self.patterns.is_empty()
    }

    /// Whether a URN is in the set.
    pub fn contains(&self, urn: &str) -> bool {
        self.literals.contains(urn) || self.patterns.iter().any(|pattern| matches(pattern, urn))
    }

    /// Adds a URN, as when a dependent joins its target.
    pub fn add(&mut self, urn: &str) {
        self.literals.insert(urn.to_owned());
    }

    /// The URNs that were written out, in their order.
    pub fn named(&self) -> &[String] {
        &self.named
    }
}

/// Whether a URN fits a pattern.
pub fn matches(pattern: &str, urn: &str) -> bool {
    if let Some(rest) = pattern.strip_prefix("**") {
        return positions(urn).any(|at| matches(rest, &urn[at..]));
    }
    if let Some(rest) = pattern.strip_prefix('*') {
        // A single star does not cross a colon.
        return positions(urn).take_while(|at| !urn[..*at].contains(':')).any(|at| matches(rest, &urn[at..]));
    }
    let literal = &pattern[..pattern.find('*').unwrap_or(pattern.len())];
    match urn.strip_prefix(literal) {
        Some(rest) if literal.len() == pattern.len() => rest.is_empty(),
        Some(rest) => matches(&pattern[literal.len()..], rest),
        None => false,
    }
}

fn positions(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.char_indices().map(|(at, _)| at).chain([text.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    const URN: &str = "urn:pulumi:dev::life::pulumi:index:Stash::web-1";

    #[test]
    fn a_star_stays_within_a_part_and_two_cross_them() {
        assert!(matches("urn:pulumi:dev::life::pulumi:index:Stash::web-*", URN));
        assert!(matches("urn:pulumi:*::life::pulumi:index:*::web-1", URN));
        assert!(matches("**web-1", URN));
        assert!(matches("**:Stash::**", URN));
        assert!(!matches("*web-1", URN));
        assert!(!matches("urn:pulumi:dev::*::web-1", URN));
    }

    #[test]
    fn a_set_without_names_is_no_constraint() {
        assert!(!Targets::new(&[]).is_constrained());
        let targets = Targets::new(&[URN.to_owned()]);
        assert!(targets.is_constrained() && targets.contains(URN) && !targets.contains("urn:other"));
    }
}
