//! The stacks of a plan, run one after the other: each has a report and a result file of its own, and what is handed on is
//! about all of them.

use super::plan::DeployPlan;
use crate::ci::console::Console;
use crate::commands::early;
use crate::commands::ended::EndedRun;
use crate::commands::run::run_request;
use crate::commands::stack_jobs::name_of_files;
use crate::delivery::judging::Judging;
use crate::engine::job::OneOfSeveral;
use crate::inputs::{Command, Inputs};
use crate::process::signals::Signals;
use crate::publish::stacks::{StackResult, StacksHanding};
use crate::report::{Masked, Report};
use crate::run::prepare::{Prepared, RunRequest};

/// A plan that is carried out.
pub(in crate::commands) struct PlannedRuns<'a> {
    pub found: &'a Prepared<'a>,
    pub inputs: &'a Inputs,
    pub plan: &'a DeployPlan,
    pub judging: &'a Judging,
}

impl PlannedRuns<'_> {
    /// Runs the stacks. Returns their exit statuses; after a deployment that failed nothing more is run, and after a signal
    /// its own status is the last one.
    pub async fn carry_out(
        &self,
        request: &RunRequest<'_>,
        console: &mut Console,
        signals: &Signals,
    ) -> Vec<u8> {
        let Self { plan, .. } = self;
        let are_several = plan.targets.len() > 1;
        let mut ended: Vec<EndedRun> = Vec::new();
        let mut statuses = Vec::new();
        if are_several {
            // Nothing is written there, and an older result must not pass for this one.
            early::forget(request, console);
        }
        let name = |number: usize| {
            let target = plan.targets.get(number);
            target.map(|target| format!("{}/{}", target.project, target.stack)).unwrap_or_default()
        };
        for (number, target) in plan.targets.iter().enumerate() {
            if let Some(signal) = signals.first() {
                statuses.push(128_u8.saturating_add(signal.number()));
                break;
            }
            if are_several {
                let word = request.asked.filter(|_| request.drift.is_some()).unwrap_or(plan.command).word();
                console.line(&format!("{word} of `{}` in `{}`", target.stack, target.cwd));
            }
            let flags = target.flags(request.flags, &self.found.top());
            let own_name = name_of_files(number, plan.targets.len(), &name);
            let env = request.env.begun_now();
            let request = RunRequest {
                env: &env,
                flags: &flags,
                command: Some(plan.command),
                one_of_several: are_several.then_some(OneOfSeveral { name: &own_name, in_a_fleet: false }),
                ..*request
            };
            let done = Box::pin(run_request(&request, Some(self.judging), console, signals)).await;
            let one = done.unwrap_or_else(|error| {
                console.error(&error);
                EndedRun::without_report(error.exit_status())
            });
            let failed = one.status != 0;
            statuses.push(one.status);
            ended.push(one);
            // What comes later may build on what has failed; a preview changes nothing.
            if failed && plan.command == Command::Up {
                break;
            }
        }
        if are_several {
            self.publish(ended, console);
        }
        statuses
    }

    /// Publishes the results of all stacks, at the places that are for all of them.
    fn publish(&self, mut ended: Vec<EndedRun>, console: &Console) {
        let publisher = ended.iter_mut().rev().find_map(|one| one.publisher.take());
        let reports: Vec<Report> =
            ended.iter().filter_map(|one| Some((**one.report.as_ref()?).clone())).collect();
        if let Some(publisher) = publisher.filter(|_| !reports.is_empty()) {
            let reports = Masked::mask_all(reports, &|text| console.masker().mask(text));
            publisher.for_all().files_of(reports.as_slice(), console);
        }
        let stacks: Vec<StackResult<'_>> = self
            .plan
            .targets
            .iter()
            .enumerate()
            .map(|(at, target)| {
                let one = ended.get(at);
                StackResult {
                    project: &target.project,
                    cwd: &target.cwd,
                    stack: &target.stack,
                    environment: target.environment(),
                    report: one.and_then(|one| one.report.as_deref()),
                    exit_status: one.map(|one| one.status),
                    digest: one.and_then(|one| one.digest.as_deref()),
                    result_file: one.and_then(|one| one.result_file.as_deref()),
                }
            })
            .collect();
        let Prepared { ci, env, context, .. } = self.found;
        StacksHanding { ci: *ci, env, context, inputs: &self.inputs.report }.hand_on(
            &stacks,
            Vec::new(),
            console,
        );
    }
}
