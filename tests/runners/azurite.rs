//! The ledger in a container of Microsoft's own emulator, which checks each signature.

use crate::support::limit::{LIMIT, Limit};
use crate::tools::folder;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use stackstep::base::env::Env;
use stackstep::ledger::entry::{EntryKind, LedgerEntry};
use stackstep::ledger::state_identity::{self, StateIdentity};
use stackstep::ledger::{Ledger, LedgerFor};
use stackstep::pulumi::stack::StackIdentity;
use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{SystemTime, UNIX_EPOCH};

/// The emulator's account, and its key: <https://learn.microsoft.com/azure/storage/common/storage-connect-azurite>
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

struct Azurite {
    server: Child,
    port: u16,
    _limit: Limit,
}

impl Azurite {
    fn start() -> Self {
        let mut command = Command::new("node");
        command.arg(folder("azurite").join("node_modules/azurite/dist/src/blob/main.js"));
        command.args([
            "--blobHost",
            "127.0.0.1",
            "--blobPort",
            "0",
            "--inMemoryPersistence",
            "--disableTelemetry",
        ]);
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let limit = crate::support::limit(&server);
        let (sender, address) = channel();
        let stdout = server.stdout.take().unwrap();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some((_, port)) = line.split_once("listens on http://127.0.0.1:") {
                    let _ = sender.send(port.trim().parse::<u16>());
                }
            }
        });
        let port = address.recv_timeout(LIMIT).unwrap_or_else(|_| panic!("azurite did not start")).unwrap();
        let azurite = Self { server, port, _limit: limit };
        azurite.create_container();
        azurite
    }

    /// Creates the container `state`.
    fn create_container(&self) {
        let date = httpdate::fmt_http_date(SystemTime::now());
        let path = format!("/{ACCOUNT}/state");
        let signed = format!(
            "PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:2021-08-06\n/{ACCOUNT}{path}\nrestype:container"
        );
        let signature = STANDARD.encode(hmac(&STANDARD.decode(KEY).unwrap(), signed.as_bytes()));
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "PUT {path}?restype=container HTTP/1.1\r\nHost: 127.0.0.1\r\nx-ms-date: {date}\r\nx-ms-version: 2021-08-06\r\n\
             Authorization: SharedKey {ACCOUNT}:{signature}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// HMAC with SHA-256: <https://www.rfc-editor.org/rfc/rfc2104>
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    block[..key.len().min(64)].copy_from_slice(&key[..key.len().min(64)]);
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

#[test]
#[ignore = "needs azurite"]
fn entries_are_blobs_and_eight_writers_at_once_are_kept_apart() {
    let azurite = Azurite::start();
    let url = format!(
        "azblob://state/team?storage_account={ACCOUNT}&domain=127.0.0.1:{}&protocol=http",
        azurite.port
    );
    let by_key = [("AZURE_STORAGE_ACCOUNT", ACCOUNT), ("AZURE_STORAGE_KEY", KEY)];
    let connection = format!(
        "DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint=http://127.0.0.1:{}/{ACCOUNT};",
        azurite.port
    );
    let by_connection = [("AZURE_STORAGE_CONNECTION_STRING", connection.as_str())];
    let numbers: Vec<u64> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|index| {
                let variables = if index % 2 == 0 { &by_key[..] } else { &by_connection };
                let url = &url;
                scope.spawn(move || {
                    with(url, variables, async |stack| {
                        let ledger = Ledger::open(&stack);
                        let entry = |_: &_| {
                            Ok::<_, Infallible>(LedgerEntry::new(
                                EntryKind::Approved,
                                Some("shop"),
                                "prod",
                                UNIX_EPOCH,
                            ))
                        };
                        ledger.append(entry).await.unwrap().unwrap().number
                    })
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=8).collect::<Vec<u64>>(), "{numbers:?}");
    with(&url, &by_key, async |stack| {
        let history = Ledger::open(&stack).history().await.unwrap().unwrap();
        history.certain().unwrap();
        assert_eq!(history.last(), 8);
        assert_eq!(state_identity::read(&stack).await.unwrap().identity, StateIdentity::NoStack);
    });
    with(&url, &by_key, async |stack| crate::support::locks::is_seen_and_removed(&stack).await);
    let wrong = [("AZURE_STORAGE_ACCOUNT", ACCOUNT), ("AZURE_STORAGE_KEY", "aHVudGVyMg==")];
    with(&url, &wrong, async |stack| {
        let trouble = Ledger::open(&stack).history().await.unwrap_err();
        assert!(trouble.problem.what.contains("status 403 (AuthorizationFailure)"), "{trouble}");
    });
}

/// Asks something of the stack `shop/prod`.
fn with<T>(url: &str, variables: &[(&str, &str)], ask: impl AsyncFnOnce(LedgerFor<'_>) -> T) -> T {
    let env = Env::from_pairs("/", variables.iter().copied());
    let identity = StackIdentity {
        project: Some("shop".to_owned()),
        stack: "prod".to_owned(),
        ..StackIdentity::default()
    };
    let stack = LedgerFor {
        url: Some(url),
        token: None,
        identity: &identity,
        env: &env,
        folder: Path::new("/"),
        forge: None,
        commit: None,
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(ask(stack))
}
