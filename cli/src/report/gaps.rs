//! Missing lines of an event log: the engine numbers its events from 0, so that a gap shows. A line that was cut by a
//! full disk, or overwritten by another one, can't be read.

/// The beginning of every event.
const SEQUENCE: &[u8] = b"{\"sequence\":";

/// The number of missing lines, found by the numbers of the other ones.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Gaps {
    /// The number of the first event, with which each phase begins.
    first: Option<u64>,
    /// The number of the last event.
    last: Option<u64>,
    /// The number of lines that are missing or could not be read, and could have been a step, an output or the summary.
    pub lost: u64,
}

impl Gaps {
    /// Checks the number of a line: one more than the one before or, after a phase has `ended`, the first of another
    /// one.
    pub fn follow(&mut self, line: &[u8], ended: bool) {
        let Some(number) = sequence(line) else { return };
        let lost = match self.last {
            Some(last) if number > last => number - last - 1,
            // The log has no sequence numbers.
            Some(last) if number == last => 0,
            // The end of the phase before and the beginning of this one are missing.
            Some(_) => number.abs_diff(self.first.unwrap_or_default()) + u64::from(!ended),
            None => number.saturating_sub(1),
        };
        self.lost = self.lost.saturating_add(lost);
        self.first = self.first.or(Some(number.min(1)));
        self.last = Some(number);
    }
}

/// The number of the event in `line`.
fn sequence(line: &[u8]) -> Option<u64> {
    let rest = line.strip_prefix(SEQUENCE)?;
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
}

/// Whether an unreadable line is one diagnostic and nothing else, so that no change is lost with it.
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

    /// The number of lost lines for phases with these numbers, each but the last with its end.
    fn lost_of(phases: &[&[u64]]) -> u64 {
        let mut gaps = Gaps::default();
        for (at, phase) in phases.iter().enumerate() {
            for (place, number) in phase.iter().enumerate() {
                let ended = at > 0 && place == 0;
                gaps.follow(format!("{{\"sequence\":{number},\"timestamp\":1}}").as_bytes(), ended);
            }
        }
        gaps.lost
    }

    fn lost(numbers: &[u64]) -> u64 {
        lost_of(&[numbers])
    }

    #[test]
    fn events_are_numbered_from_zero_in_each_phase() {
        assert_eq!(lost_of(&[&[0, 1, 2, 3], &[0, 1, 2]]), 0);
        assert_eq!(lost_of(&[&[1, 2, 3], &[1, 2]]), 0);
        assert_eq!(lost(&[1, 2, 3]), 0, "others begin with one");
        assert_eq!(lost(&[]), 0);
    }

    #[test]
    fn a_gap_counts_what_is_missing_at_the_beginning_too() {
        assert_eq!(lost(&[0, 1, 4, 5]), 2);
        assert_eq!(lost(&[3, 4]), 2);
        assert_eq!(lost_of(&[&[0, 1, 2, 3], &[2, 3]]), 2, "another phase, without its first ones");
        assert_eq!(lost_of(&[&[0, 1, 2, 3], &[1, 2, 3]]), 1, "another phase, without its first one");
        assert_eq!(lost_of(&[&[1, 2, 3], &[2, 3]]), 1, "the same of one that begins with one");
    }

    #[test]
    fn numbers_that_begin_again_without_an_end_before_are_a_gap() {
        assert_eq!(lost(&[0, 1, 2, 3, 0, 1, 2]), 1);
        assert_eq!(lost(&[0, 1, 2, 3, 1, 2]), 2);
        assert_eq!(lost(&[1, 1, 1]), 0, "numbers that say nothing");
    }

    #[test]
    fn a_line_without_a_number_tells_nothing() {
        let mut gaps = Gaps::default();
        for line in
            [&b"{}"[..], b"{\"sequence\":", b"{\"sequence\":x", b"{\"timestamp\":1,\"sequence\":9}", b""]
        {
            gaps.follow(line, false);
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
