//! What has to hold for a stack: one entry of the section `stacks`, with the inputs that hold for that stack.

use std::path::PathBuf;
use std::time::Duration;

use super::pattern::{name_fits, never_fits};
use crate::base::error::{Error, Problem, Result};
use crate::base::fields::Fields;
use crate::base::suggest::nearest;
use crate::base::words::{Words, enum_of_words};
use crate::base::yaml::{Mapping, Value};
use crate::checks::Checks;
use crate::inputs::file::{ConfigFile, STACKS};
use crate::inputs::headings::{COMMAND, ForgeInputs, StackInputs};
use crate::inputs::{INPUTS, Input};
use crate::pulumi::stack::StackName;
use crate::rules::Rules;

const AFTER: &str = "after";
const UNREVIEWED: &str = "unreviewed";
const APPROVALS: &str = "approvals";
const RULES: &str = "rules";
const TOLERATE: &str = "tolerate";
const BREAK_GLASS: &str = "break-glass";
const TTL_MAX: &str = "ttl-max";

/// The rules that protect a stack by their being there.
const PROTECTING: [&str; 2] = ["keep", "freeze"];

/// The keys of an entry that are no inputs.
pub const OWN_KEYS: &[&str] = &[
    AFTER,
    UNREVIEWED,
    APPROVALS,
    RULES,
    TOLERATE,
    BREAK_GLASS,
    TTL_MAX,
    Checks::KEYS[0],
    Checks::KEYS[1],
    Checks::KEYS[2],
    Checks::KEYS[3],
];

/// The keys of `break-glass`.
pub const BREAK_GLASS_KEYS: [&str; 1] = ["from"];

/// The inputs that an entry can't have: they say which stack runs.
pub const NOT_FOR_AN_ENTRY: [&str; 3] = [StackInputs::name.name(), StackInputs::cwd.name(), COMMAND.name];

enum_of_words! {
    /// What happens to a change that nobody reviewed.
    pub enum Unreviewed {
        /// It is refused.
        Refuse = "refuse",
        /// It is deployed, and the report warns of it.
        Warn = "warn",
        /// It is deployed: nobody looks.
        Allow = "allow",
    }
}

enum_of_words! {
    /// A kind of approval.
    pub enum ApprovedBy {
        /// Approving reviews on the forge.
        Review = "review",
        /// The CI system's own gate before the job.
        Environment = "environment",
        /// A signature of OpenSSH.
        Ssh = "ssh",
    }
}

/// The approvals that a deployment needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalsWanted {
    /// The number of people.
    pub needed: u32,
    /// The kinds that count.
    pub by: Vec<ApprovedBy>,
    /// The people and teams (`@acme/platform`) whose approval counts. Empty: everybody who may write.
    pub from: Vec<String>,
}

impl ApprovalsWanted {
    /// The keys of `approvals`.
    pub const KEYS: [&str; 3] = ["needed", "by", "from"];
}

/// One entry of the section `stacks`.
#[derive(Debug, Clone)]
pub struct StackSettings {
    /// The name of the stack, or the pattern for names.
    pub pattern: String,
    /// The stacks that have to have deployed and checked the same inputs before. A file names one at most; two versions
    /// of a file can name different ones.
    pub after: Vec<String>,
    /// The answer to a change that nobody reviewed.
    pub unreviewed: Unreviewed,
    /// The approvals that are needed.
    pub approvals: Option<ApprovalsWanted>,
    /// The rules that a change has to pass.
    pub rules: Rules,
    /// The values that may differ from the reviewed ones: a pattern for URNs, `#`, a pattern for properties.
    pub tolerate: Vec<String>,
    /// The people and teams (`@acme/oncall`) who may deploy without what is needed otherwise. Empty: nobody.
    pub break_glass: Vec<String>,
    /// The longest time to live that `ttl` may give the stack. None: any.
    pub ttl_max: Option<Duration>,
    /// The checks after the deployment.
    pub checks: Checks,
    /// The inputs that hold for the stack.
    pub inputs: Mapping,
    /// The path of the file, for messages.
    pub file: String,
}

impl StackSettings {
    /// The environment that the entry names, whose gate counts.
    pub fn environment(&self) -> Option<&str> {
        self.inputs.get(ForgeInputs::environment.name())?.source()
    }

    /// What protects the stack, by its key or its rule in the entry. None: no change request's stack is made from a protected one,
    /// and no sweep destroys one.
    pub fn protected_by(&self) -> Option<&str> {
        if self.approvals.is_some() {
            Some(APPROVALS)
        } else if !self.break_glass.is_empty() {
            Some(BREAK_GLASS)
        } else {
            self.rules.names().find(|name| PROTECTING.contains(name))
        }
    }

    /// Whether deployments are compared with what was reviewed.
    pub fn is_compared(&self) -> bool {
        self.unreviewed != Unreviewed::Allow
    }

    /// Reads the section's entries, in the order of the file, of which the first that fits a stack counts.
    pub fn parse_all(section: &Value, file: &str) -> Result<Vec<Self>> {
        let Some(mapping) = section.as_mapping() else {
            return Err(Error::input(
                format!("`{STACKS}` in `{file}` is not a mapping"),
                "write a stack's name and what has to hold for it: `stacks: { prod: { after: staging } }`",
            ));
        };
        mapping
            .iter()
            .map(|(pattern, entry)| Self::parse(pattern.source().unwrap_or_default(), entry, file))
            .collect()
    }

    /// Reads one entry.
    pub fn parse(pattern: &str, entry: &Value, file: &str) -> Result<Self> {
        let empty = Mapping::default();
        let mapping = match entry {
            Value::Mapping(mapping) => mapping,
            Value::Null(_) => &empty,
            _ => {
                return Err(Error::input(
                    format!("`{STACKS}.{pattern}` in `{file}` is not a mapping"),
                    "write it as `prod: { environment: production, after: staging }`",
                ));
            }
        };
        if let Some(why) = never_fits(pattern) {
            return Err(Error::input(
                format!("`{STACKS}.{pattern}` in `{file}` never fits a stack: {why}"),
                "name the stack as in `Pulumi.<stack>.yaml`; `*` and `?` are wildcards",
            ));
        }
        let entry = StackEntry { pattern, mapping, file };
        let inputs: Mapping = mapping
            .iter()
            .filter(|(key, _)| !key.as_str().is_some_and(|key| OWN_KEYS.contains(&key)))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        entry.check_inputs(&inputs)?;
        Ok(Self {
            pattern: pattern.to_owned(),
            after: entry.stack(AFTER)?.into_iter().collect(),
            unreviewed: entry.choice(UNREVIEWED)?.unwrap_or(Unreviewed::Refuse),
            approvals: entry.approvals()?,
            rules: Rules::parse(entry.value(RULES).unwrap_or(&Value::default()), &entry.place(RULES))?,
            tolerate: entry.texts(TOLERATE)?.unwrap_or_default(),
            break_glass: entry.break_glass()?,
            ttl_max: Fields::new(mapping, format!("{STACKS}.{pattern}"), &format!("`{file}`"))
                .time(TTL_MAX)?,
            checks: Checks::read(mapping, &format!("`{STACKS}.{pattern}` in `{file}`"))?,
            inputs,
            file: file.to_owned(),
        })
    }

    /// Whether the entry is about this stack.
    pub fn is_about(&self, stack: &StackName) -> bool {
        name_fits(&self.pattern, stack.short()) || name_fits(&self.pattern, stack.as_str())
    }

    /// The inputs of the entry as a file of their own; `path` is that of the whole file.
    pub fn as_file(&self, path: PathBuf) -> Result<ConfigFile> {
        ConfigFile::of_inputs(path, self.inputs.clone())
    }
}

/// An entry while it is read.
struct StackEntry<'e> {
    pattern: &'e str,
    mapping: &'e Mapping,
    file: &'e str,
}

impl StackEntry<'_> {
    fn place(&self, key: &str) -> String {
        format!("`{STACKS}.{}.{key}` in `{}`", self.pattern, self.file)
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.mapping.get(key).filter(|value| !value.is_null())
    }

    /// Checks the keys that are no keys of an entry: each has to be an input that may stand in a file, and not the stack
    /// or its folder.
    fn check_inputs(&self, inputs: &Mapping) -> Result<()> {
        for key in inputs.keys() {
            let name = key.source().unwrap_or_default();
            let input = Input::find(name);
            if input.is_some_and(|input| NOT_FOR_AN_ENTRY.contains(&input.name)) {
                return Err(Error::input(
                    format!("{} says which stack runs, which an entry can't", self.place(name)),
                    "remove the key: the entry's name says which stacks it is about",
                ));
            }
            if input.is_none() {
                let names = OWN_KEYS.iter().copied().chain(INPUTS.iter().map(|input| input.name));
                let hint = match nearest(name, names) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it has the names of inputs, and `{}`", OWN_KEYS.join("`, `")),
                };
                return Err(Error::input(format!("unknown key {}", self.place(name)), hint));
            }
        }
        ConfigFile::of_inputs(PathBuf::from(self.file), inputs.clone()).map(|_| ())
    }

    fn choice<T: Words>(&self, key: &str) -> Result<Option<T>> {
        let Some(value) = self.value(key) else { return Ok(None) };
        value.as_str().and_then(T::from_word).map(Some).ok_or_else(|| {
            Error::input(
                format!("{} is none of `{}`", self.place(key), T::WORDS.join("`, `")),
                format!("it takes one of `{}`", T::WORDS.join("`, `")),
            )
        })
    }

    fn texts(&self, key: &str) -> Result<Option<Vec<String>>> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let wrong =
            || Error::input(format!("{} is not a list of texts", self.place(key)), "write it as `[a, b]`");
        let Value::List(items) = value else { return Err(wrong()) };
        let texts = items.iter().map(|item| item.source().filter(|_| !item.is_null()).map(str::to_owned));
        texts.collect::<Option<Vec<_>>>().map(Some).ok_or_else(wrong)
    }

    fn stack(&self, key: &str) -> Result<Option<String>> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let wrong = || {
            Error::input(
                format!("{} is no name of a stack", self.place(key)),
                "name one stack, such as `staging`",
            )
        };
        let stack = StackName::parse(value.source().ok_or_else(wrong)?.trim()).map_err(|_| wrong())?;
        if name_fits(self.pattern, stack.as_str()) {
            return Err(Error::input(
                format!("{} names the stack itself", self.place(key)),
                "name the stack that deploys before this one",
            ));
        }
        Ok(Some(stack.as_str().to_owned()))
    }

    fn break_glass(&self) -> Result<Vec<String>> {
        let Some(value) = self.value(BREAK_GLASS) else { return Ok(Vec::new()) };
        let place = self.place(BREAK_GLASS);
        let wrong = |what: &str| {
            Error::input(
                format!("{place} {what}"),
                "write it as `break-glass: { from: [ann, \"@acme/oncall\"] }`",
            )
        };
        let Some(mapping) = value.as_mapping() else { return Err(wrong("is not a mapping")) };
        if let Some(key) = mapping.keys().filter_map(Value::source).find(|key| *key != BREAK_GLASS_KEYS[0]) {
            return Err(wrong(&format!("has the unknown key `{key}`")));
        }
        let inner =
            StackEntry { pattern: &format!("{}.{BREAK_GLASS}", self.pattern), mapping, file: self.file };
        let from = inner.texts(BREAK_GLASS_KEYS[0])?.unwrap_or_default();
        if from.is_empty() {
            return Err(wrong("names nobody in `from`"));
        }
        Ok(from)
    }

    fn approvals(&self) -> Result<Option<ApprovalsWanted>> {
        let Some(value) = self.value(APPROVALS) else { return Ok(None) };
        let place = self.place(APPROVALS);
        let wrong = |what: &str| {
            Error::input(
                format!("{place} {what}"),
                "write it as `approvals: { needed: 1, by: [review], from: [ann, \"@acme/platform\"] }`",
            )
        };
        let Some(mapping) = value.as_mapping() else { return Err(wrong("is not a mapping")) };
        let keys = ApprovalsWanted::KEYS;
        if let Some(key) = mapping.keys().filter_map(Value::source).find(|key| !keys.contains(key)) {
            let near = nearest(key, keys).map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
            return Err(wrong(&format!("has the unknown key `{key}`{near}")));
        }
        let inner =
            StackEntry { pattern: &format!("{}.{APPROVALS}", self.pattern), mapping, file: self.file };
        let needed = match inner.value("needed") {
            None => 1,
            Some(number) => {
                let number = number.source().and_then(|text| text.parse::<u32>().ok());
                number.filter(|needed| *needed > 0).ok_or_else(|| wrong("needs a number of people from 1"))?
            }
        };
        let by = match inner.texts("by")? {
            None => vec![ApprovedBy::Review],
            Some(words) => {
                let known = |word: &String| {
                    let what =
                        format!("has `by: {word}`, which is none of `{}`", ApprovedBy::WORDS.join("`, `"));
                    ApprovedBy::from_word(word).ok_or_else(|| wrong(&what))
                };
                words.iter().map(known).collect::<Result<Vec<_>>>()?
            }
        };
        if by.is_empty() {
            return Err(wrong("has an empty `by`: no approval could ever count"));
        }
        Ok(Some(ApprovalsWanted { needed, by, from: inner.texts("from")?.unwrap_or_default() }))
    }
}

/// Warnings of entries that come after one that fits the same names, so that they never count.
pub(super) fn hidden_entries(stacks: &[StackSettings]) -> Vec<Problem> {
    let mut warnings = Vec::new();
    for (at, entry) in stacks.iter().enumerate() {
        let before = stacks.iter().take(at).find(|other| name_fits(&other.pattern, &entry.pattern));
        if let Some(before) = before {
            warnings.push(Problem::new(
                format!(
                    "`{STACKS}.{}` in `{}` never counts: `{}` stands before it and fits as well",
                    entry.pattern, entry.file, before.pattern
                ),
                "put the narrower name first: the first one that fits counts",
            ));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::yaml;

    fn parsed(text: &str) -> Result<Vec<StackSettings>> {
        StackSettings::parse_all(&yaml::parse(text).unwrap(), "stackstep.yaml")
    }

    #[test]
    fn an_entry_has_inputs_and_keys_of_its_own() {
        let text = "prod: { environment: production, after: staging, unreviewed: warn, approvals: { needed: 2, by: \
                    [review, ssh], from: [ann] }, checks-timeout: 5m, tolerate: [\"**::b#tags.at\"] }";
        let prod = parsed(text).unwrap().remove(0);
        assert_eq!(prod.after, ["staging"]);
        assert_eq!(prod.unreviewed, Unreviewed::Warn);
        let wanted = ApprovalsWanted {
            needed: 2,
            by: vec![ApprovedBy::Review, ApprovedBy::Ssh],
            from: vec!["ann".into()],
        };
        assert_eq!(prod.approvals, Some(wanted));
        assert_eq!(prod.checks.timeout, std::time::Duration::from_secs(300));
        assert_eq!(prod.inputs.keys().filter_map(Value::as_str).collect::<Vec<_>>(), ["environment"]);
    }

    #[test]
    fn a_stack_with_an_entry_deploys_reviewed_changes_only() {
        assert_eq!(parsed("prod:").unwrap()[0].unreviewed, Unreviewed::Refuse);
    }

    #[test]
    fn the_first_entry_that_fits_counts_and_hidden_ones_are_warned_of() {
        let entries = parsed("prod: {}\n\"pr*\": {}\nprod-eu: {}").unwrap();
        let fits = |name: &str| {
            let stack = StackName::parse(name).unwrap();
            entries.iter().position(|entry| entry.is_about(&stack))
        };
        assert_eq!(
            [fits("prod"), fits("prod-eu"), fits("acme/prod"), fits("dev")],
            [Some(0), Some(1), Some(0), None]
        );
        assert_eq!(hidden_entries(&entries).len(), 1);
    }

    #[test]
    fn a_mistake_names_its_place_and_the_way_out() {
        for (text, place, hint) in [
            ("prod: { aftr: staging }", "`stacks.prod.aftr`", "did you mean `after`?"),
            ("prod: { enviroment: production }", "`stacks.prod.enviroment`", "did you mean `environment`?"),
            ("prod: { stack: dev }", "`stacks.prod.stack`", "remove the key"),
            ("prod: { after: prod }", "names the stack itself", "before this one"),
            ("prod: { unreviewed: no }", "`stacks.prod.unreviewed`", "refuse"),
            ("prod: { approvals: 2 }", "`stacks.prod.approvals`", "needed"),
            ("prod: { approvals: { neded: 2 } }", "did you mean `needed`?", "needed"),
            ("prod: { approvals: { needed: 0 } }", "from 1", "needed"),
            ("prod: { approvals: { by: [me] } }", "`by: me`", "needed"),
            ("prod: { approvals: { by: [] } }", "no approval could ever count", "needed"),
            ("prod: { break-glass: [ann] }", "is not a mapping", "from"),
            ("prod: { break-glass: { form: [ann] } }", "unknown key `form`", "from"),
            ("prod: { break-glass: { from: [] } }", "names nobody", "from"),
            ("prod: { checks-timeout: soon }", "checks-timeout", "500ms"),
            ("prod: { rules: { max-delets: 0 } }", "`max-delets`", "did you mean `max-deletes`?"),
            ("prod: { checks: [{ htp: url }] }", "checks[0]", "http"),
            ("prod: { access-token: x }", "secret", "secret store"),
            ("prod: [a]", "`stacks.prod`", "prod"),
            ("[prod]", "`stacks`", "stacks"),
            ("\"a b\": {}", "never fits a stack", "Pulumi.<stack>.yaml"),
        ] {
            let error = parsed(text).unwrap_err();
            assert!(error.to_string().contains(place), "{text}: {error}");
            assert!(error.hint().unwrap().contains(hint), "{text}: {:?}", error.hint());
        }
    }
}
