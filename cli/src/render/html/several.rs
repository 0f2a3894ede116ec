//! One page for several reports: a table of the stacks that leads to each, the most urgent first.

use super::changes::sign;
use super::write::{Html, quoted};
use super::{SCRIPT, View, head, wide};
use crate::render::several::{heading_of, ordered, with_part};
use crate::render::{Options, words};
use crate::report::Report;

/// The columns of counts: their style, and what is read out. They are narrow, so that a phone shows all of them.
const COLUMNS: [(&str, &str); 4] =
    [("create", "created"), ("update", "updated"), ("replace", "replaced"), ("delete", "deleted")];

pub(super) fn html(reports: &[Report], options: &Options) -> String {
    let reports = ordered(reports);
    let title = heading_of(&reports);
    let mut html = Html::default();
    head(&mut html, &title);
    html.raw("<header>\n<h1>").text(&title).raw("</h1>\n");
    table(&mut html, &reports);
    html.raw("</header>\n<main>\n");
    for (at, report) in reports.iter().enumerate().filter(|(_, report)| with_part(report).is_some()) {
        article(&mut html, at + 1, report, options);
    }
    html.raw("</main>\n<script>").raw(SCRIPT).raw("</script>\n</body>\n</html>\n");
    html.finish()
}

fn table(html: &mut Html, reports: &[&Report]) {
    wide(html, "Table of stacks", |html| {
        html.raw(
            "<table class=\"stacks\">\n<thead><tr><th scope=\"col\">Stack</th><th scope=\"col\">Outcome</th>",
        );
        for (class, word) in COLUMNS {
            html.raw("<th scope=\"col\" class=\"").raw(class).raw("\" aria-label=\"").raw(word).raw("\">");
            html.raw(sign(class)).raw("</th>");
        }
        html.raw("<th scope=\"col\">Log</th></tr></thead>\n<tbody>\n");
        for (at, report) in reports.iter().enumerate() {
            html.raw("<tr><th scope=\"row\">");
            let place = words::place(report);
            if with_part(report).is_some() {
                html.raw("<a href=\"#stack-").raw(&(at + 1).to_string()).raw("\">").code(&place).raw("</a>");
            } else {
                html.code(&place);
            }
            html.raw("</th><td><span aria-hidden=\"true\">").raw(words::sign(report)).raw("</span> ");
            html.text(&words::short_outcome(report)).raw("</td>");
            for ((class, _), count) in COLUMNS.into_iter().zip(words::count_cells(report)) {
                html.raw("<td class=\"").raw(class).raw("\">").raw(&count).raw("</td>");
            }
            html.raw("<td>");
            if let Some(url) = report.ci.as_ref().and_then(|ci| ci.build_url.as_ref()) {
                html.link("job's log", url);
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
    html.raw(&words::headline_in(report, options.detail, |name| format!("<code>{}</code>", quoted(name))))
        .raw("</h2>\n");
    if report.engine.as_ref().is_some_and(|engine| engine.sandbox) {
        html.raw("<p class=\"notice\"><strong>SANDBOX, nothing was deployed.</strong></p>\n");
    }
    view.facts(html);
    view.contents(html);
    view.outcome(html);
    view.sections(html);
    html.raw("</article>\n");
}
