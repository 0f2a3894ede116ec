//! Reads a repository's `config` in git's syntax. It includes no other file and starts nothing.
//! <https://git-scm.com/docs/git-config#_syntax>

/// One setting of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// The section, in lower case: `remote`.
    pub section: String,
    /// The subsection: `origin`.
    pub subsection: Option<String>,
    /// The key, in lower case: `url`.
    pub key: String,
    /// The value.
    pub value: String,
}

/// All of a file's settings, in order.
pub(super) fn settings(text: &str) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut place: Option<(String, Option<String>)> = None;
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            place = header.rsplit_once(']').and_then(|(header, _)| section(header));
            continue;
        }
        let (Some((section, subsection)), Some((key, value))) = (&place, line.split_once('=')) else {
            continue;
        };
        if line.starts_with(['#', ';']) {
            continue;
        }
        settings.push(Setting {
            section: section.clone(),
            subsection: subsection.clone(),
            key: key.trim().to_ascii_lowercase(),
            value: unquoted(value.trim()),
        });
    }
    settings
}

/// The first non-empty value of a key.
pub(super) fn first(
    settings: &[Setting],
    section: &str,
    subsection: Option<&str>,
    key: &str,
) -> Option<String> {
    let is = |setting: &&Setting| {
        setting.section == section
            && setting.subsection.as_deref() == subsection
            && setting.key == key
            && !setting.value.is_empty()
    };
    settings.iter().find(is).map(|setting| setting.value.clone())
}

/// The section and subsection of a header such as `remote "origin"`.
fn section(header: &str) -> Option<(String, Option<String>)> {
    let Some((name, rest)) = header.split_once('"') else {
        return Some((header.trim().to_ascii_lowercase(), None));
    };
    let inner = rest.rsplit_once('"')?.0;
    Some((name.trim().to_ascii_lowercase(), Some(inner.replace("\\\"", "\"").replace("\\\\", "\\"))))
}

/// A value without its quotes, its escapes and the comment after it.
fn unquoted(value: &str) -> String {
    let (mut text, mut quoted, mut characters) = (String::new(), false, value.chars());
    while let Some(c) = characters.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' => text.extend(characters.next().map(|c| match c {
                'n' => '\n',
                't' => '\t',
                other => other,
            })),
            '#' | ';' if !quoted => break,
            c => text.push(c),
        }
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_its_section_and_without_its_quotes() {
        let text = "[core]\n\turl = no\n[Remote \"origin\"] # ours\n\tURL = \"https://x/y\" ; here\n[remote \"a\\\"b\"]\n url=z\n";
        let settings = settings(text);
        assert_eq!(first(&settings, "remote", Some("origin"), "url").as_deref(), Some("https://x/y"));
        assert_eq!(first(&settings, "remote", Some("a\"b"), "url").as_deref(), Some("z"));
        assert_eq!(first(&settings, "remote", None, "url"), None);
    }

    #[test]
    fn a_comment_sets_nothing() {
        assert_eq!(settings("[remote \"origin\"]\n# url = x\n; url = y\n"), []);
    }
}
