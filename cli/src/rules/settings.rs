//! The rules that are set: reading them, and of two sets the stricter one.

use std::collections::{BTreeMap, BTreeSet};

use super::clause::{Clause, strictest};
use super::exception::Exception;
use super::loosening::Loosening;
use super::place::{RulePlace, shown};
use super::registry::RULES;
use super::rule::{RuleForm, RuleRow};
use crate::base::error::{Error, Result};
use crate::base::suggest::nearest;
use crate::base::yaml::Value;

/// The key of the exceptions.
const EXCEPTIONS: &str = "exceptions";

/// The rules that hold for a run. All of their clauses have to hold, so that a set with more of them is stricter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    clauses: BTreeMap<&'static str, Vec<Clause>>,
    /// The rules that are set to `false`, with the place.
    off: BTreeMap<&'static str, String>,
}

impl Rules {
    /// Reads the value of a `rules` mapping. `place` says where it is, for messages: `` `stacks.prod.rules` in
    /// `stackstep.yaml` ``. Fails with the first mistake.
    pub fn parse(value: &Value, place: &str) -> Result<Self> {
        let mapping = match value {
            Value::Null(_) => return Ok(Self::default()),
            Value::Mapping(mapping) => mapping,
            _ => {
                return Err(Error::input(
                    format!("{place} is not a mapping"),
                    "write each rule on a line: `max-deletes: 0`",
                ));
            }
        };
        let mut rules = Self::default();
        for (key, value) in mapping.iter() {
            let name = key.source().unwrap_or_default();
            if name == EXCEPTIONS || value.is_null() {
                continue;
            }
            let rule = rule_called(name, place)?;
            let read = rule.form.read(value, &RulePlace::new(name, place))?;
            if read.is_empty() {
                rules.off.insert(rule.name, place.to_owned());
            }
            let clauses = read.into_iter().map(|(value, otherwise)| Clause {
                value,
                otherwise,
                exceptions: BTreeSet::new(),
                set_in: place.to_owned(),
            });
            rules.clauses.entry(rule.name).or_default().extend(clauses);
        }
        if let Some(exceptions) = mapping.get(EXCEPTIONS) {
            rules.except(exceptions, place)?;
        }
        Ok(Self { off: rules.off, clauses: tidied(rules.clauses) })
    }

    /// Reads the exceptions, and adds each one to the clauses of its rule.
    fn except(&mut self, value: &Value, rules: &str) -> Result<()> {
        let items = match value {
            Value::Null(_) => return Ok(()),
            Value::List(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for (at, item) in items.iter().enumerate() {
            let place = RulePlace::new(&format!("{EXCEPTIONS}[{at}]"), rules);
            let Value::Mapping(mapping) = item else {
                return Err(place.wrong_value(item, EXCEPTION));
            };
            let name = mapping.get("rule").and_then(Value::source).map(str::trim).unwrap_or_default();
            if name.is_empty() {
                return Err(place.wrong("names no rule", EXCEPTION));
            }
            let rule = rule_called(name, &place.to_string())?;
            let exception = Exception::read(mapping, &place)?;
            if exception.urn.is_some() && !rule.by_resource {
                return Err(place.wrong(
                    &format!("has a `urn`, and `{name}` is not about single resources"),
                    "leave `urn` out: the exception is then from the whole rule",
                ));
            }
            let clauses = self.clauses.get_mut(rule.name).filter(|clauses| !clauses.is_empty());
            let clauses = clauses.ok_or_else(|| {
                place.wrong(
                    &format!("is from `{name}`, which is not set there"),
                    format!("set `{name}` beside it, or remove the exception"),
                )
            })?;
            for clause in clauses {
                clause.exceptions.insert(exception.clone());
            }
        }
        Ok(())
    }

    /// Whether no rule is set.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// The names of the rules that are set.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.clauses.keys().copied()
    }

    /// What is set, a line each: `max-deletes: at most 0, else refuses`.
    pub fn in_words(&self) -> Vec<String> {
        let rules =
            RULES.iter().flat_map(|rule| self.clauses_of(rule).iter().map(move |clause| (rule, clause)));
        rules.map(|(rule, clause)| format!("{}: {}", rule.name, clause.in_words())).collect()
    }

    /// The clauses of `rule`.
    pub(super) fn clauses_of(&self, rule: &RuleRow) -> &[Clause] {
        self.clauses.get(rule.name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The rules of both sets: whatever one of them does not allow is not allowed.
    #[must_use]
    pub fn tightened_by(&self, other: &Self) -> Self {
        let mut clauses = self.clauses.clone();
        for (name, more) in &other.clauses {
            clauses.entry(name).or_default().extend(more.iter().cloned());
        }
        let mut off = self.off.clone();
        for (name, place) in &other.off {
            let first = off.entry(name).or_insert_with(|| place.clone());
            if *place < *first {
                first.clone_from(place);
            }
        }
        Self { clauses: tidied(clauses), off }
    }

    /// The ways in which this set allows what `other` does not.
    pub fn is_looser_than(&self, other: &Self) -> Vec<Loosening> {
        let mut found = Vec::new();
        for rule in RULES {
            let own = self.clauses_of(rule);
            for clause in
                other.clauses_of(rule).iter().filter(|clause| !own.iter().any(|own| own.covers(clause)))
            {
                found.push(Loosening { rule: rule.name, what: loosening(rule, own, clause) });
            }
        }
        found
    }

    /// These rules, which a run is given, on top of those of a file. Fails if one of them would loosen the file's: it
    /// would have no effect, and people would believe that it has.
    pub fn on_top_of(&self, file: &Self) -> Result<Self> {
        for rule in RULES {
            let theirs = file.clauses_of(rule);
            if let (Some(place), Some(their)) = (self.off.get(rule.name), theirs.first()) {
                return Err(loosened(rule, (&format!("is `false`, by {place}"), &their.in_words()), their));
            }
            // A further resource or pack tightens in any case.
            for own in self.clauses_of(rule).iter().filter(|_| rule.form == RuleForm::Count) {
                if let Some(their) = theirs.iter().find(|their| their.covers(own) && !own.covers(their)) {
                    let value = format!("is {}, by {}", own.value, own.set_in);
                    return Err(loosened(rule, (&value, &their.in_words()), their));
                }
            }
        }
        Ok(self.tightened_by(file))
    }
}

/// How an exception is written, as a hint.
const EXCEPTION: &str = "write an exception as `{ rule: keep, urn: \"**::old-db\", until: 2026-12-31, because: \"moved to \
                         orders-db\" }`";

/// The clauses without those that are superfluous, and no rule without any.
fn tidied(clauses: BTreeMap<&'static str, Vec<Clause>>) -> BTreeMap<&'static str, Vec<Clause>> {
    let tidied = clauses.into_iter().map(|(name, clauses)| (name, strictest(clauses)));
    tidied.filter(|(_, clauses)| !clauses.is_empty()).collect()
}

/// The rule called `name`.
fn rule_called(name: &str, place: &str) -> Result<&'static RuleRow> {
    RULES.iter().find(|rule| rule.name == name).ok_or_else(|| {
        let names = || RULES.iter().map(|rule| rule.name);
        let hint = match nearest(name, names().chain([EXCEPTIONS])) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the rules are `{}`", names().collect::<Vec<_>>().join("`, `")),
        };
        Error::input(format!("there is no rule `{}`: it stands in {place}", shown(name)), hint)
    })
}

/// The sentence about a clause that is looser than it was.
fn loosening(rule: &RuleRow, own: &[Clause], clause: &Clause) -> String {
    let (name, was) = (rule.name, clause.in_words());
    let same_value = own.iter().find(|own| own.value.covers(&clause.value));
    match same_value {
        // The value holds as before: what is weaker is the answer, or there is a further exception.
        Some(own) if !own.otherwise.covers(&clause.otherwise) => {
            format!(
                "`{name}` ({}) {}, and it {} before",
                own.value,
                own.otherwise.in_words(),
                clause.otherwise.in_words()
            )
        }
        Some(own) => {
            let further =
                own.exceptions.iter().find(|own| !clause.exceptions.iter().any(|their| their.covers(own)));
            let exception =
                further.map_or_else(|| "an exception".to_owned(), |further| further.in_words(name));
            format!("{exception} is new")
        }
        None if rule.form == RuleForm::Count && !own.is_empty() => {
            let now: Vec<String> = own.iter().map(|own| own.value.to_string()).collect();
            format!("`{name}` is {}, and was {}", now.join(", "), clause.value)
        }
        None => format!("`{name}` no longer has: {was}"),
    }
}

/// The error of a rule of a run that would loosen the file's.
fn loosened(rule: &RuleRow, (own, their): (&str, &str), clause: &Clause) -> Error {
    let name = rule.name;
    Error::input(
        format!("`{name}` {own}, and {their}, by {}", clause.set_in),
        format!("a run may tighten a rule and never loosen it: leave `{name}` out there, or change the file"),
    )
}

#[cfg(test)]
mod tests;
