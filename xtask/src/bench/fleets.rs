//! A fleet in one job beside a shell loop of the engine over the same stacks, and how near a fleet comes to the shortest time
//! that its order allows.

use std::path::Path;
use std::process::Command;

use super::measure::{alternately, milliseconds};
use crate::stage::Stage;
use stackstep::base::error::Result;
use stackstep::fleet::order::{OrderSource, StackOrder};
use stackstep::fleet::schedule::makespan;

const STACKS: usize = 50;

/// How many stacks are at work at the same time.
const PARALLEL: usize = 2;

/// Each pair deploys [`STACKS`] stacks twice.
const PAIRS: usize = 2;

/// The table's rows.
pub(super) fn rows(stage: &Stage) -> Result<Vec<(String, String)>> {
    let top = stage.file("fleet");
    let projects = (0..STACKS).map(|number| top.join(format!("p{number}")));
    for (number, project) in projects.enumerate() {
        super::affected::write(&project.join("Pulumi.yaml"), &program(number))?;
        super::affected::write(&project.join("Pulumi.dev.yaml"), "config: {}\n")?;
        super::timed(stage.engine(&["stack", "init", "dev", "--non-interactive"]).current_dir(&project))?;
    }
    for line in ["init -q -b main", "add .", "commit -q -m all"] {
        super::timed(&mut super::affected::git(&top, line))?;
    }
    let fleet = || {
        let parallel = PARALLEL.to_string();
        let mut command = stage.stackstep(&["fleet", "up", "--parallel-stacks", &parallel]);
        command.current_dir(&top);
        command
    };
    let engine = stage.engine(&["up", "--stack", "dev", "--yes", "--skip-preview", "--non-interactive"]);
    let shell = || shell_loop(&engine, &top);
    super::timed(&mut fleet())?;
    let same = alternately(PAIRS, fleet, shell)?;
    let of = format!("{STACKS} stacks without changes");
    let mut rows = vec![
        (format!("`fleet up` of {of}, {PARALLEL} at a time"), milliseconds(&same.first)),
        ("a shell loop of the engine over the same".to_owned(), milliseconds(&same.second)),
        (format!("ratio, median of {PAIRS} pairs"), format!("{:.2}x", same.ratio())),
    ];
    for (stacks, parallel) in [(500, 8), (2_000, 16)] {
        let ratio = above_the_least(stacks, parallel);
        rows.push((
            format!(
                "time of {stacks} stacks, {parallel} at a time, above the least that is possible (simulated)"
            ),
            format!("{ratio:.2}x"),
        ));
    }
    Ok(rows)
}

/// The engine on one stack after the other, as people write it in a job.
fn shell_loop(engine: &Command, top: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg("set -e; for project in p*; do (cd \"$project\" && \"$0\" \"$@\"); done");
    shell.arg(engine.get_program()).args(engine.get_args()).current_dir(top).env_clear();
    shell.envs(engine.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell
}

/// How much longer a fleet takes than the longest chain, or than all workers at work to the end: the greater of the two. One
/// stack in ten takes minutes, and each comes after one of those before it.
fn above_the_least(stacks: usize, parallel: u16) -> f64 {
    let mut order = StackOrder::new(stacks);
    for stack in 1..stacks {
        order.add(stack, stack / 7, OrderSource::State);
    }
    let seconds: Vec<f64> = (0..stacks)
        .map(|stack| {
            if stack % 10 == 0 {
                300.0
            } else {
                20.0 + f64::from(u8::try_from(stack % 13).unwrap_or_default())
            }
        })
        .collect();
    let longest = order.longest_rest(&seconds).into_iter().fold(0.0, f64::max);
    let least = longest.max(seconds.iter().sum::<f64>() / f64::from(parallel));
    makespan(&order, &seconds, usize::from(parallel)) / least
}

fn program(number: usize) -> String {
    format!(
        "name: p{number}\nruntime: yaml\nresources:\n  settings:\n    type: pulumi:index:Stash\n    properties:\n      \
         input: {{ number: {number} }}\noutputs:\n  number: {number}\n"
    )
}
