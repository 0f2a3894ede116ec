//! What becomes of the issue that follows something up, such as a stack's drift. The issues are read anew in each run, and the one with the
//! lowest number is the stack's, open or closed: so that runs which work at once, and people who close, open and delete
//! issues, never leave two open ones behind for longer than the next run.

/// An issue of our own account that is about the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeenIssue {
    /// The issue's number.
    pub number: u64,
    /// Whether it is open.
    pub open: bool,
    /// The digest of what its text shows. None if its marker is gone.
    pub digest: Option<String>,
    /// Whether it is about an earlier name of the stack.
    pub is_of_earlier_name: bool,
}

/// How it stands with what the issue is about. Who does not know that leaves all issues as they are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum IssueNow {
    /// There is something to follow up, with this digest.
    Found(String),
    /// There is, and people have accepted it for a time.
    Accepted,
    /// There is none.
    Gone,
}

/// A change of an issue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum IssueStep {
    /// One is opened.
    Open,
    /// It is opened again, and shows what there is now.
    Reopen(u64),
    /// It shows what there is now, and a comment tells that it is something else.
    Show(u64),
    /// It is closed.
    Close(u64, ClosedAs),
}

/// Why an issue is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClosedAs {
    /// It is gone.
    Gone,
    /// It is accepted for a time.
    Accepted,
    /// It is a second one, beside the one with this number.
    Second(u64),
    /// The stack has another name now.
    Renamed,
}

/// The changes that the issues need, in the order in which they are made.
pub fn steps(now: &IssueNow, seen: &[SeenIssue]) -> Vec<IssueStep> {
    let (earlier, own): (Vec<_>, Vec<_>) = seen.iter().partition(|issue| issue.is_of_earlier_name);
    let mut steps = Vec::new();
    let first = own.iter().min_by_key(|issue| issue.number);
    match (now, first) {
        (IssueNow::Found(_), None) => steps.push(IssueStep::Open),
        (IssueNow::Found(_), Some(first)) if !first.open => steps.push(IssueStep::Reopen(first.number)),
        (IssueNow::Found(digest), Some(first)) if first.digest.as_ref() != Some(digest) => {
            steps.push(IssueStep::Show(first.number));
        }
        _ => {}
    }
    let end = match now {
        IssueNow::Found(_) => None,
        IssueNow::Accepted => Some(ClosedAs::Accepted),
        IssueNow::Gone => Some(ClosedAs::Gone),
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
