//! What a program says of the signals that it gets. Some CI systems signal each process of a job, the program among
//! them: GitLab's runner in containers ends them one by one, the youngest first; Jenkins ends children first. A signal
//! of ours would then be its second, and some programs end at once by the second one. The words are the program's own:
//! who starts it hands in who knows them.

/// How often a program says that it got a signal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// It has not said so.
    #[default]
    Never,
    /// Once: it finishes what is in flight.
    Once,
    /// Again: it ends at once.
    Again,
}

/// Knows a program's words, and hears them where it speaks.
pub trait Listener {
    /// How often the program has said so until now.
    fn what_it_said(&self) -> Told;

    /// Hears one line of the event log.
    fn event(&mut self, line: &[u8]);

    /// Hears some of standard output.
    fn output(&mut self, bytes: &[u8]);
}

/// Listens to a program that says nothing of its signals.
pub struct Deaf;

impl Listener for Deaf {
    fn what_it_said(&self) -> Told {
        Told::Never
    }

    fn event(&mut self, _line: &[u8]) {}

    fn output(&mut self, _bytes: &[u8]) {}
}
