//! The section `fleet`: what a project depends on that no program says.

use crate::base::error::{Error, Result};
use crate::base::fields::Fields;
use crate::base::suggest::nearest;
use crate::base::yaml::Value;
use crate::fleet::FoundProject;
use crate::inputs::file::FLEET;

/// The keys of the section.
pub const KEYS: &[&str] = &[DEPENDS_ON, PATHS];
const DEPENDS_ON: &str = "depends-on";
const PATHS: &str = "paths";

/// Folders or patterns by the folder of a project.
pub type ByProject = Vec<(String, Vec<String>)>;

/// The section `fleet`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FleetSettings {
    /// The folders of the projects that a project comes after, by its folder.
    pub depends_on: ByProject,
    /// Paths outside of a project's folder that it is made from, as patterns, by its folder.
    pub paths: ByProject,
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
        Ok(Self { depends_on: by_project(&fields, DEPENDS_ON)?, paths: by_project(&fields, PATHS)? })
    }

    /// Fails if it names what is no project: what is declared for it would hold for nobody.
    ///
    /// # Errors
    /// It does.
    pub fn check(&self, projects: &[FoundProject]) -> Result<()> {
        let named = self.depends_on.iter().flat_map(|(project, after)| std::iter::once(project).chain(after));
        let named =
            named.map(|name| (DEPENDS_ON, name)).chain(self.paths.iter().map(|(name, _)| (PATHS, name)));
        for (key, name) in named {
            if !projects.iter().any(|project| is_meant(name, project)) {
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
        };
        assert_eq!(settings.unwrap(), expected);
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
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
