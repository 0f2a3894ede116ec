//! What becomes of a set's rows, as text.

use super::compare::ComparedSet;
use crate::base::error::{EXIT_PARTIAL, Problem};
use crate::ci::Level;
use crate::ci::console::Console;
use crate::commands::page_form::text_table;
use crate::fleet::sets::difference::{ConfigChange, RowFate, RowVerdict, SetDifference};
use crate::fleet::sets::past::PastText;
use crate::inputs::Command;

impl ComparedSet {
    /// The difference between rows and stacks, for people.
    pub fn as_text(&self) -> String {
        let name = |stack: &str| format!("{}/{stack}", self.project.project);
        let row = |one: &RowVerdict| {
            let (what, more) = fate_in_words(&one.fate);
            [name(one.row.stack.short()), what.to_owned(), one.row.place.replace('`', ""), more]
        };
        let stopped = self.difference.stopped.iter().map(|row| {
            let stack = row.stack.as_deref().or(row.key.as_deref()).unwrap_or("?");
            [name(stack), "stopped".to_owned(), row.place.replace('`', ""), row.why.clone()]
        });
        let rowless = self.difference.rowless.iter().map(|stack| {
            [
                name(stack),
                "left alone".to_owned(),
                String::new(),
                "no row that can be read names it".to_owned(),
            ]
        });
        let head = ["STACK", "ROW", "WHERE", ""].map(str::to_owned);
        let rows = std::iter::once(head).chain(self.difference.rows.iter().map(row));
        let mut text = text_table(rows.chain(stopped).chain(rowless));
        for brake in &self.difference.brakes {
            text.push_str(&format!("{brake}\n"));
        }
        text
    }

    /// One line about all rows, as `command` takes them.
    pub fn counts_in_words(&self, command: Command) -> String {
        let count =
            |fits: fn(&RowFate) -> bool| self.difference.rows.iter().filter(|one| fits(&one.fate)).count();
        let created = count(|fate| *fate == RowFate::Create);
        let updated = count(|fate| matches!(fate, RowFate::Update { .. }));
        let removed = count(|fate| *fate == RowFate::Remove);
        let kinds = if command == Command::Destroy {
            [(created, "not there"), (updated + removed, "to destroy"), (0, "to remove")]
        } else {
            [(created, "to create"), (updated, "to update"), (removed, "to remove")]
        };
        let others = [
            (count(|fate| *fate == RowFate::Gone), "gone already"),
            (count(|fate| *fate == RowFate::Braked), "held by the brake"),
            (self.difference.stopped.len(), "stopped"),
            (self.difference.rowless.len(), "without a row"),
        ];
        let told: Vec<String> = kinds
            .iter()
            .chain(&others)
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        let told = if told.is_empty() { "no row".to_owned() } else { told.join(", ") };
        format!("set `{}`: {told}", self.set.name)
    }

    /// Says what is left alone, and why.
    pub fn warn(&self, console: &Console) {
        for row in &self.difference.stopped {
            let key =
                row.key.as_deref().map(|key| format!(" (`{}`)", key.escape_debug())).unwrap_or_default();
            let problem = Problem::new(
                format!("{}{key}: {}", row.place, row.why),
                format!("its stack is left as it is; correct the row of the set `{}`", self.set.name),
            );
            console.annotate(Level::Warning, "stackstep", &problem.to_string());
        }
        for brake in &self.difference.brakes {
            let problem = Problem::new(
                brake.clone(),
                "look at the rows (`--dry-run`); if it is meant, raise the number in `stackstep.yaml`, reviewed as every change of it",
            );
            console.annotate(Level::Warning, "stackstep", &problem.to_string());
        }
        for stack in &self.difference.rowless {
            console.line(&format!(
                "`{}/{stack}` has no row in the set `{}`: it is left alone",
                self.project.project, self.set.name
            ));
        }
    }

    /// The rows for which nothing is run though they are in the set: what each is called, and why.
    pub fn left_alone(&self) -> Vec<(String, String)> {
        let SetDifference { rows, stopped, brakes, .. } = &self.difference;
        let stopped = stopped.iter().map(|row| {
            let name = row.stack.as_ref().or(row.key.as_ref()).unwrap_or(&row.place);
            (name.clone(), format!("{}: {}", row.place, row.why))
        });
        let braked = rows.iter().filter(|one| one.fate == RowFate::Braked).map(|one| {
            let brake = if one.row.is_removed { brakes.last() } else { brakes.first() };
            (one.row.stack.short().to_owned(), brake.cloned().unwrap_or_default())
        });
        stopped.chain(braked).collect()
    }

    /// The exit status of a command whose runs ended with `status`: 80 if they ended well and rows were left alone.
    pub fn exit_status(&self, status: u8) -> u8 {
        if status == 0 && !self.difference.is_whole() { EXIT_PARTIAL } else { status }
    }
}

fn fate_in_words(fate: &RowFate) -> (&'static str, String) {
    match fate {
        RowFate::Create => ("create", String::new()),
        RowFate::Update { changed: None } => ("update", String::new()),
        RowFate::Update { changed: Some(changed) } if changed.is_empty() => {
            ("update", "same configuration".to_owned())
        }
        RowFate::Update { changed: Some(changed) } => {
            ("update", changed.iter().map(change).collect::<Vec<_>>().join(", "))
        }
        RowFate::Remove => ("remove", String::new()),
        RowFate::Gone => ("gone", "it has a tombstone, and is not there".to_owned()),
        RowFate::Braked => ("held", "by the brake".to_owned()),
    }
}

fn change(change: &ConfigChange) -> String {
    let from = match &change.from {
        PastText::Nothing => "nothing".to_owned(),
        PastText::Text(text) => format!("`{text}`"),
        PastText::Unknown => "not known".to_owned(),
    };
    let to = change.to.as_ref().map_or_else(|| "nothing".to_owned(), |text| format!("`{text}`"));
    format!("{}: {from} → {to}", change.key)
}
