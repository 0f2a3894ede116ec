//! Which outputs go out under which name, where the CI system hands them on by name: the stack's and our own.

use std::collections::BTreeMap;

use super::{Handed, OWN};
use crate::ci::{CiSystem, Level, Output};
use crate::console::Console;

/// What the CI system is told, and how: by `profile: official-action` the stack's own outputs come first.
pub(super) struct Naming<'a> {
    pub ci: &'a dyn CiSystem,
    pub official_action: bool,
    pub console: &'a Console,
}

impl Naming<'_> {
    /// The outputs under their own names. What can't be handed on so is named, and stays in `outputs`.
    pub fn by_name(&self, handed: &Handed) -> Vec<Output> {
        let mut uses: BTreeMap<String, u32> = BTreeMap::new();
        for output in &handed.stack {
            *uses.entry(self.fold(&output.name)).or_default() += 1;
        }
        let twice = |output: &Output| uses.get(&self.fold(&output.name)).is_some_and(|uses| *uses > 1);
        let mut outputs = Vec::new();
        for output in &handed.stack {
            let secret = handed.secret.contains(&output.name);
            match self.refusal(output, secret, twice(output)) {
                Some(why) => self.warn(&why),
                None => outputs.push(output.clone()),
            }
        }
        let taken: Vec<String> = outputs.iter().map(|output| self.fold(&output.name)).collect();
        for output in handed.own.iter().filter(|output| !taken.contains(&output.name)) {
            outputs.push(self.within_room(output));
        }
        outputs
    }

    /// Why an output of the stack has no name of its own here.
    fn refusal(&self, output: &Output, secret: bool, twice: bool) -> Option<String> {
        let shown = output.name.escape_debug();
        let only_together = |why: &str| {
            format!("the stack output `{shown}` can't be exported by name, as {why}: it is in `outputs` only")
        };
        if let Some(why) = self.ci.refuses_output_name(&output.name) {
            return Some(only_together(why));
        }
        if OWN.contains(&self.fold(&output.name).as_str()) {
            if !self.official_action {
                return Some(format!(
                    "the stack output `{shown}` has a name of ours: it is in `outputs` only"
                ));
            }
            self.console.line(&format!(
                "the stack output `{shown}` is exported in place of stackstep's own output of that name"
            ));
        }
        if twice {
            if !self.official_action {
                return Some(format!(
                    "the stack output `{shown}` differs from another one in case only: both are in `outputs` only"
                ));
            }
            self.console.line(&format!(
                "the stack output `{shown}` differs from another one in case only: both are exported, and the system \
                 may take one for the other"
            ));
        }
        if output.value.len() > self.ci.output_room() {
            return Some(only_together("its value is more than a value may have here"));
        }
        self.ci.refuses_secret_value(&output.value).filter(|_| secret).map(only_together)
    }

    /// One of our own outputs; of all outputs together nothing where they are too much.
    fn within_room(&self, output: &Output) -> Output {
        let mut output = output.clone();
        if output.value.len() > self.ci.output_room() {
            self.warn("all outputs together are more than a value may have here: `outputs` is empty");
            output.value.clear();
        }
        output
    }

    fn fold(&self, name: &str) -> String {
        if self.ci.output_names_ignore_case() { name.to_lowercase() } else { name.to_owned() }
    }

    fn warn(&self, message: &str) {
        self.console.annotate(Level::Warning, "stackstep", message);
    }
}
