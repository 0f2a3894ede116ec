//! Thousands of secrets and hostile strings through every sink of the binary: none comes out, and without the masker
//! some come out of each, so that the test can fail.

#![cfg(unix)]

#[path = "../cli/src/base/secret/tests/finder.rs"]
mod finder;
#[path = "../cli/src/base/secret/tests/made.rs"]
mod made;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use finder::Finder;
use made::{Random, encoded, parts, secrets};
use nix::sys::signal::Signal;
use serde_json::{Map, json};

use crate::support::scripted::{end, scene, signal, until_begun};
use crate::support::size::sized;
use crate::support::{Scene, fixture, table};

/// How many secrets there are at least.
fn count() -> usize {
    sized(2_000, 10_000)
}

/// Prints its output in pieces, writes its event log, fails with a message.
const ENGINE: &str =
    "cat events > \"$LOG\"\nfor piece in pieces/*; do cat \"$piece\"; done\ncat message >&2\nexit 1\n";

/// Single-line secrets, as a file of variables can hold them.
fn one_line_secrets(random: &mut Random) -> Vec<String> {
    let made = [secrets(random, count()), secrets(random, count())].concat();
    let fits = |secret: &&str| !secret.contains(['\n', '\r', '\0', '"', '\'']) && secret.trim() == *secret;
    let mut all: Vec<String> = parts(&made).into_iter().filter(fits).map(str::to_owned).collect();
    // A report is full of it, whatever the secrets are.
    all.retain(|secret| secret != "</details>");
    all.sort();
    all.dedup();
    all
}

/// A line of text with some of the secrets, each in the form of some program.
fn sentence(secrets: &[String], random: &mut Random) -> String {
    (0..12).fold("it says ".to_owned(), |mut text, _| {
        let secret = random.pick(secrets).clone();
        let _ = write!(text, "{} , ", encoded(&secret, random));
        text
    })
}

fn events(secrets: &[String], random: &mut Random) -> String {
    let mut lines = Vec::new();
    for number in 0..400 {
        let severity = ["error", "warning", "info#err"][number % 3];
        lines.push(
            json!({ "diagnosticEvent": { "message": sentence(secrets, random), "severity": severity } }),
        );
    }
    for number in 0..200 {
        let urn = format!("urn:pulumi:dev::hello::aws:s3/bucket:Bucket::{}", random.pick(secrets));
        let state = json!({ "urn": urn, "custom": true, "id": sentence(secrets, random),
            "inputs": { random.pick(secrets): sentence(secrets, random), "number": number } });
        let metadata = json!({ "op": "create", "urn": urn, "logical": true, "old": null, "new": state });
        lines.push(json!({ "resourcePreEvent": { "metadata": metadata } }));
        lines.push(json!({ "resOutputsEvent": { "metadata": metadata } }));
    }
    let outputs: Map<_, _> =
        (0..200).map(|number| (format!("out{number}"), sentence(secrets, random).into())).collect();
    let urn = "urn:pulumi:dev::hello::pulumi:pulumi:Stack::hello-dev";
    let state = json!({ "urn": urn, "type": "pulumi:pulumi:Stack", "outputs": outputs });
    let metadata =
        json!({ "op": "create", "urn": urn, "type": "pulumi:pulumi:Stack", "old": state, "new": state });
    lines.push(json!({ "resourcePreEvent": { "metadata": metadata } }));
    lines.push(json!({ "resOutputsEvent": { "metadata": metadata } }));
    lines.iter().fold(String::new(), |text, line| text + &line.to_string() + "\n")
}

/// What came out of each sink; the masker knows the secrets only when `known`.
fn sinks(secrets: &[String], known: bool) -> BTreeMap<&'static str, Vec<u8>> {
    let random = &mut Random(0x5eed_0003);
    let scene = scene(ENGINE);
    scene.write("events", &events(secrets, random));
    scene.write("message", &format!("error: {}\n", sentence(secrets, random)));
    let noise: String =
        secrets.iter().fold(String::new(), |text, secret| text + &encoded(secret, random) + "\n");
    let mut rest = noise.as_bytes();
    std::fs::create_dir(scene.program.join("pieces")).unwrap();
    for number in 0.. {
        let (piece, after) = rest.split_at(rest.len().min(1 + random.below(4000)));
        std::fs::write(scene.program.join(format!("pieces/{number:05}")), piece).unwrap();
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    let variables = secrets
        .iter()
        .enumerate()
        .fold(String::new(), |text, (number, secret)| text + &format!("TOKEN_{number}={secret}\n"));
    scene.write("variables", &variables);
    let scene = scene.with("STACKSTEP_REPORT_FILE", "report.html").with("STACKSTEP_JUNIT_FILE", "junit.xml");
    let scene = scene.with("STACKSTEP_DETAIL", "values");
    let scene = if known { scene.with("STACKSTEP_ENV_FILE", "variables") } else { scene };
    let (status, log) = end(scene.start("up"));
    assert_eq!(status.code(), Some(1), "{}", &log[log.len().saturating_sub(2000)..]);
    let mut sinks = split(&log);
    sinks.insert("result", std::fs::read(scene.result_file("up")).unwrap());
    sinks.insert("HTML report", std::fs::read(scene.program.join("report.html")).unwrap());
    sinks.insert("JUnit file", std::fs::read(scene.program.join("junit.xml")).unwrap());
    sinks.insert("summary", scene.summary().into_bytes());
    // The stack's own outputs are handed on as they are, for steps and not for people.
    let own = |name: &String| {
        name != "outputs" && !name.trim_start_matches("out").starts_with(|c: char| c.is_ascii_digit())
    };
    let outputs = scene.github_outputs().into_iter().filter(|(name, _)| own(name));
    sinks.insert("outputs", outputs.map(|(_, value)| value + "\n").collect::<String>().into_bytes());
    sinks.insert("error", error(secrets, known));
    sinks.insert("state file", state_file(secrets, known));
    sinks
}

/// The log's parts, without the lines that tell the CI system what to hide.
fn split(log: &str) -> BTreeMap<&'static str, Vec<u8>> {
    let mut parts: BTreeMap<&'static str, Vec<u8>> = BTreeMap::new();
    let mut fence: Option<String> = None;
    for line in log.lines().filter(|line| !line.starts_with("::add-mask::")) {
        if let Some(token) = line.strip_prefix("::stop-commands::") {
            fence = Some(format!("::{token}::"));
        } else if fence.as_deref() == Some(line) {
            fence = None;
        }
        let sink = match &fence {
            Some(_) => "log",
            None if line.starts_with("::") => "annotations",
            None => "last lines",
        };
        let part = parts.entry(sink).or_default();
        part.extend_from_slice(line.as_bytes());
        part.push(b'\n');
    }
    parts
}

/// A scene that knows one of the secrets, or does not.
fn with_one(scene: Scene, secret: &str, known: bool) -> Scene {
    scene.write("variables", &format!("TOKEN={secret}\n"));
    if known { scene.with("STACKSTEP_ENV_FILE", "variables") } else { scene }
}

/// An error that shows what the engine printed.
fn error(secrets: &[String], known: bool) -> Vec<u8> {
    let secret = secrets.iter().find(|secret| secret.starts_with("https://user")).unwrap();
    let scene = scene(&format!("printf '%s' '{secret}'\n")).with("STACKSTEP_PULUMI_VERSION", "^3");
    split(&end(with_one(scene, secret, known).start("up")).1).into_values().flatten().collect()
}

/// What a killed run leaves for the post step.
fn state_file(secrets: &[String], known: bool) -> Vec<u8> {
    let secret = secrets.iter().find(|secret| secret.starts_with("https://user")).unwrap();
    let scene = scene("echo > \"$ROOT/begun\"\ntrap 'exit 1' INT\nwhile :; do sleep 0.02; done\n")
        .with("GITHUB_SHA", secret);
    let scene = with_one(scene, secret, known);
    let child = scene.start("up");
    until_begun(&scene);
    signal(&child, Signal::SIGKILL);
    end(child);
    let left = scene.github_state()["unfinished"].clone();
    let text = std::fs::read(&left).unwrap();
    scene.run_args(&["finish", &left]).ends_with(0);
    text
}

#[test]
fn of_thousands_of_secrets_none_comes_out_of_any_sink_and_without_the_masker_some_of_each() {
    let all = one_line_secrets(&mut Random(0x5eed_0004));
    assert!(all.len() >= count(), "{} secrets", all.len());
    let texts: Vec<&str> = all.iter().map(String::as_str).collect();
    let finder = Finder::new(&texts);
    let (masked, bare) = (sinks(&all, true), sinks(&all, false));
    let mut rows = String::new();
    let mut leaked = Vec::new();
    for (sink, text) in &bare {
        let found = finder.find(text).len();
        assert!(found > 0, "{sink}: the finder finds nothing without the masker");
        let hidden = finder.find(&masked[sink]);
        let _ = writeln!(rows, "| {sink} | {found} | {} |", hidden.len());
        leaked.extend(hidden.iter().take(3).map(|index| format!("{sink}: {:?}", all[*index])));
    }
    table(
        "secrets",
        &format!(
            "| {} secrets and hostile strings through | found without the masker | with it |\n| --- | ---: | ---: |\n{rows}",
            all.len()
        ),
    );
    assert!(leaked.is_empty(), "{leaked:?}\n{rows}");
}

#[test]
fn of_ordinary_runs_no_byte_is_changed() {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(fixture("recordings")).unwrap() {
        let run = std::fs::read_to_string(entry.unwrap().path().join("run.yaml")).unwrap();
        let run: serde_yaml::Value = serde_yaml::from_str(&run).unwrap();
        all.extend(run["stdout"].as_str().unwrap_or_default().bytes());
        all.push(b'\n');
    }
    let scene =
        scene("cat recorded\n").with("PULUMI_ACCESS_TOKEN", "pul-0123456789abcdef0123456789abcdef01234567");
    std::fs::write(scene.program.join("recorded"), &all).unwrap();
    let output = scene.start("up").wait_with_output().unwrap();
    let printed = output.stdout;
    let fence = b"::stop-commands::";
    let begin = printed.windows(fence.len()).position(|part| part == fence).unwrap();
    let begin = begin + printed[begin..].iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let engine = &printed[begin..begin + all.len()];
    let bytes = all.len();
    let changed = engine.iter().zip(&all).filter(|(printed, recorded)| printed != recorded).count();
    table(
        "innocent",
        &format!(
            "| of ordinary runs | bytes | changed |\n| --- | ---: | ---: |\n| standard output | {bytes} | {changed} |\n"
        ),
    );
    assert!(engine == all, "{changed} bytes were changed");
}
