//! Woodpecker CI: workflows stand in the repository's files.

use super::system::{FanoutSystem, FanoutWay};

/// Woodpecker CI.
pub(super) static WOODPECKER: FanoutSystem = FanoutSystem {
    word: "woodpecker",
    title: "Woodpecker CI",
    detected: "woodpecker-ci",
    way: FanoutWay::Nearest {
        why: "a pipeline has the workflows of its files; only a server's configuration extension makes others (https://woodpecker-ci.org/docs/usage/extensions/configuration-extension)",
        instead: "write a workflow for each environment, whose step calls `stackstep fleet up --environment <name>`, in their order by `depends_on`",
    },
};
