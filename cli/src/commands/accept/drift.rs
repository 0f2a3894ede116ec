//! `accept --drift`: a person lives with the drift that was found last, for a time. Another drift is another one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::base::error::{Error, Result};
use crate::base::moment::Moment;
use crate::engine::job::Job;
use crate::ledger::Ledger;
use crate::ledger::entry::{EntryKind, EntryStatus, LedgerEntry, instant};
use crate::ledger::history::History;
use crate::report::{Reason, short_digest};
use crate::run::gates::ledger;

/// The seconds of a day.
const DAY: u64 = 86_400;

/// Writes the entry about the job's stack. Returns what was done, in a sentence.
pub(super) async fn accept(
    until: &str,
    entry: &LedgerEntry,
    job: &Job<'_>,
    ledger: &Ledger,
) -> Result<String> {
    let end = end_of(until, job.env.clock().time())?;
    let decide = |past: &History| {
        let mut entry = entry.clone();
        entry.kind = EntryKind::DriftAccepted;
        entry.digest = Some(drift_to_accept(past)?);
        entry.expires = Some(instant(end));
        Ok::<_, Error>(entry)
    };
    let written = ledger.append(decide).await.map_err(ledger::not_appended)?;
    let (number, digest) =
        written.map_or_else(Default::default, |entry| (entry.number, entry.digest.unwrap_or_default()));
    Ok(format!(
        "`{}`: the drift `{}` is accepted until {} (entry {number} of the ledger): the next look closes its issue, and one \
         that finds another drift, or that comes later, opens it again",
        job.identity().unwrap_or_default(),
        short_digest(&digest),
        instant(end)
    ))
}

/// The time at which an acceptance ends: after a day, or at a time.
fn end_of(until: &str, now: SystemTime) -> Result<SystemTime> {
    let day = Moment::parse(&format!("{until}T00:00:00Z")).map(|begin| begin.unix() + DAY);
    let seconds = Moment::parse(until).map(Moment::unix).or(day).ok_or_else(|| {
        Error::input(
            format!("`--until {until}` is no day and no time"),
            "write the last day, `2026-12-31`, or a time as `2026-12-31T18:00:00Z`",
        )
    })?;
    let end = UNIX_EPOCH + Duration::from_secs(seconds);
    if end <= now {
        return Err(Error::input(
            format!("`--until {until}` is over"),
            "name a day to come: the drift counts again after it",
        ));
    }
    Ok(end)
}

/// The digest of the drift that the last look has found.
fn drift_to_accept(past: &History) -> Result<String> {
    past.certain().map_err(ledger::refused)?;
    let refuse = |what: String| Error::Refused {
        what: format!("`accept` is refused: {what}"),
        hint: "look for it first: `stackstep drift --stack …` says what there is".to_owned(),
        reason: Reason::Gate,
    };
    let Some(look) = past.drift().known() else {
        return Err(refuse("nobody has looked for drift of this stack yet".to_owned()));
    };
    if look.status != Some(EntryStatus::Found) {
        return Err(refuse(format!("the look of {} has found no drift", look.time)));
    }
    look.digest.clone().ok_or_else(|| refuse(format!("the look of {} has no digest", look.time)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(status: EntryStatus) -> History {
        let mut past = History::default();
        let mut entry = LedgerEntry::new(EntryKind::Drift, None, "prod", UNIX_EPOCH);
        (entry.number, entry.status, entry.digest) = (1, Some(status), Some("sha256:aa".to_owned()));
        past.add(entry);
        past
    }

    #[test]
    fn only_drift_that_was_found_is_accepted() {
        assert_eq!(drift_to_accept(&looked(EntryStatus::Found)).unwrap(), "sha256:aa");
        for (past, why) in [
            (History::default(), "nobody has looked"),
            (looked(EntryStatus::NoneFound), "has found no drift"),
            (looked(EntryStatus::NotKnown), "nobody has looked"),
        ] {
            let error = drift_to_accept(&past).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
    }

    #[test]
    fn the_last_day_counts_and_what_is_over_is_refused() {
        let at = |text: &str| UNIX_EPOCH + Duration::from_secs(Moment::parse(text).unwrap().unix());
        let now = at("2026-11-30T10:00:00Z");
        assert_eq!(end_of("2026-12-31", now).unwrap(), at("2027-01-01T00:00:00Z"));
        assert_eq!(end_of("2026-11-30", now).unwrap(), at("2026-12-01T00:00:00Z"));
        assert_eq!(end_of("2026-11-30T12:00:00+01:00", now).unwrap(), at("2026-11-30T11:00:00Z"));
        for until in ["2026-11-29", "2026-11-30T10:00:00Z", "tomorrow", "2026-13-01", ""] {
            assert!(end_of(until, now).is_err(), "{until}");
        }
    }
}
