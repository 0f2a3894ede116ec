//! The real engine: the Pulumi CLI with its host of YAML programs, each stack in a home and a backend of its own. Their
//! programs have configuration and outputs; the one type of resource that needs no plugin is `pulumi:index:Stash`.

mod endings;
mod life;
mod migration;
mod stage;

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
    // `cargo xtask test` adds up what each suite leaves in this folder.
    let folder = crate::tools::root().join("target/report-tables/real-engine");
    std::fs::create_dir_all(&folder).unwrap();
    let version = crate::tools::version(stage::engine());
    let part = serde_json::json!({
        "suite": "stackstep with it", "version": version, "scenarios": scenarios, "starts": starts, "seconds": seconds,
    });
    std::fs::write(folder.join(format!("stackstep-{version}.json")), part.to_string()).unwrap();
}
