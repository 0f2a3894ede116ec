//! The heading "Safety".

use std::time::Duration;

use crate::base::words::enum_of_words;
use crate::inputs::command::Command::{Preview, Refresh, Up};
use crate::inputs::command::{ONLY_DEPLOY, ONLY_DRIFT, OPERATIONS_AND_OUTPUTS, UP_REFRESH_DESTROY};
use crate::inputs::row::{choice, duration, flag, heading, list, optional_flag};

heading! {
    /// The inputs about what has to hold.
    pub struct SafetyInputs under Safety {
        skip_preview: Option<bool> = optional_flag("skip-preview", UP_REFRESH_DESTROY, "Deploy without a preview before.")
            .default_in_words("`true`, but `false` with policy packs, with `expect-no-changes` and on Pulumi Cloud, whose organisations can have policies"),
        expect_no_changes: bool = flag("expect-no-changes", &[Preview, Up, Refresh], "Fail when anything would change, and change nothing.")
            .default("false"),
        fail_on_changes: bool = flag("fail-on-changes", &[Preview, Up, Refresh], "With `expect-no-changes`: whether changes fail the step (exit status 7). With `false` the step passes and `has-changes` tells.")
            .default("true"),
        fail_on_drift: bool = flag("fail-on-drift", ONLY_DRIFT, "Fail when something differs from what was deployed (exit status 7). Without it the step passes, and `drift` tells.")
            .default("false"),
        policy_pack: Vec<String> = list("policy-pack", &[Preview, Up], "Folders of policy packs to check against.")
            .aliases(&["policy-packs", "policyPacks"]),
        policy_pack_config: Vec<String> = list("policy-pack-config", &[Preview, Up], "A JSON file of settings for each policy pack, in the same order.")
            .aliases(&["policy-pack-configs", "policyPackConfigs"]),
        timeout: Option<Duration> = duration("timeout", OPERATIONS_AND_OUTPUTS, "How long the Pulumi CLI may take; then it is cancelled (exit status 70)."),
        lock_timeout: Duration = duration("lock-timeout", UP_REFRESH_DESTROY, "How long to wait while somebody else holds the stack's lock.")
            .default("0s")
            .read(|wait| Ok(wait.duration()?.unwrap_or_default())),
        grace_period: Option<Duration> = duration("grace-period", OPERATIONS_AND_OUTPUTS, "How long a cancelled Pulumi CLI may take to finish what it has begun before it is told to stop at once.")
            .default_in_words("what the CI system allows"),
        dry_run: bool = flag("dry-run", ONLY_DEPLOY, "Say what the map of `stackstep.yaml` means for this event, and do nothing; it needs no credentials. Later steps get `command`, `stacks`, `environment`, `skip` and `why`.")
            .default("false"),
        stale: Stale = choice("stale", &[Up], "What happens when the job's commit is no longer the head of its branch.")
            .default("warn"),
    }
}

enum_of_words! {
    /// The answer when the job's commit is no longer the head of its branch.
    pub enum Stale {
        /// A warning, while the engine works.
        Warn = "warn",
        /// The run is refused.
        Refuse = "refuse",
        /// Nothing: nobody looks.
        Ignore = "ignore",
    }
}
