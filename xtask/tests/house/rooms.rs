//! The order of the rooms, and what must never be known where.

use crate::arrows::Arrow;
use crate::source::Crate;

/// THE order of the rooms of `cli/src`, from the top floor down: a room uses those that stand behind it, and no other.
/// A new room gets its place here and its sentence in `cli/src/lib.rs`.
pub const FROM_THE_TOP: &[&str] = &[
    "app",
    "commands",
    "run",
    "publish",
    "admit",
    "engine",
    "delivery",
    "lifecycle",
    "fleet",
    "inputs",
    "ledger",
    "forge",
    "checks",
    "rules",
    "reviewed",
    "render",
    "report",
    "deployments",
    "cloud",
    "pulumi",
    "ci",
    "process",
    "base",
];

/// What must never be known where, with the reason. Most of it follows from the order; it is said here as well, so that
/// nobody changes the order past it.
const NEVER: &[(&str, &[&str], &str)] = &[
    (
        "forge",
        &["ci"],
        "where people review and where a job runs are two axes: CircleCI builds repositories of GitHub",
    ),
    (
        "ci",
        &["forge"],
        "where a job runs and where people review are two axes: CircleCI builds repositories of GitHub",
    ),
    ("ci", &["engine", "pulumi"], "a CI system knows no engine: what is Pulumi's is decided above"),
    ("ci", &["inputs"], "a CI system hands over texts: what they mean is decided above"),
    ("ci", &["render", "report"], "a CI system says how a text is shown, not what it says"),
    ("report", &["inputs"], "a report is what happened, and not what was asked for"),
    ("pulumi", &["ci", "process"], "names and places are data: nothing is started or shown for them"),
    ("process", &["pulumi", "engine", "report"], "a program is started and stopped, whatever program it is"),
    (
        "base",
        &["pulumi", "engine", "ci", "forge", "report"],
        "the ground floor carries everything, and knows nothing of it",
    ),
];

/// Files that a room must not use, though their room lies below it, with the reason.
const NEVER_FILES: &[(&str, &[&str], &str)] = &[
    (
        "publish",
        &["engine/executor.rs", "engine/local.rs", "process/supervise.rs"],
        "publishing brings a report to its places: what has to be asked of the engine is asked by the run, before",
    ),
    (
        "run",
        &["engine/local.rs"],
        "a run knows the seam `engine/executor.rs` only: which engine carries it out, its command says",
    ),
];

/// The arrows that climb, each as a line that says what to do.
pub fn climbing(krate: &Crate, arrows: &[Arrow]) -> Vec<String> {
    let mut problems = Vec::new();
    for room in krate.rooms() {
        if !FROM_THE_TOP.contains(&room) {
            problems.push(format!(
                "the room `{room}` has no place: give it one in `FROM_THE_TOP` of xtask/tests/house/rooms.rs, and its sentence \
                 in cli/src/lib.rs"
            ));
        }
    }
    let floor = |room: &str| FROM_THE_TOP.iter().rposition(|name| *name == room);
    for arrow in arrows {
        let (Some(from), Some(to)) = (krate.room(arrow.from), krate.room(arrow.to)) else { continue };
        let climbs = matches!((floor(from), floor(to)), (Some(from), Some(to)) if to < from);
        if climbs {
            problems.push(format!(
                "{}: `{}` climbs from the room `{from}` to `{to}` ({}). A room uses only those below it: move the \
                 definition down, or hand its value in from above",
                arrow.place(krate),
                arrow.path,
                krate.file(arrow.to),
            ));
        }
    }
    problems
}

/// The arrows to what must never be known, each as a line that says why.
pub fn forbidden(krate: &Crate, arrows: &[Arrow]) -> Vec<String> {
    let mut problems = Vec::new();
    for arrow in arrows {
        let (Some(from), Some(to)) = (krate.room(arrow.from), krate.room(arrow.to)) else { continue };
        for (room, never, why) in NEVER_FILES {
            let file = krate.file(arrow.to);
            if *room == from && never.iter().any(|name| file.ends_with(name)) {
                problems.push(format!(
                    "{}: `{}`: `{from}` must never use {file}, as {why}",
                    arrow.place(krate),
                    arrow.path
                ));
            }
        }
        for (room, never, why) in NEVER {
            if *room == from && never.contains(&to) {
                problems.push(format!(
                    "{}: `{}`: `{from}` must never know `{to}`, as {why}. Put what both need below both, or let the \
                     room above hand it over",
                    arrow.place(krate),
                    arrow.path,
                ));
            }
        }
    }
    problems
}
