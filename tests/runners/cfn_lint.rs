//! AWS's linter of CloudFormation, which knows each resource's schema.

use crate::tools::{root, run, tool};

const TEMPLATES: &[&str] = &[
    "codebuild/pipeline.yml",
    "codebuild/examples/webhooks.yml",
    "codebuild/examples/stage.yml",
    "codebuild/examples/review-projects.yml",
];

#[test]
#[ignore = "needs cfn-lint"]
fn has_nothing_to_say_about_the_templates() {
    let (fine, said) = run(tool("cfn-lint").args(TEMPLATES));
    assert!(fine && said.is_empty(), "{said}");
}

#[test]
#[ignore = "needs cfn-lint"]
fn refuses_an_execution_mode_that_there_is_not() {
    let text = std::fs::read_to_string(root().join(TEMPLATES[0])).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.yml");
    std::fs::write(&path, text.replace("\"QUEUED\"", "\"SOMETIMES\"")).unwrap();
    let (fine, said) = run(tool("cfn-lint").arg(path));
    assert!(!fine && said.contains("SOMETIMES"), "{said}");
}
