//! Waits for the stack's lock while somebody else holds it, as long as `lock-timeout` allows.

use std::time::Duration;

use tokio::time::Instant;

use crate::ci::console::Console;
use crate::process::signals::Signals;

/// Waiting for somebody else's lock.
pub(super) struct LockWait {
    until: Instant,
    began: Instant,
    pause: Duration,
    told: Option<Instant>,
}

impl LockWait {
    /// A wait of `timeout` at most.
    pub(super) fn new(timeout: Duration) -> Self {
        let began = Instant::now();
        // `Duration::MAX` must not overflow the clock.
        let until = began.checked_add(timeout).unwrap_or(began + Duration::from_secs(365 * 24 * 3600));
        Self { until, began, pause: Duration::from_secs(1), told: None }
    }

    /// Waits a while. Returns false if the time is over or the run was cancelled. One line a minute says who holds the
    /// lock.
    pub(super) async fn wait(&mut self, stderr: &str, console: &Console, signals: &Signals) -> bool {
        let now = Instant::now();
        if now >= self.until {
            return false;
        }
        if self.told.is_none_or(|told| now - told >= Duration::from_secs(60)) {
            self.told = Some(now);
            let waited = now.duration_since(self.began).as_secs();
            console.line(&format!("waiting for the stack's lock for {waited} s: {}", lock_holder(stderr)));
        }
        let pause = self.pause.min(self.until - now);
        self.pause = (self.pause * 2).min(Duration::from_secs(15));
        signals.wait(pause).await.is_none()
    }
}

/// The holder of the lock and the time since when, if the backend tells: from the line with `created by … at …`.
fn lock_holder(stderr: &str) -> &str {
    stderr
        .lines()
        .find_map(|line| line.split_once("created by ").map(|(_, holder)| holder.trim()))
        .unwrap_or("somebody else holds it")
}
