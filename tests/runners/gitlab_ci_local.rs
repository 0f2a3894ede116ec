//! The GitLab templates, run by gitlab-ci-local with the shell executor, and the pipeline that it makes of them.
//!
//! It says `GITLAB_CI=false`, so the jobs here are told that they run on GitLab. Without `--shell-isolation`: that one
//! makes the workspace anew before `after_script`, which GitLab's runner does not.

mod delivery;
mod fleets;
mod stages;

use crate::harness::engine::Engine;
use crate::tools;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A repository that includes the templates, and beside it what a runner needs.
struct Pipeline {
    folder: tempfile::TempDir,
    engine: Engine,
}

/// How each form of `include` names a template.
const LOCAL: &str = "local: suite/gitlab-templates/templates/NAME.yml";
const PROJECT: &str =
    "project: stackstep/stackstep\n    ref: v1\n    file: /gitlab-templates/templates/NAME.yml";
const COMPONENT: &str = "component: gitlab.com/stackstep/templates/NAME@v1";

const ALL: &str = "stack: dev, engine: sandbox, environment: production";

fn include(form: &str, name: &str, inputs: &str) -> String {
    format!("  - {}\n    inputs: {{ {inputs} }}\n", form.replace("NAME", name))
}

impl Pipeline {
    fn new(configuration: &str) -> Self {
        Self::on(Engine::Sandbox, configuration)
    }

    fn on(engine: Engine, configuration: &str) -> Self {
        Self::with_file(engine, configuration, "")
    }

    /// The same with this `stackstep.yaml`, and a remote that has the branch `main`.
    fn with_file(engine: Engine, configuration: &str, file: &str) -> Self {
        Self::laid(engine, configuration, !file.is_empty(), |repository| {
            engine.program(repository);
            if !file.is_empty() {
                std::fs::write(repository.join("stackstep.yaml"), file).unwrap();
            }
        })
    }

    /// A repository in which `lay` puts the files of a person; whether the remote is the repository itself.
    fn laid(engine: Engine, configuration: &str, is_remote: bool, lay: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let templates = tools::root().join("gitlab-templates");
        for name in ["home", "state"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        tools::copy(&templates, &root.join("repository/suite/gitlab-templates"));
        tools::copy(&templates, &root.join("suite/gitlab-templates"));
        tools::copy(&templates, &root.join("components"));
        std::fs::write(root.join("repository/.gitlab-ci.yml"), configuration).unwrap();
        lay(&root.join("repository"));
        for name in ["repository", "suite", "components"] {
            let git = |arguments: &[&str]| {
                let mut git = Command::new("git");
                git.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(arguments);
                assert!(git.current_dir(root.join(name)).stdout(Stdio::null()).status().unwrap().success());
            };
            git(&["init", "--quiet", "--initial-branch", "main"]);
            git(&["add", "."]);
            git(&["commit", "--quiet", "--message", "a change"]);
            git(&["tag", "v1"]);
            git(&["remote", "add", "origin", "https://gitlab.com/acme/hello.git"]);
        }
        // Published names come from the disk.
        let instead = |name: &str, url: &str| {
            format!("[url \"file://{}\"]\n\tinsteadOf = {url}\n", root.join(name).display())
        };
        // The tool finds its server by the remote's own address, which has to stay where nothing is fetched from it.
        let own = if is_remote {
            instead("repository", "https://gitlab.com/acme/hello.git")
        } else {
            String::new()
        };
        let config = instead("suite", "https://gitlab.com/stackstep/stackstep.git")
            + &instead("components", "https://gitlab.com/stackstep/templates.git")
            + &own
            + "[protocol \"file\"]\n\tallow = always\n";
        std::fs::write(root.join("home/.gitconfig"), config).unwrap();
        Self { folder, engine }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let tool = tools::folder("gitlab-ci-local");
        let path = self.engine.path().into_string().unwrap();
        let bin = |name: &str| tool.join(name).display().to_string();
        let path = [bin("node_modules/node/bin"), bin("usr/bin"), path].join(":");
        let backend = format!("PULUMI_BACKEND_URL=file://{}", self.path("state").display());
        let binary = format!("STACKSTEP_BIN={}", env!("CARGO_BIN_EXE_stackstep"));
        let mut command = Command::new(tool.join("node_modules/.bin/gitlab-ci-local"));
        command.args(arguments).current_dir(self.path("repository")).env_clear();
        for variable in [&binary, &backend, "PULUMI_CONFIG_PASSPHRASE=a passphrase", "GITLAB_CI=true"] {
            command.args(["--variable", variable]);
        }
        command.env("PATH", path).env("HOME", self.path("home"));
        let told =
            "GITLAB_CI,CI_PIPELINE_SOURCE,CI_COMMIT_BRANCH,CI_COMMIT_TAG,CI_DEFAULT_BRANCH,CI_PROJECT_PATH";
        command.env("GCL_IGNORE_PREDEFINED_VARS", told);
        command.env("LD_LIBRARY_PATH", libraries(&tool)).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> (bool, String) {
        tools::run(&mut self.command(arguments))
    }

    /// The pipeline, with nothing left to be included or filled in.
    fn expanded(&self) -> String {
        let output = self.command(&["--preview"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn report(&self, name: &str) -> String {
        std::fs::read_to_string(self.path("repository/.stackstep").join(name)).unwrap()
    }
}

/// The folders of the libraries that rsync wants, whatever the machine's kind.
fn libraries(tool: &Path) -> String {
    let parents = [tool.join("usr/lib"), tool.join("lib")];
    let entries = parents.iter().filter_map(|parent| std::fs::read_dir(parent).ok()).flatten();
    entries.map(|entry| entry.unwrap().path().display().to_string()).collect::<Vec<_>>().join(":")
}

/// The three jobs, and one that has the outputs of the deployment.
fn pipeline() -> Pipeline {
    pipeline_on(Engine::Sandbox, ALL, "replicas")
}

/// The same with another engine, whose program has `output`.
fn pipeline_on(engine: Engine, inputs: &str, output: &str) -> Pipeline {
    let preview = include(LOCAL, "preview", &format!("{inputs}, upsert: \"true\""));
    let deploy = include(
        LOCAL,
        "deploy",
        &format!("{inputs}, upsert: \"true\", environment-url: url, message: \"as $HOME is '$$'\""),
    );
    let destroy = include(LOCAL, "destroy", inputs);
    let after = format!(
        "after:\n  stage: .post\n  needs: [deploy]\n  script:\n    \
         - echo \"it is $STACK_STATUS, at $STACK_ENVIRONMENT_URL and $STACK_OUTPUT_{output}\"\n"
    );
    Pipeline::on(engine, &format!("include:\n{preview}{deploy}{destroy}{after}"))
}

/// What the engine has written down of the project's updates.
fn history(pipeline: &Pipeline, project: &str) -> String {
    let history = std::fs::read_dir(pipeline.path(&format!("state/.pulumi/history/{project}/dev"))).unwrap();
    history.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
}

const SHELL: &str = "--force-shell-executor";

#[test]
#[ignore = "needs gitlab-ci-local"]
fn a_push_deploys_and_later_jobs_have_the_outputs() {
    let pipeline = pipeline();
    let (fine, log) = pipeline.run(&[SHELL]);
    assert!(fine, "{log}");
    assert!(log.contains("it is succeeded, at https://hello.example.com/ and 2"), "{log}");
    assert!(!log.contains("WARN"), "{log}");
    assert!(pipeline.report("deploy/result.json").contains("\"status\": \"succeeded\""));
    assert!(!pipeline.path("repository/.stackstep/preview").exists(), "there is no merge request");
    let said = history(&pipeline, "hello");
    assert!(said.contains("as $HOME is '$$'"), "a message arrives as it is written:\n{said}");
}

#[test]
#[ignore = "needs gitlab-ci-local"]
fn a_merge_request_is_previewed_and_nothing_else() {
    let pipeline = pipeline();
    let event = ["--variable", "CI_PIPELINE_SOURCE=merge_request_event", "--variable", "CI_COMMIT_BRANCH="];
    let (fine, log) = pipeline.run(&[&event[..], &["preview", SHELL]].concat());
    assert!(fine, "{log}");
    assert_eq!(pipeline.report("preview/counts.json"), "{\"create\":4,\"update\":0,\"delete\":0}\n");
    let (_, list) = pipeline.run(&[&event[..], &["--list-csv"]].concat());
    assert!(list.contains("\npreview;test;on_success;"), "{list}");
    assert!(!list.contains("\ndeploy;") && !list.contains("\ndestroy;"), "{list}");
}

#[test]
#[ignore = "needs gitlab-ci-local"]
fn destroying_waits_for_a_person() {
    let pipeline = pipeline();
    let (_, list) = pipeline.run(&["--list-csv"]);
    assert!(list.contains("\ndestroy;deploy;manual;true;"), "{list}");
    let (fine, log) = pipeline.run(&["deploy", "--manual", "destroy", SHELL]);
    assert!(fine, "{log}");
    let (fine, log) = pipeline.run(&["destroy", SHELL]);
    assert!(fine && log.contains("4 deleted"), "{log}");
}

#[test]
#[ignore = "needs gitlab-ci-local"]
fn a_failed_preview_fails_the_job_with_its_exit_status() {
    let preview = include(LOCAL, "preview", "stack: dev, engine: sandbox, environment: e");
    let (fine, log) = Pipeline::new(&format!("include:\n{preview}")).run(&[
        "preview",
        SHELL,
        "--variable",
        "CI_PIPELINE_SOURCE=merge_request_event",
    ]);
    assert!(!fine && log.contains("FAIL 6"), "{log}");
}

#[test]
#[ignore = "needs gitlab-ci-local"]
fn every_form_of_include_makes_the_same_pipeline() {
    // One by one: several components of one project are copied to one folder at once, and get in each other's way.
    for name in ["preview", "deploy", "destroy"] {
        let expanded =
            |form: &str| Pipeline::new(&format!("include:\n{}", include(form, name, ALL))).expanded();
        let local = expanded(LOCAL);
        assert!(local.contains("STACKSTEP_INPUT_STACK: dev"), "{local}");
        assert_eq!(expanded(PROJECT), local, "{name}");
        assert_eq!(expanded(COMPONENT), local, "{name}");
    }
}

#[test]
#[ignore = "needs gitlab-ci-local"]
fn what_the_templates_expand_to_is_what_was_looked_at() {
    let text = pipeline().expanded();
    // Empty inputs and the bootstrap are the same everywhere, and tested elsewhere.
    let mut kept = String::new();
    let mut in_bootstrap = false;
    for line in text.lines().filter(|line| !(line.contains("STACKSTEP_INPUT_") && line.ends_with(": ''"))) {
        in_bootstrap |= line.trim() == "set +e";
        in_bootstrap &= line != "      )";
        if !in_bootstrap {
            kept += line;
            kept.push('\n');
        }
    }
    let golden = tools::root().join("tests/runners/gitlab_expanded.yml");
    #[expect(clippy::disallowed_methods, reason = "a person asks for the file to be written anew")]
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &kept).unwrap();
    }
    assert_eq!(
        kept,
        std::fs::read_to_string(&golden).unwrap_or_default(),
        "UPDATE_GOLDEN=1 writes {}",
        golden.display()
    );
}

/// The jobs on the Pulumi CLI.
mod real {
    mod reviews;
    mod ways;

    use super::*;
    use crate::real::shown;

    /// The CLI is found on the PATH.
    const INPUTS: &str = "stack: dev, environment: production";

    fn pipeline() -> Pipeline {
        pipeline_on(Engine::Pulumi, INPUTS, "tier")
    }

    #[test]
    #[ignore = "needs gitlab-ci-local and the Pulumi CLI"]
    fn a_push_deploys_and_later_jobs_have_the_outputs() {
        let pipeline = pipeline();
        let (fine, log) = pipeline.run(&[SHELL]);
        assert!(fine, "{log}");
        assert!(log.contains("it is succeeded, at https://shop.example.com/ and small"), "{log}");
        assert!(!log.contains("token-for-the-shop"), "{log}");
        let said = history(&pipeline, "shop");
        assert!(said.contains("as $HOME is '$$'"), "a message arrives as it is written:\n{said}");
        shown();
    }

    #[test]
    #[ignore = "needs gitlab-ci-local and the Pulumi CLI"]
    fn a_merge_request_is_previewed_and_nothing_is_deployed() {
        let pipeline = pipeline();
        let event =
            ["--variable", "CI_PIPELINE_SOURCE=merge_request_event", "--variable", "CI_COMMIT_BRANCH="];
        let (fine, log) = pipeline.run(&[&event[..], &["preview", SHELL]].concat());
        assert!(fine, "{log}");
        assert_eq!(pipeline.report("preview/counts.json"), "{\"create\":1,\"update\":0,\"delete\":0}\n");
        assert!(!pipeline.path("state/.pulumi/history/shop").exists(), "a preview deployed");
        shown();
    }

    #[test]
    #[ignore = "needs gitlab-ci-local and the Pulumi CLI"]
    fn what_was_deployed_is_destroyed() {
        let pipeline = pipeline();
        let (fine, log) = pipeline.run(&["deploy", SHELL]);
        assert!(fine, "{log}");
        let (fine, log) = pipeline.run(&["destroy", SHELL]);
        assert!(fine && log.contains("1 deleted"), "{log}");
        shown();
    }

    #[test]
    #[ignore = "needs gitlab-ci-local and the Pulumi CLI"]
    fn a_failed_preview_fails_the_job_with_the_exit_status_of_the_cli() {
        let preview = include(LOCAL, "preview", INPUTS);
        let pipeline = Pipeline::on(Engine::Pulumi, &format!("include:\n{preview}"));
        let (fine, log) =
            pipeline.run(&["preview", SHELL, "--variable", "CI_PIPELINE_SOURCE=merge_request_event"]);
        assert!(!fine && log.contains("FAIL 6"), "{log}");
        shown();
    }
}
