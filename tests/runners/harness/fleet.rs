//! A repository of several projects, as a fleet has them.

use std::path::Path;
use std::process::Command;

use crate::tools;

/// What the stacks come after, and whose they are. What a gate would refuse has its own tests: here nobody reviews.
const SETTINGS: &str = "fleet: { depends-on: { infra/shop: [infra/network], infra/blog: [infra/network] } }\n\
                        stacks:\n  prod: { environment: production, unreviewed: allow }\n  \
                        dev: { environment: staging, unreviewed: allow }\n";

/// Lays down three projects, of which two come after the third, with stacks of two environments.
pub fn lay_fleet(repository: &Path) {
    let program = std::fs::read_to_string(tools::root().join("examples/hello/Pulumi.yaml")).unwrap();
    for (name, stacks) in [("network", &["dev", "prod"][..]), ("shop", &["dev", "prod"]), ("blog", &["prod"])]
    {
        let folder = repository.join("infra").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("Pulumi.yaml"), program.replace("name: hello", &format!("name: {name}")))
            .unwrap();
        for stack in stacks {
            std::fs::write(folder.join(format!("Pulumi.{stack}.yaml")), "config: {}\n").unwrap();
        }
    }
    std::fs::write(repository.join("stackstep.yaml"), SETTINGS).unwrap();
}

/// The plan of such a repository, as the binary prints it.
pub fn planned(arguments: &[&str]) -> String {
    let repository = tempfile::tempdir().unwrap();
    lay_fleet(repository.path());
    let state = repository.path().join("state");
    std::fs::create_dir(&state).unwrap();
    let git = |arguments: &[&str]| {
        assert!(
            Command::new("git").args(arguments).current_dir(repository.path()).status().unwrap().success()
        );
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    let mut plan = Command::new(env!("CARGO_BIN_EXE_stackstep"));
    plan.args(["fleet", "plan"]).args(arguments).current_dir(repository.path()).env_clear();
    plan.env("PULUMI_BACKEND_URL", format!("file://{}", state.display())).env("HOME", repository.path());
    let output = plan.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The block of code of the page about fan-out that holds this text.
pub fn block_of_the_page(language: &str, text: &str) -> String {
    let page = std::fs::read_to_string(tools::root().join("docs/fleets-fan-out.md")).unwrap();
    let begin = format!("```{language}\n");
    let blocks = page.split(&begin).skip(1).filter_map(|rest| rest.split("```").next());
    let found: Vec<&str> = blocks.filter(|block| block.contains(text)).collect();
    assert_eq!(found.len(), 1, "{text}");
    found[0].to_owned()
}
