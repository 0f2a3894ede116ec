//! Approvals that somebody has signed with an SSH key: an envelope that says what is approved, and a signature of its bytes
//! by `ssh-keygen -Y sign`. Pure: the files and the time are handed in.
//!
//! The forms of OpenSSH are read here and not by a crate: the one that is there reads no certificates in such signatures, and
//! none without an end. The mathematics are those of `ring`, which the connections use as well.

mod certificate;
mod envelope;
mod handed;
mod keys;
mod names;
mod operation;
mod signature;
mod signers;
mod why;
mod wire;

pub use envelope::{ENVELOPE_VERSION, Envelope};
pub use handed::{HandedApproval, SignedEnvelope, has_a_signature, in_files, in_text};
pub use names::{ALLOWED_SIGNERS, NAMESPACE, REVOKED_KEYS, has_name};
pub use operation::SignedOperation;
pub use signers::SignerList;
pub use why::WhyNotSigned;

use signature::FileSignature;
use signers::KeyNames;

use crate::base::moment::Moment;
use crate::base::words::Words as _;

/// What an envelope has to be about.
#[derive(Debug, Clone, Copy)]
pub struct WantedEnvelope<'a> {
    /// What it is to let happen.
    pub operation: SignedOperation,
    /// The digests of the change: each stands for the whole of it.
    pub digests: &'a [String],
    /// The fingerprint of the backend, if it is known.
    pub backend: Option<&'a str>,
    /// The stack, with its project, and its organisation if it is known.
    pub stack: &'a str,
    /// The environment, if the stack has one.
    pub environment: Option<&'a str>,
}

/// Who has signed an envelope that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The names of the person in the lists of signers, and in a certificate.
    pub names: Vec<String>,
    /// Those of them that the lists themselves say of the person.
    pub listed: Vec<String>,
    /// The fingerprint of the key.
    pub key: String,
    /// The envelope.
    pub envelope: Envelope,
}

/// Finds who has signed an envelope, at the time `now`. Each of the lists has to have the key, for the same person.
///
/// # Errors
/// The envelope or its signature can't be read, the signature is not one of a person of the lists, or the envelope is not
/// about what is `wanted`.
pub fn verify(
    signed: &SignedEnvelope,
    lists: &[SignerList],
    wanted: &WantedEnvelope<'_>,
    now: Moment,
) -> Result<Signer, WhyNotSigned> {
    let signature = FileSignature::read(&signed.armoured)?;
    let mut answers = signed.bytes.iter().map(|bytes| (bytes, signature.is_of(bytes)));
    let mut answer = answers.next().ok_or(WhyNotSigned::OtherBytes)?;
    if answer.1.is_err() {
        answer = answers.find(|(_, other)| *other != Err(WhyNotSigned::OtherBytes)).unwrap_or(answer);
    }
    let (bytes, fits) = answer;
    // What is no envelope at all is named first: a signature of it would not help.
    let envelope = Envelope::read(bytes)?;
    fits?;
    let mut found: Option<KeyNames> = None;
    for list in lists {
        let here = list.names(&signature.key, now)?;
        found = Some(match found {
            None => here,
            Some(before) => KeyNames {
                names: before.names.into_iter().filter(|name| has_name(&here.names, name)).collect(),
                listed: before.listed.into_iter().filter(|name| has_name(&here.listed, name)).collect(),
            },
        });
    }
    let KeyNames { names, listed } = found.ok_or_else(|| WhyNotSigned::NoList("any version".to_owned()))?;
    if names.is_empty() {
        return Err(WhyNotSigned::OtherPerson);
    }
    is_wanted(&envelope, wanted, now)?;
    Ok(Signer { names, listed, key: signature.key.key().fingerprint(), envelope })
}

fn is_wanted(envelope: &Envelope, wanted: &WantedEnvelope<'_>, now: Moment) -> Result<(), WhyNotSigned> {
    let or_none = |text: Option<&str>| text.unwrap_or("none").to_owned();
    let operation = envelope.operation.as_deref().unwrap_or(SignedOperation::Approve.word());
    if operation != wanted.operation.word() {
        return Err(WhyNotSigned::OtherOperation {
            signed: operation.to_owned(),
            wanted: wanted.operation.word(),
        });
    }
    if envelope.stack != wanted.stack {
        return Err(WhyNotSigned::OtherStack {
            signed: envelope.stack.clone(),
            wanted: wanted.stack.to_owned(),
        });
    }
    if envelope.backend.as_deref() != wanted.backend {
        return Err(WhyNotSigned::OtherBackend {
            signed: or_none(envelope.backend.as_deref()),
            wanted: or_none(wanted.backend),
        });
    }
    if envelope.environment.as_deref() != wanted.environment {
        return Err(WhyNotSigned::OtherEnvironment {
            signed: or_none(envelope.environment.as_deref()),
            wanted: or_none(wanted.environment),
        });
    }
    if !wanted.digests.contains(&envelope.digest) {
        return Err(WhyNotSigned::OtherDigest {
            signed: envelope.digest.clone(),
            wanted: wanted.digests.first().cloned().unwrap_or_default(),
        });
    }
    if now >= envelope.expires_at()? {
        return Err(WhyNotSigned::Expired(envelope.expires.clone()));
    }
    Ok(())
}
