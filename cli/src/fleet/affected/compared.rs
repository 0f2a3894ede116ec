//! With what each stack is compared: all with one commit, or each with the one that it last deployed.

use std::collections::BTreeMap;

use crate::fleet::changes::ChangedPaths;

/// A stack by the folder of its project, from the top of the repository, and its name.
pub type StackPlace = (String, String);

/// The changes that count for the stacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// The same for all.
    Together(ChangedPaths),
    /// Those since what each has last deployed.
    Apart(ComparedApart),
}

/// The changes since what each stack has last deployed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ComparedApart {
    /// The changes since each commit.
    changes: Vec<ChangedPaths>,
    /// The stacks with the number of their changes, or the reason why they are not known.
    stacks: BTreeMap<StackPlace, Result<usize, String>>,
}

impl ComparedApart {
    /// Adds a stack with the commit that it last deployed, and what has changed since. Where that is not known, it counts as
    /// affected.
    pub fn add(&mut self, place: StackPlace, changes: Result<ChangedPaths, String>) {
        let known = changes.and_then(|changes| match changes.unknown.clone() {
            Some(why) => Err(why),
            None => Ok(changes),
        });
        let number = known.map(|changes| {
            self.changes.iter().position(|known| *known == changes).unwrap_or_else(|| {
                self.changes.push(changes);
                self.changes.len() - 1
            })
        });
        self.stacks.insert(place, number);
    }

    /// The changes by their numbers.
    pub fn changes(&self) -> &[ChangedPaths] {
        &self.changes
    }

    /// The number of a stack's changes, or the reason why they are not known. None for a stack that nobody asks about.
    pub fn number(&self, cwd: &str, stack: &str) -> Option<&Result<usize, String>> {
        self.stacks.get(&(cwd.to_owned(), stack.to_owned()))
    }

    /// The commit that a stack last deployed, if what has changed since is known.
    pub fn commit(&self, cwd: &str, stack: &str) -> Option<&str> {
        let number = self.number(cwd, stack)?.as_ref().ok()?;
        self.changes.get(*number)?.since.as_deref()
    }
}

impl Compared {
    /// The commit with which a stack is compared, if what has changed since is known.
    pub fn commit(&self, cwd: &str, stack: &str) -> Option<&str> {
        match self {
            Self::Together(changes) => changes.since.as_deref().filter(|_| changes.unknown.is_none()),
            Self::Apart(apart) => apart.commit(cwd, stack),
        }
    }

    /// Whether it is known of all that nothing has changed.
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Together(changes) => changes.is_nothing(),
            Self::Apart(apart) => {
                apart.changes.iter().all(ChangedPaths::is_nothing) && apart.stacks.values().all(Result::is_ok)
            }
        }
    }
}
