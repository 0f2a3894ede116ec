//! How long a line takes from the engine to the log: an engine that prints the time, and a reader that looks at its
//! clock when the line is there. What `date` itself takes is in the figure.

use crate::stage::Stage;
use stackstep::base::error::{Error, Result};
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

/// Prints the time, in nanoseconds since 1970, some times.
const ENGINE: &str = "#!/bin/sh\nfor turn in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do date +now=%s%N; sleep 0.02; done\n";

/// The table's row: median and worst.
pub fn row(stage: &Stage) -> Result<(String, String)> {
    let engine = stage.file("engine");
    std::fs::write(&engine, ENGINE).map_err(Error::io("write", &engine))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&engine, executable).map_err(Error::io("make executable", &engine))?;
    }
    let mut command = stage.stackstep_on(&engine, &["up", "--stack", "dev"]);
    let program = command.get_program().to_owned();
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(Error::io("start", &program))?;
    let mut delays = Vec::new();
    for line in child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
        let read = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let line = line.map_err(Error::io("read the output of", &program))?;
        let printed = line.strip_prefix("now=").and_then(|time| time.parse::<u128>().ok());
        delays.extend(printed.map(|printed| read.saturating_sub(printed)));
    }
    child.wait().map_err(Error::io("wait for", &program))?;
    delays.sort_unstable();
    let tenths = |delay: Option<&u128>| {
        delay.map_or("unknown".to_owned(), |nanoseconds| {
            let tenths = (nanoseconds + 50_000) / 100_000;
            format!("{}.{} ms", tenths / 10, tenths % 10)
        })
    };
    Ok((
        format!("a line from the engine to the log, median and worst of {}", delays.len()),
        format!("{}, {}", tenths(delays.get(delays.len() / 2)), tenths(delays.last())),
    ))
}
