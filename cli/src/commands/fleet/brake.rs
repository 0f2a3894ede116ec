//! The brake of a fleet: all stacks are previewed, and if all together would change or delete more than may be, none is begun.

use super::work::{FleetWork, MemberEnd, NotRun, changed};
use crate::ci::console::Console;
use crate::fleet::schedule::{FleetSchedule, over};
use crate::fleet::settings::FleetSettings;
use crate::process::signals::Signals;
use crate::report::Status;

/// Whether there is one.
pub(super) fn is_set(limits: &FleetSettings) -> bool {
    limits.max_changes.is_some() || limits.max_deletes.is_some()
}

/// The looks of a brake, before anything is begun.
pub(super) struct FirstLook<'a> {
    /// The previews.
    pub look: FleetWork<'a>,
    /// The limits.
    pub limits: &'a FleetSettings,
    /// The times that the stacks are expected to take, in seconds.
    pub seconds: &'a [f64],
    /// The number of stacks at a time.
    pub parallel: usize,
    /// Whether each stack needs no run.
    pub done: &'a [bool],
    /// The number of resources as which a new stack counts, if somebody says it.
    pub new_stack: Option<u32>,
}

/// A fleet of which nothing is begun after its previews.
pub(super) struct HeldFleet {
    /// The previews.
    pub ends: Vec<MemberEnd>,
    /// Why. None if somebody has stopped it.
    pub why: Option<String>,
}

impl FirstLook<'_> {
    /// Previews all stacks. None if all may be begun.
    pub async fn holds(&self, console: &mut Console, signals: &Signals) -> Option<HeldFleet> {
        console.line("`fleet.max-changes` or `fleet.max-deletes` is set: all stacks are previewed first");
        let mut schedule = FleetSchedule::of_a_look(self.look.members.len(), self.seconds, self.parallel);
        let ends = self.look.carry_out(&mut schedule, self.done, console, signals).await;
        if signals.first().is_some() {
            return Some(HeldFleet { ends, why: None });
        }
        let why = self.refusal(&ends);
        why.map(|why| HeldFleet { ends, why: Some(why) })
    }

    /// Why nothing may be begun after these previews. None if all may.
    fn refusal(&self, ends: &[MemberEnd]) -> Option<String> {
        let limits = self.limits;
        let (mut changes, mut deletes) = (0_u64, 0_u64);
        for (end, member) in ends.iter().zip(self.look.members) {
            let report = end.run.report.as_deref();
            if end.not_run == Some(NotRun::Unseen) {
                // Where nothing is, nothing is deleted.
                match self.new_stack {
                    Some(counted) => changes = changes.saturating_add(u64::from(counted)),
                    None if limits.max_changes.is_none() => {}
                    None => {
                        return Some(format!(
                            "it is not known what `{}` would change, as it is a new stack; `new-stack-changes` of the set says as \
                             how much one counts for `fleet.max-changes`",
                            member.name()
                        ));
                    }
                }
                continue;
            }
            if report.is_some_and(|report| report.status == Status::Skipped) {
                continue;
            }
            let Some(counts) = report.filter(|report| report.status == Status::Succeeded).and_then(changed)
            else {
                return Some(format!("it is not known what `{}` would change", member.name()));
            };
            changes = changes.saturating_add(counts.changes);
            deletes = deletes.saturating_add(counts.deletes);
        }
        over("max-changes", "changed", changes, limits.max_changes.map(u64::from)).or_else(|| {
            over("max-deletes", "deleted or replaced", deletes, limits.max_deletes.map(u64::from))
        })
    }
}
