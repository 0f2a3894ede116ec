//! The files that say which dependencies there are and how programs are built, and what they say for whom.

/// Files that say for a whole folder, and the folders below it, which dependencies there are and how they are built.
pub const MANIFESTS: &[&str] = &[
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "bun.lock",
    "bun.lockb",
    ".pnpmfile.cjs",
    ".npmrc",
    ".yarnrc.yml",
    "tsconfig.json",
    "tsconfig.base.json",
    "go.mod",
    "go.sum",
    "go.work",
    "go.work.sum",
    "pyproject.toml",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "pylock.toml",
    "Pipfile",
    "Pipfile.lock",
    "requirements.txt",
    "setup.py",
    "setup.cfg",
    "Directory.Build.props",
    "Directory.Build.targets",
    "Directory.Packages.props",
    "packages.lock.json",
    "global.json",
    "nuget.config",
    "NuGet.config",
    "NuGet.Config",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "settings.gradle",
    "settings.gradle.kts",
    "gradle.properties",
    "gradle/libs.versions.toml",
    "gradle/wrapper/gradle-wrapper.properties",
    ".pulumi.version",
    ".tool-versions",
    "mise.toml",
    ".nvmrc",
    ".node-version",
    ".python-version",
];

/// Folders with what all programs in the folders below are built with.
pub const FOR_ALL_BELOW: &[&str] =
    &["node_modules", "vendor", "patches", "buildSrc", "gradle", ".yarn", ".mvn"];

/// Files that name many others and are not read for it: lock files, and what belongs to a folder around the project.
const NOT_READ: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "go.sum",
    "go.work.sum",
    "poetry.lock",
    "uv.lock",
    "Pipfile.lock",
    "packages.lock.json",
];

/// Beginnings of the names of those that say something for every program in the folders below, and are read for it there too.
const FOR_PROGRAMS_BELOW: &[&str] =
    &["tsconfig", "go.", "settings.gradle", "build.gradle", "pom.xml", "Directory.", "requirements"];

/// Beginnings of the names of those that name all members of a repository, and not what one of them needs.
const OF_MEMBERS: &[&str] = &["tsconfig", "go.", "package.json", "pom.xml"];

/// Whether a file of this name is read for the files that it names.
pub fn is_read(name: &str) -> bool {
    !NOT_READ.contains(&name)
}

/// Whether a manifest around a project is read for what the project needs of it.
pub fn is_for_all_below(name: &str) -> bool {
    FOR_PROGRAMS_BELOW.iter().any(|beginning| name.starts_with(beginning))
}

/// Whether the files beside a manifest that it names are those of others.
pub fn names_what_others_need(name: &str) -> bool {
    OF_MEMBERS.iter().any(|beginning| name.starts_with(beginning))
}
