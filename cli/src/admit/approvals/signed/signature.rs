//! A signature of a file as `ssh-keygen -Y sign` writes it, in its armour of text.
//! <https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256, Sha512};

use super::certificate::{Certificate, WhyNoCertificate};
use super::keys::{PublicKey, WhyNotOfKey};
use super::names::NAMESPACE;
use super::why::WhyNotSigned;
use super::wire::{Wire, string};

/// The line before a signature.
pub(super) const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";

/// The line after a signature.
pub(super) const END: &str = "-----END SSH SIGNATURE-----";

/// The bytes that a signature, and what is signed, begin with.
const MAGIC: &[u8] = b"SSHSIG";

/// The version of the form that is read.
const VERSION: u32 = 1;

/// The key of a signature.
#[derive(Debug, Clone)]
pub(super) enum SigningKey {
    /// A key by itself.
    Plain(PublicKey),
    /// A key with a certificate.
    Certified(Box<Certificate>),
}

impl SigningKey {
    /// The key itself.
    pub(super) fn key(&self) -> &PublicKey {
        match self {
            Self::Plain(key) => key,
            Self::Certified(certificate) => &certificate.key,
        }
    }
}

/// A signature for our namespace by a key of a kind that is read.
#[derive(Debug, Clone)]
pub(super) struct FileSignature {
    /// The key.
    pub(super) key: SigningKey,
    /// The part of the signed data before the hash of the file.
    before: Vec<u8>,
    /// Whether the hash is SHA-512, and not SHA-256.
    is_512: bool,
    signature: Vec<u8>,
}

impl FileSignature {
    /// Reads what stands between the lines of an armour.
    pub(super) fn read(armoured: &str) -> Result<Self, WhyNotSigned> {
        let encoded: String = armoured.chars().filter(|one| !one.is_ascii_whitespace()).collect();
        let bytes = STANDARD.decode(encoded).map_err(|_| WhyNotSigned::SignatureUnreadable)?;
        let mut wire = Wire(&bytes);
        let cut = || WhyNotSigned::SignatureCutOff;
        if wire.bytes(MAGIC.len()).ok_or_else(cut)? != MAGIC {
            return Err(WhyNotSigned::SignatureUnreadable);
        }
        let version = wire.u32().ok_or_else(cut)?;
        if version != VERSION {
            return Err(WhyNotSigned::SignatureVersion(version));
        }
        let key = wire.string().ok_or_else(cut)?;
        let namespace = wire.string().ok_or_else(cut)?;
        let reserved = wire.string().ok_or_else(cut)?;
        let hash = wire.string().ok_or_else(cut)?;
        let signature = wire.string().ok_or_else(cut)?.to_vec();
        if !wire.is_at_its_end() {
            return Err(WhyNotSigned::SignatureUnreadable);
        }
        if namespace != NAMESPACE.as_bytes() {
            return Err(WhyNotSigned::OtherNamespace(String::from_utf8_lossy(namespace).into_owned()));
        }
        let is_512 = match hash {
            b"sha512" => true,
            b"sha256" => false,
            _ => return Err(WhyNotSigned::SignatureUnreadable),
        };
        let before = [MAGIC, &string(namespace), &string(reserved), &string(hash)].concat();
        Ok(Self { key: signing_key(key)?, before, is_512, signature })
    }

    /// Whether this is the signature of a file with these bytes.
    pub(super) fn is_of(&self, file: &[u8]) -> Result<(), WhyNotSigned> {
        let hash = if self.is_512 { Sha512::digest(file).to_vec() } else { Sha256::digest(file).to_vec() };
        let signed = [self.before.as_slice(), &string(&hash)].concat();
        self.key.key().has_signed(&signed, &self.signature).map_err(|why| match why {
            WhyNotOfKey::DoesNotFit => WhyNotSigned::OtherBytes,
            WhyNotOfKey::NotTouched => WhyNotSigned::NotTouched,
            WhyNotOfKey::OtherKind => WhyNotSigned::OtherKind(self.kind()),
        })
    }

    /// The name of the signature's own algorithm.
    fn kind(&self) -> String {
        Wire(&self.signature).text().unwrap_or_default().to_owned()
    }
}

fn signing_key(blob: &[u8]) -> Result<SigningKey, WhyNotSigned> {
    match Certificate::read(blob) {
        Some(Ok(certificate)) => return Ok(SigningKey::Certified(Box::new(certificate))),
        Some(Err(WhyNoCertificate::Broken)) => return Err(WhyNotSigned::CertificateBroken),
        Some(Err(WhyNoCertificate::NotSigned)) => return Err(WhyNotSigned::CertificateNotSigned),
        Some(Err(WhyNoCertificate::Kind(kind))) => return Err(of_kind(kind)),
        None => {}
    }
    let key = PublicKey::read(blob).ok_or(WhyNotSigned::SignatureUnreadable)?;
    if key.is_supported() { Ok(SigningKey::Plain(key)) } else { Err(of_kind(key.algorithm)) }
}

fn of_kind(kind: String) -> WhyNotSigned {
    if kind == "ssh-rsa" { WhyNotSigned::Rsa } else { WhyNotSigned::OtherKind(kind) }
}
