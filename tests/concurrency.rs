//! The examples and templates of all wrappers: what keeps two deployments apart names the project's folder and the stack.
//!
//! A group that is named after the stack alone is one for all projects of a repository: GitHub cancels all but one of
//! the jobs that wait in it. <https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency>

use std::path::{Path, PathBuf};

use serde_yaml::Value;

/// The inputs and variables that say which stack a job is about.
const WHICH_STACK: [&str; 7] =
    ["cwd", "work-dir", "stack", "stack-name", "cloud-url", "PULUMI_BACKEND_URL", "STACKSTEP_CLOUD_URL"];

/// The files in `folder` whose names end in `ending`.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.to_str().unwrap().ends_with(ending)).collect();
    files.sort();
    assert!(!files.is_empty(), "{}", folder.display());
    files
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// All values of `key`, at any depth.
fn values<'a>(of: &'a Value, key: &str) -> Vec<&'a Value> {
    match of {
        Value::Mapping(fields) => fields
            .iter()
            .flat_map(|(name, value)| {
                let found = (name.as_str() == Some(key)).then_some(value);
                found.into_iter().chain(values(value, key))
            })
            .collect(),
        Value::Sequence(items) => items.iter().flat_map(|item| values(item, key)).collect(),
        _ => Vec::new(),
    }
}

/// The `matrix.…` and `inputs.…` that GitHub's expressions in `text` name.
fn names(text: &str) -> Vec<String> {
    let inside = text.split("${{").skip(1).filter_map(|rest| rest.split("}}").next());
    let words =
        inside.flat_map(|expression| expression.split(|c: char| !c.is_alphanumeric() && !".-_".contains(c)));
    words
        .filter(|word| word.starts_with("matrix.") || word.starts_with("inputs."))
        .map(str::to_owned)
        .collect()
}

/// What is wrong with the groups of a workflow of GitHub.
fn wrong_groups(workflow: &str) -> Vec<String> {
    let workflow: Value = serde_yaml::from_str(workflow).unwrap();
    let jobs = workflow["jobs"].as_mapping().unwrap();
    let mut wrong = Vec::new();
    for (name, job) in jobs {
        let concurrency = &job["concurrency"];
        let Some(group) = concurrency["group"].as_str().or(concurrency.as_str()) else { continue };
        let about = WHICH_STACK.iter().flat_map(|key| values(job, key)).filter_map(Value::as_str);
        let missing = about.flat_map(names).filter(|name| !names(group).contains(name));
        wrong.extend(missing.map(|missing| format!("{}: `{group}` lacks {missing}", name.as_str().unwrap())));
    }
    wrong
}

#[test]
fn a_workflows_group_names_all_that_tells_its_stacks_apart() {
    let mut seen = 0;
    let files = files("actions/examples", ".yml").into_iter().chain(files(".github/workflows", ".yml"));
    for path in files {
        let workflow = text(&path);
        seen += workflow.matches("matrix.cwd").count();
        assert_eq!(wrong_groups(&workflow), [""; 0], "{}", path.display());
    }
    assert!(seen > 0, "no example has several projects");
}

#[test]
fn a_group_by_the_stack_alone_is_found_where_the_matrix_has_projects() {
    let workflow = |group: &str| {
        format!(
            "jobs:\n  a:\n    concurrency: {{group: \"{group}\"}}\n    steps:\n      - with: {{stack: \"${{{{ matrix.stack }}}}\", \
             cwd: \"x/${{{{ matrix.cwd }}}}\"}}\n        env: {{PULUMI_BACKEND_URL: \"s3://${{{{ matrix.account }}}}\"}}\n"
        )
    };
    let group = "${{ matrix.stack }}-${{ github.ref }}";
    assert_eq!(wrong_groups(&workflow(group)).len(), 2);
    let group = "${{ matrix.stack }}-${{ matrix.cwd }}-${{matrix.account}}";
    assert_eq!(wrong_groups(&workflow(group)), [""; 0]);
}

#[test]
fn the_reusable_workflows_have_a_group_for_each_folder_and_stack() {
    for name in ["preview", "deploy"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!(".github/workflows/{name}.yml"));
        let workflow: Value = serde_yaml::from_str(&text(&path)).unwrap();
        let groups: Vec<_> = values(&workflow, "group").into_iter().filter_map(Value::as_str).collect();
        assert!(!groups.is_empty(), "{name}");
        for group in groups {
            for input in ["inputs.cwd", "inputs.stack"] {
                assert!(names(group).iter().any(|name| name == input), "{name}: {group}");
            }
        }
    }
}

#[test]
fn a_serial_group_of_circleci_names_the_projects_folder_and_the_stack() {
    for path in files("circleci-orb/examples", ".yml") {
        let config: Value = serde_yaml::from_str(&text(&path)).unwrap();
        for job in values(&config, "stackstep/deploy") {
            let Some(group) = job["serial-group"].as_str() else { continue };
            let stack = job["stack"].as_str().and_then(|stack| stack.rsplit('/').next()).unwrap();
            let about = [job["cwd"].as_str(), Some(stack)];
            for part in about.into_iter().flatten() {
                assert!(group.contains(part), "{}: `{group}` lacks {part}", path.display());
            }
        }
    }
}

#[test]
fn a_resource_group_of_gitlab_names_the_projects_folder_and_the_stack() {
    let mut seen = 0;
    for path in files("gitlab-templates/templates", ".yml") {
        for line in text(&path).lines().filter(|line| line.trim_start().starts_with("resource_group:")) {
            seen += 1;
            let stack = ["stack", "staging", "production"]
                .iter()
                .any(|name| line.contains(&format!("$[[ inputs.{name} ]]")));
            assert!(line.contains("$[[ inputs.cwd ]]") && stack, "{line}");
        }
    }
    assert!(seen > 0);
}

#[test]
fn a_lock_of_jenkins_names_the_projects_folder_and_the_stack() {
    for path in files("jenkins/examples", ".Jenkinsfile") {
        for locked in text(&path).split("lock(").skip(1) {
            let name = locked.lines().next().unwrap();
            let input = |input: &str| {
                let line = locked.lines().find_map(|line| line.trim().strip_prefix(input));
                line.map(|value| value.trim().trim_end_matches(',').trim_matches('\'').to_owned())
            };
            let stack = input("stack:").and_then(|stack| stack.rsplit('/').next().map(str::to_owned));
            for part in [input("cwd:"), stack].into_iter().flatten() {
                assert!(name.contains(&part), "{}: `{name}` lacks {part}", path.display());
            }
        }
    }
}
