//! The schedules as the file has them, and as the service answers them.

use serde_json::Value;

use super::keys::{DRIFT, SCHEDULE_PLACES, SCHEDULES, TTL};
use super::schedule::{Schedule, ScheduleKind, ScheduleTime};
use super::tree::SettingTree;
use crate::base::error::{Error, Result};
use crate::base::moment::Moment;
use crate::base::suggest::nearest;

/// A schedule of the service.
#[derive(Debug, Clone)]
pub struct ServiceSchedule {
    /// The id.
    pub id: String,
    /// The schedule.
    pub schedule: Schedule,
}

/// The operations of a schedule.
const OPERATIONS: [&str; 4] = ["update", "preview", "refresh", "destroy"];

/// Takes the schedules out of the merged tree of the files. `place` names the files.
pub(super) fn take_schedules(tree: &mut SettingTree, place: &str) -> Result<Vec<Schedule>> {
    let mut found = Vec::new();
    for key in SCHEDULE_PLACES {
        let Some(tree) = tree.entries_mut().and_then(|entries| entries.remove(key)) else { continue };
        if tree.is_unset() {
            continue;
        }
        match (key, tree.as_json(&|_| Value::Null)) {
            (SCHEDULES, Value::Array(items)) => {
                for (at, item) in items.iter().enumerate() {
                    let entry = FileEntry { path: &format!("{SCHEDULES}[{at}]"), item, place };
                    let schedule = entry.operation()?;
                    if found.iter().any(|other: &Schedule| other.is_like(&schedule)) {
                        return Err(entry.error("", "is there twice", "keep one of them"));
                    }
                    found.push(schedule);
                }
            }
            (DRIFT, item) => found.push(FileEntry { path: DRIFT, item: &item, place }.drift()?),
            (TTL, item) => found.push(FileEntry { path: TTL, item: &item, place }.ttl()?),
            _ => {}
        }
    }
    Ok(found)
}

/// An entry of the file, with the way to it.
struct FileEntry<'a> {
    path: &'a str,
    item: &'a Value,
    place: &'a str,
}

impl FileEntry<'_> {
    fn operation(&self) -> Result<Schedule> {
        let when = match (self.text("scheduleCron"), self.text("scheduleOnce")) {
            (Some(cron), None) => self.cron(cron)?,
            (None, Some(once)) => self.once("scheduleOnce", once)?,
            _ => {
                let hint = "write `scheduleCron: \"0 6 * * *\"` or `scheduleOnce: \"2027-01-31T06:00:00Z\"`";
                return Err(self.error("", "does not have one of `scheduleCron` and `scheduleOnce`", hint));
            }
        };
        let operation = self.text("operation").unwrap_or_default();
        if !OPERATIONS.contains(&operation) {
            let hint = match nearest(operation, OPERATIONS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it is one of `{}`", OPERATIONS.join("`, `")),
            };
            return Err(self.error("operation", "is not an operation", &hint));
        }
        let does = ScheduleKind::Operation { operation: operation.to_owned(), own_settings: false };
        Ok(Schedule { when, does, paused: self.flag("paused") })
    }

    fn drift(&self) -> Result<Schedule> {
        let cron = self.text("scheduleCron");
        let missing = || self.error("", "has no `scheduleCron`", "write `scheduleCron: \"0 6 * * *\"`");
        let when = self.cron(cron.ok_or_else(missing)?)?;
        let does = ScheduleKind::Drift { remediate: self.flag("autoRemediate") };
        Ok(Schedule { when, does, paused: self.flag("paused") })
    }

    fn ttl(&self) -> Result<Schedule> {
        let time = self.text("timestamp");
        let missing = || self.error("", "has no `timestamp`", "write `timestamp: \"2027-01-31T06:00:00Z\"`");
        let when = self.once("timestamp", time.ok_or_else(missing)?)?;
        let does = ScheduleKind::Ttl { delete: self.flag("deleteAfterDestroy") };
        Ok(Schedule { when, does, paused: self.flag("paused") })
    }

    /// The five fields; whether their numbers are right is for the service to say.
    fn cron(&self, text: &str) -> Result<ScheduleTime> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let legal = |field: &&str| field.chars().all(|c| c.is_ascii_alphanumeric() || "*,-/".contains(c));
        if fields.len() != 5 || !fields.iter().all(legal) {
            let hint = "write minute, hour, day, month and day of the week, in UTC: `0 6 * * *`";
            return Err(self.error("scheduleCron", "is not a cron expression of five fields", hint));
        }
        Ok(ScheduleTime::Cron(fields.join(" ")))
    }

    fn once(&self, key: &str, text: &str) -> Result<ScheduleTime> {
        let moment = Moment::parse(text);
        let wrong = || self.error(key, "is not a time with its zone", "write it as `2027-01-31T06:00:00Z`");
        moment.map(|moment| ScheduleTime::Once(text.trim().to_owned(), moment)).ok_or_else(wrong)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.item.get(key).and_then(Value::as_str)
    }

    fn flag(&self, key: &str) -> bool {
        self.item.get(key) == Some(&Value::Bool(true))
    }

    fn error(&self, key: &str, wrong: &str, hint: &str) -> Error {
        let dot = if key.is_empty() { "" } else { "." };
        Error::input(format!("`{}{dot}{key}` of {} {wrong}", self.path, self.place), hint)
    }
}

impl ServiceSchedule {
    /// Reads the list of a stack's schedules. None if something of it can't be read: a schedule that nobody understands is
    /// neither there nor not there.
    pub fn read_list(answer: &Value) -> Option<Vec<Self>> {
        let items = match answer.get("schedules") {
            Some(Value::Array(items)) => items.as_slice(),
            Some(Value::Null) => &[],
            _ => return None,
        };
        let mut ours = Vec::new();
        for item in items {
            // What is no deployment is no matter of Pulumi Deployments.
            match item.get("kind")?.as_str()? {
                "deployment" => ours.push(Self::read(item)?),
                "" => return None,
                _ => {}
            }
        }
        Some(ours)
    }

    fn read(item: &Value) -> Option<Self> {
        let text = |key: &str| item.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let when = match (text("scheduleCron"), text("scheduleOnce")) {
            (Some(cron), None) => ScheduleTime::Cron(cron.split_whitespace().collect::<Vec<_>>().join(" ")),
            (None, Some(once)) => ScheduleTime::Once(as_rfc3339(once), service_time(once)?),
            _ => return None,
        };
        let request = item.get("definition")?.get("request")?;
        let option = |name: &str| {
            request.pointer(&format!("/operationContext/options/{name}")) == Some(&Value::Bool(true))
        };
        let has_context = request.get("operationContext").is_some_and(|context| !context.is_null());
        let does = match request.get("operation")?.as_str()? {
            "detect-drift" => ScheduleKind::Drift { remediate: option("remediateIfDriftDetected") },
            // As the CLI tells them apart: `scheduleKindLabel` of
            // <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/stack/stack_schedule.go>
            "destroy" if has_context => ScheduleKind::Ttl { delete: option("deleteAfterDestroy") },
            operation => ScheduleKind::Operation {
                operation: operation.to_owned(),
                own_settings: request.as_object()?.iter().any(|(name, value)| {
                    name != "operation"
                        && !value.is_null()
                        && !(name == "inheritSettings" && *value == Value::Bool(true))
                }),
            },
        };
        let paused = match item.get("paused") {
            None | Some(Value::Null) => false,
            Some(paused) => paused.as_bool()?,
        };
        Some(Self { id: text("id")?.to_owned(), schedule: Schedule { when, does, paused } })
    }
}

/// A time of the service: `2026-05-13 10:51:00.000` is in UTC.
fn service_time(text: &str) -> Option<Moment> {
    Moment::parse(text).or_else(|| Moment::parse(&format!("{text}Z")))
}

fn as_rfc3339(text: &str) -> String {
    if Moment::parse(text).is_some() {
        return text.to_owned();
    }
    format!("{}Z", text.replacen(' ', "T", 1).trim_end_matches(".000"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answered(schedule: &Value) -> Option<String> {
        let list = ServiceSchedule::read_list(&json!({ "schedules": [schedule] }))?;
        Some(list.first().map_or("none".to_owned(), |one| one.schedule.to_string()))
    }

    fn action(more: &Value, request: &Value) -> Value {
        let mut action = json!({ "id": "a", "kind": "deployment", "definition": { "programID": "p", "request": request } });
        action.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        action
    }

    #[test]
    fn each_kind_of_schedule_is_known_as_the_cli_knows_it() {
        let cron = json!({ "scheduleCron": "0  6 * * *" });
        let once = json!({ "scheduleOnce": "2027-01-31 06:00:00.000" });
        for (more, request, expected) in [
            (&cron, json!({ "operation": "refresh", "inheritSettings": true }), "refresh at `0 6 * * *`"),
            (&once, json!({ "operation": "destroy" }), "destroy at `2027-01-31T06:00:00Z`"),
            (
                &once,
                json!({ "operation": "destroy", "operationContext": { "options": { "deleteAfterDestroy": true } } }),
                "destroy the stack at `2027-01-31T06:00:00Z` and delete it",
            ),
            (
                &cron,
                json!({ "operation": "detect-drift", "operationContext": { "options": { "remediateIfDriftDetected": true } } }),
                "look for drift at `0 6 * * *` and deploy again where there is any",
            ),
            (
                &cron,
                json!({ "operation": "update", "operationContext": { "preRunCommands": ["x"] } }),
                "update at `0 6 * * *` with settings of its own",
            ),
        ] {
            assert_eq!(answered(&action(more, &request)).unwrap(), expected);
        }
    }

    #[test]
    fn a_schedule_that_can_t_be_read_makes_the_list_unknown() {
        assert!(answered(&action(&json!({}), &json!({ "operation": "update" }))).is_none());
        assert!(answered(&json!({ "id": "a", "kind": "deployment", "scheduleCron": "* * * * *" })).is_none());
        for answer in [
            json!([]),
            json!({}),
            json!({ "message": "maintenance" }),
            json!({ "schedules": {} }),
            json!({ "schedules": [{ "id": "a", "scheduleCron": "* * * * *" }] }),
            json!({ "schedules": [{ "id": "a", "kind": 1 }] }),
            json!({ "schedules": ["a"] }),
        ] {
            assert!(ServiceSchedule::read_list(&answer).is_none(), "{answer}");
        }
        assert_eq!(ServiceSchedule::read_list(&json!({ "schedules": null })).unwrap().len(), 0);
        let request = json!({ "operation": "update" });
        let both = json!({ "scheduleCron": "* * * * *", "scheduleOnce": "2027-01-31T06:00:00Z" });
        assert!(answered(&action(&both, &request)).is_none());
        let paused = json!({ "scheduleCron": "* * * * *", "paused": "yes" });
        assert!(answered(&action(&paused, &request)).is_none());
        assert_eq!(answered(&json!({ "kind": "scan" })).unwrap(), "none");
    }

    #[test]
    fn a_time_is_the_same_in_both_forms() {
        let once =
            action(&json!({ "scheduleOnce": "2027-01-31 06:00:00.000" }), &json!({ "operation": "update" }));
        let list = ServiceSchedule::read_list(&json!({ "schedules": [once] })).unwrap();
        let item = json!({ "scheduleOnce": "2027-01-31T07:00:00+01:00", "operation": "update" });
        let file = FileEntry { path: "schedules[0]", item: &item, place: "`f`" }.operation().unwrap();
        assert!(file.is_like(&list[0].schedule));
    }

    #[test]
    fn an_entry_that_is_not_right_is_refused_with_its_path() {
        let error = |item: Value| {
            FileEntry { path: "schedules[0]", item: &item, place: "`f`" }.operation().unwrap_err().to_string()
        };
        for (item, expected) in [
            (json!({ "operation": "update" }), "`schedules[0]` of `f` does not have one of"),
            (
                json!({ "scheduleCron": "0 6 * *", "operation": "update" }),
                "`schedules[0].scheduleCron` of `f`",
            ),
            (json!({ "scheduleCron": "0 6 * * ?;", "operation": "update" }), "five fields"),
            (json!({ "scheduleOnce": "2027-01-31", "operation": "update" }), "is not a time with its zone"),
            (json!({ "scheduleCron": "0 6 * * *", "operation": "up" }), "`schedules[0].operation` of `f`"),
        ] {
            let error = error(item);
            assert!(error.contains(expected), "{error}");
        }
    }
}
