//! What holds for GitHub's actions and reusable workflows beyond what holds for every wrapper.

use serde_json::Value;
use stackstep::inputs::{Command, INPUTS, Kind};
use std::collections::BTreeSet;
use std::path::Path;
use xtask::generate::{folders, wrappers};
use xtask::release::table::{Archive, Release};

/// The thin actions and their commands.
const ACTIONS: [(&str, Command); 8] = [
    ("preview", Command::Preview),
    ("up", Command::Up),
    ("refresh", Command::Refresh),
    ("destroy", Command::Destroy),
    ("drift", Command::Drift),
    ("outputs", Command::Outputs),
    ("report", Command::Report),
    ("setup", Command::Install),
];

/// The reusable workflows and the actions that they call.
const WORKFLOWS: [(&str, &str); 2] = [("preview", "preview"), ("deploy", "up")];

fn read(path: &str) -> String {
    std::fs::read_to_string(xtask::root().join(path)).unwrap()
}

fn yaml(path: &str) -> Value {
    serde_yaml::from_str(&read(path)).unwrap()
}

fn names(mapping: &Value) -> BTreeSet<String> {
    mapping.as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
}

fn inputs_of(action: &str) -> BTreeSet<String> {
    names(&yaml(&format!("actions/{action}/action.yml"))["inputs"])
}

/// What the wrapper that makes `file` leaves out, with a reason.
fn left_out(file: &str) -> BTreeSet<String> {
    let folders = folders(&xtask::root()).unwrap();
    let folder = folders.iter().find(|folder| folder.name == "actions").unwrap();
    let wrapper = folder.spec.wrappers.iter().find(|wrapper| wrapper.files.contains_key(file)).unwrap();
    folder.left_out(wrapper).into_keys().collect()
}

#[test]
fn each_action_declares_exactly_what_its_command_reads() {
    for (action, command) in ACTIONS {
        let left_out = left_out(&format!("{action}/action.yml"));
        let read = INPUTS.iter().filter(|input| input.applies_to(command)).map(|input| input.name.to_owned());
        let wanted: BTreeSet<_> = read.filter(|name| !left_out.contains(name)).collect();
        assert_eq!(inputs_of(action), wanted, "{action}");
    }
}

#[test]
fn no_input_of_an_action_has_a_default_but_the_token() {
    for (action, _) in ACTIONS {
        let action = yaml(&format!("actions/{action}/action.yml"));
        for (name, input) in action["inputs"].as_object().unwrap() {
            assert!(input.get("default").is_none() || name == "github-token", "{name}");
        }
    }
}

#[test]
fn a_workflow_has_every_input_of_its_action_or_a_reason_and_hands_each_on() {
    for (workflow, action) in WORKFLOWS {
        let document = yaml(&format!(".github/workflows/{workflow}.yml"));
        let call = &document["on"]["workflow_call"];
        let steps = document["jobs"][workflow]["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["id"] == "stackstep").unwrap();
        let declared = inputs_of(action);
        let left_out = left_out(&format!("/.github/workflows/{workflow}.yml"));
        for input in INPUTS.iter().filter(|input| declared.contains(input.name)) {
            let secret = input.name.replace('-', "_").to_uppercase();
            let handed = &step["with"][input.name];
            if left_out.contains(input.name) {
                assert!(!handed.to_string().contains("inputs."), "{workflow}: `{}` is left out", input.name);
            } else if input.kind == Kind::Secret {
                assert!(call["secrets"].get(&secret).is_some(), "{workflow}: no `{secret}`");
                assert_eq!(*handed, format!("${{{{ secrets.{secret} }}}}"));
            } else {
                assert_eq!(call["inputs"][input.name]["type"], "string", "{workflow}: {}", input.name);
                assert!(call["inputs"][input.name].get("default").is_none(), "{workflow}: {}", input.name);
                assert_eq!(*handed, format!("${{{{ inputs.{} }}}}", input.name));
            }
        }
        let unknown: Vec<_> = names(&step["with"]).difference(&declared).cloned().collect();
        assert!(unknown.is_empty(), "{workflow} hands on what the action does not take: {unknown:?}");
        assert_eq!(step["uses"], format!("$/actions/{action}"), "another commit's action");
    }
}

#[test]
fn a_preview_is_cancelled_by_the_next_one_and_a_deployment_never() {
    let of = |workflow: &str| {
        yaml(&format!(".github/workflows/{workflow}.yml"))["jobs"][workflow]["concurrency"].clone()
    };
    assert_eq!(of("preview")["cancel-in-progress"], true);
    assert_eq!(of("deploy")["cancel-in-progress"], false);
    assert_eq!(of("deploy")["queue"], "max");
    for (workflow, _) in WORKFLOWS {
        let group = of(workflow)["group"].as_str().unwrap().to_owned();
        assert!(group.contains("inputs.stack") && group.contains("inputs.cwd"), "{group}");
    }
}

#[test]
fn a_workflow_grants_nothing_but_what_its_one_job_names() {
    for (workflow, permissions) in
        [("preview", &["contents", "id-token", "pull-requests"][..]), ("deploy", &["contents", "id-token"])]
    {
        let document = yaml(&format!(".github/workflows/{workflow}.yml"));
        assert_eq!(document["permissions"], serde_json::json!({}));
        let granted = names(&document["jobs"][workflow]["permissions"]);
        assert_eq!(granted, permissions.iter().map(|name| (*name).to_owned()).collect(), "{workflow}");
        assert_eq!(document["jobs"][workflow]["permissions"]["contents"], "read");
    }
}

/// The jobs of the workflow that carries out the map, with what each may do, in the order of their names.
const DELIVERY: [(&str, &[&str]); 5] = [
    ("approve", &[]),
    ("deploy", &["actions", "checks", "contents", "deployments", "id-token", "pull-requests", "statuses"]),
    ("gather", &[]),
    ("plan", &["contents"]),
    ("preview", &["contents", "id-token", "pull-requests", "statuses"]),
];

fn delivery() -> Value {
    yaml(".github/workflows/delivery.yml")["jobs"].clone()
}

#[test]
fn each_job_of_a_delivery_may_do_what_it_needs_and_no_more() {
    let jobs = delivery();
    let granted: Vec<(String, BTreeSet<String>)> = jobs
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, job)| (name.clone(), names(&job["permissions"])))
        .collect::<std::collections::BTreeMap<_, _>>()
        .into_iter()
        .collect();
    let wanted = DELIVERY.map(|(name, granted)| {
        (name.to_owned(), granted.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>())
    });
    assert_eq!(granted, wanted);
    for job in ["approve", "plan", "preview"] {
        assert!(jobs[job]["permissions"].get("deployments").is_none(), "{job}");
    }
}

/// GitHub starts no workflow whose jobs ask for more than its caller grants.
#[test]
fn the_example_of_three_stages_grants_what_each_job_of_the_delivery_asks_for() {
    let granted = yaml("actions/examples/three-stages.yml")["jobs"]["delivery"]["permissions"].clone();
    let jobs = delivery();
    let asked = jobs.as_object().unwrap().values().flat_map(|job| job["permissions"].as_object().unwrap());
    for (permission, level) in asked {
        let enough = granted[permission] == *level || granted[permission] == "write";
        assert!(enough, "{permission}: {level} is asked for, and {} granted", granted[permission]);
    }
}

#[test]
fn a_job_that_waits_for_a_person_has_no_secrets_and_holds_no_group_of_a_deployment() {
    let jobs = delivery();
    assert!(!jobs["approve"].to_string().contains("secrets."));
    let group = |job: &str| jobs[job]["concurrency"]["group"].as_str().unwrap().to_owned();
    assert!(group("approve").contains("github.run_id"), "{}", group("approve"));
    assert!(
        group("deploy").contains("matrix.stack") && !group("deploy").contains("run_id"),
        "{}",
        group("deploy")
    );
    assert_eq!(jobs["deploy"]["concurrency"]["cancel-in-progress"], false);
    assert_eq!(jobs["deploy"]["concurrency"]["queue"], "max");
    assert_ne!(jobs["approve"]["environment"], jobs["deploy"]["environment"]["name"]);
}

#[test]
fn what_previews_never_deploys_and_what_deploys_runs_the_map() {
    let jobs = delivery();
    let step = |job: &str| {
        let steps = jobs[job]["steps"].as_array().unwrap();
        steps.iter().find(|step| step["id"] == "stackstep").unwrap()["with"].clone()
    };
    let command = step("preview")["command"].as_str().unwrap().to_owned();
    assert_eq!(command, "${{ needs.plan.outputs.command == 'preview' && 'deploy' || 'preview' }}");
    assert_eq!(step("deploy")["command"], "deploy");
    for job in ["preview", "deploy"] {
        let declared = inputs_of("deploy");
        let unknown: Vec<_> = names(&step(job)).difference(&declared).cloned().collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}

#[test]
fn every_action_of_others_is_pinned_by_a_full_sha_with_its_version() {
    let root = xtask::root();
    let mut pinned = 0;
    for folder in [".github/workflows", "actions/examples"] {
        for path in crate::files_ending(&root.join(folder), &[".yml"]) {
            let text = std::fs::read_to_string(&path).unwrap();
            for line in
                text.lines().filter(|line| line.trim_start().trim_start_matches("- ").starts_with("uses:"))
            {
                if line.contains("\"$/") || line.contains("\"stackstep/stackstep/") {
                    continue;
                }
                assert!(is_pinned(line), "{}: {line}", path.display());
                pinned += 1;
            }
        }
    }
    assert!(pinned > 10, "only {pinned} found");
}

/// `uses: "owner/name@<40 digits>" # v1.2.3`
fn is_pinned(line: &str) -> bool {
    let parts = line.split_once('@').and_then(|(_, rest)| rest.split_once("\" # v"));
    parts.is_some_and(|(sha, version)| {
        sha.len() == 40 && sha.bytes().all(|byte| byte.is_ascii_hexdigit()) && version.contains('.')
    })
}

#[test]
fn what_is_generated_outside_of_the_wrappers_folders_is_the_same_in_each_release() {
    let root = xtask::root();
    let sum = |digit: &str| digit.repeat(64);
    let target = "x86_64-unknown-linux-musl".to_owned();
    let archive = Archive { target, sha256: sum("a"), stackstep: sum("b"), sandbox: sum("c") };
    let release = Release { version: "1.2.3".into(), archive: vec![archive] };
    let outside = |release: &Release| {
        let files = wrappers(&root, release).unwrap().into_iter();
        let is_outside = |path: &Path| path.starts_with(".github");
        files.filter(|file| is_outside(&file.path)).map(|file| (file.path, file.text)).collect::<Vec<_>>()
    };
    assert_eq!(outside(&Release::default()).len(), 3);
    assert_eq!(outside(&Release::default()), outside(&release));
}
