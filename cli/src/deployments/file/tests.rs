//! What the files say and what is refused, one behaviour a test.

use super::*;
use serde_json::json;

fn read(texts: &[&str]) -> Result<SettingsFile> {
    let merged = texts
        .iter()
        .try_fold(SettingTree::empty(), |below, text| Ok::<_, Error>(below.merged(parse(text, FILE)?)));
    SettingsFile::from_tree(merged?, "`deployment.yaml`")
}

fn wrong(text: &str) -> String {
    let error = read(&[text]).unwrap_err();
    format!("{error} | {}", error.hint().unwrap_or_default())
}

#[test]
fn the_file_of_the_stack_lies_over_that_of_the_project() {
    let file = read(&[
        "sourceContext: { git: { branch: main, repoDir: infra } }\nagentPoolID: a\n",
        "sourceContext: { git: { branch: prod } }\nagentPoolID: null\n",
    ]);
    let settings = file.unwrap().settings.shown(KEYS);
    assert_eq!(settings, json!({ "sourceContext": { "git": { "branch": "prod", "repoDir": "infra" } } }));
}

#[test]
fn a_key_that_the_service_does_not_know_is_refused_with_its_path() {
    let error = wrong("sourceContext: { git: { brnch: main } }");
    assert!(error.contains("`sourceContext.git.brnch` of `deployment.yaml`"), "{error}");
    assert!(error.contains("did you mean `branch`?"), "{error}");
    assert!(wrong("version: 3").contains("`version` of `deployment.yaml` is set by the service alone"));
}

#[test]
fn a_secret_in_the_open_is_refused_and_not_shown() {
    for text in [
        "sourceContext: { git: { gitAuth: { accessToken: hunter2 } } }",
        "sourceContext: { git: { gitAuth: { sshAuth: { sshPrivateKey: hunter2 } } } }",
        "sourceContext: { git: { gitAuth: { basicAuth: { userName: ann, password: hunter2 } } } }",
        "executorContext: { executorImage: { reference: a, credentials: { username: a, password: hunter2 } } }",
        "operationContext: { environmentVariables: { A: { secret: hunter2 } } }",
        "operationContext: { environmentVariables: { A: { from-env: 'hunter2 ' , value: x } } }",
        "sourceContext: { git: { gitAuth: { accessToken: { from-env: hunter-2 } } } }",
        "sourceContext: { git: { gitAuth: { accessToken: { hunter2secret: } } } }",
        "sourceContext: { git: { gitAuth: { hunter2secret: } } }",
        "sourceContext: { hg: { hgAuth: { basicAuth: { hunter2: x } } } }",
        "executorContext: { executorImage: { credentials: { hunter2: } } }",
        "operationContext: { environmentVariables: { A: { hunter2: } } }",
        "operationContext: { environmentVariables: { 'A=hunter2': } }",
        "operationContext: { environmentVariables: { [hunter2]: x } }",
        "sourceContext: { git: { repoUrl: 'https://u:hunter2@host/x' } }",
        "sourceContext: { hg: { repoUrl: 'https://hunter2@host/x' } }",
        "sourceContext: { template: { sourceUrl: 'https://u:hunter2@host/x' } }",
    ] {
        let error = wrong(text);
        assert!(!error.contains("hunter"), "{error}");
    }
    assert!(wrong("sourceContext: { git: { gitAuth: { accessToken: x } } }").contains("from-env: NAME"));
    let error = wrong("sourceContext: { git: { gitAuth: { acessToken: x } } }");
    assert!(
        error.contains("`sourceContext.git.gitAuth`") && error.contains("did you mean `accessToken`?"),
        "{error}"
    );
    assert!(
        wrong("operationContext: { environmentVariables: { A: '[secret]' } }").contains("from-env: NAME")
    );
}

#[test]
fn a_number_in_the_environment_is_the_text_that_is_written() {
    let file = read(&["operationContext: { environmentVariables: { A: 1.20, B: yes, C: { from-env: D } } }"]);
    let shown = file.unwrap().settings.shown(KEYS);
    assert_eq!(
        shown["operationContext"]["environmentVariables"],
        json!({ "A": "1.20", "B": "yes", "C": "[secret]" })
    );
}

#[test]
fn no_time_at_all_is_as_nothing() {
    let file = read(&[
        "tag: a\noperationContext: { oidc: { aws: { duration: 0s }, gcp: { tokenLifetime: 0h0m } } }",
    ]);
    assert_eq!(file.unwrap().settings.shown(KEYS), json!({ "tag": "a" }));
}

#[test]
fn an_image_is_a_text_or_a_mapping() {
    let image =
        |text: &str| read(&[&format!("executorContext: {{ executorImage: {text} }}")]).unwrap().settings;
    assert_eq!(image("acme/deployer:1"), image("{ reference: 'acme/deployer:1' }"));
}

#[test]
fn values_of_the_wrong_form_are_refused() {
    for (text, expected) in [
        ("vcs: { deployCommits: 'maybe' }", "`vcs.deployCommits` of `deployment.yaml` is not a boolean"),
        ("vcs: { paths: infra }", "is not a list of texts"),
        ("vcs: { deployPullRequest: x }", "is not a whole number"),
        ("sourceContext: main", "`sourceContext` of `deployment.yaml` is not a mapping"),
        ("operationContext: { oidc: { aws: { duration: 1day } } }", "is not a length of time"),
        ("- a", "is not a mapping"),
        ("a: [", "can't be read"),
        ("tag: a\n---\nvcs: { provider: github }", "several documents"),
        ("operationContext: { environmentVariables: { ? [A] : x } }", "a key that is not text"),
        ("", "has nothing"),
        ("vcs: { provider: github }\ngitHub: { paths: [a] }", "mean the same repository"),
        ("drift: { scheduleCron: '0 6 * * *' }", "schedules and no settings"),
    ] {
        let error = wrong(text);
        assert!(error.contains(expected), "{text}: {error}");
    }
}
