//! The real engine: the Pulumi CLI with its host of YAML programs, each stack in a home and a backend of its own. What has
//! resources has those of our own provider `probe`, whose inputs say what happens to them (`provider/`), or
//! `pulumi:index:Stash`, the one type that needs no plugin.

mod approved;
mod boundaries;
mod config;
mod delivery;
mod deployment;
mod drift;
mod endings;
mod esc;
mod failures;
mod flags;
mod fleet;
mod guards;
mod ledger;
mod life;
mod live_guard;
mod locks;
mod made_secrets;
mod migration;
mod moved;
mod outputs;
mod places;
mod policies;
mod postgres;
mod references;
mod resources;
mod review;
mod reviewed;
pub mod running;
mod s3;
mod scene;
mod secrets;
mod soak;
mod stack_sets;
pub mod stage;
mod stops;
mod things;
mod together;
mod unlock;
mod ways;

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How often the engine was started, by us or by stackstep.
pub static STARTS: AtomicU64 = AtomicU64::new(0);

/// When the first test looked for the engine.
static SINCE: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The clock of the seconds that are shown begins, unless it has.
pub fn begin() {
    LazyLock::force(&SINCE);
}

/// Notes that the test that runs now has shown what its name says, and after how many seconds and starts of the engine.
pub fn shown() {
    also_shown(std::thread::current().name().unwrap_or_default());
}

/// Notes one of several scenarios of a test.
pub fn also_shown(scenario: &str) {
    static SCENARIOS: AtomicU64 = AtomicU64::new(0);
    let seconds = SINCE.elapsed().as_secs();
    let scenarios = SCENARIOS.fetch_add(1, Ordering::Relaxed) + 1;
    let starts = STARTS.load(Ordering::Relaxed);
    crate::real_parts::also_shown_with("the Pulumi CLI", scenario);
    // `cargo xtask test` adds up what each suite leaves in this folder.
    let folder = crate::tools::root().join("target/report-tables/real-engine");
    std::fs::create_dir_all(&folder).unwrap();
    let version = stage::engine_version();
    let part = serde_json::json!({
        "suite": "stackstep with it", "version": version, "scenarios": scenarios, "starts": starts, "seconds": seconds,
    });
    std::fs::write(folder.join(format!("stackstep-{version}.json")), part.to_string()).unwrap();
}
