//! How much memory an event log takes while it is read, line by line as the engine writes it: what does not change must
//! cost nothing.

use super::parse;
use stackstep::report::{self, Ending, Facts, Fold, Operation};

/// The table's row for each size, the smallest first, as a peak never goes down. None where the system does not tell.
pub fn rows() -> Vec<(String, String)> {
    [2_000, 20_000, 100_000].into_iter().filter_map(row).collect()
}

fn row(resources: usize) -> Option<(String, String)> {
    let idle = kilobytes("self", "VmRSS:")?;
    let mut fold = Fold::new();
    for number in 0..resources {
        let operation = if number % 100 == 0 { "update" } else { "same" };
        for line in parse::pair(number, operation) {
            fold.line(&line);
        }
    }
    let report = report::report(fold.finish(), Facts::new(Operation::Up, "dev", Ending::Exited(0), 0));
    let peak = kilobytes("self", "VmHWM:")?;
    Some((
        format!("peak memory over the idle process, {resources} resources of which 1% change"),
        format!("{} KiB ({} steps)", peak.saturating_sub(idle), report.steps.len()),
    ))
}

/// A figure of a process: <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>.
pub(super) fn kilobytes(process: &str, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix("kB")?.trim().parse().ok())
}
