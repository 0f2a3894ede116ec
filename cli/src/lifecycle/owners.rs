//! The owners of a file by `CODEOWNERS`, by the rules of the forge that reads it.
//!
//! GitHub: <https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners>,
//! GitLab: <https://docs.gitlab.com/user/project/codeowners/reference/>. Gitea's patterns are regular expressions, which are
//! not read.

use crate::base::wildcard;

/// The most bytes of a file that counts: GitHub's limit.
pub const LARGEST: u64 = 3 << 20;

/// The forge whose rules count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnersForm {
    /// GitHub's: the last pattern that matches counts, and one without owners takes them away.
    GitHub,
    /// GitLab's: the same within each section, and all sections count together.
    GitLab,
}

impl OwnersForm {
    /// The form of a forge, by its name. None if its files are not read.
    pub fn of_forge(name: &str) -> Option<Self> {
        match name {
            "github" => Some(Self::GitHub),
            "gitlab" => Some(Self::GitLab),
            _ => None,
        }
    }

    /// The places of the file. The first one that is there counts.
    pub fn places(self) -> [&'static str; 3] {
        match self {
            Self::GitHub => [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"],
            Self::GitLab => ["CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"],
        }
    }

    /// The owners of the file at `path`, from the top of the repository, as they stand there: `@ann`, `@acme/platform`,
    /// `ann@acme.example`.
    pub fn owners(self, text: &str, path: &str) -> Vec<String> {
        match self {
            Self::GitHub => of_github(text, path),
            Self::GitLab => of_gitlab(text, path),
        }
    }
}

fn of_github(text: &str, path: &str) -> Vec<String> {
    // The last one that matches is the first one from the end.
    let lines = text.lines().rev().filter_map(words);
    let mut fitting = lines.filter_map(|words| {
        let (pattern, owners) = words.split_first()?;
        // Negation and ranges of characters are none there, and such a line is left out.
        let is_valid = !pattern.starts_with('!') && !pattern.contains(['[', ']']);
        (is_valid && github_fits(pattern, path)).then(|| named(owners))
    });
    fitting.next().unwrap_or_default()
}

/// Whether a pattern of GitHub's matches: like gitignore's, but a `*` at the end stays within its folder.
fn github_fits(pattern: &str, path: &str) -> bool {
    let trimmed = pattern.trim_matches('/');
    let is_anchored = pattern.trim_end_matches('/').contains('/');
    let mut parts: Vec<&str> = trimmed.split('/').collect();
    if !is_anchored {
        parts.insert(0, "**");
    }
    let path: Vec<&str> = path.split('/').collect();
    let is_folder = pattern.ends_with('/');
    let stays = is_anchored && parts.last() == Some(&"*");
    let whole = !is_folder && wildcard::fits(&parts, &path);
    let below = !stays && (1..path.len()).any(|most| wildcard::fits(&parts, &path[..most]));
    whole || below
}

/// A section of GitLab's file.
#[derive(Default)]
struct OwnersSection {
    name: String,
    default: Vec<String>,
    owners: Vec<String>,
    excluded: bool,
}

fn of_gitlab(text: &str, path: &str) -> Vec<String> {
    let mut sections = vec![OwnersSection::default()];
    let mut at = 0;
    for line in text.lines() {
        if let Some((name, default)) = gitlab_section(line) {
            let known = sections.iter().position(|section| section.name.eq_ignore_ascii_case(&name));
            at = known.unwrap_or(sections.len());
            if known.is_none() {
                sections.push(OwnersSection { name, ..OwnersSection::default() });
            }
            if let Some(section) = sections.get_mut(at) {
                section.default = default;
            }
            continue;
        }
        let (Some(words), Some(section)) = (words(line), sections.get_mut(at)) else { continue };
        let Some((pattern, owners)) = words.split_first() else { continue };
        if let Some(excluded) = pattern.strip_prefix('!') {
            section.excluded |= gitlab_fits(excluded, path);
        } else if gitlab_fits(pattern, path) {
            let own = named(owners);
            section.owners = if own.is_empty() { section.default.clone() } else { own };
        }
    }
    let mut all: Vec<String> = Vec::new();
    for owner in sections.into_iter().filter(|section| !section.excluded).flat_map(|section| section.owners) {
        if !all.contains(&owner) {
            all.push(owner);
        }
    }
    all
}

/// The name and the default owners of a section's heading: `^[Name][2] @ann`. None for another line.
fn gitlab_section(line: &str) -> Option<(String, Vec<String>)> {
    let rest = line.trim().trim_start_matches('^').strip_prefix('[')?;
    let (name, rest) = rest.split_once(']')?;
    let rest = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => rest,
    };
    let owners = words(rest).unwrap_or_default();
    Some((name.trim().to_owned(), named(&owners)))
}

/// Whether a pattern of GitLab's matches: from the top with `/` at its begin, else anywhere; a folder only with `/` at its
/// end.
fn gitlab_fits(pattern: &str, path: &str) -> bool {
    let mut parts: Vec<&str> = pattern.trim_start_matches('/').trim_end_matches('/').split('/').collect();
    if pattern == "/" {
        parts.clear();
    }
    if !pattern.starts_with('/') {
        parts.insert(0, "**");
    }
    if pattern.ends_with('/') {
        parts.extend(["**", "*"]);
    }
    wildcard::fits(&parts, &path.split('/').collect::<Vec<_>>())
}

/// The words of a line: the pattern, whose blanks are written as `\ `, and the owners. None for a line without any.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = vec![String::new()];
    let mut characters = line.trim().chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek().is_some_and(|next| [' ', '#', '\\'].contains(next)) => {
                let escaped = characters.next().unwrap_or_default();
                words.last_mut()?.push(escaped);
            }
            '#' if words.last()?.is_empty() => break,
            blank if blank.is_whitespace() => {
                if !words.last()?.is_empty() {
                    words.push(String::new());
                }
            }
            other => words.last_mut()?.push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    (!words.is_empty()).then_some(words)
}

/// The words that name somebody. Roles (`@@developer`) name nobody in particular.
fn named(words: &[String]) -> Vec<String> {
    let inside = |c: char| c.is_ascii_alphanumeric() || "@._/-+".contains(c);
    let is_name = |word: &&String| {
        word.contains('@') && word.len() > 1 && !word.starts_with("@@") && word.chars().all(inside)
    };
    words.iter().filter(is_name).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documentation's own example, without comments.
    const GITHUB: &str = "*       @global-owner1 @global-owner2\n*.js    @js-owner #inline comment\n\
        *.go docs@example.com\n*.txt @octo-org/octocats\n/build/logs/ @doctocat\ndocs/* docs@example.com\n\
        apps/ @octocat\n/docs/ @doctocat\n/scripts/ @doctocat @octocat\n**/logs @octocat\n/apps/ @octocat\n\
        /apps/github\n/apps/github/more @doctocat\n";

    fn of(form: OwnersForm, text: &str, path: &str) -> String {
        form.owners(text, path).join(" ")
    }

    #[test]
    fn github_s_own_example_is_read_as_documented() {
        for (path, owners) in [
            ("README.md", "@global-owner1 @global-owner2"),
            ("lib/a.js", "@js-owner"),
            ("a.go", "docs@example.com"),
            ("x/a.txt", "@octo-org/octocats"),
            ("docs/getting-started.md", "@doctocat"),
            ("docs/build-app/troubleshooting.md", "@doctocat"),
            ("x/apps/a.md", "@octocat"),
            ("scripts/a.sh", "@doctocat @octocat"),
            ("deeply/nested/logs/x", "@octocat"),
            ("build/logs/x", "@octocat"),
            ("apps/a.md", "@octocat"),
            ("apps/github/a.md", ""),
            ("apps/github/more/a.md", "@doctocat"),
        ] {
            assert_eq!(of(OwnersForm::GitHub, GITHUB, path), owners, "{path}");
        }
    }

    #[test]
    fn a_star_at_the_end_stays_in_its_folder_on_github() {
        let text = "docs/* @a\n";
        assert_eq!(of(OwnersForm::GitHub, text, "docs/a.md"), "@a");
        assert_eq!(of(OwnersForm::GitHub, text, "docs/b/a.md"), "");
        assert_eq!(of(OwnersForm::GitHub, text, "x/docs/a.md"), "");
    }

    #[test]
    fn what_github_does_not_read_is_left_out() {
        let text = "* @a\n!infra/ @b\ninfra/[a-z]* @c\n# infra/ @d\n";
        assert_eq!(of(OwnersForm::GitHub, text, "infra/Pulumi.yaml"), "@a");
        assert_eq!(of(OwnersForm::GitHub, "Infra/ @a\n", "infra/Pulumi.yaml"), "", "capitals count");
        assert_eq!(of(OwnersForm::GitHub, "my\\ infra/ @a\n", "my infra/Pulumi.yaml"), "@a");
    }

    #[test]
    fn gitlab_s_patterns_are_read_as_documented() {
        for (pattern, path, fits) in [
            ("*", "a/b.md", true),
            ("README.md", "a/README.md", true),
            ("/README.md", "a/README.md", false),
            ("internal/README.md", "docs/internal/README.md", true),
            ("/docs/", "docs/a/b.md", true),
            ("/docs", "docs/a.md", false),
            ("/docs/*", "docs/a.md", true),
            ("/docs/*", "docs/a/b.md", false),
            ("/docs/**/*.md", "docs/a/b/c.md", true),
            ("/docs/**/index.md", "docs/index.md", true),
            ("path\\ with\\ spaces/", "path with spaces/a", true),
            ("\\#file", "#file", true),
        ] {
            let owners = of(OwnersForm::GitLab, &format!("{pattern} @a\n"), path);
            assert_eq!(owners, if fits { "@a" } else { "" }, "{pattern} {path}");
        }
    }

    #[test]
    fn of_each_of_gitlab_s_sections_the_last_match_counts() {
        let text = "* @all\n/infra/ @ops\n\n[Docs][2] @writers\n*.md\nREADME.md @ann\n^[Database] @dba\n/infra/db/\n\
                    !/infra/db/seed.sql\n[docs]\nCHANGES.md @bob\n";
        for (path, owners) in [
            ("infra/Pulumi.yaml", "@ops"),
            ("a.md", "@all @writers"),
            ("README.md", "@all @ann"),
            ("infra/db/Pulumi.yaml", "@ops @dba"),
            ("infra/db/seed.sql", "@ops"),
            ("CHANGES.md", "@all @bob"),
        ] {
            assert_eq!(of(OwnersForm::GitLab, text, path), owners, "{path}");
        }
    }

    #[test]
    fn only_names_are_owners() {
        let text = "* @a @@developer user@example.com nobody @ @b](x)\n";
        assert_eq!(of(OwnersForm::GitLab, text, "a"), "@a user@example.com");
    }
}
