//! The HTTP client against a server on this machine: tries, redirects, limits, proxies, certificates.

use std::time::Duration;

use stackstep::base::env::Env;
use stackstep::base::http::{Answer, Failure, Http, Limits, Request, Url};
use stackstep::base::secret::Secret;

use crate::support::company;
use crate::support::server::{Reply, Server};

const LIMITS: Limits = Limits {
    try_time: Duration::from_secs(20),
    tries: 3,
    pause: Duration::ZERO,
    longest_pause: Duration::from_secs(1),
    body: 1000,
};

fn client(variables: &[(&str, &str)], limits: Limits) -> Http {
    Http::new(&Env::from_pairs("/", variables.iter().copied()), limits).unwrap()
}

/// A request with credentials in its header.
fn get(url: &str) -> Request {
    Request { authorization: Some(Secret::new("Bearer hunter2")), ..Request::get(Url::parse(url).unwrap()) }
}

async fn asked(server: &Server) -> Result<Answer, Failure> {
    client(&[], LIMITS).send(&get(&server.url())).await
}

/// A certificate authority in PEM form, and a server with a certificate of it.
fn company() -> (String, Server) {
    company::Certificate::of("127.0.0.1").server(|_, _| good())
}

fn good() -> Reply {
    Reply::Answer(200, Vec::new(), "good".into())
}

#[tokio::test]
async fn a_request_says_who_asks() {
    let server = Server::start(|_, _| good());
    assert_eq!(asked(&server).await.unwrap().body.expose(), "good");
    let request = server.only("/");
    assert_eq!(request.header("user-agent"), Some(concat!("stackstep/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(request.header("authorization"), Some("Bearer hunter2"));
}

#[tokio::test]
async fn a_server_in_trouble_is_asked_again() {
    for trouble in [Reply::again(503), Reply::again(429), Reply::Close, Reply::Half] {
        let server = Server::start(move |_, before| if before == 0 { trouble.clone() } else { good() });
        assert_eq!(asked(&server).await.unwrap().status, 200);
        assert_eq!(server.received().len(), 2);
    }
}

#[tokio::test]
async fn tries_end() {
    let server = Server::start(|_, _| Reply::again(502));
    assert_eq!(asked(&server).await.unwrap().status, 502);
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn an_answer_that_is_final_is_not_asked_for_again() {
    for status in [400, 401, 403, 404] {
        let server = Server::start(move |_, _| Reply::again(status));
        assert_eq!(asked(&server).await.unwrap().status, status);
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn a_request_that_must_not_be_sent_twice_is_not() {
    for trouble in [Reply::again(503), Reply::Close] {
        let server = Server::start(move |_, _| trouble.clone());
        let request = Request::form(Url::parse(&server.url()).unwrap(), &[("a", "b")]);
        let _ = client(&[], LIMITS).send(&request).await;
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_wants_a_longer_pause_than_we_have_is_not_waited_for() {
    let server =
        Server::start(|_, _| Reply::Answer(503, vec![("retry-after", "3600".into())], String::new()));
    assert_eq!(asked(&server).await.unwrap().status, 503);
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_date_to_come_again_is_measured_by_the_servers_own_clock() {
    let headers = |date: &str| {
        vec![("date", "Sat, 21 Nov 2026 10:00:00 GMT".to_owned()), ("retry-after", date.to_owned())]
    };
    let now = headers("Sat, 21 Nov 2026 10:00:00 GMT");
    let server = Server::start(move |_, _| Reply::Answer(503, now.clone(), String::new()));
    let _ = asked(&server).await;
    assert_eq!(server.received().len(), 3);
    let later = headers("Sat, 21 Nov 2026 11:00:00 GMT");
    let server = Server::start(move |_, _| Reply::Answer(503, later.clone(), String::new()));
    let _ = asked(&server).await;
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_silent_server_is_not_waited_for_forever() {
    let server = Server::start(|_, _| Reply::Silence);
    let limits = Limits { try_time: Duration::from_millis(50), tries: 2, ..LIMITS };
    let failure = client(&[], limits).send(&get(&server.url())).await.unwrap_err();
    assert!(matches!(failure, Failure::TimedOut { .. }), "{failure}");
}

#[tokio::test]
async fn an_answer_that_is_too_big_is_not_read() {
    let server = Server::start(|_, _| Reply::Answer(200, Vec::new(), "x".repeat(1001)));
    let failure = asked(&server).await.unwrap_err();
    assert!(failure.to_string().contains("more than 1000 bytes"), "{failure}");
}

#[tokio::test]
async fn a_closed_port_is_named_and_the_path_is_not() {
    let server = Server::start(|_, _| good());
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    drop(server);
    let failure = client(&[], LIMITS).send(&get(&format!("http://{gone}/a?key=hunter2"))).await.unwrap_err();
    let text = format!("{failure} {failure:?}");
    assert!(text.contains(&gone.to_string()), "{text}");
    assert!(!text.contains("hunter2") && !text.contains("/a"), "{text}");
}

#[tokio::test]
async fn credentials_follow_a_redirect_within_the_host() {
    let server = Server::start(|request, _| match request.target.as_str() {
        "/" => Reply::redirect(307, "/new"),
        _ => good(),
    });
    assert_eq!(asked(&server).await.unwrap().status, 200);
    assert_eq!(server.only("/new").header("authorization"), Some("Bearer hunter2"));
}

#[tokio::test]
async fn credentials_do_not_follow_a_redirect_to_another_host() {
    for status in [301, 302, 303, 307, 308] {
        let other = Server::start(|_, _| good());
        let target = other.url();
        let server = Server::start(move |_, _| Reply::redirect(status, &target));
        let failure = asked(&server).await.unwrap_err();
        assert!(matches!(failure, Failure::Redirected { .. }), "{failure}");
        assert!(other.received().is_empty());
    }
}

#[tokio::test]
async fn a_form_is_never_sent_a_second_time_for_a_redirect() {
    for status in [302, 307, 308] {
        let server = Server::start(move |_, _| Reply::redirect(status, "/new"));
        let request = Request::form(Url::parse(&server.url()).unwrap(), &[("token", "hunter2")]);
        let failure = client(&[], LIMITS).send(&request).await.unwrap_err();
        assert!(matches!(failure, Failure::Redirected { .. }), "{failure}");
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn a_request_without_credentials_follows_to_another_host() {
    let other = Server::start(|_, _| good());
    let target = other.url();
    let server = Server::start(move |_, _| Reply::redirect(302, &target));
    let answer = client(&[], LIMITS).send(&Request::get(Url::parse(&server.url()).unwrap())).await.unwrap();
    assert_eq!(answer.body.expose(), "good");
}

#[tokio::test]
async fn redirects_in_a_circle_end() {
    let server = Server::start(|_, _| Reply::redirect(302, "/"));
    assert!(asked(&server).await.is_err());
    assert_eq!(server.received().len(), 6);
}

#[tokio::test]
async fn the_proxy_of_the_environment_is_used() {
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let proxy = Server::start(|_, _| good());
        let http = client(&[(name, &proxy.url())], LIMITS);
        assert_eq!(http.send(&get("http://cloud.example/api")).await.unwrap().status, 200);
        assert_eq!(proxy.only("http").target, "http://cloud.example/api");
    }
}

#[tokio::test]
async fn an_encrypted_request_shows_a_proxy_nothing_but_the_host() {
    let proxy = Server::start(|_, _| Reply::Answer(502, Vec::new(), String::new()));
    let http = client(&[("HTTPS_PROXY", &proxy.url())], LIMITS);
    assert!(http.send(&get("https://cloud.example/api")).await.is_err());
    for request in proxy.received() {
        assert_eq!((request.method.as_str(), request.target.as_str()), ("CONNECT", "cloud.example:443"));
        assert_eq!(request.header("authorization"), None);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn hosts_that_need_no_proxy_are_asked_directly() {
    let server = Server::start(|_, _| good());
    // Nothing listens there: a request that took it would fail.
    let nowhere = ("HTTP_PROXY", "http://127.0.0.1:1");
    assert_eq!(client(&[nowhere], LIMITS).send(&get(&server.url())).await.unwrap().status, 200);
    // This machine too, but by a name that is no exception of itself.
    let other_name = format!("http://0.0.0.0:{}", server.port());
    assert!(client(&[nowhere], LIMITS).send(&get(&other_name)).await.is_err());
    let http = client(&[nowhere, ("NO_PROXY", "a.example, 0.0.0.0")], LIMITS);
    assert_eq!(http.send(&get(&other_name)).await.unwrap().status, 200);
}

#[test]
fn a_proxy_that_is_no_address_is_named_by_its_variable_only() {
    let env = Env::from_pairs("/", [("HTTPS_PROXY", "http://user:hunter2@[")]);
    let error = Http::new(&env, LIMITS).unwrap_err();
    assert!(error.to_string().contains("`HTTPS_PROXY`"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn a_file_of_authorities_that_holds_none_is_bad_input() {
    for (content, says) in [(None, "could not read"), (Some("nothing"), "holds no certificates")] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let env = Env::from_pairs("/", [("SSL_CERT_FILE", path.to_str().unwrap())]);
        let error = Http::new(&env, LIMITS).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[tokio::test]
async fn a_certificate_of_a_companys_own_authority_is_trusted_when_the_authority_is_named() {
    let (authority, server) = company();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, authority).unwrap();
    let url = format!("https://127.0.0.1:{}", server.port());
    let http = client(&[("SSL_CERT_FILE", path.to_str().unwrap())], LIMITS);
    assert_eq!(http.send(&get(&url)).await.unwrap().body.expose(), "good");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused_with_the_way_out() {
    let (_, server) = company();
    let failure =
        client(&[], LIMITS).send(&get(&format!("https://127.0.0.1:{}", server.port()))).await.unwrap_err();
    assert!(matches!(failure, Failure::Untrusted { .. }), "{failure:?}");
    assert!(failure.hint().contains("SSL_CERT_FILE"));
    assert!(server.received().is_empty());
}
