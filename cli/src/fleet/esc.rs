//! The environments of Pulumi ESC that a stack's configuration imports. Their values lie at Pulumi Cloud, so that no file of the
//! repository changes with them.
//! <https://www.pulumi.com/docs/esc/guides/pulumi-iac/>

use std::collections::BTreeSet;
use std::path::Path;

use crate::base::text_file::{SETTINGS, read_text};
use crate::base::yaml::{self, Value};

/// The field of a stack's file.
const ENVIRONMENT: &str = "environment";

/// The project of an environment that is named without one.
/// <https://www.pulumi.com/docs/esc/concepts/environments/>
const DEFAULT_PROJECT: &str = "default";

/// The beginning of a value of another environment, as an interpolation has it.
/// <https://www.pulumi.com/docs/esc/concepts/imports/#implicit-imports>
const IMPLICIT: &str = "environments";

/// The environments that a stack uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EscEnvironments {
    /// Their names as they are written, without versions.
    pub names: BTreeSet<String>,
    /// Whether there may be others: something names one in a form that can't be read.
    pub is_unclear: bool,
}

impl EscEnvironments {
    /// The environments that the stack's file at `path` names. One that can't be read may name any.
    pub fn in_file(path: &Path) -> Self {
        match read_text(path, SETTINGS) {
            Ok(text) => Self::in_text(&text),
            Err(_) => Self { is_unclear: true, ..Self::default() },
        }
    }

    /// The environments that a stack's file with this text names: those of a list, those that a definition in the file imports,
    /// and those whose values it interpolates.
    pub fn in_text(text: &str) -> Self {
        let mut found = Self::default();
        // Most files have none, and need not be read as YAML.
        if !text.contains(ENVIRONMENT) {
            return found;
        }
        let Ok(Value::Mapping(fields)) = yaml::parse(text) else {
            return Self { is_unclear: !text.trim().is_empty(), ..found };
        };
        let named = fields.iter().filter(|(name, _)| name.source() == Some(ENVIRONMENT));
        for (_, value) in named {
            match value {
                Value::Null(_) => {}
                Value::List(names) => found.add_imports(names),
                Value::Mapping(definition) => {
                    for (key, value) in definition.iter() {
                        match (key.source(), value) {
                            (Some("imports"), Value::List(names)) => found.add_imports(names),
                            (Some("imports"), Value::Null(_)) => {}
                            (Some("imports"), _) => found.is_unclear = true,
                            _ => found.add_implicit(value),
                        }
                    }
                }
                _ => found.is_unclear = true,
            }
        }
        found
    }

    /// Whether the stack uses this environment, or may do so.
    pub fn may_use(&self, wanted: &str) -> bool {
        self.is_unclear || self.names.iter().any(|name| is_same(name, wanted))
    }

    /// Whether it uses none.
    pub fn is_none(&self) -> bool {
        !self.is_unclear && self.names.is_empty()
    }

    /// The entries of a list of imports: names, or a name with how it is merged.
    fn add_imports(&mut self, imports: &[Value]) {
        for import in imports {
            match import {
                Value::Text(name) => self.add(name),
                Value::Mapping(one) if one.iter().count() == 1 => {
                    match one.iter().next().and_then(|(name, _)| name.source()) {
                        Some(name) => self.add(name),
                        None => self.is_unclear = true,
                    }
                }
                _ => self.is_unclear = true,
            }
        }
    }

    fn add(&mut self, name: &str) {
        let plain = name.split('@').next().unwrap_or_default().trim();
        let is_name =
            !plain.is_empty() && !plain.contains(['$', '{', '*']) && !plain.contains(char::is_whitespace);
        if is_name {
            self.names.insert(plain.to_owned());
        } else {
            self.is_unclear = true;
        }
    }

    /// Adds the environments whose values a definition interpolates.
    fn add_implicit(&mut self, value: &Value) {
        match value {
            Value::Text(text) => {
                for part in text.split("${").skip(1) {
                    let path = part.split('}').next().unwrap_or_default().trim();
                    let Some(rest) = path.strip_prefix(IMPLICIT) else { continue };
                    let mut names = rest.strip_prefix('.').unwrap_or_default().split('.');
                    match (names.next(), names.next()) {
                        (Some(project), Some(name)) if !rest.contains(['[', '"']) => {
                            self.add(&format!("{project}/{name}"));
                        }
                        _ => self.is_unclear = true,
                    }
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.add_implicit(item)),
            Value::Mapping(fields) => fields.iter().for_each(|(_, value)| self.add_implicit(value)),
            Value::Null(_) | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Whether a name that a file has is the one that a person or a webhook names, with or without the organisation, the project
/// `default` and a version.
fn is_same(named: &str, wanted: &str) -> bool {
    let parts = |name: &str| {
        let name = name.split('@').next().unwrap_or_default().trim().to_owned();
        let mut parts: Vec<String> = name.split('/').map(str::to_owned).collect();
        if parts.len() == 1 {
            parts.insert(0, DEFAULT_PROJECT.to_owned());
        }
        parts
    };
    let (named, wanted) = (parts(named), parts(wanted));
    // Only one of the two may say the organisation.
    let shared = named.len().min(wanted.len()).max(2);
    let end = |parts: &[String]| parts.get(parts.len().saturating_sub(shared)..).map(<[String]>::to_vec);
    end(&named) == end(&wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (Vec<String>, bool) {
        let found = EscEnvironments::in_text(text);
        (found.names.into_iter().collect(), found.is_unclear)
    }

    #[test]
    fn every_form_of_the_field_is_read() {
        for (text, names) in [
            ("config: {}\n", &[][..]),
            ("environment:\n", &[]),
            ("environment: [acme/base, prod]\n", &["acme/base", "prod"]),
            ("environment:\n  - acme/base@3\n", &["acme/base"]),
            ("environment:\n  imports: [acme/base]\n  values: {a: 1}\n", &["acme/base"]),
            ("environment:\n  imports:\n    - acme/base: {merge: false}\n", &["acme/base"]),
            ("environment:\n  values: {a: {b: ['${environments.acme.base.x}']}}\n", &["acme/base"]),
            ("environment:\n  values: {a: '${b.environments.c}'}\n", &[]),
        ] {
            assert_eq!(found(text), (names.iter().map(|name| (*name).to_owned()).collect(), false), "{text}");
        }
    }

    #[test]
    fn a_form_that_can_not_be_read_may_mean_every_environment() {
        for text in [
            "environment: acme/base\n",
            "environment: [[a]]\n",
            "environment: ['${name}']\n",
            "environment: {imports: acme/base}\n",
            "environment: {values: {a: '${environments[\"acme\"].base.x}'}}\n",
            "environment: [\n",
        ] {
            assert!(EscEnvironments::in_text(text).may_use("anything"), "{text}");
        }
    }

    #[test]
    fn a_name_is_known_with_and_without_its_organisation_and_version() {
        let uses = |text: &str, wanted: &str| EscEnvironments::in_text(text).may_use(wanted);
        for wanted in ["acme/base", "acme/base@latest", "org/acme/base"] {
            assert!(uses("environment: [acme/base@2]\n", wanted), "{wanted}");
        }
        assert!(
            uses("environment: [base]\n", "default/base") && uses("environment: [default/base]\n", "base")
        );
        for wanted in ["base", "other/base", "acme/bas", "acme/base/x"] {
            assert!(!uses("environment: [acme/base]\n", wanted), "{wanted}");
        }
    }
}
