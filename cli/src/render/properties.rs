//! The section with the properties of each resource that changes: a `diff` block for each, or one for many that are alike,
//! folded away.

use super::changes::is_new;
use super::diff::{Block, NAMES, block};
use super::escape::fence;
use super::{Detail, alike, words};
use crate::render::page::LeftOut;
use crate::render::page::Page;
use crate::render::page::PageContext;
use crate::report::Step;

/// Where nothing folds, more blocks than this would bury what follows.
const OPEN_DIFFS: usize = 20;

/// The properties of each resource that changes.
pub(super) fn property_changes(context: &PageContext<'_>, page: &mut Page) {
    if !context.shows(Detail::Values) || context.limits.diffs == 0 {
        return;
    }
    let mut steps: Vec<&Step> = context.steps.iter().copied().filter(|step| !step.diffs.is_empty()).collect();
    // All of a new resource is new: what is there already, and changes, is worth a look first.
    steps.sort_by_key(|step| is_new(step));
    if steps.is_empty() {
        return;
    }
    let mut room = if context.html() { context.limits.diffs } else { context.limits.diffs.min(OPEN_DIFFS) };
    context.fold(page, &format!("Properties of {}", words::many(steps.len(), "resource")));
    let mut run = SameDiff::default();
    let mut shown = 0;
    for step in &steps {
        if page.is_full() {
            return;
        }
        let block = block(step, context.limits.shape());
        if !run.takes(step, &block) {
            room -= run.blocks().min(room);
            std::mem::take(&mut run).write(context, page);
        }
        if run.blocks() >= room && !alike::are_many(run.steps.len() + 1) {
            break;
        }
        run.steps.push(step);
        run.block = block;
        shown += 1;
    }
    run.write(context, page);
    let others = steps.get(shown..).unwrap_or_default();
    if !others.is_empty() {
        page.hide(LeftOut { resources: others.len(), ..LeftOut::default() });
        let names = others.iter().take(NAMES).map(|step| context.code(&step.name)).collect::<Vec<_>>();
        let more = if others.len() > NAMES { " …" } else { "" };
        let count = words::many(others.len(), "more resource");
        page.push(&format!("… and {count} not shown: {}{more}\n", names.join(", ")));
    }
    context.unfold(page);
}

/// Resources one after another in which the same changes.
#[derive(Default)]
struct SameDiff<'a> {
    steps: Vec<&'a Step>,
    block: Block,
}

impl SameDiff<'_> {
    /// How many blocks it makes.
    fn blocks(&self) -> usize {
        if alike::are_many(self.steps.len()) { 1 } else { self.steps.len() }
    }

    fn takes(&self, step: &Step, block: &Block) -> bool {
        self.steps.first().is_none_or(|first| {
            first.operation == step.operation && first.kind == step.kind && self.block.text == block.text
        })
    }

    /// Writes what changes: once for many, or for each.
    fn write(self, context: &PageContext<'_>, page: &mut Page) {
        let Self { steps, block } = self;
        let many = alike::are_many(steps.len());
        let together = if many { steps.len() } else { 1 };
        for alike in steps.chunks(together) {
            let (Some(first), Some(last)) = (alike.first(), alike.last()) else { continue };
            page.push(&context.code(&first.name));
            if many {
                page.push_all(&[" … ", &context.code(&last.name)]);
            }
            page.push_all(&[" ", step_word(context, first)]);
            if many {
                page.push(&format!(" {} ×", words::number(alike.len() as u64)));
            }
            page.push_all(&[" ", &context.code(&first.kind), "\n"]);
            for _ in alike {
                page.hide(block.hidden);
            }
            page.push(&fence(&block.text, "diff"));
            page.push("\n");
        }
    }
}

fn step_word(context: &PageContext<'_>, step: &Step) -> &'static str {
    if let Some(found) = words::found(context.report, &step.operation) {
        return found;
    }
    match step.operation.as_str() {
        "create" => "create",
        "import" => "import",
        "update" => "update",
        "replace" => "**replace**",
        "delete" => "**delete**",
        _ => "change",
    }
}
