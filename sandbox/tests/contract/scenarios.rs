//! Plays every scenario: on the sandbox, against its recordings, and against a real CLI when there is one.

use std::collections::BTreeMap;

use crate::agreed::{AGREED, Agreed};
use crate::compare::{self, Class, Difference};
use crate::engine::Engine;
use crate::memory;
use crate::recording;
use crate::scenario::{Played, Scenario, Step, all};
use crate::shapes;
use crate::table::{self, Cell, Column};
use crate::twin;

macro_rules! scenarios {
    ($($test:ident = $file:literal;)*) => {
        $(
            #[test]
            fn $test() {
                hold($file);
            }
        )*

        #[test]
        fn every_scenario_has_its_test() {
            let mut named = vec![$($file.to_owned()),*];
            named.sort();
            assert_eq!(named, all());
        }
    };
}

scenarios! {
    a_small_program_lives_as_recorded = "hello";
    a_program_with_dependencies_lives_as_recorded = "life";
    a_program_error_is_reported_as_recorded = "program-error";
    stacks_are_made_listed_and_removed_as_recorded = "stacks";
    outputs_are_shown_as_recorded = "outputs";
    nested_secrets_are_hidden_as_recorded = "nested-secrets";
    the_history_is_kept_as_recorded = "history";
    what_is_missing_is_named_as_recorded = "missing";
    a_lock_is_respected_as_recorded = "locked";
    dependencies_order_what_is_made_and_deleted = "depends";
    a_replacement_comes_before_or_after_the_deletion = "replace";
    resource_options_do_what_they_say = "options";
    targets_limit_an_operation = "targets";
    a_preview_says_what_it_cannot_know = "unknowns";
    a_stack_reads_the_outputs_of_another = "stack-reference";
    every_function_gives_its_value = "functions";
    a_dynamic_stack_lives_as_recorded = "node-life";
    a_failure_stops_the_others_as_recorded = "node-failure";
    policies_warn_stop_and_remedy_as_recorded = "node-policies";
    drift_is_seen_taken_over_and_repaired_as_recorded = "node-drift";
    secrets_deep_inside_outputs_are_hidden_as_recorded = "node-nested-secrets";
    assets_are_kept_by_their_content = "assets";
    config_has_types_defaults_and_secrets = "config";
    a_malformed_program_is_refused_with_its_place = "malformed";
    a_broken_state_is_refused_and_left_alone = "bad-state";
    a_plan_is_kept_or_stops_the_update = "plans";
    stacks_have_full_names = "names";
    flags_change_what_is_shown = "reports";
}

/// Plays one scenario and fails with everything that is not as it must be.
fn hold(name: &str) {
    let scenario = Scenario::load(name);
    let ours = scenario.play(&Engine::sandbox());
    let real = match (&scenario.sandbox_only, Engine::real()) {
        (Some(_), _) => None,
        (None, None) => {
            table::skip(&format!("{name}: {}", scenario.about));
            None
        }
        (None, Some(engine)) => Some(scenario.play(&engine)),
    };
    if real.is_some() {
        table::scenario();
    }
    if let Some(real) = real.as_ref().filter(|_| memory::wanted()) {
        memory::keep(name, real);
    }
    let memory = memory::recall(name);
    if let (Some(memory), None) = (&memory, &scenario.sandbox_only) {
        let names = |played: &[Played]| played.iter().map(|step| step.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(memory), names(&ours), "{name}: record it anew, its steps have changed");
    }
    let judged = |real: Option<&Vec<Played>>| {
        let mut judge = Judge {
            scenario: name,
            files: BTreeMap::new(),
            failures: Vec::new(),
            used: vec![false; AGREED.len()],
        };
        for (i, (step, ours)) in scenario.commands().zip(&ours).enumerate() {
            let at = |played: Option<&Vec<Played>>| played.map(|played| &played[i]).cloned();
            judge.step(i, step, ours, at(memory.as_ref()).as_ref(), at(real).as_ref());
        }
        judge.unused(scenario.sandbox_only.is_none());
        judge.failures
    };
    let mut failures = judged(real.as_ref());
    // The real CLI's display has races of its own: what it does at some times only is no difference of the sandbox's.
    if let Some(engine) = Engine::real().filter(|_| real.is_some() && !failures.is_empty()) {
        failures = judged(Some(&scenario.play(&engine)));
    }
    assert!(failures.is_empty(), "{name}: {} failures\n{}", failures.len(), failures.join("\n"));
}

struct Judge<'a> {
    scenario: &'a str,
    /// The differences of files at the step before: one that stays is reported once.
    files: BTreeMap<Column, Vec<String>>,
    failures: Vec<String>,
    used: Vec<bool>,
}

impl Judge<'_> {
    fn step(&mut self, i: usize, step: &Step, ours: &Played, memory: Option<&Played>, real: Option<&Played>) {
        let found = by_itself(step, ours);
        self.enter(i, &ours.name, Column::Sandbox, found, false);
        if memory.is_some() || step.recording.is_some() || step.twin.is_some() {
            let found = recorded(step, ours, memory);
            self.differences(i, ours, Column::Recording, found);
        }
        let Some(real) = real else { return };
        self.differences(i, ours, Column::Real, both(step, ours, real));
        let mut found = by_itself(step, real);
        let excused =
            |difference: &Difference| AGREED.iter().any(|a| a.excuses(self.scenario, &ours.name, difference));
        let differences = recorded(step, real, memory).into_iter().filter(|found| !excused(found));
        found.extend(differences.map(|difference| difference.to_string()));
        self.enter(i, &ours.name, Column::Yardstick, found, false);
    }

    /// Takes out what is agreed.
    fn differences(&mut self, i: usize, ours: &Played, column: Column, found: Vec<Difference>) {
        let mut found = found;
        let files: Vec<String> =
            found.iter().filter(|found| found.is_file()).map(std::string::ToString::to_string).collect();
        if let Some(before) = self.files.insert(column, files) {
            found.retain(|found| !found.is_file() || !before.contains(&found.to_string()));
        }
        let before = found.len();
        let left: Vec<String> = found
            .into_iter()
            .filter(|difference| {
                let is = |agreed: &Agreed| agreed.excuses(self.scenario, &ours.name, difference);
                let entry = AGREED.iter().position(is);
                entry.map(|entry| self.used[entry] = true).is_none()
            })
            .map(|difference| difference.to_string())
            .collect();
        let agreed = left.len() < before;
        self.enter(i, &ours.name, column, left, agreed);
    }

    fn enter(&mut self, i: usize, name: &str, column: Column, found: Vec<String>, agreed: bool) {
        let cell = match (found.is_empty(), agreed) {
            (true, false) => Cell::Ok,
            (true, true) => Cell::Agreed,
            (false, _) => Cell::Differs,
        };
        table::enter(self.scenario, i, name, column, cell);
        self.failures.extend(found.into_iter().map(|line| format!("- {name} ({column:?}): {line}")));
    }

    /// An agreed difference that no longer occurs has to go.
    fn unused(&mut self, state: bool) {
        for (agreed, used) in AGREED.iter().zip(&self.used) {
            // Without a comparison of states the ones about every scenario can't occur.
            let can = state || agreed.scenario != "*";
            if can && agreed.is_of(self.scenario) && !used {
                let Agreed { step, class, holds, .. } = agreed;
                self.failures
                    .push(format!("- {step}: the agreed difference {class:?} {holds:?} no longer occurs"));
            }
        }
    }
}

/// What a run has to keep whatever it is compared with: the shape of its events, and what was worked out by hand.
fn by_itself(step: &Step, played: &Played) -> Vec<String> {
    let mut found = shapes::check(played.run.events.as_deref().unwrap_or_default());
    found.extend(played.unsound.iter().cloned());
    found.extend(step.expect.as_ref().map(|expect| expect.check(played)).unwrap_or_default());
    found
}

/// A run against everything that was recorded of its step.
fn recorded(step: &Step, played: &Played, memory: Option<&Played>) -> Vec<Difference> {
    let mut found = memory.map(|memory| both(step, played, memory)).unwrap_or_default();
    if let Some(name) = &step.recording {
        same_command(step, name);
        found.extend(compare_recording(name, played));
    }
    if let Some(name) = &step.twin {
        same_command(step, name);
        found.extend(twin::differences(&played.run, name, &step.twin_only));
    }
    found
}

fn both(step: &Step, ours: &Played, theirs: &Played) -> Vec<Difference> {
    let mut found = compare::runs(&ours.run, &theirs.run);
    if step.chance.is_some() {
        found.retain(|found| {
            [Class::Exit, Class::Stderr].contains(&found.class) || found.at.starts_with("the program")
        });
    }
    found.extend(compare::files(&ours.disk, &theirs.disk));
    found
}

/// The command of a step is the one that was recorded.
fn same_command(step: &Step, name: &str) {
    let recorded = recording::load(name).places.text(&recording::command(name));
    let ours = step.run.as_deref().unwrap_or_default().replace("$ROOT/project", "<project>");
    assert_eq!(ours, recorded, "the step of recording `{name}` runs another command");
}

/// A run against a recording, its checkpoint included when there is one.
fn compare_recording(name: &str, run: &Played) -> Vec<Difference> {
    let recorded = recording::load(name);
    let mut found = compare::runs(&run.run, &recorded);
    if let Some(text) = recording::file(name, "checkpoint.json") {
        let is_checkpoint =
            |path: &String| path.starts_with("state/.pulumi/stacks/") && path.ends_with(".json");
        let ours = run.disk.iter().find(|(path, _)| is_checkpoint(path));
        let theirs = crate::normalise::file(&text, &recorded.places);
        let path = ours.map_or("no checkpoint", |(path, _)| path).to_owned();
        let ours = ours.map(|(path, value)| (path.clone(), value.clone())).into_iter().collect();
        found.extend(compare::files(&ours, &[(path, theirs)].into_iter().collect()));
    }
    found
}
