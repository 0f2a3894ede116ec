//! Whether results are of what this job is about, and what of them may be shown. Pure.
//!
//! Of a fork's run nothing is believed that somebody could act upon: its links are taken away, and a note says whose
//! words these are. All texts are escaped wherever they are shown, whoever wrote them.

use std::path::Path;

use super::read::ReadReport;
use crate::admit::trust::same_commit;
use crate::base::error::{Error, Result};
use crate::ci::Context;
use crate::forge::ChangeRequest;
use crate::publish::comment::Subject;
use crate::report::{Reason, Report};

/// What is known for certain of what the results have to be about.
#[derive(Debug, Default)]
pub(super) struct OwnEvent {
    /// The repository.
    repository: Option<String>,
    /// The commits that they can be of; any where there is none.
    commits: Vec<String>,
    /// Whether the change comes from a fork, or nobody can tell.
    pub fork: bool,
}

impl OwnEvent {
    /// What the CI system says.
    pub fn from_context(context: &Context) -> Self {
        Self {
            repository: context.repository.clone(),
            commits: context.commit.iter().cloned().collect(),
            // `workflow_run` says no repository of a fork that is deleted.
            fork: context.fork.unwrap_or(context.base_credentials),
        }
    }

    /// What the forge says of the change request that was named: the results are of its commit. The job's own commit
    /// counts for a change of this repository only.
    pub fn is_about(&mut self, request: &ChangeRequest) {
        self.fork = request.fork != Some(false);
        if self.fork {
            self.commits.clear();
        }
        // An event log names no commit: it gets that of the change request, so it goes first.
        if let Some(head) = &request.head {
            self.commits.insert(0, head.clone());
        }
    }
}

/// The reports in a form that can be published, if all are of the same repository and commit, and of this one.
pub(super) fn vetted(
    found: Vec<ReadReport>,
    event: &OwnEvent,
    build_url: Option<&str>,
) -> Result<Vec<Report>> {
    let mut reports: Vec<Report> = Vec::new();
    for one in found {
        is_of(&one, event)?;
        let mut report = one.report;
        if one.from_log {
            report.commit = event.commits.first().cloned();
            report.repository.clone_from(&event.repository);
        }
        if reports.contains(&report) {
            continue;
        }
        if let Some(first) = reports.first().filter(|first| !is_like(first, &report)) {
            return Err(refused(
                &one.path,
                &format!("is of commit {}, others are of {}", named(&report), named(first)),
                "report the results of one commit together, those of another in a report of their own",
            ));
        }
        if reports.iter().any(|other| Subject::from_report(other) == Subject::from_report(&report)) {
            let stack = report.stack_identity().to_string();
            let stack = stack.escape_debug();
            let what = format!(
                "`{}` is the second result of `{}` of `{stack}`",
                one.path.display(),
                report.command.name()
            );
            return Err(Error::input(what, "keep the later one"));
        }
        reports.push(report);
    }
    if event.fork {
        for report in &mut reports {
            distrust(report, build_url);
        }
    }
    Ok(reports)
}

/// Refuses the result of another repository or another commit than this job's.
fn is_of(one: &ReadReport, event: &OwnEvent) -> Result<()> {
    let ReadReport { path, report, from_log } = one;
    if *from_log {
        return if event.fork {
            Err(refused(
                path,
                "is an event log, which doesn't say which commit it is of, and the change comes from a fork",
                "let the fork's job write a result file: `result-file`",
            ))
        } else {
            Ok(())
        };
    }
    let hint = "report it in a run for the same commit, or name the change request: `change-request`";
    match (&event.repository, &report.repository) {
        (Some(expected), Some(said)) if !expected.eq_ignore_ascii_case(said) => {
            let said = said.escape_debug();
            return Err(refused(
                path,
                &format!("is of the repository `{said}`, this job is for `{expected}`"),
                hint,
            ));
        }
        (_, None) if event.fork => return Err(refused(path, "does not say which repository it is of", hint)),
        _ => {}
    }
    let matches = |expected: &String| same_commit(Some(expected), report.commit.as_deref());
    match &report.commit {
        _ if event.commits.iter().any(matches) => Ok(()),
        Some(_) if event.commits.is_empty() && !event.fork => Ok(()),
        None if !event.fork => Ok(()),
        Some(_) => {
            let expected: Vec<String> = event.commits.iter().map(|commit| format!("`{commit}`")).collect();
            let expected = if expected.is_empty() { "not known".to_owned() } else { expected.join(" or ") };
            let what = format!("is of commit {}, the change is at {expected}", named(report));
            Err(refused(path, &what, hint))
        }
        None => Err(refused(path, "does not say which commit it is of", hint)),
    }
}

/// Whether two are of one commit; what says none goes with all.
fn is_like(one: &Report, other: &Report) -> bool {
    one.commit.is_none()
        || other.commit.is_none()
        || same_commit(one.commit.as_deref(), other.commit.as_deref())
}

fn named(report: &Report) -> String {
    format!("`{}`", report.commit.as_deref().unwrap_or("none").escape_debug())
}

fn refused(path: &Path, what: &str, hint: &str) -> Error {
    Error::Refused {
        what: format!("`{}` is not published: it {what}", path.display()),
        hint: hint.to_owned(),
        reason: Reason::Untrusted,
    }
}

/// Takes away what somebody could follow or build upon.
fn distrust(report: &mut Report, build_url: Option<&str>) {
    report.permalink = None;
    report.is_a_strangers = true;
    if let Some(ci) = &mut report.ci {
        ci.build_url = build_url.map(str::to_owned);
    }
    report
        .notes
        .insert(0, "a run of the fork's own code has made this: trust it no more than that code".to_owned());
}
