//! What went wrong and what was said: the reason with its way out, diagnostics, policies, notes.

use serde_json::Value;

use super::escape::{fence, plain, prose};
use super::sides::sides;
use super::{Detail, ruled, words};
use crate::render::page::Page;
use crate::render::page::PageContext;
use crate::report::{
    Diagnostic, PARTLY_HIDDEN, PropertyDiff, Reason, Report, RuleVerdict, Ruling, Severity, Status, shortened,
};

/// More warnings than this are folded away.
const OPEN_WARNINGS: usize = 3;

/// The reason, the words that it was found in, and the way out.
pub(super) fn failure(context: &PageContext<'_>, page: &mut Page) {
    if let Report { reason: None, status: Status::Skipped, message: Some(why), .. } = context.report {
        page.push(&format!("{}\n\n", prose(&shortened(why, context.limits.message), context.html())));
    }
    let Report { reason: Some(reason), message, hint, .. } = context.report else { return };
    context.alert(page, "CAUTION");
    let message = message.as_deref().filter(|_| context.shows(Detail::Resources));
    let meaning = prose(reason.headline(None), context.html());
    match message.map(first_line).filter(|first| !first.is_empty()) {
        Some(first) => {
            let first = context.code(&shortened(first, context.limits.message.min(500)));
            page.push(&format!("> **{first}**\n>\n"));
            let meaning = if *reason == Reason::Unknown { String::new() } else { format!("{meaning} ") };
            page.push(&format!("> {meaning}(reason `{}`)\n", reason.name()));
        }
        None => page.push(&format!("> **{meaning}** (reason `{}`)\n", reason.name())),
    }
    if let Some(hint) = hint {
        page.push(&format!(">\n> **What to do:** {}\n", prose(&shortened(hint, 1000), context.html())));
    }
    page.push("\n");
}

/// The first line of a message, without the word for what a failure is anyway.
fn first_line(message: &str) -> &str {
    let first = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    first.strip_prefix("error: ").unwrap_or(first)
}

/// What the rules say: the refused first, with the way out; what is allowed in one line.
pub(super) fn rules(context: &PageContext<'_>, page: &mut Page) {
    let Some(rules) = &context.report.rules else { return };
    let allowed: Vec<String> =
        rules.rulings_of(RuleVerdict::Allowed).map(|ruling| context.code(&ruling.rule)).collect();
    if ruled::loud(context.report).is_some() {
        page.push("#### Rules\n\n");
    } else if allowed.is_empty() {
        return;
    }
    let html = context.html();
    for ruling in rules.rulings.iter().filter(|ruling| ruling.verdict > RuleVerdict::Allowed) {
        one_ruling(context, page, ruling);
    }
    // They are not in the heading.
    let counts = words::counts(context.report);
    if rules.verdict > RuleVerdict::Allowed && !counts.is_empty() {
        page.push(&format!("- in all: {counts}\n"));
    }
    if !allowed.is_empty() {
        page.push(&format!("- {} allowed by {}\n", ruled::sign(RuleVerdict::Allowed), allowed.join(", ")));
    }
    let shows_resources = context.shows(Detail::Resources);
    let through = rules.rulings.iter().flat_map(|ruling| {
        let sentences = ruled::let_through(ruling, shows_resources);
        sentences.into_iter().map(|sentence| format!("`{}`: {sentence}", ruling.rule))
    });
    let warnings = rules.warnings.iter().filter(|_| shows_resources);
    let lines = through.map(|line| ("⏳", line)).chain(warnings.map(|line| ("⚠️", line.clone())));
    for (sign, line) in lines.take(context.limits.messages) {
        page.push(&format!("- {sign} {}\n", prose(&shortened(&line, context.limits.message), html)));
    }
    if ruled::depends_on_the_time(rules) && context.limits.messages > 0 {
        page.push(&format!("- {}\n", ruled::judged(rules)));
    }
    page.push("\n");
}

/// One ruling that is not simply "allowed".
fn one_ruling(context: &PageContext<'_>, page: &mut Page, ruling: &Ruling) {
    let html = context.html();
    let verdict = ruled::verdict(ruling, |name| context.code(name));
    let finding = prose(&shortened(&ruling.finding, context.limits.message), html);
    page.push(&format!(
        "- {} **{verdict}** by {}: {finding}\n",
        ruled::sign(ruling.verdict),
        context.code(&ruling.rule)
    ));
    let (names, more) = ruled::names(ruling, context.limits.messages);
    if context.shows(Detail::Resources) && !names.is_empty() {
        let names = names.iter().map(|name| context.code(name)).collect::<Vec<_>>().join(", ");
        let more = if more > 0 { format!(" and {} more", words::number(more)) } else { String::new() };
        page.push(&format!("  - {names}{more}\n"));
    }
    if let Some(way_out) = ruled::way_out(context.report, ruling).filter(|_| context.limits.messages > 0) {
        let way_out = prose(&shortened(way_out, context.limits.message), html);
        page.push(&format!("  - **What to do:** {way_out}\n"));
    }
}

/// Errors and warnings with the resource that they belong to; what the program wrote is folded away.
pub(super) fn diagnostics(context: &PageContext<'_>, page: &mut Page) {
    if !context.shows(Detail::Resources) || context.limits.messages == 0 {
        return;
    }
    let of = |severity: Severity| -> Vec<&Diagnostic> {
        let said = context.report.diagnostics.iter().filter(|said| said.severity == severity);
        said.filter(|said| !said.says_nothing()).collect()
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let mut program = of(Severity::ProgramError);
    program.extend(of(Severity::Info));
    if !errors.is_empty() {
        page.push(&format!("#### {}\n\n", words::many(errors.len(), "error")));
        push_diagnostics(context, page, &errors);
    }
    if warnings.len() > OPEN_WARNINGS {
        context.fold(page, &words::many(warnings.len(), "warning"));
        push_diagnostics(context, page, &warnings);
        context.unfold(page);
    } else if !warnings.is_empty() {
        page.push(&format!("#### {}\n\n", words::many(warnings.len(), "warning")));
        push_diagnostics(context, page, &warnings);
    }
    if program.is_empty() {
        return;
    }
    // With no error beside it, what the program wrote is all that explains a failure.
    if errors.is_empty() && context.report.reason.is_some() {
        page.push("#### What the program wrote\n\n");
        push_diagnostics(context, page, &program);
    } else {
        context.fold(page, "What the program wrote");
        push_diagnostics(context, page, &program);
        context.unfold(page);
    }
}

fn push_diagnostics(context: &PageContext<'_>, page: &mut Page, diagnostics: &[&Diagnostic]) {
    for diagnostic in diagnostics.iter().take(context.limits.messages) {
        if page.is_full() {
            return;
        }
        let resource = diagnostic.name.as_deref().map(|name| {
            let kind =
                diagnostic.kind.as_deref().map_or(String::new(), |kind| format!(" {}", context.code(kind)));
            format!("{}{kind}", context.code(name))
        });
        let times = (diagnostic.times > 1).then(|| format!("({} times)", words::number(diagnostic.times)));
        let title = [resource, times].into_iter().flatten().collect::<Vec<_>>().join(" ");
        if !title.is_empty() {
            page.push(&format!("{title}\n"));
        }
        page.push(&fence(&shortened(&diagnostic.message, context.limits.message), "text"));
        page.push("\n");
    }
    if let Some(more) = diagnostics.len().checked_sub(context.limits.messages).filter(|more| *more > 0) {
        page.push(&format!("… and {} more.\n\n", words::number(more as u64)));
    }
}

/// What the policies found and what they remediated.
pub(super) fn policies(context: &PageContext<'_>, page: &mut Page) {
    let policies = &context.report.policies;
    let found = policies.violations.len() + policies.remediations.len();
    if found == 0 || !context.shows(Detail::Resources) || context.limits.messages == 0 {
        return;
    }
    let packs = policies.packs.iter().map(|pack| context.code(&format!("{} {}", pack.name, pack.version)));
    page.push(&format!("#### Policies {}\n\n", packs.take(5).collect::<Vec<_>>().join(", ")));
    for violation in policies.violations.iter().take(context.limits.messages) {
        let mandatory = violation.level == "mandatory";
        let sign = if mandatory { "❌ **mandatory**" } else { "⚠️ advisory" };
        let resource = violation.name.as_deref().map(|name| format!(" on {}", context.code(name)));
        let lines = violation.message.lines().map(str::trim).filter(|line| !line.is_empty());
        let message = shortened(&lines.collect::<Vec<_>>().join(" · "), context.limits.message);
        let (policy, resource) = (context.code(&violation.policy), resource.unwrap_or_default());
        let message = super::escape::code(&message, context.html());
        page.push(&format!("- {sign} {policy}{resource}: {message}\n"));
    }
    for remediation in policies.remediations.iter().take(context.limits.messages) {
        let paths = remediation.diffs.iter().take(5).map(|diff| change(context, diff)).collect::<Vec<_>>();
        let resource =
            remediation.name.as_deref().map_or(String::new(), |name| format!(" on {}", context.code(name)));
        let policy = context.code(&remediation.policy);
        page.push(&format!("- 🔧 {policy} changed {}{resource}\n", paths.join(", ")));
    }
    let shown = policies.violations.len().min(context.limits.messages)
        + policies.remediations.len().min(context.limits.messages);
    if found > shown {
        page.push(&format!("- … and {} more\n", words::number((found - shown) as u64)));
    }
    page.push("\n");
}

/// What a policy changed, as far as it may be shown.
fn change(context: &PageContext<'_>, diff: &PropertyDiff) -> String {
    if !context.shows(Detail::Paths) {
        return "a property".to_owned();
    }
    let path = context.code(&diff.path);
    if !context.shows(Detail::Values) {
        return path;
    }
    let value = |value: Option<&Value>| {
        value.map_or_else(|| "nothing".to_owned(), |value| context.code(&value.to_string()))
    };
    match (&diff.old, &diff.new, &diff.text_diff) {
        (None, None, _) => path,
        (_, _, Some(text)) => {
            let lines = text.changed_lines() + usize::try_from(text.more_lines).unwrap_or(0);
            let notes = text.notes.iter().map(|note| plain(note));
            let said = notes.chain([words::many(lines, "changed line")]).collect::<Vec<_>>();
            format!("{path} ({})", said.join("; "))
        }
        (Some(old), Some(new), None) => {
            let sides = sides(old, new, context.limits.name);
            let partly = (diff.hidden && old != new).then(|| PARTLY_HIDDEN.to_owned());
            let notes = [sides.note, partly].into_iter().flatten();
            let note = notes.map(|note| format!(" ({})", plain(&note))).collect::<Vec<_>>().concat();
            let [before, after] =
                [&sides.before, &sides.after].map(|side| super::escape::code(side, context.html()));
            format!("{path} from {before} to {after}{note}")
        }
        (old, new, None) => format!("{path} from {} to {}", value(old.as_ref()), value(new.as_ref())),
    }
}

/// What a reader must know about the report itself.
pub(super) fn notes(context: &PageContext<'_>, page: &mut Page) {
    let notes = &context.report.notes;
    for note in notes.iter().take(context.limits.messages.max(1)) {
        page.push(&format!("- Note: {}\n", prose(&shortened(note, context.limits.message), context.html())));
    }
    if !notes.is_empty() {
        page.push("\n");
    }
}
