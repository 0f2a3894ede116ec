//! The variables that tell the engine its CI system, for the systems that it does not recognise by itself.
//!
//! The engine recognises most CI systems by their variables. Of others it knows only the name, or nothing.
//! `PULUMI_CI_SYSTEM` overrides everything that it finds out itself, so it is set for these others only.
//! <https://www.pulumi.com/docs/iac/cli/environment-variables/>,
//! <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/util/ciutil/generic.go>

use super::Context;
use crate::base::env::Env;

/// The variables. There are none if a person set the first one, or switched the detection off.
pub(super) fn variables(
    system: &str,
    env: &Env,
    context: &Context,
    build: Option<&str>,
) -> Vec<(&'static str, String)> {
    if env.get("PULUMI_CI_SYSTEM").is_some() || env.get("PULUMI_DISABLE_CI_DETECTION").is_some() {
        return Vec::new();
    }
    let kind = context.change_request.map(|_| "PullRequest".to_owned()).or_else(|| context.event.clone());
    let commit = context.commit.as_ref().or(context.merge_commit.as_ref());
    let told = [
        ("PULUMI_CI_SYSTEM", Some(system.to_owned())),
        ("PULUMI_CI_BUILD_ID", build.map(str::to_owned)),
        ("PULUMI_CI_BUILD_TYPE", kind),
        ("PULUMI_CI_BUILD_URL", context.build_url.clone()),
        ("PULUMI_CI_BRANCH_NAME", context.branch.clone()),
        ("PULUMI_CI_PULL_REQUEST_SHA", commit.cloned()),
        ("PULUMI_PR_NUMBER", context.change_request.map(|number| number.to_string())),
    ];
    told.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
