//! The end of a fleet: one page, one comment, one status, the outputs for later steps, and one result, for all stacks together.

use std::path::Path;

use super::brake::HeldFleet;
use super::choice::{FleetMember, environment_of_all};
use super::page::{FleetLine, FleetLineEnd, FleetPage, SelfCheck};
use super::work::{MemberEnd, NotRun};
use crate::base::error::{EXIT_CHANGES, EXIT_PARTIAL, EXIT_PUBLISH, Error, Problem};
use crate::ci::console::Console;
use crate::ci::{Level, Output};
use crate::commands::page_form::text_table;
use crate::inputs::Inputs;
use crate::process::signals::Signals;
use crate::publish::files::write_whole;
use crate::publish::forge::Sender;
use crate::publish::outputs::hand_on_plain;
use crate::publish::stacks::{StackResult, StacksHanding};
use crate::publish::{Publisher, warn};
use crate::render;
use crate::report::{Masked, Reason, Report, Status};
use crate::run::prepare::Prepared;

/// The end of a fleet.
pub(super) struct FleetEnd<'a> {
    /// What was found of the job.
    pub found: &'a Prepared<'a>,
    /// The inputs.
    pub inputs: &'a Inputs,
    /// The page, without what became of the stacks.
    pub page: FleetPage,
    /// The stacks.
    pub members: &'a [FleetMember],
    /// The number of stacks that `--since` leaves out, if these are some of them.
    pub left_out: Option<usize>,
    /// What became of the last ones of the stacks, for which nothing is run.
    pub stopped: Vec<MemberEnd>,
}

impl FleetEnd<'_> {
    /// Publishes what became of the stacks. Returns the exit status.
    pub async fn publish(mut self, mut ends: Vec<MemberEnd>, console: &mut Console, signals: &Signals) -> u8 {
        ends.append(&mut self.stopped);
        let page = self.page_of(&ends);
        let mut reports: Vec<Report> =
            ends.iter().filter_map(|end| Some((**end.run.report.as_ref()?).clone())).collect();
        Report::tell_backends_apart(&mut reports);
        // Each run knew its own secrets; now those of all are known.
        let reports = Masked::mask_all(reports, &|text| console.masker().mask(text));
        rewrite(&ends, &reports, console);
        let Prepared { ci, env, context, .. } = self.found;
        let publisher = Publisher::for_all_stacks(*ci, env, context, self.inputs);
        publisher.files_of(reports.as_slice(), console);
        self.write_result(&page, console);
        let name = self.name();
        let sender = Sender::new(env, *ci, context, self.inputs, env.clock().began()).for_all(&name);
        let sent = sender.send_all(&publisher, reports.as_slice(), console, signals).await;
        self.hand_on(&ends, page.self_check.as_ref(), console);
        if let Some(check) = &page.self_check {
            tell_self_check(check, console);
        }
        console.text(&fleet_table(&page, &ends, console));
        let status = status_of(&ends.iter().map(|end| end.run.status).collect::<Vec<_>>(), has_open(&ends));
        let has_missed = page.self_check.as_ref().is_some_and(|check| !check.missed.is_empty());
        let status = if status == 0 && has_missed { EXIT_CHANGES } else { status };
        let status = signals.first().map_or(status, |signal| 128_u8.saturating_add(signal.number()));
        if status == 0 && sent.has_missed() { EXIT_PUBLISH } else { status }
    }

    /// Publishes the previews, after which nothing was begun. Returns the exit status: that of a rule, or of a fleet that was
    /// stopped.
    pub async fn held(self, held: HeldFleet, console: &mut Console, signals: &Signals) -> u8 {
        let HeldFleet { ends, why } = held;
        let Some(why) = why else { return Box::pin(self.publish(ends, console, signals)).await };
        let error = Error::Refused {
            what: format!("the fleet is refused: {why}"),
            hint: "nothing was begun; look at the previews, deploy fewer stacks at a time, or raise the limit in `stackstep.yaml`"
                .to_owned(),
            reason: Reason::Rules,
        };
        console.error(&error);
        let ends = ends
            .into_iter()
            .map(|end| MemberEnd {
                run: end.run.ended_as(&error, error.exit_status(), console),
                not_run: Some(NotRun::LeftOut(why.clone())),
                ..end
            })
            .collect();
        Box::pin(self.publish(ends, console, signals)).await;
        error.exit_status()
    }

    /// What the stacks are called together.
    fn name(&self) -> String {
        fleet_name(environment_of_all(self.members))
    }

    fn page_of(&self, ends: &[MemberEnd]) -> FleetPage {
        let mut page = self.page.clone();
        for (line, end) in page.stacks.iter_mut().zip(ends) {
            let report = end.run.report.as_deref();
            line.end = Some(FleetLineEnd {
                status: report.map_or(Status::Failed, |report| report.status),
                reason: report.and_then(|report| report.reason),
                not_run: end.not_run.as_ref().map(ToString::to_string),
                exit_status: end.run.status,
                has_changes: report.and_then(|report| report.has_changes),
                changes: report.and_then(|report| report.changes.clone()),
                seconds: end.took.as_secs(),
                result: end.run.result_file.as_deref().map(|path: &Path| path.display().to_string()),
            });
        }
        page.self_check = self.left_out.map(|left_out| self_check(&page, left_out));
        page
    }

    /// Writes the page to the result file that the inputs name; each stack has one of its own beside it.
    fn write_result(&self, page: &FleetPage, console: &Console) {
        let Some(path) = &self.inputs.report.result_file else { return };
        let text = serde_json::to_string_pretty(page).unwrap_or_default() + "\n";
        warn(console, "the result file", write_whole(path, &console.masker().mask(&text)));
    }

    fn hand_on(&self, ends: &[MemberEnd], check: Option<&SelfCheck>, console: &Console) {
        let stacks: Vec<StackResult<'_>> = self
            .members
            .iter()
            .zip(ends)
            .map(|(member, end)| StackResult {
                project: &member.project,
                cwd: &member.cwd,
                stack: &member.place.stack,
                environment: member.environment.as_deref(),
                report: end.run.report.as_deref(),
                exit_status: Some(end.run.status),
                digest: end.run.digest.as_deref(),
                result_file: end.run.result_file.as_deref(),
            })
            .collect();
        let Prepared { ci, env, context, .. } = self.found;
        let output = |name: &str, value: String| Output { name: name.to_owned(), value };
        let more = check.map(|check| {
            [output("checked", check.checked.to_string()), output("missed", check.missed.join(" "))]
        });
        let handing = StacksHanding { ci: *ci, env, context, inputs: &self.inputs.report };
        handing.hand_on(&stacks, more.into_iter().flatten().collect(), console);
    }
}

/// The last lines of the log: a table of all stacks, those first that did not end well.
fn fleet_table(page: &FleetPage, ends: &[MemberEnd], console: &Console) -> String {
    let head = ["STACK", "OUTCOME", "CHANGES", "SECONDS"].map(str::to_owned);
    let mut rows: Vec<(bool, [String; 4])> = page
        .stacks
        .iter()
        .zip(ends)
        .map(|(line, end)| {
            let report = end.run.report.as_deref();
            let outcome = match &end.not_run {
                Some(why) => format!("not run: {why}"),
                None => report.map_or_else(|| "failed".to_owned(), render::short_outcome),
            };
            let changes = report.map(render::counts).filter(|counts| !counts.is_empty());
            let seconds = if end.not_run.is_some() { "-".to_owned() } else { end.took.as_secs().to_string() };
            (end.run.status == 0, [line.name(), outcome, changes.unwrap_or_else(|| "-".to_owned()), seconds])
        })
        .collect();
    rows.sort_by_key(|(is_well, _)| *is_well);
    let table = text_table(std::iter::once(head).chain(rows.into_iter().map(|(_, row)| row)));
    console.masker().mask(&format!("\n{table}"))
}

/// Writes the result files again, where a secret that only another stack's run knew is in one.
fn rewrite(ends: &[MemberEnd], reports: &[Report], console: &Console) {
    let with_report = ends.iter().filter(|end| end.run.report.is_some());
    for (end, report) in with_report.zip(reports) {
        let Some(path) = &end.run.result_file else { continue };
        let text = report.to_json();
        if std::fs::read_to_string(path).is_ok_and(|there| there != text) {
            warn(console, "the result file", write_whole(path, &text));
        }
    }
}

/// What the previews of stacks that are left out have shown.
fn self_check(page: &FleetPage, left_out: usize) -> SelfCheck {
    let has_changes = |line: &&FleetLine| line.end.as_ref().and_then(|end| end.has_changes);
    SelfCheck {
        left_out,
        checked: page.stacks.iter().filter(|line| has_changes(line).is_some()).count(),
        missed: page
            .stacks
            .iter()
            .filter(|line| has_changes(line) == Some(true))
            .map(FleetLine::name)
            .collect(),
    }
}

fn tell_self_check(check: &SelfCheck, console: &Console) {
    let SelfCheck { left_out, checked, missed } = check;
    console.line(&format!(
        "self-check: {} of {checked} would change, of {left_out} that `--since` leaves out",
        missed.len()
    ));
    if !missed.is_empty() {
        let problem = Problem::new(
            format!("`--since` leaves out what would change: {}", missed.join(", ")),
            "see why by `stackstep stacks --since --why <stack>`; what no file of the repository tells belongs into `fleet.paths`, \
             and a resource that differs at each run is no miss",
        );
        console.annotate(Level::Warning, "stackstep", &problem.to_string());
    }
}

/// Whether a stack was not run that should have been.
fn has_open(ends: &[MemberEnd]) -> bool {
    ends.iter().any(|end| matches!(end.not_run, Some(NotRun::LeftOut(_))))
}

/// The exit status of a fleet: 0, that of all stacks if it is the same for all, or 80 if some ended well and others did not.
fn status_of(statuses: &[u8], has_open: bool) -> u8 {
    let failed: Vec<u8> =
        statuses.iter().copied().filter(|status| ![0, EXIT_CHANGES].contains(status)).collect();
    match failed.as_slice() {
        [] if !has_open => statuses.iter().copied().max().unwrap_or(0),
        [first, rest @ ..] if failed.len() == statuses.len() && rest.iter().all(|other| other == first) => {
            *first
        }
        _ => EXIT_PARTIAL,
    }
}

/// What the stacks of an environment are called together.
fn fleet_name(environment: Option<&str>) -> String {
    environment.map_or_else(|| "fleet".to_owned(), |environment| format!("fleet {environment}"))
}

/// The end of a fleet without any stack: later steps, the commit's status and the comment of an earlier run say that there is
/// nothing to do.
pub(super) async fn nothing_to_do(
    found: &Prepared<'_>,
    inputs: &Inputs,
    environment: Option<&str>,
    console: &Console,
    signals: &Signals,
) {
    let why = "no stack of the fleet can be affected";
    console.line(&format!("nothing to do: {why}"));
    let outputs = [("skip", "true"), ("why", why), ("stacks", "[]"), ("has-changes", "false")]
        .map(|(name, value)| Output { name: name.to_owned(), value: value.to_owned() });
    hand_on_plain(found.ci, found.env, &inputs.report, &outputs, console);
    let Prepared { ci, env, context, .. } = found;
    let name = fleet_name(environment);
    let sender = Sender::new(env, *ci, context, inputs, env.clock().began()).for_all(&name);
    sender.send_none(why, console, signals).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_stacks_share_is_the_fleets_own_and_else_it_is_done_in_part() {
        for (statuses, has_open, expected) in [
            (&[0, 0][..], false, 0),
            (&[0, 7], false, 7),
            (&[0, 255], false, 80),
            (&[255, 0], true, 80),
            (&[3, 3], false, 3),
            (&[3, 255], false, 80),
            (&[0], true, 80),
        ] {
            assert_eq!(status_of(statuses, has_open), expected, "{statuses:?}");
        }
    }
}
