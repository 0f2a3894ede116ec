//! The settings: shown, compared, applied; and their secrets.

use serde_json::{Value, json};

use super::{SECRET, Shop};
use crate::support::{fits_schema, json};

/// A file with a bit of everything.
const FILE: &str = "\
sourceContext:
  git: { branch: main, repoDir: infra/shop, gitAuth: { accessToken: { from-env: GIT_TOKEN } } }
vcs: { provider: github, repository: acme/shop, deployCommits: true, previewPullRequests: false, paths: [infra/**] }
operationContext:
  preRunCommands: [npm ci]
  environmentVariables: { LOG_LEVEL: info, PORT: 8080, API_KEY: { from-env: GIT_TOKEN } }
  oidc: { aws: { roleArn: 'arn:aws:iam::1:role/deploy', sessionName: shop, duration: 1h } }
executorContext: { executorImage: 'acme/deployer:1' }
cacheOptions: { enable: true }
";

const BRANCH: &str = "sourceContext: { git: { branch: main } }\n";

#[test]
fn a_stack_without_settings_is_shown_as_that() {
    Shop::new("")
        .run("show")
        .ends_with(0)
        .says("`acme/shop/prod`".trim_matches('`'))
        .says("has no deployment settings");
}

#[test]
fn what_is_applied_is_there_and_the_second_time_nothing_is_sent() {
    let shop = Shop::new(FILE);
    shop.run("apply")
        .ends_with(0)
        .says("changed sourceContext.git.branch: the file has `main`, the service has nothing");
    shop.run("check").ends_with(0).says("are those of `deployment.yaml`");
    shop.run("apply").ends_with(0).says("nothing was changed");
    assert_eq!(shop.changes(), ["POST settings"]);
    let kept = shop.kept().settings.clone().unwrap();
    assert_eq!(kept["operationContext"]["environmentVariables"]["PORT"], "8080");
    assert_eq!(kept["vcs"]["previewPullRequests"], false, "a flag could be `true` by default");
}

#[test]
fn secrets_are_sent_once_and_shown_nowhere() {
    let shop = Shop::new(FILE);
    for verb in ["check", "apply", "check", "show", "show --json", "check --json", "apply"] {
        let run = shop.run(verb);
        assert!(!run.log().contains(SECRET), "{verb}: {}", run.log());
    }
    let kept = shop.kept().settings.clone().unwrap();
    let secret = json!({ "secret": SECRET });
    assert_eq!(kept["sourceContext"]["git"]["gitAuth"]["accessToken"], secret);
    assert_eq!(kept["operationContext"]["environmentVariables"]["API_KEY"], secret);
    shop.run("show").says("'[secret]'");
}

#[test]
fn a_comparison_names_the_secrets_that_it_can_t_compare() {
    let shop = Shop::new(FILE);
    shop.run("apply").ends_with(0);
    shop.run("check").says("not compared: `sourceContext.git.gitAuth.accessToken` is there on both sides");
}

#[test]
fn a_comparison_names_each_path_and_changes_nothing() {
    let shop = Shop::new(BRANCH).has(json!({
        "sourceContext": { "git": { "branch": "old" } },
        "operationContext": { "environmentVariables": { "A": "1", "B": { "secret": SECRET } } },
    }));
    shop.run("check")
        .ends_with(7)
        .says("sourceContext.git.branch: the file has `main`, the service has `old`")
        .says("operationContext.environmentVariables.A: the file has nothing, the service has `1`")
        .says("operationContext.environmentVariables.B: the file has nothing, the service has `[secret]`");
    assert_eq!(shop.changes(), Vec::<String>::new());
}

#[test]
fn what_the_file_no_longer_has_goes_and_the_rest_stays() {
    let shop = Shop::new(FILE);
    shop.run("apply").ends_with(0);
    let fewer = FILE.lines().filter(|line| !line.contains("oidc")).collect::<Vec<_>>().join("\n");
    shop.scene.write("deployment.yaml", &fewer.replace("PORT: 8080, ", ""));
    shop.run("apply").ends_with(0).says("changed operationContext.oidc.aws.roleArn: the file has nothing");
    let kept = shop.kept().settings.clone().unwrap();
    let expected = json!({ "LOG_LEVEL": "info", "API_KEY": { "secret": SECRET } });
    assert_eq!(kept["operationContext"]["environmentVariables"], expected);
    assert_eq!(kept["operationContext"].get("oidc"), None);
    shop.run("check").ends_with(0);
}

#[test]
fn what_is_shown_can_be_the_file() {
    let shop = Shop::new("").has(json!({
        "sourceContext": { "git": { "branch": "main", "repoDir": "a: b" } },
        "vcs": { "provider": "gitlab", "paths": ["*", "yes", "1"], "deployPullRequest": 17 },
        "operationContext": { "environmentVariables": { "A": "true", "B": "017" }, "oidc": { "aws": { "roleArn": "r", "duration": "5400s" } } },
    }));
    let shown = shop.run("show").ends_with(0).stdout();
    shop.scene.write("deployment.yaml", &shown);
    shop.run("check").ends_with(0);
}

#[test]
fn what_is_shown_is_no_file_while_a_secret_in_it_is_not_named() {
    let shop = Shop::new("")
        .has(json!({ "operationContext": { "environmentVariables": { "A": { "secret": SECRET } } } }));
    shop.scene.write("deployment.yaml", &shop.run("show").stdout());
    shop.run("apply").ends_with(2).says("environmentVariables.A").says("{ from-env: NAME }");
    assert_eq!(shop.changes(), Vec::<String>::new());
}

#[test]
fn the_file_of_the_stack_lies_over_that_of_the_project() {
    let shop = Shop::new("sourceContext: { git: { branch: main, repoDir: infra } }\nagentPoolID: pool\n");
    shop.scene
        .write("deployment.prod.yaml", "sourceContext: { git: { branch: release } }\nagentPoolID: null\n");
    shop.run("apply").ends_with(0);
    let expected = json!({ "sourceContext": { "git": { "branch": "release", "repoDir": "infra" } } });
    assert_eq!(shop.kept().settings, Some(expected));
}

#[test]
fn secrets_are_sent_again_where_somebody_asks_for_it() {
    let shop = Shop::new(FILE);
    shop.run("apply").ends_with(0);
    let rotated = "another-secret-value-1742";
    let shop = Shop { scene: shop.scene.with("GIT_TOKEN", rotated), ..shop };
    shop.run("apply").ends_with(0).says("nothing was changed");
    shop.run("apply --secrets")
        .ends_with(0)
        .says("sent the secret `sourceContext.git.gitAuth.accessToken` again")
        .never_says(rotated);
    let kept = shop.kept().settings.clone().unwrap();
    assert_eq!(kept["sourceContext"]["git"]["gitAuth"]["accessToken"]["secret"], rotated);
    assert_eq!(kept["sourceContext"]["git"]["branch"], "main");
}

#[test]
fn a_secret_without_its_variable_stops_everything() {
    let shop = Shop::new(FILE);
    let shop = Shop { scene: shop.scene.without("GIT_TOKEN"), ..shop };
    shop.run("check").ends_with(7);
    shop.run("apply").ends_with(2).says("the variable `GIT_TOKEN`");
    assert_eq!(shop.changes(), Vec::<String>::new());
}

#[test]
fn a_file_that_is_not_right_is_refused_before_anything_is_asked() {
    for (file, expected) in [
        ("sourceContext: { git: { brnch: main } }", "did you mean `branch`?"),
        (
            "sourceContext: { git: { gitAuth: { accessToken: hunter2 } } }",
            "is a secret and stands in the file",
        ),
        ("version: 3", "set by the service alone"),
        ("", "there is no `deployment.yaml`"),
    ] {
        let shop = Shop::new(file);
        shop.run("apply").ends_with(2).says(expected).never_says("hunter2");
        assert!(shop.server.received().is_empty(), "{file}");
    }
}

#[test]
fn what_this_version_does_not_know_is_named_and_left_alone() {
    let shop = Shop::new("sourceContext: { git: { branch: new } }").has(json!({
        "sourceContext": { "git": { "branch": "main", "depth": 1 } }, "insights": { "a": SECRET },
    }));
    shop.run("show").ends_with(0).says("`insights` is not known").never_says(SECRET);
    shop.run("apply")
        .ends_with(0)
        .says("`sourceContext.git.depth` is not known to this version")
        .never_says(SECRET);
    let kept = shop.kept().settings.clone().unwrap();
    assert_eq!(kept["sourceContext"]["git"], json!({ "branch": "new", "depth": 1 }));
    assert_eq!(kept["insights"], json!({ "a": SECRET }));
}

#[test]
fn the_page_and_the_result_file_are_as_their_schema_says() {
    let shop = Shop::new(FILE).has(json!({ "agentPoolID": "pool" }));
    let run = shop.run("check --json --result-file result.json").ends_with(7);
    let page: Value = serde_json::from_str(&run.stdout()).unwrap();
    fits_schema("deployment-check", &page);
    assert_eq!(json(shop.scene.program.join("result.json")), page);
    assert_eq!((&page["equal"], &page["there"]), (&json!(false), &json!(true)));
}

#[test]
fn the_files_of_these_tests_are_as_the_schema_says() {
    let file = stackstep::base::yaml::parse(FILE).unwrap();
    assert!(file.as_mapping().is_some());
    let file: Value = serde_yaml::from_str(FILE).unwrap();
    fits_schema("deployment", &file);
}

#[test]
fn the_settings_are_not_applied_by_the_code_of_a_change() {
    let shop = Shop::new(BRANCH);
    let shop = Shop {
        scene: shop
            .scene
            .with("CI", "true")
            .with("CI_PIPELINE_EVENT", "pull_request")
            .with("CI_COMMIT_PULL_REQUEST", "7")
            .with("CI_REPO", "acme/shop")
            .with("CI_SYSTEM_NAME", "woodpecker"),
        ..shop
    };
    shop.run("apply").ends_with(73).says("whose own code could say it");
    assert_eq!(shop.changes(), Vec::<String>::new());
}

#[test]
fn a_push_to_the_default_branch_applies_them() {
    let shop = Shop::new(BRANCH);
    let event = shop.scene.root().join("event.json");
    std::fs::write(&event, json!({ "repository": { "default_branch": "main" } }).to_string()).unwrap();
    let scene = shop.scene.on_github().with("GITHUB_EVENT_PATH", &event.display().to_string());
    let shop = Shop { scene, ..shop };
    shop.run("apply").ends_with(0);
    let shop = Shop { scene: shop.scene.with("GITHUB_REF_NAME", "feature"), ..shop };
    shop.run("apply").ends_with(73).says("run it in a job of the default branch `main`");
    assert_eq!(shop.changes(), ["POST settings"]);
}

#[test]
fn the_older_form_of_github_is_compared_with_the_newer_one() {
    let shop = Shop::new("gitHub: { repository: acme/shop, deployCommits: true }\n").has(json!({
        "vcs": { "provider": "github", "repository": "acme/shop", "deployCommits": true },
    }));
    shop.run("check").ends_with(0);
}

#[test]
fn a_value_in_plain_text_where_the_file_has_a_secret_is_not_shown() {
    let shop = Shop::new("operationContext: { environmentVariables: { API_KEY: { from-env: GIT_TOKEN } } }")
        .has(json!({ "operationContext": { "environmentVariables": { "API_KEY": "oldhunter2secret" } } }));
    for (verb, status) in [("check", 7), ("check --json", 7), ("apply", 0)] {
        let run = shop.run(verb).ends_with(status).says("API_KEY").never_says("oldhunter2secret");
        assert!(!run.stdout().contains("oldhunter2secret"), "{verb}");
    }
}

#[test]
fn a_secret_in_a_form_that_is_not_known_is_shown_nowhere_and_stays() {
    let answer = json!({ "sourceContext": { "git": { "branch": "main", "gitAuth": ["oldhunter2secret"] } } });
    let shop = Shop::new(BRANCH).has(answer.clone());
    for verb in ["show", "show --json", "check", "check --json", "apply"] {
        let run =
            shop.run(verb).ends_with(0).says("sourceContext.git.gitAuth").never_says("oldhunter2secret");
        assert!(!run.stdout().contains("oldhunter2secret"), "{verb}");
    }
    assert_eq!(shop.kept().settings, Some(answer));
}

#[test]
fn a_password_in_a_url_of_the_service_is_shown_nowhere() {
    let shop = Shop::new("sourceContext: { git: { repoUrl: 'https://git.example.com/x' } }\n").has(
        json!({ "sourceContext": { "git": { "repoUrl": "https://u:oldhunter2secret@git.example.com/x" } } }),
    );
    for (verb, status) in [("show", 0), ("check --json", 7), ("apply", 0), ("check", 0)] {
        let run = shop.run(verb).ends_with(status).never_says("oldhunter2secret");
        assert!(!run.stdout().contains("oldhunter2secret"), "{verb}");
    }
}

#[test]
fn settings_that_are_not_known_stay_at_the_service() {
    let shop = Shop::new(BRANCH).has(json!({
        "sourceContext": { "git": { "branch": "old" } },
        "operationContext": { "preRunCommands": ["a"], "newFeature": { "x": 1 } },
    }));
    shop.run("apply").ends_with(0).says("`operationContext.newFeature` is not known");
    let expected = json!({ "sourceContext": { "git": { "branch": "main" } }, "operationContext": { "newFeature": { "x": 1 } } });
    assert_eq!(shop.kept().settings, Some(expected));
}

#[test]
fn the_files_of_another_project_are_not_applied() {
    let shop = Shop::new(BRANCH);
    for verb in ["check", "apply"] {
        let run = shop.scene.run(&format!("deployment settings {verb} --stack acme/other/prod"));
        run.ends_with(2).says("one of the project `other`").says("set `cwd` to the folder of `other`");
    }
    assert_eq!(shop.changes(), Vec::<String>::new());
}

#[test]
fn a_file_that_would_be_passed_over_is_refused() {
    let stack_file = "agentPoolID: pool\n";
    let shop = Shop::new("");
    for (name, right) in [
        ("deployment.prod.yml", "`deployment.prod.yaml`"),
        ("deployment.yml", "`deployment.yaml`"),
        ("Deployment.prod.yaml", "`deployment.prod.yaml`"),
    ] {
        let shop = Shop::new(BRANCH);
        shop.scene.write(name, stack_file);
        shop.run("apply").ends_with(2).says(name).says(right);
        assert_eq!(shop.changes(), Vec::<String>::new());
    }
    shop.scene.write("deployment.prod.yaml", BRANCH);
    shop.scene.write("deployment.dev.yml", stack_file);
    shop.scene.write("deployment.md", "x");
    shop.run("check").ends_with(7);
    shop.scene.write("deployment.yaml/x", "");
    shop.run("apply").ends_with(2).says("`deployment.yaml` can't be read: it is a folder");
    assert_eq!(shop.changes(), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_no_absence_of_a_file() {
    let shop = Shop::new(BRANCH);
    let link = shop.scene.program.join("deployment.prod.yaml");
    std::os::unix::fs::symlink("nowhere", link).unwrap();
    shop.run("apply").ends_with(2).says("`deployment.prod.yaml` can't be read");
    assert_eq!(shop.changes(), Vec::<String>::new());
}

#[test]
fn a_repository_in_both_forms_is_shown_in_one_and_compared_with_either() {
    let (github, vcs) = (
        json!({ "repository": "acme/shop", "paths": ["a"] }),
        json!({ "provider": "github", "repository": "acme/shop", "paths": ["a"] }),
    );
    let shop = Shop::new("").has(json!({ "gitHub": github, "vcs": vcs }));
    shop.scene.write("deployment.yaml", &shop.run("show").ends_with(0).stdout());
    shop.run("check").ends_with(0);
    let vcs_file = "vcs: { provider: github, repository: acme/shop, paths: [a] }\n";
    Shop::new(vcs_file).has(json!({ "gitHub": github })).run("check").ends_with(0);
    Shop::new("gitHub: { repository: acme/shop, paths: [a] }\n")
        .has(json!({ "vcs": vcs }))
        .run("check")
        .ends_with(0);
    let shop =
        Shop::new("").has(json!({ "gitHub": github, "vcs": { "provider": "gitlab", "paths": ["a"] } }));
    shop.scene.write(
        "deployment.yaml",
        &shop.run("show").ends_with(0).says("`gitHub` is there beside `vcs`").stdout(),
    );
    shop.run("check").ends_with(7).says("gitHub.repository");
}

#[test]
fn a_length_of_time_that_is_nothing_is_no_difference() {
    let shop = Shop::new(
        "sourceContext: { git: { branch: main } }\noperationContext: { oidc: { aws: { duration: 0s } } }\n",
    );
    shop.run("apply").ends_with(0);
    shop.run("apply").ends_with(0).says("nothing was changed");
}

#[test]
fn a_line_end_of_another_kind_survives_in_what_is_shown() {
    let shop = Shop::new("")
        .has(json!({ "operationContext": { "environmentVariables": { "A": "x\u{2028}y", "B": "x\ry" } } }));
    shop.scene.write("deployment.yaml", &shop.run("show").stdout());
    shop.run("check").ends_with(0);
}
