//! The runs of Gitea Actions and Forgejo Actions. Both list the last jobs that runners have taken, each with the number of its
//! run: <https://docs.gitea.com/api/#tag/repository/operation/ListActionTasks>.

use serde_json::Value;

use super::{Gitea, repository};
use crate::forge::{AskedRun, Place, RequestFor, RunStanding, Runs, read_each, text_at};

/// The statuses of a job that has ended.
/// <https://github.com/go-gitea/gitea/blob/main/models/actions/status.go>
const ENDS: [&str; 4] = ["success", "failure", "cancelled", "skipped"];

impl Runs for Gitea {
    fn run_standing(&self, place: &Place, run: &AskedRun) -> Option<RequestFor<RunStanding>> {
        let path = format!("{}/actions/tasks?limit=50", repository(place));
        let wanted: u64 = run.id.parse().ok()?;
        Some(RequestFor::new(place.get_request(&path), move |answer| {
            // Of no job there is no list.
            let listed = answer.get("workflow_runs").filter(|listed| !listed.is_null());
            let task = |task: &Value| Some((task.get("run_number")?.as_u64()?, text_at(task, "/status")?));
            let tasks = listed.map_or(Some(Vec::new()), |listed| read_each(Some(listed), task))?;
            let mut standing = RunStanding::NotTold;
            for (_, status) in tasks.into_iter().filter(|(number, _)| *number == wanted) {
                standing = RunStanding::by_word(status, &ENDS);
                if matches!(standing, RunStanding::AtWork(_)) {
                    break;
                }
            }
            Some(standing)
        }))
    }
}
