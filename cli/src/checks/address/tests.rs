//! Addresses of the settings, and those that outputs give or don't.

use super::*;
use serde_json::json;

fn report(outputs: &Value) -> Report {
    let mut report = crate::report::report(
        crate::report::Events::default(),
        crate::report::Facts::new(crate::report::Operation::Up, "dev", crate::report::Ending::Exited(0), 0),
    );
    crate::report::take_outputs(
        &mut report,
        outputs.as_object().unwrap().clone(),
        crate::report::OutputsFrom::Current,
    );
    report
}

fn web(text: &str, path: &str, outputs: &Value) -> Result<String, NoAddress> {
    let report = report(outputs);
    let address = WebAddress::parse(text, path).unwrap();
    address.resolve(KnownOutputs::from_report(&report)).map(|url| url.to_string())
}

fn connection(text: &str, port: Option<u16>, outputs: &Value) -> Result<(String, u16), NoAddress> {
    let report = report(outputs);
    HostAddress::parse(text, port).unwrap().resolve(KnownOutputs::from_report(&report))
}

#[test]
fn a_path_goes_below_the_address_and_a_query_after_it() {
    for (text, path, outputs, expected) in [
        ("https://a.example", "/health", json!({}), "https://a.example/health"),
        ("https://a.example/app/", "/health?deep=1", json!({}), "https://a.example/app/health?deep=1"),
        ("https://a.example/x?y=1", "", json!({}), "https://a.example/x?y=1"),
        ("url", "/health", json!({ "url": "https://a.example/" }), "https://a.example/health"),
        ("url/health", "", json!({ "url": "http://[::1]:8080/app" }), "http://[::1]:8080/app/health"),
        ("url", "", json!({ "url": " https://a.example/x \n" }), "https://a.example/x"),
    ] {
        assert_eq!(web(text, path, &outputs).as_deref(), Ok(expected), "{text} {path}");
    }
}

#[test]
fn a_name_shows_no_query() {
    let name = |text: &str, path: &str| WebAddress::parse(text, path).unwrap().name();
    assert_eq!(name("https://a.example:8443/x?token=hunter2", ""), "a.example:8443/x");
    assert_eq!(name("https://a.example/", ""), "a.example");
    assert_eq!(name("url", "/x?token=hunter2"), "url/x");
}

#[test]
fn an_output_that_gives_no_address_says_why_and_whether_that_is_the_deployment_s_fault() {
    let failed = CheckOutcome::Failed;
    for (outputs, outcome, what, hint) in [
        (
            json!({ "uri": "https://a" }),
            failed,
            "the stack has no output `url`",
            "did you mean `uri`? its outputs are `uri`",
        ),
        (json!({}), failed, "the stack has no output `url`", "it has none"),
        (json!({ "url": "[secret]" }), failed, "the output `url` is a secret", "write the address itself"),
        (json!({ "url": 7 }), failed, "the output `url` is not a text", "as a text"),
        (
            json!({ "url": "a.example" }),
            failed,
            "the output `url` holds no address to ask: it is not a URL",
            "https://",
        ),
        (
            json!({ "url": "https://me:hunter2@a" }),
            failed,
            "the output `url` holds no address to ask: the URL has a user",
            "https://",
        ),
        (
            json!({ "url": "ssh://a" }),
            failed,
            "the output `url` holds no address to ask: only `http`",
            "https://",
        ),
        (
            json!({ "url": UNKNOWN }),
            CheckOutcome::Inconclusive,
            "the output `url` has no value yet",
            "deploy",
        ),
    ] {
        let why = web("url", "", &outputs).unwrap_err();
        assert!(why.problem.what.starts_with(what), "{outputs}: {}", why.problem.what);
        assert!(why.problem.hint.as_ref().unwrap().contains(hint), "{outputs}: {:?}", why.problem.hint);
        assert_eq!(why.outcome, outcome, "{outputs}");
        assert!(!format!("{why:?}").contains("hunter2"));
    }
}

#[test]
fn outputs_that_could_not_be_read_are_not_missing() {
    let mut report = report(&json!({}));
    report.outputs = None;
    let address = WebAddress::parse("url", "").unwrap();
    let why = address.resolve(KnownOutputs::from_report(&report)).unwrap_err();
    assert_eq!(why.outcome, CheckOutcome::Inconclusive);
    assert_eq!(why.problem.what, "the stack's outputs could not be read");
    report.outputs = Some(Map::new());
    report.withheld_outputs = vec!["url".to_owned()];
    let why = address.resolve(KnownOutputs::from_report(&report)).unwrap_err();
    assert_eq!(why.outcome, CheckOutcome::Inconclusive, "its value holds a secret's text");
}

#[test]
fn a_connection_goes_to_a_host_and_a_port_wherever_they_stand() {
    let of = |host: &str, port: u16| Ok((host.to_owned(), port));
    for (text, port, outputs, expected) in [
        ("db.example.com:5432", None, json!({}), of("db.example.com", 5432)),
        ("[2001:db8::1]:5432", None, json!({}), of("2001:db8::1", 5432)),
        ("db.example.com", Some(1), json!({}), of("db.example.com", 1)),
        ("db", None, json!({ "db": "10.0.0.1:5432" }), of("10.0.0.1", 5432)),
        ("db", Some(5432), json!({ "db": "db.example.com" }), of("db.example.com", 5432)),
        ("db", Some(5432), json!({ "db": "::1" }), of("::1", 5432)),
        ("db", None, json!({ "db": "postgres://db.example.com:5432/shop" }), of("db.example.com", 5432)),
        ("db", None, json!({ "db": "https://db.example.com/x" }), of("db.example.com", 443)),
    ] {
        assert_eq!(connection(text, port, &outputs), expected, "{text} {outputs}");
    }
    let why = connection("db", None, &json!({ "db": "db.example.com" })).unwrap_err();
    assert_eq!(why.problem.what, "the output `db` holds no address to connect to");
    assert!(why.problem.hint.unwrap().contains("set `port`"));
}
