//! What the launcher adds to the binary, and to a start of Node that does nothing.

use super::agent::{NODES, Step, node};
use super::with_shim;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TURNS: usize = 21;

/// The median time of a run.
fn median(mut command: impl FnMut() -> Command) -> Duration {
    let mut times: Vec<_> = (0..TURNS)
        .map(|_| {
            let mut command = command();
            let start = Instant::now();
            assert!(command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap().success());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[TURNS / 2]
}

#[test]
#[ignore = "needs the agent's library"]
fn the_launcher_starts_fast() {
    let mut table = String::from(
        "| launcher of Azure Pipelines | `node -e 0` | with the launcher | added |\n| --- | --- | --- | --- |\n",
    );
    for name in NODES {
        let agent = with_shim("exit 0").by(name);
        let nothing = median(|| {
            let mut command = Command::new(node(name));
            command.args(["-e", "0"]);
            command
        });
        let whole = median(|| agent.launcher(&Step::default()));
        let added = whole.saturating_sub(nothing);
        let ms = |time: Duration| time.as_millis();
        table += &format!("| {name} | {} ms | {} ms | {} ms |\n", ms(nothing), ms(whole), ms(added));
    }
    crate::tools::table("azure-launcher", &table);
}
