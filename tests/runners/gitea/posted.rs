//! Comments of recorded runs, which have more to show than the sandbox's program, posted without a job around them.

use stackstep::base::env::Env;
use stackstep::base::http::{Http, Limits};
use stackstep::base::origin::Origin;
use stackstep::base::secret::Secret;
use stackstep::forge::Client;
use stackstep::forge::place::{Clues, Tokens};
use stackstep::publish::comment::{self, Content, Mode, Posted};
use stackstep::render::Options;
use stackstep::report::Report;

use super::repository::Pull;
use crate::posts::wanted;

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
    let place = clues.find_repository().unwrap().with_token(tokens, &origin).unwrap();
    let options = Options { change_request: true, ..Options::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let http = Http::new(&Env::default(), Limits::default()).unwrap();
        let client = Client::new(&http, &place);
        let report = report.clone().masked(&str::to_owned);
        let content =
            Content { reports: report.as_slice(), template: None, options: &options, warn: &|_| {} };
        let done = comment::post(&client, pull.number, &wanted(mode, run), &content).await.unwrap();
        (done, client.calls())
    })
}
