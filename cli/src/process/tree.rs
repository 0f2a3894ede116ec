//! The engine's descendants, found so that none outlives the last rung of the ladder.
//!
//! The engine gives each plugin a process group of its own
//! (<https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/plugin.go>, `RegisterProcessGroup`), so
//! killing the engine's group is not enough: the table of processes tells each one's parent. Processes that lost their
//! parent become our children if the system lets us adopt them (Linux); elsewhere they are found only if they stayed in
//! the engine's group.

use std::collections::BTreeSet;
use std::fs;

use nix::sys::signal::{Signal, kill as send};
use nix::unistd::Pid;

/// One process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ProcessEntry {
    pid: i32,
    parent: i32,
    group: i32,
    /// The time of its start, in the system's ticks; 0 if that is not known.
    started: u64,
}

/// The most searches for processes that were forked during the one before. A fork bomb is not handled.
const ROUNDS: usize = 20;

/// The orphans that count as the engine's: our own children that are no older than the engine.
#[derive(Debug, Clone, Copy)]
pub struct Adopted {
    parent: i32,
    since: u64,
}

impl Adopted {
    /// The orphans that the process `engine`, which was just started, will leave to us; `None` if the system can't
    /// tell.
    pub fn by_engine(engine: i32) -> Option<Self> {
        let since = fs::read_to_string(format!("/proc/{engine}/stat"))
            .ok()
            .and_then(|stat| parse_stat(&stat))?
            .started;
        Some(Self { parent: Pid::this().as_raw(), since })
    }
}

/// Kills the engine, its descendants, its group and its adopted orphans. Each is stopped first, so that none forks or
/// loses its parent during the search.
pub fn kill(engine: i32, adopted: Option<Adopted>) {
    let mut found = BTreeSet::new();
    for _ in 0..ROUNDS {
        let now = family(&table(), engine, adopted);
        let new: Vec<i32> = now.difference(&found).copied().collect();
        if new.is_empty() {
            break;
        }
        for pid in new {
            let _ = send(Pid::from_raw(pid), Signal::SIGSTOP);
            found.insert(pid);
        }
    }
    for pid in found {
        let _ = send(Pid::from_raw(pid), Signal::SIGKILL);
    }
}

/// The engine, its group, its adopted orphans, and all their descendants.
fn family(table: &[ProcessEntry], engine: i32, adopted: Option<Adopted>) -> BTreeSet<i32> {
    let is_adopted = |entry: &ProcessEntry| {
        adopted.is_some_and(|by| entry.parent == by.parent && entry.started >= by.since)
    };
    let mut family: BTreeSet<i32> = table
        .iter()
        .filter(|entry| entry.pid == engine || entry.group == engine || is_adopted(entry))
        .map(|entry| entry.pid)
        .collect();
    loop {
        let children: Vec<i32> = table
            .iter()
            .filter(|entry| family.contains(&entry.parent) && !family.contains(&entry.pid))
            .map(|entry| entry.pid)
            .collect();
        if children.is_empty() {
            return family;
        }
        family.extend(children);
    }
}

/// The table of processes: from `/proc` if there is one, else from `ps`, whose options are POSIX
/// (<https://pubs.opengroup.org/onlinepubs/9799919799/utilities/ps.html>).
fn table() -> Vec<ProcessEntry> {
    let entries = from_proc();
    if entries.is_empty() { from_ps() } else { entries }
}

fn from_proc() -> Vec<ProcessEntry> {
    let Ok(folders) = fs::read_dir("/proc") else { return Vec::new() };
    folders
        .flatten()
        .filter(|folder| folder.file_name().as_encoded_bytes().first().is_some_and(u8::is_ascii_digit))
        .filter_map(|folder| {
            parse_stat(&String::from_utf8_lossy(&fs::read(folder.path().join("stat")).ok()?))
        })
        .collect()
}

/// Reads <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>; the program's name in it may contain anything.
fn parse_stat(stat: &str) -> Option<ProcessEntry> {
    let (pid, rest) = stat.split_once(" (")?;
    let fields: Vec<&str> = rest.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    Some(ProcessEntry {
        pid: pid.parse().ok()?,
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

fn from_ps() -> Vec<ProcessEntry> {
    #[expect(
        clippy::disallowed_methods,
        reason = "there is no other safe way to the table of processes on macOS"
    )]
    let listing = std::process::Command::new("ps").args(["-A", "-o", "pid=,ppid=,pgid="]).output();
    listing.map_or_else(|_| Vec::new(), |listing| parse_ps(&String::from_utf8_lossy(&listing.stdout)))
}

fn parse_ps(listing: &str) -> Vec<ProcessEntry> {
    listing
        .lines()
        .filter_map(|line| {
            let mut numbers = line.split_ascii_whitespace().map_while(|number| number.parse().ok());
            Some(ProcessEntry {
                pid: numbers.next()?,
                parent: numbers.next()?,
                group: numbers.next()?,
                started: 0,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(pid: i32, parent: i32, group: i32, started: u64) -> ProcessEntry {
        ProcessEntry { pid, parent, group, started }
    }

    #[test]
    fn the_family_has_descendants_in_groups_of_their_own_and_nobody_else() {
        let table = [
            entry(1, 0, 1, 0),
            entry(50, 1, 50, 10),     // we
            entry(100, 50, 100, 20),  // the engine
            entry(103, 102, 102, 40), // a program, listed before its parent
            entry(102, 100, 102, 30), // a language host in its own group
            entry(104, 1, 100, 30),   // an orphan that stayed in the engine's group
            entry(60, 50, 50, 15),    // an older child of ours
            entry(70, 1, 70, 99),     // a stranger
        ];
        assert_eq!(family(&table, 100, None), BTreeSet::from([100, 102, 103, 104]));
    }

    #[test]
    fn orphans_that_came_to_us_are_family_and_older_children_are_not() {
        let table =
            [entry(50, 1, 50, 10), entry(60, 50, 60, 15), entry(105, 50, 105, 40), entry(106, 105, 106, 41)];
        let adopted = Adopted { parent: 50, since: 20 };
        assert_eq!(family(&table, 100, Some(adopted)), BTreeSet::from([105, 106]));
    }

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_confuse_the_table() {
        let stat = "42 (a) S (b c) S 7 8 8 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 12345 0 0\n";
        assert_eq!(parse_stat(stat), Some(entry(42, 7, 8, 12345)));
        assert_eq!(parse_stat("nonsense"), None);
    }

    #[test]
    fn the_listing_of_ps_is_read() {
        assert_eq!(
            parse_ps("    1     0     1\n  42     1    40\nnot a line\n"),
            [entry(1, 0, 1, 0), entry(42, 1, 40, 0)]
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn both_ways_to_the_table_find_ourselves() {
        let ourselves = Pid::this().as_raw();
        let parent = Pid::parent().as_raw();
        for table in [from_proc(), from_ps()] {
            let found = table.iter().find(|entry| entry.pid == ourselves).map(|entry| entry.parent);
            assert_eq!(found, Some(parent));
        }
    }
}
