//! One page for several reports: a table of the stacks that leads to each, the most urgent first.

use super::write::{Html, quoted};
use super::{SCRIPT, View, head, wide};
use crate::render::escape::short_commit;
use crate::render::several::{StackLine, heading, ordered};
use crate::render::{Options, words};
use crate::report::Report;

pub(super) fn html(reports: &[Report], options: &Options) -> String {
    let reports = ordered(reports);
    let outcomes = reports.iter().map(|report| StackLine::new(report, true).outcome);
    let title = heading(outcomes, reports.len());
    let mut html = Html::default();
    head(&mut html, &title);
    html.raw("<header>\n<h1>").text(&title).raw("</h1>\n");
    table(&mut html, &reports);
    html.raw("</header>\n<main>\n");
    for (at, report) in reports.iter().enumerate() {
        article(&mut html, at + 1, report, options);
    }
    html.raw("</main>\n<script>").raw(SCRIPT).raw("</script>\n</body>\n</html>\n");
    html.finish()
}

fn table(html: &mut Html, reports: &[&Report]) {
    wide(html, "Table of stacks", |html| {
        html.raw("<table>\n<thead><tr><th scope=\"col\">Stack</th><th scope=\"col\">Outcome</th>")
            .raw("<th scope=\"col\">Commit</th></tr></thead>\n<tbody>\n");
        for (at, report) in reports.iter().enumerate() {
            html.raw("<tr><th scope=\"row\"><a href=\"#stack-").raw(&(at + 1).to_string()).raw("\">");
            html.code(&words::place(report)).raw("</a></th><td>").raw(words::sign(report)).raw(" ");
            html.text(&words::headline(report, str::to_owned)).raw("</td><td>");
            if let Some(commit) = &report.commit {
                html.code(short_commit(commit));
            }
            html.raw("</td></tr>\n");
        }
        html.raw("</tbody>\n</table>\n");
    });
}

fn article(html: &mut Html, number: usize, report: &Report, options: &Options) {
    let (name, prefix) = (format!("stack-{number}"), format!("stack-{number}-"));
    let view = View { report, options, prefix: &prefix, level: "h3" };
    html.raw("<article aria-labelledby=\"").raw(&name).raw("\">\n<h2 id=\"").raw(&name).raw("\">");
    html.raw("<span aria-hidden=\"true\">").raw(words::sign(report)).raw("</span> ");
    html.raw(&words::headline(report, |stack| format!("<code>{}</code>", quoted(stack)))).raw("</h2>\n");
    if report.engine.as_ref().is_some_and(|engine| engine.sandbox) {
        html.raw("<p class=\"notice\"><strong>SANDBOX, nothing was deployed.</strong></p>\n");
    }
    view.facts(html);
    view.contents(html);
    view.outcome(html);
    view.sections(html);
    html.raw("</article>\n");
}
