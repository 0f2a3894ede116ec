//! The sections `review` and `reapable`: the stacks of change requests, and the names of the stacks that a sweep may destroy.

use std::time::Duration;

use crate::base::error::{Error, Result};
use crate::base::fields::{Fields, shown};
use crate::base::wildcard;
use crate::base::yaml::Value;
use crate::inputs::file::{REAPABLE, REVIEW};

/// The most stacks of change requests at once, without `max`.
pub const MAX: u32 = 10;

/// The most destructions of one sweep, without `max-destroys`.
pub const MAX_DESTROYS: u32 = 10;

/// The greatest share of the stacks that one sweep destroys, in percent, without `max-share`.
pub const MAX_SHARE: u32 = 50;

/// The time for which a change request has to be closed before a sweep destroys its stack, without `grace`: whoever closes
/// by mistake opens again within it.
pub const GRACE: Duration = Duration::from_secs(3600);

/// The names that a sweep may destroy, without `reapable`.
pub const DEFAULT_REAPABLE: &str = "pr-*";

/// What the stacks of change requests are made from, and how many and how long there may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewSettings {
    /// The stack whose configuration is copied, without organization and project.
    pub from: String,
    /// The keys of its configuration that are copied, and no other.
    pub config: Vec<String>,
    /// The folders of the projects that have such stacks. Empty: every project that has the base stack.
    pub projects: Vec<String>,
    /// The label that a change request needs. None: each one has a stack.
    pub label: Option<String>,
    /// What holds for the change requests of forks. None: they have no stack.
    pub forks: Option<ForkSettings>,
    /// The time after which a stack is destroyed though its change request is open. None: it lives as long as that.
    pub ttl: Option<Duration>,
    /// The longest time that `extend` may reach, from the stack's creation.
    pub ttl_max: Option<Duration>,
    /// The most stacks of the repository's change requests at once, of one project.
    pub max: u32,
    /// The most stacks at once of the change requests of one person, of one project. None: as many as `max`.
    pub max_per_author: Option<u32>,
    /// The time for which a change request has to be closed before a sweep destroys its stack.
    pub grace: Duration,
    /// The most destructions of one sweep.
    pub max_destroys: u32,
    /// The greatest share of the stacks that one sweep destroys, in percent.
    pub max_share: u32,
}

/// What holds for a fork's change request, whose stack is deployed only at a commit that somebody has let be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ForkSettings {
    /// Whether the secrets among `config` are copied for it too. Its program can read them.
    pub secrets: bool,
}

const WRITE_IT: &str = "write it as `review: { from: staging, config: [app:size], ttl: 3d }`";

impl ReviewSettings {
    /// The keys of the section.
    pub const KEYS: [&str; 12] = [
        "from",
        "config",
        "projects",
        "label",
        "forks",
        "ttl",
        "ttl-max",
        "max",
        "max-per-author",
        "grace",
        "max-destroys",
        "max-share",
    ];

    /// Reads the section. `file` is the file's path, for messages.
    pub fn parse(section: &Value, file: &str) -> Result<Self> {
        let Value::Mapping(mapping) = section else {
            return Err(Error::input(format!("`{REVIEW}` in `{file}` is not a mapping"), WRITE_IT));
        };
        let place = format!("`{file}`");
        let fields = Fields::new(mapping, REVIEW, &place);
        fields.only(&Self::KEYS, "`review`")?;
        let from = fields.text("from")?;
        let from = from.ok_or_else(|| fields.error("", "has no `from`, the stack to copy from", WRITE_IT))?;
        if !is_stack(from) {
            let wrong = format!("is `{}`, which is not the name of a stack", shown(from));
            return Err(fields.error("from", &wrong, "name one stack as in `Pulumi.<stack>.yaml`"));
        }
        let config = fields.texts("config")?;
        if let Some(key) = config.iter().find(|key| !is_config_key(key)) {
            let wrong = format!("has `{}`, which is not the whole key of a value", shown(key));
            let hint = "name each key with its namespace, such as `app:size`; no pattern stands for several, as the change's \
                        own code can read what is copied";
            return Err(fields.error("config", &wrong, hint));
        }
        let (ttl, ttl_max) = (fields.time("ttl")?, fields.time("ttl-max")?);
        if let (Some(ttl), Some(most)) = (ttl, ttl_max)
            && ttl > most
        {
            return Err(fields.error("ttl", "is longer than `ttl-max`", "shorten it, or raise `ttl-max`"));
        }
        Ok(Self {
            from: from.to_owned(),
            config,
            projects: fields.texts("projects")?,
            label: fields.text("label")?.map(str::to_owned),
            forks: forks(&fields)?,
            ttl,
            ttl_max,
            max: fields.number("max", 1, 1000)?.unwrap_or(MAX),
            max_per_author: fields.number("max-per-author", 1, 1000)?,
            grace: fields.duration("grace")?.unwrap_or(GRACE),
            max_destroys: fields.number("max-destroys", 1, 1000)?.unwrap_or(MAX_DESTROYS),
            max_share: fields.number("max-share", 1, 100)?.unwrap_or(MAX_SHARE),
        })
    }

    /// Whether the project in this folder, from the repository's top, has stacks of change requests.
    pub fn has_project(&self, folder: &str) -> bool {
        let parts = |text: &str| -> Vec<String> {
            text.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
        };
        let folder = parts(folder);
        let fits = |pattern: &String| {
            let pattern = parts(pattern);
            wildcard::fits(&pattern.iter().map(String::as_str).collect::<Vec<_>>(), &folder)
        };
        self.projects.is_empty() || self.projects.iter().any(fits)
    }
}

/// Reads `forks`: `true`, or a mapping, which switches it on too.
fn forks(fields: &Fields<'_>) -> Result<Option<ForkSettings>> {
    let hint = "write `forks: true`, or `forks: { secrets: true }` if the secrets of `config` are to be copied for them too";
    match fields.get("forks") {
        None => Ok(None),
        Some(Value::Mapping(_)) => {
            let own = fields.mapping("forks", hint)?;
            own.only(&["secrets"], "`review.forks`")?;
            Ok(Some(ForkSettings { secrets: own.flag("secrets")?.unwrap_or(false) }))
        }
        Some(value) => match value.source() {
            Some("true") => Ok(Some(ForkSettings::default())),
            Some("false") => Ok(None),
            _ => Err(fields.error("forks", "is neither a boolean nor a mapping", hint)),
        },
    }
}

/// The names of the stacks that a sweep may destroy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reapable(Vec<String>);

impl Default for Reapable {
    fn default() -> Self {
        Self(vec![DEFAULT_REAPABLE.to_owned()])
    }
}

impl Reapable {
    /// Reads the section. `file` is the file's path, for messages.
    pub fn parse(section: &Value, file: &str) -> Result<Self> {
        let wrong = |what: String| {
            Error::input(
                format!("`{REAPABLE}` in `{file}` {what}"),
                "write it as `reapable: [\"pr-*\"]`: names of stacks, in which `*` and `?` are wildcards",
            )
        };
        let Value::List(items) = section else { return Err(wrong("is not a list".to_owned())) };
        let mut patterns = Vec::new();
        for item in items {
            let pattern = item.source().filter(|_| !item.is_null()).unwrap_or_default();
            let begins = pattern.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-*?".contains(&byte);
            if !begins || !pattern.bytes().all(plain) {
                let why = if pattern.starts_with(['*', '?']) {
                    "would let every stack be destroyed"
                } else {
                    "is not the name of a stack"
                };
                return Err(wrong(format!("has `{}`, which {why}", shown(pattern))));
            }
            patterns.push(pattern.to_owned());
        }
        Ok(Self(patterns))
    }

    /// Whether a sweep may destroy the stack of this name, without organization and project.
    pub fn allows(&self, stack: &str) -> bool {
        self.0.iter().any(|pattern| wildcard::fits(&[pattern.as_str()], &[stack]))
    }

    /// The patterns.
    pub fn patterns(&self) -> &[String] {
        &self.0
    }
}

/// Whether a text can be the name of a stack: <https://www.pulumi.com/docs/iac/concepts/stacks/#stack-names>.
fn is_stack(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    !name.is_empty() && name.len() <= 100 && name.bytes().all(plain)
}

/// Whether a text is the whole key of a configuration value, with its namespace.
fn is_config_key(key: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte))
    };
    key.split_once(':').is_some_and(|(namespace, name)| plain(namespace) && name.split(':').all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::yaml;

    fn review(text: &str) -> Result<ReviewSettings> {
        ReviewSettings::parse(&yaml::parse(text).expect("it is YAML"), "stackstep.yaml")
    }

    fn reapable(text: &str) -> Result<Reapable> {
        Reapable::parse(&yaml::parse(text).expect("it is YAML"), "stackstep.yaml")
    }

    #[test]
    fn the_section_says_all_that_it_can() {
        let read = review(
            "{ from: staging, config: [app:size, \"aws:region\"], projects: [infra/*], label: preview, ttl: 3d, ttl-max: 14d, \
             max: 5, max-per-author: 2, grace: 30m, max-destroys: 3, max-share: 20 }",
        )
        .unwrap();
        assert_eq!(read.from, "staging");
        assert_eq!(read.config, ["app:size", "aws:region"]);
        assert_eq!(read.label.as_deref(), Some("preview"));
        assert_eq!((read.ttl, read.ttl_max), (Some(days(3)), Some(days(14))));
        assert_eq!((read.max, read.max_per_author), (5, Some(2)));
        assert_eq!((read.grace, read.max_destroys, read.max_share), (Duration::from_secs(30 * 60), 3, 20));
        assert!(read.has_project("infra/shop") && read.has_project("./infra/shop/"));
        assert!(!read.has_project("app") && !read.has_project("infra/a/b"));
    }

    fn days(number: u64) -> Duration {
        Duration::from_secs(24 * 3600 * number)
    }

    #[test]
    fn what_it_leaves_out_has_its_default() {
        let read = review("{ from: staging }").unwrap();
        assert!(read.config.is_empty(), "nothing is copied that nobody named");
        assert!(read.has_project("anything") && read.has_project("."));
        assert_eq!((read.label, read.ttl, read.ttl_max), (None, None, None));
        assert_eq!((read.max, read.max_per_author), (MAX, None));
        assert_eq!((read.grace, read.max_destroys, read.max_share), (GRACE, MAX_DESTROYS, MAX_SHARE));
    }

    #[test]
    fn forks_are_off_until_they_are_switched_on_and_get_secrets_only_by_a_key_of_its_own() {
        let forks = |text: &str| review(&format!("{{ from: staging{text} }}")).unwrap().forks;
        assert_eq!((forks(""), forks(", forks: false"), forks(", forks: ")), (None, None, None));
        let without = Some(ForkSettings { secrets: false });
        assert_eq!((forks(", forks: true"), forks(", forks: {}")), (without, without));
        assert_eq!(forks(", forks: { secrets: true }"), Some(ForkSettings { secrets: true }));
    }

    #[test]
    fn what_can_not_be_meant_is_refused_with_what_to_write() {
        for (text, what, hint) in [
            ("staging", "is not a mapping", "review: { from: staging"),
            ("{}", "has no `from`", "from: staging"),
            ("{ form: staging }", "is not a key of `review`", "did you mean `from`?"),
            ("{ from: \"pr-*\" }", "is not the name of a stack", "name one stack"),
            ("{ from: a, config: [size] }", "is not the whole key", "app:size"),
            ("{ from: a, config: [\"app:*\"] }", "is not the whole key", "no pattern"),
            ("{ from: a, forks: label }", "is neither a boolean nor a mapping", "forks: true"),
            (
                "{ from: a, forks: { secret: true } }",
                "is not a key of `review.forks`",
                "did you mean `secrets`?",
            ),
            ("{ from: a, forks: { secrets: all } }", "is not a boolean", "`true` or `false`"),
            ("{ from: a, ttl: 3 }", "has no unit", "with its unit"),
            ("{ from: a, ttl: 3d, ttl-max: 2d }", "is longer than `ttl-max`", "shorten"),
            ("{ from: a, max: 0 }", "is `0`", "from 1"),
            ("{ from: a, max-share: 101 }", "is `101`", "to 100"),
        ] {
            let error = review(text).unwrap_err();
            assert!(error.to_string().contains(what), "{text}: {error}");
            assert!(error.hint().unwrap().contains(hint), "{text}: {:?}", error.hint());
        }
    }

    #[test]
    fn only_names_that_fit_may_be_destroyed() {
        let own = reapable("[\"pr-*\", demo]").unwrap();
        assert!(own.allows("pr-7-0123abcd") && own.allows("demo"));
        assert!(!own.allows("prod") && !own.allows("demo2"));
        assert!(!reapable("[]").unwrap().allows("pr-7-0123abcd"), "an empty list allows nothing");
        assert!(Reapable::default().allows("pr-7-0123abcd") && !Reapable::default().allows("prod"));
    }

    #[test]
    fn a_pattern_for_every_stack_is_refused() {
        for text in ["[\"*\"]", "[\"**\"]", "[\"?r-*\"]", "[\"\"]", "[\"a/b\"]", "[[a]]", "pr", "{ a: b }"] {
            assert!(reapable(text).is_err(), "{text}");
        }
    }
}
