//! Comments of recorded runs, which have more to show than the sandbox's program, posted without a job around them.

use stackstep::ci::Origin;
use stackstep::comment::{self, Content, Mode, Posted, Stamp, Wanted, When};
use stackstep::env::Env;
use stackstep::forge::Client;
use stackstep::forge::place::{Clues, Tokens};
use stackstep::http::{Http, Limits};
use stackstep::render::Options;
use stackstep::report::{Command, Ending, Facts, Fold, Report, report};
use stackstep::secret::Secret;

use super::repository::Pull;
use crate::support::fixture;

/// The report of the preview that is recorded under this name.
pub fn recorded(name: &str) -> Report {
    let mut fold = Fold::new();
    let events = std::fs::read(fixture(&format!("events/{name}/events.jsonl"))).unwrap();
    events.split(|byte| *byte == b'\n').for_each(|line| fold.line(line));
    let facts = Facts::new(Command::Preview, "prod", Ending::Exited(0), 0);
    Report { project: Some("shop".to_owned()), ..report(fold.finish(), facts) }
}

/// Posts it as the `run`th run; what was done, and how many calls it took.
pub fn post(pull: &Pull, report: &Report, mode: Mode, run: u64) -> (Posted, u32) {
    let (origin, token) = (Origin::default(), Secret::new(&*pull.server.bot));
    let clues = Clues {
        origin: &origin,
        remote: None,
        repository: Some(&pull.repository),
        forge: Some("gitea"),
        forge_url: Some(&pull.server.url),
    };
    let tokens = Tokens { forge_token: Some(&token), github_token: None, own: None, author: None };
    let place = clues.find().unwrap().with_token(tokens, &origin).unwrap();
    let stamp = Stamp { system: "jenkins".into(), run: Some(run), attempt: 1, at: 1000, ..Stamp::default() };
    let wanted = Wanted { mode, when: When::Always, key: None, stamp };
    let options = Options { output_values: true, change_request: true, ..Options::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let http = Http::new(&Env::default(), Limits::default()).unwrap();
        let client = Client::new(&http, &place);
        let content = Content::of(report, &options);
        let done = comment::post(&client, pull.number, &wanted, &content).await.unwrap();
        (done, client.calls())
    })
}
