//! The jobs and pipelines of GitLab CI: <https://docs.gitlab.com/api/jobs/#get-a-single-job>,
//! <https://docs.gitlab.com/api/pipelines/#get-a-single-pipeline>.

use super::{GitLab, project, read_person};
use crate::forge::{AskedRun, Person, Place, RequestFor, RunStanding, Runs, encoded, text_at};

/// The statuses of a job or a pipeline that has ended. A pipeline can go on after them if a job of it is started again.
const ENDS: [&str; 4] = ["success", "failed", "canceled", "skipped"];

impl Runs for GitLab {
    fn run_standing(&self, place: &Place, run: &AskedRun) -> Option<RequestFor<RunStanding>> {
        // Of a pipeline, other jobs may still be at work.
        let (kind, id) = run.job.as_ref().map_or(("pipelines", &run.id), |job| ("jobs", job));
        let path = format!("{}/{kind}/{}", project(place), encoded(id));
        Some(RequestFor::new(place.get_request(&path), |answer| {
            Some(RunStanding::by_word(text_at(answer, "/status")?, &ENDS))
        }))
    }

    // It takes the job's token as `Authorization: Bearer` too: https://docs.gitlab.com/api/jobs/#get-job-tokens-job
    fn starter_of_own_job(&self, place: &Place) -> Option<RequestFor<Person>> {
        let needs = "the token has to be that of a job that is running (https://docs.gitlab.com/api/jobs/#get-job-tokens-job)";
        let request = RequestFor::new(place.get_request("job"), |job| read_person(job.get("user")?));
        Some(request.needing_by_default(needs))
    }
}
