//! Comments without a job around them, on a fake.

use stackstep::base::env::Env;
use stackstep::base::http::{Http, Limits};
use stackstep::forge::Client;
use stackstep::inputs::headings::CommentWhen;
use stackstep::publish::comment::{self, Content, Mode, Posted, Stamp, Wanted};
use stackstep::render::Options;
use stackstep::report::{Ending, Facts, Fold, Operation, Report, report};

use crate::support::fixture;
use crate::support::forge::{Fake, NUMBER};

/// The report of the preview that is recorded under this name.
pub fn recorded(name: &str) -> Report {
    let mut fold = Fold::new();
    let events = std::fs::read(fixture(&format!("recordings/{name}/events.jsonl"))).unwrap();
    events.split(|byte| *byte == b'\n').for_each(|line| fold.line(line));
    let facts = Facts::new(Operation::Preview, "prod", Ending::Exited(0), 0);
    Report { project: Some("shop".to_owned()), ..report(fold.finish(), facts) }
}

/// The wish of the `run`th run.
pub fn wanted(mode: Mode, run: u64) -> Wanted {
    let stamp = Stamp { system: "jenkins".into(), run: Some(run), attempt: 1, at: 1000 * run };
    Wanted {
        mode,
        when: CommentWhen::Always,
        key: None,
        stamp,
        official_action: false,
        of_all: false,
        others_write: false,
    }
}

/// Posts a report as the `run`th run.
pub fn post(fake: &Fake, run: u64) -> Posted {
    let (place, options) = (fake.place(), Options::default());
    let report = recorded("preview-replace-delete").masked(&str::to_owned);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let http = Http::new(&Env::default(), Limits::default()).unwrap();
        let content =
            Content { reports: report.as_slice(), template: None, options: &options, warn: &|_| {} };
        comment::post(&Client::new(&http, &place), NUMBER, &wanted(Mode::Update, run), &content)
            .await
            .unwrap()
    })
}
