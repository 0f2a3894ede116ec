//! The name of this machine.

use super::env::Env;

/// The machine's name, as Go's `os.Hostname` tells it: the engine writes that into the lock of a self-managed backend.
/// None if it is not known. <https://github.com/golang/go/blob/master/src/os/sys_linux.go>
#[cfg(unix)]
pub fn host_name(_: &Env) -> Option<String> {
    nix::unistd::gethostname().ok()?.into_string().ok().filter(|name| !name.is_empty())
}

/// The machine's name. Windows keeps the one in the environment in capitals and cuts it after 15 characters, so it can differ
/// from what Go tells. <https://github.com/golang/go/blob/master/src/os/sys_windows.go>
#[cfg(not(unix))]
pub fn host_name(env: &Env) -> Option<String> {
    env.get("COMPUTERNAME").map(str::to_owned)
}
