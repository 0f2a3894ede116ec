//! What most lines of a log can be known by without parsing them: `debug` diagnostics and unchanged
//! resources, which are nearly all of it.
//!
//! The engine writes its events with Go's encoder, always in the same order of fields
//! (<https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/events.go>). A line that looks any
//! other way is parsed in full, so that this is about speed and never about meaning. A quote inside of a
//! JSON string is always escaped: a bare `"severity":"debug"}}` at the end can't be a part of a message.

/// What a line is at first sight.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Skim<'a> {
    /// A diagnostic for the engine's developers.
    Debug,
    /// An unchanged resource was met.
    Same { urn: &'a str },
    /// An unchanged resource is done.
    SameDone { urn: &'a str },
    /// Something else, or not sure.
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
    // The stack itself has the outputs; an escaped name is for the parser; a line cut short is broken.
    let plain = !urn.contains('\\') && !urn.contains("::pulumi:pulumi:Stack::");
    let whole = line.ends_with(b"}}}") || line.ends_with(b"},\"planning\":true}}");
    (plain && whole).then_some(if met { Skim::Same { urn } } else { Skim::SameDone { urn } })
}

/// What follows the number at the beginning of `text`.
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
