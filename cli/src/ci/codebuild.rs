//! AWS CodeBuild, alone or as an action of CodePipeline.
//!
//! Variables: <https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html>.
//!
//! The log has no groups, masks or annotations, and there is no summary page. Outputs are variables of the build's
//! shell (`exported-variables`), which no program can set: the buildspec reads `outputs-file`. Values for a `finally`
//! block go to the file that the buildspec names in [`super::STEP_STATE`].

use super::context::{branch_of, change_of_ref, commit_hash, named_folders, number, slug, tag_of, text};
use super::{CiSystem, Context, IdentityToken, JobFolders, SystemVariables, engine_told};
use crate::base::env::Env;
use crate::base::origin::Origin;
use crate::base::text::percent_encoded;

/// AWS CodeBuild.
pub struct CodeBuild;

impl CiSystem for CodeBuild {
    fn name(&self) -> &'static str {
        "aws-codebuild"
    }

    fn detect(&self, env: &Env) -> bool {
        env.get("CODEBUILD_BUILD_ARN").is_some()
    }

    fn context(&self, env: &Env) -> Context {
        // `pr/7`, `branch/main` or `tag/v1`; without a webhook the source version can be `pr/7` too.
        let trigger = env.get("CODEBUILD_WEBHOOK_TRIGGER").or_else(|| env.get("CODEBUILD_SOURCE_VERSION"));
        let trigger = trigger.unwrap_or_default();
        let pull = trigger.strip_prefix("pr/").or_else(|| trigger.strip_prefix("mr/"));
        let event = env.get("CODEBUILD_WEBHOOK_EVENT");
        let head = env.get("CODEBUILD_WEBHOOK_HEAD_REF");
        let of_a_ref = [Some(trigger), env.get("CODEBUILD_SOURCE_VERSION"), head]
            .into_iter()
            .flatten()
            .find_map(change_of_ref);
        let change_request = pull.and_then(|number| number.parse().ok()).or(of_a_ref);
        // https://docs.aws.amazon.com/codebuild/latest/userguide/webhooks.html
        let of_our_own =
            |event: &str| matches!(event, "PUSH" | "RELEASED" | "PRERELEASED" | "WORKFLOW_JOB_QUEUED");
        let pipeline = env.get("CODEBUILD_INITIATOR").filter(|name| name.starts_with("codepipeline/"));
        Context {
            // Empty in CodePipeline.
            repository: env.get("CODEBUILD_SOURCE_REPO_URL").and_then(slug),
            // In CodePipeline, a source that is no git repository has a revision that is no commit.
            commit: env
                .get("CODEBUILD_RESOLVED_SOURCE_VERSION")
                .and_then(commit_hash)
                .or_else(|| env.get("CODEBUILD_SOURCE_VERSION").and_then(commit_hash)),
            branch: trigger
                .strip_prefix("branch/")
                .map(str::to_owned)
                .or_else(|| head.filter(|head| head.starts_with("refs/heads/")).and_then(branch_of)),
            tag: trigger.strip_prefix("tag/").map(str::to_owned).or_else(|| head.and_then(tag_of)),
            change_request,
            proposed: pull.is_some() || of_a_ref.is_some() || event.is_some_and(|event| !of_our_own(event)),
            target_branch: change_request.and(env.get("CODEBUILD_WEBHOOK_BASE_REF")).and_then(branch_of),
            build_url: text(env, "CODEBUILD_PUBLIC_BUILD_URL")
                .or_else(|| console_url(env.get("CODEBUILD_BUILD_ARN")?)),
            actor: text(env, "CODEBUILD_INITIATOR"),
            event: event.or(pipeline).map(str::to_owned),
            ..Context::default()
        }
        .settled()
    }

    fn origin(&self, env: &Env) -> Origin {
        Origin {
            remote: text(env, "CODEBUILD_SOURCE_REPO_URL"),
            // The id has the form `project:uuid`.
            counted: env.get("CODEBUILD_BUILD_ID").and_then(|id| Some(id.split_once(':')?.0.to_owned())),
            run: number(env, "CODEBUILD_BUILD_NUMBER"),
            ..Origin::default()
        }
    }

    fn identity_token(&self, env: &Env, audience: &str) -> IdentityToken {
        // The token names the build's role. Only accounts with outbound identity federation give it:
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html
        if !self.detect(env) {
            return IdentityToken::None {
                reason: "outside of CodeBuild there is no role of the build to ask for",
            };
        }
        let words = ["aws", "sts", "get-web-identity-token", "--audience", audience];
        let form = ["--signing-algorithm", "RS256", "--query", "WebIdentityToken", "--output", "text"];
        IdentityToken::Command(words.into_iter().chain(form).map(str::to_owned).collect())
    }

    // The time that a stopped build has is not documented.

    fn variables(&self) -> SystemVariables {
        SystemVariables {
            told_to_engine: |env| {
                let context = CodeBuild.context(env);
                engine_told::variables("AWS CodeBuild", env, &context, env.get("CODEBUILD_BUILD_ID"))
            },
            ..SystemVariables::NONE
        }
    }

    fn folders(&self) -> JobFolders {
        JobFolders { workspaces: |env| named_folders(env, &["CODEBUILD_SRC_DIR"]), ..JobFolders::UNKNOWN }
    }
}

/// The build's page in the console, from `arn:aws:codebuild:REGION:ACCOUNT:build/PROJECT:ID`.
fn console_url(arn: &str) -> Option<String> {
    let mut parts = arn.splitn(6, ':').skip(1);
    let (partition, _, region, account, build) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let build = build.strip_prefix("build/")?;
    let project = build.split(':').next()?;
    let domain = match partition {
        "aws" => "console.aws.amazon.com",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        "aws-cn" => "console.amazonaws.cn",
        _ => return None,
    };
    Some(format!(
        "https://{region}.{domain}/codesuite/codebuild/{account}/projects/{project}/build/{}/?region={region}",
        percent_encoded(build)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identity_token_is_the_one_of_the_builds_role() {
        let env =
            Env::from_pairs("/", [("CODEBUILD_BUILD_ARN", "arn:aws:codebuild:eu-central-1:1:build/a:b")]);
        let IdentityToken::Command(words) = CodeBuild.identity_token(&env, "urn:pulumi:org:acme") else {
            panic!("no command")
        };
        assert_eq!(
            words.join(" "),
            "aws sts get-web-identity-token --audience urn:pulumi:org:acme --signing-algorithm RS256 \
             --query WebIdentityToken --output text"
        );
    }
}
