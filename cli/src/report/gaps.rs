//! Lines that an event log should have and does not: the engine numbers its events from 0, so that a gap shows, and a
//! line that was cut by a full disk or written over another one can't be read.

/// What every event begins with.
const SEQUENCE: &[u8] = b"{\"sequence\":";

/// How many lines are missing, told by the numbers of those that are there.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Gaps {
    /// The number of the last event.
    last: Option<u64>,
    /// How many lines that could have been a step, an output or the summary are missing or could not be read.
    pub lost: u64,
}

impl Gaps {
    /// Follows the numbers: each is one more than the one before, or among the first of another phase.
    pub fn follow(&mut self, line: &[u8]) {
        let Some(number) = sequence(line) else { return };
        let next = self.last.filter(|last| number > *last).map_or(1, |last| last.saturating_add(1));
        self.lost = self.lost.saturating_add(number.saturating_sub(next));
        self.last = Some(number);
    }
}

/// The number of the event in `line`.
fn sequence(line: &[u8]) -> Option<u64> {
    let rest = line.strip_prefix(SEQUENCE)?;
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
}

/// Whether a line that can't be read is a diagnostic and nothing else: what it says of the changes is nothing.
pub(super) fn is_one_diagnostic(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(SEQUENCE) else { return false };
    let head = rest.get(..80).unwrap_or(rest);
    let fields = head.split(|byte| *byte == b'"').collect::<Vec<_>>();
    let is_diagnostic = matches!(fields.as_slice(), [_, b"timestamp", _, b"diagnosticEvent", ..]);
    is_diagnostic && line.ends_with(b"}}") && !rest.windows(SEQUENCE.len()).any(|part| part == SEQUENCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(numbers: &[u64]) -> u64 {
        let mut gaps = Gaps::default();
        for number in numbers {
            gaps.follow(format!("{{\"sequence\":{number},\"timestamp\":1}}").as_bytes());
        }
        gaps.lost
    }

    #[test]
    fn events_are_numbered_from_zero_in_each_phase() {
        assert_eq!(lost(&[0, 1, 2, 3, 0, 1, 2]), 0);
        assert_eq!(lost(&[1, 2, 3]), 0, "others begin with one");
        assert_eq!(lost(&[]), 0);
    }

    #[test]
    fn a_gap_counts_what_is_missing_at_the_beginning_too() {
        assert_eq!(lost(&[0, 1, 4, 5]), 2);
        assert_eq!(lost(&[3, 4]), 2);
        assert_eq!(lost(&[0, 1, 2, 3, 2, 3]), 1, "another phase, without its first ones");
    }

    #[test]
    fn a_line_without_a_number_tells_nothing() {
        let mut gaps = Gaps::default();
        for line in
            [&b"{}"[..], b"{\"sequence\":", b"{\"sequence\":x", b"{\"timestamp\":1,\"sequence\":9}", b""]
        {
            gaps.follow(line);
        }
        assert_eq!(gaps.lost, 0);
    }

    #[test]
    fn only_a_whole_diagnostic_can_be_lost_without_loss() {
        let whole =
            br#"{"sequence":7,"timestamp":2,"diagnosticEvent":{"message":"\xff","severity":"error"}}"#;
        assert!(is_one_diagnostic(whole));
        for line in [
            &br#"{"sequence":7,"timestamp":2,"diagnosticEvent":{"message":"x"#[..],
            br#"{"sequence":7,"timestamp":2,"diagnosticEvent":{"mess{"sequence":8,"timestamp":2,"summaryEvent":{}}"#,
            br#"{"sequence":7,"timestamp":2,"summaryEvent":{"x":{"diagnosticEvent":1}}"#,
            br#"{"diagnosticEvent":{}}"#,
            b"",
        ] {
            assert!(!is_one_diagnostic(line), "{}", String::from_utf8_lossy(line));
        }
    }
}
