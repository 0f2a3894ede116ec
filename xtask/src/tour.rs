//! `cargo xtask try`: the whole life of the example program through stackstep, and what a reviewer would see of it.

use crate::process::succeeds;
use crate::stage::Stage;
use serde_json::Value;
use stackstep::base::error::{Error, Result};
use std::path::Path;
use std::process::Stdio;

const RESULT: &str = "result.json";
const STACK: &[&str] = &["--stack", "dev"];
/// What the changed program is deployed with.
const CHANGE: &[&str] = &["--config", "greeting: good-morning"];

/// Runs it with this engine: `sandbox`, `pulumi` for the one of the PATH, or a path. Whether every step succeeded.
pub fn run(root: &Path, engine: &str) -> Result<bool> {
    println!("Building stackstep and its sandbox engine.");
    let stage = Stage::new(root, engine, false)?;
    let steps: [(&str, &str, &[&str]); 6] = [
        ("What would a first deployment do?", "preview", &["--upsert"]),
        ("Deploy.", "up", &["--upsert"]),
        ("Read what the stack hands to others; the secret stays hidden.", "outputs", &[]),
        ("Someone renames a resource and changes a setting: what would that do?", "preview", CHANGE),
        ("Deploy the change.", "up", CHANGE),
        ("Take everything down, the stack included.", "destroy", &["--remove"]),
    ];
    let mut markdown = String::new();
    for (number, (why, command, more)) in steps.iter().enumerate() {
        let arguments = [&[*command], STACK, more].concat();
        println!("\n── {}/{} ── {why}", number + 1, steps.len());
        println!("   $ stackstep {}\n", shown(&arguments));
        if (*command, *more) == ("preview", CHANGE) {
            rename_a_resource(&stage)?;
            // The page is made by the very code that makes a job's page on GitHub, in a run of its own.
            markdown = page(&stage, &arguments)?;
        }
        if !succeeds(stage.stackstep(&arguments).arg("--result-file").arg(stage.file(RESULT)))? {
            println!("\nThis step failed; the rest was not tried.");
            return Ok(false);
        }
    }
    println!("\n── What a reviewer of the change sees on the job's page ──\n\n{}", markdown.trim_end());
    println!("\n── Done by {} ──", engine_of(&stage)?);
    Ok(true)
}

/// The change to the program: one resource goes, another comes.
fn rename_a_resource(stage: &Stage) -> Result<()> {
    let path = stage.program().join("Pulumi.yaml");
    let text = std::fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    std::fs::write(&path, text.replace("dns", "domain")).map_err(Error::io("write", &path))
}

/// The Markdown that `arguments` write to the summary page of a GitHub job.
fn page(stage: &Stage, arguments: &[&str]) -> Result<String> {
    let page = stage.file("summary.md");
    let status = stage
        .stackstep(arguments)
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", "push")
        .env("GITHUB_STEP_SUMMARY", &page)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(Error::io("start", "stackstep"))?;
    if !status.success() {
        return Err(Error::input("the preview failed in a GitHub environment", "run `cargo xtask test`"));
    }
    std::fs::read_to_string(&page).map_err(Error::io("read", &page))
}

/// What the last result says about the engine.
fn engine_of(stage: &Stage) -> Result<String> {
    let path = stage.file(RESULT);
    let text = std::fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    let result: Value = serde_json::from_str(&text).unwrap_or_default();
    let name = result["engine"]["name"].as_str().unwrap_or("an engine that the result does not name");
    Ok(if result["engine"]["sandbox"] == true {
        format!("the sandbox engine ({name}): nothing was deployed anywhere")
    } else {
        format!("the Pulumi CLI ({name}), in a backend that is gone now")
    })
}

/// The arguments as a person would type them.
fn shown(arguments: &[&str]) -> String {
    let quoted = arguments.iter().map(|argument| {
        if argument.contains(' ') { format!("'{argument}'") } else { (*argument).to_owned() }
    });
    quoted.collect::<Vec<_>>().join(" ")
}
