use super::*;
use crate::base::env::Env;
use crate::base::yaml;
use crate::pulumi::stack::StackName;

fn parsed(text: &str) -> Result<Vec<NotifySink>> {
    NotifySink::parse_all(&yaml::parse(text).unwrap(), "stackstep.yaml")
}

fn variable(name: &str) -> FromEnv {
    FromEnv(name.to_owned())
}

#[test]
fn each_kind_of_sink_is_read() {
    let text = "- { slack: { from-env: SLACK_URL }, on: [waiting, failed], stacks: [prod, \"qa*\"] }\n\
                - { teams: { from-env: TEAMS_URL }, on: held }\n\
                - webhook: { url: \"https://ops.example.com/hook\", secret: { from-env: HOOK_SECRET } }\n\
                - webhook: { url: { from-env: HOOK_URL } }\n\
                - mention: { people: [\"@acme/oncall\", ann] }\n";
    let sinks = parsed(text).unwrap();
    let targets: Vec<&SinkTarget> = sinks.iter().map(|sink| &sink.target).collect();
    let url = WebhookUrl::Plain("https://ops.example.com/hook".to_owned());
    let named = WebhookUrl::FromEnv(variable("HOOK_URL"));
    assert_eq!(
        targets,
        [
            &SinkTarget::Slack(variable("SLACK_URL")),
            &SinkTarget::Teams(variable("TEAMS_URL")),
            &SinkTarget::Webhook { url, secret: Some(variable("HOOK_SECRET")) },
            &SinkTarget::Webhook { url: named, secret: None },
            &SinkTarget::Mention { people: vec!["acme/oncall".to_owned(), "ann".to_owned()] },
        ]
    );
    assert_eq!(sinks[0].on, [NotifyEvent::Waiting, NotifyEvent::Failed]);
    assert_eq!(sinks[0].stacks, ["prod", "qa*"]);
    assert_eq!(sinks[1].on, [NotifyEvent::Held]);
    assert_eq!(sinks[2].on, NotifyEvent::asking());
}

#[test]
fn a_sink_hears_of_its_events_and_stacks_only() {
    let sink =
        parsed("- { slack: { from-env: A }, on: [waiting], stacks: [prod, \"qa*\"] }").unwrap().remove(0);
    let hears = |event, stack: &str| sink.hears(event, &StackName::parse(stack).unwrap());
    assert!(hears(NotifyEvent::Waiting, "prod") && hears(NotifyEvent::Waiting, "acme/shop/qa-1"));
    assert!(!hears(NotifyEvent::Failed, "prod") && !hears(NotifyEvent::Waiting, "staging"));
}

#[test]
fn the_value_of_a_variable_is_one_line_and_a_variable_that_is_empty_is_not_set() {
    let env = Env::from_pairs("/", [("A", " https://hooks.example/x\n"), ("B", " ")]);
    assert_eq!(variable("A").value(&env).unwrap().expose(), "https://hooks.example/x");
    assert!(variable("B").value(&env).is_none() && variable("C").value(&env).is_none());
}

#[test]
fn the_address_of_a_hook_in_the_file_is_refused_and_not_shown() {
    for key in ["slack", "teams"] {
        let error = parsed(&format!("- {key}: https://hooks.slack.com/services/T0/B0/hunter22")).unwrap_err();
        assert!(error.to_string().contains(&format!("`notify[0].{key}` of `stackstep.yaml`")), "{error}");
        assert!(
            error.hint().unwrap().contains(&format!("write `{key}: {{ from-env: ")),
            "{:?}",
            error.hint()
        );
        assert!(!format!("{error:?}").contains("hunter22"), "{error:?}");
    }
    for text in [
        "- webhook: { url: \"https://a.example\", secret: hunter22 }",
        "- webhook: { url: \"https://ann:hunter22@a.example\" }",
        "- slack: { from-env: \"https://hooks.slack.com/hunter22\" }",
    ] {
        let error = parsed(text).unwrap_err();
        assert!(error.hint().unwrap().contains("from-env"), "{text}: {:?}", error.hint());
        assert!(!format!("{error:?}").contains("hunter22"), "{error:?}");
    }
}

#[test]
fn a_mistake_names_its_place_and_the_way_out() {
    for (text, place, hint) in [
        ("slack: { from-env: A }", "`notify` in `stackstep.yaml` is not a list", "slack"),
        ("[slack]", "`notify[0]`", "slack"),
        ("- { slak: { from-env: A } }", "`notify[0].slak`", "did you mean `slack`?"),
        ("- { on: [failed] }", "says nowhere to send to", "`mention`"),
        ("- { slack: { from-env: A }, teams: { from-env: B } }", "two places", "one of"),
        ("- { slack: { from_env: A } }", "`notify[0].slack.from_env`", "did you mean `from-env`?"),
        ("- { slack: { from-env: A }, on: [waitin] }", "`notify[0].on`", "did you mean `waiting`?"),
        ("- { slack: { from-env: A }, on: [] }", "`notify[0].on`", "leave the key out"),
        ("- { slack: { from-env: A }, stacks: [] }", "`notify[0].stacks`", "leave the key out"),
        ("- { slack: { from-env: A }, stacks: [\"a b\"] }", "never fits a stack", "Pulumi.<stack>.yaml"),
        ("- { webhook: { secret: { from-env: A } } }", "has no `url`", "url"),
        ("- { webhook: { urls: a } }", "`notify[0].webhook.urls`", "did you mean `url`?"),
        ("- { webhook: { url: \"http://a.example/hook\" } }", "begins with `https://`", "this machine"),
        ("- { webhook: { url: ftp } }", "begins with `https://`", "whole address"),
        ("- { mention: { people: [] } }", "names nobody", "@acme/oncall"),
        ("- { mention: { people: [\"a b\"] } }", "not a name of a person", "@acme/oncall"),
        ("- { mention: { peple: ann } }", "`notify[0].mention.peple`", "did you mean `people`?"),
    ] {
        let error = parsed(text).unwrap_err();
        assert!(error.to_string().contains(place), "{text}: {error}");
        assert!(error.hint().unwrap().contains(hint), "{text}: {:?}", error.hint());
    }
}

#[test]
fn a_server_on_this_machine_needs_no_encryption() {
    for url in ["http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]:9/x", "https://a.example"] {
        assert!(parsed(&format!("- webhook: {{ url: \"{url}\" }}")).is_ok(), "{url}");
    }
}
