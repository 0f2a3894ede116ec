//! A review of a change request.

use super::Person;

/// The state of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewState {
    /// The change was approved.
    Approved,
    /// Changes were requested, or the change was rejected.
    ChangesRequested,
    /// An approval or a request for changes that was taken back, or that the forge has reset.
    Dismissed,
    /// A review without a verdict.
    Commented,
}

/// What one person said of a change request. A person may have several, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Whose review it is.
    pub person: Person,
    /// Its state.
    pub state: ReviewState,
    /// The commit that was at the change request's head when it was written. None if the forge does not tell.
    pub commit: Option<String>,
    /// The time at which it was written, in RFC 3339. None if the forge does not tell.
    pub at: Option<String>,
    /// Whether the person may write to the repository, or is one of the reviewers whom the forge's own rules count. None
    /// if the forge does not tell this token.
    pub may_write: Option<bool>,
}

/// The last of `heads`, each with the time from which on it was the head, that was there at `at`. None if that can't be
/// told: times that can't be read, or none that is early enough.
pub(super) fn head_at<'a>(heads: impl Iterator<Item = (&'a str, &'a str)>, at: &str) -> Option<&'a str> {
    use crate::base::moment::Moment;
    let at = Moment::parse(at)?;
    let mut last: Option<(Moment, &str)> = None;
    for (since, head) in heads {
        let since = Moment::parse(since)?;
        // Of two at the same moment the order of the list counts: the later one stands behind.
        if since <= at && last.is_none_or(|(other, _)| other <= since) {
            last = Some((since, head));
        }
    }
    last.map(|(_, head)| head)
}

#[cfg(test)]
mod tests {
    use super::head_at;

    #[test]
    fn the_head_at_a_time_is_the_last_that_was_pushed_before() {
        let heads = [("2026-11-21T10:00:00Z", "a"), ("2026-11-21T11:00:00Z", "b")];
        let at = |time| head_at(heads.into_iter(), time);
        assert_eq!(at("2026-11-21T10:59:59Z"), Some("a"));
        assert_eq!(at("2026-11-21T12:00:00+01:00"), Some("b"));
        assert_eq!(at("2026-11-21T09:00:00Z"), None, "before the first push");
        assert_eq!(at("yesterday"), None);
        assert_eq!(head_at([("soon", "a")].into_iter(), "2026-11-21T10:00:00Z"), None);
    }
}
