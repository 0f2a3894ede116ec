//! The section `drift`: which stacks are looked at, how often, what does not count, and how many issues one run may open.

use std::time::Duration;

use crate::base::error::{Error, Result};
use crate::base::fields::{Fields, shown};
use crate::base::wildcard;
use crate::base::yaml::Value;
use crate::inputs::file::DRIFT;
use crate::lifecycle::drift::ignore::DriftIgnore;
use crate::pulumi::stack::StackName;

/// The keys of the section.
pub const KEYS: &[&str] = &[STACKS, MIN_INTERVAL, MAX_ISSUES, IGNORE, RENAMED_FROM];
const STACKS: &str = "stacks";
const MIN_INTERVAL: &str = "min-interval";
const MAX_ISSUES: &str = "max-issues";
const IGNORE: &str = "ignore";
const RENAMED_FROM: &str = "renamed-from";

/// The most issues that a run opens, unless the file says another number.
pub const ISSUES: u32 = 10;

/// The most issues that the file may allow.
pub const MOST_ISSUES: u32 = 1000;

/// The section `drift`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftSettings {
    /// The stacks that are looked at where none is named, as names or patterns.
    pub stacks: Vec<String>,
    /// The time within which a stack is not looked at twice. None: it is looked at each time.
    pub min_interval: Option<Duration>,
    /// The most issues that one run opens. 0 for none at all.
    pub max_issues: u32,
    /// The properties that may differ.
    pub ignore: Vec<DriftIgnore>,
    /// The earlier names of stacks, by the present ones: the issues of those are closed.
    pub renamed_from: Vec<(String, String)>,
}

impl Default for DriftSettings {
    fn default() -> Self {
        Self {
            stacks: Vec::new(),
            min_interval: None,
            max_issues: ISSUES,
            ignore: Vec::new(),
            renamed_from: Vec::new(),
        }
    }
}

impl DriftSettings {
    /// Reads the section. `file` is the file's path, for messages.
    pub fn parse(section: &Value, file: &str) -> Result<Self> {
        let Value::Mapping(mapping) = section else {
            return Err(Error::input(
                format!("`{DRIFT}` in `{file}` is not a mapping"),
                "write it as `drift: { stacks: [prod], min-interval: 12h }`",
            ));
        };
        let place = format!("`{file}`");
        let fields = Fields::new(mapping, DRIFT, &place);
        fields.only(KEYS, "the section `drift`")?;
        let stacks = fields.texts(STACKS)?;
        if let Some(wrong) = stacks.iter().find(|stack| !is_a_pattern(stack)) {
            return Err(fields.error(
                STACKS,
                &format!("has `{}`, which is not the name of a stack", shown(wrong)),
                "name stacks as in `Pulumi.<stack>.yaml`; `*` and `?` are wildcards",
            ));
        }
        let ignore = fields.texts(IGNORE)?;
        let ignore = ignore
            .iter()
            .map(|pattern| DriftIgnore::parse(pattern).map_err(|problem| fields.problem(IGNORE, &problem)));
        Ok(Self {
            stacks,
            min_interval: fields.time(MIN_INTERVAL)?,
            max_issues: fields.number(MAX_ISSUES, 0, MOST_ISSUES)?.unwrap_or(ISSUES),
            ignore: ignore.collect::<Result<_>>()?,
            renamed_from: renamed(&fields)?,
        })
    }

    /// Whether the section is about a stack, by its own name.
    pub fn is_about(&self, stack: &str) -> bool {
        self.stacks.iter().any(|pattern| wildcard::fits(&[pattern.as_str()], &[stack]))
    }

    /// The earlier name of a stack, by its own name.
    pub fn earlier_name(&self, stack: &str) -> Option<&str> {
        self.renamed_from.iter().find(|(now, _)| now == stack).map(|(_, before)| before.as_str())
    }
}

/// Whether a text can fit the name of a stack.
fn is_a_pattern(text: &str) -> bool {
    StackName::parse(&text.replace(['*', '?'], "x")).is_ok_and(|name| name.organization().is_none())
}

fn renamed(fields: &Fields<'_>) -> Result<Vec<(String, String)>> {
    let hint = "write it as `renamed-from: { prod: production }`: the present name, then the earlier one";
    if fields.get(RENAMED_FROM).is_none() {
        return Ok(Vec::new());
    }
    let Some(Value::Mapping(names)) = fields.get(RENAMED_FROM) else {
        return Err(fields.error(RENAMED_FROM, "is not a mapping", hint));
    };
    let name = |value: &Value| {
        let name = value.source().and_then(|text| StackName::parse(text).ok());
        name.filter(|name| name.organization().is_none()).map(|name| name.short().to_owned())
    };
    let pairs = names.iter().map(|(now, before)| {
        let pair = name(now).zip(name(before)).filter(|(now, before)| now != before);
        pair.ok_or_else(|| fields.error(RENAMED_FROM, "has an entry that is no two names of stacks", hint))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::yaml;

    fn parse(text: &str) -> Result<DriftSettings> {
        DriftSettings::parse(&yaml::parse(text).unwrap(), "stackstep.yaml")
    }

    #[test]
    fn all_keys_are_read() {
        let settings = parse(
            "{ stacks: [staging, \"prod-*\"], min-interval: 12h, max-issues: 3, ignore: [\"aws:autoscaling/*#desiredCapacity\"], \
             renamed-from: { staging: stage } }",
        )
        .unwrap();
        assert!(settings.is_about("staging") && settings.is_about("prod-eu") && !settings.is_about("prod"));
        assert_eq!(settings.min_interval, Some(Duration::from_secs(12 * 3600)));
        assert_eq!((settings.max_issues, settings.ignore.len()), (3, 1));
        assert_eq!((settings.earlier_name("staging"), settings.earlier_name("prod")), (Some("stage"), None));
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        assert_eq!(parse("{ stacks: prod }").unwrap().max_issues, ISSUES);
        assert_eq!(parse("{}").unwrap(), DriftSettings::default());
    }

    #[test]
    fn what_can_not_be_meant_is_refused_with_the_key_and_the_way_out() {
        for (text, key) in [
            ("[prod]", "`drift` in"),
            ("{ stack: prod }", "`drift.stack`"),
            ("{ stacks: [\"a b\"] }", "`drift.stacks`"),
            ("{ stacks: [acme/shop/prod] }", "`drift.stacks`"),
            ("{ min-interval: 12 }", "`drift.min-interval`"),
            ("{ min-interval: 0 }", "`drift.min-interval`"),
            ("{ max-issues: many }", "`drift.max-issues`"),
            ("{ ignore: [\"aws:autoscaling/*\"] }", "`drift.ignore`"),
            ("{ renamed-from: [prod] }", "`drift.renamed-from`"),
            ("{ renamed-from: { prod: prod } }", "`drift.renamed-from`"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.to_string().contains(key), "{text}: {error}");
            assert!(error.hint().is_some_and(|hint| !hint.is_empty()), "{text}");
        }
    }
}
