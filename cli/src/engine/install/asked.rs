//! The version that is required: by the inputs, else by a version file of the project.
//!
//! Beside `.pulumi.version`, whose whole text is the version, the files of asdf and mise are read:
//! <https://asdf-vm.com/manage/configuration.html#tool-versions>, <https://mise.jdx.dev/configuration.html>.

use std::path::Path;

use super::version::Demand;
use crate::base::error::{Error, Result};
use crate::base::text_file::{self, read_text};
use crate::inputs::Inputs;

/// A function that finds the version in a file's text.
type Reader = fn(&str) -> Option<&str>;

/// The version files in their order, each with its reader.
const FILES: [(&str, Reader); 4] = [
    (".pulumi.version", whole),
    (".tool-versions", tool_versions),
    ("mise.toml", mise),
    (".mise.toml", mise),
];

/// The version that the inputs require, and the input or file that says so.
pub fn by_inputs(inputs: &Inputs) -> Result<Option<(Demand, String)>> {
    if let Some(text) = &inputs.engine.pulumi_version {
        let named = "`pulumi-version`".to_owned();
        return Ok(Some((Demand::parse(text, &named)?, named)));
    }
    let Some(path) = &inputs.engine.pulumi_version_file else { return Ok(None) };
    let named = format!("`{}`", path.display());
    let text = read_text(path, text_file::VERSION).map_err(|error| {
        Error::input(
            format!("could not read `pulumi-version-file` {named}: {error}"),
            error.hint().unwrap_or("give the file's path from the folder that the step runs in"),
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
    Ok(Some((in_file(version, &named)?, named)))
}

/// The version in the file `named`. The file can be another one than its name says, such as a link to one with
/// credentials, so that a text that is not a version is not shown.
fn in_file(version: &str, named: &str) -> Result<Demand> {
    let short = version.len() <= 64 && !version.contains(char::is_control);
    let unreleased = version == "dev" || version.starts_with("pr#");
    Demand::parse(version, named).map_err(|error| {
        if short && unreleased {
            return error;
        }
        Error::input(
            format!("{named} names no version"),
            "write a version (`3.260.0`), a range (`^3.200`) or `latest` into it, and nothing else",
        )
    })
}

/// The version that a version file requires, and the file: the nearest one from `start` up to the root of the
/// repository.
pub fn by_file(start: &Path) -> Result<Option<(Demand, String)>> {
    for folder in start.ancestors() {
        for (name, read) in FILES {
            let path = folder.join(name);
            let named = format!("`{}`", path.display());
            let text = match read_text(&path, text_file::VERSION) {
                Ok(text) => text,
                Err(error) if error.is_missing() => continue,
                Err(error) => {
                    return Err(Error::input(
                        format!("could not read {named}: {error}"),
                        error.hint().unwrap_or("fix the file, or name the version by `pulumi-version`"),
                    ));
                }
            };
            if let Some(version) = read(&text) {
                return Ok(Some((in_file(version, &named)?, named)));
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

/// Finds `pulumi 3.260.0` on a line. Of several versions asdf takes the first that is installed; we take the first.
fn tool_versions(text: &str) -> Option<&str> {
    let version = text.lines().find_map(|line| {
        let mut words = line.split('#').next()?.split_whitespace();
        (words.next() == Some("pulumi")).then(|| words.next()).flatten()
    })?;
    // A version that is built, or given by its path, can't be downloaded.
    (version != "system" && !version.contains(':')).then_some(version)
}

/// Finds `pulumi = "3.260.0"` or `pulumi = { version = "3.260.0" }` under `[tools]`.
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
    fn a_file_that_names_no_version_does_not_show_itself() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        let error = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let error = by_file(folder.path()).unwrap_err().to_string();
            std::fs::remove_file(path).unwrap();
            error
        };
        for text in ["hunter2", "machine x login y password hunter2", "A=hunter2\0B=1\0", "3.1.0\nhunter2"] {
            let error = error(".pulumi.version", text.as_bytes());
            assert!(error.ends_with("names no version") && !error.contains("hunter2"), "{error}");
        }
        assert!(!error(".tool-versions", b"pulumi hunter2").contains("hunter2"));
        assert!(!error("mise.toml", b"[tools]\npulumi = 'hunter2'").contains("hunter2"));
        assert!(error(".pulumi.version", b"\xff\xfe3\0.\0").contains("UTF-16"));
        assert!(error(".pulumi.version", "1".repeat(70_000).as_bytes()).contains("larger than 64 KiB"));
    }

    #[test]
    fn a_byte_order_mark_before_a_version_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        for (name, text) in
            [(".pulumi.version", "\u{feff}3.200.0\r\n"), (".tool-versions", "\u{feff}pulumi 3.200.0")]
        {
            std::fs::write(folder.path().join(name), text).unwrap();
            assert_eq!(by_file(folder.path()).unwrap().unwrap().0, Demand::Exact("3.200.0".parse().unwrap()));
            std::fs::remove_file(folder.path().join(name)).unwrap();
        }
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
