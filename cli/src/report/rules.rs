//! The table of failure texts: pieces that all have to be there. The first rule that fits decides, so that
//! what is special stands before what is general.
//!
//! Pieces are written in lower case; one with `^` stands at the beginning of a line. `tests/fixtures/failures` has the texts that the table is held to.

use super::place;
use crate::base::reason::Reason;

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// The engine, on its standard error.
    Stderr,
    /// The engine or the program, as an error that belongs to no resource.
    Error,
    /// A resource's provider.
    Resource,
    /// The program, on its own standard output or error.
    Program,
}

/// Whose words a rule is about.
#[derive(Debug, Clone, Copy)]
enum Who {
    /// Anybody's.
    All,
    /// The engine's own: about the backend, the stack, the process.
    Engine,
    /// Anybody's but the program's, which writes all sorts of things to its output.
    Errors,
}

impl Who {
    fn covers(self, voice: Voice) -> bool {
        match self {
            Self::All => true,
            Self::Engine => matches!(voice, Voice::Stderr | Voice::Error),
            Self::Errors => voice != Voice::Program,
        }
    }
}

/// `all` pieces, and none of `but`.
struct Rule {
    reason: Reason,
    who: Who,
    all: &'static [&'static str],
    but: &'static [&'static str],
}

impl Rule {
    /// Whether the rule is about `text`, which is in lower case.
    fn fits(&self, text: &str) -> bool {
        let begins =
            |line: &str, piece: &str| line.trim_start().trim_start_matches("error: ").starts_with(piece);
        let has = |piece: &&str| match piece.strip_prefix('^') {
            Some(beginning) => text.lines().any(|line| begins(line, beginning)),
            None => text.contains(*piece),
        };
        self.all.iter().all(has) && !self.but.iter().any(has)
    }
}

const fn rule(reason: Reason, who: Who, all: &'static [&'static str]) -> Rule {
    Rule { reason, who, all, but: &[] }
}

const fn except(
    reason: Reason,
    who: Who,
    all: &'static [&'static str],
    but: &'static [&'static str],
) -> Rule {
    Rule { reason, who, all, but }
}

use Reason as R;
use Who::{All, Engine, Errors};

#[rustfmt::skip]
const RULES: &[Rule] = &[
    // The engine's own words, which nobody else uses.
    rule(R::Lock, Engine, &["the stack is currently locked by"]),
    rule(R::Lock, Engine, &["[409]", "another update is currently in progress"]),
    rule(R::StackNotFound, Engine, &["no stack named '", "' found"]),
    rule(R::PendingOperations, Engine, &["the current deployment has", "with pending operations"]),
    rule(R::PendingOperations, Engine, &["in an unknown state because the pulumi cli was interrupted"]),
    rule(R::Plan, Errors, &["urn:pulumi:", " violates plan"]),
    rule(R::Plan, Errors, &["not allowed by the plan"]),
    rule(R::Protected, Errors, &["cannot be deleted", "because it is protected"]),
    rule(R::Protected, Errors, &["as it is currently marked for protection"]),
    rule(R::Protected, Errors, &["refusing to delete protected resource"]),
    rule(R::Cancelled, Engine, &["^update cancel"]),
    rule(R::Cancelled, Engine, &["^preview cancel"]),
    rule(R::Cancelled, Engine, &["^destroy cancel"]),
    rule(R::Cancelled, Engine, &["^refresh cancel"]),
    rule(R::ChangesUnexpected, Engine, &["no changes were expected", "but changes were proposed"]),
    rule(R::ChangesUnexpected, Engine, &["no changes were expected but changes occurred"]),
    rule(R::EngineTooOld, Errors, &["pulumi cli version", "does not satisfy the version range"]),
    rule(R::EngineTooOld, Errors, &["pulumi cli version >=", "is required"]),
    rule(R::EngineTooOld, Engine, &["is newer than what this version of the pulumi cli understands"]),
    rule(R::EngineTooOld, Engine, &["unsupported checkpoint version"]),
    rule(R::EngineTooOld, Engine, &["this stack's deployment version is too new"]),
    rule(R::EngineTooOld, Engine, &["^unknown flag: -"]),
    rule(R::EngineTooOld, Engine, &["^unknown shorthand flag"]),
    rule(R::EngineTooOld, Engine, &["^unknown command "]),
    rule(R::Engine, Engine, &["the pulumi cli encountered a fatal error"]),
    rule(R::Engine, Engine, &["snapshot integrity error"]),
    rule(R::Engine, Engine, &["snapshot integrity failure"]),
    rule(R::Engine, Errors, &["could not find provider urn:pulumi:"]),
    rule(R::Engine, Errors, &[" refers to unknown provider "]),
    rule(R::Engine, Engine, &["panic: ", "goroutine "]),
    rule(R::Engine, Engine, &["^panic in goroutine: "]),
    rule(R::Engine, All, &["no space left on device"]),
    rule(R::Config, Engine, &["^pulumi_sandbox_faults: "]),
    // What `target`, `exclude` and `replace` name. The engine says it at the resource that it is about.
    rule(R::Config, Errors, &["not specified in --target list"]),
    rule(R::Config, Errors, &["cannot delete parent resource '", "without also deleting child '"]),
    rule(R::Config, Errors, &["^target '", "could not be found in the stack"]),
    rule(R::Config, Errors, &["one or more targets could not be found in the stack"]),
    rule(R::Config, Errors, &[" of untargeted resource ", " has no old state"]),
    rule(R::Config, Engine, &["^no resource named '", "' found"]),
    rule(R::Config, Engine, &["^targets specified, but snapshot was nil"]),
    rule(R::StackNotFound, Engine, &["[404] not found: stack"]),
    rule(R::StackNotFound, Engine, &["^unknown stack \""]),
    // A policy pack's own code.
    rule(R::Policy, Errors, &["^failed to run policy: "]),
    rule(R::Policy, Errors, &["error validating resource with policy '"]),
    rule(R::Policy, Errors, &["error validating stack with policy '"]),
    rule(R::Policy, Errors, &["error remediating resource with policy '"]),
    // A plugin that can't be read for want of its own dependencies.
    rule(R::Dependencies, All, &["the pulumi sdk has not been installed"]),
    // Plugins: what they could not fetch is no question of credentials, whatever the server answered.
    rule(R::Plugin, Engine, &["could not start policy pack "]),
    rule(R::Plugin, Engine, &["policy pack ", " failed to start"]),
    rule(R::Plugin, Engine, &["no analyzer plugin '"]),
    rule(R::Provider, Errors, &["provider panic (provider="]),
    rule(R::Plugin, All, &["no resource plugin '", "found in the workspace or on your $path"]),
    rule(R::Plugin, All, &["no language plugin '", "found in the workspace or on your $path"]),
    rule(R::Plugin, All, &["no resource plugin '", "found in the workspace at version "]),
    rule(R::Plugin, Errors, &["could not automatically download and install", "plugin"]),
    rule(R::Plugin, Errors, &["http error fetching plugin"]),
    rule(R::Plugin, Errors, &["error downloading plugin"]),
    rule(R::Plugin, All, &["could not find latest version for provider"]),
    rule(R::Plugin, All, &["internal error loading package "]),
    rule(R::Plugin, Engine, &["could not read plugin ["]),
    rule(R::Plugin, Errors, &["could not load plugin for "]),
    rule(R::Plugin, Errors, &["could not find plugin for provider"]),
    rule(R::Plugin, Errors, &["(resource) plugin ["]),
    rule(R::Plugin, Errors, &["failed to load language plugin"]),
    rule(R::Plugin, Errors, &["failed to launch language host"]),
    rule(R::Plugin, Errors, &["did not begin responding to rpc connections"]),
    rule(R::Plugin, Errors, &["failed to init grpc to register rpc handlers"]),
    rule(R::Plugin, Engine, &["failed to download plugin"]),
    rule(R::Plugin, Engine, &["error installing provider "]),
    rule(R::Plugin, Engine, &["installing plugin; run `pulumi plugin install"]),
    rule(R::Plugin, Engine, &["could not get latest version for plugin"]),
    rule(R::Plugin, Engine, &["github rate limit exceeded"]),
    rule(R::Plugin, All, &["exec format error"]),
    rule(R::Plugin, All, &["flag provided but not defined: -", "usage of ", "pulumi-language-"]),
    // Secrets before the configuration that holds them, and before credentials: a key that may not be used is about
    // the stack's secrets.
    rule(R::Secrets, Engine, &["message authentication failed"]),
    // What can't be read is configuration, whoever wanted to read it.
    rule(R::Config, Engine, &["secrets manager: yaml: "]),
    rule(R::Config, Engine, &["invalid yaml file: "]),
    rule(R::Config, Engine, &["could not validate '", "pulumi.yaml'"]),
    rule(R::Config, Engine, &["^validating stack config"]),
    rule(R::Secrets, All, &["pulumi_config_passphrase"]),
    rule(R::Secrets, Engine, &["incorrect passphrase"]),
    rule(R::Secrets, Engine, &["secrets manager", "decrypt"]),
    rule(R::Secrets, Engine, &["failed to decrypt"]),
    rule(R::Secrets, Engine, &["secrets (code="]),
    rule(R::Secrets, Engine, &["constructing secrets manager of type"]),
    rule(R::Secrets, Engine, &["could not create secrets manager"]),
    // The backend's credentials.
    rule(R::Auth, Engine, &["pulumi_access_token must be set"]),
    rule(R::Auth, Engine, &["this command requires logging in"]),
    rule(R::Auth, Engine, &["^[401]"]),
    rule(R::Auth, Engine, &["[401] unauthorized"]),
    rule(R::Auth, Engine, &["invalid access token"]),
    rule(R::Auth, Engine, &["unmarshalling credentials file"]),
    rule(R::Auth, Engine, &["^credentials helper ", " failed: "]),
    rule(R::Auth, Engine, &["blob (", "accessdenied"]),
    rule(R::Auth, Engine, &["blob (", "invalidaccesskeyid"]),
    rule(R::Auth, Engine, &["blob (", "expiredtoken"]),
    rule(R::Auth, Engine, &["blob (", "error 403"]),
    rule(R::Auth, Engine, &["blob (", "response 403"]),
    rule(R::Auth, Engine, &["blob (", "code=permissiondenied"]),
    rule(R::Auth, Engine, &["blob (", "invalidauthenticationinfo"]),
    rule(R::Auth, Engine, &["blob (", "authenticationfailed"]),
    rule(R::Auth, Engine, &["blob (", "authorizationpermissionmismatch"]),
    rule(R::Auth, Engine, &["blob (", "signaturedoesnotmatch"]),
    rule(R::Auth, Engine, &["[403] forbidden"]),
    rule(R::Auth, Engine, &["unauthorized: no credentials provided"]),
    rule(R::Auth, Engine, &["oidc token exchange failed"]),
    rule(R::Auth, Engine, &["^credentials file '"]),
    // A cloud's credentials.
    rule(R::Auth, Errors, &["no valid credential sources"]),
    rule(R::Auth, Errors, &["no valid providers in chain"]),
    rule(R::Auth, Errors, &["unable to validate aws accesskeyid"]),
    rule(R::Auth, Errors, &["unable to validate aws credentials"]),
    rule(R::Auth, Errors, &["iam role (", ") cannot be assumed"]),
    rule(R::Auth, Errors, &["has a problem: invalid credentials configured"]),
    rule(R::Auth, Errors, &["the security token included in the request is"]),
    rule(R::Auth, Errors, &["failed to refresh cached credentials"]),
    rule(R::Auth, Errors, &["invalidclienttokenid"]),
    rule(R::Auth, Errors, &["signaturedoesnotmatch"]),
    rule(R::Auth, Errors, &["expiredtoken"]),
    rule(R::Auth, Errors, &["is not authorized to perform: "]),
    rule(R::Auth, Errors, &["unauthorizedoperation"]),
    except(R::Auth, Errors, &["statuscode: 403", "api error accessdenied"], &["block"]),
    rule(R::Auth, Errors, &["accessdeniedexception", "status code: 403"]),
    rule(R::Auth, Errors, &["accessdeniedexception", "is not authorized"]),
    rule(R::Auth, Errors, &["expiredtokenexception"]),
    rule(R::Auth, Errors, &["failed to retrieve credentials"]),
    rule(R::Auth, Errors, &["requires a quota project, which is not set by default"]),
    rule(R::Auth, Errors, &["no authorization tokens were found"]),
    rule(R::Auth, Errors, &["re-authenticate using `az login`"]),
    rule(R::Auth, Errors, &["please run 'az login'"]),
    rule(R::Auth, Errors, &["aadsts"]),
    rule(R::Auth, Errors, &["authorizationfailed", "does not have authorization to perform action"]),
    rule(R::Auth, Errors, &["authorization failed for", "does not have permission to perform action"]),
    rule(R::Auth, Errors, &["could not find default credentials"]),
    rule(R::Auth, Errors, &["googleapi: error 401"]),
    rule(R::Auth, Errors, &["googleapi: error 403", "permission"]),
    rule(R::Auth, Errors, &["the server has asked for the client to provide credentials"]),
    rule(R::Auth, Errors, &["401 api error: unauthorized"]),
    // Configuration.
    rule(R::Config, All, &["missing required configuration variable"]),
    rule(R::Config, Errors, &["missing required configuration key"]),
    rule(R::Config, All, &["configuration '", "' value '", "' is not a "]),
    rule(R::Config, All, &["configuration '", "' value '", "' is outside of the legal range"]),
    rule(R::Config, All, &["configuration '", "' value '", "' does not match the regular expression"]),
    rule(R::Config, All, &["unable to parse required configuration variable '"]),
    rule(R::Config, Engine, &["^organization name must be 'organization'"]),
    rule(R::Config, Engine, &["^backend ", "does not support environments"]),
    rule(R::Config, Engine, &["is not supported on stacks with an esc-managed environment"]),
    rule(R::Config, Engine, &["failed to load pulumi policy project located at"]),
    rule(R::Config, Engine, &["^project 'main' could not be read: "]),
    rule(R::Config, Engine, &["^parsing plugin options for '"]),
    rule(R::Config, Engine, &["^invalid configuration key"]),
    rule(R::Config, Engine, &["stack names are limited to"]),
    rule(R::Config, Engine, &["a stack name may only contain"]),
    rule(R::Config, Engine, &["no pulumi.yaml project file found"]),
    rule(R::Config, Engine, &["^could not unmarshal '"]),
    rule(R::Config, Engine, &["[404] not found: organization"]),
    rule(R::Config, Errors, &["has a problem: missing region information"]),
    rule(R::Config, Engine, &["[404] not found: environment"]),
    rule(R::Config, Engine, &["^opening environment: "]),
    rule(R::Config, Engine, &["^preparing environment: "]),
    rule(R::Config, Engine, &["no stack selected"]),
    rule(R::Config, Engine, &["no stack name given"]),
    rule(R::Config, Engine, &["^no previous deployment"]),
    rule(R::Config, Engine, &["^no current project found"]),
    rule(R::Config, Engine, &["no project file found"]),
    rule(R::Config, Engine, &["no pulumi.yaml found"]),
    rule(R::Config, Engine, &["failed to locate pulumi.yaml"]),
    rule(R::Config, Engine, &["could not parse stack name"]),
    rule(R::Config, Engine, &["provided project name ", "doesn't match pulumi.yaml"]),
    rule(R::Config, Engine, &["project is missing a "]),
    rule(R::Config, Engine, &["^project name must "]),
    rule(R::Config, Engine, &["configuration key '", "' is not namespaced by the project"]),
    rule(R::Config, Engine, &["configuration key '", "' declares an array"]),
    rule(R::Config, Engine, &["the default value specified for configuration key"]),
    rule(R::Config, Engine, &["unknown secrets provider type"]),
    rule(R::Config, Engine, &["^a stack named ", " already exists"]),
    rule(R::Config, Engine, &["^stack '", "' already exists"]),
    rule(R::Config, Engine, &["diy url ", " has an illegal prefix"]),
    rule(R::Config, Engine, &["unknown backend cloudurl format"]),
    rule(R::Config, Engine, &["to proceed when running in non-interactive mode"]),
    rule(R::Config, Engine, &["in non-interactive mode"]),
    rule(R::Config, Engine, &["non-interactive mode requires "]),
    rule(R::Config, Engine, &[" cannot be used together"]),
    rule(R::Config, Engine, &["^cannot specify "]),
    rule(R::Config, Engine, &["^you cannot specify "]),
    rule(R::Config, Engine, &["must be specified with \"--"]),
    rule(R::Config, Engine, &["^invalid argument \""]),
    rule(R::Config, Engine, &["^accepts ", " arg(s), received "]),
    rule(R::Config, Engine, &["policy analyzer could not be loaded"]),
    rule(R::Config, Engine, &["failed to install policy pack"]),
    rule(R::Config, Engine, &["failed to download policy pack"]),
    rule(R::Config, Engine, &["configuring policy pack "]),
    // The backend itself.
    rule(R::Backend, Engine, &["^[500]"]),
    rule(R::Backend, Engine, &["^[502]"]),
    rule(R::Backend, Engine, &["^[503]"]),
    rule(R::Backend, Engine, &["^[504]"]),
    rule(R::Backend, Engine, &["[429] "]),
    rule(R::Backend, Engine, &["failed to save snapshot"]),
    rule(R::Backend, Engine, &["^could not deserialize deployment: [5"]),
    rule(R::Backend, Engine, &["^failed to complete update: ["]),
    rule(R::Backend, Engine, &["blob (key", "(code="]),
    rule(R::Backend, Engine, &["could not list bucket: "]),
    rule(R::Backend, Engine, &["blob (code="]),
    rule(R::Backend, Engine, &["failed to load checkpoint: "]),
    rule(R::Backend, Engine, &["unable to open state directory "]),
    rule(R::Backend, Engine, &["unable to open state database "]),
    rule(R::Backend, Engine, &["open ", "/.pulumi/locks/"]),
    rule(R::Backend, Engine, &["open ", "/.pulumi/stacks/"]),
    rule(R::Backend, Engine, &["user: unknown userid "]),
    rule(R::Backend, Engine, &["problem logging in: bucket", "is not accessible"]),
    rule(R::Backend, Engine, &["^bucket ", "://", "is not accessible"]),
    rule(R::Backend, Engine, &["unable to open bucket "]),
    rule(R::Backend, Engine, &["performing http request: "]),
    rule(R::Backend, Engine, &["an io error occurred while "]),
    rule(R::Backend, Engine, &["an io error occurred during "]),
    rule(R::Backend, Engine, &["could not query backend for stacks"]),
    rule(R::Backend, Engine, &["saving update info: "]),
    rule(R::Backend, Engine, &["renewing lease: "]),
    // The program's dependencies and what it is written in.
    rule(R::Dependencies, All, &["modulenotfounderror: no module named"]),
    except(R::Dependencies, All, &["cannot find module '"], &["cannot find module '.", "cannot find module '/"]),
    rule(R::Dependencies, Engine, &["doesn't appear to be a virtual environment"]),
    rule(R::Dependencies, Engine, &["installing dependencies:"]),
    rule(R::Dependencies, Engine, &["-m pip list", "exit status"]),
    rule(R::Dependencies, Errors, &["could not find ", " on the $path"]),
    rule(R::Dependencies, All, &["no required module provides package"]),
    rule(R::Dependencies, All, &["missing go.sum entry"]),
    rule(R::Dependencies, All, &["error nu1"]),
    rule(R::Dependencies, All, &["failed to load grpc binary module"]),
    rule(R::Dependencies, All, &["err_module_not_found", "cannot find package '"]),
    rule(R::Dependencies, All, &["go.mod file not found"]),
    rule(R::Dependencies, All, &["go: cannot find main module"]),
    rule(R::Dependencies, All, &["go: updates to go.mod needed"]),
    rule(R::Dependencies, All, &["cannot find module providing package"]),
    rule(R::Dependencies, All, &["externally-managed-environment"]),
    rule(R::Dependencies, All, &["importerror: cannot import name "]),
    rule(R::Dependencies, Errors, &["executable file not found in $path"]),
    rule(R::Dependencies, Errors, &["failed to find python"]),
    rule(R::Dependencies, All, &["is not yet implemented in bun"]),
    // What the program is run with is older than its packages ask for.
    rule(R::Dependencies, All, &["tracingchannel) is not a function"]),
    rule(R::Dependencies, All, &["go.mod requires go >= "]),
    rule(R::Dependencies, All, &["requires go >= ", "(running go "]),
    rule(R::Dependencies, All, &["you must install or update .net to run this application"]),
    rule(R::Dependencies, All, &["error netsdk1045"]),
    rule(R::Dependencies, All, &["unsupportedclassversionerror"]),
    // What a function of a provider answered, whatever the program made of it.
    rule(R::Provider, Engine, &["^call to function '", "' failed: "]),
    rule(R::Provider, Engine, &["invocation of ", " returned an error: "]),
    // The program.
    rule(R::Program, Errors, &["failed with an unhandled exception"]),
    rule(R::Program, Errors, &["an unhandled error occurred: program exited with non-zero exit code"]),
    rule(R::Program, Errors, &["unable to run `go build`"]),
    rule(R::Program, Errors, &["could not run language executor"]),
    rule(R::Program, Engine, &["failed to execute program cmd"]),
    rule(R::Program, All, &["on pulumi.yaml line"]),
    rule(R::Program, All, &["error cs", "build failed"]),
    rule(R::Program, All, &["msbuild : error "]),
    rule(R::Program, All, &["could not execute because the specified command or file was not found"]),
    rule(R::Program, Errors, &["duplicate resource urn '"]),
    rule(R::Program, All, &["unable to compile typescript"]),
    rule(R::Program, All, &[" is not assignable from "]),
    rule(R::Program, Errors, &["^program failed: "]),
    rule(R::Program, All, &["unhandled exception"]),
    rule(R::Program, All, &["unhandled rejection"]),
    rule(R::Program, Errors, &["an unhandled error occurred: "]),
    rule(R::Program, Engine, &["failed to discover plugin requirements"]),
    rule(R::Program, Engine, &["failed to discover package requirements"]),
    rule(R::Program, All, &["error serializing "]),
    rule(R::Program, All, &["could not be serialized because"]),
    rule(R::Program, All, &[": error ts"]),
    rule(R::Program, All, &[" - error ts"]),
    rule(R::Program, All, &["panic: runtime error"]),
    rule(R::Config, Errors, &["^resource 'urn:pulumi:", "' already exists"]),
    rule(R::Program, All, &["err_require_esm"]),
    rule(R::Program, All, &["javascript heap out of memory"]),
    rule(R::Program, All, &["[error] compilation error"]),
    rule(R::Program, All, &["compilation failed; see the compiler error output"]),
    rule(R::Program, Errors, &["two resources ('", "aliased to the same"]),
    rule(R::Program, Errors, &["unrecognized resource type '"]),
    rule(R::Program, Errors, &["provider ", " for resource ", " has not been registered yet"]),
    // A stack trace of Node, without the words above: what is thrown in a callback of an output.
    rule(R::Program, Engine, &["error: ", "^at ", ".js:"]),
    rule(R::Program, Engine, &["error: ", "^at ", ".ts:"]),
    // Configuration again, in words that the rules above may know better.
    rule(R::Config, Engine, &["^getting stack configuration: "]),
    rule(R::Config, Engine, &["^open ", ": no such file or directory"]),
    rule(R::Config, Engine, &["^open ", ": the system cannot find the "]),
    // The network, where no plugin, provider or program is what wanted it.
    rule(R::Backend, Engine, &["net/http: "]),
    rule(R::Backend, Engine, &["dial tcp"]),
    rule(R::Backend, Engine, &["x509: "]),
    rule(R::Backend, Engine, &["problem logging in: "]),
    // A provider that has no resource of its own in the message.
    rule(R::Provider, Engine, &["could not create provider "]),
    rule(R::Provider, Engine, &["configure provider "]),
];

/// What gRPC says of a provider whose process ended while the engine waited for its answer: it crashed, was killed for
/// want of memory, or ended by a signal of the CI system. It was there, so that nothing has to be installed.
/// <https://github.com/grpc/grpc-go/blob/master/internal/transport/http2_client.go>
const GONE: &[&[&str]] = &[
    &["error reading from server: eof"],
    &["error reading from server: unexpected eof"],
    &["error reading from server: connection reset by peer"],
    &["error reading from server: read tcp 127.0.0.1"],
    &["error reading from server: read tcp [::1]"],
    &["error reading server preface: eof"],
    &["error reading server preface: connection reset by peer"],
    &["error reading server preface: read tcp 127.0.0.1"],
    &["error reading server preface: read tcp [::1]"],
    &["transport is closing"],
    &["transport: error while dialing", "127.0.0.1"],
    &["transport: error while dialing", "[::1]"],
    &["pulumi-resource-", " exited prematurely"],
];

/// Whether `text` says that a provider's process ended before it had answered. The servers of backends and keys speak
/// gRPC as well, and are no processes of ours.
pub fn is_provider_gone(text: &str) -> bool {
    let text = text.to_lowercase();
    let remote = text.contains("secrets (code=") || text.contains("blob (");
    !remote && GONE.iter().any(|all| all.iter().all(|piece| text.contains(piece)))
}

/// The line in which an engine's standard error says that it crashed: a Go program that panics, or that the runtime ends,
/// prints the stacks of its goroutines and exits with status 2. <https://pkg.go.dev/runtime#hdr-Environment_Variables>
pub fn crash(stderr: &str) -> Option<&str> {
    let is_stack = |line: &str| line.starts_with("goroutine ") && line.ends_with("]:");
    if !stderr.lines().any(is_stack) {
        return None;
    }
    stderr.lines().find(|line| ["panic: ", "fatal error: "].iter().any(|word| line.starts_with(word)))
}

/// The reason that `text` tells beyond doubt, when `voice` said it.
pub fn reason_of(text: &str, voice: Voice) -> Option<Reason> {
    if voice != Voice::Program && is_provider_gone(text) {
        return Some(Reason::Provider);
    }
    let lower = text.to_lowercase();
    let by_words = RULES.iter().find(|rule| rule.who.covers(voice) && rule.fits(&lower));
    by_words.map(|rule| rule.reason).or_else(|| {
        let by_program = matches!(voice, Voice::Error | Voice::Program);
        let crashed = voice == Voice::Program && lower.contains("panic: ");
        let thrown = || place::named(text).is_some() || place::has_trace(text);
        (by_program && (crashed || thrown())).then_some(Reason::Program)
    })
}

/// Whether `text` says one of `reasons` in words of the engine's own, which no provider and no program has.
pub(super) fn says_in_its_own_words(text: &str, reasons: &[Reason]) -> bool {
    let text = text.to_lowercase();
    let own = |rule: &&Rule| matches!(rule.who, Who::Engine) && reasons.contains(&rule.reason);
    RULES.iter().filter(own).any(|rule| rule.fits(&text))
}
