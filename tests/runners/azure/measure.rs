//! What the launcher adds to the binary, and to a start of Node that does nothing.

use super::agent::{NODES, Step, node};
use super::with_shim;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TURNS: usize = 21;

/// The median times of two programs that take turns, so that a busy machine slows both.
fn medians(mut first: impl FnMut() -> Command, mut second: impl FnMut() -> Command) -> [Duration; 2] {
    let timed = |mut command: Command| {
        let start = Instant::now();
        assert!(command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap().success());
        start.elapsed()
    };
    let (mut one, mut other): (Vec<_>, Vec<_>) =
        (0..TURNS).map(|_| (timed(first()), timed(second()))).unzip();
    one.sort_unstable();
    other.sort_unstable();
    [one[TURNS / 2], other[TURNS / 2]]
}

#[test]
#[ignore = "needs the agent's library"]
fn the_launcher_starts_fast() {
    let mut table = String::from(
        "| launcher of Azure Pipelines | `node -e 0` | with the launcher | added |\n| --- | --- | --- | --- |\n",
    );
    for name in NODES {
        let agent = with_shim("exit 0").by(name);
        let nothing = || {
            let mut command = Command::new(node(name));
            command.args(["-e", "0"]);
            command
        };
        let [nothing, whole] = medians(nothing, || agent.launcher(&Step::default()));
        let added = whole.saturating_sub(nothing);
        let ms = |time: Duration| time.as_millis();
        table += &format!("| {name} | {} ms | {} ms | {} ms |\n", ms(nothing), ms(whole), ms(added));
    }
    crate::tools::table("azure-launcher", &table);
}
