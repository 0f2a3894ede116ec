//! The events of an engine process while they are read: folded for the report, and beside it looked at for what a preview
//! proposes, or for a step of a deployment that nobody reviewed.

use std::ops::ControlFlow;

use crate::report::{Events, Fold, InFlight, ReviewDifference};
use crate::reviewed::collect::Collector;
use crate::reviewed::guard::LiveGuard;
use crate::reviewed::proposal::Proposal;

/// A guard of a deployment, and whether it stops the engine.
#[derive(Debug, Clone)]
pub struct Guarding {
    /// The guard.
    pub guard: LiveGuard,
    /// Whether the engine is asked to stop at the first step that was not reviewed.
    pub stops: bool,
}

/// A step of a deployment that was not reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardBreach {
    /// The step, and how it differs.
    pub difference: ReviewDifference,
    /// The resources that the engine was working on when the step was read.
    pub in_flight: Vec<InFlight>,
    /// Whether the engine was asked to stop.
    pub stops: bool,
}

impl GuardBreach {
    /// The breach in words.
    pub fn message(&self) -> String {
        let what = if self.stops { "the deployment was told to stop" } else { "a step was not reviewed" };
        let resources: Vec<String> = self
            .in_flight
            .iter()
            .map(|resource| format!("`{}` of `{}`", resource.operation, resource.name))
            .collect();
        let under_way = match resources.as_slice() {
            [] => String::new(),
            list => format!("; under way were then: {}", list.join(", ")),
        };
        format!("{what}: {}{under_way}", self.difference.message)
    }
}

/// The events of one process.
#[derive(Debug, Default)]
pub(super) struct ObservedEvents {
    fold: Fold,
    collector: Option<Collector>,
    guarding: Option<Guarding>,
    breach: Option<GuardBreach>,
}

impl ObservedEvents {
    /// The events of a process that is no preview and has no guard.
    pub fn plain() -> Self {
        Self::default()
    }

    /// The events of a preview.
    pub fn of_preview(collector: Collector) -> Self {
        Self { collector: Some(collector), ..Self::default() }
    }

    /// The events of a deployment.
    pub fn of_deployment(guarding: Option<Guarding>) -> Self {
        Self { guarding, ..Self::default() }
    }

    /// Takes one line of the log. `Break` if the engine has to stop for what it says.
    pub fn line(&mut self, line: &[u8]) -> ControlFlow<()> {
        match (&mut self.collector, &mut self.guarding) {
            (Some(collector), _) => self.fold.line_for(line, collector),
            (None, Some(guarding)) => self.fold.line_for(line, &mut guarding.guard),
            (None, None) => self.fold.line(line),
        }
        let Some(Guarding { guard, stops }) = &self.guarding else { return ControlFlow::Continue(()) };
        let (Some(difference), None) = (guard.found(), &self.breach) else {
            return ControlFlow::Continue(());
        };
        let (difference, stops) = (difference.clone(), *stops);
        self.breach = Some(GuardBreach { difference, in_flight: self.fold.in_flight(), stops });
        if stops { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// The events so far, folded.
    pub fn fold(&self) -> &Fold {
        &self.fold
    }

    /// What the events say as a whole. `left_out` lines were too long to be read. The proposal is one of a whole preview
    /// that succeeded.
    pub fn finish(mut self, left_out: u32) -> (Events, Option<Proposal>, Option<GuardBreach>) {
        self.fold.left_out(left_out);
        let events = self.fold.finish();
        let is_certain = self.collector.is_some() && events.are_whole() && events.agree();
        let proposal = self.collector.filter(|_| is_certain).and_then(Collector::finish);
        (events, proposal, self.breach)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reviewed::wanted::WantedGoals;

    fn recorded(name: &str) -> Vec<String> {
        let path = format!("{}/tests/fixtures/recordings/{name}/events.jsonl", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
    }

    fn preview(name: &str, lines: impl Fn(usize, &str) -> bool) -> Option<Proposal> {
        let mut observed = ObservedEvents::of_preview(Collector::new(WantedGoals::default(), false));
        for (at, line) in recorded(name).iter().enumerate().filter(|(at, line)| lines(*at, line)) {
            assert!(observed.line(line.as_bytes()).is_continue(), "{at}");
        }
        observed.finish(0).1
    }

    #[test]
    fn a_preview_has_a_proposal_only_if_no_line_of_it_is_lost() {
        let name = "preview-replace-delete";
        let whole = preview(name, |_, _| true).unwrap();
        let ops: Vec<&str> = whole.steps.iter().map(|step| step.op.as_str()).collect();
        assert_eq!(ops.len(), 14, "four replacements of three steps and two deletions: {ops:?}");
        // The first line and the last say nothing of a step.
        for lost in (1..recorded(name).len() - 1).step_by(3) {
            assert_eq!(preview(name, |at, _| at != lost), None, "without line {lost}");
        }
        assert_eq!(preview("up-replace-delete", |_, _| true), None, "no preview");
        assert_eq!(preview("preview-program-error", |_, _| true), None, "one that failed");
    }

    #[test]
    fn a_deployment_of_what_was_previewed_has_no_breach_and_another_one_has() {
        let proposal = preview("preview-replace-delete", |_, _| true).unwrap();
        let up = |name: &str, stops| {
            let guard = LiveGuard::new(&proposal, Vec::new());
            let mut observed = ObservedEvents::of_deployment(Some(Guarding { guard, stops }));
            let halts =
                recorded(name).iter().filter(|line| observed.line(line.as_bytes()).is_break()).count();
            (halts, observed.finish(0).2)
        };
        assert_eq!(up("up-replace-delete", true), (0, None));
        let (halts, breach) = up("up-update", true);
        let breach = breach.unwrap();
        assert_eq!((halts, breach.stops), (1, true));
        assert!(breach.message().starts_with("the deployment was told to stop: `"), "{}", breach.message());
        assert!(breach.message().contains("under way were then: `"), "{}", breach.message());
        let (halts, breach) = up("up-update", false);
        assert_eq!(halts, 0);
        assert!(breach.unwrap().message().starts_with("a step was not reviewed: `"));
    }
}
