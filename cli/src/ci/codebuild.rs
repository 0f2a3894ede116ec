//! AWS CodeBuild, alone or as an action of CodePipeline.
//!
//! Variables: <https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html>.

use super::context::{branch_of, hash, number, slug, tag_of, text};
use super::identity::percent_encoded;
use super::{CiSystem, Context, IdentityToken, Origin, engine_told};
use crate::env::Env;

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
        let change_request = trigger.strip_prefix("pr/").and_then(|number| number.parse().ok());
        let head = env.get("CODEBUILD_WEBHOOK_HEAD_REF");
        let pipeline = env.get("CODEBUILD_INITIATOR").filter(|name| name.starts_with("codepipeline/"));
        Context {
            // Empty in CodePipeline.
            repository: env.get("CODEBUILD_SOURCE_REPO_URL").and_then(slug),
            // In CodePipeline, the revision of a source that is no git repository is no commit.
            commit: env
                .get("CODEBUILD_RESOLVED_SOURCE_VERSION")
                .and_then(hash)
                .or_else(|| env.get("CODEBUILD_SOURCE_VERSION").and_then(hash)),
            branch: trigger
                .strip_prefix("branch/")
                .map(str::to_owned)
                .or_else(|| head.filter(|head| head.starts_with("refs/heads/")).and_then(branch_of)),
            tag: trigger.strip_prefix("tag/").map(str::to_owned).or_else(|| head.and_then(tag_of)),
            change_request,
            target_branch: change_request.and(env.get("CODEBUILD_WEBHOOK_BASE_REF")).and_then(branch_of),
            build_url: text(env, "CODEBUILD_PUBLIC_BUILD_URL")
                .or_else(|| console_url(env.get("CODEBUILD_BUILD_ARN")?)),
            actor: text(env, "CODEBUILD_INITIATOR"),
            event: env.get("CODEBUILD_WEBHOOK_EVENT").or(pipeline).map(str::to_owned),
            ..Context::default()
        }
        .settled()
    }

    fn origin(&self, env: &Env) -> Origin {
        Origin {
            remote: text(env, "CODEBUILD_SOURCE_REPO_URL"),
            run: number(env, "CODEBUILD_BUILD_NUMBER"),
            ..Origin::default()
        }
    }

    fn tell_engine(&self, env: &Env) -> Vec<(&'static str, String)> {
        engine_told::variables("AWS CodeBuild", env, &self.context(env), env.get("CODEBUILD_BUILD_ID"))
    }

    fn identity_token(&self, _env: &Env, _audience: &str) -> IdentityToken {
        IdentityToken::None {
            reason: "CodeBuild makes no identity tokens, only AWS credentials: use an access token from Secrets \
                     Manager (`env: secrets-manager`)",
        }
    }

    // How long a stopped build has is not documented.
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
