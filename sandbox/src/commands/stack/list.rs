//! `pulumi stack ls`.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/stack/stack_list.go>

use serde_json::{Value as Json, json};

use crate::commands::context::Context;
use crate::commands::{print, table};
use crate::failure::Failure;
use crate::program::project::Project;
use crate::state::time::Moment;
use crate::state::{Outline, StackRef};

/// A stack and what its state says.
struct Summary {
    name: String,
    current: bool,
    updated: Option<Moment>,
    resources: Option<usize>,
}

/// Runs the command.
pub fn run(context: &Context) -> Result<(), Failure> {
    let wanted = wanted_project(context)?;
    // Which one is selected only decorates the list.
    let current = context.current().ok().flatten();
    let stacks = context.backend.stacks()?;
    let mut summaries: Vec<Summary> = stacks
        .iter()
        .filter(|stack| wanted.as_deref().is_none_or(|project| stack.project == project))
        .map(|stack| summary(context, stack, current.as_ref()))
        .collect::<Result<_, _>>()?;
    summaries.sort_by(|a, b| a.name.cmp(&b.name));
    if context.args.is_on("json") || super::is_json(context)? {
        return print::json(&summaries.iter().map(as_json).collect::<Vec<_>>());
    }
    let rows = summaries.into_iter().map(row).collect();
    print::out(&table::render(&["NAME", "LAST UPDATE", "RESOURCE COUNT"], rows, ""))
}

fn wanted_project(context: &Context) -> Result<Option<String>, Failure> {
    if let Some(project) = context.args.value("project").filter(|project| !project.is_empty()) {
        return Ok(Some(project.to_owned()));
    }
    if context.args.is_on("all") {
        return Ok(None);
    }
    match &context.project {
        Some(project) => Ok(Some(project.name.clone())),
        None => Err(Failure::new(format!(
            "could not detect current project: {}",
            Project::find(context.env).err().map_or_else(String::new, |failure| failure.message)
        ))),
    }
}

fn summary(context: &Context, stack: &StackRef, current: Option<&StackRef>) -> Result<Summary, Failure> {
    let outline = Outline::read(&context.backend.bytes(stack)?)?;
    Ok(Summary {
        name: context.shown(stack),
        current: Some(stack) == current,
        updated: outline.as_ref().and_then(|outline| Moment::parse(outline.time()?)),
        resources: outline.as_ref().map(Outline::count),
    })
}

fn as_json(summary: &Summary) -> Json {
    let mut json = json!({ "name": summary.name, "current": summary.current });
    if let Some(updated) = summary.updated {
        json["lastUpdate"] = updated.rfc3339_millis().into();
    }
    if let Some(resources) = summary.resources {
        json["resourceCount"] = resources.into();
    }
    json
}

fn row(summary: Summary) -> table::Row {
    const NONE: &str = "n/a";
    let name = if summary.current { format!("{}*", summary.name) } else { summary.name };
    let updated = summary.updated.map_or_else(|| NONE.to_owned(), |updated| updated.ago(Moment::now()));
    let resources = summary.resources.map_or_else(|| NONE.to_owned(), |count| count.to_string());
    [name, updated, resources].into()
}
