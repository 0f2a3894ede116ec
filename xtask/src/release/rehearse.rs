//! The end of a dry run: each bootstrap of this machine fetches the archive from a server, as on a machine that has
//! nothing, and previews the example with what it fetched.

use super::server::Server;
use crate::process::command;
use stackstep::base::error::{Error, Result};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs them with the wrappers below `wrappers` and the archives in `archives`. Whether all previews went well.
pub fn run(root: &Path, wrappers: &Path, archives: &Path) -> Result<bool> {
    let server = Server::start(archives, &[]).map_err(Error::io("listen on", "127.0.0.1"))?;
    let mut fine = true;
    for (shell, script) in [("sh", "bootstrap/stackstep.sh"), ("node", "actions/deploy/launcher.cjs")] {
        for (round, fetches) in [("cold", 1), ("from the cache", 0)] {
            let before = server.requests().len();
            let folder = archives.with_file_name(format!("rehearsal-{shell}"));
            if fetches == 1 {
                let _ = fs::remove_dir_all(&folder);
            }
            let previewed = preview(root, &folder, shell, &wrappers.join(script), &server)?;
            let fetched = server.requests().len() - before;
            println!(
                "rehearsed: `{shell} {script}`, {round}: preview {}, {fetched} fetched",
                word(previewed)
            );
            fine &= previewed && fetched == fetches;
        }
    }
    Ok(fine)
}

fn word(fine: bool) -> &'static str {
    if fine { "succeeded" } else { "failed" }
}

/// Previews the example in a job of GitHub's with nothing of this machine's settings. Whether its result says so.
fn preview(root: &Path, folder: &Path, shell: &str, script: &Path, server: &Server) -> Result<bool> {
    for name in ["program", "state", "home"] {
        let path = folder.join(name);
        fs::create_dir_all(&path).map_err(Error::io("create", &path))?;
    }
    let example = root.join("examples/hello/Pulumi.yaml");
    fs::copy(&example, folder.join("program/Pulumi.yaml")).map_err(Error::io("copy", &example))?;
    let result = folder.join("result.json");
    let _ = fs::remove_file(&result);
    let mut run = command(shell, &folder.join("program"));
    environment(run.arg(script), folder, server);
    // A shell drops variables whose names have a hyphen, so inputs that pass one have none.
    let prefix = if shell == "node" { "INPUT_" } else { "STACKSTEP_INPUT_" };
    if shell == "node" {
        run.env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", "push").env("INPUT_RESULT-FILE", &result);
    } else {
        run.arg("run").env("CI", "true").env("STACKSTEP_INPUT_RESULT_FILE", &result);
    }
    for (name, value) in [("COMMAND", "preview"), ("STACK", "dev"), ("UPSERT", "true"), ("ENGINE", "sandbox")]
    {
        run.env(format!("{prefix}{name}"), value);
    }
    let status = run.stdout(Stdio::null()).status().map_err(Error::io("start", shell))?;
    let result: serde_json::Value =
        fs::read(&result).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    Ok(status.success() && result["status"] == "succeeded" && result["engine"]["sandbox"] == true)
}

/// What a job's step has in its environment, whatever the CI system.
fn environment(run: &mut Command, folder: &Path, server: &Server) {
    run.env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder.join("home"))
        .env("RUNNER_TOOL_CACHE", folder.join("tools"))
        .env("STACKSTEP_MIRROR", server.address())
        .env("PULUMI_HOME", folder.join("home"))
        .env("PULUMI_BACKEND_URL", format!("file://{}", folder.join("state").display()))
        .env("PULUMI_CONFIG_PASSPHRASE", "a passphrase for the example");
}
