//! A server on the loopback interface that hands out a folder's files: what a bootstrap downloads from here, it
//! downloads from the release there. It can also fail as networks and servers do.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// How a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// As it should be.
    Whole,
    /// The connection ends in the middle of the file.
    Cut,
    /// Only this status.
    Status(u16),
}

/// The server. It ends with the process: its thread waits for connections until then.
pub struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves `folder`. Requests are answered as `answers` says, the last one holds for all that follow.
    pub fn start(folder: &Path, answers: &[Answer]) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (folder, answers, seen) = (folder.to_owned(), answers.to_owned(), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // One at a time: the numbers of answers and requests stay together.
                let _ = serve(stream, &folder, &answers, &seen);
            }
        });
        Ok(Self { port, requests })
    }

    /// Its address.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its address with a name and a password.
    pub fn address_with_password(&self, name: &str, password: &str) -> String {
        format!("http://{name}:{password}@127.0.0.1:{}", self.port)
    }

    /// What was asked for so far: each request's first line and headers.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().map(|requests| requests.clone()).unwrap_or_default()
    }
}

fn serve(
    mut stream: TcpStream,
    folder: &Path,
    answers: &[Answer],
    seen: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut head = String::new();
    let mut reader = BufReader::new(stream.try_clone()?);
    while reader.read_line(&mut head)? > 2 {}
    let Ok(mut requests) = seen.lock() else { return Ok(()) };
    let answer = answers.get(requests.len()).or(answers.last()).copied().unwrap_or(Answer::Whole);
    let name = head.split(' ').nth(1).and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let content = std::fs::read(PathBuf::from(folder).join(name));
    requests.push(head);
    drop(requests);
    let status = |status: u16| {
        format!("HTTP/1.1 {status} Loopback\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into_bytes()
    };
    let body = match (answer, content) {
        (Answer::Status(code), _) => status(code),
        (_, Err(_)) => status(404),
        (answer, Ok(content)) => {
            let length = content.len();
            let sent = if answer == Answer::Cut { length / 2 } else { length };
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            [head.as_bytes(), content.get(..sent).unwrap_or_default()].concat()
        }
    };
    stream.write_all(&body)?;
    stream.flush()
}
