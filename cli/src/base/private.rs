//! Closes this process to other processes of the same user: a child of an install or of a program could otherwise read
//! tokens, which it did not get itself, in the environment or the memory of its parent.

/// Closes `/proc/<pid>/environ`, `mem` and the like, if the system has a way: on Linux, to processes that may not trace
/// others. There are no core dumps either. Processes that are started afterwards are as open as always.
/// <https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html>
pub fn close() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_dumpable(false);
}
