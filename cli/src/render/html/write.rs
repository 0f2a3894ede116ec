//! Foreign text in HTML: it is text, whatever stands in it.
//!
//! What is special in text and in a quoted attribute: <https://html.spec.whatwg.org/multipage/syntax.html#attributes-2>

use std::borrow::Cow;

use crate::base::text::visible;
use crate::render::escape::address;
use crate::report::middle;

/// Bytes of one name; longer ones are cut.
const NAME: usize = 1000;

/// A page that grows.
#[derive(Debug, Default)]
pub(super) struct Html {
    page: String,
}

impl Html {
    /// Our own markup.
    pub fn raw(&mut self, markup: &str) -> &mut Self {
        self.page.push_str(markup);
        self
    }

    /// Foreign text on one line.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.page.push_str(&escaped(&visible(text, false)));
        self
    }

    /// Foreign text of many lines.
    pub fn lines(&mut self, text: &str) -> &mut Self {
        self.page.push_str(&escaped(&visible(text, true)));
        self
    }

    /// A name as code.
    pub fn code(&mut self, name: &str) -> &mut Self {
        let name = if name.is_empty() { "\"\"" } else { name };
        self.raw("<code>").text(&middle(name, NAME, None)).raw("</code>")
    }

    /// Our own sentences: what stands between backticks becomes code.
    pub fn prose(&mut self, text: &str) -> &mut Self {
        let parts: Vec<_> = text.split('`').collect();
        if parts.len() % 2 == 0 {
            return self.text(text);
        }
        for (at, part) in parts.into_iter().enumerate() {
            match at % 2 {
                0 => self.text(part),
                _ if part.is_empty() => self,
                _ => self.code(part),
            };
        }
        self
    }

    /// A link, or the address as text where it is none that a browser should follow.
    pub fn link(&mut self, label: &str, url: &str) -> &mut Self {
        match address(url) {
            Some(url) => self
                .raw("<a href=\"")
                .text(&url)
                .raw("\" rel=\"noopener noreferrer\">")
                .text(label)
                .raw("</a>"),
            None => self.text(label).raw(": ").code(url),
        }
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.page.len()
    }

    pub fn finish(self) -> String {
        self.page
    }
}

/// `text` as [`Html::text`] would write it.
pub(super) fn quoted(text: &str) -> String {
    escaped(&visible(text, false)).into_owned()
}

fn escaped(text: &str) -> Cow<'_, str> {
    let special = |byte| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'');
    if !text.bytes().any(special) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 32);
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| special(*byte)) {
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push_str(match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        });
        from = at + 1;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Html) -> &mut Html) -> String {
        let mut html = Html::default();
        write(&mut html);
        html.finish()
    }

    #[test]
    fn markup_stays_text() {
        let page = written(|html| html.text("<img src=x onerror='y'>&\u{202e}"));
        assert_eq!(page, "&lt;img src=x onerror=&#39;y&#39;&gt;&amp;\\u{202e}");
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(
            written(|html| html.link("job", "javascript:alert(1)")),
            "job: <code>javascript:alert(1)</code>"
        );
        let page = written(|html| html.link("job", "https://x/\"><script>"));
        assert!(page.starts_with("<a href=\"https://x/%22%3E%3Cscript%3E\""), "{page}");
    }

    #[test]
    fn what_stands_between_backticks_becomes_code() {
        assert_eq!(written(|html| html.prose("set `a<b` now")), "set <code>a&lt;b</code> now");
        assert_eq!(written(|html| html.prose("one ` only")), "one ` only");
    }
}
