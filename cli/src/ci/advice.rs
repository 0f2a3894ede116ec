//! The facet "advice": the ways out that people have on this system if a run may not do what they want.

use crate::base::env::Env;
use crate::ci::context::Context;

/// The ways out on a system.
#[derive(Clone, Copy)]
pub struct Advice {
    /// The way for a maintainer who has read an untrusted change to get its preview, in one sentence.
    pub maintainers_way: fn(&Context) -> String,
    /// A likely reason why credentials did not reach this job, and what to do, as a clause with the vendor's link. It
    /// has to be true for this job, or for every job.
    pub withheld_secrets: fn(&Env, &Context) -> Option<&'static str>,
    /// The way for a job to tell its event if stackstep does not see it, such as in a container of its own.
    pub how_to_tell_the_event: &'static str,
}

impl Advice {
    /// The advice for any system.
    pub const GENERAL: Self = Self {
        maintainers_way: |_| BY_A_BRANCH.to_owned(),
        withheld_secrets: |_, _| None,
        how_to_tell_the_event: "hand the CI system's variables over to the process that runs stackstep",
    };
}

/// A way that works on every forge.
pub(super) const BY_A_BRANCH: &str =
    "a maintainer who has read the change can push its commits to a branch of this repository";
