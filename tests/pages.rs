//! `report-file` and `junit-file`, written by the real binary: in every kind of run, whole, and without secrets.

use crate::support::{PASSPHRASE, Scene};

fn read(scene: &Scene, name: &str) -> String {
    std::fs::read_to_string(scene.program.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn asking() -> Scene {
    let scene = Scene::new("hello");
    scene.with("STACKSTEP_REPORT_FILE", "out/report.html").with("STACKSTEP_JUNIT_FILE", "out/junit.xml")
}

#[test]
fn a_deployment_leaves_a_page_and_a_junit_file() {
    let scene = asking();
    scene.run("up --stack dev --upsert").ends_with(0);
    let page = read(&scene, "out/report.html");
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"), "{page}");
    assert!(page.contains("<h1>") && page.contains("Deployed <code>hello/dev</code>"), "{page}");
    assert!(!page.contains(PASSPHRASE), "a secret");
    let xml = read(&scene, "out/junit.xml");
    assert!(xml.contains("<testsuite name=\"hello/dev\" tests=\"1\" failures=\"0\""), "{xml}");
}

#[cfg(unix)]
#[test]
fn another_user_may_read_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = asking();
    scene.run("preview --stack dev --upsert").ends_with(0);
    for name in ["out/report.html", "out/junit.xml"] {
        let mode = std::fs::metadata(scene.program.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "{name}");
    }
}

#[test]
fn no_page_of_a_job_names_a_file_on_its_machine_which_is_gone_when_it_is_read() {
    let asked = |scene: Scene| {
        scene.with("STACKSTEP_REPORT_FILE", "report.html").with("STACKSTEP_MARKDOWN_FILE", "report.md")
    };
    let line = "preview --stack dev --upsert --result-file kept.json";
    let own = asked(Scene::new("hello"));
    own.run(line).ends_with(0);
    assert!(read(&own, "report.html").contains("kept.json") && read(&own, "report.md").contains("kept.json"));
    let job = asked(Scene::new("hello").on_github());
    job.run(line).ends_with(0).says("kept.json");
    for name in ["report.html", "report.md"] {
        let page = read(&job, name);
        assert!(!page.contains("kept.json"), "{page}");
    }
}

#[test]
fn a_run_that_an_error_of_ours_ends_has_them_too() {
    let scene = asking().with("STACKSTEP_ENGINE", "./no-such-engine");
    let run = scene.run("up --stack dev");
    assert_ne!(run.status(), 0);
    assert!(read(&scene, "out/report.html").contains("<section class=\"failure\""));
    assert!(read(&scene, "out/junit.xml").contains("<failure type=\"install\""));
}

#[test]
fn a_file_that_cannot_be_written_is_a_warning() {
    let scene = Scene::new("hello").with("STACKSTEP_JUNIT_FILE", "file/junit.xml");
    let scene = scene.with("STACKSTEP_REPORT_FILE", "report.html");
    scene.write("file", "in the way");
    scene
        .run("up --stack dev --upsert")
        .ends_with(0)
        .says("the JUnit file could not be written")
        .never_says("the HTML report could not be written");
    assert!(scene.program.join("report.html").exists());
}

#[test]
fn a_page_of_a_repository_that_may_be_public_has_no_values() {
    let scene = asking();
    scene.run("up --stack dev --upsert").ends_with(0);
    let detailed = asking().with("STACKSTEP_DETAIL", "values");
    detailed.run("up --stack dev --upsert").ends_with(0);
    let [careful, open] = [scene, detailed].map(|scene| read(&scene, "out/report.html"));
    assert!(!careful.contains("<pre>") && open.contains("<ins>"), "{careful}");
}

#[cfg(unix)]
#[test]
fn the_post_step_of_a_killed_run_writes_them() {
    use crate::support::scripted::{end, scene, signal, until_begun};
    let scene = scene("echo > \"$ROOT/begun\"\ntrap 'exit 1' INT\nwhile :; do sleep 0.02; done\n")
        .with("STACKSTEP_REPORT_FILE", "report.html")
        .with("STACKSTEP_JUNIT_FILE", "junit.xml");
    let child = scene.start("up");
    until_begun(&scene);
    signal(&child, nix::sys::signal::Signal::SIGKILL);
    end(child);
    let left = scene.github_state()["unfinished"].clone();
    scene.run_args(&["finish", &left]).ends_with(0);
    assert!(read(&scene, "report.html").contains("a later step has put this together"));
    assert!(read(&scene, "junit.xml").contains("failures=\"1\""));
}
