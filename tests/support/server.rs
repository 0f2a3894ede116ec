//! A loopback server that answers as it is told and remembers what it was asked. One thread a connection; a test
//! that ends takes it along.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Received {
    /// The method.
    pub method: String,
    /// What stands behind it: a path, or what a proxy is asked for.
    pub target: String,
    /// The headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Received {
    /// The header `name`.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The field `name` of the form.
    pub fn field(&self, name: &str) -> Option<String> {
        let url = stackstep::base::http::Url::parse(&format!("http://x/?{}", self.body)).unwrap();
        url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
    }
}

/// What a request gets.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Status, headers and body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// These bytes, head and all; then the connection is closed.
    Raw(Vec<u8>),
    /// These bytes, head and all; then nothing, until the client has had enough.
    Stall(Vec<u8>),
    /// Nothing, until the client has had enough.
    Silence,
    /// The connection is closed.
    Close,
    /// The head of an answer and part of the body that it announces; then the connection is closed.
    Half,
}

impl Reply {
    /// A JSON body.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::Answer(status, vec![("content-type", "application/json".to_owned())], body.to_string())
    }

    /// A redirect.
    pub fn redirect(status: u16, to: &str) -> Self {
        Self::Answer(status, vec![("location", to.to_owned())], String::new())
    }

    /// An answer that asks to come again at once.
    pub fn again(status: u16) -> Self {
        Self::Answer(status, vec![("retry-after", "0".to_owned())], "{}".to_owned())
    }
}

/// What turns a connection into one that is encrypted.
pub trait Wrap: Fn(TcpStream) -> Box<dyn Stream> + Send + Sync + 'static {}
impl<F: Fn(TcpStream) -> Box<dyn Stream> + Send + Sync + 'static> Wrap for F {}

/// Bytes in both directions.
pub trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

/// The server.
pub struct Server {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// Answers each request with what `answer` makes of it and of how many there were before.
    pub fn start(answer: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::wrapped(|stream| Box::new(stream), answer)
    }

    /// The same over `wrap`.
    pub fn wrapped(
        wrap: impl Wrap,
        answer: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::listening(TcpListener::bind("127.0.0.1:0").unwrap(), wrap, answer)
    }

    /// The same at IPv6's address of this machine. None if it has none.
    pub fn on_ipv6(answer: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> Option<Self> {
        let listener = TcpListener::bind("[::1]:0").ok()?;
        Some(Self::listening(listener, |stream| Box::new(stream), answer))
    }

    fn listening(
        listener: TcpListener,
        wrap: impl Wrap,
        answer: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (log, answer, wrap) = (Arc::clone(&received), Arc::new(answer), Arc::new(wrap));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer, wrap) = (Arc::clone(&log), Arc::clone(&answer), Arc::clone(&wrap));
                thread::spawn(move || serve(wrap(stream), &log, &*answer));
            }
        });
        Self { address, received }
    }

    /// `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What was asked so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The only request to `path`.
    #[track_caller]
    pub fn only(&self, path: &str) -> Received {
        let all: Vec<Received> =
            self.received().into_iter().filter(|request| request.target.starts_with(path)).collect();
        assert_eq!(all.len(), 1, "{all:?}");
        all[0].clone()
    }
}

/// One request; the connection is not used again. What goes wrong is the client's to notice.
fn serve(
    stream: Box<dyn Stream>,
    log: &Mutex<Vec<Received>>,
    answer: &dyn Fn(&Received, usize) -> Reply,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let request = read(&mut stream)?;
    let before = {
        let mut log = log.lock().unwrap();
        log.push(request.clone());
        log.len() - 1
    };
    match answer(&request, before) {
        Reply::Answer(status, headers, body) => {
            let mut text =
                format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
            for (name, value) in headers {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
            text.push_str("\r\n");
            stream.get_mut().write_all(text.as_bytes()).ok()?;
            stream.get_mut().write_all(body.as_bytes()).ok()?;
            stream.get_mut().flush().ok()?;
        }
        Reply::Raw(bytes) => {
            stream.get_mut().write_all(&bytes).ok()?;
            stream.get_mut().flush().ok()?;
        }
        Reply::Stall(bytes) => {
            stream.get_mut().write_all(&bytes).ok()?;
            stream.get_mut().flush().ok()?;
            let _ = stream.read_to_end(&mut Vec::new());
        }
        Reply::Silence => {
            let _ = stream.read_to_end(&mut Vec::new());
        }
        Reply::Half => {
            stream.get_mut().write_all(b"HTTP/1.1 200 x\r\ncontent-length: 99\r\n\r\n{").ok()?;
        }
        Reply::Close => {}
    }
    Some(())
}

fn read(stream: &mut BufReader<Box<dyn Stream>>) -> Option<Received> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Received { method, target, headers, body: String::from_utf8(body).ok()? })
}
