//! What holds for each stack of a fleet: the flags of its run, and its wave.

use std::collections::BTreeSet;
use std::path::Path;

use super::choice::{ChosenStacks, FleetMember, fits, is_about};
use crate::commands::page_form::counted;
use crate::commands::stack_jobs::flags_of_stack;
use crate::fleet::FoundProject;
use crate::fleet::order::StackOrder;
use crate::fleet::waves::waves;
use crate::inputs::resolve::Flags;

/// The flags of each stack's run, in the repository with this top folder.
pub(super) fn flags_of_members(flags: &Flags, members: &[FleetMember], top: &Path) -> Vec<Flags> {
    let of_one = |member: &FleetMember| flags_of_stack(flags, &top.join(&member.cwd), &member.place.stack);
    members.iter().map(of_one).collect()
}

/// The patterns of canaries that no stack of the repository fits.
pub(super) fn unfitting_canaries(chosen: &ChosenStacks) -> Vec<&str> {
    let fits_one = |pattern: &str, project: &FoundProject| {
        project.stacks.iter().any(|stack| fits(pattern, &project.project, stack))
    };
    let fits_none = |pattern: &&str| !chosen.projects.iter().any(|project| fits_one(pattern, project));
    chosen.limits.canary.iter().map(String::as_str).filter(fits_none).collect()
}

/// The wave of each stack.
pub(super) fn waves_of(chosen: &ChosenStacks, order: &StackOrder) -> Vec<usize> {
    let is_canary =
        |member: &FleetMember| chosen.limits.canary.iter().any(|pattern| is_about(pattern, member));
    let canaries: BTreeSet<usize> = chosen
        .members
        .iter()
        .enumerate()
        .filter(|(_, member)| is_canary(member))
        .map(|(number, _)| number)
        .collect();
    waves(order, &chosen.limits.waves, &canaries)
}

/// "1 stack", "3 stacks".
pub(super) fn many(stacks: usize) -> String {
    counted(stacks, "stack")
}
