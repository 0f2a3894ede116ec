//! Codefresh: the steps of a pipeline stand in its file.

use super::system::{FanoutSystem, FanoutWay};

/// Codefresh.
pub(super) static CODEFRESH: FanoutSystem = FanoutSystem {
    word: "codefresh",
    title: "Codefresh",
    detected: "codefresh",
    way: FanoutWay::Nearest {
        why: "a pipeline has the steps of its file: none can be added while it runs (https://codefresh.io/docs/docs/pipelines/advanced-workflows/)",
        instead: "make a pipeline for each environment, whose step calls `stackstep fleet up --environment <name>`, and start them in their order by the step `codefresh-run`",
    },
};
