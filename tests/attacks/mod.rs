//! Attacks by the files of a change: each kind of run × whose code lies in the folder × each command × a weapon.
//!
//! The judge (`oracle.rs`) is written from `docs/ci-systems.md`, and knows nothing of the code.

mod field;
mod oracle;
mod runs;
mod weapons;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::size::sized;
use crate::support::table;
use field::{Field, Seen};
use oracle::{Engine, Verdict};
use runs::{Folder, Run};
use weapons::{Stops, WEAPONS, Weapon};

/// The commands that are tried; `run` without a command is the setup step.
const COMMANDS: &[&str] = &[
    "preview", "up", "refresh", "destroy", "outputs", "exec", "install", "run", "doctor", "inputs", "stacks",
    "report",
];

/// How many weapons are tried with each run, folder and command; all of them meet every kind of run.
const WEAPONS_EACH: usize = 2;

/// One attack.
struct Attack {
    run: Run,
    folder: Folder,
    command: &'static str,
    weapon: &'static Weapon,
}

/// The attacks. The weapons take turns, so that each of them meets each run, each folder and each command.
fn attacks() -> Vec<Attack> {
    let mut attacks = Vec::new();
    let mut turn = 0;
    for run in runs::all() {
        for &folder in run.folders {
            for &command in COMMANDS {
                for _ in 0..WEAPONS_EACH {
                    let weapon = &WEAPONS[turn % WEAPONS.len()];
                    attacks.push(Attack { run: run.clone(), folder, command, weapon });
                    turn += 1;
                }
                // A step that is prime to the number of weapons lets none of them keep to one command.
                turn += 5;
            }
        }
    }
    attacks
}

/// One attack for each run and command, with folders and weapons that take turns.
fn one_of_each(attacks: Vec<Attack>) -> Vec<Attack> {
    let mut groups: BTreeMap<(String, &str), Vec<Attack>> = BTreeMap::new();
    for attack in attacks {
        groups.entry((attack.run.name.clone(), attack.command)).or_default().push(attack);
    }
    let groups = groups.into_values().enumerate();
    groups.map(|(turn, mut group)| group.swap_remove(turn * 5 % group.len())).collect()
}

/// What is wrong with what was seen, by the documentation.
fn wrong(attack: &Attack, field: &Field<'_>, seen: &Seen) -> Vec<String> {
    let Verdict { engine, status, file_counts } = oracle::verdict(&attack.run, attack.folder, attack.command);
    let mut wrong = seen.never();
    if !file_counts && let Some(bite) = (attack.weapon.bite)(seen, field) {
        wrong.push(format!("`{}` of the change counted: {bite}", attack.weapon.name));
    }
    // What counts can make another run of it, of which the table says nothing.
    if file_counts && attack.weapon.stops != Stops::Nobody {
        return wrong;
    }
    match engine {
        Engine::Runs if attack.weapon.stops == Stops::Everybody => {}
        Engine::Runs if !seen.engine_worked() => wrong.push("the engine did not run".to_owned()),
        Engine::Stays if seen.engine_worked() => wrong.push("the engine ran".to_owned()),
        _ => {}
    }
    if let Some(status) = status
        && seen.status != status
    {
        wrong.push(format!("exit status {} instead of {status}", seen.status));
    }
    wrong
}

#[test]
fn no_file_of_a_change_that_may_be_a_strangers_decides_anything() {
    let attacks = sized(one_of_each(attacks()), attacks());
    assert!(attacks.len() >= sized(400, 2000), "{} attacks", attacks.len());
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, std::num::NonZero::get) {
            scope.spawn(|| {
                let server = field::evil_server();
                while let Some(attack) = attacks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let field = Field::new(&attack.run, attack.folder, attack.weapon, &server);
                    let seen = field.attack(attack.command);
                    for what in wrong(attack, &field, &seen) {
                        failures.lock().unwrap().push(format!(
                            "{} / {:?} / {} / {}: {what}\n{}",
                            attack.run.name, attack.folder, attack.command, attack.weapon.name, seen.log
                        ));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    let counts = format!(
        "| runs | commands | weapons | attacks | wrong |\n| --- | --- | --- | --- | --- |\n| {} | {} | {} | {} | {} |\n",
        runs::all().len(),
        COMMANDS.len(),
        WEAPONS.len(),
        attacks.len(),
        failures.len()
    );
    table("attacks", &counts);
    let heads: Vec<&str> = failures.iter().filter_map(|failure| failure.lines().next()).collect();
    assert!(
        failures.is_empty(),
        "{} wrong:\n{}\n\nthe first ones:\n{}",
        failures.len(),
        heads.join("\n"),
        failures[..failures.len().min(5)].join("\n\n")
    );
}

#[test]
fn each_weapon_bites_where_the_change_is_the_repositorys_own() {
    let push = runs::all().into_iter().find(|run| run.name == "push").unwrap();
    for weapon in WEAPONS.iter().filter(|weapon| weapon.sharp) {
        let server = field::evil_server();
        let bites = COMMANDS.iter().any(|command| {
            let field = Field::new(&push, Folder::AtBase, weapon, &server);
            let seen = field.attack(command);
            (weapon.bite)(&seen, &field).is_some()
        });
        assert!(bites, "`{}` never bites, so that its absence proves nothing", weapon.name);
    }
}
