//! The engine's own messages about a signal that it got, from us or from the CI system. With the second signal it ends
//! at once, and leaves operations pending.
//!
//! The source of the messages: <https://github.com/pulumi/pulumi/blob/master/pkg/backend/cancellation_scope.go>

use crate::base::text::colourless;
use crate::process::told::{Listener, Told};

/// The bytes of a line that are looked at: more than the longest such message.
const LINE: usize = 256;

/// Listens to the event log for these messages. Without one it listens to standard output, where a program can print
/// them as well.
#[derive(Debug, Default)]
pub struct EngineVoice {
    by_events: Told,
    by_output: Told,
    /// Whether there is an event log.
    has_events: bool,
    line: Vec<u8>,
}

impl Listener for EngineVoice {
    fn what_it_said(&self) -> Told {
        if self.has_events { self.by_events } else { self.by_output }
    }

    /// Only the engine's own messages are events of this kind, and quotes in a text are escaped in JSON, so a program
    /// can't imitate one.
    fn event(&mut self, line: &[u8]) {
        // An event begins with its number and its time.
        let line = &line[..line.len().min(LINE)];
        self.has_events |= line.starts_with(b"{");
        if contains(line, b",\"stdoutEvent\":") {
            let cancelling = contains(line, b" received; cancelling");
            let terminating = contains(line, b" received; terminating");
            self.by_events = self.by_events.max(heard(cancelling, terminating));
        }
    }

    /// The message is at a line's beginning; output of a program is indented in most displays.
    fn output(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LINE.saturating_sub(self.line.len());
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            self.spoken();
            if part.ends_with(b"\n") {
                self.line.clear();
            }
        }
    }
}

impl EngineVoice {
    fn spoken(&mut self) {
        if !contains(&self.line, b" received; ") {
            return;
        }
        let line = colourless(&String::from_utf8_lossy(&self.line));
        let after = ["^C", "SIGTERM"].iter().find_map(|signal| line.strip_prefix(signal));
        let Some(after) = after else { return };
        let (cancelling, terminating) =
            (after.starts_with(" received; cancelling"), after.starts_with(" received; terminating"));
        self.by_output = self.by_output.max(heard(cancelling, terminating));
    }
}

fn heard(cancelling: bool, terminating: bool) -> Told {
    match (cancelling, terminating) {
        (_, true) => Told::Again,
        (true, false) => Told::Once,
        (false, false) => Told::Never,
    }
}

fn contains(text: &[u8], piece: &[u8]) -> bool {
    text.windows(piece.len()).any(|window| window == piece)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_output(output: &[&str]) -> Told {
        let mut listener = EngineVoice::default();
        for part in output {
            listener.output(part.as_bytes());
        }
        listener.what_it_said()
    }

    #[test]
    fn both_signals_are_heard_on_standard_output() {
        let first = "Updating (dev):\n^C received; cancelling. If you would like to terminate immediately, press ^C again.\n";
        assert_eq!(of_output(&[first]), Told::Once);
        assert_eq!(of_output(&[first, "x\n^C received; terminating\n"]), Told::Again);
        assert_eq!(of_output(&["SIGTERM received; cancelling. If you would like to"]), Told::Once);
        assert_eq!(of_output(&["\u{1b}[91mSIGTERM received; terminating\u{1b}[0m\n"]), Told::Again);
    }

    #[test]
    fn words_that_come_in_pieces_are_heard() {
        assert_eq!(of_output(&["@ updating..\n^C recei", "ved; canc", "elling. If"]), Told::Once);
    }

    #[test]
    fn a_program_that_says_the_words_is_not_the_engine() {
        assert_eq!(
            of_output(&["    app: ^C received; cancelling.\n", "x ^C received; terminating\n"]),
            Told::Never
        );
        let mut listener = EngineVoice::default();
        listener.event(
            br#"{"sequence":1,"diagnosticEvent":{"message":",\"stdoutEvent\": ^C received; cancelling"}}"#,
        );
        assert_eq!(listener.what_it_said(), Told::Never);
    }

    #[test]
    fn where_there_is_an_event_log_the_words_on_standard_output_count_for_nothing() {
        let mut listener = EngineVoice::default();
        listener.output(b"SIGTERM received; terminating\n");
        assert_eq!(listener.what_it_said(), Told::Again, "nothing else is there to be heard");
        listener.event(br#"{"sequence":0,"timestamp":1,"preludeEvent":{"config":{}}}"#);
        assert_eq!(listener.what_it_said(), Told::Never, "a program has printed them");
        listener.event(
            br#"{"sequence":1,"timestamp":1,"stdoutEvent":{"message":"^C received; cancelling. If"}}"#,
        );
        assert_eq!(listener.what_it_said(), Told::Once);
    }

    #[test]
    fn the_recordings_of_the_real_engine_are_heard() {
        let recordings = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
        for (name, told) in [
            ("up-create", Told::Never),
            ("up-killed", Told::Never),
            ("up-interrupted", Told::Once),
            ("up-interrupted-twice", Told::Again),
        ] {
            let log =
                std::fs::read(format!("{recordings}/recordings/{name}/events.jsonl")).expect("a recording");
            let mut listener = EngineVoice::default();
            log.split(|byte| *byte == b'\n').for_each(|line| listener.event(line));
            assert_eq!(listener.what_it_said(), told, "{name}");
        }
    }
}
