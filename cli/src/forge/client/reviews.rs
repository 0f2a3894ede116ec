//! Reviews, teams, protection and gates: what takes several requests.

use super::super::protection::{Protection, Watched};
use super::super::survey::{Survey, SurveyAnswers, SurveyPart};
use super::super::trouble::{Trouble, TroubleKind};
use super::super::{GateApproval, GatedJob, Person, Review};
use super::{Client, Done, PAGES};
use serde_json::Value;

/// The most requests of one survey, so that no number of reviewers or rules makes a run ask for ever.
const REQUESTS: usize = 60;

impl Client<'_> {
    /// The reviews of a change request, the oldest first.
    pub async fn reviews(&self, number: u64) -> Done<Vec<Review>> {
        let do_what = format!("read the reviews of {}", self.place.forge.request(number));
        self.survey(&do_what, &self.place.forge.reviews(self.place, number)).await
    }

    /// The members of a team, by its name without the `@`. None if the forge tells no team's members.
    pub async fn team_members(&self, team: &str) -> Done<Option<Vec<Person>>> {
        let Some(survey) = self.place.forge.team_members(self.place, team) else { return Ok(None) };
        self.survey(&format!("read the members of `@{team}`"), &survey).await.map(Some)
    }

    /// What protects the branches, tags and environments that are watched.
    pub async fn protection(&self, watched: &Watched) -> Done<Protection> {
        self.survey("read what protects the repository", &self.place.forge.protection(self.place, watched))
            .await
    }

    /// Who decided at the gate of a job's environment. None if the forge has no such gate, or none that it tells of.
    pub async fn gate_approvals(&self, job: &GatedJob) -> Done<Option<Vec<GateApproval>>> {
        let Some(survey) = self.place.forge.gate_approvals(self.place, job) else { return Ok(None) };
        self.survey("read who approved the job", &survey).await.map(Some)
    }

    /// Sends the requests of a survey, round after round, and reads their answers.
    pub(super) async fn survey<T>(&self, do_what: &str, survey: &Survey<T>) -> Done<T> {
        let mut answers = SurveyAnswers::default();
        let mut sent = 0;
        loop {
            let parts = (survey.next)(&answers);
            let parts: Vec<_> = parts.into_iter().filter(|part| !answers.has(&part.name)).collect();
            if parts.is_empty() {
                break;
            }
            for part in parts {
                sent += 1;
                if sent > REQUESTS {
                    return Err(Trouble::too_much(do_what, REQUESTS));
                }
                let heard = self.pages(&part).await;
                if let Err(trouble) = &heard
                    && (part.required || !may_be_forbidden(trouble))
                {
                    return Err(trouble.clone());
                }
                answers.add(&part.name, heard);
            }
        }
        (survey.read)(&answers).ok_or_else(|| Trouble::unreadable(self.place, do_what))
    }

    /// The pages of one answer.
    async fn pages(&self, part: &SurveyPart) -> Done<Vec<Value>> {
        let (value, next) = self.ask_needing(&part.do_what, &part.request, Some(part.needs)).await?;
        let mut pages = vec![value];
        let mut next = self.next_page(next);
        while let Some(request) = next {
            if pages.len() == PAGES {
                return Err(Trouble::too_much(&part.do_what, PAGES));
            }
            let (value, further) = self.ask_needing(&part.do_what, &request, Some(part.needs)).await?;
            pages.push(value);
            next = self.next_page(further);
        }
        Ok(pages)
    }
}

/// Whether a survey can go on without the answer: the token may not read it, or there is no such thing. A forge in trouble
/// is another matter.
fn may_be_forbidden(trouble: &Trouble) -> bool {
    matches!(trouble.kind, TroubleKind::Denied | TroubleKind::Missing | TroubleKind::Rejected)
}
