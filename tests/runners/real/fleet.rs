//! Fleets on the real engine: many stacks in one job, and one that is killed and goes on in a checkout that is new.

use super::running::{Gate, Running};
use super::shown;
use super::stage::{Ended, install_probe, path};
use crate::support::checkout::Checkout;
use crate::support::output;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A repository with projects `p0`, `p1`, … of one stack each, all but the first of which read the outputs of the first.
struct Fleet {
    folder: TempDir,
    count: usize,
    checkouts: usize,
}

impl Fleet {
    /// `waiting` is the number of the project whose thing waits at a gate.
    fn new(count: usize, waiting: Option<(usize, &Path)>) -> Self {
        let fleet = Self { folder: TempDir::with_prefix("stackstep-fleet-").unwrap(), count, checkouts: 0 };
        for name in ["origin", "state"] {
            std::fs::create_dir_all(fleet.path(name)).unwrap();
        }
        let origin = fleet.path("origin");
        let checkout = Checkout::init(&origin);
        for number in 0..count {
            let project = origin.join(format!("p{number}"));
            std::fs::create_dir_all(&project).unwrap();
            let waits = waiting.filter(|(waiting, _)| *waiting == number);
            std::fs::write(project.join("Pulumi.yaml"), fleet.program(number, waits.map(|(_, gate)| gate)))
                .unwrap();
            std::fs::write(project.join("Pulumi.dev.yaml"), "config: {}\n").unwrap();
        }
        std::fs::write(origin.join("stackstep.yaml"), "fleet: { parallel-stacks: 3 }\n").unwrap();
        // The salts of the stacks are committed, so that a deployment leaves the checkout as it is.
        let machine = fleet.path("first");
        std::fs::create_dir_all(machine.join("home")).unwrap();
        std::fs::create_dir_all(machine.join("work")).unwrap();
        for number in 0..count {
            let mut init = fleet.command(&machine, "pulumi", "stack init dev --non-interactive --no-select");
            init.current_dir(origin.join(format!("p{number}")));
            Ended::of(&output(&mut init)).ends_with(0);
        }
        checkout.commit("all");
        fleet
    }

    fn program(&self, number: usize, gate: Option<&Path>) -> String {
        let mut text = format!("name: p{number}\nruntime: yaml\nresources:\n");
        let waits = gate.map(|gate| format!("waits: {{create: {}}}, ", gate.display())).unwrap_or_default();
        let record = self.path("record");
        let _ = writeln!(
            text,
            "  t{number}: {{type: probe:index:Thing, properties: {{{waits}value: 1, record: {}}}}}",
            record.display()
        );
        if number > 0 {
            text.push_str(
                "  first: {type: 'pulumi:pulumi:StackReference', properties: {name: organization/p0/dev}}\n",
            );
        }
        text + "outputs: { number: 1 }\n"
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The next machine: a checkout and a home of its own, and nothing of those before.
    fn machine(&mut self) -> PathBuf {
        let name = |number: usize| format!("machine-{number}");
        if self.checkouts > 0 {
            std::fs::remove_dir_all(self.path(&name(self.checkouts - 1))).unwrap();
        }
        let machine = self.path(&name(self.checkouts));
        self.checkouts += 1;
        let home = machine.join("home");
        std::fs::create_dir_all(&home).unwrap();
        install_probe(&home);
        let origin = self.path("origin").display().to_string();
        Checkout::of(&machine).git(&["clone", "-q", &origin, &machine.join("work").display().to_string()]);
        machine
    }

    fn command(&self, machine: &Path, program: &str, line: &str) -> Command {
        let mut command = Command::new(program);
        let home = machine.join("home");
        command.args(line.split_whitespace()).current_dir(machine.join("work")).env_clear();
        command
            .env("PATH", path())
            .env("HOME", &home)
            .env("PULUMI_HOME", &home)
            .env("PULUMI_BACKEND_URL", format!("file://{}", self.path("state").display()))
            .env("PULUMI_CONFIG_PASSPHRASE", "a passphrase")
            .env("PULUMI_SKIP_UPDATE_CHECK", "true")
            .env("STACKSTEP_UPSERT", "true");
        command
    }

    fn start(&self, machine: &Path, line: &str) -> Running {
        let command = self.command(machine, env!("CARGO_BIN_EXE_stackstep"), &format!("fleet {line}"));
        Running::start(command, machine.join("none.json"))
    }

    fn run(&self, machine: &Path, line: &str) -> Ended {
        let page = machine.join("page.json");
        let line = format!("fleet {line} --result-file {}", page.display());
        let mut command = self.command(machine, env!("CARGO_BIN_EXE_stackstep"), &line);
        let mut ended = Ended::of(&output(&mut command));
        ended.result =
            std::fs::read(&page).map_or(Value::Null, |bytes| serde_json::from_slice(&bytes).unwrap());
        ended
    }

    /// How often the provider has created each thing.
    fn created(&self) -> BTreeMap<String, usize> {
        let record = std::fs::read_to_string(self.path("record")).unwrap_or_default();
        let mut created = BTreeMap::new();
        for name in record.lines().filter_map(|line| line.strip_prefix("create ")) {
            *created.entry(name.to_owned()).or_default() += 1;
        }
        created
    }

    /// The projects whose stacks a killed CLI has left locked.
    fn locked(&self) -> BTreeSet<String> {
        let is_locked = |project: &String| {
            let folder = self.path("state/.pulumi/locks/organization").join(project).join("dev");
            std::fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some())
        };
        (0..self.count).map(|number| format!("p{number}")).filter(is_locked).collect()
    }

    /// Puts the copy in the place of a state that was cut off with its CLI, as the run's error says. A state's attributes
    /// are written beside it, and can be cut off, too.
    fn repair(&self, project: &str) {
        let state = self.path(&format!("state/.pulumi/stacks/{project}/dev.json"));
        let is_whole = |text: String| serde_json::from_str::<Value>(&text).is_ok();
        if !std::fs::read_to_string(&state).is_ok_and(is_whole) {
            std::fs::copy(state.with_extension("json.bak"), &state).unwrap();
        }
        let attributes = state.with_extension("json.attrs");
        if std::fs::metadata(&attributes).is_ok_and(|file| file.len() == 0) {
            std::fs::remove_file(&attributes).unwrap();
        }
    }

    /// What the stacks' states hold.
    fn things(&self) -> BTreeSet<String> {
        let state = |number: &usize| {
            let path = self.path(&format!("state/.pulumi/stacks/p{number}/dev.json"));
            std::fs::read_to_string(path)
                .is_ok_and(|text| text.contains(&format!("probe:index:Thing::t{number}\"")))
        };
        (0..self.count).filter(state).map(|number| format!("t{number}")).collect()
    }

    fn all_things(&self) -> BTreeSet<String> {
        (0..self.count).map(|number| format!("t{number}")).collect()
    }
}

fn outcomes(ended: &Ended, field: &str) -> Vec<Value> {
    ended.result["stacks"].as_array().unwrap().iter().map(|stack| stack["end"][field].clone()).collect()
}

fn deploys_all(count: usize) {
    let mut fleet = Fleet::new(count, None);
    let machine = fleet.machine();
    let up = fleet.run(&machine, "up").ends_with(0);
    assert!(outcomes(&up, "status").iter().all(|status| status == "succeeded"), "{}", up.log);
    assert_eq!(fleet.things(), fleet.all_things());
    let again = fleet.run(&machine, "preview").ends_with(0);
    assert!(outcomes(&again, "has_changes").iter().all(|has| has == false), "{}", again.log);
    let after = &again.result["stacks"][1]["after"][0];
    assert_eq!((&after["stack"], &after["by"][0]), (&Value::from("p0/dev"), &Value::from("state")));
    fleet.run(&machine, "destroy --all").ends_with(0);
    assert!(fleet.things().is_empty());
}

/// When a fleet is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// While the thing of this project waits in its creation.
    InCreation(usize),
    /// As its log has this many lines.
    AtLine(usize),
}

/// A fleet that is killed goes on on a new machine: what was done is not done again, and nothing is left out.
fn goes_on_after_a_kill(count: usize, moment: Moment) {
    let gates = TempDir::with_prefix("stackstep-gates-").unwrap();
    let mut fleet = match moment {
        Moment::InCreation(project) => {
            let gate = Gate::closed(gates.path().join("gate"));
            let mut fleet = Fleet::new(count, Some((project, gate.path())));
            let machine = fleet.machine();
            let mut run = fleet.start(&machine, "up");
            gate.until_begun(&mut run);
            run.kill_all();
            gate.open();
            assert!(fleet.locked().contains(&format!("p{project}")), "{:?}", fleet.locked());
            fleet
        }
        Moment::AtLine(line) => {
            let mut fleet = Fleet::new(count, None);
            let machine = fleet.machine();
            let mut run = fleet.start(&machine, "up");
            run.until_lines(line);
            run.kill_all();
            fleet
        }
    };
    let (done, locked) = (fleet.created(), fleet.locked());
    let machine = fleet.machine();
    for project in &locked {
        fleet.repair(project);
        let mut cancel = fleet.command(&machine, "pulumi", "cancel --yes --non-interactive --stack dev");
        cancel.current_dir(machine.join("work").join(project));
        Ended::of(&output(&mut cancel)).ends_with(0);
    }
    let next = fleet.run(&machine, "up --resume").ends_with(0);
    assert_eq!(fleet.things(), fleet.all_things(), "{moment:?}: {}", next.log);
    for (thing, times) in fleet.created() {
        let was_cut = locked.contains(&thing.replace('t', "p"));
        // Of a creation that was cut off after it was done, and before the CLI had heard of it, nobody can know.
        let may = if was_cut { 1 + done.get(&thing).copied().unwrap_or_default() } else { 1 };
        assert!(times <= may, "{moment:?}: {thing} was created {times} times: {}", next.log);
    }
    let passed = outcomes(&next, "not_run").iter().filter(|why| why.is_string()).count();
    let whole = done.keys().filter(|thing| !locked.contains(&thing.replace('t', "p"))).count();
    match moment {
        Moment::InCreation(_) => assert_eq!(passed, whole, "{}", next.log),
        // What the CLI has created, and has not ended yet, is run again and changes nothing.
        Moment::AtLine(_) => assert!(passed <= whole, "{moment:?}: {passed} of {whole}: {}", next.log),
    }
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn ten_stacks_are_deployed_previewed_and_destroyed_by_one_command_each() {
    deploys_all(10);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_fleet_that_was_killed_goes_on_on_a_new_machine() {
    for moment in [Moment::InCreation(0), Moment::InCreation(3), Moment::AtLine(12)] {
        goes_on_after_a_kill(5, moment);
    }
    shown();
}

/// What takes many minutes: `cargo xtask test --soak`.
mod soak {
    use super::{Moment, deploys_all, goes_on_after_a_kill};
    use crate::real::shown;

    #[test]
    #[ignore = "needs the Pulumi CLI"]
    fn two_hundred_stacks_are_deployed_previewed_and_destroyed_by_one_command_each() {
        deploys_all(200);
        shown();
    }

    #[test]
    #[ignore = "needs the Pulumi CLI"]
    fn a_fleet_that_was_killed_at_fifty_moments_goes_on_each_time() {
        for number in 0..10 {
            goes_on_after_a_kill(10, Moment::InCreation(number));
        }
        // A fleet of ten stacks says about two hundred lines.
        for number in 0..40 {
            goes_on_after_a_kill(10, Moment::AtLine(1 + number * 37 % 200));
        }
        shown();
    }
}
