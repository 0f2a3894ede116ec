//! Certificates: the wrong name, an authority that nobody trusts, days that are over or will be.

use super::{FAILED, PASSED, UNCLEAR, made, only};
use crate::support::company::Certificate;
use crate::support::server::{Reply, Server};

fn good() -> Reply {
    Reply::Answer(200, Vec::new(), "ok".into())
}

/// What comes of a check of the server, whose authority is trusted.
async fn trusted(authority: &str, server: &Server, more: &str) -> stackstep::report::CheckResult {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, authority).unwrap();
    let list =
        format!("[{{ http: \"https://127.0.0.1:{}\", every: 1ms, ready-within: 0{more} }}]", server.port());
    made(&list, &[("SSL_CERT_FILE", path.to_str().unwrap())]).await.remove(0)
}

#[tokio::test]
async fn a_good_certificate_passes_and_its_days_are_told() {
    let (authority, server) = Certificate::of("127.0.0.1").until(2999, 1, 1).server(|_, _| good());
    let result = trusted(&authority, &server, ", tls-days: 3650").await;
    assert_eq!(result.outcome, PASSED, "{result:?}");
    assert!(result.certificate_days.unwrap() > 300_000);
}

#[tokio::test]
async fn a_certificate_that_ends_too_soon_fails() {
    let (authority, server) = Certificate::of("127.0.0.1").until(2031, 1, 1).server(|_, _| good());
    let result = trusted(&authority, &server, ", tls-days: 3650").await;
    assert_eq!(result.outcome, FAILED);
    assert!(result.message.unwrap().ends_with("more days, and 3650 were wanted"));
}

#[tokio::test]
async fn a_certificate_that_is_not_good_fails_and_is_told_without_its_names() {
    let (unknown, expired, other) = (
        Certificate::of("127.0.0.1").server(|_, _| good()),
        Certificate::of("127.0.0.1").until(2001, 1, 1).server(|_, _| good()),
        Certificate::of("secret-name.example").server(|_, _| good()),
    );
    let url = format!("https://127.0.0.1:{}", unknown.1.port());
    let result = only(&format!("[{{ http: \"{url}\", ready-within: 0 }}]")).await;
    assert_eq!(result.message.as_deref(), Some("the certificate is from an authority that is not trusted"));
    assert!(result.hint.unwrap().contains("SSL_CERT_FILE"));
    for ((authority, server), message) in
        [(expired, "the certificate has expired"), (other, "the certificate is for another name")]
    {
        let result = trusted(&authority, &server, "").await;
        assert_eq!((result.outcome, result.message.as_deref()), (FAILED, Some(message)));
        assert!(server.received().is_empty());
    }
}

#[tokio::test]
async fn a_port_without_encryption_fails_where_it_was_wanted() {
    let server = Server::start(|_, _| good());
    let url = format!("https://127.0.0.1:{}", server.port());
    let result = only(&format!("[{{ http: \"{url}\", ready-within: 0 }}]")).await;
    assert_ne!(result.outcome, PASSED);
    assert_ne!(result.outcome, UNCLEAR, "{result:?}");
}
