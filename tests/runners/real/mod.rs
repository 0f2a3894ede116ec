//! The real engine: the Pulumi CLI with its host of YAML programs, each stack in a home and a backend of its own. What has
//! resources has those of our own provider `probe`, whose inputs say what happens to them: `provider/`.

mod drift;
mod endings;
mod failures;
mod guards;
mod life;
mod locks;
mod made_secrets;
mod migration;
mod policies;
mod references;
mod resources;
mod running;
mod s3;
mod soak;
mod stage;
mod stops;
mod things;

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How often the engine was started, by us or by stackstep.
static STARTS: AtomicU64 = AtomicU64::new(0);

/// Notes that the test that runs now has shown what its name says, and after how many seconds and starts of the engine.
fn shown() {
    static SINCE: LazyLock<Instant> = LazyLock::new(Instant::now);
    static SCENARIOS: AtomicU64 = AtomicU64::new(0);
    let seconds = SINCE.elapsed().as_secs();
    let scenarios = SCENARIOS.fetch_add(1, Ordering::Relaxed) + 1;
    let starts = STARTS.load(Ordering::Relaxed);
    crate::real_parts::shown_with("the Pulumi CLI");
    let row = format!("| {} | {scenarios} | {starts} | {seconds} |", crate::tools::version("pulumi"));
    let head = "| Pulumi CLI | scenarios | starts | seconds after the first |\n| --- | ---: | ---: | ---: |";
    crate::tools::table("real-engine", &format!("{head}\n{row}\n"));
}
