//! A schedule of a stack: an operation at certain times, a look for drift, or the end of its time to live.

use std::fmt;

use serde_json::{Value, json};

use crate::base::moment::Moment;

/// A schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The times.
    pub when: ScheduleTime,
    /// What is done then.
    pub does: ScheduleKind,
    /// Whether it is there and does nothing.
    pub paused: bool,
}

/// The times of a schedule.
#[derive(Debug, Clone)]
pub enum ScheduleTime {
    /// Again and again, as five fields in UTC.
    Cron(String),
    /// Once, as RFC 3339.
    Once(String, Moment),
}

/// What a schedule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScheduleKind {
    /// An operation: `update`, `preview`, `refresh`, `destroy`.
    Operation {
        /// The operation.
        operation: String,
        /// Whether it has settings of its own, which no file can say.
        own_settings: bool,
    },
    /// A look for drift.
    Drift {
        /// Whether the stack is deployed again where drift was found.
        remediate: bool,
    },
    /// The end of the stack.
    Ttl {
        /// Whether the stack is deleted, too.
        delete: bool,
    },
}

impl ScheduleTime {
    /// Whether it is over at `now`, in seconds since 1970.
    pub fn is_over(&self, now: u64) -> bool {
        matches!(self, Self::Once(_, moment) if moment.unix() <= now)
    }

    fn text(&self) -> &str {
        match self {
            Self::Cron(text) | Self::Once(text, _) => text,
        }
    }
}

impl PartialEq for ScheduleTime {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Cron(one), Self::Cron(other)) => one == other,
            (Self::Once(_, one), Self::Once(_, other)) => one == other,
            _ => false,
        }
    }
}

impl Eq for ScheduleTime {}

impl Schedule {
    /// Whether both do the same at the same times, paused or not.
    pub fn is_like(&self, other: &Self) -> bool {
        (&self.when, &self.does) == (&other.when, &other.does)
    }

    /// The folder of its kind below `deployments`.
    pub fn folder(&self) -> &'static str {
        match self.does {
            ScheduleKind::Operation { .. } => "schedules",
            ScheduleKind::Drift { .. } => "drift/schedules",
            ScheduleKind::Ttl { .. } => "ttl/schedules",
        }
    }

    /// The body of the request that makes it, or makes another one into it.
    /// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/schedules.go>
    pub fn request(&self) -> Value {
        match &self.does {
            ScheduleKind::Operation { operation, .. } => {
                let request = json!({ "operation": operation, "inheritSettings": true });
                match &self.when {
                    ScheduleTime::Cron(cron) => json!({ "scheduleCron": cron, "request": request }),
                    ScheduleTime::Once(once, _) => json!({ "scheduleOnce": once, "request": request }),
                }
            }
            ScheduleKind::Drift { remediate } => {
                json!({ "scheduleCron": self.when.text(), "autoRemediate": remediate })
            }
            ScheduleKind::Ttl { delete } => {
                json!({ "timestamp": self.when.text(), "deleteAfterDestroy": delete })
            }
        }
    }

    /// The schedule as the file has it.
    pub fn shown(&self) -> Value {
        let when = match (&self.when, &self.does) {
            (ScheduleTime::Once(..), ScheduleKind::Ttl { .. }) => "timestamp",
            (ScheduleTime::Once(..), _) => "scheduleOnce",
            (ScheduleTime::Cron(_), _) => "scheduleCron",
        };
        let mut shown = json!({ when: self.when.text() });
        match &self.does {
            ScheduleKind::Operation { operation, .. } => shown["operation"] = json!(operation),
            ScheduleKind::Drift { remediate: true } => shown["autoRemediate"] = json!(true),
            ScheduleKind::Ttl { delete: true } => shown["deleteAfterDestroy"] = json!(true),
            ScheduleKind::Drift { .. } | ScheduleKind::Ttl { .. } => {}
        }
        if self.paused {
            shown["paused"] = json!(true);
        }
        shown
    }
}

/// `refresh at 0 6 * * * (paused)`
impl fmt::Display for Schedule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.does {
            ScheduleKind::Operation { operation, own_settings } => {
                write!(formatter, "{operation} at `{}`", self.when.text())?;
                if *own_settings {
                    formatter.write_str(" with settings of its own")?;
                }
            }
            ScheduleKind::Drift { remediate } => {
                write!(formatter, "look for drift at `{}`", self.when.text())?;
                if *remediate {
                    formatter.write_str(" and deploy again where there is any")?;
                }
            }
            ScheduleKind::Ttl { delete } => {
                write!(formatter, "destroy the stack at `{}`", self.when.text())?;
                if *delete {
                    formatter.write_str(" and delete it")?;
                }
            }
        }
        if self.paused { formatter.write_str(" (paused)") } else { Ok(()) }
    }
}
