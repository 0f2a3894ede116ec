//! One forge in memory with a face for each vendor: paths, headers, paging and JSON are the vendor's, what is kept and
//! what goes wrong is written once. Facts are linked where the real side has them, in `cli/src/forge`.

mod asked;
mod azure;
mod bitbucket;
mod gitea;
mod github;
mod gitlab;
mod issues;
pub mod memory;
pub mod reads;

use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use stackstep::base::origin::Origin;
use stackstep::base::secret::Secret;
use stackstep::forge::Place;
use stackstep::forge::place::{Clues, Tokens};

pub use asked::Asked;
use asked::next_page;
pub use memory::{Memory, Pull, State, Stored, StoredIssue};

use super::server::{Reply, Server};

/// The token that the forge takes.
pub const TOKEN: &str = "forge-token-0123456789abcdef";

/// The token of the job in GitLab CI.
pub const JOB_TOKEN: &str = "glcbt-job-0123456789abcdef";

/// Whose token it is.
pub const ME: &str = "ci-bot";

/// The change request of the tests.
pub const NUMBER: u64 = 7;

/// What a request asks for, whatever the vendor calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    List,
    Create,
    Update,
    Delete,
    Hide,
    Me,
    OfCommit,
    OfBranch,
    ChangeRequest,
    Status,
    Deploy,
    DeployEnd,
    React,
}

/// The same with what it is about.
#[derive(Debug, Clone)]
pub enum Op {
    List { number: u64, page: usize, size: usize },
    Create { number: u64, body: String },
    Update { id: u64, body: String },
    Delete { id: u64 },
    Hide { id: u64 },
    Me,
    OfCommit(String),
    OfBranch(String),
    ChangeRequest(u64),
    Status(Value),
    Check(Value),
    Deploy(Value),
    DeployEnd(Value),
    React { id: u64, word: String },
}

impl Op {
    fn verb(&self) -> Verb {
        match self {
            Self::List { .. } => Verb::List,
            Self::Create { .. } => Verb::Create,
            Self::Update { .. } => Verb::Update,
            Self::Delete { .. } => Verb::Delete,
            Self::Hide { .. } => Verb::Hide,
            Self::Me => Verb::Me,
            Self::OfCommit(_) => Verb::OfCommit,
            Self::OfBranch(_) => Verb::OfBranch,
            Self::ChangeRequest(_) => Verb::ChangeRequest,
            Self::Status(_) | Self::Check(_) => Verb::Status,
            Self::Deploy(_) => Verb::Deploy,
            Self::DeployEnd(_) => Verb::DeployEnd,
            Self::React { .. } => Verb::React,
        }
    }
}

/// A vendor's paths and JSON.
pub trait Face: Sync {
    /// The answer to a request that only reads what [`reads::Shown`] keeps. None where it is no such request.
    fn shown(&self, asked: &Asked, memory: &Memory) -> Option<Reply>;
    /// The answer to a request about issues. None where it is another one, or the vendor has no issues.
    fn issues(&self, _asked: &Asked, _memory: &mut Memory) -> Option<Reply> {
        None
    }
    /// The answer to a request about the records of a ledger. None where it is another one, or the vendor keeps none.
    fn records(&self, _asked: &Asked, _memory: &mut Memory) -> Option<Reply> {
        None
    }
    /// Its name, as the input `forge` has it.
    fn name(&self) -> &'static str;
    /// What a request asks for. None where the vendor has no such path.
    fn read(&self, asked: &Asked) -> Option<Op>;
    /// The header that says who asks.
    fn authorization(&self) -> String;
    fn comment(&self, comment: &Stored) -> Value;
    /// What a comment is answered with that was edited.
    fn updated(&self, comment: &Stored) -> Value {
        self.comment(comment)
    }
    /// What one is answered with that was hidden.
    fn hidden(&self, comment: &Stored) -> Value {
        self.comment(comment)
    }
    fn pull(&self, pull: &Pull) -> Value;
    fn me(&self) -> Value;
    /// A list, with the address of its next page where there is one.
    fn list(&self, items: Vec<Value>, next: Option<String>) -> Reply;
    /// How pages are counted in an address; none where the vendor has none.
    fn page(&self) -> Option<&'static str>;
    fn of_commit(&self, commit: &str, pulls: Vec<Value>) -> Reply;
    fn error(&self, status: u16, message: &str) -> Reply;
    /// The status of something that was created.
    fn created(&self) -> u16 {
        201
    }
    /// The status of the list of what is not there.
    fn list_of_nothing(&self) -> u16 {
        404
    }
    /// What the end of a deployment is answered with.
    fn deployment_ended(&self) -> Value {
        json!({ "id": 1 })
    }
    /// What a recorded deployment is answered with.
    fn deployed(&self) -> Value {
        json!({})
    }
}

/// The five.
pub static FACES: &[&dyn Face] =
    &[&github::GitHub, &gitlab::GitLab, &azure::Azure, &bitbucket::Bitbucket, &gitea::Gitea];

/// What happens to a request instead of, or beside, what should.
pub enum Act {
    /// This answer; nothing is done.
    Answer(Reply),
    /// It is refused with the vendor's own form of an error.
    Refuse(u16, &'static str),
    /// It is done, and the connection breaks before the answer.
    DoneAndCut,
    /// Something else happens first.
    Meanwhile(Box<dyn FnOnce(&mut Memory) + Send>),
}

/// A forge.
pub struct Fake {
    pub face: &'static dyn Face,
    pub server: Server,
    memory: Arc<Mutex<Memory>>,
    script: Arc<Mutex<Vec<(Verb, Act)>>>,
    verbs: Arc<Mutex<Vec<Verb>>>,
}

/// The number of an account, where a vendor has such.
pub fn account(name: &str) -> u64 {
    name.bytes().fold(7, |number, byte| number * 31 % 1_000_003 + u64::from(byte))
}

/// The commit at the head of the fake's change request in tests of whole jobs.
pub const HEAD: &str = "8d08154cabb1c4f71a535de986600303936780f8";

impl Fake {
    /// The only comment of ours that people see.
    #[track_caller]
    pub fn only(&self) -> String {
        let memory = self.memory();
        let ours = memory.ours();
        assert_eq!(ours.len(), 1, "{}: {ours:#?}", self.face.name());
        ours[0].body.clone()
    }

    /// A forge with one open change request, [`NUMBER`].
    pub fn start(face: &'static dyn Face) -> Self {
        let memory = Arc::new(Mutex::new(Memory { pulls: vec![Pull::default()], ..Memory::default() }));
        let script: Arc<Mutex<Vec<(Verb, Act)>>> = Arc::default();
        let verbs: Arc<Mutex<Vec<Verb>>> = Arc::default();
        let (kept, plan, seen) = (Arc::clone(&memory), Arc::clone(&script), Arc::clone(&verbs));
        let server = Server::start(move |request, _| {
            let base = format!("http://{}", request.header("host").unwrap());
            let Some(asked) = Asked::of(request, &base) else { return face.error(400, "no JSON") };
            if let Some(reply) = of_job(&asked, request.header("authorization"), &kept.lock().unwrap()) {
                return reply;
            }
            if request.header("authorization") != Some(face.authorization().as_str()) {
                return face.error(401, "Bad credentials");
            }
            if let Some(reply) = face.records(&asked, &mut kept.lock().unwrap()) {
                return reply;
            }
            if let Some(reply) = face.shown(&asked, &kept.lock().unwrap()) {
                return reply;
            }
            if let Some(reply) = face.issues(&asked, &mut kept.lock().unwrap()) {
                return reply;
            }
            let Some(op) = face.read(&asked) else {
                return face.error(404, &format!("no path {} {:?}", asked.method, asked.path));
            };
            seen.lock().unwrap().push(op.verb());
            let act = {
                let mut plan = plan.lock().unwrap();
                let at = plan.iter().position(|(verb, _)| *verb == op.verb());
                at.map(|at| plan.remove(at).1)
            };
            let mut memory = kept.lock().unwrap();
            match act {
                Some(Act::Answer(reply)) => reply,
                Some(Act::Refuse(status, message)) => face.error(status, message),
                Some(Act::DoneAndCut) => {
                    serve(face, &mut memory, &asked, op);
                    Reply::Close
                }
                Some(Act::Meanwhile(other)) => {
                    other(&mut memory);
                    serve(face, &mut memory, &asked, op)
                }
                None => serve(face, &mut memory, &asked, op),
            }
        });
        Self { face, server, memory, script, verbs }
    }

    /// What it keeps.
    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap()
    }

    /// The next request for `verb` that no earlier line is for meets with `act`.
    pub fn then(&self, verb: Verb, act: Act) -> &Self {
        self.script.lock().unwrap().push((verb, act));
        self
    }

    /// What was asked for since the last time.
    pub fn asked(&self) -> Vec<Verb> {
        std::mem::take(&mut *self.verbs.lock().unwrap())
    }

    /// Where it is, with its token.
    pub fn place(&self) -> Place {
        self.place_with(TOKEN)
    }

    /// Where it is, with a token.
    pub fn place_with(&self, token: &str) -> Place {
        let (origin, url, token) = (Origin::default(), self.server.url(), Secret::new(token));
        let clues = Clues {
            origin: &origin,
            remote: None,
            repository: Some("acme/shop"),
            forge: Some(self.face.name()),
            forge_url: Some(&url),
        };
        let tokens = Tokens { forge_token: Some(&token), github_token: None, own: None, author: None };
        clues.find_repository().unwrap().with_token(tokens, &origin).unwrap()
    }
}

/// GitLab's answer to whose job it is, which it gives to the job's own token alone:
/// <https://docs.gitlab.com/api/jobs/#get-job-tokens-job>. None where it is another request.
fn of_job(asked: &Asked, authorization: Option<&str>, memory: &Memory) -> Option<Reply> {
    (asked.method == "GET" && asked.parts() == ["api", "v4", "job"]).then(|| match &memory.started_by {
        Some(who) if authorization == Some(format!("Bearer {JOB_TOKEN}").as_str()) => Reply::json(
            200,
            &json!({ "id": 8, "status": "running", "user": { "id": account(who), "username": who } }),
        ),
        _ => Reply::json(401, &json!({ "message": "401 Unauthorized" })),
    })
}

/// Does what is asked for.
fn serve(face: &dyn Face, memory: &mut Memory, asked: &Asked, op: Op) -> Reply {
    let missing = || face.error(404, "Not Found");
    let find = |memory: &Memory, number: u64| memory.pulls.iter().any(|pull| pull.number == number);
    match op {
        Op::List { number, .. } if !find(memory, number) => {
            face.error(face.list_of_nothing(), "The target couldn't be found.")
        }
        Op::Create { number, .. } if !find(memory, number) => missing(),
        Op::List { number, page, size } => {
            let size = face.page().map_or(usize::MAX, |_| size);
            let from = (page - 1).saturating_mul(size);
            let own: Vec<_> =
                memory.comments.iter().filter(|one| one.on.is_none_or(|on| on == number)).collect();
            let items = own.iter().skip(from).take(size).map(|one| face.comment(one)).collect();
            let more = own.len() > from.saturating_add(size);
            let next = face.page().filter(|_| more).map(|name| next_page(asked, name, page + 1));
            face.list(items, next)
        }
        Op::Create { number, body } => {
            let pull = memory.pulls.iter().find(|pull| pull.number == number);
            if pull.is_some_and(|pull| pull.locked) {
                return face.error(403, "Unable to create comment because issue is locked.");
            }
            memory.write(ME, &body);
            memory.comments.last_mut().unwrap().on = Some(number);
            Reply::json(face.created(), &face.comment(memory.comments.last().unwrap()))
        }
        Op::Update { id, body } => {
            let at = memory.now();
            match memory.comments.iter_mut().find(|one| one.id == id) {
                Some(comment) => {
                    (comment.body, comment.at) = (body, at);
                    Reply::json(200, &face.updated(comment))
                }
                None => missing(),
            }
        }
        Op::Delete { id } => {
            let before = memory.comments.len();
            memory.comments.retain(|one| one.id != id);
            if memory.comments.len() == before {
                missing()
            } else {
                Reply::Answer(204, Vec::new(), String::new())
            }
        }
        Op::Hide { id } => match memory.comments.iter_mut().find(|one| one.id == id) {
            Some(comment) => {
                comment.hidden = true;
                Reply::json(200, &face.hidden(comment))
            }
            None => missing(),
        },
        Op::Me => Reply::json(200, &face.me()),
        Op::OfCommit(commit) => {
            let found = memory.pulls.iter().filter(|pull| pull.commits.contains(&commit));
            face.of_commit(&commit, found.map(|pull| face.pull(pull)).collect())
        }
        Op::OfBranch(branch) => {
            let open = memory.pulls.iter().filter(|pull| pull.state == State::Open);
            // GitHub asks for the owner's too; a branch has no colon.
            let (owner, branch) = branch.split_once(':').unwrap_or(("", &branch));
            let open = open.filter(|pull| owner.is_empty() || pull.fork == (owner == "bob"));
            // Gitea has no filter by branch.
            let found = open.filter(|pull| branch.is_empty() || pull.branch == branch);
            face.list(found.map(|pull| face.pull(pull)).collect(), None)
        }
        Op::ChangeRequest(number) => match memory.pulls.iter().find(|pull| pull.number == number) {
            Some(pull) => Reply::json(200, &face.pull(pull)),
            None => missing(),
        },
        Op::Status(status) => {
            memory.statuses.push(status);
            Reply::json(face.created(), &json!({ "id": 1 }))
        }
        Op::Check(check) => match &mut memory.checks {
            Some(checks) => {
                checks.push(check);
                Reply::json(201, &json!({ "id": 5 }))
            }
            None => face.error(403, "Resource not accessible by personal access token"),
        },
        Op::Deploy(deployment) => {
            memory.deployments.push(deployment);
            Reply::json(201, &face.deployed())
        }
        Op::React { id, word } => {
            memory.reactions.push((id, word));
            Reply::json(face.created(), &json!({ "id": 1 }))
        }
        Op::DeployEnd(end) => {
            memory.deployments.push(end);
            Reply::json(200, &face.deployment_ended())
        }
    }
}

/// The `Link` header of a page.
fn link(next: Option<String>) -> Vec<(&'static str, String)> {
    let link = next.map(|next| ("link", format!("<{next}>; rel=\"next\", <{next}>; rel=\"last\"")));
    link.into_iter().chain([("content-type", "application/json".to_owned())]).collect()
}
