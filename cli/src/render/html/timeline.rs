//! The operation in the engine's order, in which a resource comes after everything that it needs. Deletions go the
//! other way round.
//!
//! The event log has times in whole seconds, and names what a resource belongs to, not what it depends on:
//! <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/events.go>

use super::{Html, View, class, wide};
use crate::render::words;
use crate::report::{Step, Urn};

/// With more steps than this the timeline is folded away at first; that of a preview always is.
const OPEN: usize = 50;

pub(super) fn timeline(view: &View<'_>, html: &mut Html) {
    let steps = &view.report.steps;
    let plan = words::is_plan(view.report);
    let span = if plan { None } else { Span::around(steps) };
    html.raw(if plan || steps.len() > OPEN { "<details>" } else { "<details open>" }).raw("<summary>");
    html.raw(if plan { "The order in which it would be done" } else { "The order in which it was begun" });
    html.raw(": what a resource needs comes before it</summary>\n");
    wide(html, "Table of steps", |html| {
        html.raw("<table>\n<thead><tr><th scope=\"col\">Step</th><th scope=\"col\">Resource</th>")
            .raw("<th scope=\"col\">Operation</th><th scope=\"col\">Part of</th>");
        if span.is_some() {
            html.raw("<th scope=\"col\">Begun after</th><th scope=\"col\">Took</th><td></td>");
        }
        html.raw("</tr></thead>\n<tbody>\n");
        for (at, step) in steps.iter().enumerate() {
            html.raw("<tr><td>").raw(&(at + 1).to_string()).raw("</td><th scope=\"row\">").code(&step.name);
            html.raw("</th><td class=\"").raw(class(&step.operation)).raw("\">");
            html.raw(words::operation(view.report, step)).raw("</td><td>");
            if let Some(parent) = step.parent.as_deref().and_then(Urn::parse).filter(|urn| !urn.is_stack()) {
                html.code(parent.name);
            }
            html.raw("</td>");
            if let Some(span) = &span {
                span.cells(html, step);
            }
            html.raw("</tr>\n");
        }
        html.raw("</tbody>\n</table>\n");
    });
    html.raw("</details>\n");
}

/// From the first beginning to the last end.
struct Span {
    from: i64,
    to: i64,
}

impl Span {
    fn around(steps: &[Step]) -> Option<Self> {
        let from = steps.iter().filter_map(|step| step.began).min()?;
        let to = steps.iter().filter_map(|step| step.ended.or(step.began)).max()?;
        Some(Self { from, to })
    }

    fn cells(&self, html: &mut Html, step: &Step) {
        let Some(began) = step.began else {
            html.raw("<td></td><td></td><td></td>");
            return;
        };
        let after = began.saturating_sub(self.from).max(0);
        let took = step.ended.map(|ended| ended.saturating_sub(began).max(0));
        html.raw("<td>").raw(&seconds(after)).raw("</td><td>");
        html.raw(&took.map_or_else(|| "not ended".to_owned(), seconds)).raw("</td><td>");
        let whole = self.to.saturating_sub(self.from);
        if whole > 0 {
            // In parts of 1,000: an attribute of a drawing is no style, and is not blocked as one.
            let part = |seconds: i64| seconds.saturating_mul(1000) / whole;
            let (x, width) = (part(after), part(took.unwrap_or(whole - after)).max(6));
            html.raw("<svg aria-hidden=\"true\" width=\"120\" height=\"10\" viewBox=\"0 0 1006 10\" ")
                .raw("preserveAspectRatio=\"none\"><rect fill=\"currentColor\" x=\"")
                .raw(&x.to_string())
                .raw("\" width=\"")
                .raw(&width.to_string())
                .raw("\" height=\"10\"/></svg>");
        }
        html.raw("</td>");
    }
}

fn seconds(seconds: i64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        _ => words::duration(u64::try_from(seconds).unwrap_or(0).saturating_mul(1000)),
    }
}
