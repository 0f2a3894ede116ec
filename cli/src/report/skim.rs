//! Recognises the lines that are most of a log without parsing them: `debug` diagnostics and unchanged resources.
//!
//! The engine writes its events with Go's encoder, always with the fields in the same order
//! (<https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/events.go>). A line of any other form is parsed
//! in full, so that this changes the speed and never the meaning. A quote inside of a JSON string is always escaped: a
//! bare `"severity":"debug"}}` at the end can't be a part of a message.

/// The kind of a line, at first sight.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Skim<'a> {
    /// A diagnostic for the engine's developers.
    Debug,
    /// The work on an unchanged resource has begun.
    Same { urn: &'a str },
    /// The work on an unchanged resource has ended.
    SameDone { urn: &'a str },
    /// Something else, or not certain.
    Other,
}

pub(super) fn skim(line: &[u8]) -> Skim<'_> {
    kind(line).unwrap_or(Skim::Other)
}

fn kind(line: &[u8]) -> Option<Skim<'_>> {
    let rest = number(line.strip_prefix(b"{\"sequence\":")?).strip_prefix(b",\"timestamp\":")?;
    let rest = number(rest).strip_prefix(b",\"")?;
    if rest.starts_with(b"diagnosticEvent\":{") {
        return line.ends_with(b"\"severity\":\"debug\"}}").then_some(Skim::Debug);
    }
    let (met, rest) = match rest.strip_prefix(b"resourcePreEvent\":{") {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix(b"resOutputsEvent\":{")?),
    };
    let rest = rest.strip_prefix(b"\"metadata\":{\"op\":\"same\",\"urn\":\"")?;
    let end = rest.iter().position(|&byte| byte == b'"')?;
    let urn = std::str::from_utf8(rest.get(..end)?).ok()?;
    // The stack itself has outputs, and an escaped name needs the parser; a line that is cut short is broken.
    let plain = !urn.contains('\\') && !urn.contains("::pulumi:pulumi:Stack::");
    let whole = line.ends_with(b"}}}") || line.ends_with(b"},\"planning\":true}}");
    (plain && whole).then_some(if met { Skim::Same { urn } } else { Skim::SameDone { urn } })
}

/// The text after the number at the beginning of `text`.
fn number(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.get(end..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_diagnostics_are_known_by_their_end() {
        let line = br#"{"sequence":1,"timestamp":2,"diagnosticEvent":{"prefix":"debug: ","message":"x","color":"never","severity":"debug"}}"#;
        assert_eq!(skim(line), Skim::Debug);
    }

    #[test]
    fn a_message_that_speaks_of_debug_is_parsed() {
        let line = br#"{"sequence":1,"timestamp":2,"diagnosticEvent":{"message":"\"severity\":\"debug\"}}","severity":"error"}}"#;
        assert_eq!(skim(line), Skim::Other);
    }

    #[test]
    fn unchanged_resources_are_known_by_their_beginning() {
        let line = br#"{"sequence":1,"timestamp":2,"resourcePreEvent":{"metadata":{"op":"same","urn":"urn:pulumi:d::p::t:t:T::n","type":"t:t:T","provider":""},"planning":true}}"#;
        assert_eq!(skim(line), Skim::Same { urn: "urn:pulumi:d::p::t:t:T::n" });
    }

    #[test]
    fn the_stack_itself_and_a_line_cut_short_are_parsed() {
        let stack = br#"{"sequence":1,"timestamp":2,"resOutputsEvent":{"metadata":{"op":"same","urn":"urn:pulumi:d::p::pulumi:pulumi:Stack::p-d"}}}"#;
        assert_eq!(skim(stack), Skim::Other);
        let cut = br#"{"sequence":1,"timestamp":2,"resOutputsEvent":{"metadata":{"op":"same","urn":"urn:pulumi:d::p::t:t:T::n","#;
        assert_eq!(skim(cut), Skim::Other);
    }
}
