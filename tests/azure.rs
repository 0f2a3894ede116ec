//! What a step of Azure Pipelines reads in the log: output variables, the page of the build's summary, the verdict.

use crate::support::Scene;

/// A task's step on the main branch.
fn scene() -> Scene {
    let scene = Scene::new("hello");
    let temporary = scene.root().join("temporary").display().to_string();
    scene
        .with("TF_BUILD", "True")
        .with("AGENT_TEMPDIRECTORY", &temporary)
        .with("SYSTEM_TASKINSTANCEID", "12f1170f")
        .with("SYSTEM_TASKDISPLAYNAME", "Deploy dev")
}

#[test]
fn a_secret_output_that_is_listed_is_a_secret_variable_and_the_rest_is_not() {
    let run = scene().run("up --stack dev --upsert --secret-outputs hidden").ends_with(0);
    let log = run.log();
    assert!(log.contains("##vso[task.setvariable variable=hidden;isSecret=true;isOutput=true]"), "{log}");
    assert!(log.contains("##vso[task.setvariable variable=outputs;isSecret=true;isOutput=true]"), "{log}");
    assert!(log.contains("##vso[task.setvariable variable=status;isOutput=true]succeeded\n"), "{log}");
}

#[test]
fn the_page_of_the_build_s_summary_is_a_file_that_the_log_names() {
    let scene = scene();
    let page = scene.root().join("temporary/stackstep/12f1170f/Deploy dev.md");
    scene
        .run("up --stack dev --upsert")
        .ends_with(0)
        .says(&format!("##vso[task.uploadsummary]{}\n", page.display()));
    assert!(std::fs::read_to_string(page).unwrap().contains("hello"));
}

#[test]
fn a_step_whose_report_is_not_whole_has_passed_with_issues() {
    let whole = scene().run("up --stack dev --upsert --markdown-file reports/up.md").ends_with(0);
    assert!(!whole.log().contains("##vso[task.complete"), "{}", whole.log());
    let run = scene().run("up --stack dev --upsert --markdown-file Pulumi.yaml/up.md").ends_with(0);
    assert!(run.log().contains("##vso[task.complete result=SucceededWithIssues]"), "{}", run.log());
}

#[test]
fn the_markdown_file_holds_the_report() {
    let scene = scene();
    scene.run("up --stack dev --upsert --markdown-file reports/up.md").ends_with(0);
    let page = std::fs::read_to_string(scene.program.join("reports/up.md")).unwrap();
    assert!(page.contains("SANDBOX") && page.contains("hello"), "{page}");
}
