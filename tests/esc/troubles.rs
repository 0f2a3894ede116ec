//! Environments that can't be opened: the run ends before the engine starts.

use serde_json::{Value, json};

use super::{KEY, Opened, plain};

/// A service that refuses `acme/shop/prod`.
fn refusing(status: u16, body: Value) -> Opened {
    let opened = Opened::new().writing();
    opened.environments().kept.insert("acme/shop/prod".to_owned(), Err((status, body)));
    opened
}

fn was_started(opened: &Opened) -> bool {
    opened.scene.program.join("engine-env").exists()
}

#[test]
fn a_name_that_is_no_environment_is_bad_input() {
    for name in ["prod", "shop/prod", "acme/shop/prod/x", "acme//prod", "acme/shop/prod@"] {
        let opened = Opened::new().writing();
        let run = opened.preview(name).ends_with(2);
        run.says("write `organization/project/environment`");
        assert!(!was_started(&opened) && opened.server.received().is_empty(), "{name}");
    }
}

#[test]
fn a_refusal_says_which_environment_and_the_way_out() {
    for (status, message, words) in [
        (401, "Unauthorized", "the access token"),
        (403, "this environment is protected", "open-request acme/shop/prod"),
        (404, "environment not found", "organization/project/environment"),
    ] {
        let opened = refusing(status, json!({ "code": status, "message": message }));
        let run = opened.preview("acme/shop/prod");
        assert_ne!(run.status(), 0);
        run.says("`acme/shop/prod`").says(message).says(words);
        assert!(!was_started(&opened), "{status}");
    }
}

#[test]
fn what_is_wrong_in_the_definition_is_told() {
    let diagnostics = json!([{ "severity": "error", "summary": "unknown property \"nope\"" }]);
    let opened =
        refusing(400, json!({ "code": 400, "message": "invalid environment", "diagnostics": diagnostics }));
    let run = opened.preview("acme/shop/prod");
    assert_ne!(run.status(), 0);
    run.says("unknown property").says("correct the environment's definition");
}

#[test]
fn a_value_that_is_not_known_ends_the_run() {
    let opened =
        Opened::new().has("acme/shop/prod", json!({ "KEY": { "unknown": true } }), json!({})).writing();
    let run = opened.preview("acme/shop/prod");
    assert_ne!(run.status(), 0);
    run.says("the value of `environmentVariables.KEY` is not known");
    assert!(!was_started(&opened));
}

#[test]
fn without_a_token_the_way_to_one_is_told() {
    let opened = Opened::new();
    let opened = Opened { scene: opened.scene.without("PULUMI_ACCESS_TOKEN"), ..opened };
    let run = opened.preview("acme/shop/prod");
    assert_ne!(run.status(), 0);
    run.says("no access token").says("`oidc-organization`");
}

#[test]
fn an_answer_that_is_no_environment_is_said_and_not_shown() {
    for properties in [json!("<html>"), json!({ "environmentVariables": plain(KEY) })] {
        let opened = Opened::new().writing();
        opened.environments().kept.insert("acme/shop/prod".to_owned(), Ok(properties));
        let run = opened.preview("acme/shop/prod");
        assert_ne!(run.status(), 0);
        run.says("can't be read").never_says(KEY);
        assert!(!was_started(&opened));
    }
}
