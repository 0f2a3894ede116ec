//! Foreign text stays text: in Markdown, in HTML, in a fence, in a job's log.
//!
//! Inside of code, Markdown links nothing and mentions nobody, so every foreign word goes into a code span
//! or a fence. A span that Markdown could misread is written as `<code>` with character references, which
//! are never markup: <https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references>.

use crate::base::text::visible;
use std::fmt::Write as _;

/// `text` on one line as inline code. Safe in a table's cell.
pub fn code(text: &str, html: bool) -> String {
    let text = visible(text, false);
    if text.is_empty() {
        return "`\"\"`".to_owned();
    }
    // A pipe would end the cell, whatever stands around it; all else is literal in a code span:
    // <https://spec.commonmark.org/0.31.2/#code-spans>.
    if html && text.contains('|') { format!("<code>{}</code>", references(&text)) } else { span(&text) }
}

/// `text` as code where Markdown is not read, as within the tags of a heading that folds; a code span without HTML.
pub fn tagged(text: &str, html: bool) -> String {
    if html { format!("<code>{}</code>", references(&visible(text, false))) } else { code(text, false) }
}

/// Every character that could mean something as a reference. `<code>` is no code to Markdown: GitHub would
/// still link an address in it, even one made of references, so an invisible space parts it.
/// <https://github.github.com/gfm/#autolinks-extension->
fn references(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len() * 2), |mut out, c| {
        if c.is_alphanumeric() || " -/,".contains(c) || (!c.is_ascii() && !c.is_whitespace()) {
            out.push(c);
        } else {
            let _ = write!(out, "&#{};", u32::from(c));
            out.push_str(if c == '@' { "\u{200b}" } else { "" });
        }
        out
    })
}

/// A code span: longer quotes than any inside, and no pipe that could end a cell (a backslash does not
/// protect one everywhere, so a look-alike stands in).
fn span(text: &str) -> String {
    if !text.contains(['`', '|']) && !text.contains("<!--") {
        return ["`", text, "`"].concat();
    }
    let text = text.replace('|', "\u{2502}").replace("<!--", "<!\u{200b}--");
    let quotes = "`".repeat(longest_run(&text, b'`') + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    [&quotes, space, &text, space, &quotes].concat()
}

/// `text` in a fence that nothing inside of it can end.
pub fn fence(text: &str, language: &str) -> String {
    let text = visible(text, true);
    let quotes = "`".repeat(longest_run(&text, b'`').max(2) + 1);
    [&quotes, language, "\n", &text, "\n", &quotes, "\n"].concat()
}

/// Our own sentences: what stands between backticks becomes code, everything else plain text.
pub fn prose(text: &str, html: bool) -> String {
    let parts: Vec<_> = text.split('`').collect();
    if parts.len() % 2 == 0 {
        return plain(text);
    }
    let part = |(at, part): (usize, &&str)| match at % 2 {
        0 => linked(part),
        _ if part.is_empty() => String::new(),
        _ => code(part, html),
    };
    parts.iter().enumerate().map(part).collect()
}

/// The addresses of the vendors' documentation that our hints point to. Nobody but the vendor writes there.
const DOCUMENTATION: [&str; 12] = [
    "https://docs.github.com/",
    "https://docs.gitlab.com/",
    "https://learn.microsoft.com/",
    "https://support.atlassian.com/",
    "https://developer.atlassian.com/",
    "https://docs.gitea.com/",
    "https://forgejo.org/docs/",
    "https://www.pulumi.com/docs/",
    "https://circleci.com/docs/",
    "https://docs.travis-ci.com/",
    "https://docs.aws.amazon.com/",
    "https://cloud.google.com/",
];

/// `text` as plain text, in which the address of a vendor's documentation is a link; any other stays text.
fn linked(text: &str) -> String {
    let begin = DOCUMENTATION.iter().filter_map(|site| text.find(site)).min();
    let Some((before, rest)) = begin.and_then(|at| text.split_at_checked(at)) else { return plain(text) };
    let url = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#%=&+".contains(c);
    let (found, after) = rest.split_at(rest.find(|c| !url(c)).unwrap_or(rest.len()));
    let found = found.trim_end_matches(['.', ':', '?']);
    let after = rest.strip_prefix(found).unwrap_or(after);
    [&plain(before), "<", found, ">", &linked(after)].concat()
}

/// `text` on one line as plain text: no markup, no mention, no link.
pub(super) fn plain(text: &str) -> String {
    let text = visible(text, false);
    let text = text.replace("://", ":\u{200b}//").replace("www.", "www\u{200b}.");
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            // A mention is found in the text that comes out of the references.
            '@' => out.push_str("@\u{200b}"),
            '#' => out.push_str("#\u{200b}"),
            c if c.is_alphanumeric() || " -.:/,;()'\"%=?".contains(c) || !c.is_ascii() => out.push(c),
            c => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
        }
        out
    })
}

/// A link, or the address as text where it is none that a browser should follow.
pub fn link(label: &str, url: &str, html: bool) -> String {
    match address(url) {
        Some(url) => format!("[{label}](<{url}>)"),
        None => format!("{label}: {}", code(url, html)),
    }
}

/// A web address between angle brackets; no character that Markdown or a table's cell reads stays in it.
pub(super) fn autolink(url: &str) -> String {
    address(url).unwrap_or_default().replace('|', "%7C")
}

/// An address that a browser may follow, with nothing in it that could end it. None where it is another thing.
pub(super) fn address(url: &str) -> Option<String> {
    if !(url.starts_with("https://") || url.starts_with("http://")) {
        return None;
    }
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'*+,;=%".contains(&byte);
    Some(url.bytes().fold(String::with_capacity(url.len()), |mut out, byte| {
        if safe(byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    }))
}

/// A commit as people write it.
pub(super) fn short_commit(commit: &str) -> &str {
    let is_hash = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { commit.get(..10).unwrap_or(commit) } else { commit }
}

fn longest_run(text: &str, wanted: u8) -> usize {
    let (mut longest, mut run) = (0, 0);
    for byte in text.bytes() {
        run = if byte == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_is_a_code_span() {
        assert_eq!(code("aws:s3/bucket:Bucket", true), "`aws:s3/bucket:Bucket`");
        assert_eq!(code("</details> \\ @me", true), "`</details> \\ @me`");
    }

    #[test]
    fn what_could_end_a_span_or_a_cell_becomes_references() {
        assert_eq!(code("<b>|", true), "<code>&#60;b&#62;&#124;</code>");
        assert_eq!(code("a|b`@me", true), "<code>a&#124;b&#96;&#64;\u{200b}me</code>");
    }

    #[test]
    fn without_html_a_span_outgrows_the_quotes_inside() {
        assert_eq!(code("a``b", false), "```a``b```");
        assert_eq!(code("`|", false), "`` `│ ``");
    }

    #[test]
    fn newlines_and_characters_that_turn_text_round_are_written_out() {
        assert_eq!(code("a\nb\u{202e}c", true), "`a\\nb\\u{202e}c`");
    }

    #[test]
    fn a_fence_is_longer_than_any_inside() {
        assert_eq!(fence("a\n````\nb", "text"), "`````text\na\n````\nb\n`````\n");
    }

    #[test]
    fn a_marker_inside_a_fence_is_broken_up() {
        assert!(!fence("<!-- stackstep -->", "").contains("<!--"));
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(link("job", "javascript:alert(1)", true), "job: `javascript:alert(1)`");
        assert_eq!(link("job", "https://x/a b)<", true), "[job](<https://x/a%20b%29%3C>)");
    }

    #[test]
    fn a_link_to_documentation_stays_one_and_any_other_address_is_text() {
        assert_eq!(
            prose(
                "allow `x: write` (https://docs.github.com/en/actions#permissions); see https://docs.gitlab.com/ci.",
                true
            ),
            "allow `x: write` (<https://docs.github.com/en/actions#permissions>); see <https://docs.gitlab.com/ci>."
        );
        for foreign in
            ["https://evil.example/x", "https://docs.github.com.evil.example/x", "http://docs.github.com/x"]
        {
            assert!(!prose(foreign, true).contains("://"), "{}", prose(foreign, true));
        }
        let after = prose("https://docs.github.com/a<b>[c](https://evil.example/x)", true);
        assert!(
            after.starts_with("<https://docs.github.com/a>") && !after.contains("https://evil"),
            "{after}"
        );
    }

    #[test]
    fn prose_keeps_its_code_and_mentions_nobody() {
        assert_eq!(prose("set `a|b` @me <x>", true), "set <code>a&#124;b</code> @\u{200b}me &#60;x&#62;");
    }
}
