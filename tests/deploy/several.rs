//! One `deploy` of several stacks: what is handed on is about all of them, and each has a result of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::repository::{MAP, Repository};
use crate::support::{Run, json as read_json};

/// A job for a tag, which deploys `prod` in the projects `network` and `shop`.
struct Tagged {
    repository: Repository,
}

impl Tagged {
    fn new(entry: &str) -> Self {
        let repository = Repository::new(&format!("{MAP}{entry}"));
        repository.git(&["fetch", "-q", "origin"]);
        Self { repository: repository.on_tag("v1") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.repository.scene.root().join("out").join(name)
    }

    fn deploys(&self) -> Run {
        let files = [
            "result-file=result.json",
            "outputs-file=out.env",
            "counts-file=counts.json",
            "report-file=report.html",
        ];
        let files = files.map(|file| {
            let (input, name) = file.split_once('=').unwrap();
            format!("--{input} {}", self.path(name).display())
        });
        self.repository.scene.run(&format!("deploy --upsert {}", files.join(" ")))
    }

    fn outputs(&self) -> BTreeMap<String, String> {
        let text = std::fs::read_to_string(self.path("out.env")).unwrap();
        let lines = text.lines().filter_map(|line| line.strip_prefix("STACK_")?.split_once('='));
        let outputs: Vec<_> = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let all = outputs.iter().cloned().collect::<BTreeMap<_, _>>();
        assert_eq!(all.len(), outputs.len(), "each is handed on once: {text}");
        all
    }

    fn stacks(&self) -> Vec<Value> {
        serde_json::from_str(&self.outputs()["STACKS"]).unwrap()
    }
}

#[test]
fn a_named_result_file_becomes_one_for_each_stack() {
    let job = Tagged::new("");
    std::fs::create_dir(job.path("")).unwrap();
    std::fs::write(job.path("result.json"), "{}").unwrap();
    job.deploys().ends_with(0);
    for project in ["network", "shop"] {
        let path = job.path(&format!("result-{project}-prod.json"));
        assert_eq!(read_json(&path)["project"], project);
        let stack = job.stacks().into_iter().find(|stack| stack["project"] == project).unwrap();
        assert_eq!(stack["result"], path.display().to_string());
    }
    assert!(!job.path("result.json").exists(), "an older result does not pass for this one");
}

#[test]
fn the_outputs_are_those_of_all_stacks_together() {
    let job = Tagged::new("");
    job.deploys().ends_with(0);
    let outputs = job.outputs();
    assert_eq!(outputs["STATUS"], "succeeded");
    assert_eq!(outputs["HAS_CHANGES"], "true");
    assert_eq!(outputs["CHANGES"], r#"{"create":4}"#);
    assert_eq!(outputs["SUMMARY"], "2 stacks: 4 created: demo:index:Thing thing");
    assert_eq!(read_json(job.path("counts.json")), json!({ "create": 4, "update": 0, "delete": 0 }));
}

#[test]
fn what_is_of_one_stack_stands_in_stacks_and_nowhere_else() {
    let job =
        Tagged::new("stacks: { prod: { environment: production, unreviewed: allow, max-deletes: 0 } }\n");
    job.deploys().ends_with(0);
    let outputs = job.outputs();
    for name in ["OUTPUTS", "RESULT", "DIGEST", "PERMALINK"] {
        assert_eq!(outputs[name], "", "{name}");
    }
    assert!(!outputs.contains_key("OUTPUT_url"), "{outputs:?}");
    for stack in job.stacks() {
        assert_eq!((&stack["stack"], &stack["environment"]), (&json!("prod"), &json!("production")));
        assert_eq!((&stack["status"], &stack["has-changes"]), (&json!("succeeded"), &json!(true)));
        assert_eq!(stack["outputs"], json!({ "url": "https://shop.example" }));
        assert!(stack["digest"].as_str().unwrap().starts_with("sha256:"), "{stack}");
    }
}

#[test]
fn no_secret_is_handed_on_of_several_stacks_and_that_is_said() {
    let job = Tagged::new("secret-outputs: url\n");
    job.deploys().ends_with(0).says("`secret-outputs` is not used, as this job runs several stacks");
}

#[test]
fn a_page_shows_all_stacks() {
    let job = Tagged::new("");
    job.deploys().ends_with(0);
    let page = std::fs::read_to_string(job.path("report.html")).unwrap();
    assert!(page.contains("network/prod") && page.contains("shop/prod"), "{page}");
}

#[test]
fn after_a_stack_that_failed_the_others_are_skipped_and_not_known() {
    let job = Tagged::new("stacks: { prod: { unreviewed: allow, rules: { max-creates: 0 } } }\n");
    job.deploys().ends_with(74).never_says("Deployed");
    let outputs = job.outputs();
    assert_eq!((outputs["STATUS"].as_str(), outputs["REASON"].as_str()), ("failed", "rules"));
    assert_eq!((outputs["HAS_CHANGES"].as_str(), outputs["CHANGES"].as_str()), ("true", ""));
    let of = |name: &str| job.stacks().iter().map(|stack| stack[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("status"), ["failed", "skipped"]);
    assert_eq!(of("has-changes"), [json!(true), Value::Null]);
    assert_eq!(read_json(job.path("counts.json")), json!({}));
}

#[test]
fn whether_anything_changes_is_not_known_where_a_stack_was_not_begun() {
    let entry = "unreviewed: allow, checks: [{ run: [\"false\"] }]";
    let job = Tagged::new(&format!("stacks: {{ prod: {{ {entry} }} }}\n"));
    job.deploys().ends_with(77);
    std::fs::remove_file(job.path("out.env")).unwrap();
    job.deploys().ends_with(77);
    let outputs = job.outputs();
    assert_eq!(job.stacks()[0]["has-changes"], false);
    assert_eq!((outputs["HAS_CHANGES"].as_str(), outputs["REASON"].as_str()), ("", "verification"));
}

#[test]
fn that_nothing_changes_has_to_be_known_of_each_stack() {
    let job = Tagged::new("");
    job.deploys().ends_with(0);
    std::fs::remove_file(job.path("out.env")).unwrap();
    job.deploys().ends_with(0);
    let outputs = job.outputs();
    assert_eq!(
        (outputs["HAS_CHANGES"].as_str(), outputs["SUMMARY"].as_str()),
        ("false", "2 stacks: no changes")
    );
}

#[test]
fn a_job_for_one_of_the_folders_has_its_outputs_as_ever() {
    let job = Tagged::new("");
    let line = format!(
        "deploy --upsert --cwd infra/shop --result-file {} --outputs-file {}",
        job.path("result.json").display(),
        job.path("out.env").display()
    );
    job.repository.scene.run(&line).ends_with(0);
    let outputs = job.outputs();
    assert_eq!(outputs["OUTPUT_url"], "https://shop.example");
    assert_eq!(outputs["RESULT"], job.path("result.json").display().to_string());
}
