//! `pulumi stack`: what the stack is, its resources as a tree, its outputs.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/stack/stack.go>

use std::collections::HashMap;

use serde_json::Map;

use super::output;
use crate::commands::context::Context;
use crate::commands::{print, table};
use crate::failure::Failure;
use crate::state::time::Moment;
use crate::state::{ResourceState, Snapshot};

/// Runs the command.
pub fn run(context: &Context) -> Result<(), Failure> {
    let stack = context.require_stack(true)?;
    if context.args.is_on("show-name") {
        let full = context.args.is_on("fully-qualify-stack-names");
        return print::out(&format!("{}\n", if full { stack.to_string() } else { stack.stack.clone() }));
    }
    let snapshot = context.backend.load(&stack, &context.secrets)?;
    let heading =
        format!("Current stack is {}:\n    Managed by {}\n", context.shown(&stack), context.backend.name());
    let outputs = snapshot.outputs().cloned().unwrap_or_default();
    let outputs =
        if context.args.is_on("show-secrets") { print::plain(outputs) } else { print::blind(outputs) };
    let outputs = outputs.as_object().cloned().unwrap_or_default();
    print::out(
        &(heading
            + &described(&snapshot)
            + &resources(context, &snapshot)
            + &with_outputs(&snapshot, &outputs)),
    )?;
    print::out("\nUse `pulumi stack select` to change stack; `pulumi stack ls` lists known ones\n")
}

fn described(snapshot: &Snapshot) -> String {
    let Some(version) = &snapshot.version else { return "    No updates yet; run `pulumi up`\n".to_owned() };
    let updated = snapshot
        .time
        .as_deref()
        .and_then(Moment::parse)
        .map(|time| format!("    Last updated: {} ({})\n", time.ago(Moment::now()), time.go()));
    format!("{}    Pulumi version used: {version}\n", updated.unwrap_or_default())
}

fn with_outputs(snapshot: &Snapshot, outputs: &Map<String, serde_json::Value>) -> String {
    if snapshot.resources.is_empty() { String::new() } else { format!("\n{}", output::listed(outputs)) }
}

fn resources(context: &Context, snapshot: &Snapshot) -> String {
    let heading = format!("Current stack resources ({}):\n", snapshot.resources.len());
    if snapshot.resources.is_empty() {
        return heading + "    No resources currently in this stack\n";
    }
    let tree = Tree::new(snapshot, context.args.is_on("show-urns"), context.args.is_on("show-ids"));
    heading + &table::render(&["TYPE", "NAME"], tree.rows(), "    ")
}

/// The resources by their parents; those without one are the root's.
struct Tree<'a> {
    all: &'a [ResourceState],
    children: HashMap<usize, Vec<usize>>,
    root: Option<usize>,
    urns: bool,
    ids: bool,
}

impl<'a> Tree<'a> {
    fn new(snapshot: &'a Snapshot, urns: bool, ids: bool) -> Self {
        let all = &snapshot.resources;
        let places: HashMap<&str, usize> =
            all.iter().enumerate().map(|(place, resource)| (resource.urn.as_str(), place)).collect();
        let root = all.iter().position(ResourceState::is_root);
        let mut children: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut orphans = vec![];
        for (place, resource) in all.iter().enumerate() {
            match resource.parent.as_deref().and_then(|parent| places.get(parent)) {
                Some(parent) => children.entry(*parent).or_default().push(place),
                None if Some(place) != root => orphans.push(place),
                None => {}
            }
        }
        if let Some(root) = root {
            children.entry(root).or_default().extend(orphans);
        }
        Self { all, children, root, urns, ids }
    }

    fn rows(&self) -> Vec<table::Row> {
        let Some(root) = self.root else {
            return self.all.iter().map(|resource| self.row(resource, "", "    ")).collect();
        };
        let mut rows = vec![];
        // Each with the padding of its children and its own branch; a stack of our own, for a tree may be deep.
        let mut open = vec![(root, String::new(), "")];
        while let Some((place, padding, branch)) = open.pop() {
            let below = match branch {
                "├─ " => format!("{padding}│  "),
                "└─ " => format!("{padding}   "),
                _ => padding.clone(),
            };
            let children = self.children.get(&place).map_or(&[][..], Vec::as_slice);
            let detail = format!("{below}{}", if children.is_empty() { "   " } else { "│  " });
            if let Some(resource) = self.all.get(place) {
                rows.push(self.row(resource, &format!("{padding}{branch}"), &detail));
            }
            for (index, child) in children.iter().enumerate().rev() {
                let branch = if index + 1 == children.len() { "└─ " } else { "├─ " };
                open.push((*child, below.clone(), branch));
            }
        }
        rows
    }

    fn row(&self, resource: &ResourceState, prefix: &str, detail: &str) -> table::Row {
        let name = resource.urn.splitn(4, "::").nth(3).unwrap_or(&resource.urn);
        let mut lines = String::new();
        if self.urns {
            lines = lines + "    " + detail + "URN: " + &resource.urn + "\n";
        }
        if let Some(id) = resource.id.as_deref().filter(|id| self.ids && !id.is_empty()) {
            lines = lines + "    " + detail + "ID: " + id + "\n";
        }
        table::Row { cells: vec![format!("{prefix}{}", resource.type_), name.to_owned()], detail: lines }
    }
}
