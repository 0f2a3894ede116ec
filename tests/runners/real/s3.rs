//! A self-managed backend on a server: S3, as moto serves it on loopback.

use super::running::Gate;
use super::shown;
use super::stage::{SHOP, Stage};
use super::things::{program, thing};
use crate::support::limit::{LIMIT, Limit};
use crate::tools;
use serde_json::json;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;

/// The signature of our own requests, at which moto does not look.
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=the-key-of-the-state/20261130/us-east-1/s3/aws4_request, \
                      SignedHeaders=host, Signature=0";

/// A server with the bucket `state`.
pub(super) struct S3 {
    server: Child,
    port: u16,
    _limit: Limit,
}

impl S3 {
    pub fn start() -> Self {
        let mut command = Command::new(tools::folder("moto").join("bin/python"));
        command.args(["-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]);
        let mut server = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let limit = crate::support::limit(&server);
        let (sender, address) = channel();
        let stderr = server.stderr.take().unwrap();
        std::thread::spawn(move || {
            // It is read to its end, so that the server can go on talking.
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if let Some((_, port)) = line.split_once("http://127.0.0.1:") {
                    let _ = sender.send(port.trim().parse::<u16>());
                }
            }
        });
        let port = address.recv_timeout(LIMIT).unwrap_or_else(|_| panic!("moto did not start")).unwrap();
        let s3 = Self { server, port, _limit: limit };
        s3.request("PUT /state HTTP/1.1");
        s3
    }

    /// The variables with the keys of the bucket.
    pub const KEYS: [(&str, &str); 2] = [
        ("AWS_ACCESS_KEY_ID", "the-key-of-the-state"),
        ("AWS_SECRET_ACCESS_KEY", "the-secret-key-of-the-state"),
    ];

    /// The names of the objects in a bucket, in order.
    pub fn objects(&self, bucket: &str) -> Vec<String> {
        let answer = self.request(&format!("GET /{bucket}?list-type=2&max-keys=100000 HTTP/1.1"));
        assert!(answer.contains("<IsTruncated>false</IsTruncated>"), "{answer}");
        let names = answer.split("<Key>").skip(1);
        names.map(|rest| rest.split_once("</Key>").unwrap().0.to_owned()).collect()
    }

    /// The text of an object.
    pub fn object(&self, bucket: &str, name: &str) -> String {
        let answer = self.request(&format!("GET /{bucket}/{name} HTTP/1.1"));
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// Copies an object, by the paths with their buckets.
    pub fn copy(&self, from: &str, to: &str) {
        self.request(&format!("PUT {to} HTTP/1.1\r\nx-amz-copy-source: {from}"));
    }

    fn request(&self, line: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "{line}\r\nHost: 127.0.0.1:{}\r\nAuthorization: {SIGNED}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            self.port
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer
    }

    /// The backend's URL for a bucket.
    pub fn url(&self, bucket: &str) -> String {
        let query = "disableSSL=true&s3ForcePathStyle=true&region=us-east-1";
        format!("s3://{bucket}?endpoint=127.0.0.1:{}&{query}", self.port)
    }

    /// A stage whose backend is this bucket.
    pub fn stage(&self, program: &str, bucket: &str) -> Stage {
        let backend = self.url(bucket);
        let stage = Stage::new(program).with("PULUMI_BACKEND_URL", &backend);
        Self::KEYS.into_iter().fold(stage, |stage, (name, value)| stage.with(name, value))
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
#[ignore = "needs the Pulumi CLI and moto"]
fn a_stack_lives_in_a_bucket() {
    let s3 = S3::start();
    let stage = s3.stage(SHOP, "state");
    let up = stage.stackstep("up --stack dev --upsert").ends_with(0).counts(&json!({ "create": 1 }));
    assert_eq!(up.result["outputs"]["url"], "https://shop.example.com/");
    assert!(
        !up.log.contains("the-secret-key-of-the-state") && !up.log.contains("token-for-the-shop"),
        "{}",
        up.log
    );
    // A signed address would let anybody read the state.
    assert_eq!(up.result["permalink"], serde_json::Value::Null);
    let bare = stage.pulumi("stack output url --stack dev").ends_with(0);
    assert_eq!(bare.stdout.trim(), "https://shop.example.com/");
    stage.stackstep("preview --stack dev --expect-no-changes").ends_with(0);
    stage.stackstep("destroy --stack dev --remove").ends_with(0);
    assert_eq!(stage.pulumi("stack ls --json").ends_with(0).stdout.trim(), "[]");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI and moto"]
fn a_lock_in_a_bucket_keeps_others_away_and_is_named_with_its_holder() {
    let s3 = S3::start();
    let stage = s3.stage("", "state");
    let gate = Gate::closed(stage.path("gate"));
    stage.write(
        "Pulumi.yaml",
        &program(&[thing("a", &format!("waits: {{create: {}}}", gate.path().display()))]),
    );
    stage.pulumi("stack init dev --no-select").ends_with(0);
    let mut first = stage.start("up --stack dev", "first");
    gate.until_begun(&mut first);
    let bare = stage.pulumi("up --stack dev --yes --skip-preview");
    let second = stage.stackstep("up --stack dev").ends_with(bare.status).because("lock");
    let holder = format!("(pid {})", first.engine());
    assert!(second.result["message"].as_str().unwrap().contains(&holder), "{}", second.result["message"]);
    gate.open();
    first.end().ends_with(0);
    stage.stackstep("up --stack dev").ends_with(0);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI and moto"]
fn a_bucket_that_is_not_there_and_a_server_that_is_away_are_the_backend_s_fault() {
    let s3 = S3::start();
    let ends_as_the_cli_does = |stage: &Stage| {
        let bare = stage.pulumi("preview --stack dev");
        assert_ne!(bare.status, 0, "{}", bare.log);
        stage.stackstep("preview --stack dev").ends_with(bare.status).because("backend");
    };
    ends_as_the_cli_does(&s3.stage(SHOP, "nowhere"));
    let stage = s3.stage(SHOP, "state").with("AWS_MAX_ATTEMPTS", "1");
    drop(s3);
    ends_as_the_cli_does(&stage);
    shown();
}
