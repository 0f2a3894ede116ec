//! Validators: nothing runs, a schema or a parser has to agree. One module a tool.

use crate::tools::{folder, root, run, tool};
use std::path::{Path, PathBuf};

/// Every workflow of the repository: its own, and the examples.
fn workflows() -> Vec<PathBuf> {
    let folders = [".github/workflows", "actions/examples"];
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(root().join(folder)).unwrap());
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Every action of the repository.
fn actions() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("actions")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path().join("action.yml")).collect();
    files.retain(|file| file.exists());
    files.sort();
    files
}

/// The folders with a `gen.toml`, and what that says.
fn wrappers() -> Vec<(PathBuf, toml::Table)> {
    let entries = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let of = |folder: PathBuf| {
        let text = std::fs::read_to_string(folder.join("gen.toml")).ok()?;
        Some((folder, toml::from_str(&text).unwrap()))
    };
    entries.filter_map(of).collect()
}

/// The files below `folder` whose names end so, but for what nobody here has written.
fn files_below(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", ".git", "node_modules", "fixtures"].contains(&name.as_str()) {
                found.extend(files_below(&path, endings));
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

const YAML: &[&str] = &[".yml", ".yaml"];

/// `text` as a file called `name`.
fn written(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

/// A step without a way to run.
const BROKEN_WORKFLOW: &str =
    "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - rum: x\n";

mod actionlint {
    use super::*;

    #[test]
    #[ignore = "needs actionlint"]
    fn accepts_every_workflow() {
        // What GitHub has learnt since, each with the day that it says so, and GitHub's own parser reads:
        // https://github.blog/changelog/2026-07-30-reference-same-repository-actions-with-self-repository-syntax/
        // https://github.blog/changelog/2026-05-07-github-actions-concurrency-groups-now-allow-larger-queues
        let newer = [r#"specifying action "\$/"#, r#"unexpected key "queue" for "concurrency""#];
        let newer = newer.iter().flat_map(|message| ["-ignore", message]);
        let (fine, said) = run(tool("actionlint").arg("-no-color").args(newer).args(workflows()));
        assert!(fine, "{said}");
    }

    #[test]
    #[ignore = "needs actionlint"]
    fn refuses_a_broken_one() {
        let (_folder, path) = written(".github/workflows/broken.yml", BROKEN_WORKFLOW);
        assert!(!run(tool("actionlint").arg(path)).0);
    }
}

mod zizmor {
    use super::*;

    #[test]
    #[ignore = "needs zizmor"]
    fn finds_nothing_at_its_strictest_persona() {
        let (fine, said) = run(tool("zizmor")
            .args([
                "--offline",
                "--config",
                "tests/runners/zizmor.yml",
                "--persona",
                "auditor",
                "--no-progress",
            ])
            .args(workflows())
            .args(actions()));
        assert!(fine, "{said}");
    }

    #[test]
    #[ignore = "needs zizmor"]
    fn finds_an_expression_in_a_script() {
        let text = "on: issues\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo ${{ github.event.issue.title }}\n";
        let (_folder, path) = written(".github/workflows/broken.yml", text);
        let (fine, said) = run(tool("zizmor").args(["--offline", "--no-config"]).arg(path));
        assert!(!fine && said.contains("template-injection"), "{said}");
    }
}

mod check_jsonschema {
    use super::*;

    fn check(schema: &str, files: Vec<PathBuf>) -> (bool, String) {
        assert!(!files.is_empty());
        run(tool("check-jsonschema").args(["--builtin-schema", schema]).args(files))
    }

    #[test]
    #[ignore = "needs check-jsonschema"]
    fn accepts_every_action() {
        let (fine, said) = check("vendor.github-actions", actions());
        assert!(fine, "{said}");
    }

    #[test]
    #[ignore = "needs check-jsonschema"]
    fn accepts_every_workflow() {
        let (fine, said) = check("vendor.github-workflows", workflows());
        assert!(fine, "{said}");
    }

    #[test]
    #[ignore = "needs check-jsonschema"]
    fn accepts_every_wrapper_and_its_examples_by_the_schema_that_gen_toml_names() {
        let mut checked = 0;
        for (folder, spec) in wrappers() {
            let Some(schema) = spec.get("schema") else { continue };
            let mut files = files_below(&folder, YAML);
            files.retain(|file| {
                let inside = file.parent().unwrap().strip_prefix(&folder).unwrap();
                inside.as_os_str().is_empty() || inside.starts_with("examples")
            });
            let (fine, said) = check(schema.as_str().unwrap(), files);
            assert!(fine, "{said}");
            checked += 1;
        }
        assert!(checked >= 3, "{checked}");
    }

    #[test]
    #[ignore = "needs check-jsonschema"]
    #[cfg(unix)]
    fn accepts_the_forms_of_a_plan() {
        let planned = crate::harness::fleet::planned;
        let circleci = crate::harness::fleet::block_of_the_page("yaml", "  fleet:\n    parameters:");
        let (_own, continued) = written("config.yml", &(circleci + &planned(&["--for", "circleci"])));
        let (fine, said) = check("vendor.circle-ci", vec![continued]);
        assert!(fine, "{said}");
        let (_own, child) = written("fleet.yml", &planned(&["--for", "gitlab"]));
        let (fine, said) = check("vendor.gitlab-ci", vec![child]);
        assert!(fine, "{said}");
    }

    #[test]
    #[ignore = "needs check-jsonschema"]
    fn refuses_a_circleci_job_without_steps() {
        let (_folder, path) = written("config.yml", "version: 2.1\njobs:\n  a:\n    docker: 7\n");
        assert!(!check("vendor.circle-ci", vec![path]).0);
    }

    #[test]
    #[ignore = "needs check-jsonschema"]
    fn refuses_a_woodpecker_step_with_settings_and_no_image() {
        let (_folder, path) = written("a.yaml", "steps:\n  - name: a\n    settings:\n      stack: dev\n");
        assert!(!check("vendor.woodpecker-ci", vec![path]).0);
    }

    #[test]
    #[ignore = "needs check-jsonschema"]
    fn refuses_a_travis_job_whose_script_is_no_text() {
        let text = "jobs:\n  include:\n    - stage: 7\n      script: [{}]\n";
        let (_folder, path) = written(".travis.yml", text);
        assert!(!check("vendor.travis", vec![path]).0);
    }

    #[test]
    #[ignore = "needs check-jsonschema"]
    #[cfg(unix)]
    fn accepts_every_gitlab_example_with_what_it_includes() {
        let folder = tempfile::tempdir().unwrap();
        let written = crate::gitlab::examples().into_iter().map(|(name, text)| {
            let path = folder.path().join(name);
            std::fs::write(&path, crate::gitlab::whole(&text).to_string()).unwrap();
            path
        });
        let (fine, said) = check("vendor.gitlab-ci", written.collect());
        assert!(fine, "{said}");
    }

    #[test]
    #[ignore = "needs check-jsonschema"]
    fn refuses_a_gitlab_job_with_an_unknown_report() {
        let text = "a:\n  script: [b]\n  artifacts:\n    reports:\n      counts: c\n";
        let (_folder, path) = written("gitlab.yml", text);
        assert!(!check("vendor.gitlab-ci", vec![path]).0);
    }

    #[test]
    #[ignore = "needs check-jsonschema"]
    fn refuses_an_action_without_runs() {
        let (_folder, path) = written("action.yml", "name: x\ndescription: y\n");
        assert!(!check("vendor.github-actions", vec![path]).0);
    }
}

mod languageservice {
    use super::*;

    /// What GitHub's own parser complains about.
    fn complaints(files: &[PathBuf]) -> String {
        let mut node = std::process::Command::new("node");
        let (fine, said) = run(node.arg(folder("languageservice").join("main.cjs")).args(files));
        assert!(fine, "{said}");
        said
    }

    #[test]
    #[ignore = "needs node"]
    fn accepts_every_workflow_and_action() {
        assert_eq!(complaints(&[workflows(), actions()].concat()), "");
    }

    #[test]
    #[ignore = "needs node"]
    fn refuses_a_broken_workflow() {
        let (_folder, path) = written(".github/workflows/broken.yml", BROKEN_WORKFLOW);
        assert!(complaints(&[path]).contains("Unexpected value 'rum'"));
    }
}

mod pyyaml {
    use super::*;
    use serde::Deserialize as _;
    use serde_json::Value;

    /// Prints the documents of each file as YAML 1.1 has them. The value of a tag is read as if the tag were not there,
    /// and GitHub's `on` is text, as GitHub reads it.
    const READER: &str = "
import json, sys, yaml
class Reader(yaml.SafeLoader): pass
def untagged(reader, suffix, node):
    kinds = {yaml.ScalarNode: reader.construct_scalar, yaml.SequenceNode: reader.construct_sequence}
    return kinds[type(node)](node) if type(node) in kinds else reader.construct_mapping(node, deep=True)
yaml.add_multi_constructor('!', untagged, Reader)
def github(one):
    return {'on' if key is True else key: value for key, value in one.items()} if isinstance(one, dict) else one
files = [[github(one) for one in yaml.load_all(open(path, encoding='utf-8'), Reader)] for path in sys.argv[1:]]
print(json.dumps(files, default=str))
";

    /// The files as a reader of YAML 1.1 has them.
    fn read(paths: &[PathBuf]) -> Vec<Value> {
        let mut python = std::process::Command::new(folder("pyyaml").join("bin/python"));
        let (fine, said) = run(python.args(["-c", READER]).args(paths));
        assert!(fine, "{said}");
        serde_json::from_str(&said).unwrap()
    }

    #[test]
    #[ignore = "needs python"]
    fn yaml_1_1_reads_every_file_as_yaml_1_2_does() {
        let mut files = files_below(&root().join(".github"), YAML);
        for (folder, _) in wrappers() {
            files.extend(files_below(&folder, YAML));
        }
        assert!(files.len() > 50, "{}", files.len());
        for (path, first) in files.iter().zip(read(&files)) {
            let text = std::fs::read_to_string(path).unwrap();
            let documents =
                serde_yaml::Deserializer::from_str(&text).map(|one| Value::deserialize(one).unwrap());
            assert_eq!(first, documents.collect::<Value>(), "{}", path.display());
        }
    }

    #[test]
    #[ignore = "needs python"]
    fn yaml_1_1_reads_what_is_not_quoted_otherwise() {
        let (_folder, path) = written("x.yml", "a: on\nb: 12:30\n---\nc: !Sub d\n");
        assert_eq!(read(&[path]), [serde_json::json!([{ "a": true, "b": 750 }, { "c": "d" }])]);
    }
}

mod shellcheck {
    use super::*;

    /// Not: that a file that is read can't be followed, and that `_` is set in a subshell.
    const NOT: &str = "SC1090,SC2030,SC2031";

    #[test]
    #[ignore = "needs shellcheck"]
    fn has_nothing_to_say_about_the_scripts() {
        let mut scripts = files_below(root(), &[".sh"]);
        scripts.push(root().join(".ci/run"));
        // What does not say who reads it is a part of something else, and looked at there.
        scripts.retain(|path| std::fs::read_to_string(path).unwrap().starts_with("#!"));
        assert!(scripts.len() > 4, "{scripts:?}");
        let (fine, said) = run(tool("shellcheck").args(["--exclude", NOT]).args(scripts));
        assert!(fine, "{said}");
    }

    #[test]
    #[ignore = "needs shellcheck"]
    #[cfg(unix)]
    fn has_nothing_to_say_about_the_scripts_of_the_gitlab_jobs() {
        let folder = tempfile::tempdir().unwrap();
        for (name, script) in crate::gitlab::scripts() {
            std::fs::write(folder.path().join(name), script).unwrap();
        }
        let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let (fine, said) = run(tool("shellcheck").args(["--shell", "sh"]).args(files));
        assert!(fine, "{said}");
    }

    #[test]
    #[ignore = "needs shellcheck"]
    fn has_nothing_to_say_about_the_orbs_scripts() {
        let entries = std::fs::read_dir(root().join("circleci-orb/src/scripts")).unwrap();
        let scripts: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        assert!(scripts.len() > 5);
        // CircleCI runs them by bash, or by what the image has as `sh`.
        for shell in ["sh", "bash"] {
            let (fine, said) =
                run(tool("shellcheck").args(["--shell", shell, "--exclude", NOT]).args(&scripts));
            assert!(fine, "{said}");
        }
    }

    #[test]
    #[ignore = "needs shellcheck"]
    #[cfg(unix)]
    fn has_nothing_to_say_about_codefreshs_steps() {
        let folder = tempfile::tempdir().unwrap();
        let scripts = crate::codefresh::scripts();
        assert_eq!(scripts.len(), 3);
        for (name, script) in scripts {
            std::fs::write(folder.path().join(name), script).unwrap();
        }
        let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let (fine, said) = run(tool("shellcheck").args(["--shell", "sh", "--exclude", NOT]).args(files));
        assert!(fine, "{said}");
    }

    #[test]
    #[ignore = "needs shellcheck"]
    fn has_nothing_to_say_about_the_jobs_that_travis_imports() {
        use std::io::Write as _;
        for command in ["preview", "up", "destroy"] {
            let mut script = tempfile::NamedTempFile::new().unwrap();
            script.write_all(crate::harness::travis::job(command).as_bytes()).unwrap();
            // That `$?` is asked for, and that a function is called nowhere else, is how Travis runs a phase.
            let (fine, said) = run(tool("shellcheck")
                .args(["--shell", "bash", "--exclude", &format!("{NOT},SC2181,SC2317")])
                .arg(script.path()));
            assert!(fine, "{said}");
        }
    }
}

mod cargo_deny {
    use super::*;

    /// The program with the crates of all targets at hand: it reads those of other systems too, which no build has
    /// fetched. It would fetch them itself, and follow the lock file less strictly.
    fn cargo_deny() -> std::process::Command {
        let (fine, said) = run(std::process::Command::new(env!("CARGO"))
            .args(["fetch", "--quiet", "--locked"])
            .current_dir(root()));
        assert!(fine, "the crates of all targets could not be fetched:\n{said}");
        let mut command = tool("cargo-deny");
        command.arg("--offline");
        command
    }

    /// Without advisories: their database is fetched, which is left to the hosted CI.
    #[test]
    #[ignore = "needs cargo-deny"]
    fn has_nothing_against_licences_bans_and_sources() {
        let (fine, said) = run(cargo_deny().args(["check", "licenses", "bans", "sources"]));
        assert!(fine, "{said}");
    }

    #[test]
    #[ignore = "needs cargo-deny"]
    fn refuses_a_licence_that_is_not_listed() {
        let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
        let (_folder, path) = written("deny.toml", &text.replace("\"MIT\",", ""));
        let (fine, said) = run(cargo_deny().arg("--config").arg(path).args(["check", "licenses"]));
        assert!(!fine && said.contains("MIT"), "{said}");
    }
}
