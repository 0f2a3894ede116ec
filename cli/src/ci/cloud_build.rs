//! Google Cloud Build.
//!
//! A step's environment has only `BUILDER_OUTPUT`. Everything else are substitutions, which the build's file passes on
//! under their own names, one by one or with `automapSubstitutions: true`:
//! <https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values>.
//!
//! The log has no groups, masks or annotations, and there is no summary page. A step writes its outputs to a file in
//! `BUILDER_OUTPUT`, from which the build's own record takes them; later steps read a file of `/workspace`
//! (`outputs-file`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::context::{change_of_ref, differ, first_set, number, slug, text};
use super::identity::with_parameter;
use super::{
    Advice, Append, CiSystem, Context, Handover, IdentityToken, JobFolders, Output, OutputRules, OutputsWay,
    SystemVariables, engine_told,
};
use crate::base::env::Env;
use crate::base::origin::Origin;
use crate::base::text::percent_encoded;

/// The beginning of the substitutions for inputs, before `STACK` and the like. A user's substitution has to begin with
/// an underscore: <https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values>.
const SUBSTITUTION: &str = "_STACKSTEP_";

/// The most bytes of a step's output that are stored, 50 KB:
/// <https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds#Results>.
const STORED: usize = 50_000;

/// Google Cloud Build.
pub struct CloudBuild;

impl CiSystem for CloudBuild {
    fn name(&self) -> &'static str {
        "google-cloud-build"
    }

    fn detect(&self, env: &Env) -> bool {
        env.get("BUILDER_OUTPUT").is_some()
            || env.get("BUILD_ID").is_some() && env.get("PROJECT_ID").is_some()
    }

    fn context(&self, env: &Env) -> Context {
        // Only triggers of pull requests set it.
        let change_request = number(env, "_PR_NUMBER");
        let repository = text(env, "REPO_FULL_NAME").or_else(|| text(env, "REPO_NAME"));
        let source = env.get("_HEAD_REPO_URL").and_then(slug);
        let of_the_reference =
            ["REF_NAME", "BRANCH_NAME"].iter().find_map(|name| change_of_ref(env.get(name)?));
        Context {
            fork: differ(source.as_deref(), repository.as_deref().filter(|name| name.contains('/'))),
            repository,
            commit: first_set(env, &["COMMIT_SHA", "REVISION_ID"]).map(str::to_owned),
            branch: first_set(env, &["_HEAD_BRANCH", "BRANCH_NAME"]).map(str::to_owned),
            tag: text(env, "TAG_NAME"),
            change_request: change_request.or(of_the_reference),
            proposed: ["_PR_NUMBER", "_HEAD_REPO_URL", "_HEAD_BRANCH", "_BASE_BRANCH"]
                .iter()
                .any(|name| env.get(name).is_some())
                || of_the_reference.is_some(),
            source_repository: source,
            target_branch: text(env, "_BASE_BRANCH"),
            build_url: build_url(env),
            ..Context::default()
        }
        .settled()
    }

    fn origin(&self, env: &Env) -> Origin {
        // For a pull request, the repository that the change comes from, which is on the same forge.
        Origin { remote: text(env, "_HEAD_REPO_URL"), ..Origin::default() }
    }

    fn identity_token(&self, env: &Env, audience: &str) -> IdentityToken {
        // The token names the build's service account, which has to be one of the project's own.
        // https://cloud.google.com/build/docs/securing-builds/authorize-service-to-service-access
        if !self.detect(env) {
            return IdentityToken::None {
                reason: "outside of Cloud Build nobody answers for its service account",
            };
        }
        let address =
            "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity";
        let address = with_parameter(&with_parameter(address, "audience", audience), "format", "full");
        let words = ["curl", "--silent", "--show-error", "--fail", "--max-time", "20", "--header"];
        IdentityToken::Command(
            words.into_iter().chain(["Metadata-Flavor: Google", &address]).map(str::to_owned).collect(),
        )
    }

    fn step_input<'e>(&self, env: &'e Env, name: &str) -> Option<(String, &'e str)> {
        // `automapSubstitutions` passes a substitution on under its own name.
        let variable = format!("{SUBSTITUTION}{}", name.replace('-', "_").to_ascii_uppercase());
        env.get(&variable).map(|value| (variable, value))
    }

    fn grace_period(&self, _env: &Env) -> Duration {
        // A cancelled build, and one that has reached its time limit, sends no signal: only our own timeout ends the
        // engine, and there is no hurry.
        Duration::from_secs(300)
    }
    fn variables(&self) -> SystemVariables {
        SystemVariables {
            kept_from_engine: &[SUBSTITUTION],
            told_to_engine: |env| {
                let context = CloudBuild.context(env);
                engine_told::variables("Google Cloud Build", env, &context, env.get("BUILD_ID"))
            },
            ..SystemVariables::NONE
        }
    }

    fn folders(&self) -> JobFolders {
        // https://cloud.google.com/build/docs/build-config-file-schema#dir
        JobFolders { workspaces: |_| vec![PathBuf::from("/workspace")], ..JobFolders::UNKNOWN }
    }

    fn handover(&self) -> Handover {
        Handover {
            outputs: OutputsWay::Append(|env, outputs, _| {
                let path = Path::new(env.get("BUILDER_OUTPUT")?).join("output");
                Some(Append { path, text: record(outputs) })
            }),
            // Outputs are a part of the build's description, which everybody who may view builds can read.
            // https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds#Results
            rules: OutputRules { are_shown: true, ..OutputRules::NONE },
            ..Handover::FILES_ONLY
        }
    }

    fn advice(&self) -> Advice {
        Advice {
            // https://cloud.google.com/build/docs/automating-builds/github/build-repos-from-github#comment_control
            maintainers_way: |_| {
                "a maintainer who has read the change can start the build with a comment `/gcbrun`, with a trigger whose \
                 service account may read the credentials"
                    .to_owned()
            },
            ..Advice::GENERAL
        }
    }
}

/// The outputs as one line of JSON that is short enough to be stored. The log never fits; of the others the longest are
/// dropped first, and are named under `left-out`.
fn record(outputs: &[Output]) -> String {
    let mut kept: Vec<&Output> = outputs.iter().filter(|output| output.name != "output").collect();
    let mut left_out: Vec<Value> = Vec::new();
    loop {
        let mut object: BTreeMap<String, Value> =
            kept.iter().map(|output| (output.name.clone(), output.value.clone().into())).collect();
        if !left_out.is_empty() {
            object.insert("left-out".to_owned(), left_out.clone().into());
        }
        let line = serde_json::to_string(&object).unwrap_or_default() + "\n";
        let longest =
            kept.iter().enumerate().max_by_key(|(_, output)| output.value.len() + output.name.len());
        match longest.map(|(at, _)| at) {
            Some(at) if line.len() > STORED => left_out.push(kept.remove(at).name.clone().into()),
            _ => return line,
        }
    }
}

fn build_url(env: &Env) -> Option<String> {
    let (build, project) = (env.get("BUILD_ID")?, env.get("PROJECT_ID")?);
    let region = env.get("LOCATION").map(|region| format!(";region={region}")).unwrap_or_default();
    Some(format!(
        "https://console.cloud.google.com/cloud-build/builds{region}/{build}?project={}",
        percent_encoded(project)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(name: &str, value: &str) -> Output {
        Output { name: name.into(), value: value.into() }
    }

    fn written(outputs: &[Output]) -> Append {
        let env = Env::from_pairs("/", [("BUILDER_OUTPUT", "/builder/outputs")]);
        let OutputsWay::Append(added) = CloudBuild.handover().outputs else { panic!("no file") };
        added(&env, outputs, &mut String::new).unwrap()
    }

    #[test]
    fn the_outputs_are_one_line_of_json_in_the_builds_record() {
        let append = written(&[
            output("url", "https://a\n\"b\""),
            output("output", "the log"),
            output("status", "succeeded"),
        ]);
        assert_eq!(append.path, Path::new("/builder/outputs/output"));
        assert_eq!(append.text, "{\"status\":\"succeeded\",\"url\":\"https://a\\n\\\"b\\\"\"}\n");
    }

    #[test]
    fn what_would_not_be_stored_is_left_out_and_named() {
        let text = written(&[output("long", &"x".repeat(STORED)), output("status", "failed")]).text;
        assert_eq!(text, "{\"left-out\":[\"long\"],\"status\":\"failed\"}\n");
        let fits = STORED - "{\"a\":\"\"}\n".len();
        assert_eq!(written(&[output("a", &"x".repeat(fits))]).text.len(), STORED);
        assert_eq!(written(&[output("a", &"x".repeat(fits + 1))]).text, "{\"left-out\":[\"a\"]}\n");
    }

    #[test]
    fn an_input_is_a_substitution_of_that_name() {
        let env = Env::from_pairs("/", [("_STACKSTEP_LOCK_TIMEOUT", "5m")]);
        assert_eq!(
            CloudBuild.step_input(&env, "lock-timeout"),
            Some(("_STACKSTEP_LOCK_TIMEOUT".into(), "5m"))
        );
        assert_eq!(CloudBuild.step_input(&env, "stack"), None);
    }

    #[test]
    fn the_identity_token_comes_from_the_metadata_server() {
        let env = Env::from_pairs("/", [("BUILDER_OUTPUT", "/builder/outputs")]);
        let IdentityToken::Command(words) = CloudBuild.identity_token(&env, "urn:pulumi:org:acme") else {
            panic!("no command")
        };
        assert_eq!(
            words.last().unwrap(),
            "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity\
             ?audience=urn%3Apulumi%3Aorg%3Aacme&format=full"
        );
        assert!(words.contains(&"Metadata-Flavor: Google".to_owned()));
    }
}
