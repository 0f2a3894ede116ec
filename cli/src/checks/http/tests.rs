//! Answers, and what is wrong with them.

use super::*;
use crate::base::http::Method;
use crate::base::secret::Secret;
use crate::checks::address::WebAddress;

fn check() -> HttpCheck {
    HttpCheck {
        address: WebAddress::parse("url", "").unwrap(),
        method: Method::GET,
        headers: Vec::new(),
        status: vec![StatusRange { first: 200, last: 200 }, StatusRange { first: 204, last: 204 }],
        contains: vec!["ok".to_owned()],
        not_contains: vec!["fatal".to_owned()],
        within: Some(Duration::from_millis(500)),
        tls_days: Some(14),
    }
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn answer(status: u16, body: &str) -> Probed {
    Probed {
        status,
        body: Secret::new(body),
        whole: true,
        certificate: Some(day("2026-12-31")),
        encrypted: true,
    }
}

fn judged(probed: &Probed) -> (CheckOutcome, String) {
    let tried = judge(&check(), probed, Duration::from_millis(120), day("2026-12-01"));
    (tried.outcome, tried.problem.map(|problem| problem.what).unwrap_or_default())
}

#[test]
fn an_answer_as_it_was_wanted_passes() {
    let tried = judge(&check(), &answer(204, "all is ok"), Duration::from_millis(120), day("2026-12-01"));
    assert_eq!((tried.outcome, tried.problem), (CheckOutcome::Passed, None));
    assert_eq!((tried.status, tried.certificate_days), (Some(204), Some(30)));
    assert_eq!(tried.took, Some(Duration::from_millis(120)));
}

#[test]
fn what_is_wrong_is_said_without_a_word_of_the_answer() {
    let failed = CheckOutcome::Failed;
    for (probed, what) in [
        (answer(503, "hunter2 ok"), "status 503, and 200 or 204 was wanted"),
        (answer(200, "hunter2"), "the answer does not contain `ok`"),
        (answer(200, "hunter2 ok, fatal"), "the answer contains `fatal`"),
        (
            Probed { certificate: Some(day("2026-12-04")), ..answer(200, "ok") },
            "the certificate is valid for 3 more days, and 14 were wanted",
        ),
        (
            Probed { encrypted: false, certificate: None, ..answer(200, "ok") },
            "the connection is not encrypted, so there is no certificate",
        ),
    ] {
        assert_eq!(judged(&probed), (failed, what.to_owned()));
    }
    let slow = judge(&check(), &answer(200, "ok"), Duration::from_millis(612), day("2026-12-01"));
    assert_eq!(slow.problem.unwrap().what, "it took 612ms, and at most 500ms were wanted");
}

#[test]
fn what_a_long_answer_does_not_contain_is_not_known() {
    let cut = |body: &str| Probed { whole: false, ..answer(200, body) };
    assert_eq!(judged(&cut("x")).0, CheckOutcome::Inconclusive, "`ok` may come later");
    assert_eq!(judged(&cut("ok")).0, CheckOutcome::Inconclusive, "`fatal` may come later");
    assert_eq!(judged(&cut("ok fatal")).0, CheckOutcome::Failed);
    let without = HttpCheck { not_contains: Vec::new(), ..check() };
    let tried = judge(&without, &cut("ok"), Duration::ZERO, day("2026-12-01"));
    assert_eq!(tried.outcome, CheckOutcome::Passed);
}

#[test]
fn only_the_server_itself_can_fail_a_check() {
    for (why, outcome) in [
        (NoAnswer::NoName, CheckOutcome::Inconclusive),
        (NoAnswer::NoWay("nothing answers"), CheckOutcome::Inconclusive),
        (NoAnswer::Refused, CheckOutcome::Failed),
        (NoAnswer::Closed, CheckOutcome::Failed),
        (NoAnswer::Slow(Duration::from_secs(10)), CheckOutcome::Failed),
        (NoAnswer::Certificate("has expired"), CheckOutcome::Failed),
        (NoAnswer::Tls, CheckOutcome::Failed),
        (NoAnswer::Redirected("another host"), CheckOutcome::Failed),
    ] {
        assert_eq!(no_answer(&why, false).outcome, outcome, "{why}");
    }
    assert_eq!(no_answer(&NoAnswer::Slow(Duration::from_secs(1)), true), no_time_left());
    assert_eq!(judged(&answer(407, "")).0, CheckOutcome::Inconclusive, "a proxy's answer");
}
