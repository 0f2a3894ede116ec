//! Workflows with the official action, moved by changing the one `uses:` line: each has to end as it did with the
//! official action itself, step by step, with the same outputs of each step.
//!
//! `recorded.json` beside a workflow is what the official action did, with the engine of `tools.toml`: its source at
//! `deb0aa33df8474b3c16e68e62f088f61e5c97bda` (v7) was bundled by esbuild with `@pulumi/pulumi` 3.206, laid into a folder
//! beside its `action.yml`, and run by this very test. To record what has no recording:
//!
//! ```console
//! $ OFFICIAL_ACTION=/folder/of/it cargo test --test runners real::migration -- --ignored
//! ```

use super::shown;
use crate::act::harness::{Job, Outcome};
use crate::act::workflows::push;
use crate::harness::engine::Engine;
use crate::tools;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// The folder of each workflow, by name.
fn cases() -> Vec<PathBuf> {
    let folder = tools::root().join("tests/fixtures/migration/real");
    let mut cases: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

fn job(case: &Path, workflow: &str) -> Job {
    let job = Job::of(workflow, &case.join("program"), "push").payload(push("main")).with(Engine::Pulumi);
    let backend = job.backend();
    job.without("PULUMI_BACKEND_URL").env("BACKEND", &backend)
}

/// What later steps see of a run: how each step ended, and which outputs it set. Later steps themselves look for files,
/// and for what the CLI finds.
fn seen(outcome: &Outcome) -> Value {
    let mut steps = Map::new();
    for (id, result) in outcome.step_results() {
        let mut outputs = outcome.outputs(&id);
        // The engine's own words, which have times in them.
        outputs.remove("output");
        steps.insert(id, json!({ "result": result, "outputs": outputs }));
    }
    let seen = json!({ "succeeded": outcome.succeeded, "steps": steps });
    // Each run has a folder of its own.
    let folder = outcome.folder("").display().to_string();
    serde_json::from_str(&seen.to_string().replace(folder.trim_end_matches('/'), "FOLDER")).unwrap()
}

/// Whether both say the same. Ours masks a secret before it sets an output, so that the runner's log has `***` in its
/// place; that the value itself arrives whole is what the steps called `hashes` show.
fn same(recorded: &Value, ours: &Value) -> bool {
    let (Some(mut rest), Some(masked)) =
        (recorded.as_str(), ours.as_str().filter(|text| text.contains("***")))
    else {
        return recorded == ours;
    };
    masked.split("***").all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

/// What the official action did and ours did not. Ours sets more outputs, which is no difference.
fn differences(recorded: &Value, ours: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    let mut compare = |what: String, recorded: &Value, ours: &Value| {
        if !same(recorded, ours) {
            differences.push(format!("{what}: official {recorded}, ours {ours}"));
        }
    };
    compare("the job's success".to_owned(), &recorded["succeeded"], &ours["succeeded"]);
    for (id, step) in recorded["steps"].as_object().unwrap() {
        compare(format!("step {id}"), &step["result"], &ours["steps"][id]["result"]);
        for (name, value) in step["outputs"].as_object().unwrap() {
            compare(format!("{id}.{name}"), value, &ours["steps"][id]["outputs"][name]);
        }
    }
    differences
}

/// Records what the official action does, or holds ours against it; what is wrong.
fn try_one(case: &Path, official: Option<&PathBuf>) -> Option<String> {
    let name = case.file_name().unwrap().to_string_lossy();
    let workflow = std::fs::read_to_string(case.join("workflow.yml")).unwrap();
    let recording = case.join("recorded.json");
    if let Some(folder) = official {
        if !recording.exists() {
            let outcome = job(case, &workflow).official(folder.clone()).run();
            std::fs::write(&recording, format!("{:#}\n", seen(&outcome))).unwrap();
        }
        return None;
    }
    let moved = workflow.replace("uses: pulumi/actions@v6", "uses: stackstep/stackstep/actions/deploy@v1");
    assert_ne!(moved, workflow, "{name} does not use the official action");
    let outcome = job(case, &moved).run();
    let recorded = serde_json::from_str(&std::fs::read_to_string(&recording).unwrap()).unwrap();
    let differences = differences(&recorded, &seen(&outcome));
    (!differences.is_empty()).then(|| format!("{name}:\n  {}\n{}", differences.join("\n  "), outcome.log))
}

#[test]
#[ignore = "needs the Pulumi CLI and act"]
fn moved_workflows_end_as_they_did_with_the_official_action() {
    let official = std::env::var_os("OFFICIAL_ACTION").map(PathBuf::from);
    let cases = cases();
    // Two at a time: each waits for one program most of its time.
    let halves = cases.chunks(cases.len().div_ceil(2));
    let try_all = |half: &[PathBuf]| -> Vec<String> {
        half.iter().filter_map(|case| try_one(case, official.as_ref())).collect()
    };
    let failed: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = halves.map(|half| scope.spawn(|| try_all(half))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let passed = cases.len() - failed.len();
    let line = format!(
        "{passed} of {} workflows end as with the official action, on the real engine\n",
        cases.len()
    );
    tools::table("migration-real", &line);
    assert!(cases.len() >= 20 && failed.is_empty(), "{line}{}", failed.join("\n\n"));
    shown();
}
