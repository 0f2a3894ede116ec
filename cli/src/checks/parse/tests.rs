//! The settings of the contract, and each mistake in them with its error and its way out.

use super::*;
use crate::base::yaml;
use crate::checks::settings::{HeaderText, HttpCheck, OnFailedCheck, StatusRange};
use crate::report::{CheckKind, Inconclusive};

const PLACE: &str = "`stacks.prod` in `stackstep.yaml`";

fn read(text: &str) -> Result<Checks> {
    let value = yaml::parse(text).unwrap();
    Checks::read(value.as_mapping().unwrap(), PLACE)
}

/// One check, written as the only item of the list.
fn one(text: &str) -> Check {
    let checks = read(&format!("checks:\n  - {text}\n")).unwrap();
    checks.list.into_iter().next().unwrap()
}

/// The error of a check, without its place.
fn mistake(text: &str) -> (String, String) {
    let error = read(&format!("checks:\n  - {text}\n")).unwrap_err();
    let what = error.to_string();
    assert!(what.contains(PLACE), "{what}");
    (what.replace(&format!(" of {PLACE}"), ""), error.hint().unwrap().to_owned())
}

fn http_of(check: &Check) -> &HttpCheck {
    match &check.subject {
        CheckSubject::Http(http) => http,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_settings_of_the_documentation_are_read() {
    let checks = read(
        r#"
environment: production
checks:
  - { http: url, path: /health, status: 200, contains: ok, within: 500ms, passes: 5 of 6 }
  - { tcp: "db.example.com:5432" }
  - { run: [./smoke.sh, --fast] }
  - { preview: no-changes }
checks-timeout: 2m
inconclusive: pass
on-failed-check: nothing
"#,
    )
    .unwrap();
    let names: Vec<&str> = checks.list.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(names, ["url/health", "db.example.com:5432", "smoke.sh", "preview"]);
    let kinds: Vec<CheckKind> = checks.list.iter().map(Check::kind).collect();
    assert_eq!(kinds, [CheckKind::Http, CheckKind::Tcp, CheckKind::Run, CheckKind::Preview]);
    assert_eq!(checks.timeout, Duration::from_secs(120));
    assert_eq!((checks.inconclusive, checks.on_failed), (Inconclusive::Pass, OnFailedCheck::Nothing));
    let pace = checks.list[0].pace;
    assert_eq!((pace.needed, pace.of, pace.every), (5, 6, EVERY));
    assert_eq!(http_of(&checks.list[0]).within, Some(Duration::from_millis(500)));
}

#[test]
fn a_stack_without_checks_has_none_and_the_defaults() {
    let checks = read("environment: production\n").unwrap();
    assert!(checks.is_empty());
    assert_eq!(checks.timeout, Duration::from_secs(300));
    assert_eq!((checks.inconclusive, checks.on_failed), (Inconclusive::Fail, OnFailedCheck::Nothing));
}

#[test]
fn only_what_asks_and_changes_nothing_is_made_before_the_deployment_too() {
    assert!(one("{ http: url }").baseline && one("{ tcp: \"a:1\" }").baseline);
    assert!(!one("{ http: url, baseline: false }").baseline);
    assert!(!one("{ run: [./smoke.sh] }").baseline && !one("{ preview: no-changes }").baseline);
}

#[test]
fn a_deployment_has_time_to_come_up_unless_a_command_is_run() {
    assert_eq!(one("{ http: url }").pace.ready_within, READY_WITHIN);
    assert_eq!(one("{ run: [a] }").pace, Pace::ONCE);
    assert_eq!(one("{ http: url, ready-within: 0 }").pace.ready_within, Duration::ZERO);
    assert_eq!(one("{ run: [a], passes: 3, every: 10ms }").pace.every, Duration::from_millis(10));
}

#[test]
fn statuses_are_numbers_hundreds_or_lists_of_them() {
    let status = |text: &str| -> Vec<String> {
        http_of(&one(&format!("{{ http: url, status: {text} }}")))
            .status
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(status("200"), ["200"]);
    assert_eq!(status("2xx"), ["2xx"]);
    assert_eq!(status("[200, 204, 3XX]"), ["200", "204", "3xx"]);
    assert_eq!(http_of(&one("{ http: url }")).status, [StatusRange::SUCCESS]);
}

#[test]
fn a_secret_of_a_header_is_a_variable_of_the_job() {
    let check = one(
        "{ http: url, headers: { Authorization: { from-env: TOKEN, prefix: \"Bearer \" }, Accept: text/plain } }",
    );
    let headers = &http_of(&check).headers;
    let secret = HeaderText::FromEnv { prefix: "Bearer ".to_owned(), variable: "TOKEN".to_owned() };
    assert_eq!(headers[0], ("authorization".to_owned(), secret));
    assert_eq!(headers[1], ("accept".to_owned(), HeaderText::Plain("text/plain".to_owned())));
}

#[test]
fn a_variable_that_is_not_set_is_found_out_before_the_deployment() {
    let checks = read("checks:\n  - { http: url, headers: { X-Key: { from-env: TOKEN } } }\n  - { run: [a], env: [OTHER] }\n").unwrap();
    let env = |pairs: &[(&str, &str)]| crate::base::env::Env::from_pairs("/", pairs.iter().copied());
    let error = checks.secrets(&env(&[("OTHER", "x")])).unwrap_err();
    assert_eq!(error.to_string(), "the check `url` needs the variable `TOKEN`, which is not set");
    let secrets = checks.secrets(&env(&[("OTHER", "x"), ("TOKEN", "y")])).unwrap();
    assert_eq!(secrets.iter().map(|(_, secret)| secret.expose()).collect::<Vec<_>>(), ["y", "x"]);
}

#[test]
fn checks_of_one_name_get_numbers_unless_they_were_named_so() {
    let names = |text: &str| -> Vec<String> {
        read(text).unwrap().list.into_iter().map(|check| check.name).collect()
    };
    assert_eq!(names("checks: [{ http: url }, { http: url }, { http: url }]"), ["url", "url (2)", "url (3)"]);
    let error = read("checks: [{ http: url, name: a }, { http: url, name: a }]").unwrap_err().to_string();
    assert!(error.starts_with("`checks[1].name` of "), "{error}");
}

#[test]
fn a_shell_reads_a_text_only_where_it_was_asked_for() {
    let CheckSubject::Run(command) = one("{ run: \"./a | grep b\", shell: true }").subject else { panic!() };
    assert_eq!(command.line, CheckLine::Shell("./a | grep b".to_owned()));
}

#[test]
fn each_mistake_is_named_with_its_way_out() {
    for (text, what, hint) in [
        ("{ htp: url }", "`checks[0].htp` is not a key of a check", "did you mean `http`?"),
        (
            "{ http: url, pases: 5 of 6 }",
            "`checks[0].pases` is not a key of a check with `http`",
            "did you mean `passes`?",
        ),
        (
            "{ http: url, matches: ok }",
            "`checks[0].matches` is not a key of a check with `http`",
            "the keys of a check with",
        ),
        (
            "{ tcp: \"a:1\", status: 200 }",
            "`checks[0].status` is not a key of a check with `tcp`",
            "the keys of a check with `tcp`",
        ),
        (
            "{ preview: no-changes, every: 2s }",
            "`checks[0].every` is not a key of a check with `preview`",
            "the keys",
        ),
        ("{ preview: changes }", "`checks[0].preview` is not `no-changes`", "write `preview: no-changes`"),
        ("{ path: /health }", "`checks[0]` does not say what to check", "name one of `http: URL`"),
        ("{ http: url, tcp: \"a:1\" }", "`checks[0]` has both `http` and `tcp`", "two checks"),
        ("health", "`checks[0]` is not a mapping", "{http: url, path: /health}"),
        ("{ http: url, within: 500 }", "`checks[0].within` is `500`, which has no unit", "`500ms`"),
        (
            "{ http: url, within: 5 parsecs }",
            "`checks[0].within` is `5 parsecs`, which is not a length of time",
            "`500ms`",
        ),
        ("{ http: url, within: 0s }", "`checks[0].within` is no time at all", "longer"),
        ("{ http: url, every: 0 }", "`checks[0].every` is no time at all", "longer"),
        (
            "{ http: url, passes: 7 of 6 }",
            "`checks[0].passes` is `7 of 6`, which is more than there are",
            "`5 of 6`",
        ),
        (
            "{ http: url, passes: 0 of 6 }",
            "`checks[0].passes` is `0 of 6`, and a check of which no try",
            "`5 of 6`",
        ),
        (
            "{ http: url, passes: 5 of 1000 }",
            "`checks[0].passes` is `5 of 1000`, and at most 100",
            "`5 of 6`",
        ),
        ("{ http: url, passes: most }", "`checks[0].passes` is `most`", "`5 of 6`"),
        ("{ http: url, status: 2x }", "`checks[0].status` is `2x`, which is not a status", "`2xx`"),
        ("{ http: url, status: 99 }", "`checks[0].status` is `99`, which is not a status", "`200`"),
        ("{ http: url, method: PATCH }", "`checks[0].method` is `PATCH`", "`GET`, `HEAD`"),
        (
            "{ http: url, method: head, contains: ok }",
            "`checks[0].method` is `HEAD`, whose answer contains nothing",
            "`GET`",
        ),
        ("{ http: url, path: health }", "`checks[0].path`: a path begins with a `/`", "`/health`"),
        (
            "{ http: \"https://a/?x=1\", path: /health }",
            "`checks[0].path`: a path can't follow a query",
            "end of the path",
        ),
        ("{ http: \"https://a/#top\" }", "`checks[0].http`: a `#` is no part of", "leave it out"),
        (
            "{ http: shop.example.com/health }",
            "`checks[0].http`: it is neither a URL nor",
            "`https://shop.example.com/health`",
        ),
        ("{ http: \"localhost:8080\" }", "`checks[0].http`: it is neither a URL nor", "https://"),
        ("{ http: \"ftp://a\" }", "`checks[0].http`: only `http` and `https` are asked", "`tcp` or `run`"),
        ("{ http: \"https://\" }", "`checks[0].http`: it is not a URL", "https://"),
        (
            "{ http: \"https://me:hunter2@a/\" }",
            "`checks[0].http`: the URL has a user or a password in it",
            "from-env",
        ),
        (
            "{ http: \"http://a\", tls-days: 14 }",
            "`checks[0].tls-days` is set for an address without a certificate",
            "https",
        ),
        ("{ http: url, tls-days: soon }", "`checks[0].tls-days` is `soon`", "from 0 to 3650"),
        ("{ http: [url] }", "`checks[0].http` is not a text", "single text"),
        ("{ http: url, headers: x }", "`checks[0].headers` is not a mapping", "from-env"),
        (
            "{ http: url, headers: { Authorization: Bearer hunter2 } }",
            "`checks[0].headers.authorization` would put a secret into the repository",
            "from-env",
        ),
        (
            "{ http: url, headers: { X-Api-Key: hunter2 } }",
            "`checks[0].headers.x-api-key` would put a secret",
            "from-env",
        ),
        (
            "{ http: url, headers: { Cookie: hunter2 } }",
            "`checks[0].headers.cookie` would put a secret",
            "from-env",
        ),
        (
            "{ http: url, headers: { X: { from-env: not-a-name } } }",
            "`checks[0].headers.x` does not name a variable",
            "from-env",
        ),
        (
            "{ http: url, headers: { X: { from-env: A, prefx: b } } }",
            "`checks[0].headers.x` does not name a variable",
            "prefix",
        ),
        (
            "{ http: url, headers: { \"a b\": c } }",
            "`checks[0].headers` has `a b`, which is not a header to set",
            "Accept",
        ),
        (
            "{ http: url, headers: { Content-Length: 1 } }",
            "`checks[0].headers` has `Content-Length`",
            "leave it out",
        ),
        (
            "{ tcp: db.example.com }",
            "`checks[0].tcp`: it is neither a host with a port nor",
            "`db.example.com:5432`",
        ),
        ("{ tcp: \"db:0\" }", "`checks[0].tcp`: it is neither a host with a port nor", ":5432"),
        (
            "{ tcp: \"2001:db8::1:5432\" }",
            "`checks[0].tcp`: it is neither a host with a port nor",
            "[2001:db8::1]:5432",
        ),
        ("{ tcp: \"db:5432\", port: 1 }", "`checks[0].tcp`: it has a port already", "leave `port` out"),
        ("{ tcp: host, port: 70000 }", "`checks[0].port` is `70000`", "from 1 to 65535"),
        ("{ run: ./smoke.sh --fast }", "`checks[0].run` is a text, and no shell reads it", "shell: true"),
        (
            "{ run: [./smoke.sh], shell: true }",
            "`checks[0].shell` is `true`, and `run` is a list",
            "one text",
        ),
        ("{ run: [] }", "`checks[0].run` is empty", "./smoke.sh"),
        (
            "{ run: [a], env: [A B] }",
            "`checks[0].env` has `A B`, which is not the name of a variable",
            "SMOKE_TOKEN",
        ),
        (
            "{ http: url, baseline: perhaps }",
            "`checks[0].baseline` is `perhaps`, which is not a boolean",
            "`true`",
        ),
        (
            "{ http: url, passes: 5 of 6, every: 2m }",
            "the check `url` takes 8m at least, and all checks have 5m together",
            "`checks-timeout`",
        ),
    ] {
        let (said, way_out) = mistake(text);
        assert!(said.starts_with(what), "{text}: {said}");
        assert!(way_out.contains(hint), "{text}: {way_out}");
        let all = format!("{said}{way_out}");
        assert!(!all.contains("hunter2"), "a secret is never shown: {all}");
    }
}

#[test]
fn the_keys_beside_the_list_have_their_mistakes_too() {
    for (text, what, hint) in [
        ("checks: {http: url}", "`checks` of `stacks.prod` in `stackstep.yaml` is not a list", "[{http"),
        (
            "checks-timeout: 5",
            "`checks-timeout` of `stacks.prod` in `stackstep.yaml` is `5`, which has no unit",
            "`2s`",
        ),
        (
            "inconclusive: ignore",
            "`inconclusive` of `stacks.prod` in `stackstep.yaml` is `ignore`",
            "`fail`, `pass`",
        ),
        (
            "on-failed-check: holt",
            "`on-failed-check` of `stacks.prod` in `stackstep.yaml` is `holt`",
            "did you mean `hold`?",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.to_string(), what);
        assert!(error.hint().unwrap().contains(hint), "{error:?}");
    }
}

#[test]
fn a_list_of_more_checks_than_anybody_reads_is_refused() {
    let many = "{ http: url },".repeat(101);
    assert!(read(&format!("checks: [{many}]")).unwrap_err().to_string().contains("has 101 checks"));
}
