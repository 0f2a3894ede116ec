//! The runs of GitHub Actions: <https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run>.

use super::{GitHub, repository};
use crate::forge::{AskedRun, Place, RequestFor, RunStanding, Runs, encoded, text_at};

impl Runs for GitHub {
    fn run_standing(&self, place: &Place, run: &AskedRun) -> Option<RequestFor<RunStanding>> {
        let path = format!("{}/actions/runs/{}", repository(place), encoded(&run.id));
        Some(RequestFor::new(place.get_request(&path), |answer| {
            let status = text_at(answer, "/status")?;
            if status == "completed" {
                let conclusion = text_at(answer, "/conclusion").unwrap_or(status);
                return Some(RunStanding::Ended(conclusion));
            }
            Some(RunStanding::AtWork(status))
        }))
    }
}
