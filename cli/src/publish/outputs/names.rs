//! The names under which outputs are passed on by a CI system that takes each by its name: the stack's outputs and our
//! own.

use std::collections::BTreeMap;

use super::{Handed, OWN};
use crate::ci::console::Console;
use crate::ci::{Level, Output, OutputRules};

/// The rules for names: under `profile: official-action` the stack's own outputs come first.
pub(super) struct Naming<'a> {
    pub rules: &'a OutputRules,
    pub official_action: bool,
    pub console: &'a Console,
}

impl Naming<'_> {
    /// The outputs under their own names. Warns of each that can't be passed on by name, and is in `outputs` only.
    pub fn by_name(&self, handed: &Handed) -> Vec<Output> {
        let mut uses: BTreeMap<String, u32> = BTreeMap::new();
        for output in &handed.stack {
            *uses.entry(self.fold(&output.name)).or_default() += 1;
        }
        let twice = |output: &Output| uses.get(&self.fold(&output.name)).is_some_and(|uses| *uses > 1);
        let mut outputs = Vec::new();
        for output in &handed.stack {
            let secret = handed.secret.contains(&output.name);
            if let Some(why) = self.refusal(output, secret, twice(output)) {
                self.warn(&why);
            } else {
                self.say_what_it_replaces(output, twice(output));
                outputs.push(output.clone());
            }
        }
        let taken: Vec<String> = outputs.iter().map(|output| self.fold(&output.name)).collect();
        for output in handed.own.iter().filter(|output| !taken.contains(&output.name)) {
            outputs.push(self.within_room(output));
        }
        outputs
    }

    /// The reason why an output of the stack can't be passed on by name.
    fn refusal(&self, output: &Output, secret: bool, twice: bool) -> Option<String> {
        let shown = output.name.escape_debug();
        let only_together = |why: &str| {
            format!("the stack output `{shown}` can't be exported by name, as {why}: it is in `outputs` only")
        };
        if let Some(why) = (self.rules.refuses_name)(&output.name) {
            return Some(only_together(why));
        }
        if !self.official_action && self.is_ours(output) {
            return Some(format!("the stack output `{shown}` has a name of ours: it is in `outputs` only"));
        }
        if !self.official_action && twice {
            return Some(format!(
                "the stack output `{shown}` differs from another one in case only: both are in `outputs` only"
            ));
        }
        if output.value.len() > self.rules.value_bytes {
            return Some(only_together("its value is more than a value may have here"));
        }
        (self.rules.refuses_secret_value)(&output.value).filter(|_| secret).map(only_together)
    }

    /// Writes to the log which output this one replaces.
    fn say_what_it_replaces(&self, output: &Output, twice: bool) {
        let shown = output.name.escape_debug();
        if self.is_ours(output) {
            self.console.line(&format!(
                "the stack output `{shown}` is exported in place of stackstep's own output of that name"
            ));
        }
        if twice {
            self.console.line(&format!(
                "the stack output `{shown}` differs from another one in case only: both are exported, and the system \
                 may take one for the other"
            ));
        }
    }

    /// Whether the output has the name of one of our own.
    fn is_ours(&self, output: &Output) -> bool {
        OWN.contains(&self.fold(&output.name).as_str())
    }

    /// One of our own outputs, emptied if its value is too large. Only `outputs`, which holds all of them, can be that
    /// large.
    fn within_room(&self, output: &Output) -> Output {
        let mut output = output.clone();
        if output.value.len() > self.rules.value_bytes {
            self.warn("all outputs together are more than a value may have here: `outputs` is empty");
            output.value.clear();
        }
        output
    }

    fn fold(&self, name: &str) -> String {
        if self.rules.names_ignore_case { name.to_lowercase() } else { name.to_owned() }
    }

    fn warn(&self, message: &str) {
        self.console.annotate(Level::Warning, "stackstep", message);
    }
}
