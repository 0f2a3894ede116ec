//! Files that use each other in a circle.
//!
//! The files of one type are one thing: where a file has an `impl Type` for the type that it takes from a file of the same
//! folder or from the one that declares the folder, the two hold one type between them, and that use is no arrow. A
//! trait's `impl` is one: it needs the trait, and the trait needs nobody.

use std::collections::{BTreeMap, BTreeSet};

use crate::arrows::Arrow;
use crate::source::Crate;

/// The circles, each as lines that name what ties it.
pub fn circles(krate: &Crate, arrows: &[Arrow]) -> Vec<String> {
    let mut uses: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    let ties: Vec<&Arrow> = arrows.iter().filter(|arrow| !is_within_a_type(krate, arrow)).collect();
    for arrow in &ties {
        uses.entry(arrow.from).or_default().insert(arrow.to);
    }
    let reached: BTreeMap<usize, BTreeSet<usize>> =
        uses.keys().map(|file| (*file, reachable(&uses, *file))).collect();
    let together = |one: usize, other: usize| {
        let leads = |from: usize, to: usize| reached.get(&from).is_some_and(|files| files.contains(&to));
        leads(one, other) && leads(other, one)
    };
    let mut told = BTreeSet::new();
    let mut problems = Vec::new();
    for file in reached.keys().copied().filter(|file| together(*file, *file)) {
        if !told.insert(file) {
            continue;
        }
        let circle: BTreeSet<usize> =
            reached.keys().copied().filter(|other| together(file, *other)).collect();
        told.extend(&circle);
        let mut lines: BTreeSet<String> = BTreeSet::new();
        for arrow in ties.iter().filter(|arrow| circle.contains(&arrow.from) && circle.contains(&arrow.to)) {
            lines.insert(format!("  {}: `{}` of {}", arrow.place(krate), arrow.path, krate.file(arrow.to)));
        }
        problems.push(format!(
            "{} files use each other in a circle. Move what they share into a file that knows none of them:\n{}",
            circle.len(),
            lines.into_iter().collect::<Vec<_>>().join("\n")
        ));
    }
    problems
}

/// Whether the arrow goes to the file of a type that the file beside or below it has a part of.
fn is_within_a_type(krate: &Crate, arrow: &Arrow) -> bool {
    let (from, to) = (krate.get(arrow.from), krate.get(arrow.to));
    let has_a_part = arrow.name.as_ref().is_some_and(|name| from.implements.contains(name));
    let folder = &to.module[..to.module.len().saturating_sub(1)];
    has_a_part && from.module.starts_with(folder)
}

/// The files that one reaches, over however many arrows.
fn reachable(uses: &BTreeMap<usize, BTreeSet<usize>>, from: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        for next in uses.get(&file).into_iter().flatten() {
            if found.insert(*next) {
                open.push(*next);
            }
        }
    }
    found
}
