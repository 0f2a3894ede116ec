//! The decision about issues, case by case, and by a search through everything that two runs at once, a run that is killed
//! and a person can do to them.

use std::collections::BTreeSet;

use super::{ClosedAs, IssueNow, IssueStep, SeenIssue, looks_again, steps};

fn seen(number: u64, open: bool, digest: &str) -> SeenIssue {
    SeenIssue { number, open, digest: Some(digest.to_owned()), is_of_earlier_name: false }
}

fn found(digest: &str) -> IssueNow {
    IssueNow::Found(digest.to_owned())
}

#[test]
fn drift_has_one_issue_that_is_opened_shown_anew_and_opened_again() {
    assert_eq!(steps(&found("a"), &[]), [IssueStep::Open]);
    assert_eq!(steps(&found("a"), &[seen(3, true, "a")]), []);
    assert_eq!(steps(&found("b"), &[seen(3, true, "a")]), [IssueStep::Show(3)]);
    assert_eq!(steps(&found("a"), &[seen(3, false, "a")]), [IssueStep::Reopen(3)]);
}

#[test]
fn an_issue_is_closed_once_with_the_reason() {
    assert_eq!(steps(&IssueNow::Gone, &[seen(3, true, "a")]), [IssueStep::Close(3, ClosedAs::Gone)]);
    assert_eq!(steps(&IssueNow::Accepted, &[seen(3, true, "a")]), [IssueStep::Close(3, ClosedAs::Accepted)]);
    assert_eq!(steps(&IssueNow::Gone, &[seen(3, false, "a")]), []);
    assert_eq!(steps(&IssueNow::Gone, &[]), []);
}

#[test]
fn of_several_the_first_one_stays() {
    let two = [seen(5, true, "a"), seen(3, false, "a")];
    let expected = [IssueStep::Reopen(3), IssueStep::Close(5, ClosedAs::Second(3))];
    assert_eq!(steps(&found("a"), &two), expected);
}

#[test]
fn the_issue_of_an_earlier_name_is_closed_and_takes_no_part() {
    let earlier = SeenIssue { is_of_earlier_name: true, ..seen(2, true, "a") };
    let closed = IssueStep::Close(2, ClosedAs::Renamed);
    assert_eq!(steps(&found("a"), std::slice::from_ref(&earlier)), [IssueStep::Open, closed.clone()]);
    assert_eq!(steps(&IssueNow::Gone, std::slice::from_ref(&earlier)), [closed]);
}

/// The most issues that can be there at once in the search.
const ISSUES: usize = 8;

/// A run: what it still has to do with the issues.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Run {
    /// It reads the issues next.
    Reads(IssueNow),
    /// It makes these changes; at the end it reads again if the flag says so.
    Changes(IssueNow, Vec<IssueStep>, bool),
    Ended,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct World {
    /// The issues by their numbers from 1 on: open, and the digest. None for a deleted one.
    issues: Vec<Option<(bool, String)>>,
    runs: [Run; 2],
    /// What a person may still do.
    person: usize,
    /// Whether a run may still be killed.
    may_die: bool,
}

impl World {
    fn seen(&self) -> Vec<SeenIssue> {
        let number = |at: usize| u64::try_from(at).unwrap() + 1;
        let there =
            self.issues.iter().enumerate().filter_map(|(at, issue)| Some((number(at), issue.as_ref()?)));
        there.map(|(number, (open, digest))| seen(number, *open, digest)).collect()
    }

    fn issue(&mut self, number: u64) -> Option<&mut (bool, String)> {
        self.issues.get_mut(usize::try_from(number).unwrap() - 1)?.as_mut()
    }

    fn open(&self) -> Vec<u64> {
        self.seen().iter().filter(|issue| issue.open).map(|issue| issue.number).collect()
    }

    /// Makes one change. Returns false if the forge refuses it, as the issue is gone.
    fn make(&mut self, now: &IssueNow, step: &IssueStep) -> bool {
        let digest = match now {
            IssueNow::Found(digest) => digest.clone(),
            IssueNow::Accepted | IssueNow::Gone => String::new(),
        };
        match step {
            IssueStep::Open => {
                self.issues.push(Some((true, digest)));
                true
            }
            IssueStep::Reopen(number) => self.issue(*number).map(|issue| *issue = (true, digest)).is_some(),
            IssueStep::Show(number) => self.issue(*number).map(|issue| issue.1 = digest).is_some(),
            IssueStep::Close(number, _) => self.issue(*number).map(|issue| issue.0 = false).is_some(),
        }
    }

    /// The next step of a run.
    fn go_on(&self, at: usize) -> Self {
        let mut next = self.clone();
        next.runs[at] = match self.runs[at].clone() {
            Run::Reads(now) => {
                let steps = steps(&now, &self.seen());
                let again = looks_again(&steps);
                if steps.is_empty() { Run::Ended } else { Run::Changes(now, steps, again) }
            }
            Run::Changes(now, mut steps, again) => {
                let step = steps.remove(0);
                if !next.make(&now, &step) {
                    Run::Ended
                } else if !steps.is_empty() {
                    Run::Changes(now, steps, again)
                } else if again {
                    Run::Reads(now)
                } else {
                    Run::Ended
                }
            }
            Run::Ended => Run::Ended,
        };
        next
    }

    /// A whole run that nobody disturbs.
    fn alone(&self, now: &IssueNow) -> Self {
        let mut world = Self { runs: [Run::Reads(now.clone()), Run::Ended], ..self.clone() };
        while world.runs[0] != Run::Ended {
            world = world.go_on(0);
        }
        world
    }

    /// Everything that can happen next.
    fn successors(&self) -> Vec<Self> {
        let mut next = Vec::new();
        for at in 0..2 {
            if self.runs[at] != Run::Ended {
                next.push(self.go_on(at));
                if self.may_die {
                    let mut killed = Self { may_die: false, ..self.clone() };
                    killed.runs[at] = Run::Ended;
                    next.push(killed);
                }
            }
        }
        for at in 0..self.issues.len() {
            let Some((open, digest)) = self.issues[at].clone().filter(|_| self.person > 0) else { continue };
            for change in [None, Some((!open, digest.clone()))] {
                let mut changed = Self { person: self.person - 1, ..self.clone() };
                changed.issues[at] = change;
                next.push(changed);
            }
        }
        next
    }
}

/// All that can come of a world. Returns the ends, and the number of states that were visited.
fn search(begin: World) -> (BTreeSet<World>, usize) {
    let (mut known, mut ends, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![begin]);
    while let Some(world) = open.pop() {
        assert!(world.issues.len() <= ISSUES, "{world:?}");
        if !known.insert(world.clone()) {
            continue;
        }
        if world.runs.iter().all(|run| *run == Run::Ended) {
            ends.insert(world.clone());
        }
        open.extend(world.successors());
    }
    (ends, known.len())
}

fn beginnings() -> Vec<Vec<Option<(bool, String)>>> {
    let issue = |open, digest: &str| Some((open, digest.to_owned()));
    vec![
        vec![],
        vec![issue(true, "a")],
        vec![issue(false, "a")],
        vec![issue(true, "b"), issue(true, "a")],
        vec![issue(false, "a"), issue(true, "b")],
        vec![None, issue(true, "a")],
    ]
}

fn looks() -> Vec<IssueNow> {
    vec![found("a"), found("b"), IssueNow::Accepted, IssueNow::Gone]
}

#[test]
fn one_clean_run_makes_good_whatever_two_runs_a_kill_and_a_person_have_left() {
    let mut visited = 0;
    for issues in beginnings() {
        for one in looks() {
            for other in looks() {
                let runs = [Run::Reads(one.clone()), Run::Reads(other)];
                let (ends, states) = search(World { issues: issues.clone(), runs, person: 2, may_die: true });
                visited += states;
                for end in ends {
                    let after = end.alone(&found("a"));
                    assert_eq!(after.open().len(), 1, "{end:?} became {after:?}");
                    let number = after.open()[0];
                    assert_eq!(after.clone().issue(number).unwrap().1, "a", "{end:?} became {after:?}");
                    assert_eq!(after.alone(&found("a")), after, "nothing is left to do");
                    assert!(after.alone(&IssueNow::Gone).open().is_empty(), "{end:?}");
                    assert!(end.alone(&IssueNow::Accepted).open().is_empty(), "{end:?}");
                }
            }
        }
    }
    assert!(visited > 30_000, "the search has seen {visited} states only");
}

#[test]
fn two_runs_that_find_the_same_at_once_leave_one_issue_behind() {
    for issues in beginnings() {
        let runs = [Run::Reads(found("a")), Run::Reads(found("a"))];
        let (ends, _) = search(World { issues, runs, person: 0, may_die: false });
        for end in ends {
            assert_eq!(end.open().len(), 1, "{end:?}");
        }
    }
}
