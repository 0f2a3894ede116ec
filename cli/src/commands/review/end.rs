//! Why the stack of an open change request stays: its time to live is not over, by the rule of `stackstep reap`.

use std::time::Duration;

use crate::ledger::history::History;
use crate::lifecycle::facts::LifeFacts;
use crate::lifecycle::time_to_live::{EndStanding, KEEP};

/// Why the time of an open change request's stack is not over at `now`, in seconds since 1970. None if it is. `is_kept`: it has
/// the label, which counts for `most` after the opening; without `most` for as long as it is there.
pub(super) fn not_over(
    past: Option<&History>,
    is_kept: bool,
    most: Option<Duration>,
    now: u64,
) -> Option<String> {
    let said = |why: &str| Some(why.to_owned());
    let Some(past) = past else { return said("its stack lives without an end") };
    let life = match LifeFacts::from_history(past, most) {
        Ok(life) => life,
        Err(why) => return Some(why),
    };
    if life.expires.is_none() {
        return said("its stack lives without an end");
    }
    let Some(end) = life.end(is_kept) else { return Some(format!("the label `{KEEP}` keeps its stack")) };
    match EndStanding::for_end(end, life.first_warning(end), now) {
        EndStanding::NotOver => said("the time of its stack is not over"),
        EndStanding::NobodyWarned => said("nobody was warned of the end of its stack"),
        EndStanding::JustWarned => said("people were warned of the end of its stack a short time ago"),
        EndStanding::Over => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::entry::{EntryKind, LedgerEntry, instant_of};
    use std::time::UNIX_EPOCH;

    const HOUR: u64 = 3600;
    const END: u64 = 1_800_000_000;

    /// The past of a stack whose time ends at [`END`], with warnings of the end `of` at these times.
    fn past(of: u64, warned: &[u64]) -> History {
        let mut history = History::default();
        let entry = |kind, at: u64| {
            LedgerEntry::new(kind, Some("shop"), "pr-7-0123abcd", UNIX_EPOCH + Duration::from_secs(at))
        };
        let mut opened = entry(EntryKind::Opened, END - 24 * HOUR);
        (opened.number, opened.expires) = (1, Some(instant_of(END)));
        history.add(opened);
        for (at, number) in warned.iter().zip(2..) {
            let mut warning = entry(EntryKind::Warned, *at);
            (warning.number, warning.expires, warning.reason) =
                (number, Some(instant_of(of)), Some("2h".to_owned()));
            history.add(warning);
        }
        history
    }

    #[test]
    fn a_stack_whose_people_were_warned_two_hours_ago_goes_an_hour_after_its_end() {
        let warned = past(END, &[END - 2 * HOUR]);
        assert_eq!(not_over(Some(&warned), false, None, END + HOUR), None);
        let early = not_over(Some(&warned), false, None, END + HOUR - 1);
        assert_eq!(early.as_deref(), Some("the time of its stack is not over"));
    }

    #[test]
    fn without_a_warning_or_shortly_after_it_the_stack_stays() {
        let why = |past: &History| not_over(Some(past), false, None, END + 3 * HOUR);
        assert_eq!(why(&past(END, &[])).as_deref(), Some("nobody was warned of the end of its stack"));
        assert_eq!(why(&past(END - 1, &[END])).as_deref(), Some("nobody was warned of the end of its stack"));
        let late = why(&past(END, &[END + 2 * HOUR]));
        assert_eq!(late.as_deref(), Some("people were warned of the end of its stack a short time ago"));
    }

    #[test]
    fn the_label_keeps_it_for_as_long_as_the_file_allows() {
        let day = Some(Duration::from_secs(48 * HOUR));
        let kept = |past: &History, most, now| not_over(Some(past), true, most, now);
        let warned = past(END, &[END - 2 * HOUR]);
        assert!(kept(&warned, None, END + 1000 * HOUR).is_some_and(|why| why.contains(KEEP)));
        assert!(kept(&warned, day, END + 24 * HOUR).is_some());
        assert_eq!(kept(&past(END + 24 * HOUR, &[END + 22 * HOUR]), day, END + 25 * HOUR), None);
    }

    #[test]
    fn a_stack_without_an_end_stays() {
        assert!(not_over(None, false, None, u64::MAX).is_some());
        assert!(not_over(Some(&History::default()), false, None, u64::MAX).is_some());
    }
}
