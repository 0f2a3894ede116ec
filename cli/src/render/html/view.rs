//! What every part of the HTML page needs to know, and what several of them write.

use crate::render::Options;
use crate::render::html::write::Html;
use crate::report::Report;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// What every part of the page needs to know.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) report: &'a Report,
    pub(super) options: &'a Options,
    /// What the anchors begin with: empty on a page of one report.
    pub(super) prefix: &'a str,
    /// The element of a section's heading.
    pub(super) level: &'static str,
}

/// All before the page's own content.
pub(super) fn head(html: &mut Html, title: &str) {
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    html.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '")
        .raw(&style)
        .raw("'; script-src '")
        .raw(&script)
        .raw("'; img-src data:; base-uri 'none'; form-action 'none'\">\n")
        .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .raw("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n")
        .raw("<link rel=\"icon\" href=\"data:,\">\n<title>")
        .text(title)
        .raw("</title>\n<style>")
        .raw(STYLE)
        .raw("</style>\n</head>\n<body>\n");
}

/// A table that may be wider than the page: it scrolls by itself, by keyboard too.
/// <https://www.w3.org/WAI/ARIA/apg/practices/names-and-descriptions/>
pub(super) fn wide(html: &mut Html, name: &str, write: impl FnOnce(&mut Html)) {
    html.raw("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"").raw(name).raw("\">\n");
    write(html);
    html.raw("</div>\n");
}

/// The style of an operation; what is not known has the plain one.
pub(super) fn class(operation: &str) -> &'static str {
    match operation {
        "delete" | "delete-replaced" => "delete",
        "replace" => "replace",
        "create" | "import" => "create",
        "update" => "update",
        "failed" | "unfinished" => "failed",
        _ => "other",
    }
}

/// How a policy names a text that it allows: <https://www.w3.org/TR/CSP3/#grammardef-hash-source>
pub(super) fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

pub(super) const STYLE: &str = include_str!("style.css");

pub(super) const SCRIPT: &str = include_str!("script.js");
