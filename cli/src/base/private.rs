//! Closes this process to others of the same user: what an install or a program has started could else read the
//! tokens that were kept from it in the environment or the memory of its parent.

/// Closes `/proc/<pid>/environ`, `mem` and the like, where the system has a way: on Linux, for processes without the
/// right to trace others. It also means that there are no core dumps. What is started afterwards is as open as always.
/// <https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html>
pub fn close() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_dumpable(false);
}
