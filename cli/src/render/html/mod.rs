//! The report as one HTML page that needs nothing but itself.
//!
//! It is a readable document first, as some places block style and script: Jenkins does, for what a build has made
//! (<https://www.jenkins.io/doc/book/security/configuring-content-security-policy/>). Style and script are on top, and
//! the page's own policy allows these two and nothing else by their hashes, so nothing in the data can become active:
//! <https://www.w3.org/TR/CSP3/#framework-directive-source-list>.

mod changes;
mod checks;
mod outputs;
mod said;
mod several;
mod timeline;
mod view;
mod write;

use super::escape::short_commit;
use super::outputs::are_listed;
use super::{Detail, Options, reviewed, words};
use crate::report::{Report, Severity};
use view::{SCRIPT, View, class, head, wide};
use write::{Html, quoted};

/// The report as an HTML page.
pub fn html(report: &Report, options: &Options) -> String {
    let view = View { report, options, prefix: "", level: "h2" };
    let mut html = Html::default();
    head(&mut html, &words::headline_in(report, options.detail, str::to_owned));
    view.summary(&mut html);
    view.sections(&mut html);
    html.raw("</main>\n");
    view.foot(&mut html);
    html.finish()
}

/// Several reports as one HTML page: a table of the stacks, then each of them.
pub fn html_of(reports: &[Report], options: &Options) -> String {
    if let [only] = reports {
        return html(only, options);
    }
    several::html(reports, options)
}

impl View<'_> {
    fn shows(&self, detail: Detail) -> bool {
        self.options.detail >= detail
    }

    fn summary(&self, html: &mut Html) {
        let report = self.report;
        let headline =
            words::headline_in(report, self.options.detail, |name| format!("<code>{}</code>", quoted(name)));
        html.raw("<header>\n<h1><span aria-hidden=\"true\">")
            .raw(words::sign(report))
            .raw("</span> ")
            .raw(&headline)
            .raw("</h1>\n");
        if report.engine.as_ref().is_some_and(|engine| engine.sandbox) {
            html.raw("<p class=\"notice\"><strong>SANDBOX, nothing was deployed.</strong></p>\n");
        }
        self.facts(html);
        self.contents(html);
        html.raw("</header>\n<main>\n");
        self.outcome(html);
    }

    /// What one has to know first.
    fn outcome(&self, html: &mut Html) {
        said::failure(self, html);
        said::differences(self, html);
        self.counts(html);
        if let Some(next) = words::next(self.report, self.options) {
            html.raw("<p class=\"next\"><strong>What happens next:</strong> ").prose(&next).raw("</p>\n");
        }
        said::notes(self, html);
    }

    fn facts(&self, html: &mut Html) {
        let report = self.report;
        html.raw("<dl class=\"facts\">\n");
        let mut fact = |name: &str, write: &dyn Fn(&mut Html)| {
            html.raw("<div><dt>").raw(name).raw("</dt> <dd>");
            write(html);
            html.raw("</dd></div>\n");
        };
        let identity = report.stack_identity();
        for (name, value) in [
            ("Organization", identity.organization),
            ("Project", identity.project),
            ("Stack", Some(identity.stack)),
            ("Backend", identity.backend_url.filter(|_| report.names_backend)),
        ] {
            if let Some(value) = value {
                fact(name, &|html| {
                    html.code(&value);
                });
            }
        }
        let commit = report.commit.as_deref().map(short_commit);
        for (name, value) in [
            ("Repository", report.repository.as_deref()),
            ("Branch", report.branch.as_deref()),
            ("Commit", commit),
        ] {
            if let Some(value) = value {
                fact(name, &|html| {
                    html.code(value);
                });
            }
        }
        if let Some(number) = report.change_request {
            fact("Change request", &|html| {
                html.raw("#").raw(&number.to_string());
            });
        }
        if let Some(began) = report.began {
            fact("Began", &|html| {
                html.raw(&words::moment(began));
            });
        }
        if let Some(url) = report.ci.as_ref().and_then(|ci| ci.build_url.as_ref()) {
            fact("Job", &|html| {
                html.link("job's log", url);
            });
        }
        if let Some(url) = &report.permalink {
            fact("Run", &|html| {
                html.link("Pulumi Cloud", url);
            });
        }
        if report.duration_ms > 0 {
            fact("Took", &|html| {
                html.raw(&words::duration(report.duration_ms));
            });
        }
        html.raw("</dl>\n");
    }

    /// Links to what there is on the page.
    fn contents(&self, html: &mut Html) {
        let there: Vec<_> = SECTIONS.iter().filter(|section| (section.there)(self)).collect();
        if there.len() < 2 {
            return;
        }
        // No two have the same name on a page of several stacks.
        html.raw("<nav aria-label=\"Sections").raw(if self.prefix.is_empty() { "" } else { " of " });
        html.raw(self.prefix.trim_end_matches('-')).raw("\"><ul>");
        for Section { id, title, .. } in there {
            html.raw("<li><a href=\"#").raw(self.prefix).raw(id).raw("\">").raw(title).raw("</a></li> ");
        }
        html.raw("</ul></nav>\n");
    }

    fn counts(&self, html: &mut Html) {
        let counts = words::count_parts(self.report);
        if counts.is_empty() {
            return;
        }
        html.raw("<ul class=\"counts\" aria-label=\"Counts\">");
        for (kind, number, word) in counts {
            html.raw("<li class=\"").raw(class(&kind)).raw("\"><strong>").raw(&number).raw("</strong> ");
            html.raw(&word).raw("</li>");
        }
        html.raw("</ul>\n");
    }

    fn sections(&self, html: &mut Html) {
        for Section { id, title, write, .. } in SECTIONS.iter().filter(|section| (section.there)(self)) {
            self.section(html, "", id);
            self.heading(html, id, |html| {
                html.raw(title);
            });
            write(self, html);
            html.raw("</section>\n");
        }
    }

    /// The beginning of a section; where there are several of its name, it is no place to jump to by that name.
    fn section(&self, html: &mut Html, class: &str, id: &str) {
        html.raw("<section").raw(class);
        if self.prefix.is_empty() {
            html.raw(" aria-labelledby=\"").raw(id).raw("\"");
        }
        html.raw(">\n");
    }

    /// A heading that links lead to.
    fn heading(&self, html: &mut Html, id: &str, write: impl FnOnce(&mut Html)) {
        html.raw("<").raw(self.level).raw(" id=\"").raw(self.prefix).raw(id).raw("\">");
        write(html);
        html.raw("</").raw(self.level).raw(">\n");
    }

    fn foot(&self, html: &mut Html) {
        if let Some(record) = &self.report.review {
            html.raw("<footer><p><small>")
                .prose(&reviewed::small_print(record))
                .raw("</small></p></footer>\n");
        }
        if let Some(result) = &self.options.result {
            html.raw("<footer><p>").link("The whole result", result).raw("</p></footer>\n");
        }
        html.raw("<script>").raw(SCRIPT).raw("</script>\n</body>\n</html>\n");
    }
}

/// A part of the page that a link leads to.
struct Section {
    id: &'static str,
    title: &'static str,
    there: fn(&View<'_>) -> bool,
    write: fn(&View<'_>, &mut Html),
}

const SECTIONS: &[Section] = &[
    Section {
        id: "rules",
        title: "Rules",
        there: |view| view.report.rules.as_ref().is_some_and(|rules| !rules.rulings.is_empty()),
        write: said::rules,
    },
    Section {
        id: "checks",
        title: "Checks",
        there: |view| view.shows(Detail::Resources) && !view.report.checks.is_empty(),
        write: checks::table,
    },
    Section {
        id: "outputs",
        title: "Outputs",
        there: |view| view.shows(Detail::Resources) && are_listed(view.report),
        write: outputs::listed,
    },
    Section {
        id: "policies",
        title: "Policies",
        there: |view| {
            let policies = &view.report.policies;
            view.shows(Detail::Resources)
                && !(policies.violations.is_empty() && policies.remediations.is_empty())
        },
        write: said::policies,
    },
    Section {
        id: "errors",
        title: "Errors",
        there: |view| said::any(view, Severity::Error),
        write: |view, html| said::diagnostics(view, html, Severity::Error),
    },
    Section {
        id: "changes",
        title: "Changes",
        there: |view| view.shows(Detail::Resources) && !view.report.steps.is_empty(),
        write: changes::table,
    },
    Section {
        id: "warnings",
        title: "Warnings",
        there: |view| said::any(view, Severity::Warning),
        write: |view, html| said::diagnostics(view, html, Severity::Warning),
    },
    Section {
        id: "outputs",
        title: "Outputs",
        there: |view| {
            let changes = !view.report.output_changes.is_empty();
            view.shows(Detail::Resources) && changes && !are_listed(view.report)
        },
        write: outputs::changed,
    },
    Section {
        id: "timeline",
        title: "Timeline",
        there: |view| view.shows(Detail::Resources) && !view.report.steps.is_empty(),
        write: timeline::timeline,
    },
    Section {
        id: "program",
        title: "What the program wrote",
        there: |view| said::any(view, Severity::ProgramError) || said::any(view, Severity::Info),
        write: |view, html| {
            said::diagnostics(view, html, Severity::ProgramError);
            said::diagnostics(view, html, Severity::Info);
        },
    },
];
