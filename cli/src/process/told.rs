//! A program's own messages about signals that it got. Some CI systems signal each process of a job, the program among
//! them: GitLab's runner in containers ends them one by one, the youngest first; Jenkins ends children first. A signal
//! of ours would then be the program's second, and some programs end at once by the second one. The messages differ by
//! program, so the caller provides a listener that knows them.

/// The number of signals that a program says it got.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// None.
    #[default]
    Never,
    /// One: it finishes what is in flight.
    Once,
    /// Two or more: it ends at once.
    Again,
}

/// Recognises a program's messages about signals.
pub trait Listener {
    /// The number of signals that the program has reported so far.
    fn what_it_said(&self) -> Told;

    /// Reads one line of the event log.
    fn event(&mut self, line: &[u8]);

    /// Reads a part of standard output.
    fn output(&mut self, bytes: &[u8]);
}

/// The listener for a program without messages about signals.
pub struct Deaf;

impl Listener for Deaf {
    fn what_it_said(&self) -> Told {
        Told::Never
    }

    fn event(&mut self, _line: &[u8]) {}

    fn output(&mut self, _bytes: &[u8]) {}
}
