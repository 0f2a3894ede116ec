//! Azure Pipelines.
//!
//! Variables: <https://learn.microsoft.com/azure/devops/pipelines/build/variables>.
//! Commands: <https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands>.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::context::{
    branch_of, change_of_ref, is_app, named_folders, number, slug, tag_of, text, yes_or_no,
};
use super::disarm::hash_commands;
use super::handover::to_state_file;
use super::identity::with_parameter;
use super::log_format::one_line;
use super::origin::own_token;
use super::{
    Advice, Annotation, CiSystem, Context, Delivery, Handover, IdentityToken, JobFolders, Level, LogCommands,
    LogFormat, Output, OutputRules, OutputsWay, StepEnvironment, StepVariable, SystemVariables, TokenRequest,
    share_of,
};
use crate::base::env::Env;
use crate::base::origin::{GateClue, Origin};
use crate::base::text::percent_encoded;

/// Azure Pipelines.
pub struct AzurePipelines;

/// The endings of variables in which a task gets secret parameters of its service connections, beside names and URLs.
/// <https://github.com/microsoft/azure-pipelines-task-lib/blob/master/node/internal.ts>
const SECRET_PARAMETERS: &[&str] =
    &["ACCESSTOKEN", "APITOKEN", "PASSWORD", "SERVICEPRINCIPALKEY", "SERVICEPRINCIPALCERTIFICATE", "IDTOKEN"];

/// The beginnings that no variable's name may have.
/// <https://learn.microsoft.com/azure/devops/pipelines/process/variables#variable-naming-restrictions>
const RESERVED: &[&str] = &["endpoint", "input", "secret", "path", "securefile"];

/// The variables with the job's own token: in a script that maps it, and in a task, which needs no mapping.
/// <https://github.com/microsoft/azure-pipelines-agent/blob/master/src/Agent.Worker/Handlers/Handler.cs>
const JOB_TOKEN: [&str; 2] =
    ["SYSTEM_ACCESSTOKEN", "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN"];

/// The most bytes of a variable's value. A variable becomes an environment variable of every later step, and Windows
/// limits that to so many characters; there are never fewer bytes than characters.
/// <https://github.com/microsoft/azure-pipelines-agent/blob/master/src/Agent.Worker/Handlers/Handler.cs>
const OUTPUT_BYTES: usize = 32_766;

/// The most bytes of a summary. No limit is documented:
/// <https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands>. This is GitHub's, which a browser
/// shows without trouble.
const SUMMARY_BYTES: usize = 1024 * 1024;

impl CiSystem for AzurePipelines {
    fn name(&self) -> &'static str {
        "azure-pipelines"
    }

    fn detect(&self, env: &Env) -> bool {
        env.is_true("TF_BUILD")
    }

    fn context(&self, env: &Env) -> Context {
        let github =
            env.get("BUILD_REPOSITORY_PROVIDER").is_some_and(|provider| provider.starts_with("GitHub"));
        // A pull request of GitHub has a number beside its id.
        let change_request = number(
            env,
            if github { "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER" } else { "SYSTEM_PULLREQUEST_PULLREQUESTID" },
        );
        let of_the_reference = env.get("BUILD_SOURCEBRANCH").and_then(change_of_ref);
        let for_a_change = env.get("BUILD_REASON") == Some("PullRequest");
        let change = change_request.is_some() || for_a_change || of_the_reference.is_some();
        let follows_a_change = follows_a_change(env);
        let built = text(env, "BUILD_SOURCEVERSION");
        let reference = env.get("BUILD_SOURCEBRANCH").unwrap_or_default();
        let common = Context {
            repository: repository(env, github),
            build_url: build_url(env),
            actor: text(env, "BUILD_REQUESTEDFOR"),
            bot: is_app(env.get("BUILD_REQUESTEDFOR")),
            event: text(env, "BUILD_REASON"),
            attempt: number(env, "SYSTEM_JOBATTEMPT"),
            scheduled: env.get("BUILD_REASON").map(|reason| reason == "Schedule"),
            base_credentials: follows_a_change,
            base_commit: built.clone().filter(|_| follows_a_change),
            own_commits: built.clone().into_iter().filter(|_| follows_a_change).collect(),
            ..Context::default()
        };
        if change {
            let source = env.get("SYSTEM_PULLREQUEST_SOURCEREPOSITORYURI").and_then(slug);
            Context {
                change_request: change_request.or(of_the_reference),
                // Build.SourceVersion is the merge commit.
                commit: text(env, "SYSTEM_PULLREQUEST_SOURCECOMMITID"),
                proposed: true,
                merge_commit: built,
                branch: env.get("SYSTEM_PULLREQUEST_SOURCEBRANCH").and_then(branch_of),
                target_branch: env.get("SYSTEM_PULLREQUEST_TARGETBRANCH").and_then(branch_of),
                source_repository: source,
                // It is also `False` if there is no pull request, as in a run that somebody starts for its branch.
                fork: yes_or_no(env, "SYSTEM_PULLREQUEST_ISFORK").filter(|fork| *fork || for_a_change),
                ..common
            }
        } else {
            Context {
                commit: built.filter(|_| !follows_a_change),
                proposed: follows_a_change,
                branch: branch_of(reference).filter(|name| !name.is_empty()),
                tag: tag_of(reference),
                ..common
            }
        }
        .settled()
    }

    fn origin(&self, env: &Env) -> Origin {
        let forge = match env.get("BUILD_REPOSITORY_PROVIDER") {
            Some("TfsGit") => Some("azure-repos"),
            Some("GitHub" | "GitHubEnterprise") => Some("github"),
            Some("Bitbucket") => Some("bitbucket"),
            _ => None,
        };
        let own = forge == Some("azure-repos");
        let collection =
            text(env, "SYSTEM_COLLECTIONURI").or_else(|| text(env, "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"));
        Origin {
            forge,
            remote: text(env, "BUILD_REPOSITORY_URI"),
            api: collection.filter(|_| own),
            token: own_token(env, &JOB_TOKEN).filter(|_| own),
            forge_token_input: Some("forgeToken"),
            run: number(env, "BUILD_BUILDID"),
            attempt: number(env, "SYSTEM_JOBATTEMPT"),
            // The checks of an environment are asked for before its stage:
            // https://learn.microsoft.com/azure/devops/pipelines/build/variables#system-variables
            gate: own
                .then(|| GateClue { run: text(env, "BUILD_BUILDID"), job: text(env, "SYSTEM_STAGENAME") }),
            ..Origin::default()
        }
    }

    fn identity_token(&self, env: &Env, _audience: &str) -> IdentityToken {
        // The audience is always `api://AzureADTokenExchange`. With a service connection the subject is that
        // connection, without one it is the pipeline.
        // https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create
        let token = JOB_TOKEN.into_iter().find(|name| env.get(name).is_some());
        let (Some(url), Some(bearer)) = (env.get("SYSTEM_OIDCREQUESTURI"), token) else {
            return IdentityToken::None {
                reason: "the job's token is not handed over: a script step needs `SYSTEM_ACCESSTOKEN: $(System.AccessToken)`",
            };
        };
        let url = with_parameter(url, "api-version", "7.1");
        let url = match env.get("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID") {
            Some(connection) => with_parameter(&url, "serviceConnectionId", connection),
            None => url,
        };
        IdentityToken::Request(TokenRequest {
            method: "POST",
            url,
            bearer,
            scheme: "Bearer ",
            answer: "oidcToken",
        })
    }

    fn step_input<'e>(&self, env: &'e Env, name: &str) -> Option<(String, &'e str)> {
        // The agent's rule: upper case, blanks and dots become underscores. `stackName` of a task is STACKNAME.
        // https://github.com/microsoft/azure-pipelines-task-lib/blob/master/node/internal.ts
        let plain = name.replace([' ', '.'], "_").to_uppercase();
        [format!("INPUT_{plain}"), format!("INPUT_{}", plain.replace('-', ""))]
            .into_iter()
            .find_map(|variable| env.get(&variable).map(|value| (variable, value)))
    }

    /// SIGINT, SIGTERM after 7.5 s, SIGKILL 2.5 s later, unless variables of the pipeline say otherwise:
    /// <https://github.com/microsoft/azure-pipelines-agent/blob/master/src/Agent.Sdk/Knob/AgentKnobs.cs>
    fn grace_period(&self, env: &Env) -> Duration {
        let told = |name, usual| Duration::from_millis(number(env, name).unwrap_or(usual));
        let (first, second) = (told("PROCESS_SIGINT_TIMEOUT", 7500), told("PROCESS_SIGTERM_TIMEOUT", 2500));
        share_of(first.saturating_add(second))
    }

    fn variables(&self) -> SystemVariables {
        SystemVariables {
            secret: &["SYSTEM_ACCESSTOKEN"],
            is_secret_too: is_a_tasks_secret,
            // Variables for the task itself: its service connections, every secret variable, its inputs, and the values
            // for its post step.
            kept_from_engine: &[
                "ENDPOINT_AUTH_",
                "SECRET_",
                "SECUREFILE_TICKET_",
                "INPUT_",
                "VSTS_TASKVARIABLE_",
                "VSTS_SECRET_VARIABLES",
            ],
            ..SystemVariables::NONE
        }
    }

    fn folders(&self) -> JobFolders {
        JobFolders {
            workspaces: |env| {
                named_folders(
                    env,
                    &[
                        "BUILD_SOURCESDIRECTORY",
                        "BUILD_REPOSITORY_LOCALPATH",
                        "SYSTEM_DEFAULTWORKINGDIRECTORY",
                    ],
                )
            },
            temporary: |env| env.get("AGENT_TEMPDIRECTORY").map(PathBuf::from),
            ..JobFolders::UNKNOWN
        }
    }

    fn log(&self) -> LogFormat {
        LogFormat {
            open_group: |title, _| format!("##[group]{}\n", one_line(title)),
            close_group: |_| "##[endgroup]\n".to_owned(),
            mask: |line| format!("##vso[task.setsecret]{}\n", data(line)),
            commands: LogCommands::BrokenUp(hash_commands),
            annotation,
            shows_annotations: true,
            // https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands#complete-finish-timeline
            passed_with_issues: Some(
                "##vso[task.complete result=SucceededWithIssues]the report is not whole\n",
            ),
            ..LogFormat::PLAIN
        }
    }

    fn handover(&self) -> Handover {
        Handover {
            outputs: OutputsWay::Commands {
                open: |outputs| set_variables(outputs, "isOutput=true"),
                secret: |outputs| set_variables(outputs, "isSecret=true;isOutput=true"),
            },
            rules: OutputRules {
                refuses_name,
                names_ignore_case: true,
                value_bytes: OUTPUT_BYTES,
                refuses_secret_value,
                ..OutputRules::NONE
            },
            environment: StepEnvironment {
                delivery: |_, variables, _| {
                    Some(Delivery::Commands(variables.iter().map(set_variable).collect()))
                },
                refuses: refuses_variable,
                names_ignore_case: true,
            },
            post_step: |env, state, _| {
                let to_a_file = || to_state_file(env, state).map(Delivery::Append);
                set_task_variables(env, state).map(Delivery::Commands).or_else(to_a_file)
            },
            path: |_, folder| Some(Delivery::Commands(format!("##vso[task.prependpath]{}\n", data(folder)))),
            // https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands#uploadsummary-add-some-markdown-content-to-the-build-summary
            summary: |env| Some((summary_page(env)?, SUMMARY_BYTES)),
            summary_command: |page| {
                format!("##vso[task.uploadsummary]{}\n", data(&page.display().to_string()))
            },
            ..Handover::FILES_ONLY
        }
    }

    fn advice(&self) -> Advice {
        Advice {
            // https://learn.microsoft.com/azure/devops/pipelines/security/repos#forks
            maintainers_way: |_| {
                "a maintainer who has read the change can push its commits to a branch of this repository; builds of forks \
                 get no secrets, and `/azp run` does not change that"
                    .to_owned()
            },
            withheld_secrets: |_, context| Some(withheld_secrets(context)),
            ..Advice::GENERAL
        }
    }
}

fn is_a_tasks_secret(variable: &str) -> bool {
    let parameter = variable
        .strip_prefix("ENDPOINT_AUTH_PARAMETER_")
        .and_then(|rest| rest.rsplit_once('_'))
        .is_some_and(|(_, parameter)| SECRET_PARAMETERS.contains(&parameter));
    parameter || variable.starts_with("SECRET_") || variable.starts_with("SECUREFILE_TICKET_")
}

fn withheld_secrets(context: &Context) -> &'static str {
    if context.fork == Some(true) {
        "builds of forks get no secrets unless the pipeline makes them available \
         (https://learn.microsoft.com/azure/devops/pipelines/security/repos#forks)"
    } else {
        "a secret variable reaches a script only when it is mapped under `env:`, and those of a variable group only \
         when `variables:` names the group \
         (https://learn.microsoft.com/azure/devops/pipelines/process/set-secret-variables)"
    }
}

/// <https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands#logissue-log-an-error-or-warning>
fn annotation(annotation: &Annotation<'_>) -> String {
    let Annotation { level, title, message, place } = annotation;
    let text = if message.is_empty() { (*title).to_owned() } else { format!("{title}: {message}") };
    let place = place.map_or_else(String::new, |place| {
        let column = place.column.map_or_else(String::new, |column| format!("columnnumber={column};"));
        format!(";sourcepath={};linenumber={};{column}", property(&place.file), place.line)
    });
    match level {
        // Azure has no kind of issue below a warning.
        Level::Notice => format!("{}\n", one_line(&text).replace("##", "# #")),
        _ => format!("##vso[task.logissue type={}{place}]{}\n", level.word(), data(&text)),
    }
}

fn refuses_name(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    if name.is_empty() {
        Some("it is empty")
    } else if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
        Some("it has something else than letters, digits, `.`, `_` and `-` in it")
    } else if RESERVED.iter().any(|start| lower.starts_with(start)) {
        Some("it begins with a word that the system keeps for itself")
    } else {
        None
    }
}

/// <https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands#setvariable-initialize-or-modify-the-value-of-a-variable>
fn set_variable(StepVariable { name, value, is_secret }: &StepVariable) -> String {
    let how = if *is_secret { ";issecret=true" } else { "" };
    format!("##vso[task.setvariable variable={}{how}]{}\n", property(name), data(value.expose()))
}

fn refuses_variable(variable: &StepVariable) -> Option<&'static str> {
    let value = variable.value.expose();
    refuses_name(&variable.name)
        .or_else(|| refuses_secret_value(value).filter(|_| variable.is_secret))
        .or_else(|| (value.len() > OUTPUT_BYTES).then_some("its value is too long for a variable"))
}

fn refuses_secret_value(value: &str) -> Option<&'static str> {
    // https://learn.microsoft.com/azure/devops/pipelines/process/set-secret-variables
    value.contains(['\r', '\n']).then_some("a secret variable can't have several lines")
}

/// The path of this step's summary page.
fn summary_page(env: &Env) -> Option<PathBuf> {
    let folder = env.get("AGENT_TEMPDIRECTORY")?;
    // A page for each step: a later step that wrote on the same page would show this one's report again. The file's
    // name is the heading.
    let step = env.get("SYSTEM_TASKINSTANCEID").unwrap_or("step");
    let title = file_name(env.get("SYSTEM_TASKDISPLAYNAME").unwrap_or_default());
    Some(Path::new(folder).join("stackstep").join(file_name(step)).join(format!("{title}.md")))
}

fn set_task_variables(env: &Env, state: &[Output]) -> Option<String> {
    // Only a task has a post step, and a script's environment has no connection to the server.
    env.get("ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION")?;
    // https://github.com/microsoft/azure-pipelines-agent/blob/master/src/Agent.Worker/TaskCommandExtension.cs
    let lines = state.iter().map(|Output { name, value }| {
        format!("##vso[task.settaskvariable variable={}]{}\n", property(name), data(value))
    });
    Some(lines.collect())
}

/// Whether the run was started by the end of another run that may have been a pull request's. Then it has this
/// pipeline's own permissions, and can use results of that other run. A run of branches and tags was none.
/// <https://learn.microsoft.com/azure/devops/pipelines/process/resources#pipeline-resource-metadata-as-predefined-variables>
fn follows_a_change(env: &Env) -> bool {
    let mut sources = env
        .iter()
        .filter(|(name, _)| name.starts_with("RESOURCES_PIPELINE_") && name.ends_with("_SOURCEBRANCH"))
        .map(|(_, value)| value)
        .peekable();
    match env.get("BUILD_REASON") {
        Some("ResourceTrigger") => {
            sources.peek().is_none()
                || sources
                    .any(|branch| !["refs/heads/", "refs/tags/"].iter().any(|own| branch.starts_with(own)))
        }
        // Only the number of the run before is known.
        Some("BuildCompletion") => true,
        _ => false,
    }
}

fn set_variables(outputs: &[Output], how: &str) -> String {
    outputs.iter().fold(String::new(), |mut lines, Output { name, value }| {
        lines.push_str(&format!(
            "##vso[task.setvariable variable={};{how}]{}\n",
            property(name),
            data(value)
        ));
        lines
    })
}

/// `text` as the name of a file on any system; never empty.
fn file_name(text: &str) -> String {
    let fine = |c: char| if c.is_alphanumeric() || " -_()".contains(c) { c } else { '-' };
    let name: String = text.trim().chars().take(80).map(fine).collect();
    if name.is_empty() { "stackstep".to_owned() } else { name }
}

/// The repository: `owner/name` on GitHub, `project/name` on Azure Repos, where the variable has the name alone.
fn repository(env: &Env, github: bool) -> Option<String> {
    let name = env.get("BUILD_REPOSITORY_NAME")?;
    match env.get("SYSTEM_TEAMPROJECT") {
        Some(project) if !github && !name.contains('/') => Some(format!("{project}/{name}")),
        _ => Some(name.to_owned()),
    }
}

fn build_url(env: &Env) -> Option<String> {
    let collection =
        env.get("SYSTEM_COLLECTIONURI").or_else(|| env.get("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"))?;
    let project = percent_encoded(env.get("SYSTEM_TEAMPROJECT")?);
    let build = env.get("BUILD_BUILDID")?;
    Some(format!("{}/{project}/_build/results?buildId={build}", collection.trim_end_matches('/')))
}

/// Escapes the text of a command.
/// <https://github.com/microsoft/azure-pipelines-task-lib/blob/master/node/taskcommand.ts>
fn data(text: &str) -> String {
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a command.
fn property(text: &str) -> String {
    data(text).replace(']', "%5D").replace(';', "%3B")
}

#[cfg(test)]
mod tests;
