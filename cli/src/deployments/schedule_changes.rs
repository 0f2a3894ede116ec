//! What has to be done for the service to have the schedules of the file; pure.

use std::fmt;

use super::schedule::{Schedule, ScheduleKind};
use super::schedule_form::ServiceSchedule;

/// A change of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScheduleChange {
    /// It is made.
    Create(Schedule),
    /// It becomes another one of its kind.
    Update {
        /// The id.
        id: String,
        /// What it was.
        was: Schedule,
        /// What it becomes.
        becomes: Schedule,
    },
    /// It is deleted.
    Delete {
        /// The id.
        id: String,
        /// What it was.
        was: Schedule,
    },
    /// It stops, or goes on.
    Pause {
        /// The id.
        id: String,
        /// The schedule.
        schedule: Schedule,
        /// Whether it stops.
        pauses: bool,
    },
}

impl ScheduleChange {
    /// The changes, in the order in which they are made: nothing is deleted before its successor is there. `now` is in seconds
    /// since 1970: what was due once and is over is neither made nor deleted.
    pub fn plan(file: &[Schedule], service: &[ServiceSchedule], now: u64) -> Vec<Self> {
        let mut there: Vec<&ServiceSchedule> =
            service.iter().filter(|one| !one.schedule.when.is_over(now)).collect();
        let (mut pauses, mut missing) = (Vec::new(), Vec::new());
        for wanted in file.iter().filter(|wanted| !wanted.when.is_over(now)) {
            let Some(at) = there.iter().position(|one| one.schedule.is_like(wanted)) else {
                missing.push(wanted);
                continue;
            };
            let found = there.remove(at);
            if found.schedule.paused != wanted.paused {
                let (id, schedule) = (found.id.clone(), wanted.clone());
                pauses.push(Self::Pause { id, schedule, pauses: wanted.paused });
            }
        }
        let mut changes = Vec::new();
        for wanted in missing {
            // Of drift and time to live there is one each: it becomes the wanted one.
            let same = |one: &&ServiceSchedule| {
                !matches!(wanted.does, ScheduleKind::Operation { .. })
                    && one.schedule.folder() == wanted.folder()
                    && one.schedule.paused == wanted.paused
            };
            changes.push(match there.iter().position(same).map(|at| there.remove(at)) {
                Some(found) => Self::Update {
                    id: found.id.clone(),
                    was: found.schedule.clone(),
                    becomes: wanted.clone(),
                },
                None => Self::Create(wanted.clone()),
            });
        }
        changes.append(&mut pauses);
        let deleted = there.into_iter();
        changes.extend(deleted.map(|one| Self::Delete { id: one.id.clone(), was: one.schedule.clone() }));
        changes
    }

    /// What the file has; none where it has nothing.
    pub fn of_the_file(&self) -> Option<&Schedule> {
        match self {
            Self::Create(schedule)
            | Self::Update { becomes: schedule, .. }
            | Self::Pause { schedule, .. } => Some(schedule),
            Self::Delete { .. } => None,
        }
    }
}

/// What is done, in words.
impl fmt::Display for ScheduleChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(schedule) => write!(formatter, "new schedule: {schedule}"),
            Self::Update { was, becomes, .. } => write!(formatter, "schedule: {was} becomes: {becomes}"),
            Self::Delete { was, .. } => write!(formatter, "schedule removed: {was}"),
            Self::Pause { schedule, pauses: true, .. } => write!(formatter, "schedule paused: {schedule}"),
            Self::Pause { schedule, .. } => write!(formatter, "schedule resumed: {schedule}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::moment::Moment;
    use crate::deployments::schedule::ScheduleTime;

    fn cron(text: &str, does: ScheduleKind) -> Schedule {
        Schedule { when: ScheduleTime::Cron(text.to_owned()), does, paused: false }
    }

    fn refresh(text: &str) -> Schedule {
        cron(text, ScheduleKind::Operation { operation: "refresh".to_owned(), own_settings: false })
    }

    fn drift(text: &str) -> Schedule {
        cron(text, ScheduleKind::Drift { remediate: false })
    }

    fn ttl(time: &str) -> Schedule {
        let when = ScheduleTime::Once(time.to_owned(), Moment::parse(time).unwrap());
        Schedule { when, does: ScheduleKind::Ttl { delete: false }, paused: false }
    }

    fn there(schedules: &[Schedule]) -> Vec<ServiceSchedule> {
        let number = |(at, schedule): (usize, &Schedule)| ServiceSchedule {
            id: format!("s{at}"),
            schedule: schedule.clone(),
        };
        schedules.iter().enumerate().map(number).collect()
    }

    fn planned(file: &[Schedule], service: &[Schedule]) -> Vec<String> {
        let now = Moment::parse("2026-11-30T00:00:00Z").unwrap().unix();
        ScheduleChange::plan(file, &there(service), now).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn nothing_is_done_where_all_is_there() {
        let all = [refresh("0 6 * * *"), drift("0 7 * * *"), ttl("2027-01-01T00:00:00Z")];
        let turned: Vec<Schedule> = all.iter().rev().cloned().collect();
        assert_eq!(planned(&all, &turned), Vec::<String>::new());
    }

    #[test]
    fn what_is_missing_is_made_before_what_is_too_much_is_removed() {
        assert_eq!(
            planned(&[refresh("1 6 * * *")], &[refresh("0 6 * * *")]),
            ["new schedule: refresh at `1 6 * * *`", "schedule removed: refresh at `0 6 * * *`"]
        );
    }

    #[test]
    fn drift_and_the_time_to_live_are_changed_in_place() {
        assert_eq!(
            planned(&[drift("1 6 * * *")], &[drift("0 6 * * *"), drift("5 6 * * *")]),
            [
                "schedule: look for drift at `0 6 * * *` becomes: look for drift at `1 6 * * *`",
                "schedule removed: look for drift at `5 6 * * *`"
            ]
        );
    }

    #[test]
    fn a_schedule_is_paused_and_goes_on() {
        let paused = Schedule { paused: true, ..drift("0 6 * * *") };
        let on = drift("0 6 * * *");
        let words = planned(std::slice::from_ref(&paused), std::slice::from_ref(&on));
        assert_eq!(words, ["schedule paused: look for drift at `0 6 * * *` (paused)"]);
        let words = planned(&[on], &[paused]);
        assert_eq!(words, ["schedule resumed: look for drift at `0 6 * * *`"]);
    }

    #[test]
    fn what_is_over_is_neither_made_nor_removed() {
        let over = ttl("2026-01-01T00:00:00Z");
        assert_eq!(planned(std::slice::from_ref(&over), &[]), Vec::<String>::new());
        assert_eq!(planned(&[], &[over]), Vec::<String>::new());
    }

    #[test]
    fn one_of_two_equal_schedules_of_the_service_is_removed() {
        let one = refresh("0 6 * * *");
        assert_eq!(planned(std::slice::from_ref(&one), &[one.clone(), one.clone()]).len(), 1);
    }
}
