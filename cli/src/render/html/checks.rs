//! The table of the checks after a deployment.

use super::{Html, View, wide};
use crate::render::checks;
use crate::report::{CheckOutcome, CheckResult};

/// The checks in the order of the settings, each with its tries.
pub(super) fn table(view: &View<'_>, html: &mut Html) {
    wide(html, "Table of checks", |html| {
        html.raw("<table>\n<thead><tr><th scope=\"col\">Outcome</th><th scope=\"col\">Check</th>")
            .raw("<th scope=\"col\">At worst</th><th scope=\"col\">Found</th><th scope=\"col\">Tries</th></tr></thead>\n<tbody>\n");
        for check in &view.report.checks {
            let class = if check.outcome == CheckOutcome::Failed { " class=\"failed\"" } else { "" };
            html.raw("<tr><td")
                .raw(class)
                .raw("><span aria-hidden=\"true\">")
                .raw(checks::sign(check.outcome));
            html.raw("</span> ").raw(check.outcome.word()).raw("</td><th scope=\"row\">").code(&check.name);
            let address = check.address.as_deref();
            if let Some(address) = address.filter(|_| checks::shows_address(view.options.detail, check)) {
                html.raw(" ").code(address);
            }
            html.raw("</th><td>").raw(&checks::latency(check)).raw("</td><td class=\"said\">");
            html.prose(&checks::found(check));
            if let Some(hint) = check.hint.as_deref().filter(|_| check.outcome != CheckOutcome::Passed) {
                html.raw(" <em>").prose(hint).raw("</em>");
            }
            html.raw("</td><td>");
            tries(check, html);
            html.raw("</td></tr>\n");
        }
        html.raw("</tbody>\n</table>\n");
    });
}

/// "✅ 12 ms, ❌ 300 ms".
fn tries(check: &CheckResult, html: &mut Html) {
    let mut between = "";
    for one in &check.tries {
        html.raw(between).raw("<span aria-hidden=\"true\">").raw(checks::sign(one.outcome)).raw("</span> ");
        match one.took_ms {
            Some(took) => html.raw(&took.to_string()).raw(" ms"),
            None => html.raw(one.outcome.word()),
        };
        between = ", ";
    }
}
