//! The signed approvals of a deployment: where they were handed over, whose signatures count, and who they are.

use std::collections::BTreeSet;
use std::path::Path;

use super::facts::GateFacts;
use super::found_approvals::FoundApprovals;
use super::judged::top;
use super::merged_changes::MergedChanges;
use crate::admit::approvals::signed::{
    ALLOWED_SIGNERS, HandedApproval, REVOKED_KEYS, SignedOperation, Signer, SignerList, WantedEnvelope,
    WhyNotSigned, has_a_signature, has_name, in_files, in_text, verify,
};
use crate::base::error::Problem;
use crate::base::git::short_commit;
use crate::base::moment::Moment;
use crate::base::text_file::{SETTINGS, Unreadable, read_text};
use crate::delivery::history::{FileAt, RepositoryHistory};
use crate::delivery::{ApprovalsWanted, StackSettings};
use crate::forge::Client;
use crate::ledger::entry::{ApprovalWay, EntryApprover};
use crate::ledger::history::ApprovalUse;
use crate::report::Report;

/// The most causes that a message names.
const NAMED: usize = 5;

/// What signed approvals are judged by.
pub(super) struct SignedQuestion<'q> {
    pub gates: &'q GateFacts<'q>,
    pub wanted: &'q ApprovalsWanted,
    pub merged: &'q Result<MergedChanges, Problem>,
    pub client: Option<&'q Client<'q>>,
    /// The report of the preview, with the digest of the change.
    pub report: &'q Report,
}

/// Adds the people who have signed the change.
pub(super) async fn by_signatures(
    question: &SignedQuestion<'_>,
    found: &mut FoundApprovals,
    people: &mut BTreeSet<String>,
    problems: &mut Vec<Problem>,
) {
    let Some(digests) = question.gates.digests(question.report) else {
        problems.push(Problem::new(
            "the events of this preview are not whole, so that there is no digest that could have been signed",
            "run the job again; see that the machine has room for temporary files",
        ));
        return;
    };
    let handed = handed_over(question);
    if handed.is_empty() {
        let way = format!(
            "sign it with `{}`, and hand both files over by the input `approval`, their text by \
             `STACKSTEP_APPROVAL` or in a comment on the change request, see docs/approvals.md",
            line(question.gates, digests.first().map_or("", String::as_str))
        );
        problems.push(Problem::new("no signed approval was handed over", way));
        return;
    }
    let lists = match lists(question).await {
        Ok(lists) => lists,
        Err(why) => {
            problems.push(Problem::new(why.in_words(), why.way_out()));
            return;
        }
    };
    let mut signers: Vec<Signer> = Vec::new();
    let mut refused: Vec<(String, WhyNotSigned)> = Vec::new();
    for one in handed {
        match judged(question, &one, &lists, &digests) {
            Ok(signer) => signers.push(signer),
            Err(why) if refused.iter().any(|(_, other)| *other == why) => {}
            Err(why) => refused.push((one.place, why)),
        }
    }
    problems.extend(refused.iter().take(NAMED).map(|(place, why)| {
        Problem::new(
            format!("the signed approval in {place} does not count: {}", why.in_words()),
            why.way_out(),
        )
    }));
    let persons = apart(signers);
    let unknown = author_unknown(question.merged);
    if let (Some(why), false) = (&unknown, persons.is_empty()) {
        problems.push(Problem::new(
            format!("one of those who signed may be the author of the change: {why}"),
            "have one person more sign it, or let the job read the change requests (`forge-token`)",
        ));
    }
    // Where the author is not known, all but one of several people are others.
    let last = persons.len() - usize::from(unknown.is_some() && !persons.is_empty());
    for (at, signer) in persons.iter().enumerate() {
        let name = signer.names.first().cloned().unwrap_or_default();
        if at < last {
            let same =
                found.persons.iter().find(|person| signer.names.iter().any(|name| person.is_named(name)));
            people.insert(same.map_or_else(|| name.clone(), |person| person.id.clone()).to_lowercase());
        }
        let mut approver = EntryApprover::new(Some(&name), ApprovalWay::Ssh, Some(&signer.envelope.nonce));
        approver.expires = Some(signer.envelope.expires.clone());
        found.approvers.push(approver);
        let commit = signer.envelope.commit.as_deref().map(short_commit);
        let commit = commit.map_or_else(String::new, |commit| format!(", who looked at commit `{commit}`"));
        found.notes.push(format!("signed by `{name}`{commit}, with the key {}", signer.key));
    }
}

/// The line that writes and signs an approval of the change.
fn line(gates: &GateFacts<'_>, digest: &str) -> String {
    let job = gates.job;
    let stack = job.stack.as_ref().map(ToString::to_string).unwrap_or_default();
    let folder = job.inputs.stack.cwd.strip_prefix(top(job)).unwrap_or(Path::new(""));
    let folder = match folder.to_string_lossy() {
        here if here.is_empty() => String::new(),
        folder => format!(" --cwd {folder}"),
    };
    let environment = environment(gates).map(|name| format!(" --environment {name}")).unwrap_or_default();
    format!(
        "stackstep approve{folder} --stack {stack} --digest {digest}{environment} --key ~/.ssh/id_ed25519"
    )
}

fn environment<'g>(gates: &'g GateFacts<'_>) -> Option<&'g str> {
    let of_entry = gates.settings().and_then(StackSettings::environment);
    of_entry.or(gates.job.inputs.forge.environment.as_deref())
}

/// The approvals of the input, and of the comments on the change requests.
fn handed_over(question: &SignedQuestion<'_>) -> Vec<HandedApproval> {
    let job = question.gates.job;
    let mut handed = Vec::new();
    for text in &job.inputs.review.approval {
        if text.trim_start().starts_with('{') {
            handed.extend(in_text("the input `approval`", text));
            continue;
        }
        let path = job.env.cwd().join(text);
        let place = format!("`{text}`");
        let signature = format!("{}.sig", path.display());
        let read = |path: &Path| read_text(path, SETTINGS);
        handed.extend(match (read(&path), read(Path::new(&signature))) {
            (Ok(file), _) if has_a_signature(&file) => in_text(&place, &file),
            (Ok(file), Ok(signature)) => in_files(&place, file.as_bytes(), &signature),
            (Ok(_), Err(Unreadable::Missing)) => {
                vec![HandedApproval { place, signed: Err(WhyNotSigned::NoSignature) }]
            }
            (Err(error), _) => unreadable(place, &format!("it can't be read: {error}")),
            (_, Err(error)) => {
                unreadable(place, &format!("its signature `{text}.sig` can't be read: {error}"))
            }
        });
    }
    if let Ok(merged) = question.merged {
        handed.extend(merged.changes.iter().flat_map(|change| change.signed.clone()));
    }
    handed
}

fn unreadable(place: String, why: &str) -> Vec<HandedApproval> {
    vec![HandedApproval { place, signed: Err(WhyNotSigned::FileUnreadable(why.to_owned())) }]
}

/// The lists of signers by the versions that judge: as `stackstep.yaml` is found, and that of the commit which was deployed last.
/// The checkout of a rollback has the list of the past, by which nobody is judged: that of the default branch's head counts.
async fn lists(question: &SignedQuestion<'_>) -> Result<Vec<SignerList>, WhyNotSigned> {
    let (gates, job) = (question.gates, question.gates.job);
    let history = RepositoryHistory::new(&top(job), job.env, &job.context, question.client);
    let is_rollback = job.rollback.is_some();
    let mut lists = Vec::new();
    if gates.judged.is_own && !is_rollback {
        let file = async |path: &str| match read_text(&top(job).join(path), SETTINGS) {
            Ok(text) => FileAt::Text(text),
            Err(Unreadable::Missing) => FileAt::Missing,
            Err(error) => FileAt::Unknown(error.to_string()),
        };
        lists.push(list("this commit", file).await?);
    } else if is_rollback || !gates.judged.is_last {
        let branch = history.default_branch().await.unwrap_or_default();
        let file = async |path: &str| history.file_of_branch(&branch, path, true).await;
        lists.push(list(&format!("the default branch `{branch}`"), file).await?);
    }
    if let Some(commit) = &gates.judged.earlier {
        let version = format!("commit `{}`, which was deployed last", short_commit(commit));
        lists.push(list(&version, async |path: &str| history.file_of_commit(commit, path).await).await?);
    }
    Ok(lists)
}

async fn list(version: &str, file: impl AsyncFn(&str) -> FileAt) -> Result<SignerList, WhyNotSigned> {
    let unknown = |file, why| WhyNotSigned::ListUnreadable { file, version: version.to_owned(), why };
    let allowed = match file(ALLOWED_SIGNERS).await {
        FileAt::Text(text) => text,
        FileAt::Missing => return Err(WhyNotSigned::NoList(version.to_owned())),
        FileAt::Unknown(why) => return Err(unknown(ALLOWED_SIGNERS, why)),
    };
    let revoked = match file(REVOKED_KEYS).await {
        FileAt::Text(text) => text,
        FileAt::Missing => String::new(),
        FileAt::Unknown(why) => return Err(unknown(REVOKED_KEYS, why)),
    };
    SignerList::parse(version, &allowed, &revoked)
}

/// Whether one approval counts, and whose it is.
fn judged(
    question: &SignedQuestion<'_>,
    handed: &HandedApproval,
    lists: &[SignerList],
    digests: &[String],
) -> Result<Signer, WhyNotSigned> {
    let (gates, job) = (question.gates, question.gates.job);
    let signed = handed.signed.as_ref().map_err(Clone::clone)?;
    let identity = job.identity().unwrap_or_default();
    let wanted = WantedEnvelope {
        operation: SignedOperation::Approve,
        digests,
        backend: identity.backend.as_deref(),
        stack: &identity.to_string(),
        environment: environment(gates),
    };
    let now = Moment::from_unix(job.env.clock().now());
    let mut signer = verify(signed, lists, &wanted, now)?;
    let from = &question.wanted.from;
    if !from.is_empty() {
        let named = signer.names.iter().find(|name| has_name(from, name)).cloned();
        let named = named.ok_or_else(|| WhyNotSigned::NotNamed {
            names: signer.names.join(", "),
            teams: from.iter().any(|name| name.starts_with('@')),
        })?;
        // The name by which they may approve is the one to show.
        signer.names.retain(|name| *name != named);
        signer.names.insert(0, named);
    }
    for change in question.merged.iter().flat_map(|merged| &merged.changes) {
        let author = change.request.author.as_ref();
        if author.is_some_and(|author| signer.names.iter().any(|name| author.is_named(name))) {
            return Err(WhyNotSigned::Author { request: change.name.clone() });
        }
    }
    let approver = EntryApprover::new(None, ApprovalWay::Ssh, Some(&signer.envelope.nonce));
    let digest = digests.last().map_or("", String::as_str);
    match gates.judged.past.as_ref().map(|past| past.approval_use(&approver, digest)) {
        Some(ApprovalUse::UsedUp(used)) => Err(WhyNotSigned::Used { time: used.time, number: used.number }),
        _ => Ok(signer),
    }
}

/// The signers as different people: whoever shares a name or a key with another one is the same, and so is whoever is the
/// same as somebody who is. The order of the signatures decides nothing but the order of the people.
fn apart(signers: Vec<Signer>) -> Vec<Signer> {
    let mut people: Vec<Vec<Signer>> = Vec::new();
    for signer in signers {
        let is_same = |other: &Signer| {
            other.key == signer.key || other.names.iter().any(|name| has_name(&signer.names, name))
        };
        let (same, others): (Vec<_>, Vec<_>) =
            people.into_iter().partition(|person| person.iter().any(is_same));
        people = others;
        people.push(same.into_iter().flatten().chain([signer]).collect());
    }
    let as_one = |person: Vec<Signer>| {
        person.into_iter().reduce(|mut first, other| {
            first.names.extend(other.names);
            first
        })
    };
    people.into_iter().filter_map(as_one).collect()
}

/// Why it is not known who is the author of all that is deployed. None if it is.
fn author_unknown(merged: &Result<MergedChanges, Problem>) -> Option<String> {
    let merged = match merged {
        Ok(merged) => merged,
        Err(why) => return Some(why.what.clone()),
    };
    if let Some(commit) = merged.without.first() {
        return Some(format!("commit `{}` came without a change request", short_commit(commit)));
    }
    let gone = merged.changes.iter().find(|change| change.request.author.is_none());
    match gone {
        Some(change) => Some(format!("who opened {} is not known", change.name)),
        None if merged.changes.is_empty() => Some("no change request brought this commit".to_owned()),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admit::approvals::signed::{ENVELOPE_VERSION, Envelope};

    fn signer(key: &str, names: &[&str]) -> Signer {
        let envelope = Envelope {
            v: ENVELOPE_VERSION,
            operation: None,
            digest: String::new(),
            backend: None,
            stack: String::new(),
            commit: None,
            environment: None,
            expires: String::new(),
            nonce: key.to_owned(),
        };
        Signer { names: names.iter().map(|name| (*name).to_owned()).collect(), key: key.to_owned(), envelope }
    }

    #[test]
    fn who_shares_a_name_or_a_key_is_one_person_in_whatever_order() {
        let (short, long) = (signer("a", &["ann"]), signer("b", &["ann@acme.example"]));
        let both = signer("c", &["Ann", "ann@acme.example"]);
        let bob = signer("d", &["bob"]);
        let certified = signer("d", &["bob@acme.example"]);
        for ann in [[&short, &long, &both], [&both, &short, &long], [&long, &both, &short]] {
            for signers in
                [[ann[0], &bob, ann[1], &certified, ann[2]], [&certified, ann[0], ann[1], ann[2], &bob]]
            {
                let people = apart(signers.into_iter().cloned().collect());
                let mut counts: Vec<usize> = people.iter().map(|person| person.names.len()).collect();
                counts.sort_unstable();
                assert_eq!(counts, [2, 4], "{people:?}");
            }
        }
        assert_eq!(apart(vec![short, long, bob]).len(), 3, "nothing says that two of them are one");
    }
}
