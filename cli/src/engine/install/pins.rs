//! The Pulumi version that the project's own files need: the SDK's version as a lower bound, and
//! `requiredPulumiVersion`.
//!
//! The SDKs for Node, Python and Go have the CLI's own version numbers. Those for .NET and Java have numbers of their
//! own, which are below every supported version, so they are no bound.

use std::path::Path;

use semver::{Version, VersionReq};

use super::version::Wish;
use crate::base::text_file::{self, read_text};
use crate::pulumi::project::Project;

/// A file's name, and the function that finds the SDK's version in it.
type Pin = (&'static str, fn(&str) -> Option<Version>);

/// The files that tell the SDK's version. Lock files come first, as they have the version that is used; the others have
/// the lowest that may be.
const PINS: [Pin; 10] = [
    ("package-lock.json", npm_lock),
    ("pnpm-lock.yaml", pnpm_lock),
    ("yarn.lock", yarn_lock),
    ("package.json", package),
    ("uv.lock", python_lock),
    ("poetry.lock", python_lock),
    ("requirements.txt", requirements),
    ("pyproject.toml", pyproject),
    ("go.mod", go),
    ("Pipfile.lock", pipfile_lock),
];

/// Adds to `wish` the versions that the files in the program's folder and the project file ask for.
pub fn add(wish: &mut Wish, folder: &Path, project: Option<&Project>) {
    for (name, read) in PINS {
        let Ok(text) = read_text(&folder.join(name), text_file::LOCK_FILE) else { continue };
        if let Some(version) = read(&text) {
            wish.at_least = Some((version, format!("`{name}`")));
            break;
        }
    }
    wish.required =
        required(project.and_then(|project| project.required_version.as_deref()).unwrap_or_default());
}

/// The ranges of `requiredPulumiVersion`, in the form of blang/semver: blanks for "and", `||` for "or"
/// (<https://www.pulumi.com/docs/iac/concepts/projects/project-file/>). Empty if we can't read it; then the CLI checks
/// it itself.
fn required(text: &str) -> Vec<VersionReq> {
    let ranges: Option<Vec<VersionReq>> = text
        .split("||")
        .map(|range| VersionReq::parse(&range.split_whitespace().collect::<Vec<_>>().join(", ")).ok())
        .collect();
    ranges.filter(|_| !text.trim().is_empty()).unwrap_or_default()
}

/// The first version in a text such as `^3.200.0` or `>=3.200,<4`: the lowest that is allowed.
fn lowest(text: &str) -> Option<Version> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    if text[..start].contains(['<', '!']) {
        return None;
    }
    let number: String = text[start..]
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'))
        .collect();
    let mut parts = number.split(['-', '+']).next()?.split('.').map(|part| part.parse::<u64>().unwrap_or(0));
    Some(Version::new(parts.next()?, parts.next().unwrap_or(0), parts.next().unwrap_or(0)))
        .filter(|version| version.major > 0)
}

fn json(text: &str, pointer: &str) -> Option<Version> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    lowest(value.pointer(pointer)?.as_str()?)
}

fn npm_lock(text: &str) -> Option<Version> {
    json(text, "/packages/node_modules~1@pulumi~1pulumi/version")
}

fn package(text: &str) -> Option<Version> {
    json(text, "/dependencies/@pulumi~1pulumi").or_else(|| json(text, "/devDependencies/@pulumi~1pulumi"))
}

fn pipfile_lock(text: &str) -> Option<Version> {
    json(text, "/default/pulumi/version")
}

/// Finds the line `'@pulumi/pulumi@3.200.0(typescript@5.0.0)':`.
fn pnpm_lock(text: &str) -> Option<Version> {
    text.lines()
        .find_map(|line| lowest(line.trim().trim_matches(['\'', '"', '/']).strip_prefix("@pulumi/pulumi@")?))
}

/// Finds `"@pulumi/pulumi@^3.0.0":`; the version is on a line of its own below.
fn yarn_lock(text: &str) -> Option<Version> {
    let mut lines = text.lines();
    lines.find(|line| line.trim_start_matches('"').starts_with("@pulumi/pulumi@"))?;
    lines.find_map(|line| line.trim().strip_prefix("version").and_then(lowest))
}

/// Finds `name = "pulumi"`; the version is on the next line.
fn python_lock(text: &str) -> Option<Version> {
    let mut lines = text.lines();
    lines.find(|line| line.trim() == r#"name = "pulumi""#)?;
    lowest(lines.next()?.trim().strip_prefix("version")?)
}

fn requirements(text: &str) -> Option<Version> {
    text.lines().find_map(|line| python(line.split('#').next()?.trim()))
}

fn pyproject(text: &str) -> Option<Version> {
    text.lines().find_map(|line| {
        let line = line.trim();
        // `pulumi = "^3.200"` of Poetry, else an item of the standard's list.
        python(&line.replace(" = ", "==")).or_else(|| python(line.trim_start_matches("dependencies = [")))
    })
}

/// The version of a requirement such as `pulumi>=3.200.0,<4.0.0`, but not of `pulumi-aws>=7`.
fn python(requirement: &str) -> Option<Version> {
    let rest = requirement.trim_start_matches(['"', '\'', '[', ' ']).strip_prefix("pulumi")?;
    rest.trim_start().starts_with(['=', '>', '~', '^']).then(|| lowest(rest)).flatten()
}

fn go(text: &str) -> Option<Version> {
    text.lines().find_map(|line| {
        let line = line.trim().trim_start_matches("require ");
        lowest(line.strip_prefix("github.com/pulumi/pulumi/sdk/v3 v")?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_names_the_sdks_version() {
        let files: [(&str, &str); 12] = [
            ("package-lock.json", r#"{"packages": {"node_modules/@pulumi/pulumi": {"version": "3.200.1"}}}"#),
            (
                "pnpm-lock.yaml",
                "packages:\n\n  '@pulumi/aws@7.0.0':\n  '@pulumi/pulumi@3.200.1(ts-node@10.9.2)':\n",
            ),
            ("yarn.lock", "\"@pulumi/pulumi@^3.0.0\", \"@pulumi/pulumi@^3.200\":\n  version \"3.200.1\"\n"),
            ("yarn.lock", "\"@pulumi/pulumi@npm:^3.0.0\":\n  version: 3.200.1\n"),
            ("package.json", r#"{"dependencies": {"@pulumi/pulumi": "^3.200.1"}}"#),
            ("uv.lock", "[[package]]\nname = \"pulumi\"\nversion = \"3.200.1\"\n"),
            ("requirements.txt", "pulumi-aws>=7.0\npulumi>=3.200.1,<4.0.0 # sdk\n"),
            ("pyproject.toml", "[tool.poetry.dependencies]\npulumi = \"^3.200.1\"\n"),
            ("pyproject.toml", "dependencies = [\n  \"pulumi-aws>=7\",\n  \"pulumi>=3.200.1\",\n]"),
            ("pyproject.toml", "dependencies = [\"pulumi>=3.200.1\"]"),
            ("go.mod", "require (\n\tgithub.com/pulumi/pulumi/sdk/v3 v3.200.1\n)"),
            ("Pipfile.lock", r#"{"default": {"pulumi": {"version": "==3.200.1"}}}"#),
        ];
        for (name, text) in files {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(name), text).unwrap();
            let mut wish = Wish::default();
            add(&mut wish, folder.path(), None);
            assert_eq!(wish.at_least, Some((Version::new(3, 200, 1), format!("`{name}`"))), "{text}");
        }
    }

    #[test]
    fn the_lock_file_counts_before_the_range() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("package.json"),
            r#"{"dependencies": {"@pulumi/pulumi": "^3.0.0"}}"#,
        )
        .unwrap();
        std::fs::write(
            folder.path().join("yarn.lock"),
            "\"@pulumi/pulumi@^3.0.0\":\n  version \"3.210.0\"\n",
        )
        .unwrap();
        let mut wish = Wish::default();
        add(&mut wish, folder.path(), None);
        assert_eq!(wish.at_least.unwrap().0, Version::new(3, 210, 0));
    }

    #[test]
    fn an_upper_bound_or_another_package_bounds_nothing() {
        for line in ["pulumi<4", "pulumi!=3.1.0", "pulumi-random==4.0.0", "pulumi", "pulumi_tls>=5"] {
            assert_eq!(requirements(line), None, "{line}");
        }
        assert_eq!(package(r#"{"dependencies": {"@pulumi/pulumi": "latest"}}"#), None);
        assert_eq!(package(r#"{"dependencies": {"@pulumi/pulumi": "file:../sdk"}}"#), None);
    }

    #[test]
    fn the_projects_range_is_read_with_its_ands_and_ors() {
        let ranges = required(">=3.200.0 <3.250.0 || >=3.255.0");
        let allows = |version: &str| ranges.iter().any(|range| range.matches(&version.parse().unwrap()));
        assert!(allows("3.249.0") && allows("3.256.0") && !allows("3.251.0"));
        assert!(required("soon").is_empty());
        assert!(required("").is_empty());
    }
}
