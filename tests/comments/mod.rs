//! Comments, statuses and deployments on five forges: what is asked of each, and what stands there afterwards.

mod aggregate;
mod behaviours;
mod binary;
mod calls;
mod identity;
mod origins;
mod places;
mod several;
mod snapshots;
mod troubles;

use std::sync::LazyLock;
use std::time::Duration;

use stackstep::base::env::Env;
use stackstep::base::http::{Http, Limits};
use stackstep::forge::{Client, Trouble};
use stackstep::inputs::headings::CommentWhen;
use stackstep::publish::comment::{self, Content, Mode, Posted, Stamp, Wanted};
use stackstep::render::Options;
use stackstep::report::{Masked, Report};

use crate::report::recordings::folded;
use crate::support::forge::{Fake, NUMBER};

/// Without pauses: the fakes ask for none.
const LIMITS: Limits = Limits {
    try_time: Duration::from_secs(20),
    tries: 3,
    pause: Duration::ZERO,
    longest_pause: Duration::from_secs(1),
    body: 64 << 20,
};

/// The `run`th run of a pipeline.
fn run(run: u64) -> Wanted {
    Wanted {
        mode: Mode::Update,
        when: CommentWhen::Always,
        key: None,
        stamp: Stamp { system: "jenkins".into(), run: Some(run), attempt: 1, at: 1000 * run },
        official_action: false,
        of_all: false,
        others_write: false,
    }
}

/// A report with changes, of a preview of `shop/dev`.
fn changes() -> Report {
    static REPORT: LazyLock<Report> = LazyLock::new(|| of("shop", "dev", folded("preview-replace-delete")));
    REPORT.clone()
}

/// A report without, of the same.
fn no_changes() -> Report {
    let mut report = changes();
    report.changes.iter_mut().for_each(|changes| changes.retain(|operation, _| operation == "same"));
    report.steps.clear();
    report.output_changes.clear();
    report.has_changes = Some(false);
    report
}

/// A failed one.
fn failed() -> Report {
    of("shop", "dev", folded("preview-program-error"))
}

fn of(project: &str, stack: &str, report: Report) -> Report {
    Report { project: Some(project.to_owned()), stack: stack.to_owned(), ..report }
}

/// One client for all: making one reads the machine's certificates.
fn http() -> &'static Http {
    static HTTP: LazyLock<Http> = LazyLock::new(|| Http::new(&Env::default(), LIMITS).unwrap());
    &HTTP
}

/// Posts `report`, as a run of its own does.
async fn post(fake: &Fake, wanted: &Wanted, report: &Report) -> Result<Posted, Trouble> {
    post_all(fake, wanted, std::slice::from_ref(report)).await
}

/// Posts several at once, as a final job does.
async fn post_all(fake: &Fake, wanted: &Wanted, reports: &[Report]) -> Result<Posted, Trouble> {
    let (http, place) = (http(), fake.place());
    let options = Options::default();
    let reports = Masked::mask_all(reports.to_vec(), &str::to_owned);
    let content = Content { reports: reports.as_slice(), template: None, options: &options, warn: &|_| {} };
    comment::post(&Client::new(http, &place), NUMBER, wanted, &content).await
}
