//! Ways out that fit one failure text better than its reason's general one. They stand instead of it, and instead of
//! what the CI system knows of the reason: a passphrase that is wrong is not one that the job was not given.

use super::classify::Evidence;
use super::facts::Ending;
use super::rules::is_provider_gone;
use crate::base::reason::Reason;

/// A way out, for messages of one reason that have all of the pieces, written in lower case.
struct Hint {
    reason: Reason,
    all: &'static [&'static str],
    way_out: &'static str,
}

const fn hint(reason: Reason, all: &'static [&'static str], way_out: &'static str) -> Hint {
    Hint { reason, all, way_out }
}

const NO_REGION: &str = "set `AWS_REGION`, or end the backend's URL with `?region=…`";
const NO_BUCKET: &str = "the bucket is not there, or not under this name: check the backend's URL and the account that \
                         the credentials belong to";
const CLOUD: &str = "check that the job has the cloud provider's own credentials, that they have not expired, and what \
                     they may do";
/// What to do about a state whose last write was cut off. The copy is the CLI's own:
/// <https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/state.go>
pub const STATE_CUT_OFF: &str = "the file of the stack's state is cut off, as an engine was killed while it wrote it: copy \
                                 the file of the same name with `.bak` at its end over it, then run `refresh`; what was \
                                 done since that copy is not in it";

/// What to do where the attributes of a state in a folder were cut off. They are written beside it, and the state is read
/// without them: <https://pkg.go.dev/gocloud.dev/blob/fileblob>
pub const ATTRIBUTES_CUT_OFF: &str = "an engine was killed while it wrote the stack's state: the file beside it with `.attrs` \
                                      at the end of its name is empty; remove that file, it holds no state, then run \
                                      `refresh`";
const TOO_OLD: &str = "what runs the program is too old for its packages: use a newer version of Node.js, Python, Go, \
                       .NET or Java in this job";

use Reason as R;

#[rustfmt::skip]
const HINTS: &[Hint] = &[
    hint(R::Config, &["pulumi_sandbox_faults: "], "the variable `PULUMI_SANDBOX_FAULTS` says what is to go wrong in the sandbox: fix it, or remove it"),
    hint(R::Config, &["not specified in --target list"], "name that resource in `target` too, or set `target-dependents: true`"),
    hint(R::Config, &["target '", "could not be found in the stack"], "`target` takes the URNs of resources; a pattern such as `**::network` finds one by its name"),
    hint(R::Config, &["organization name must be 'organization'"], "a self-managed backend has no organisations, and a `/` separates one from the stack's name: write only the name, such as `stack: dev`"),
    hint(R::Config, &["--config is not supported on stacks with an esc-managed environment"], "this stack keeps its configuration in an ESC environment: leave `config` out, and set each value there with `pulumi config set`"),
    hint(R::Config, &["--config-file is not supported on stacks with an esc-managed environment"], "this stack keeps its configuration in an ESC environment: leave `config-file` out"),
    hint(R::Backend, &["unable to open bucket \"", "bucketname is required"], "write the backend's URL in full, such as `s3://my-bucket`"),
    hint(R::Backend, &["unable to open state directory"], "the folder is not there: make it in a step before this one, and name it from the root on (`file:///…`)"),
    hint(R::Backend, &["region was not a valid dns name"], NO_REGION),
    hint(R::Backend, &["could not find region configuration"], NO_REGION),
    hint(R::Backend, &["nosuchbucket"], NO_BUCKET),
    hint(R::Backend, &["containernotfound"], NO_BUCKET),
    hint(R::Backend, &["specified bucket does not exist"], NO_BUCKET),
    hint(R::Backend, &["failed to load checkpoint: eof"], ATTRIBUTES_CUT_OFF),
    hint(R::Backend, &["failed to load checkpoint: ", "unexpected end of json"], STATE_CUT_OFF),
    hint(R::Backend, &["x509: "], "the job does not trust the server's certificate: name the file of your certificate authority in `SSL_CERT_FILE`"),
    hint(R::Backend, &["[429] "], "the backend limits how often it is asked: run this job again later, or fewer at once"),
    hint(R::Backend, &["error 429"], "the backend limits how often it is asked: run this job again later, or fewer at once"),
    hint(R::Backend, &["unknown userid"], "the CLI wants to know its user: run the job as one that `/etc/passwd` of the image has"),
    hint(R::Secrets, &["incorrect passphrase"], "there is a passphrase, and it is not the one that this stack's secrets were encrypted with"),
    hint(R::Secrets, &["message authentication failed"], "a secret was encrypted for another stack or with another passphrase: set it again in this stack (`pulumi config set --secret`)"),
    hint(R::EngineTooOld, &["unsupported checkpoint version"], "the state was written by a newer version of the Pulumi CLI: use that one, or a newer one"),
    hint(R::EngineTooOld, &["deployment version is too new"], "the state was written by a newer version of the Pulumi CLI: use that one, or a newer one"),
    hint(R::Engine, &["no space left on device"], "the disk of the job's machine is full: free some of it before this step, or use a larger machine"),
    hint(R::Engine, &["could not find provider urn:pulumi:"], "the stack's state names a provider that is not in it: `pulumi state repair` can put it right"),
    hint(R::Engine, &["refers to unknown provider"], "the stack's state names a provider that is not in it: `pulumi state repair` can put it right"),
    hint(R::Program, &["heap out of memory"], "the program needs more memory than Node.js gives it: set `NODE_OPTIONS=--max-old-space-size=4096` for this step, or use a larger machine"),
    hint(R::Program, &["err_require_esm"], "the program is an ES module, and something reads it as CommonJS: see https://www.pulumi.com/docs/iac/languages-sdks/javascript/ for `\"type\": \"module\"`"),
    hint(R::Program, &["failed to discover p", "requirements"], "the program could not be built or read: the lines above in the job's log say why"),
    hint(R::Config, &["no previous deployment"], "nothing was deployed to this stack yet: run `up` first"),
    hint(R::Plugin, &["rate limit exceeded"], "GitHub limits downloads without a token: set `plugin-token`, or install the plugin in a step before this one"),
    hint(R::Plugin, &["exec format error"], "the plugin was built for another kind of machine: remove it from the cache (`pulumi plugin rm`), and install it on this machine"),
    hint(R::Policy, &["failed to run policy"], "the policy pack's own code failed: fix it where the message points to"),
    hint(R::Dependencies, &["tracingchannel) is not a function"], TOO_OLD),
    hint(R::Dependencies, &["requires go >= "], TOO_OLD),
    hint(R::Dependencies, &["you must install or update .net"], TOO_OLD),
    hint(R::Dependencies, &["error netsdk1045"], TOO_OLD),
    hint(R::Dependencies, &["unsupportedclassversionerror"], TOO_OLD),
    hint(R::Auth, &["is not authorized to perform: "], CLOUD),
    hint(R::Auth, &["api error accessdenied"], CLOUD),
    hint(R::Auth, &["unauthorizedoperation"], CLOUD),
    hint(R::Auth, &["no valid credential sources"], CLOUD),
    hint(R::Auth, &["unable to validate aws "], CLOUD),
    hint(R::Auth, &["authorizationfailed"], CLOUD),
    hint(R::Auth, &["could not find default credentials"], CLOUD),
    hint(R::Auth, &["googleapi: error 40"], CLOUD),
];

/// The way out where a provider's process is gone.
const GONE: &str = "a provider's process ended before it answered: it crashed, was out of memory, or was stopped with the \
                    job; look at the provider what became of the resource, and run `refresh` before the next update";

/// The way out after a killed engine, which may have left its lock. A preview holds none.
const KILLED: &str = "if the stack is still locked and no other run is at work, `pulumi cancel` releases the lock; then run \
                      `refresh` and this job again, with more memory where the engine was out of it";

/// The way out after the CLI's exit status 10.
const AWAITED: &str =
    "an operation at a provider goes on and was not waited for: run this job again when it has ended";

/// The way out after a cancelled run that ended well.
const ENDED_WELL: &str =
    "all that was begun was finished: run the job again for the rest, when it was not meant to be stopped";

/// The way out after a cancelled run without a step.
const NOTHING_BEGUN: &str = "no resource had been begun, as far as the engine's log shows: run the job again when it was not \
                             meant to be stopped";

/// The way out that fits how the engine ended and what it left unfinished, where there is one.
pub(super) fn of_state(evidence: &Evidence<'_>, reason: Reason) -> Option<String> {
    let looks = evidence.facts.command.only_looks(evidence.facts.preview_only);
    let killed = matches!(evidence.facts.ending, Ending::Signalled(_));
    match reason {
        Reason::Engine if killed && !looks => Some(KILLED.to_owned()),
        Reason::Provider if matches!(evidence.facts.ending, Ending::Exited(10)) => Some(AWAITED.to_owned()),
        Reason::Cancelled if !looks && evidence.steps.is_empty() => Some(NOTHING_BEGUN.to_owned()),
        Reason::Cancelled if !looks && evidence.ended_well() => Some(ENDED_WELL.to_owned()),
        _ => None,
    }
}

/// The way out that fits `message`, where there is one.
pub(super) fn of_words(reason: Reason, message: &str) -> Option<String> {
    if reason == Reason::Provider && is_provider_gone(message) {
        return Some(GONE.to_owned());
    }
    let text = message.to_lowercase();
    let fits = |hint: &&Hint| hint.reason == reason && hint.all.iter().all(|piece| text.contains(piece));
    HINTS.iter().find(fits).map(|hint| hint.way_out.to_owned()).or_else(|| match reason {
        Reason::Config => variable(message),
        Reason::Dependencies => program(message),
        Reason::Plugin => runtime(message),
        _ => None,
    })
}

/// What stands in `text` between two pieces, and is a plain name.
fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    let (name, _) = rest.split_once(after)?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.:/".contains(letter);
    (!name.is_empty() && name.len() < 200 && name.chars().all(plain)).then_some(name)
}

/// The variable that the program asks for.
fn variable(message: &str) -> Option<String> {
    let name = between(message, "issing required configuration variable '", "'")?;
    Some(format!("set `{name}` in the stack's file, or with the input `config` (`{name}: …`)"))
}

/// A program that the engine looked for.
fn program(message: &str) -> Option<String> {
    let name = between(message, "could not find ", " on the $PATH")
        .or_else(|| between(message, "ould not find `", "` on the $PATH"))?;
    Some(format!("`{name}` is not on the PATH: install it in a step before this one"))
}

/// The runtimes that the CLI comes with.
/// <https://www.pulumi.com/docs/iac/concepts/projects/project-file/#runtime-options>
const RUNTIMES: &[&str] = &["nodejs", "python", "go", "dotnet", "java", "yaml", "bun", "hcl", "pcl"];

/// Names that people give them.
const NICKNAMES: &[(&str, &str)] = &[
    ("yml", "yaml"),
    ("node", "nodejs"),
    ("javascript", "nodejs"),
    ("typescript", "nodejs"),
    ("ts", "nodejs"),
    ("js", "nodejs"),
    ("python3", "python"),
    ("py", "python"),
    ("golang", "go"),
    ("csharp", "dotnet"),
    (".net", "dotnet"),
    ("kotlin", "java"),
];

/// A runtime that is none.
fn runtime(message: &str) -> Option<String> {
    let name = between(message, "no language plugin 'pulumi-language-", "'")?;
    if RUNTIMES.contains(&name) {
        return None;
    }
    let meant = NICKNAMES.iter().find(|(nickname, _)| nickname.eq_ignore_ascii_case(name));
    Some(match meant {
        Some((_, meant)) => {
            format!("`runtime: {name}` in `Pulumi.yaml` is not a runtime: did you mean `{meant}`?")
        }
        None => format!(
            "`runtime: {name}` in `Pulumi.yaml` is not one that the CLI comes with ({}): check the name, or install its \
             plugin in a step before this one",
            RUNTIMES.join(", ")
        ),
    })
}
