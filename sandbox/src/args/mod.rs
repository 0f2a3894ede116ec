//! The command line, in the forms that the CLI's parser (cobra and pflag) takes, with its messages.
//!
//! <https://pkg.go.dev/github.com/spf13/pflag>

mod given;
mod parse;
mod table;
#[cfg(test)]
mod tests;

pub use given::Args;

pub use parse::parse;
use table::{COMMANDS, Command, FLAGS, Flag};

/// The commands that the sandbox can do.
pub fn commands() -> &'static [Command] {
    COMMANDS
}

/// The flags of a command that the sandbox takes.
pub fn flags(command: &str) -> impl Iterator<Item = &'static Flag> {
    FLAGS.iter().filter(move |flag| flag.applies_to(command) && flag.support != table::Support::Refused)
}

impl Args {
    /// The value of a flag that was given; the last one counts.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.flags.get(name)?.last().map(String::as_str)
    }

    /// All values of a flag that can be given several times.
    pub fn values(&self, name: &str) -> &[String] {
        self.flags.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a switch is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.value(name) == Some("true")
    }

    /// The flags that were given, with the value of those that are switches.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        let value = |name: &&'static str| table::is_switch(name).then(|| self.value(name)).flatten();
        self.flags.keys().map(move |name| (*name, value(name)))
    }

    /// Whether a flag was given at all.
    pub fn is_given(&self, name: &str) -> bool {
        self.flags.contains_key(name)
    }
}
