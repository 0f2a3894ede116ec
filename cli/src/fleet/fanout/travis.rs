//! Travis CI: the jobs of a build stand in its file.

use super::system::{FanoutSystem, FanoutWay};

/// Travis CI.
pub(super) static TRAVIS: FanoutSystem = FanoutSystem {
    word: "travis",
    title: "Travis CI",
    detected: "travis-ci",
    way: FanoutWay::Nearest {
        why: "the jobs of a build are those of its `.travis.yml`; only a build that a request to its API starts has others (https://docs.travis-ci.com/user/triggering-builds)",
        instead: "write a job for each environment, with `env: STACKSTEP_ENVIRONMENT=<name>` and the script `stackstep fleet up`, in stages by their order",
    },
};
