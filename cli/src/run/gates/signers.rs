//! Signed statements as a run reads them: where they were handed over, the lists of signers that judge them, and who breaks the
//! glass by one.

use std::path::Path;

use super::facts::JudgedRun;
use super::judged::top;
use crate::admit::approvals::signed::{
    ALLOWED_SIGNERS, HandedApproval, REVOKED_KEYS, SignedOperation, Signer, SignerList, WantedEnvelope,
    WhyNotSigned, has_a_signature, has_name, in_files, in_text, verify,
};
use crate::base::git::short_commit;
use crate::base::moment::Moment;
use crate::base::text_file::{SETTINGS, Unreadable, read_text};
use crate::delivery::StackSettings;
use crate::delivery::history::{FileAt, RepositoryHistory};
use crate::engine::job::Job;
use crate::forge::Client;
use crate::ledger::entry::{ApprovalWay, EntryApprover};
use crate::ledger::history::History;

/// What a text hands over: both texts, one after the other, or the path of a file with its signature beside it. `place` names
/// the text in messages.
pub(super) fn handed(text: &str, place: &str, job: &Job<'_>) -> Vec<HandedApproval> {
    if text.trim_start().starts_with('{') {
        return in_text(place, text);
    }
    let path = job.env.cwd().join(text);
    let place = format!("`{text}`");
    let signature = format!("{}.sig", path.display());
    let read = |path: &Path| read_text(path, SETTINGS);
    match (read(&path), read(Path::new(&signature))) {
        (Ok(file), _) if has_a_signature(&file) => in_text(&place, &file),
        (Ok(file), Ok(signature)) => in_files(&place, file.as_bytes(), &signature),
        (Ok(_), Err(Unreadable::Missing)) => {
            vec![HandedApproval { place, signed: Err(WhyNotSigned::NoSignature) }]
        }
        (Err(error), _) => unreadable(place, &format!("it can't be read: {error}")),
        (_, Err(error)) => unreadable(place, &format!("its signature `{text}.sig` can't be read: {error}")),
    }
}

fn unreadable(place: String, why: &str) -> Vec<HandedApproval> {
    vec![HandedApproval { place, signed: Err(WhyNotSigned::FileUnreadable(why.to_owned())) }]
}

/// The lists of signers by the versions that judge: as `stackstep.yaml` is found, and that of the commit `earlier`, which was
/// deployed last. The checkout of a rollback has the list of the past, by which nobody is judged: that of the default branch's
/// head counts. Where the entry of the stack was removed, the list of the last commit counts alone, without the keys that the
/// default branch has taken back since.
pub(super) async fn lists(
    job: &Job<'_>,
    judged: &JudgedRun,
    earlier: Option<&str>,
    client: Option<&Client<'_>>,
) -> Result<Vec<SignerList>, WhyNotSigned> {
    let history = RepositoryHistory::new(&top(job), job.env, &job.context, client);
    let is_rollback = job.rollback.is_some();
    let mut lists = Vec::new();
    let branch = async || history.default_branch().await.unwrap_or_default();
    if judged.is_own && !is_rollback {
        let file = async |path: &str| match read_text(&top(job).join(path), SETTINGS) {
            Ok(text) => FileAt::Text(text),
            Err(Unreadable::Missing) => FileAt::Missing,
            Err(error) => FileAt::Unknown(error.to_string()),
        };
        lists.push(list("this commit", file).await?);
    } else if is_rollback || !judged.is_last {
        let branch = branch().await;
        let file = async |path: &str| history.file_of_branch(&branch, path, true).await;
        lists.push(list(&of_default(&branch), file).await?);
    }
    if let Some(commit) = earlier {
        let version = format!("commit `{}`, which was deployed last", short_commit(commit));
        let mut earlier =
            list(&version, async |path: &str| history.file_of_commit(commit, path).await).await?;
        if judged.is_last {
            let branch = branch().await;
            let version = of_default(&branch);
            let revoked = revoked(&version, history.file_of_branch(&branch, REVOKED_KEYS, true).await)?;
            earlier = earlier.also_without(&version, &revoked)?;
        }
        lists.push(earlier);
    }
    Ok(lists)
}

fn of_default(branch: &str) -> String {
    format!("the default branch `{branch}`")
}

async fn list(version: &str, file: impl AsyncFn(&str) -> FileAt) -> Result<SignerList, WhyNotSigned> {
    let allowed = match file(ALLOWED_SIGNERS).await {
        FileAt::Text(text) => text,
        FileAt::Missing => return Err(WhyNotSigned::NoList(version.to_owned())),
        FileAt::Unknown(why) => return Err(unknown(ALLOWED_SIGNERS, version, why)),
    };
    SignerList::parse(version, &allowed, &revoked(version, file(REVOKED_KEYS).await)?)
}

/// The text of the keys that a version has taken back.
fn revoked(version: &str, file: FileAt) -> Result<String, WhyNotSigned> {
    match file {
        FileAt::Text(text) => Ok(text),
        FileAt::Missing => Ok(String::new()),
        FileAt::Unknown(why) => Err(unknown(REVOKED_KEYS, version, why)),
    }
}

fn unknown(file: &'static str, version: &str, why: String) -> WhyNotSigned {
    WhyNotSigned::ListUnreadable { file, version: version.to_owned(), why }
}

/// Puts the name of a signer first by which `from` names them. Fails if it names none; `key` is where it stands.
pub(super) fn is_named_in(
    signer: &mut Signer,
    from: &[String],
    key: &'static str,
) -> Result<(), WhyNotSigned> {
    let named = signer.names.iter().find(|name| has_name(from, name)).cloned();
    let named = named.ok_or_else(|| WhyNotSigned::NotNamed {
        names: signer.names.join(", "),
        key,
        teams: from.iter().any(|name| name.starts_with('@')),
    })?;
    signer.names.retain(|name| *name != named);
    signer.names.insert(0, named);
    Ok(())
}

/// Who has signed that the glass is broken for the change with this digest. `text` is what was handed over.
///
/// # Errors
/// The first reason why nobody has.
pub async fn signed_breaker(
    text: &str,
    digest: &str,
    job: &Job<'_>,
    judged: &JudgedRun,
    client: Option<&Client<'_>>,
) -> Result<Signer, WhyNotSigned> {
    let lists = lists(job, judged, judged.last.as_deref(), client).await?;
    let settings = judged.settings.as_ref();
    let from = settings.map(|settings| settings.break_glass.as_slice()).unwrap_or_default();
    let identity = job.identity().unwrap_or_default();
    let wanted = WantedEnvelope {
        operation: SignedOperation::BreakGlass,
        digests: &[digest.to_owned()],
        backend: identity.backend.as_deref(),
        stack: &identity.to_string(),
        environment: settings.and_then(StackSettings::environment).or(job
            .inputs
            .forge
            .environment
            .as_deref()),
    };
    let now = Moment::from_unix(job.env.clock().now());
    let mut first = None;
    for one in handed(text, "`--signed`", job) {
        let counted =
            one.signed.and_then(|signed| verify(&signed, &lists, &wanted, now)).and_then(|mut signer| {
                is_named_in(&mut signer, from, "break-glass.from")?;
                refuse_used(judged.past.as_ref(), &signer)?;
                Ok(signer)
            });
        match counted {
            Ok(signer) => return Ok(signer),
            Err(why) => first = first.or(Some(why)),
        }
    }
    Err(first.unwrap_or(WhyNotSigned::NoSignature))
}

/// The signature as the ledger knows it again.
pub fn as_signed(signer: &Signer) -> EntryApprover {
    let name = signer.names.first().map(String::as_str);
    let mut approver = EntryApprover::new(name, ApprovalWay::Ssh, Some(&signer.envelope.nonce));
    approver.expires = Some(signer.envelope.expires.clone());
    approver
}

/// Refuses a signature by which a glass was broken before.
pub fn refuse_used(past: Option<&History>, signer: &Signer) -> Result<(), WhyNotSigned> {
    let key = as_signed(signer).key();
    let by_it = |glass: &&crate::ledger::entry::LedgerEntry| {
        glass.approvers.iter().any(|approver| approver.key() == key)
    };
    match past.map(History::broken_glasses).unwrap_or_default().iter().find(by_it) {
        Some(glass) => Err(WhyNotSigned::GlassBefore { time: glass.time.clone(), number: glass.number }),
        None => Ok(()),
    }
}
