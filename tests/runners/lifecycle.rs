//! The examples of review stacks, of the sweep and of drift: what each system's jobs start, and with whose identity. What comes of
//! it is shown on the CLI itself, in `act` and `gitlab_ci_local`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::circleci::orb::{Config, read as read_config};
use crate::harness::machine::{arrived, run, with_shim};
use crate::harness::travis::Travis;
use crate::harness::{Event, Place, Wrapper as _, circleci, cloud_build, codebuild, codefresh, fixture};
use crate::tools;

/// What the shim does: it keeps the file of the processes that destroy, and where it is.
const KEEP: &str =
    "if [ \"$1\" = reap ]; then cp \"$3\" \"${0%/*}/review.env\"; printf %s \"$3\" >\"${0%/*}/path\"; fi";

/// The lines of that file, as a person has them, and in base64.
const REVIEW_ENV: &str = "PULUMI_CONFIG_PASSPHRASE='it is $HOME'\nSTACKSTEP_FORGE_TOKEN='t'";
const IN_BASE64: &str =
    "UFVMVU1JX0NPTkZJR19QQVNTUEhSQVNFPSdpdCBpcyAkSE9NRScKU1RBQ0tTVEVQX0ZPUkdFX1RPS0VOPSd0Jw==";

/// A machine with the shim in the binary's place, and the bootstrap of a release.
fn place() -> Place {
    let place = with_shim(KEEP);
    std::fs::create_dir(place.repository().join("ci")).unwrap();
    let bootstrap = tools::root().join("bootstrap/stackstep.sh");
    std::fs::copy(bootstrap, place.repository().join("ci/stackstep.sh")).unwrap();
    place
}

fn example(path: &str) -> Value {
    let text = std::fs::read_to_string(tools::root().join(path)).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

/// Asserts that the command passes and starts `line` once. Returns the environment of that.
#[track_caller]
fn starts(place: &Place, command: Command, line: &str) -> BTreeMap<String, String> {
    let (status, said) = run(command);
    assert_eq!(status, 0, "{said}");
    let (arguments, environment) = arrived(place);
    assert_eq!(arguments, format!("{line}\n"), "{said}");
    environment
}

/// Asserts that the command is that of a review stack's job.
#[track_caller]
fn reviews(place: &Place, command: Command, verb: &str) {
    let environment = starts(place, command, &format!("review {verb}"));
    assert_eq!(environment["STACKSTEP_CWD"], "infra/shop");
    assert_eq!(environment["STACKSTEP_ENVIRONMENT_URL"], "url");
    assert!(environment["STACKSTEP_CLOUD_URL"].contains("review"), "{environment:?}");
}

/// Asserts that the command sweeps, that the file of the destroying processes begins with these lines and is gone afterwards, and
/// that the sweep's own environment does not have them.
#[track_caller]
fn sweeps(place: &Place, command: Command, wanted: &str) {
    let (status, said) = run(command);
    assert_eq!(status, 0, "{said}");
    let (arguments, environment) = arrived(place);
    let path = std::fs::read_to_string(place.beside("shim/path")).unwrap();
    assert_eq!(arguments, format!("reap --destroy-env {path}\n"));
    let file = std::fs::read_to_string(place.beside("shim/review.env")).unwrap();
    assert!(file.starts_with(wanted), "{file}");
    assert!(!PathBuf::from(path).exists(), "the file with the secrets is left behind");
    assert!(environment.values().all(|value| !value.contains("it is $HOME")), "{environment:?}");
    assert!(environment["STACKSTEP_CLOUD_URL"].contains("review"), "{environment:?}");
}

#[test]
#[ignore = "needs bash"]
fn circleci_deploys_and_closes_by_events_and_sweeps_by_a_schedule() {
    let config = Config::new(read_config(&tools::root().join("circleci-orb/examples/review-stacks.yml")));
    assert_eq!(config.complaints(), [""; 0]);
    let job = |place: &Place, name: &str, arguments: &Value, more: &[(&str, &str)]| {
        std::os::unix::fs::symlink(place.repository(), place.beside("home/project")).unwrap();
        let mut variables = circleci::environment(place, Event::ChangeRequest);
        variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let arguments: Map<String, Value> = arguments.as_object().unwrap().clone();
        circleci::shell(place, &config.steps(name, &arguments).unwrap(), &variables)
    };
    for verb in ["up", "down"] {
        let place = place();
        let command = job(&place, "review", &json!({ "verb": verb, "number": "7" }), &[]);
        reviews(&place, command, verb);
        assert_eq!(arrived(&place).1["STACKSTEP_CHANGE_REQUEST"], "7");
    }
    let place = place();
    let command = job(&place, "reap", &json!({}), &[("REVIEW_ENV", IN_BASE64)]);
    sweeps(&place, command, REVIEW_ENV);
}

#[test]
fn each_job_of_circleci_has_a_context_of_its_own() {
    let config = example("circleci-orb/examples/review-stacks.yml");
    let workflows = config["workflows"].as_object().unwrap();
    let context = |name: &str| {
        let (_, keys) = workflows[name]["jobs"][0].as_object().unwrap().iter().next().unwrap();
        keys["context"].as_str().unwrap().to_owned()
    };
    let contexts = ["opened-or-pushed", "merged", "reap", "drift"].map(context);
    assert_eq!(contexts, ["review", "review", "reap", "drift"].map(|name| format!("infrastructure-{name}")));
}

#[test]
#[ignore = "needs bash"]
fn azure_deploys_the_head_of_a_pull_request_and_sweeps_by_a_schedule() {
    let pipeline = example("azure-tasks/examples/review-stacks.yml");
    let step = |stage: usize| {
        let steps = pipeline["stages"][stage]["jobs"][0]["steps"].as_array().unwrap();
        steps.iter().find(|step| step.get("bash").is_some()).unwrap().clone()
    };
    // A variable of the pipeline's is filled in by the service.
    let command = |place: &Place, step: &Value, more: &[(&str, &str)]| {
        let mut bash = Command::new("bash");
        bash.args(["-c", step["bash"].as_str().unwrap()]).current_dir(place.repository());
        bash.env_clear().envs(place.environment());
        bash.env("STACKSTEP_CLOUD_URL", pipeline["variables"][0]["value"].as_str().unwrap());
        bash.envs(
            step["env"].as_object().unwrap().iter().map(|(name, value)| (name, value.as_str().unwrap())),
        );
        bash.envs(more.iter().copied());
        bash
    };
    let review = place();
    let git = |arguments: &[&str]| crate::harness::mapped::git(&review, arguments);
    let commit = |message: &str| {
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        git(&[&who[..], &["commit", "--quiet", "--allow-empty", "-m", message]].concat());
    };
    git(&["init", "--quiet", "--initial-branch", "main"]);
    commit("x");
    let head = git(&["rev-parse", "HEAD"]);
    commit("y");
    let given = [("SYSTEM_PULLREQUEST_SOURCECOMMITID", head.as_str())];
    reviews(&review, command(&review, &step(0), &given), "up");
    assert_eq!(git(&["rev-parse", "HEAD"]), head);
    let sweep = place();
    let file = sweep.beside("review.env").display().to_string();
    std::fs::write(&file, REVIEW_ENV).unwrap();
    starts(
        &sweep,
        command(&sweep, &step(1), &[("REVIEW_ENV", &file)]),
        &format!("reap --destroy-env {file}"),
    );
}

#[test]
fn each_stage_of_azure_has_a_group_of_its_own_and_its_schedule() {
    let pipeline = example("azure-tasks/examples/review-stacks.yml");
    let stages = pipeline["stages"].as_array().unwrap();
    let groups: Vec<_> =
        stages.iter().map(|stage| stage["variables"][0]["group"].as_str().unwrap()).collect();
    assert_eq!(groups, ["shop-review", "shop-reap", "shop-drift"]);
    for (schedule, stage) in pipeline["schedules"].as_array().unwrap().iter().zip(&stages[1..]) {
        let name = schedule["displayName"].as_str().unwrap();
        let condition = format!("eq(variables['Build.CronSchedule.DisplayName'], '{name}')");
        assert_eq!((&stage["condition"], &schedule["always"]), (&condition.into(), &true.into()));
    }
}

#[test]
#[ignore = "needs a shell"]
fn cloud_build_deploys_by_a_trigger_and_sweeps_by_another() {
    let secrets = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let review = place();
    let given = fixture("google-cloud-build", "pull-request");
    let build = example("cloud-build/examples/review-stacks.yaml");
    let command =
        cloud_build::step(&review, &build, 0, &given, &secrets(&[("PULUMI_CONFIG_PASSPHRASE", "p")]));
    reviews(&review, command, "up");
    assert_eq!(arrived(&review).1["_PR_NUMBER"], given["_PR_NUMBER"]);
    let sweep = place();
    let build = example("cloud-build/examples/reap.yaml");
    let command =
        cloud_build::step(&sweep, &build, 0, &BTreeMap::new(), &secrets(&[("REVIEW_ENV", REVIEW_ENV)]));
    sweeps(&sweep, command, REVIEW_ENV);
    for (trigger, file) in [("trigger-review", "review-stacks.yaml"), ("trigger-reap", "reap.yaml")] {
        let trigger = example(&format!("cloud-build/examples/{trigger}.yaml"));
        let named = trigger["filename"].as_str().or(trigger["gitFileSource"]["path"].as_str());
        assert_eq!(named, Some(format!("ci/{file}").as_str()));
        assert!(trigger["serviceAccount"].as_str().unwrap().contains("/stackstep-review@"), "{trigger}");
    }
}

#[test]
#[ignore = "needs a shell"]
fn codebuild_deploys_closes_and_sweeps() {
    let spec = example("codebuild/examples/review-stacks.yml");
    for (event, verb) in [
        ("PULL_REQUEST_CREATED", "up"),
        ("PULL_REQUEST_UPDATED", "up"),
        ("PULL_REQUEST_REOPENED", "up"),
        ("PULL_REQUEST_CLOSED", "down"),
        ("PULL_REQUEST_MERGED", "down"),
    ] {
        let place = place();
        let mut project = fixture("aws-codebuild", "pull-request");
        project.insert("CODEBUILD_WEBHOOK_EVENT".to_owned(), event.to_owned());
        reviews(&place, codebuild::build(&place, &spec, &project), verb);
    }
    let sweep = place();
    let mut project = fixture("aws-codebuild", "schedule");
    project.insert("REVIEW_ENV".to_owned(), REVIEW_ENV.to_owned());
    project.insert("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI".to_owned(), "/v2/credentials/x".to_owned());
    let command = codebuild::build(&sweep, &example("codebuild/examples/reap.yml"), &project);
    let role = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/x\nAWS_REGION=eu-central-1";
    sweeps(&sweep, command, &format!("{REVIEW_ENV}\n{role}"));
    let drift = place();
    let project = fixture("aws-codebuild", "schedule");
    starts(&drift, codebuild::build(&drift, &example("codebuild/examples/drift.yml"), &project), "drift");
}

#[test]
fn the_projects_of_codebuild_hear_of_pull_requests_that_close_and_have_a_role_for_review_stacks_alone() {
    let resources = example("codebuild/examples/review-projects.yml")["Resources"].clone();
    let filters = resources["ReviewProject"]["Properties"]["Triggers"]["FilterGroups"].to_string();
    assert!(filters.contains("PULL_REQUEST_CLOSED, PULL_REQUEST_MERGED"), "{filters}");
    let role = |project: &str| resources[project]["Properties"]["ServiceRole"].clone();
    assert_eq!(role("ReviewProject"), role("ReapProject"));
    assert_ne!(role("ReviewProject"), role("DriftProject"));
    for name in ["Reap", "Drift"] {
        let target = &resources[&format!("{name}Schedule")]["Properties"]["Targets"][0]["Arn"];
        assert_eq!(target, &json!({ "Fn::GetAtt": [format!("{name}Project"), "Arn"] }));
    }
}

#[test]
#[ignore = "needs a shell"]
fn codefresh_deploys_closes_and_sweeps() {
    // https://codefresh.io/docs/docs/pipelines/steps/freestyle/
    let command = |place: &Place, step: &Value, more: &[(&str, &str)]| {
        let commands = step["commands"].as_array().unwrap().iter().map(|one| one.as_str().unwrap());
        let script = format!("set -e; {}", commands.collect::<Vec<_>>().join(";"));
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &script]).current_dir(place.repository()).env_clear().envs(place.environment());
        shell.envs(codefresh::build(place, Event::ChangeRequest));
        let pairs = step["environment"].as_array().unwrap().iter();
        shell.envs(pairs.map(|pair| pair.as_str().unwrap().split_once('=').unwrap()));
        shell.envs(more.iter().copied());
        shell
    };
    let step = example("codefresh/examples/review-stacks.yml")["steps"]["review"].clone();
    for (action, verb) in [("opened", "up"), ("synchronize", "up"), ("labeled", "up"), ("closed", "down")] {
        let place = place();
        let command = command(&place, &step, &[("CF_PULL_REQUEST_ACTION", action)]);
        reviews(&place, command, verb);
    }
    let place = place();
    let step = example("codefresh/examples/reap.yml")["steps"]["reap"].clone();
    sweeps(&place, command(&place, &step, &[("REVIEW_ENV", IN_BASE64)]), REVIEW_ENV);
}

#[test]
fn the_pipelines_of_codefresh_have_an_identity_each_and_end_no_deployment() {
    let spec = |name: &str| example(&format!("codefresh/examples/pipeline-{name}.yml"))["spec"].clone();
    let (review, reap) = (spec("review"), spec("reap"));
    assert!(review["triggers"][0]["events"].as_array().unwrap().contains(&json!("pullrequest.closed")));
    assert!(review.get("terminationPolicy").is_none());
    assert_ne!(review["contexts"], reap["contexts"]);
    assert_eq!(
        (&reap["cronTriggers"][0]["expression"], &reap["concurrency"]),
        (&json!("17 * * * *"), &json!(1))
    );
}

#[test]
#[ignore = "needs bash"]
fn travis_deploys_and_once_a_day_sweeps_and_looks() {
    let jobs = example("travis/examples/review-stacks.yml")["jobs"]["include"].clone();
    let command = |place: &Place, job: &Value, more: &[(&str, &str)]| {
        let mut bash = Travis.command(place, Event::Push, &[]);
        let file = place.beside("job.sh");
        let text = std::fs::read_to_string(&file).unwrap();
        let own = "STACKSTEP_OUTPUTS_FILE=\"${STACKSTEP_OUTPUTS_FILE:-.stackstep/outputs.sh}\" stackstep run";
        assert!(text.contains(own), "{text}");
        let lines = job["script"].as_array().cloned().unwrap_or_else(|| vec![job["script"].clone()]);
        let lines: Vec<_> = lines.iter().map(|line| line.as_str().unwrap()).collect();
        std::fs::write(&file, text.replace(own, &lines.join("\n"))).unwrap();
        // The variables of the job and of all jobs; https://docs.travis-ci.com/user/environment-variables/
        let of_the_job = job["env"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for pair in of_the_job.chain(["STACKSTEP_CWD=\"infra/shop\""]).flat_map(str::split_whitespace) {
            let (name, value) = pair.split_once('=').unwrap();
            bash.env(name, value.trim_matches('"'));
        }
        bash.envs(more.iter().copied());
        bash
    };
    for (job, condition) in jobs.as_array().unwrap().iter().zip(["pull_request", "cron", "cron"]) {
        assert_eq!(job["if"], format!("type = {condition}"));
        assert!(job["env"].to_string().contains("\"secure\""), "{job}");
    }
    let review = place();
    reviews(&review, command(&review, &jobs[0], &[]), "up");
    let sweep = place();
    sweeps(&sweep, command(&sweep, &jobs[1], &[("REVIEW_ENV", IN_BASE64)]), REVIEW_ENV);
    let drift = place();
    starts(&drift, command(&drift, &jobs[2], &[]), "drift");
}

#[test]
#[ignore = "needs a shell"]
fn woodpecker_deploys_closes_and_sweeps() {
    let steps = example("woodpecker/examples/review-stacks.yaml")["steps"].clone();
    // The lines are one script, and `$$` is a dollar sign: https://woodpecker-ci.org/docs/usage/workflow-syntax#commands
    let command = |place: &Place, step: &Value, more: &[(&str, &str)]| {
        let bin = place.beside("image");
        std::fs::create_dir(&bin).unwrap();
        std::fs::copy(tools::root().join("woodpecker/plugin.sh"), bin.join("stackstep")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(bin.join("stackstep"), mode).unwrap();
        let lines = step["commands"].as_array().unwrap().iter().map(|line| line.as_str().unwrap());
        let script = format!("set -e\n{}\n", lines.collect::<Vec<_>>().join("\n").replace("$$", "$"));
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &script]).current_dir(place.repository()).env_clear().envs(place.environment());
        shell.env("PATH", format!("{}:{}", bin.display(), place.environment()["PATH"]));
        let plain = step["environment"].as_object().unwrap().iter();
        shell.envs(plain.filter_map(|(name, value)| Some((name, value.as_str()?))));
        shell.envs(more.iter().copied());
        shell
    };
    for (at, event, verb) in [(0, "pull_request", "up"), (1, "pull_request_closed", "down")] {
        assert_eq!(steps[at]["when"][0]["event"], event);
        let place = place();
        reviews(&place, command(&place, &steps[at], &[]), verb);
    }
    let sweep = place();
    sweeps(&sweep, command(&sweep, &steps[2], &[("REVIEW_ENV", REVIEW_ENV)]), REVIEW_ENV);
    let secrets = |at: usize| steps[at]["environment"]["AWS_ACCESS_KEY_ID"]["from_secret"].clone();
    assert!(secrets(0) == secrets(1) && secrets(0) != secrets(2));
}
