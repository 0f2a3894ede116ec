//! AWS CodeBuild: a batch build has one service role.

use super::system::{FanoutSystem, FanoutWay};

/// AWS CodeBuild.
pub(super) static CODEBUILD: FanoutSystem = FanoutSystem {
    word: "codebuild",
    title: "AWS CodeBuild",
    detected: "aws-codebuild",
    way: FanoutWay::Nearest {
        why: "a batch has the tasks of its buildspec, all with the service role of one project, so that identities would meet (https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build)",
        instead: "make a project for each environment, whose buildspec calls `stackstep fleet up --environment <name>`, and let CodePipeline run them in their order",
    },
};
