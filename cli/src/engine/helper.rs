//! A program of the CI system that prints something secret, such as `buildkite-agent`: read, never shown.

use std::time::Duration;

use super::locate::on_path;
use super::process::{Process, Status, Supervision, run};
use super::signals::Signals;
use super::stream::Passing;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::secret::{Masker, Secret};

/// More than anything worth reading here.
const CAPTURE: usize = 1 << 20;

/// Runs `words` and reads what it prints.
pub async fn read(
    words: &[String],
    env: &Env,
    timeout: Duration,
    masker: &Masker,
    signals: &Signals,
) -> Result<Secret> {
    let (name, args) = words.split_first().map_or(("", words), |(name, args)| (name.as_str(), args));
    let program = on_path(name, env).ok_or_else(|| {
        Error::auth(
            format!("`{name}` is not on the PATH"),
            "run stackstep where the CI system's own program is, such as on the agent and not in a container without it",
        )
    })?;
    let process = Process {
        program,
        args: args.iter().map(Into::into).collect(),
        cwd: env.cwd().to_owned(),
        set: Vec::new(),
        remove: Vec::new(),
        stdin: None,
        event_log: None,
    };
    let supervision = Supervision {
        masker,
        signals,
        timeout: Some(timeout),
        grace: Duration::ZERO,
        stdout: &mut tokio::io::sink(),
        stderr: &mut tokio::io::sink(),
        passing: Passing::Captured,
        capture: CAPTURE,
        disarm: None,
        on_event: &mut |_| {},
        heartbeat: &mut |_| None,
        on_stop: &mut |_| {},
    };
    let ended = run(&process, supervision).await?;
    match (ended.status, ended.stdout.raw()) {
        (Status::Exited(0), Some(printed)) => Ok(Secret::new(String::from_utf8_lossy(printed).trim())),
        _ => {
            let said = ended.stderr.masked();
            let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
            Err(Error::auth(
                format!("`{name}` gave no identity token: {}", last.trim().escape_debug()),
                format!("see what `{name} {}` says in a step of its own", args.join(" ")),
            ))
        }
    }
}
