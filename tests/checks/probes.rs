//! Requests and connections: servers that are slow, fail every second time, redirect, close early, or are not there.

use std::net::TcpListener;
use std::time::Duration;

use stackstep::process::signals::{Signal, Signals};

use super::{FAILED, PASSED, UNCLEAR, made, made_within, only, told};
use crate::support::server::{Reply, Server};

/// Tries that follow each other at once, of which each counts.
const AT_ONCE: &str = "every: 1ms, ready-within: 0";

fn good() -> Reply {
    Reply::Answer(200, Vec::new(), "all is ok".into())
}

fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn an_answer_as_it_was_wanted_passes_and_a_report_has_nothing_of_it() {
    let server = Server::start(|_, _| good());
    let url = format!("{}/health?token=hunter2", server.url());
    let result = only(&format!("[{{ http: \"{url}\", contains: ok, within: 20s }}]")).await;
    assert_eq!((result.outcome, result.tries.len()), (PASSED, 1), "{result:?}");
    assert_eq!(server.only("/").target, "/health?token=hunter2");
    assert_eq!(result.tries[0].status, Some(200));
    let told = told(&result);
    assert!(!told.contains("hunter2") && !told.contains("token") && !told.contains("all is"), "{told}");
    assert_eq!(result.address, Some(format!("{}/health", server.url())));
}

#[tokio::test]
async fn a_wrong_answer_fails_and_is_told_without_its_words() {
    let server = Server::start(|_, _| Reply::Answer(503, Vec::new(), "hunter2 is broken".into()));
    let result = only(&format!("[{{ http: \"{}\", {AT_ONCE} }}]", server.url())).await;
    assert_eq!((result.outcome, result.message.as_deref()), (FAILED, Some("status 503, and 2xx was wanted")));
    assert!(!told(&result).contains("hunter2"));
}

#[tokio::test]
async fn a_server_that_fails_every_second_time_passes_where_half_is_enough_and_nowhere_else() {
    for (passes, outcome) in [("5 of 6", FAILED), ("3 of 6", PASSED)] {
        let server = Server::start(|_, before| if before % 2 == 0 { good() } else { Reply::again(500) });
        let result = only(&format!("[{{ http: \"{}\", passes: {passes}, {AT_ONCE} }}]", server.url())).await;
        assert_eq!(result.outcome, outcome, "{result:?}");
        let statuses: Vec<_> = result.tries.iter().filter_map(|one| one.status).collect();
        assert_eq!(statuses[..4], [200, 500, 200, 500], "each try has a connection of its own");
    }
}

#[tokio::test]
async fn a_server_that_comes_up_is_waited_for() {
    let server = Server::start(|_, before| if before < 3 { Reply::again(502) } else { good() });
    let result = only(&format!("[{{ http: \"{}\", every: 1ms, ready-within: 50s }}]", server.url())).await;
    assert_eq!((result.outcome, result.early_tries), (PASSED, 3), "{result:?}");
}

#[tokio::test]
async fn a_slow_answer_is_too_slow_by_its_own_limit() {
    let server = Server::start(|_, _| {
        std::thread::yield_now();
        good()
    });
    let result = only(&format!("[{{ http: \"{}\", within: 1ns, {AT_ONCE} }}]", server.url())).await;
    assert_eq!(result.outcome, FAILED);
    assert!(result.message.unwrap().ends_with("at most 1ns were wanted"));
    assert!(result.worst_ms.is_some());
}

#[tokio::test]
async fn an_answer_that_the_time_for_all_checks_cuts_off_is_not_known() {
    let server = Server::start(|_, _| Reply::Silence);
    let list = format!("[{{ http: \"{}\", {AT_ONCE} }}]", server.url());
    let results = made_within(&list, &[], Duration::from_millis(50), &Signals::none()).await;
    assert_eq!(results[0].outcome, UNCLEAR);
    assert_eq!(results[0].message.as_deref(), Some("there was no time left"));
}

#[tokio::test]
async fn a_connection_that_closes_early_fails() {
    for reply in [Reply::Close, Reply::Half, Reply::Raw(b"nonsense\r\n\r\n".to_vec())] {
        let server = Server::start(move |_, _| reply.clone());
        let result = only(&format!("[{{ http: \"{}\", {AT_ONCE} }}]", server.url())).await;
        let message = result.message.unwrap();
        assert_eq!(result.outcome, FAILED, "{message}");
        assert!(message.starts_with("the connection was closed"), "{message}");
    }
}

#[tokio::test]
async fn a_long_answer_is_not_read_to_its_end() {
    let head = b"HTTP/1.1 200 x\r\ncontent-length: 9999999999\r\n\r\n".to_vec();
    let body = vec![b'x'; (1 << 20) + 1];
    let server = Server::start(move |_, _| Reply::Stall([head.clone(), body.clone()].concat()));
    let result = only(&format!("[{{ http: \"{}\", {AT_ONCE} }}]", server.url())).await;
    assert_eq!(result.outcome, PASSED, "{result:?}");
    let result = only(&format!("[{{ http: \"{}\", not-contains: y, {AT_ONCE} }}]", server.url())).await;
    assert_eq!(result.outcome, UNCLEAR, "{result:?}");
}

#[tokio::test]
async fn a_redirect_on_the_same_host_is_followed_and_one_that_is_wanted_is_the_answer() {
    let server = Server::start(|request, _| match request.target.as_str() {
        "/" => Reply::redirect(302, "/health"),
        _ => good(),
    });
    let result = only(&format!("[{{ http: \"{}\", {AT_ONCE} }}]", server.url())).await;
    assert_eq!((result.outcome, result.tries[0].status), (PASSED, Some(200)));
    let result = only(&format!("[{{ http: \"{}\", status: 302, {AT_ONCE} }}]", server.url())).await;
    assert_eq!((result.outcome, result.tries[0].status), (PASSED, Some(302)));
}

#[tokio::test]
async fn a_redirect_to_another_host_or_port_fails_and_nothing_is_sent_there() {
    for name in ["127.0.0.1", "localhost"] {
        let other = Server::start(|_, _| good());
        let target = format!("http://{name}:{}/login?user=hunter2", other.port());
        let server = Server::start(move |_, _| Reply::redirect(302, &target));
        let list = format!(
            "[{{ http: \"{}\", headers: {{ X-Key: {{ from-env: KEY }} }}, {AT_ONCE} }}]",
            server.url()
        );
        let results = made(&list, &[("KEY", "a secret key")]).await;
        let message = results[0].message.as_deref().unwrap();
        assert_eq!(results[0].outcome, FAILED);
        assert!(message.starts_with("it redirects to another "), "{message}");
        assert!(other.received().is_empty());
        assert_eq!(server.only("/").header("x-key"), Some("a secret key"));
        let told = told(&results[0]);
        assert!(!told.contains("hunter2") && !told.contains("a secret key"), "{told}");
    }
}

#[tokio::test]
async fn redirects_in_a_circle_end() {
    let server = Server::start(|_, _| Reply::redirect(302, "/"));
    let result = only(&format!("[{{ http: \"{}\", {AT_ONCE} }}]", server.url())).await;
    assert_eq!(result.message.as_deref(), Some("it redirects to one address after the other"));
    assert_eq!(server.received().len(), 6);
}

#[tokio::test]
async fn the_method_and_the_headers_are_those_of_the_settings() {
    let server = Server::start(|_, _| good());
    let list = format!(
        "[{{ http: \"{}\", method: POST, headers: {{ Accept: text/plain, Authorization: {{ from-env: KEY, prefix: \"Bearer \" }} }} }}]",
        server.url()
    );
    assert_eq!(made(&list, &[("KEY", "hunter22\n")]).await[0].outcome, PASSED);
    let request = server.only("/");
    assert_eq!((request.method.as_str(), request.body.as_str()), ("POST", ""));
    assert_eq!(request.header("accept"), Some("text/plain"));
    assert_eq!(request.header("authorization"), Some("Bearer hunter22"));
}

#[tokio::test]
async fn a_refused_connection_fails_and_a_name_that_does_not_resolve_is_inconclusive() {
    let port = closed_port();
    let list = format!(
        "[{{ http: \"http://127.0.0.1:{port}\", {AT_ONCE} }}, {{ tcp: \"127.0.0.1:{port}\", {AT_ONCE} }}, \
         {{ http: \"http://name.invalid\", {AT_ONCE} }}, {{ tcp: \"name.invalid:443\", {AT_ONCE} }}]"
    );
    let results = made(&list, &[]).await;
    let outcomes: Vec<_> = results.iter().map(|result| result.outcome).collect();
    assert_eq!(outcomes, [FAILED, FAILED, UNCLEAR, UNCLEAR], "{results:?}");
    for result in &results[..2] {
        assert_eq!(result.message.as_deref(), Some("the connection was refused"));
    }
    for result in &results[2..] {
        assert_eq!(result.message.as_deref(), Some("the name of the host does not resolve from here"));
        assert!(result.hint.as_ref().unwrap().contains("private network"));
    }
}

#[tokio::test]
async fn what_a_proxy_does_not_make_says_nothing_about_the_server() {
    let list = format!(
        "[{{ http: \"https://shop.example\", {AT_ONCE} }}, {{ http: \"http://shop.example\", {AT_ONCE} }}]"
    );
    let refusing = Server::start(|_, _| Reply::Answer(502, Vec::new(), String::new()));
    let gone = format!("http://127.0.0.1:{}", closed_port());
    for proxy in [refusing.url(), gone] {
        let results = made(&list, &[("HTTPS_PROXY", &proxy)]).await;
        assert_eq!(results[0].outcome, UNCLEAR, "{results:?}");
    }
    let asks = Server::start(|_, _| Reply::Answer(407, Vec::new(), String::new()));
    let results = made(&list, &[("HTTP_PROXY", &asks.url()), ("HTTPS_PROXY", &asks.url())]).await;
    assert_eq!((results[0].outcome, results[1].outcome), (UNCLEAR, UNCLEAR), "{results:?}");
}

#[tokio::test]
async fn a_connection_that_is_accepted_passes() {
    let server = Server::start(|_, _| good());
    let result = only(&format!("[{{ tcp: \"127.0.0.1:{}\", passes: 3, {AT_ONCE} }}]", server.port())).await;
    assert_eq!((result.outcome, result.tries.len()), (PASSED, 3));
    assert_eq!(result.address, Some(format!("127.0.0.1:{}", server.port())));
}

#[tokio::test]
async fn an_address_of_ipv6_is_one_as_any_other() {
    let Some(server) = Server::on_ipv6(|_, _| good()) else { return };
    let port = server.port();
    let list = format!("[{{ http: \"http://[::1]:{port}/x\" }}, {{ tcp: \"[::1]:{port}\" }}]");
    let results = made(&list, &[]).await;
    assert_eq!((results[0].outcome, results[1].outcome), (PASSED, PASSED), "{results:?}");
    assert_eq!(results[1].address, Some(format!("[::1]:{port}")));
}

#[tokio::test]
async fn checks_do_not_wait_for_each_other_and_their_results_are_in_order() {
    // The first answers only when the second was asked.
    let (asked, wait) = std::sync::mpsc::channel();
    let wait = std::sync::Mutex::new(wait);
    let first = Server::start(move |_, _| {
        wait.lock().unwrap().recv().unwrap();
        good()
    });
    let second = Server::start(move |_, _| {
        asked.send(()).unwrap();
        Reply::again(500)
    });
    let list = format!("[{{ http: \"{}\" }}, {{ http: \"{}\", {AT_ONCE} }}]", first.url(), second.url());
    let outcomes: Vec<_> = made(&list, &[]).await.iter().map(|result| result.outcome).collect();
    assert_eq!(outcomes, [PASSED, FAILED]);
}

#[tokio::test]
async fn a_signal_ends_all_at_once_and_keeps_what_was_known() {
    let signals = Signals::none();
    let cancelling = signals.clone();
    let quick = Server::start(|_, _| good());
    let silent = Server::start(move |_, _| {
        cancelling.cancel(Signal::Terminate);
        Reply::Silence
    });
    let list =
        format!("[{{ http: \"{}\", passes: 1, {AT_ONCE} }}, {{ http: \"{}\" }}]", quick.url(), silent.url());
    let results = made_within(&list, &[], Duration::from_secs(600), &signals).await;
    assert_eq!(results[1].outcome, UNCLEAR);
    assert_eq!(results[1].message.as_deref(), Some("the run was stopped"));
    assert_eq!(results.len(), 2);
}
