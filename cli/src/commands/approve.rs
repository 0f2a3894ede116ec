//! `approve`: writes an approval of a change, and signs it with an SSH key. It takes no credentials of the backend: which
//! stack it is about stands in the inputs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{ArgPredicate, NonEmptyStringValueParser, PathBufValueParser};
use clap::{Arg, ArgAction, ArgMatches};

use crate::admit::approvals::signed::{ENVELOPE_VERSION, Envelope, NAMESPACE, SignedOperation};
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::git;
use crate::base::program::on_path;
use crate::base::random;
use crate::base::words::Words as _;
use crate::ci::console::Console;
use crate::engine::job::Job;
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::ledger::entry::instant;
use crate::process::helper::attended;
use crate::reviewed::digest::is_digest;
use crate::run::prepare::{RunRequest, Until, prepare};

/// What is to be approved, and how it is signed.
#[derive(Debug, PartialEq, Eq)]
pub struct ApproveAsk {
    /// What is signed: that the change is approved, or that the glass is broken for it.
    pub operation: SignedOperation,
    /// The digest of the change.
    pub digest: String,
    /// How long the approval counts, as a length of time.
    pub expires: String,
    /// The private key, or a public one whose private key an agent has. None: only the envelope is written.
    pub key: Option<PathBuf>,
    /// The path of the envelope.
    pub file: PathBuf,
}

/// The flag for a statement that breaks the glass.
const BREAK_GLASS: &str = "break-glass";

/// The arguments of `approve` that are no inputs.
pub fn args() -> [Arg; 5] {
    let text = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).help(help).value_parser(NonEmptyStringValueParser::new()).display_order(0)
    };
    let path = |name: &'static str, help: &'static str| {
        let path = PathBufValueParser::new();
        Arg::new(name).long(name).help(help).value_name("PATH").value_parser(path).display_order(0)
    };
    [
        text("digest", "The digest of the change: `sha256:…`, as the refused deployment and the preview's result file have it")
            .value_name("DIGEST")
            .required(true),
        text("expires", "How long the approval counts; what breaks the glass counts for an hour")
            .value_name("TIME")
            .default_value("24h")
            .default_value_if(BREAK_GLASS, ArgPredicate::IsPresent, "1h"),
        Arg::new(BREAK_GLASS)
            .long(BREAK_GLASS)
            .help("Sign that the glass is broken for the change, for `stackstep break-glass --signed`")
            .action(ArgAction::SetTrue)
            .display_order(0),
        path("key", "The SSH key to sign with; without it the line that signs is printed"),
        path("file", "The file to write").default_value("approval.json"),
    ]
}

impl ApproveAsk {
    /// What the command line asks for.
    pub fn given(sub: &ArgMatches) -> Self {
        let text = |name: &str| sub.get_one::<String>(name).cloned().unwrap_or_default();
        Self {
            operation: if sub.get_flag(BREAK_GLASS) {
                SignedOperation::BreakGlass
            } else {
                SignedOperation::Approve
            },
            digest: text("digest"),
            expires: text("expires"),
            key: sub.get_one::<PathBuf>("key").cloned(),
            file: sub.get_one::<PathBuf>("file").cloned().unwrap_or_default(),
        }
    }
}

/// The envelope of an approval of the job's stack.
///
/// # Errors
/// The digest is not one, or the length of time is none that can be written.
pub fn envelope(job: &Job<'_>, operation: SignedOperation, digest: &str, expires: &str) -> Result<Envelope> {
    if !is_digest(digest) {
        return Err(Error::input(
            format!("`--digest` is `{digest}`, which is not a digest"),
            "write `sha256:` and all 64 hexadecimal digits: the refused deployment prints the line, and the result file of \
             the preview has them as `review.digest`",
        ));
    }
    let length = humantime::parse_duration(expires).ok().filter(|length| *length > Duration::ZERO);
    let until = length.and_then(|length| job.env.clock().time().checked_add(length)).ok_or_else(|| {
        Error::input(
            format!("`--expires` is `{expires}`, which is not a length of time"),
            "write it as `24h` or `3d`",
        )
    })?;
    let Some(identity) = job.identity() else {
        return Err(Error::input("the stack is not known", "name it with `--stack`"));
    };
    let checkouts = git::checkouts_around(&job.inputs.stack.cwd);
    Ok(Envelope {
        v: ENVELOPE_VERSION,
        operation: (operation != SignedOperation::Approve).then(|| operation.word().to_owned()),
        digest: digest.to_owned(),
        backend: identity.backend.clone(),
        stack: identity.to_string(),
        commit: job.context.commit.clone().or_else(|| checkouts.into_iter().next()?.commit),
        environment: job.inputs.forge.environment.clone(),
        expires: instant(until),
        nonce: random::word(),
    })
}

/// Writes the approval, and signs it if a key is named. Returns the exit status.
pub async fn approve(ask: &ApproveAsk, flags: &Flags, env: &Env, console: &mut Console) -> Result<u8> {
    let request = RunRequest::new(Some(Command::Refresh), flags, env);
    let mut found = prepare(&request, Until::FirstError, console);
    found.tell(console);
    if let Some(error) = found.take_error() {
        return Err(error);
    }
    let job = found.into_job()?;
    let envelope = envelope(&job, ask.operation, &ask.digest, &ask.expires)?;
    let file = env.cwd().join(&ask.file);
    let signature = PathBuf::from(format!("{}.sig", file.display()));
    std::fs::write(&file, envelope.to_text()).map_err(Error::io("write", &file))?;
    // One that is there is of other bytes now.
    match std::fs::remove_file(&signature) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::io("remove", &signature)(error));
        }
        _ => {}
    }
    let environment = envelope.environment.as_ref().map(|name| format!(", environment `{name}`"));
    let verb = match ask.operation {
        SignedOperation::Approve => "approves",
        SignedOperation::BreakGlass => "breaks the glass of",
    };
    console.line(&format!(
        "{verb} `{}`{} until {}: {}",
        envelope.stack,
        environment.unwrap_or_default(),
        envelope.expires,
        envelope.digest
    ));
    let shown = ask.file.display();
    let Some(key) = &ask.key else {
        console.line(&format!("sign it: ssh-keygen -Y sign -n {NAMESPACE} -f ~/.ssh/id_ed25519 {shown}"));
        return Ok(0);
    };
    sign(&env.cwd().join(key), &file, env).await?;
    let over = match ask.operation {
        SignedOperation::Approve => format!(
            "hand both over by the input `approval: {shown}`, or paste this into a comment on the change request, or into \
             `STACKSTEP_APPROVAL`"
        ),
        SignedOperation::BreakGlass => {
            format!("hand both, or this text, to a job that says `stackstep break-glass … --signed {shown}`")
        }
    };
    console.line(&format!("signed: `{shown}.sig`; {over}:"));
    let armour = std::fs::read_to_string(&signature).map_err(Error::io("read", &signature))?;
    console.text(&format!("```\n{}{}\n```", envelope.to_text(), armour.trim_end()));
    Ok(0)
}

/// Lets `ssh-keygen` sign the file. It asks for a passphrase itself.
async fn sign(key: &Path, file: &Path, env: &Env) -> Result<()> {
    let program = on_path("ssh-keygen", env).ok_or_else(|| {
        Error::input(
            "there is no `ssh-keygen` on the PATH",
            "install OpenSSH 8.1 or newer, or sign the file where it is",
        )
    })?;
    let words = ["-Y", "sign", "-n", NAMESPACE, "-f"].map(std::ffi::OsStr::new);
    let args: Vec<_> = words.into_iter().chain([key.as_os_str(), file.as_os_str()]).collect();
    let is_signed = attended(&program, &args, env.cwd()).await?;
    if is_signed {
        return Ok(());
    }
    Err(Error::input(
        format!("`ssh-keygen` has not signed `{}` with `{}`", file.display(), key.display()),
        "name a private key with `--key`, or the public key of one that your agent has",
    ))
}
