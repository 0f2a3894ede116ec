//! Tells whether a process of an earlier step still runs. Its number alone could belong to another process by now, so
//! the time of its start is kept as well.

use serde::{Deserialize, Serialize};

/// The number and the start of a process, by which another process can find it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The process number.
    pub pid: u32,
    /// The time of its start, in the operating system's form. None if the system can't tell.
    pub started: Option<String>,
}

impl Trace {
    /// The trace of a process that runs now.
    pub fn of_process(pid: u32) -> Self {
        Self { pid, started: start_of(pid) }
    }

    /// Whether the process still runs. None if the system can't tell.
    pub fn is_alive(&self) -> Option<bool> {
        let started = self.started.as_ref()?;
        Some(start_of(self.pid).as_ref() == Some(started))
    }

    /// Sends SIGINT to the process, like the first rung of the ladder.
    pub fn interrupt(&self) {
        #[cfg(unix)]
        if self.is_alive() == Some(true)
            && let Ok(pid) = i32::try_from(self.pid)
        {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGINT);
        }
    }
}

/// The time of the process's start. None if there is no such process, or if it has ended and was not waited for.
#[cfg(unix)]
fn start_of(pid: u32) -> Option<String> {
    if std::path::Path::new("/proc/self/stat").exists() {
        return from_proc(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?);
    }
    #[expect(clippy::disallowed_methods, reason = "there is no other safe way on macOS")]
    let listing = std::process::Command::new("ps")
        .args(["-o", "stat=,lstart=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    from_ps(&String::from_utf8_lossy(&listing.stdout))
}

#[cfg(not(unix))]
fn start_of(_pid: u32) -> Option<String> {
    None
}

/// Reads <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>; the name in it may contain anything.
#[cfg(unix)]
fn from_proc(stat: &str) -> Option<String> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    let started = fields.nth(18)?;
    (!matches!(state, "Z" | "X")).then(|| started.to_owned())
}

#[cfg(unix)]
fn from_ps(listing: &str) -> Option<String> {
    let (state, started) = listing.trim().split_once(' ')?;
    (!state.starts_with('Z')).then(|| started.trim().to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn we_are_alive_and_nobody_of_another_time_is() {
        let ourselves = Trace::of_process(std::process::id());
        assert_eq!(ourselves.is_alive(), Some(true));
        let earlier = Trace { started: Some("1".to_owned()), ..ourselves };
        assert_eq!(earlier.is_alive(), Some(false));
    }

    #[test]
    fn a_process_that_nobody_can_tell_about_is_neither() {
        assert_eq!(Trace { pid: 1, started: None }.is_alive(), None);
    }

    #[test]
    fn what_has_ended_and_was_not_waited_for_is_not_alive() {
        let stat =
            |state| format!("42 (a) S (b c) {state} 7 8 8 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 12345 0 0\n");
        assert_eq!(from_proc(&stat("S")).as_deref(), Some("12345"));
        assert_eq!(from_proc(&stat("Z")), None);
        assert_eq!(from_ps("S+   Sat Nov 21 02:00:00 2026\n").as_deref(), Some("Sat Nov 21 02:00:00 2026"));
        assert_eq!(from_ps("Z    Sat Nov 21 02:00:00 2026\n"), None);
    }
}
