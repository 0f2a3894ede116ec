//! The memory that programs can still have on this machine, or in this container.
//!
//! `MemAvailable` of `/proc/meminfo`: <https://docs.kernel.org/filesystems/proc.html#meminfo>. The container's own limit, without
//! the caches that it can give back: <https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files>.

use std::path::Path;

/// An amount of memory in MiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mebibytes(pub u64);

const BYTES: u64 = 1024 * 1024;

/// The memory that is free. None where the system does not tell.
pub fn free_memory() -> Option<Mebibytes> {
    free_by(Path::new("/proc/meminfo"), Path::new("/sys/fs/cgroup"))
}

fn free_by(meminfo: &Path, group: &Path) -> Option<Mebibytes> {
    let of_machine = std::fs::read_to_string(meminfo).ok().and_then(|text| available(&text));
    let read = |name: &str| std::fs::read_to_string(group.join(name)).ok();
    let of_group =
        || left(&read("memory.max")?, &read("memory.current")?, &read("memory.stat").unwrap_or_default());
    of_machine.into_iter().chain(of_group()).min().map(|bytes| Mebibytes(bytes / BYTES))
}

/// The bytes that are available to new programs.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// The bytes that a group may still use. None without a limit: `max`.
fn left(most: &str, used: &str, stat: &str) -> Option<u64> {
    let (most, used): (u64, u64) = (most.trim().parse().ok()?, used.trim().parse().ok()?);
    let cache = stat.lines().find_map(|line| line.strip_prefix("inactive_file "));
    let cache: u64 = cache.and_then(|bytes| bytes.trim().parse().ok()).unwrap_or(0);
    Some(most.saturating_sub(used.saturating_sub(cache)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free(meminfo: &str, group: &[(&str, &str)]) -> Option<Mebibytes> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("meminfo");
        std::fs::write(&file, meminfo).unwrap();
        for (name, text) in group {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        free_by(&file, folder.path())
    }

    const MACHINE: &str = "MemTotal:       8000000 kB\nMemFree:  100 kB\nMemAvailable:    2048000 kB\n";

    #[test]
    fn without_a_limit_the_machine_counts() {
        assert_eq!(free(MACHINE, &[]), Some(Mebibytes(2000)));
        assert_eq!(
            free(MACHINE, &[("memory.max", "max\n"), ("memory.current", "9\n")]),
            Some(Mebibytes(2000))
        );
    }

    #[test]
    fn a_container_has_what_its_limit_leaves_and_its_caches() {
        let mib = |mebibytes: u64| (mebibytes * BYTES).to_string();
        let stat = format!("anon 5\ninactive_file {}\n", mib(100));
        let group = [("memory.max", mib(512)), ("memory.current", mib(300)), ("memory.stat", stat)];
        let group = group.each_ref().map(|(name, text)| (*name, text.as_str()));
        assert_eq!(free(MACHINE, &group), Some(Mebibytes(312)));
    }

    #[test]
    fn a_system_that_does_not_tell_is_not_known() {
        assert_eq!(free("", &[]), None);
    }
}
