//! The neutral plan of a fleet: its stacks, which comes after which, and the groups of stacks that are a job each. Every CI
//! system's form is made of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::cut::{CutJob, CutLimits, CutStack, cut};
use crate::base::canonical::canonical_digest;
use crate::base::error::{Error, Result};
use crate::fleet::order::{OrderSource, StackOrder};

/// The version of the form.
pub const PLAN_FORM: u32 = 1;

/// The plan of a fleet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FleetPlan {
    /// The version of the form: 1.
    pub v: u32,
    /// The hash of the command, the stacks with their environments and waves, and which comes after which.
    pub digest: String,
    /// The commit that is checked out, if it is known.
    pub commit: Option<String>,
    /// The command: `preview`, `up`, `refresh`, `destroy`, `drift`.
    pub command: String,
    /// Whether the order matters: a command that only looks at stacks needs none.
    pub ordered: bool,
    /// The number of stacks whose states could not be read: their order is from code and declarations, and their times are not
    /// known.
    pub unread: usize,
    /// The stacks.
    pub nodes: Vec<PlanNode>,
    /// The jobs.
    pub groups: Vec<PlanGroup>,
}

/// A stack of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlanNode {
    /// `project/stack`.
    pub id: String,
    /// The project's name.
    pub project: String,
    /// The stack's name.
    pub stack: String,
    /// The project's folder, from the top of the repository.
    pub cwd: String,
    /// The environment whose identity deploys it. None if none is named.
    pub environment: Option<String>,
    /// Its place in the order, from 1: it comes after stacks of lower places.
    pub order: Option<usize>,
    /// Its wave, from 1.
    pub wave: usize,
    /// The time that its last update took. None if that is not known.
    pub seconds: Option<u64>,
    /// The stacks of the plan that it comes after.
    pub after: Vec<PlanEdge>,
    /// Whether its state could be read.
    pub read: bool,
}

/// A stack that another one comes after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlanEdge {
    /// `project/stack`.
    pub stack: String,
    /// Who says so: `state`, `code`, `declared`.
    pub by: Vec<String>,
}

/// A job of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlanGroup {
    /// Its name: `stage-1-2` is the second job of the first stage.
    pub id: String,
    /// Its stage, from 1. The jobs of a stage begin when those of the stage before have ended well.
    pub stage: usize,
    /// The environment of its stacks.
    pub environment: Option<String>,
    /// The time that its stacks are expected to take one after the other, in seconds.
    pub seconds: u64,
    /// Its stacks, as `project/stack`, in their order.
    pub stacks: Vec<String>,
    /// The jobs that it comes right after.
    pub after: Vec<String>,
}

/// What a plan is about.
#[derive(Debug, Clone, Copy)]
pub struct PlanSubject<'a> {
    /// The command's word.
    pub command: &'a str,
    /// Whether the order matters.
    pub ordered: bool,
    /// The commit that is checked out.
    pub commit: Option<&'a str>,
}

/// Makes the plan of these stacks: `nodes` without their order, which comes from `order`, and the time that each is expected to
/// take.
///
/// # Errors
/// Names that no plan carries, a circle, or limits that leave no job for an environment.
pub fn fleet_plan(
    subject: PlanSubject<'_>,
    mut nodes: Vec<PlanNode>,
    order: &StackOrder,
    seconds: &[f64],
    limits: CutLimits,
) -> Result<FleetPlan> {
    nodes.iter().try_for_each(can_be_carried)?;
    let ids: Vec<String> = nodes.iter().map(|node| node.id.clone()).collect();
    let places = order.places();
    for (number, node) in nodes.iter_mut().enumerate() {
        node.order = places.get(number).copied().flatten();
        let edge = |(other, sources): (&usize, &BTreeSet<OrderSource>)| {
            use crate::base::words::Words as _;
            let by = sources.iter().map(|source| source.word().to_owned()).collect();
            Some(PlanEdge { stack: ids.get(*other)?.clone(), by })
        };
        node.after = order.after(number).iter().filter_map(edge).collect();
    }
    let to_cut: Vec<CutStack> = nodes
        .iter()
        .zip(seconds)
        .map(|(node, seconds)| CutStack {
            environment: node.environment.clone(),
            wave: if subject.ordered { node.wave } else { 1 },
            seconds: *seconds,
        })
        .collect();
    let free = StackOrder::new(nodes.len());
    let jobs = cut(&to_cut, if subject.ordered { order } else { &free }, limits)?;
    Ok(FleetPlan {
        v: PLAN_FORM,
        digest: digest_of(subject.command, &nodes),
        commit: subject.commit.map(str::to_owned),
        command: subject.command.to_owned(),
        ordered: subject.ordered,
        unread: nodes.iter().filter(|node| !node.read).count(),
        groups: groups(&jobs, &ids),
        nodes,
    })
}

fn groups(jobs: &[CutJob], ids: &[String]) -> Vec<PlanGroup> {
    let mut count = BTreeMap::new();
    let names: Vec<String> = jobs
        .iter()
        .map(|job| {
            let number = count.entry(job.stage).or_insert(0);
            *number += 1;
            format!("stage-{}-{number}", job.stage)
        })
        .collect();
    let one = |(job, id): (&CutJob, &String)| PlanGroup {
        id: id.clone(),
        stage: job.stage,
        environment: job.environment.clone(),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a sum of times, none of which is negative"
        )]
        seconds: job.seconds.ceil() as u64,
        stacks: job.stacks.iter().filter_map(|stack| ids.get(*stack).cloned()).collect(),
        after: job.after.iter().filter_map(|other| names.get(*other).cloned()).collect(),
    };
    jobs.iter().zip(&names).map(one).collect()
}

fn digest_of(command: &str, nodes: &[PlanNode]) -> String {
    let node = |node: &PlanNode| {
        let after: Vec<&str> = node.after.iter().map(|edge| edge.stack.as_str()).collect();
        json!([node.id, node.cwd, node.environment, node.wave, after])
    };
    canonical_digest(&json!([PLAN_FORM, command, nodes.iter().map(node).collect::<Vec<_>>()]))
}

/// Fails for a name that CI systems would read as more than a name. Those of projects and stacks have Pulumi's own characters
/// (<https://www.pulumi.com/docs/iac/concepts/stacks/#stack-naming>); an environment's may have blanks and `/` too.
fn can_be_carried(node: &PlanNode) -> Result<()> {
    let plain = |name: &str, more: &str| {
        !name.is_empty()
            && name.chars().all(|one| one.is_alphanumeric() || "-_.".contains(one) || more.contains(one))
    };
    for (name, what) in [(&node.project, "project"), (&node.stack, "stack")] {
        if !plain(name, "") {
            return Err(Error::input(
                format!("the {what} `{name}` has a name that no plan carries"),
                "names have letters, digits, `-`, `_` and `.`: rename it, or leave it out of the plan",
            ));
        }
    }
    match &node.environment {
        Some(name) if !plain(name, " /:@") => Err(Error::input(
            format!("the environment `{name}` of `{}` has a name that no plan carries", node.id),
            "name it in `stackstep.yaml` by letters, digits, blanks and `-_./:@`",
        )),
        _ => Ok(()),
    }
}

impl FleetPlan {
    /// The number of stages.
    pub fn stages(&self) -> usize {
        self.groups.iter().map(|group| group.stage).max().unwrap_or(0)
    }

    /// The jobs of a stage.
    pub fn of_stage(&self, stage: usize) -> impl Iterator<Item = &PlanGroup> {
        self.groups.iter().filter(move |group| group.stage == stage)
    }

    /// Whether a stage begins for another reason than that the stacks of earlier ones are needed.
    pub fn has_waves(&self) -> bool {
        self.ordered && self.nodes.iter().any(|node| node.wave > 1)
    }

    /// The plan that a file holds.
    ///
    /// # Errors
    /// It is no plan, or one of another version.
    pub fn parse(text: &str, path: &str) -> Result<Self> {
        let hint = "let `stackstep fleet plan --plan-file` of this release write it";
        let plan: Self = serde_json::from_str(text)
            .map_err(|error| Error::input(format!("`{path}` holds no plan of a fleet: {error}"), hint))?;
        if plan.v != PLAN_FORM {
            return Err(Error::input(
                format!("`{path}` holds a plan of version {}, not {PLAN_FORM}", plan.v),
                hint,
            ));
        }
        Ok(plan)
    }
}

impl PlanGroup {
    /// What a person reads as the job's name.
    pub fn title(&self) -> String {
        const SHOWN: usize = 3;
        let shown = self.stacks.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
        match self.stacks.len().saturating_sub(SHOWN) {
            0 => shown,
            more => format!("{shown} and {more} more"),
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
