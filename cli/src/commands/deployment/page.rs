//! What `deployment settings show` and `check` print.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value};

use super::place::AllCompared;
use crate::base::yaml;
use crate::commands::page_form::PrintedPage;
use crate::deployments::compare::SettingDifference;
use crate::deployments::file::SettingsFile;
use crate::deployments::keys::{DRIFT, SCHEDULES, TTL};
use crate::deployments::requests::ServiceHas;
use crate::deployments::schedule::{Schedule, ScheduleKind};
use crate::deployments::schedule_changes::ScheduleChange;
use crate::deployments::service_form::ServiceSettings;
use crate::deployments::tree::{HIDDEN, NOT_KNOWN};
use crate::render::prose;

/// The version of the forms.
pub const FORM: u32 = 1;

/// The settings that the service has.
#[derive(Debug, Serialize)]
pub struct ShowPage {
    /// The version of this form.
    pub v: u32,
    /// The stack.
    pub stack: String,
    /// The number of the settings' version at the service.
    pub version: Option<u64>,
    /// Who has set them: `console`, `api`, `provider`, …
    pub source: Option<String>,
    /// The settings and schedules in the form of the file. None if there are no settings.
    pub settings: Option<Value>,
    /// What no file can say.
    pub notes: Vec<String>,
}

impl ShowPage {
    /// The page of what the service has of a stack.
    pub(super) fn new(stack: &str, has: &ServiceHas) -> Self {
        let mut notes = Vec::new();
        let settings = has.settings.as_ref();
        for path in settings.iter().flat_map(|settings| &settings.unknown) {
            notes.push(format!("`{path}` is not known to this version of stackstep, and left as it is"));
        }
        if settings.is_some_and(ServiceSettings::has_two_repositories) {
            notes.push("`gitHub` is there beside `vcs`, which the file can't say".to_owned());
        }
        let mut shown = settings.map(ServiceSettings::shown);
        if !has.schedules.is_empty() {
            if shown.is_none() {
                notes.push("there are schedules, and no settings".to_owned());
            }
            let schedules = has.schedules.iter().map(|one| &one.schedule);
            add_schedules(shown.get_or_insert_default(), schedules, &mut notes);
        }
        Self {
            v: FORM,
            stack: stack.to_owned(),
            version: settings.and_then(|settings| settings.version),
            source: settings.and_then(|settings| settings.source.clone()),
            settings: shown.map(Value::Object),
            notes,
        }
    }
}

/// Adds the schedules as the file has them.
fn add_schedules<'s>(
    shown: &mut Map<String, Value>,
    schedules: impl Iterator<Item = &'s Schedule>,
    notes: &mut Vec<String>,
) {
    let mut operations = Vec::new();
    for schedule in schedules {
        let key = match &schedule.does {
            ScheduleKind::Operation { own_settings: false, .. } => {
                operations.push(schedule.shown());
                continue;
            }
            ScheduleKind::Operation { .. } => None,
            ScheduleKind::Drift { .. } => Some(DRIFT),
            ScheduleKind::Ttl { .. } => Some(TTL),
        };
        match key.filter(|key| !shown.contains_key(*key)) {
            Some(key) => drop(shown.insert(key.to_owned(), schedule.shown())),
            None => notes.push(format!("a schedule that the file can't say: {schedule}")),
        }
    }
    if !operations.is_empty() {
        shown.insert(SCHEDULES.to_owned(), Value::Array(operations));
    }
}

impl PrintedPage for ShowPage {
    fn as_text(&self) -> String {
        let mut text = match (&self.settings, self.version) {
            (None, _) => format!("# {} has no deployment settings.\n", self.stack),
            (Some(_), Some(version)) => {
                let source = self.source.as_deref().unwrap_or("unknown");
                format!("# The deployment settings of {}: version {version}, set by: {source}.\n", self.stack)
            }
            (Some(_), None) => format!("# The deployment settings of {}.\n", self.stack),
        };
        for note in &self.notes {
            let _ = writeln!(text, "# {note}");
        }
        if let Some(settings) = &self.settings {
            text.push_str(&yaml::from_json(settings));
        }
        text
    }

    fn as_markdown(&self) -> String {
        format!("```yaml\n{}```\n", self.as_text())
    }
}

/// How the settings of the files and those of the service differ: what `deployment settings check --json` prints.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CheckPage {
    /// The version of this form.
    pub v: u32,
    /// The stack.
    pub stack: String,
    /// The names of the files, the later over the earlier.
    pub files: Vec<String>,
    /// Whether nothing differs, of what can be compared.
    pub equal: bool,
    /// Whether the service has settings of the stack at all.
    pub there: bool,
    /// The settings that differ.
    pub differences: Vec<SettingDifference>,
    /// What would be done for the schedules to be the same.
    pub schedules: Vec<String>,
    /// The paths of secrets that both have: the service never tells their values, so that these are not compared.
    pub not_compared: Vec<String>,
    /// The paths of settings of the service that this version does not know: they are not compared.
    pub unknown: Vec<String>,
}

impl CheckPage {
    /// The page of a comparison.
    pub(super) fn new(stack: &str, file: &SettingsFile, compared: &AllCompared) -> Self {
        let name =
            |path: &std::path::PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self {
            v: FORM,
            stack: stack.to_owned(),
            files: file.files.iter().map(name).collect(),
            equal: compared.is_equal(),
            there: compared.has_settings,
            differences: compared.settings.differences.clone(),
            schedules: compared.schedules.iter().map(ScheduleChange::to_string).collect(),
            not_compared: compared.settings.not_compared.clone(),
            unknown: compared.unknown.clone(),
        }
    }

    /// The page as JSON.
    pub(super) fn as_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The lines about what differs, and about what is not compared.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.differences.iter().map(in_words).collect();
        lines.extend(self.schedules.iter().cloned());
        lines
    }

    fn not_compared_lines(&self) -> Vec<String> {
        let secrets = self.not_compared.iter().map(|path| {
            format!("not compared: `{path}` is there on both sides, and the service never tells a secret")
        });
        let unknown = self.unknown.iter().map(|path| {
            format!("not compared: this version of stackstep does not know `{path}`, which the service has")
        });
        secrets.chain(unknown).collect()
    }

    fn heading(&self) -> String {
        let files = self.files.join("` with `");
        match (self.equal, self.there) {
            (true, _) => format!("the deployment settings of `{}` are those of `{files}`", self.stack),
            (false, true) => format!("the deployment settings of `{}` differ from `{files}`:", self.stack),
            (false, false) => format!("`{}` has no deployment settings, and `{files}` has some:", self.stack),
        }
    }
}

impl PrintedPage for CheckPage {
    fn as_text(&self) -> String {
        let mut text = format!("{}\n", self.heading());
        for line in self.lines() {
            let _ = writeln!(text, "  {line}");
        }
        for line in self.not_compared_lines() {
            let _ = writeln!(text, "{line}");
        }
        text
    }

    fn as_markdown(&self) -> String {
        let mut text = format!("{}\n\n", prose(&self.heading(), true));
        for line in self.lines().into_iter().chain(self.not_compared_lines()) {
            let _ = writeln!(text, "- {}", prose(&line, true));
        }
        text
    }
}

/// A difference in words.
pub(super) fn in_words(difference: &SettingDifference) -> String {
    let side = |value: &Value| match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    };
    let SettingDifference { path, file, service } = difference;
    if file == HIDDEN && service == HIDDEN {
        return format!("{path}: one side has it as a secret, and the other in plain text");
    }
    if service == NOT_KNOWN {
        return format!(
            "{path}: the file has {}, and what the service has is in a form that is not known",
            side(file)
        );
    }
    format!("{path}: the file has {}, the service has {}", side(file), side(service))
}
