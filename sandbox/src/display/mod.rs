//! What a run shows on standard output: lines for people, a digest of a preview as JSON, or the events as JSON.

mod digest;
mod rich;
mod rows;
mod shown;
mod summary;
mod values;
mod words;

use std::io::Write;

use crate::engine::event::{Event, Sink};
use crate::events::EventLog;
use crate::signals;
pub use shown::Shown;

/// The ways to show a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Lines for people.
    Progress,
    /// Every step with all its properties.
    Diff,
    /// One JSON object about a preview.
    Digest,
    /// Every event as a line of JSON.
    Events,
}

enum Form {
    Rows(rows::Rows),
    Rich(rich::Rich),
    Digest(digest::Digest),
    Events,
}

/// Standard output and the event log.
pub struct Display<'a> {
    form: Form,
    log: Option<EventLog<'a>>,
    lines: EventLog<'a>,
}

impl<'a> Display<'a> {
    /// Begins to show a run. `lines` writes events as lines of JSON.
    pub fn begin(format: Format, shown: Shown, log: Option<EventLog<'a>>, lines: EventLog<'a>) -> Self {
        let mut text = String::new();
        let form = match format {
            Format::Progress => Form::Rows(rows::Rows::begin(shown, &mut text)),
            Format::Diff => Form::Rich(rich::Rich::begin(shown, &mut text)),
            Format::Digest => Form::Digest(digest::Digest::default()),
            Format::Events => Form::Events,
        };
        print(&text);
        Self { form, log, lines }
    }
}

impl Sink for Display<'_> {
    fn event(&mut self, event: &Event) {
        if let Some(log) = &mut self.log {
            log.write(event);
        }
        let mut text = String::new();
        match &mut self.form {
            Form::Rows(rows) => rows.event(event, &mut text),
            Form::Rich(rich) => rich.event(event, &mut text),
            Form::Digest(digest) => digest.event(event, &mut text),
            Form::Events => self.lines.write(event),
        }
        print(&text);
    }

    fn tick(&mut self) {
        let mut text = String::new();
        if let Form::Rows(rows) = &mut self.form {
            rows.tick(&mut text);
        }
        print(&text);
    }
}

/// Prints text at once. When nobody reads standard output any more, the program ends as the CLI does.
pub fn print(text: &str) {
    if text.is_empty() {
        return;
    }
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
        && error.kind() == std::io::ErrorKind::BrokenPipe
    {
        signals::broken_pipe();
    }
}
