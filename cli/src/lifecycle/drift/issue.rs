//! What becomes of the issue that follows a stack's drift up. The issues are read anew in each run, and the one with the
//! lowest number is the stack's, open or closed: so that runs which work at once, and people who close, open and delete
//! issues, never leave two open ones behind for longer than the next run.

/// An issue of our own account that is about the stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeenIssue {
    /// The issue's number.
    pub number: u64,
    /// Whether it is open.
    pub open: bool,
    /// The digest of the drift that its text shows. None if its marker is gone.
    pub digest: Option<String>,
    /// Whether it is about an earlier name of the stack.
    pub is_of_earlier_name: bool,
}

/// What a look came to know. One that does not know whether there is drift leaves all issues as they are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftNow {
    /// There is drift, with this digest.
    Found(String),
    /// There is drift, and people have accepted it for a time.
    Accepted,
    /// There is none.
    Gone,
}

/// A change of an issue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum IssueStep {
    /// One is opened.
    Open,
    /// It is opened again, with the present drift.
    Reopen(u64),
    /// It shows the present drift, and a comment tells that it is another one.
    Show(u64),
    /// It is closed.
    Close(u64, ClosedAs),
}

/// Why an issue is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClosedAs {
    /// The drift is gone.
    Gone,
    /// The drift is accepted for a time.
    Accepted,
    /// It is a second one, beside the one with this number.
    Second(u64),
    /// The stack has another name now.
    Renamed,
}

/// The changes that the issues need, in the order in which they are made.
pub fn steps(now: &DriftNow, seen: &[SeenIssue]) -> Vec<IssueStep> {
    let (earlier, own): (Vec<_>, Vec<_>) = seen.iter().partition(|issue| issue.is_of_earlier_name);
    let mut steps = Vec::new();
    let first = own.iter().min_by_key(|issue| issue.number);
    match (now, first) {
        (DriftNow::Found(_), None) => steps.push(IssueStep::Open),
        (DriftNow::Found(_), Some(first)) if !first.open => steps.push(IssueStep::Reopen(first.number)),
        (DriftNow::Found(digest), Some(first)) if first.digest.as_ref() != Some(digest) => {
            steps.push(IssueStep::Show(first.number));
        }
        _ => {}
    }
    let end = match now {
        DriftNow::Found(_) => None,
        DriftNow::Accepted => Some(ClosedAs::Accepted),
        DriftNow::Gone => Some(ClosedAs::Gone),
    };
    for issue in own.iter().filter(|issue| issue.open) {
        let second = first.filter(|first| first.number != issue.number);
        let closed = end.or(second.map(|first| ClosedAs::Second(first.number)));
        steps.extend(closed.map(|closed| IssueStep::Close(issue.number, closed)));
    }
    let renamed = earlier.iter().filter(|issue| issue.open);
    steps.extend(renamed.map(|issue| IssueStep::Close(issue.number, ClosedAs::Renamed)));
    steps
}

/// Whether the issues have to be read again after these changes: another run may have opened one at the same time.
pub fn looks_again(steps: &[IssueStep]) -> bool {
    steps.contains(&IssueStep::Open)
}

#[cfg(test)]
mod tests;
