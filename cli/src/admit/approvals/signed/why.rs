//! Why a signed approval does not count: each cause with its words and its way out.

use std::time::{Duration, UNIX_EPOCH};

use super::names::{ALLOWED_SIGNERS, NAMESPACE, REVOKED_KEYS};
use super::operation::SignedOperation;
use crate::ledger::entry::instant;
use crate::report::short_digest;

/// Why a signed approval does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of each cause say what its fields are")]
pub enum WhyNotSigned {
    // What was handed over.
    /// There is an envelope, and no signature.
    NoSignature,
    /// The signature's end is missing.
    SignatureCutOff,
    /// The signature is not one of `ssh-keygen -Y sign`.
    SignatureUnreadable,
    /// The signature is of another version of its form.
    SignatureVersion(u32),
    /// The envelope's end is missing.
    EnvelopeCutOff,
    /// The envelope is not JSON.
    NotJson(String),
    /// The envelope is of another version.
    EnvelopeVersion(String),
    /// The envelope lacks something, or has something that nobody knows.
    NotAnEnvelope(String),
    /// A file can't be read.
    FileUnreadable(String),

    // The signature.
    /// It was made for something else.
    OtherNamespace(String),
    /// It is one of an RSA key.
    Rsa,
    /// It is one of a kind of keys that is not read.
    OtherKind(String),
    /// It is one of other bytes.
    OtherBytes,
    /// Nobody has touched the security device.
    NotTouched,

    // The key.
    /// A version has no list of signers.
    NoList(String),
    /// A line of a list can't be read.
    ListLine { file: &'static str, line: usize, version: String, why: String },
    /// A list can't be read.
    ListUnreadable { file: &'static str, version: String, why: String },
    /// The list of revoked keys is binary.
    RevokedInBinary,
    /// The key is in no list.
    UnknownKey { key: String, version: String },
    /// The key was taken back.
    Revoked { key: String, version: String },
    /// The key counts later.
    KeyNotYetValid(String),
    /// The key does not count any more.
    KeyExpired(String),
    /// The key counts for other namespaces.
    NamespaceNotAllowed(String),
    /// The line names patterns only.
    NobodyCertain(String),
    /// The key is listed as that of an authority.
    KeyIsAuthority,
    /// Two versions of the list name different people.
    OtherPerson,

    // The certificate.
    /// The certificate is not whole.
    CertificateBroken,
    /// The authority has not signed it.
    CertificateNotSigned,
    /// The authority is in no list.
    UnknownAuthority { key: String, version: String },
    /// It is one for machines.
    CertificateOfHost,
    /// It has an option that has to be known.
    CertificateOption(String),
    /// It counts later.
    CertificateNotYetValid(u64),
    /// It does not count any more.
    CertificateExpired(u64),
    /// It is for nobody whom the line allows.
    CertificateNames { names: String, allowed: String },

    // The envelope.
    /// It is for something else.
    OtherOperation { signed: String, wanted: &'static str },
    /// It is about another change.
    OtherDigest { signed: String, wanted: String },
    /// It is about another stack.
    OtherStack { signed: String, wanted: String },
    /// It is about a stack in another backend.
    OtherBackend { signed: String, wanted: String },
    /// It is about another environment.
    OtherEnvironment { signed: String, wanted: String },
    /// It does not count any more.
    Expired(String),

    // The person.
    /// They opened one of the change requests that are deployed.
    Author { request: String },
    /// They are not named in the settings, under this key of the stack's entry.
    NotNamed { names: String, key: &'static str, teams: bool },
    /// An earlier deployment has used it.
    Used { time: String, number: u64 },
    /// A glass was broken by it before.
    GlassBefore { time: String, number: u64 },
}

impl WhyNotSigned {
    /// The cause in words, after "does not count:".
    pub fn in_words(&self) -> String {
        match self {
            Self::NoSignature => "it has no signature".to_owned(),
            Self::SignatureCutOff => "its signature is cut off".to_owned(),
            Self::SignatureUnreadable => "its signature is not one of `ssh-keygen -Y sign`".to_owned(),
            Self::SignatureVersion(version) => {
                format!("its signature is of the form {version}, and 1 is read")
            }
            Self::EnvelopeCutOff => "its JSON is cut off".to_owned(),
            Self::NotJson(why) => format!("it is not JSON: {why}"),
            Self::EnvelopeVersion(version) => format!("it is of version {version}, and version 1 is read"),
            Self::NotAnEnvelope(why) => format!("it is not an approval: {why}"),
            Self::FileUnreadable(why) => why.clone(),
            Self::OtherNamespace(name) if name == "git" => {
                "it is the signature of a commit or a tag (namespace `git`), which approves nothing"
                    .to_owned()
            }
            Self::OtherNamespace(name) => {
                format!("it was signed for the namespace `{name}`, not `{NAMESPACE}`")
            }
            Self::Rsa => "it is signed by an RSA key, which is not taken".to_owned(),
            Self::OtherKind(kind) => {
                format!("it is signed by a key or in a form of `{kind}`, which is not taken")
            }
            Self::OtherBytes => "the signature is one of other bytes".to_owned(),
            Self::NotTouched => "it was signed without a touch of the security device".to_owned(),
            Self::NoList(version) => {
                format!("whose signatures count is not known: there is no `{ALLOWED_SIGNERS}` in {version}")
            }
            Self::ListLine { file, line, version, why } => {
                format!("line {line} of `{file}` in {version}: {why}")
            }
            Self::ListUnreadable { file, version, why } => {
                format!("`{file}` in {version} can't be read: {why}")
            }
            Self::RevokedInBinary => format!("`{REVOKED_KEYS}` is a binary list, which is not read"),
            Self::UnknownKey { key, version } => {
                format!("its key {key} is not in `{ALLOWED_SIGNERS}` of {version}")
            }
            Self::Revoked { key, version } => {
                format!("its key {key} is revoked by `{REVOKED_KEYS}` of {version}")
            }
            Self::KeyNotYetValid(from) => format!("its key counts from {from} on (`valid-after`)"),
            Self::KeyExpired(until) => format!("its key counted until {until} (`valid-before`)"),
            Self::NamespaceNotAllowed(allowed) => {
                format!("its key may sign for `{allowed}` only, which is not `{NAMESPACE}`")
            }
            Self::NobodyCertain(patterns) => {
                format!("whose key it is is not known: its line names `{patterns}`")
            }
            Self::KeyIsAuthority => {
                "its key is listed for certificates (`cert-authority`), not for signing".to_owned()
            }
            Self::OtherPerson => {
                "this commit and the one that was deployed last name different people for its key".to_owned()
            }
            Self::CertificateBroken => "its certificate can't be read".to_owned(),
            Self::CertificateNotSigned => {
                "its certificate is not signed by the authority that it names".to_owned()
            }
            Self::UnknownAuthority { key, version } => format!(
                "its certificate is of the authority {key}, which `{ALLOWED_SIGNERS}` of {version} does not have as \
                 `cert-authority`"
            ),
            Self::CertificateOfHost => "its certificate is one for hosts".to_owned(),
            Self::CertificateOption(option) => format!("its certificate has the critical option `{option}`"),
            Self::CertificateNotYetValid(from) => format!("its certificate counts from {} on", time(*from)),
            Self::CertificateExpired(until) => format!("its certificate counted until {}", time(*until)),
            Self::CertificateNames { names, .. } if names.is_empty() => {
                "its certificate names nobody: it has no principals".to_owned()
            }
            Self::CertificateNames { names, allowed } => {
                format!("its certificate is for `{names}`, and its authority may name `{allowed}`")
            }
            Self::OtherOperation { signed, wanted } => {
                format!("it was signed for `{signed}`, not for `{wanted}`")
            }
            Self::OtherDigest { signed, wanted } => format!(
                "it is about another change: `{}`, and this one is `{}`",
                short_digest(signed),
                short_digest(wanted)
            ),
            Self::OtherStack { signed, wanted } => {
                format!("it is about another stack: `{signed}`, and this one is `{wanted}`")
            }
            Self::OtherBackend { signed, wanted } => {
                format!("it is about a stack in another backend: `{signed}`, and this one is `{wanted}`")
            }
            Self::OtherEnvironment { signed, wanted } => {
                format!("it is about another environment: `{signed}`, and this one is `{wanted}`")
            }
            Self::Expired(at) => format!("it expired at {at}"),
            Self::Author { request } => format!("they are the author of {request}"),
            Self::NotNamed { names, key, teams: false } => format!("`{names}` is not named in `{key}`"),
            Self::NotNamed { names, key, teams: true } => format!(
                "`{names}` is not named in `{key}`, and no forge tells whether a signer is in one of its teams"
            ),
            Self::GlassBefore { time, number } => {
                format!("the glass was broken by it on {time}, entry {number} of the ledger")
            }
            Self::Used { time, number } => {
                format!("it was used by the deployment of {time}, entry {number} of the ledger")
            }
        }
    }

    /// The way out of this cause, for what was to be signed.
    pub fn way_out(&self, operation: SignedOperation) -> String {
        let line = operation.on_the_line();
        let again = format!("sign this change anew with `{line}`");
        let in_list = |what: &str| format!("{what} in `{ALLOWED_SIGNERS}`, see docs/approvals.md");
        match self {
            Self::NoSignature => format!("sign it: `ssh-keygen -Y sign -n {NAMESPACE} -f KEY approval.json`"),
            Self::SignatureCutOff | Self::EnvelopeCutOff => {
                "hand over the whole of it: the JSON, and the signature with its first and last line".to_owned()
            }
            Self::SignatureUnreadable | Self::NotJson(_) | Self::NotAnEnvelope(_) => {
                format!("hand over what `{line}` has written, with the signature of `ssh-keygen -Y sign` after it")
            }
            Self::SignatureVersion(_) | Self::EnvelopeVersion(_) => {
                "use the same version of stackstep for approving and deploying".to_owned()
            }
            Self::FileUnreadable(_) => {
                "let the job have `approval.json` and, beside it, `approval.json.sig`".to_owned()
            }
            Self::OtherNamespace(_) => {
                format!("sign it anew with `ssh-keygen -Y sign -n {NAMESPACE}`, as `{line}` does")
            }
            Self::Rsa | Self::OtherKind(_) => {
                "sign it with an Ed25519 key (`ssh-keygen -t ed25519`) or one of ECDSA with P-256 or P-384, also of a \
                 security device"
                    .to_owned()
            }
            Self::OtherBytes => {
                "hand over the file exactly as it was signed, or sign it anew: no byte of it may change".to_owned()
            }
            Self::NotTouched => "sign it anew, and touch the device".to_owned(),
            Self::NoList(_) => in_list("name those who may sign, one on a line: `ann ssh-ed25519 AAAA…`,"),
            Self::ListLine { file, .. } => format!("correct the line of `{file}`, see docs/approvals.md"),
            Self::ListUnreadable { file, .. } if *file == REVOKED_KEYS => {
                "let the job read it, as text: the revoked public keys one on a line, not a binary list".to_owned()
            }
            Self::ListUnreadable { .. } => {
                "let the job read it: a token that can read the repository, or a checkout with the whole history".to_owned()
            }
            Self::RevokedInBinary => format!("write the revoked public keys one on a line of `{REVOKED_KEYS}`"),
            Self::UnknownKey { .. } => in_list("sign with a listed key, or add this one"),
            Self::Revoked { .. } => "sign with another key".to_owned(),
            Self::KeyNotYetValid(_) | Self::KeyExpired(_) => in_list("sign with a key that counts now, or set other times"),
            Self::NamespaceNotAllowed(_) => in_list(&format!("allow its key `{NAMESPACE}` by `namespaces`")),
            Self::NobodyCertain(_) => in_list("name the person without wildcards"),
            Self::KeyIsAuthority => in_list("sign with a certificate of this authority, or list the signer's own key"),
            Self::OtherPerson => "let somebody sign whom both know by one name".to_owned(),
            Self::CertificateBroken
            | Self::CertificateNotSigned
            | Self::CertificateOfHost
            | Self::CertificateOption(_)
            | Self::CertificateExpired(_) => {
                "have a certificate for people issued, without critical options, and sign anew with it".to_owned()
            }
            Self::CertificateNotYetValid(_) => "wait until then, or have another certificate issued".to_owned(),
            Self::UnknownAuthority { .. } => in_list("sign with a certificate of a listed authority, or add this one"),
            Self::CertificateNames { .. } => in_list("have a certificate issued for a name that it allows, or allow it"),
            Self::OtherOperation { wanted, .. } => {
                format!("{again}, for `{wanted}`: nothing else that was signed stands for it")
            }
            Self::OtherDigest { .. } => {
                format!("look at what would be deployed now, and {again}")
            }
            Self::OtherStack { .. } | Self::OtherBackend { .. } => {
                format!("{again}, in the folder of its program and with its `cloud-url`")
            }
            Self::OtherEnvironment { wanted, .. } if wanted == "none" => format!("{again}, without `--environment`"),
            Self::OtherEnvironment { wanted, .. } => format!("{again}, with `--environment {wanted}`"),
            Self::Expired(_) => format!("{again}; `--expires` says for how long it counts"),
            Self::Author { .. } => "have it signed by another person".to_owned(),
            Self::NotNamed { key, .. } => {
                format!("have it signed by somebody whom `{key}` names, by the name that the list of signers has")
            }
            Self::GlassBefore { .. } => format!("{again}: a signature breaks one glass"),
            Self::Used { .. } => format!("{again}: an approval counts once"),
        }
    }
}

/// A time by its seconds since 1970.
fn time(seconds: u64) -> String {
    // What has no end is written as the largest number.
    instant(UNIX_EPOCH + Duration::from_secs(seconds.min(253_402_300_799)))
}
