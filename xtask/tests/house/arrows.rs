//! Which file uses which: each path is followed to the file that defines what it names.

use crate::source::{Crate, File, Written};

/// One file's use of another one.
pub struct Arrow {
    pub from: usize,
    pub to: usize,
    pub line: usize,
    /// The path as it is written.
    pub path: String,
    /// What of the other file is used; none for all that it hands on.
    pub name: Option<String>,
}

impl Arrow {
    /// Where it stands: file and line.
    pub fn place(&self, krate: &Crate) -> String {
        format!("{}:{}", krate.file(self.from), self.line)
    }
}

/// All arrows of a crate, without those of its tests.
pub fn arrows(krate: &Crate) -> Vec<Arrow> {
    let mut found = Vec::new();
    for (from, file) in krate.files() {
        for written in &file.paths {
            let Some((to, name)) = target(krate, file, written) else { continue };
            if to != from {
                found.push(Arrow { from, to, line: written.line, path: written.segments.join("::"), name });
            }
        }
    }
    found
}

fn target(krate: &Crate, file: &File, written: &Written) -> Option<(usize, Option<String>)> {
    let absolute = absolute(krate, file, &written.segments, written.depth)?;
    let (module, name) = followed(krate, &absolute, 0)?;
    match name {
        // A module by itself says nothing: what is used through its name is an arrow of its own.
        None if !written.hands_on => None,
        Some(name) if name == "*" => Some((module, None)),
        name => Some((module, name)),
    }
}

/// The path from the crate's root; none for other crates.
fn absolute(krate: &Crate, file: &File, segments: &[String], depth: usize) -> Option<Vec<String>> {
    let (first, rest) = segments.split_first()?;
    let from = |base: &[String], rest: &[String]| Some([base, rest].concat());
    match first.as_str() {
        "crate" => from(&[], rest),
        name if name == krate.name => from(&[], rest),
        "self" => from(&file.module, rest),
        "super" => {
            let ups = segments.iter().take_while(|segment| *segment == "super").count();
            let ups_of_files = ups.saturating_sub(depth);
            let base = &file.module[..file.module.len().checked_sub(ups_of_files)?];
            from(base, &segments[ups..])
        }
        name if file.children.contains(name) => from(&file.module, segments),
        name => match file.takes.get(name) {
            Some((taken, depth)) if taken.first() != Some(first) => {
                from(&absolute(krate, file, taken, *depth)?, rest)
            }
            _ => None,
        },
    }
}

/// The file that defines what the path names, through what others hand on. None where another crate does.
fn followed(krate: &Crate, path: &[String], steps: usize) -> Option<(usize, Option<String>)> {
    let mut module = Vec::new();
    for (at, segment) in path.iter().enumerate() {
        let index = krate.module(&module)?;
        let file = krate.get(index);
        if file.children.contains(segment) {
            // A function can have its module's name.
            let is_last = at + 1 == path.len();
            if !(is_last && file.takes.contains_key(segment)) {
                module.push(segment.clone());
                continue;
            }
        }
        if let (false, Some((taken, depth))) = (file.defines.contains(segment), file.takes.get(segment)) {
            // More than any real chain has: two globs can go round.
            if steps > 20 {
                return None;
            }
            let target = absolute(krate, file, taken, *depth)?;
            return followed(krate, &[&target, &path[at + 1..]].concat(), steps + 1);
        }
        return Some((index, Some(segment.clone())));
    }
    Some((krate.module(&module)?, None))
}
