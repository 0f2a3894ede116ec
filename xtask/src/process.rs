//! Other programs, started by a developer's command: always with standard input closed, as in a CI job.

use stackstep::error::{Error, Result};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// `program`, to be run in `folder`.
pub fn command(program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    command
}

/// The cargo that runs this.
pub fn cargo(root: &Path) -> Command {
    command(env!("CARGO"), root)
}

/// Runs it with its output going to ours. Whether it succeeded.
pub fn succeeds(command: &mut Command) -> Result<bool> {
    let status = command.status().map_err(Error::io("start", command.get_program()))?;
    Ok(status.success())
}

/// Runs it silently; its standard output when it succeeded.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// Runs it, passes its standard output on and shows each line to `look`. Whether it succeeded.
pub fn each_line(command: &mut Command, mut look: impl FnMut(&str)) -> Result<bool> {
    let program = command.get_program().to_owned();
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(Error::io("start", &program))?;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line.map_err(Error::io("read the output of", &program))?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            look(&line);
        }
    }
    Ok(child.wait().map_err(Error::io("wait for", &program))?.success())
}
