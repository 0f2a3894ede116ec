//! Google Cloud Build: a build has one service account.

use super::system::{FanoutSystem, FanoutWay};

/// Google Cloud Build.
pub(super) static CLOUD_BUILD: FanoutSystem = FanoutSystem {
    word: "cloud-build",
    title: "Google Cloud Build",
    detected: "google-cloud-build",
    way: FanoutWay::Nearest {
        why: "a build has the steps of its file, all on one machine with one service account, so that identities would meet (https://cloud.google.com/build/docs/build-config-file-schema)",
        instead: "make a trigger for each environment, with its service account, whose step calls `stackstep fleet up --environment <name>`",
    },
};
