//! The facet "advice": what people on this system can do when a run may not do what they want.

use crate::base::env::Env;
use crate::ci::context::Context;

/// The ways out that the system knows.
#[derive(Clone, Copy)]
pub struct Advice {
    /// How a maintainer who has read an untrusted change gets its preview, in one sentence.
    pub maintainers_way: fn(&Context) -> String,
    /// Why credentials that somebody has set up may not have reached this job, and what to do, in a clause with the
    /// vendor's link: only what is true of this job, or of every job.
    pub withheld_secrets: fn(&Env, &Context) -> Option<&'static str>,
    /// How a job whose event is not told, such as one in a container of its own, tells it.
    pub how_to_tell_the_event: &'static str,
}

impl Advice {
    /// What can be said anywhere.
    pub const GENERAL: Self = Self {
        maintainers_way: |_| BY_A_BRANCH.to_owned(),
        withheld_secrets: |_, _| None,
        how_to_tell_the_event: "hand the CI system's variables over to the process that runs stackstep",
    };
}

/// The way that every forge has.
pub(super) const BY_A_BRANCH: &str =
    "a maintainer who has read the change can push its commits to a branch of this repository";
