//! One Gitea for all tests: it listens on loopback, keeps everything in a folder of its own, and is gone when the tests
//! are, however they end.

use std::ffi::OsStr;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use stackstep::base::env::Env;
use stackstep::base::http::{Answer, Http, Limits, Method, Request, Url};
use stackstep::base::secret::Secret;
use tempfile::TempDir;

use crate::keeper::Kept;
use crate::tools::{folder, run};

/// The scopes that the documentation asks for, as Gitea names them.
pub const SCOPES: &[&str] = &["write:issue", "write:repository", "read:user"];

/// The owner of the repositories; a person; the user that comments.
pub const OWNER: &str = "acme";
pub const PERSON: &str = "ada";
pub const BOT: &str = "ci-bot";

const PASSWORD: &str = "correct horse battery staple";

/// The server.
pub struct Gitea {
    /// `http://127.0.0.1:port`.
    pub url: String,
    /// The tokens of [`BOT`] and of [`PERSON`], with [`SCOPES`].
    pub bot: String,
    pub person: String,
    _kept: Kept,
}

/// The server, started once.
pub fn gitea() -> &'static Gitea {
    static GITEA: LazyLock<Gitea> = LazyLock::new(Gitea::start);
    &GITEA
}

impl Gitea {
    fn start() -> Self {
        let home = TempDir::with_prefix("stackstep-gitea-").unwrap().keep();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}");
        let program = folder("gitea").join("bin/gitea");
        let config = home.join("app.ini");
        std::fs::write(&config, configuration(&home, port)).unwrap();
        let gitea = |arguments: &[&str]| {
            let mut command = Command::new(&program);
            command
                .arg("--config")
                .arg(&config)
                .args(arguments)
                .env("HOME", &home)
                .env("GITEA_WORK_DIR", &home);
            let (fine, said) = run(&mut command);
            assert!(fine, "gitea {arguments:?}:\n{said}");
        };
        let style = home.join("custom/public/assets/css");
        std::fs::create_dir_all(&style).unwrap();
        link_style(&Path::new(sources().trim()).join("web_src/css"), &style);
        gitea(&["migrate"]);
        let email = format!("{OWNER}@example.com");
        let owner = ["--username", OWNER, "--password", PASSWORD, "--email", &email];
        gitea(
            &[&["admin", "user", "create", "--admin", "--must-change-password=false"][..], &owner].concat(),
        );
        let arguments = ["web", "--config"].map(OsStr::new);
        let environment = [("HOME", home.as_os_str()), ("GITEA_WORK_DIR", home.as_os_str())];
        let arguments = [&[program.as_os_str()], &arguments[..], &[config.as_os_str()]].concat();
        let kept = Kept::start(&arguments, &environment, "Starting new Web server", Some(&home));
        let mut server = Self { url, bot: String::new(), person: String::new(), _kept: kept };
        // It says so a moment before it listens.
        while send(&Request::get(server.address("version"))).is_none() {}
        for name in [BOT, PERSON] {
            let user = json!({
                "username": name, "email": format!("{name}@example.com"), "password": PASSWORD,
                "must_change_password": false,
            });
            server.owner(Method::POST, "admin/users", &user);
        }
        server.bot = server.token(BOT, SCOPES);
        server.person = server.token(PERSON, SCOPES);
        server
    }

    /// A token of `user`.
    pub fn token(&self, user: &str, scopes: &[&str]) -> String {
        static LAST: Mutex<u32> = Mutex::new(0);
        let number = {
            let mut last = LAST.lock().unwrap();
            *last += 1;
            *last
        };
        let body = json!({ "name": format!("token {number}"), "scopes": scopes });
        let path = format!("users/{user}/tokens");
        let (status, made) = self.ask(&basic(user), Method::POST, &path, &body);
        assert_eq!(status, 201, "{made}");
        made["sha1"].as_str().unwrap().to_owned()
    }

    /// What the owner asks for, which has to succeed.
    #[track_caller]
    pub fn owner(&self, method: Method, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(&basic(OWNER), method, path, body);
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    /// What the owner asks for; none where the answer is one of these statuses.
    #[track_caller]
    pub fn owner_may(&self, method: Method, path: &str, body: &Value, refused: &[u16]) -> Option<Value> {
        let (status, answer) = self.ask(&basic(OWNER), method, path, body);
        assert!((200..300).contains(&status) || refused.contains(&status), "{path}: {status} {answer}");
        (status < 300).then_some(answer)
    }

    /// What the holder of a token asks for, which has to succeed.
    #[track_caller]
    pub fn with_token(&self, token: &str, method: Method, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(&format!("token {token}"), method, path, body);
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    fn ask(&self, authorization: &str, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let url = self.address(path);
        let request = if body.is_null() {
            Request { method, ..Request::get(url) }
        } else {
            Request::json(method, url, body)
        };
        let answer = send(&Request { authorization: Some(Secret::new(authorization)), ..request }).unwrap();
        let text = answer.body.expose();
        (answer.status, serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())))
    }

    /// A page, as a visitor sees it.
    pub fn page(&self, path: &str) -> String {
        let answer = send(&Request::get(Url::parse(&format!("{}/{path}", self.url)).unwrap())).unwrap();
        assert_eq!(answer.status, 200, "{path}");
        answer.body.expose().to_owned()
    }

    fn address(&self, path: &str) -> Url {
        Url::parse(&format!("{}/api/v1/{path}", self.url)).unwrap()
    }
}

/// Sends it; none where nobody answers.
fn send(request: &Request) -> Option<Answer> {
    const LIMITS: Limits = Limits {
        try_time: Duration::from_secs(60),
        tries: 1,
        pause: Duration::from_millis(100),
        longest_pause: Duration::from_millis(100),
        body: 64 << 20,
    };
    static HTTP: LazyLock<Mutex<(tokio::runtime::Runtime, Http)>> = LazyLock::new(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Mutex::new((runtime, Http::new(&Env::default(), LIMITS).unwrap()))
    });
    let http = HTTP.lock().unwrap();
    http.0.block_on(http.1.send(request)).ok()
}

fn basic(user: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{PASSWORD}")))
}

/// <https://docs.gitea.com/administration/config-cheat-sheet>
fn configuration(home: &Path, port: u16) -> String {
    let home = home.display();
    let mut text = Vec::new();
    // It wants to know that one means it, where a container's only user runs it.
    writeln!(text, "I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true").unwrap();
    for (section, lines) in [
        (
            "server",
            format!(
                "HTTP_ADDR = 127.0.0.1\nHTTP_PORT = {port}\nROOT_URL = http://127.0.0.1:{port}/\nOFFLINE_MODE = true\n\
             DISABLE_SSH = true\nSTATIC_ROOT_PATH = {}",
                sources().trim()
            ),
        ),
        ("database", format!("DB_TYPE = sqlite3\nPATH = {home}/gitea.db\nSQLITE_JOURNAL_MODE = WAL")),
        ("repository", format!("ROOT = {home}/repositories")),
        ("security", "INSTALL_LOCK = true\nPASSWORD_HASH_ALGO = pbkdf2_hi".to_owned()),
        ("cron", "ENABLED = false".to_owned()),
        ("indexer", "ISSUE_INDEXER_TYPE = db".to_owned()),
        ("actions", "ENABLED = false".to_owned()),
        // What it sends to a server of the tests.
        ("webhook", "ALLOWED_HOST_LIST = loopback".to_owned()),
        ("log", "LEVEL = info".to_owned()),
    ] {
        writeln!(text, "[{section}]\n{lines}").unwrap();
    }
    String::from_utf8(text).unwrap()
}

/// Puts the sheets of style where its pages look for them: a release packs them, a browser can read them as they are.
fn link_style(from: &Path, to: &Path) {
    for folder in [from.to_owned(), from.join("themes")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            std::os::unix::fs::symlink(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

/// The module's folder, where its templates are: a build from the module has none inside.
fn sources() -> String {
    let mut list = Command::new("go");
    list.args(["list", "-mod=mod", "-m", "-f", "{{.Dir}}", "code.gitea.io/gitea"]);
    let (fine, said) = run(list.current_dir(folder("gitea")));
    assert!(fine, "{said}");
    said
}
