//! What every CI system is asked: how many jobs it takes, and how it writes a plan down; or why it has no form for one.

use serde_json::{Value, json};

use super::cut::CutLimits;
use super::plan::{FleetPlan, PlanGroup};
use crate::base::error::{Error, Result};

/// A CI system, as far as the jobs of a fleet are concerned.
#[derive(Debug)]
pub struct FanoutSystem {
    /// The word of `--for`.
    pub word: &'static str,
    /// Its name, for people.
    pub title: &'static str,
    /// The name that it is detected by.
    pub detected: &'static str,
    /// Its form, or the reason why it has none.
    pub way: FanoutWay,
}

/// How a CI system makes many jobs of one plan.
#[derive(Debug)]
pub enum FanoutWay {
    /// By this form.
    Form(FanoutEmitter),
    /// Not by a form of its own.
    Nearest {
        /// Why not, with the nearest thing that it has.
        why: &'static str,
        /// The way out, for people.
        instead: &'static str,
    },
}

/// The form of a CI system.
#[derive(Debug)]
pub struct FanoutEmitter {
    /// The numbers of jobs that the system takes.
    pub limits: CutLimits,
    /// Writes the plan down.
    pub write: fn(&FanoutForm<'_>) -> Result<String>,
}

/// What is to be written down.
#[derive(Debug, Clone, Copy)]
pub struct FanoutForm<'a> {
    /// The plan.
    pub plan: &'a FleetPlan,
    /// The path of the file that the jobs take their stacks from. None: the form names the stacks.
    pub file: Option<&'a str>,
    /// The number of stages that the pipeline has jobs for.
    pub stages: Option<usize>,
    /// The environments that the pipeline has jobs for.
    pub environments: Option<&'a [String]>,
}

/// The number of stages that our examples have jobs for, where a pipeline has to be written before the plan is known.
pub const USUAL_STAGES: usize = 4;

impl FanoutForm<'_> {
    /// What the job gets in the variable of its stacks.
    pub fn stacks(&self, group: &PlanGroup) -> String {
        match self.file {
            Some(file) => format!("@{file}#{}", group.id),
            None => group.stacks.join(" "),
        }
    }

    /// The jobs of a stage as the cells of a matrix: `id`, `title`, `environment`, empty for stacks without one, and `stacks`.
    pub fn cells(&self, stage: usize) -> Value {
        let cell = |group: &PlanGroup| {
            json!({
                "id": group.id,
                "title": group.title(),
                "environment": group.environment.as_deref().unwrap_or_default(),
                "stacks": self.stacks(group),
            })
        };
        self.plan.of_stage(stage).map(cell).collect()
    }

    /// Fails if the plan has more stages than the pipeline has jobs for. `what` is what it has for each.
    ///
    /// # Errors
    /// It has.
    pub fn within_the_stages(&self, what: &str) -> Result<()> {
        let (stages, most) = (self.plan.stages(), self.stages.unwrap_or(USUAL_STAGES));
        if stages <= most {
            return Ok(());
        }
        Err(Error::input(
            format!(
                "the plan has {stages} stages, and the pipeline has jobs for {most}: the last ones would be left out"
            ),
            format!(
                "add {what} to the pipeline up to `stage-{stages}`, each after the one before it, and say so with `--stages {stages}`"
            ),
        ))
    }
}

/// Fails if a text is larger than the system takes. `limit` is in bytes, and `page` says so.
///
/// # Errors
/// It is.
pub fn within_the_size(size: usize, limit: usize, what: &str, page: &str) -> Result<()> {
    if size <= limit {
        return Ok(());
    }
    Err(Error::input(
        format!("the plan has {size} bytes, and {what} takes {limit} ({page})"),
        "write the plan to a file with `--plan-file fleet.json`, pass it on as an artifact, and put it in the same place in each job: \
         then the jobs take their stacks from the file; or plan fewer jobs with `--jobs`",
    ))
}

/// A text as a quoted scalar of YAML and JSON.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
