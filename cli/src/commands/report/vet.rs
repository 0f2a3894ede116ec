//! Checks that results belong to this job's repository and commit, and removes what may not be published. Pure.
//!
//! Nothing in the result of a fork's run is trusted that somebody could act on: its links are removed, and a note says
//! where it comes from. All texts are escaped wherever they are shown.

use std::path::Path;

use super::read::ReadReport;
use crate::admit::trust::same_commit;
use crate::base::error::{Error, Result};
use crate::ci::Context;
use crate::forge::ChangeRequest;
use crate::publish::comment::Subject;
use crate::report::{Reason, Report};

/// The facts that are certain about this job, which the results have to agree with.
#[derive(Debug, Default)]
pub(super) struct OwnEvent {
    /// The repository.
    repository: Option<String>,
    /// The commits that a result may be of; any commit if there is none.
    commits: Vec<String>,
    /// Whether the change comes from a fork, or may come from one.
    pub fork: bool,
}

impl OwnEvent {
    /// The facts that the CI system tells.
    pub fn from_context(context: &Context) -> Self {
        Self {
            repository: context.repository.clone(),
            commits: context.commit.iter().cloned().collect(),
            // `workflow_run` names no repository if the fork was deleted.
            fork: context.fork.unwrap_or(context.base_credentials),
        }
    }

    /// Adds the forge's facts about a change request: its head is a commit that results may be of. The job's own commit
    /// counts only for a change of this repository.
    pub fn is_about(&mut self, request: &ChangeRequest) {
        self.fork = request.fork != Some(false);
        if self.fork {
            self.commits.clear();
        }
        // Event logs name no commit: they get the first one here, which has to be the change request's.
        if let Some(head) = &request.head {
            self.commits.insert(0, head.clone());
        }
    }
}

/// The reports in a form that may be published, if all are of this repository and of the same commit.
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

/// Whether two reports are of the same commit; one without a commit agrees with all.
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

/// Removes the links of a report, which somebody could follow, and adds a note on its origin.
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
