//! The section `fleet`: what a project depends on that no program says, and what holds for a fleet of stacks.

use std::path::Path;

use crate::base::error::{Error, Result};
use crate::base::fields::Fields;
use crate::base::suggest::nearest;
use crate::base::yaml::Value;
use crate::fleet::FoundProject;
use crate::fleet::discover::unread_project;
use crate::fleet::waves::WaveSize;
use crate::inputs::file::FLEET;

/// The keys of the section.
pub const KEYS: &[&str] =
    &[DEPENDS_ON, PATHS, PARALLEL, MEMORY, WAVES, CANARY, MAX_FAILURES, MAX_STACKS, MAX_CHANGES, MAX_DELETES];
const DEPENDS_ON: &str = "depends-on";
const PATHS: &str = "paths";
const PARALLEL: &str = "parallel-stacks";
const MEMORY: &str = "memory-per-stack";
const WAVES: &str = "waves";
const CANARY: &str = "canary";
const MAX_FAILURES: &str = "max-failures";
const MAX_STACKS: &str = "max-stacks";
const MAX_CHANGES: &str = "max-changes";
const MAX_DELETES: &str = "max-deletes";

/// The most stacks at a time: each has an engine, a language host and its providers.
pub const MOST_PARALLEL: u32 = 100;

/// Folders or patterns by the folder of a project.
pub type ByProject = Vec<(String, Vec<String>)>;

/// The section `fleet`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetSettings {
    /// The folders of the projects that a project comes after, by its folder.
    pub depends_on: ByProject,
    /// Paths outside of a project's folder that it is made from, as patterns, by its folder.
    pub paths: ByProject,
    /// The number of stacks at work at a time. None: as many as the machine has processors.
    pub parallel: Option<u32>,
    /// The free memory that a further stack needs to begin, in MiB.
    pub memory: Option<u32>,
    /// The sizes of the waves. Empty: one wave.
    pub waves: Vec<WaveSize>,
    /// The stacks of the first wave, as patterns.
    pub canary: Vec<String>,
    /// The number of stacks that may fail.
    pub max_failures: Option<u32>,
    /// The number of stacks that a fleet may have.
    pub max_stacks: Option<u32>,
    /// The number of resources that all stacks together may change.
    pub max_changes: Option<u32>,
    /// The number of resources that all stacks together may delete or replace.
    pub max_deletes: Option<u32>,
}

impl FleetSettings {
    /// Reads the section. `file` is the file's path, for messages.
    ///
    /// # Errors
    /// A key or a value that nobody can mean.
    pub fn parse(section: &Value, file: &str) -> Result<Self> {
        let Value::Mapping(mapping) = section else {
            return Err(Error::input(
                format!("`{FLEET}` in `{file}` is not a mapping"),
                "write it as `fleet: { depends-on: { infra/shop: [infra/network] } }`",
            ));
        };
        let place = format!("`{file}`");
        let fields = Fields::new(mapping, FLEET, &place);
        fields.only(KEYS, "the section `fleet`")?;
        Ok(Self {
            depends_on: by_project(&fields, DEPENDS_ON)?,
            paths: by_project(&fields, PATHS)?,
            parallel: fields.number(PARALLEL, 1, MOST_PARALLEL)?,
            memory: fields.number(MEMORY, 0, u32::MAX)?,
            waves: sizes_of_waves(&fields)?,
            canary: fields.texts(CANARY)?,
            max_failures: fields.number(MAX_FAILURES, 0, u32::MAX)?,
            max_stacks: fields.number(MAX_STACKS, 1, u32::MAX)?,
            max_changes: fields.number(MAX_CHANGES, 0, u32::MAX)?,
            max_deletes: fields.number(MAX_DELETES, 0, u32::MAX)?,
        })
    }

    /// Fails if it names what is no project of the repository around `top`: what is declared for it would hold for nobody.
    ///
    /// # Errors
    /// It does, or the project can't be read.
    pub fn check(&self, top: &Path, projects: &[FoundProject]) -> Result<()> {
        let named = self.depends_on.iter().flat_map(|(project, after)| std::iter::once(project).chain(after));
        let named =
            named.map(|name| (DEPENDS_ON, name)).chain(self.paths.iter().map(|(name, _)| (PATHS, name)));
        for (key, name) in named {
            if !projects.iter().any(|project| is_meant(name, project)) {
                if let Some(problem) = unread_project(top, name) {
                    return Err(Error::Input {
                        what: format!(
                            "`{FLEET}.{key}` names `{name}`, where the project can't be read: {}",
                            problem.what
                        ),
                        hint: problem.hint,
                    });
                }
                let meant = nearest(name, projects.iter().map(|project| project.cwd.as_str()));
                let hint = match meant {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "name the folder of a project, as `stackstep stacks` lists them".to_owned(),
                };
                return Err(Error::input(
                    format!("`{FLEET}.{key}` names `{name}`, where there is no project"),
                    hint,
                ));
            }
        }
        Ok(())
    }
}

/// What is declared for a project.
pub fn declared<'s>(all: &'s ByProject, project: &FoundProject) -> Vec<&'s str> {
    let of_it = all.iter().filter(|(named, _)| is_meant(named, project));
    of_it.flat_map(|(_, texts)| texts.iter().map(String::as_str)).collect()
}

/// Whether a text names a project: by its folder or by its name.
pub fn is_meant(named: &str, project: &FoundProject) -> bool {
    plain(named) == plain(&project.cwd) || named == project.project
}

/// A folder or path without what makes no difference; empty for the top.
pub fn plain(folder: &str) -> &str {
    let folder = folder.trim_start_matches("./").trim_end_matches('/');
    if folder == "." { "" } else { folder }
}

fn sizes_of_waves(fields: &Fields<'_>) -> Result<Vec<WaveSize>> {
    let Some(value) = fields.get(WAVES) else { return Ok(Vec::new()) };
    let wrong = || fields.error(WAVES, "is not a list", "write it as `waves: [1, 10%, 100%]`");
    let Value::List(items) = value else { return Err(wrong()) };
    items.iter().map(|item| WaveSize::parse(item.source().ok_or_else(wrong)?)).collect()
}

fn by_project(fields: &Fields<'_>, key: &str) -> Result<ByProject> {
    let wrong = |what: &str| {
        let hint = format!(
            "write it as `{key}: {{ infra/shop: [infra/network] }}`: folders from the repository's top"
        );
        fields.error(key, what, &hint)
    };
    if fields.get(key).is_none() {
        return Ok(Vec::new());
    }
    let Some(Value::Mapping(projects)) = fields.get(key) else { return Err(wrong("is not a mapping")) };
    let of_one = |value: &Value| {
        let Value::List(items) = value else { return None };
        items
            .iter()
            .map(|item| Some(item.as_str().filter(|text| !text.trim().is_empty())?.to_owned()))
            .collect()
    };
    let all = projects.iter().map(|(project, value)| {
        let project = project.source().ok_or_else(|| wrong("has a key that is not a text"))?;
        let texts = of_one(value).ok_or_else(|| wrong(&format!("has no list of texts for `{project}`")))?;
        Ok((project.to_owned(), texts))
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::yaml;

    fn parse(text: &str) -> Result<FleetSettings> {
        FleetSettings::parse(&yaml::parse(text).unwrap(), "stackstep.yaml")
    }

    #[test]
    fn all_keys_are_read() {
        let settings =
            parse("{ depends-on: { infra/shop: [infra/network] }, paths: { infra/shop: [\"pages/**\"] } }");
        let list = |texts: [&str; 2]| vec![(texts[0].to_owned(), vec![texts[1].to_owned()])];
        let expected = FleetSettings {
            depends_on: list(["infra/shop", "infra/network"]),
            paths: list(["infra/shop", "pages/**"]),
            ..FleetSettings::default()
        };
        assert_eq!(settings.unwrap(), expected);
        let limits = "{ parallel-stacks: 4, memory-per-stack: 300, waves: [1, 10%], canary: [\"*/eu\"], max-failures: 2, \
                      max-stacks: 50, max-changes: 9, max-deletes: 0 }";
        let expected = FleetSettings {
            parallel: Some(4),
            memory: Some(300),
            waves: vec![WaveSize::Stacks(1), WaveSize::Share(10.0)],
            canary: vec!["*/eu".to_owned()],
            max_failures: Some(2),
            max_stacks: Some(50),
            max_changes: Some(9),
            max_deletes: Some(0),
            ..FleetSettings::default()
        };
        assert_eq!(parse(limits).unwrap(), expected);
        assert_eq!(parse("{}").unwrap(), FleetSettings::default());
    }

    #[test]
    fn what_nobody_can_mean_is_an_error() {
        for (text, message) in [
            ("[a]", "is not a mapping"),
            ("{ depend-on: {} }", "depend-on"),
            ("{ depends-on: [a] }", "is not a mapping"),
            ("{ paths: { a: b } }", "has no list of texts for `a`"),
            ("{ paths: { a: [1] } }", "has no list of texts for `a`"),
            ("{ parallel-stacks: 0 }", "parallel-stacks"),
            ("{ waves: 1 }", "is not a list"),
            ("{ waves: [0%] }", "no size of a wave"),
            ("{ max-deletes: -1 }", "max-deletes"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
