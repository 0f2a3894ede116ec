//! Where a version is asked for: the inputs, else a version file of the project.
//!
//! Beside `.pulumi.version`, whose whole text is the version, these are the files of asdf and mise:
//! <https://asdf-vm.com/manage/configuration.html#tool-versions>, <https://mise.jdx.dev/configuration.html>.

use std::path::Path;

use super::version::Demand;
use crate::error::{Error, Result};
use crate::inputs::Inputs;

/// Finds the version in a file's text.
type Reader = fn(&str) -> Option<&str>;

/// The files, by their order; each with what reads it.
const FILES: [(&str, Reader); 4] = [
    (".pulumi.version", whole),
    (".tool-versions", tool_versions),
    ("mise.toml", mise),
    (".mise.toml", mise),
];

/// What the inputs ask for, and where that stands.
pub fn by_inputs(inputs: &Inputs) -> Result<Option<(Demand, String)>> {
    if let Some(text) = &inputs.pulumi_version {
        let named = "`pulumi-version`".to_owned();
        return Ok(Some((Demand::parse(text, &named)?, named)));
    }
    let Some(path) = &inputs.pulumi_version_file else { return Ok(None) };
    let named = format!("`{}`", path.display());
    let text = std::fs::read_to_string(path).map_err(|source| {
        Error::input(
            format!("could not read `pulumi-version-file` {named}: {source}"),
            "give the file's path from the folder that the step runs in",
        )
    })?;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let read = FILES.iter().find(|(own, _)| *own == name).map_or(whole as Reader, |(_, read)| *read);
    let version = read(&text).ok_or_else(|| {
        Error::input(
            format!("{named} names no version of pulumi"),
            "write the version into it, such as `3.260.0`",
        )
    })?;
    Ok(Some((Demand::parse(version, &named)?, named)))
}

/// What a version file of the project asks for: the nearest from `start` up to the project's repository.
pub fn by_file(start: &Path) -> Result<Option<(Demand, String)>> {
    for folder in start.ancestors() {
        for (name, read) in FILES {
            let path = folder.join(name);
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            if let Some(version) = read(&text) {
                let named = format!("`{}`", path.display());
                return Ok(Some((Demand::parse(version, &named)?, named)));
            }
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    Ok(None)
}

fn whole(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// `pulumi 3.260.0` on a line. asdf takes the first of several versions that is installed: we take the first.
fn tool_versions(text: &str) -> Option<&str> {
    let version = text.lines().find_map(|line| {
        let mut words = line.split('#').next()?.split_whitespace();
        (words.next() == Some("pulumi")).then(|| words.next()).flatten()
    })?;
    // Built or given by path: not ours to fetch.
    (version != "system" && !version.contains(':')).then_some(version)
}

/// `pulumi = "3.260.0"` or `pulumi = { version = "3.260.0" }` under `[tools]`.
fn mise(text: &str) -> Option<&str> {
    let mut in_tools = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            in_tools = line == "[tools]";
        } else if in_tools
            && let Some((key, value)) = line.split_once('=')
            && key.trim().trim_matches('"') == "pulumi"
        {
            let value = value.trim();
            let value = match value.strip_prefix('{') {
                Some(table) => table.split_once("version")?.1.trim_start().strip_prefix('=')?,
                None => value.trim_start_matches('['),
            };
            let quote = value.trim_start().chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            return value.split(quote).nth(1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_asdf_names_the_version() {
        assert_eq!(tool_versions("nodejs 22.1.0\npulumi 3.260.0 3.259.0 # ours\n"), Some("3.260.0"));
        for other in ["pulumictl 1.0.0\n", "pulumi system", "pulumi path:/opt/pulumi", "# pulumi 3.1.0", ""] {
            assert_eq!(tool_versions(other), None, "{other}");
        }
    }

    #[test]
    fn a_tool_of_mise_names_the_version() {
        for text in [
            "[tools]\nnode = '22'\npulumi = \"3.260.0\"\n",
            "[tools]\n\"pulumi\" = { os = [\"linux\"], version = '3.260.0' }",
            "[tools]\npulumi = ['3.260.0', '3.259.0']",
        ] {
            assert_eq!(mise(text), Some("3.260.0"), "{text}");
        }
        assert_eq!(mise("[env]\npulumi = '3.260.0'\n[tools]\nnode = '22'"), None);
        assert_eq!(mise("[tools]\npulumi = 3"), None);
    }

    #[test]
    fn the_nearest_file_below_the_repository_counts() {
        let root = tempfile::tempdir().unwrap();
        let (repository, program) =
            (root.path().join("repository"), root.path().join("repository/infra/app"));
        std::fs::create_dir_all(&program).unwrap();
        std::fs::create_dir(repository.join(".git")).unwrap();
        std::fs::write(root.path().join(".pulumi.version"), "3.1.0").unwrap();
        assert_eq!(by_file(&program).unwrap(), None);
        std::fs::write(repository.join(".tool-versions"), "pulumi 3.200.0\n").unwrap();
        assert_eq!(by_file(&program).unwrap().unwrap().0, Demand::Exact("3.200.0".parse().unwrap()));
        std::fs::write(program.join(".pulumi.version"), "^3.210\n").unwrap();
        assert!(matches!(by_file(&program).unwrap().unwrap().0, Demand::Range(_)));
    }
}
