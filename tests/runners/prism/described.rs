//! GitHub as it describes itself: each request goes to prism, which refuses what the description does not have and
//! answers with the description's own examples. What it keeps of no state is kept here: the comments.

use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, LazyLock, Mutex};

use serde_json::{Value, json};

use crate::keeper::Kept;
use crate::support::server::{Received, Reply, Server};
use crate::tools::folder;

/// Who writes the comments of the examples.
pub const EXAMPLE_USER: &str = "octocat";

/// prism, started once; its address.
fn prism() -> &'static str {
    static PRISM: LazyLock<(String, Kept)> = LazyLock::new(|| {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let modules = folder("prism").join("node_modules");
        let port = address.port().to_string();
        let (program, description) =
            (modules.join(".bin/prism"), modules.join("@octokit/openapi/generated/api.github.com.json"));
        let arguments: [&OsStr; 8] = [
            program.as_ref(),
            "mock".as_ref(),
            "-h".as_ref(),
            "127.0.0.1".as_ref(),
            "-p".as_ref(),
            port.as_ref(),
            "--errors".as_ref(),
            description.as_ref(),
        ];
        (address.to_string(), Kept::start(&arguments, &[], "Prism is listening", None))
    });
    &PRISM.0
}

/// A request to prism with the headers that it came with; status, headers and body. HTTP/1.0: the body ends with the
/// connection.
pub fn ask(request: &Received, code: Option<u16>) -> (u16, String, String) {
    let mut stream = TcpStream::connect(prism()).unwrap();
    let mut head = format!("{} {} HTTP/1.0\r\n", request.method, request.target);
    for (name, value) in &request.headers {
        if !["connection", "host", "transfer-encoding", "content-length"].contains(&name.as_str()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    if let Some(code) = code {
        head.push_str(&format!("prefer: code={code}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", request.body.len()));
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(request.body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), body.to_owned())
}

/// Whether prism itself says that the request is none that is described.
pub fn is_violation(head: &str) -> bool {
    head.contains("application/problem+json")
}

/// What is kept and noted.
#[derive(Debug, Default)]
pub struct Memory {
    /// The texts of the comments, by number.
    pub comments: Vec<(u64, String)>,
    /// What prism refused.
    pub violations: Vec<String>,
    /// `METHOD path` of all that was asked for.
    pub asked: Vec<String>,
    /// A status that requests with this method and end of their path are answered with.
    pub refuse: Option<(&'static str, &'static str, u16)>,
}

/// The forge.
pub struct Described {
    pub server: Server,
    memory: Arc<Mutex<Memory>>,
}

impl Described {
    pub fn start() -> Self {
        let memory: Arc<Mutex<Memory>> = Arc::default();
        let kept = Arc::clone(&memory);
        let server = Server::start(move |request, _| answer(request, &mut kept.lock().unwrap()));
        Self { server, memory }
    }

    pub fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap()
    }

    /// Fails if a request was none that GitHub describes, or if one of these was not asked for.
    #[track_caller]
    pub fn was_asked(&self, expected: &[&str]) {
        let memory = self.memory();
        assert!(memory.violations.is_empty(), "{:#?}", memory.violations);
        for one in expected {
            assert!(memory.asked.iter().any(|asked| asked == one), "{one} of {:#?}", memory.asked);
        }
    }
}

fn answer(request: &Received, memory: &mut Memory) -> Reply {
    let path = request.target.split('?').next().unwrap_or_default().to_owned();
    memory.asked.push(format!("{} {path}", request.method));
    // https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#user-agent-required
    for (name, begins) in [("user-agent", "stackstep/"), ("authorization", "Bearer ")] {
        if !request.header(name).is_some_and(|value| value.starts_with(begins)) {
            memory.violations.push(format!("{path} has no {name}"));
        }
    }
    if path == "/graphql" {
        // It has a description of its own, which is no OpenAPI.
        return Reply::json(200, &json!({ "data": { "viewer": { "login": EXAMPLE_USER } } }));
    }
    let refuse = memory.refuse.filter(|(method, end, _)| request.method == *method && path.ends_with(end));
    let (status, head, body) = ask(request, refuse.map(|(_, _, status)| status));
    if is_violation(&head) {
        memory.violations.push(format!("{} {}: {body}", request.method, request.target));
    }
    let example = serde_json::from_str(&body).unwrap_or(Value::Null);
    if refuse.is_none() && (200..300).contains(&status) {
        return Reply::json(status, &remembered(request, &path, example, memory));
    }
    Reply::json(status, &example)
}

/// The example with what is kept in its place.
fn remembered(request: &Received, path: &str, example: Value, memory: &mut Memory) -> Value {
    let body = || {
        let sent: Value = serde_json::from_str(&request.body).unwrap_or_default();
        sent["body"].as_str().unwrap_or_default().to_owned()
    };
    let with = |example: &Value, (id, body): &(u64, String)| {
        let mut comment = example.clone();
        (comment["id"], comment["body"]) = (json!(id), json!(body));
        comment
    };
    let last: u64 = path.rsplit('/').next().and_then(|number| number.parse().ok()).unwrap_or(0);
    match request.method.as_str() {
        "GET" if path.ends_with("/comments") => {
            memory.comments.iter().map(|one| with(&example[0], one)).collect()
        }
        "POST" if path.ends_with("/comments") => {
            let id = memory.comments.last().map_or(1, |(id, _)| id + 1);
            memory.comments.push((id, body()));
            with(&example, &(id, body()))
        }
        "PATCH" => {
            for one in memory.comments.iter_mut().filter(|(id, _)| *id == last) {
                one.1 = body();
            }
            with(&example, &(last, body()))
        }
        "DELETE" => {
            memory.comments.retain(|(id, _)| *id != last);
            example
        }
        _ => example,
    }
}
