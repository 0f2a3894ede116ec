//! What went wrong and what was said: the reason with its way out, diagnostics, policies, notes.

use super::{Html, View, wide};
use crate::render::{Detail, reviewed, ruled, words};
use crate::report::{Reason, Report, RuleVerdict, Ruling, Severity, shortened};

/// The reason, the words that it was found in, and the way out.
pub(super) fn failure(view: &View<'_>, html: &mut Html) {
    let Report { reason: Some(reason), message, hint, .. } = view.report else { return };
    view.section(html, " class=\"failure\"", "reason");
    let message = message.as_deref().filter(|_| view.shows(Detail::Resources));
    let (first, rest) = message.map(parts).unwrap_or_default();
    view.heading(html, "reason", |html| {
        match first {
            "" => html.prose(reason.headline(None)),
            first => html.code(&shortened(first, 500)),
        };
    });
    let meaning = match (first, reason) {
        ("", _) | (_, Reason::Unknown) => "",
        _ => reason.headline(None),
    };
    html.raw("<p>").prose(meaning).raw(" (reason <code>").raw(reason.name()).raw("</code>)</p>\n");
    if !rest.is_empty() {
        html.raw("<pre>").lines(rest).raw("</pre>\n");
    }
    if let Some(hint) = hint {
        html.raw("<p><strong>What to do:</strong> ").prose(hint).raw("</p>\n");
    }
    html.raw("</section>\n");
}

/// The first line of a message, without the word for what a failure is anyway, and the rest.
fn parts(message: &str) -> (&str, &str) {
    let message = message.trim();
    let (first, rest) = message.split_once('\n').unwrap_or((message, ""));
    (first.strip_prefix("error: ").unwrap_or(first).trim(), rest.trim_end())
}

/// How the run differs from the reviewed change.
pub(super) fn differences(view: &View<'_>, html: &mut Html) {
    let Some(comparison) = reviewed::refused(view.report) else { return };
    view.section(html, " class=\"differences\"", "differences");
    view.heading(html, "differences", |html| {
        html.text(&reviewed::heading(comparison));
    });
    if view.shows(Detail::Resources) {
        html.raw("<ul>\n");
        for line in reviewed::lines(comparison, usize::MAX) {
            html.raw("<li>").prose(&line).raw("</li>\n");
        }
        html.raw("</ul>\n");
    }
    html.raw("</section>\n");
}

/// What a reader must know about the report itself.
pub(super) fn notes(view: &View<'_>, html: &mut Html) {
    if view.report.notes.is_empty() {
        return;
    }
    html.raw("<ul class=\"notes\" aria-label=\"Notes\">\n");
    for note in &view.report.notes {
        html.raw("<li>Note: ").prose(note).raw("</li>\n");
    }
    html.raw("</ul>\n");
}

/// Whether anything of this severity was said that tells more than the outcome does.
pub(super) fn any(view: &View<'_>, severity: Severity) -> bool {
    let mut said = view.report.diagnostics.iter();
    view.shows(Detail::Resources) && said.any(|said| said.severity == severity && !said.says_nothing())
}

/// Everything of one severity, with the resource that it belongs to.
pub(super) fn diagnostics(view: &View<'_>, html: &mut Html, severity: Severity) {
    let said = view.report.diagnostics.iter();
    for said in said.filter(|said| said.severity == severity && !said.says_nothing()) {
        let many = (said.times > 1).then(|| format!(" ({} times)", words::number(said.times)));
        let times = many.unwrap_or_default();
        html.raw("<article>");
        if let Some(name) = &said.name {
            html.raw("<h3>").code(name);
            if let Some(kind) = &said.kind {
                html.raw(" ").code(kind);
            }
            html.raw(&times).raw("</h3>");
        } else if said.times > 1 {
            html.raw("<p>").raw(&times).raw("</p>");
        }
        html.raw("<pre>").lines(said.message.trim_end()).raw("</pre></article>\n");
    }
}

/// What the rules say, the refused first.
pub(super) fn rules(view: &View<'_>, html: &mut Html) {
    let Some(rules) = &view.report.rules else { return };
    wide(html, "Table of rules", |html| {
        html.raw("<table>\n<thead><tr><th scope=\"col\">Verdict</th><th scope=\"col\">Rule</th>")
            .raw("<th scope=\"col\">Finding</th></tr></thead>\n<tbody>\n");
        for ruling in &rules.rulings {
            one_ruling(view, html, ruling);
        }
        html.raw("</tbody>\n</table>\n");
    });
    let warnings = rules.warnings.iter().filter(|_| view.shows(Detail::Resources));
    let time = ruled::depends_on_the_time(rules).then(|| ruled::judged(rules));
    let lines: Vec<&str> = warnings.map(String::as_str).chain(time.as_deref()).collect();
    if !lines.is_empty() {
        html.raw("<ul class=\"notes\">\n");
        for line in lines {
            html.raw("<li>").prose(line).raw("</li>\n");
        }
        html.raw("</ul>\n");
    }
}

/// One row of the table of rules.
fn one_ruling(view: &View<'_>, html: &mut Html, ruling: &Ruling) {
    let class = match ruling.verdict {
        RuleVerdict::Allowed => "",
        RuleVerdict::Approval => " class=\"replace\"",
        RuleVerdict::Refused => " class=\"failed\"",
    };
    html.raw("<tr><td")
        .raw(class)
        .raw("><span aria-hidden=\"true\">")
        .raw(ruled::sign(ruling.verdict))
        .raw("</span> ");
    html.text(&ruled::verdict(ruling, str::to_owned)).raw("</td><th scope=\"row\">").code(&ruling.rule);
    html.raw("</th><td>").prose(&ruling.finding);
    let (names, more) = ruled::names(ruling, usize::MAX);
    if view.shows(Detail::Resources) && !names.is_empty() {
        let mut between = "<p>";
        for name in names {
            html.raw(between).code(name);
            between = ", ";
        }
        if more > 0 {
            html.raw(" and ").raw(&words::number(more)).raw(" more");
        }
        html.raw("</p>");
    }
    for sentence in ruled::let_through(ruling, view.shows(Detail::Resources)) {
        html.raw("<p>").prose(&sentence).raw("</p>");
    }
    if let Some(way_out) = ruled::way_out(view.report, ruling) {
        html.raw("<p><strong>What to do:</strong> ").prose(way_out).raw("</p>");
    }
    html.raw("</td></tr>\n");
}

/// What the policies found and what they fixed.
pub(super) fn policies(view: &View<'_>, html: &mut Html) {
    let policies = &view.report.policies;
    if !policies.packs.is_empty() {
        let mut between = "<p>Checked by ";
        for pack in &policies.packs {
            html.raw(between).code(&format!("{} {}", pack.name, pack.version));
            between = ", ";
        }
        html.raw("</p>\n");
    }
    wide(html, "Table of policy findings", |html| {
        html.raw("<table>\n<thead><tr><th scope=\"col\">Level</th><th scope=\"col\">Policy</th>")
            .raw("<th scope=\"col\">Resource</th><th scope=\"col\">Finding</th></tr></thead>\n<tbody>\n");
        for violation in &policies.violations {
            let mandatory = violation.level == "mandatory";
            html.raw(if mandatory {
                "<tr><td class=\"failed\"><strong>mandatory</strong></td>"
            } else {
                "<tr><td>advisory</td>"
            });
            html.raw("<th scope=\"row\">").code(&violation.policy).raw("</th><td>");
            if let Some(name) = &violation.name {
                html.code(name);
            }
            html.raw("</td><td class=\"said\">").lines(violation.message.trim()).raw("</td></tr>\n");
        }
        for remediation in &policies.remediations {
            html.raw("<tr><td>fixed</td><th scope=\"row\">").code(&remediation.policy).raw("</th><td>");
            if let Some(name) = &remediation.name {
                html.code(name);
            }
            html.raw("</td><td>");
            remediated(view, html, remediation);
            html.raw("</td></tr>\n");
        }
        html.raw("</tbody>\n</table>\n");
    });
}

/// What a policy changed, as far as it may be shown.
fn remediated(view: &View<'_>, html: &mut Html, remediation: &crate::report::Remediation) {
    if !view.shows(Detail::Paths) {
        html.raw("a property");
        return;
    }
    let mut between = "";
    for diff in &remediation.diffs {
        html.raw(between).code(&diff.path);
        between = ", ";
        if view.shows(Detail::Values) {
            for (word, value) in [(" from ", &diff.old), (" to ", &diff.new)] {
                let value = value.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
                html.raw(word).code(&value);
            }
        }
    }
}
