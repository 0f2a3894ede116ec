//! What a look for drift has come to, as a part of the report. The resources that differ are the report's steps.

use serde::{Deserialize, Serialize};

/// What a look for drift has come to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DriftOutcome {
    /// Whether something differs from what was deployed; `null` where that is not known.
    pub found: Option<bool>,
    /// The reason why it is not known.
    pub why: Option<String>,
    /// The digest of what differs: `sha256:` and 64 hexadecimal digits.
    pub digest: Option<String>,
    /// The properties that differ and are ignored by `drift.ignore`, each as `name#path`.
    pub ignored: Vec<String>,
    /// The acceptance of this drift, if it counts.
    pub accepted: Option<DriftAcceptance>,
    /// The issue that follows it up, open or closed.
    pub issue: Option<DriftIssue>,
}

/// The acceptance of a drift for a time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DriftAcceptance {
    /// Who has accepted it.
    pub by: Option<String>,
    /// The time until which it counts, as RFC 3339 in UTC.
    pub until: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// The issue that follows a drift up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DriftIssue {
    /// The issue's number.
    pub number: u64,
    /// The issue's page.
    pub url: Option<String>,
    /// Whether it is open.
    pub open: bool,
}

impl DriftOutcome {
    /// A look that does not know whether there is drift.
    pub fn not_known(why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..Self::default() }
    }

    /// The word for later steps: `true`, `false`, `unknown`.
    pub fn word(&self) -> &'static str {
        match self.found {
            Some(true) => "true",
            Some(false) => "false",
            None => "unknown",
        }
    }

    /// Whether there is drift that nobody has accepted.
    pub fn is_open(&self) -> bool {
        self.found == Some(true) && self.accepted.is_none()
    }

    /// What the looks at several stacks have come to together: drift of one is drift, and no drift has to be known of each,
    /// also of one that was not looked at. None if nobody has looked at any.
    pub fn together<'a>(outcomes: impl Iterator<Item = Option<&'a Self>>) -> Option<Self> {
        let outcomes: Vec<Option<&Self>> = outcomes.collect();
        if outcomes.iter().all(Option::is_none) {
            return None;
        }
        let found: Vec<Option<bool>> =
            outcomes.iter().map(|outcome| outcome.and_then(|outcome| outcome.found)).collect();
        let all = if found.contains(&Some(true)) {
            Some(true)
        } else {
            found.iter().all(Option::is_some).then_some(false)
        };
        Some(Self { found: all, ..Self::default() })
    }

    /// The outcome with every text masked. An address that holds a secret is left out.
    #[must_use]
    pub(super) fn masked(mut self, mask: &dyn Fn(&str) -> String) -> Self {
        let texts = [&mut self.why].into_iter().flatten().chain(&mut self.ignored);
        texts.for_each(|text| *text = mask(text));
        if let Some(accepted) = &mut self.accepted {
            [&mut accepted.by, &mut accepted.reason]
                .into_iter()
                .flatten()
                .for_each(|text| *text = mask(text));
        }
        if let Some(issue) = &mut self.issue {
            issue.url.take_if(|url| mask(url) != *url);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn together(found: &[Option<bool>]) -> Option<&'static str> {
        let outcomes: Vec<_> =
            found.iter().map(|found| DriftOutcome { found: *found, ..DriftOutcome::default() }).collect();
        DriftOutcome::together(outcomes.iter().map(Some)).map(|outcome| outcome.word())
    }

    #[test]
    fn of_a_stack_that_was_not_looked_at_nothing_is_known() {
        let none = DriftOutcome { found: Some(false), ..DriftOutcome::default() };
        let word = |outcomes: &[Option<&DriftOutcome>]| {
            DriftOutcome::together(outcomes.iter().copied()).map(|outcome| outcome.word())
        };
        assert_eq!(word(&[Some(&none), None]), Some("unknown"));
        assert_eq!(word(&[None, None]), None);
    }

    #[test]
    fn no_drift_has_to_be_known_of_each_stack() {
        assert_eq!(together(&[Some(false), Some(false)]), Some("false"));
        assert_eq!(together(&[Some(false), None]), Some("unknown"));
        assert_eq!(together(&[None, Some(true)]), Some("true"));
        assert_eq!(together(&[]), None);
    }

    #[test]
    fn what_people_and_providers_wrote_is_masked() {
        let outcome = DriftOutcome {
            ignored: vec!["db#hunter2".to_owned()],
            issue: Some(DriftIssue { number: 1, url: Some("https://x/hunter2".to_owned()), open: true }),
            ..DriftOutcome::not_known("hunter2")
        };
        let masked = outcome.masked(&|text| text.replace("hunter2", "***"));
        assert_eq!((masked.why.as_deref(), masked.ignored[0].as_str()), (Some("***"), "db#***"));
        assert_eq!(masked.issue.unwrap().url, None);
    }
}
