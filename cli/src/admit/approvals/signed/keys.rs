//! Public keys of OpenSSH, and whether one of them has made a signature. The mathematics are those of `ring`.
//!
//! RSA and the curve P-521 are refused by name: `ring` has no P-521, and one kind of keys less is one to worry about.
//! Keys of security devices (`sk-…`) sign a hash of their application, whether somebody has touched the device, and a
//! counter. <https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.u2f>

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, UnparsedPublicKey, VerificationAlgorithm,
};
use sha2::{Digest as _, Sha256};

use super::wire::{Wire, string};

const ED25519_NAME: &str = "ssh-ed25519";
const P256_NAME: &str = "ecdsa-sha2-nistp256";
const P384_NAME: &str = "ecdsa-sha2-nistp384";
const SK_ED25519_NAME: &str = "sk-ssh-ed25519@openssh.com";
const SK_P256_NAME: &str = "sk-ecdsa-sha2-nistp256@openssh.com";

/// What the name of a certificate has behind the key's algorithm.
const CERTIFICATE: &str = "-cert-v01";

/// The flag of a security device that somebody has touched.
const TOUCHED: u8 = 1;

/// A public key.
#[derive(Debug, Clone)]
pub(super) struct PublicKey {
    /// The algorithm's name.
    pub(super) algorithm: String,
    /// The key in OpenSSH's binary form, which is the same for the same key.
    blob: Vec<u8>,
    kind: KeyKind,
}

#[derive(Debug, Clone)]
enum KeyKind {
    Ed25519(Vec<u8>),
    P256(Vec<u8>),
    P384(Vec<u8>),
    SkEd25519 {
        key: Vec<u8>,
        application: Vec<u8>,
    },
    SkP256 {
        point: Vec<u8>,
        application: Vec<u8>,
    },
    /// A kind whose signatures are not read.
    Other,
}

/// Why a signature is not one of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhyNotOfKey {
    /// It is of other bytes, or of another key.
    DoesNotFit,
    /// Nobody has touched the device.
    NotTouched,
    /// It is of a kind that is not read.
    OtherKind,
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.blob == other.blob
    }
}

impl Eq for PublicKey {}

impl PublicKey {
    /// Reads a whole key. None if it is not one.
    pub(super) fn read(blob: &[u8]) -> Option<Self> {
        let mut wire = Wire(blob);
        let algorithm = wire.text()?;
        if !is_algorithm(algorithm) || algorithm.contains(CERTIFICATE) {
            return None;
        }
        let kind = KeyKind::read(algorithm, &mut wire)?;
        if !matches!(kind, KeyKind::Other) && !wire.is_at_its_end() {
            return None;
        }
        Some(Self { algorithm: algorithm.to_owned(), blob: blob.to_owned(), kind })
    }

    /// Reads the fields of a key of `algorithm` from a certificate. None for a kind that is not read, as the number of its
    /// fields is not known then.
    pub(super) fn certified(algorithm: &str, wire: &mut Wire<'_>) -> Option<Self> {
        let all = wire.0;
        let kind = KeyKind::read(algorithm, wire)?;
        if matches!(kind, KeyKind::Other) {
            return None;
        }
        let fields = all.get(..all.len() - wire.0.len())?;
        let blob = [string(algorithm.as_bytes()), fields.to_owned()].concat();
        Some(Self { algorithm: algorithm.to_owned(), blob, kind })
    }

    /// Reads a key as a text has it: the algorithm, and the key in base64. None if it is not one.
    pub(super) fn of_words(algorithm: &str, encoded: &str) -> Option<Self> {
        let key = Self::read(&STANDARD.decode(encoded).ok()?)?;
        (key.algorithm == algorithm).then_some(key)
    }

    /// Whether the signatures of keys of `algorithm` are read.
    pub(super) fn reads(algorithm: &str) -> bool {
        [ED25519_NAME, P256_NAME, P384_NAME, SK_ED25519_NAME, SK_P256_NAME].contains(&algorithm)
    }

    /// Whether its signatures are read.
    pub(super) fn is_supported(&self) -> bool {
        !matches!(self.kind, KeyKind::Other)
    }

    /// The fingerprint, as `ssh-keygen -l` shows it.
    pub(super) fn fingerprint(&self) -> String {
        format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&self.blob)))
    }

    /// Whether the key has made this signature, in OpenSSH's binary form, of `message`.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> Result<(), WhyNotOfKey> {
        let mut wire = Wire(signature);
        let algorithm = wire.text().ok_or(WhyNotOfKey::DoesNotFit)?;
        if !self.is_supported() || algorithm != self.algorithm {
            return Err(WhyNotOfKey::OtherKind);
        }
        let written = wire.string().ok_or(WhyNotOfKey::DoesNotFit)?;
        let of_device = match &self.kind {
            KeyKind::SkEd25519 { application, .. } | KeyKind::SkP256 { application, .. } => {
                let flags = wire.byte().ok_or(WhyNotOfKey::DoesNotFit)?;
                let counter = wire.bytes(4).ok_or(WhyNotOfKey::DoesNotFit)?;
                let parts: [&[u8]; 4] =
                    [&Sha256::digest(application), &[flags], counter, &Sha256::digest(message)];
                Some((flags, parts.concat()))
            }
            _ => None,
        };
        if !wire.is_at_its_end() {
            return Err(WhyNotOfKey::DoesNotFit);
        }
        let signed = of_device.as_ref().map_or(message, |(_, signed)| signed);
        let fits = match &self.kind {
            KeyKind::Ed25519(key) | KeyKind::SkEd25519 { key, .. } => fits(&ED25519, key, signed, written),
            KeyKind::P256(point) | KeyKind::SkP256 { point, .. } => {
                of_curve(&ECDSA_P256_SHA256_FIXED, 32, point, signed, written)
            }
            KeyKind::P384(point) => of_curve(&ECDSA_P384_SHA384_FIXED, 48, point, signed, written),
            KeyKind::Other => false,
        };
        match of_device {
            _ if !fits => Err(WhyNotOfKey::DoesNotFit),
            Some((flags, _)) if flags & TOUCHED == 0 => Err(WhyNotOfKey::NotTouched),
            _ => Ok(()),
        }
    }
}

impl KeyKind {
    /// Reads the fields that follow the algorithm's name.
    fn read(algorithm: &str, wire: &mut Wire<'_>) -> Option<Self> {
        let mut of_curve =
            |curve: &str| (wire.text()? == curve).then(|| wire.string().map(<[u8]>::to_vec))?;
        Some(match algorithm {
            ED25519_NAME => Self::Ed25519(wire.string()?.to_vec()),
            P256_NAME => Self::P256(of_curve("nistp256")?),
            P384_NAME => Self::P384(of_curve("nistp384")?),
            SK_P256_NAME => {
                let point = of_curve("nistp256")?;
                Self::SkP256 { point, application: wire.string()?.to_vec() }
            }
            SK_ED25519_NAME => {
                Self::SkEd25519 { key: wire.string()?.to_vec(), application: wire.string()?.to_vec() }
            }
            _ => Self::Other,
        })
    }
}

/// The algorithm of the key in a certificate whose kind has this name. None if it is no certificate.
pub(super) fn certified_algorithm(name: &str) -> Option<String> {
    name.contains(CERTIFICATE).then(|| {
        let plain = name.replace(CERTIFICATE, "");
        // Only the keys of security devices keep the owner of the name.
        if plain.starts_with("sk-") { plain } else { plain.trim_end_matches("@openssh.com").to_owned() }
    })
}

/// Whether a text has the form of an algorithm's name.
pub(super) fn is_algorithm(text: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-"].iter().any(|start| text.starts_with(start))
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-@.".contains(&byte))
}

fn fits(algorithm: &'static dyn VerificationAlgorithm, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
}

fn of_curve(
    algorithm: &'static dyn VerificationAlgorithm,
    size: usize,
    point: &[u8],
    message: &[u8],
    written: &[u8],
) -> bool {
    let mut wire = Wire(written);
    let (Some(r), Some(s)) = (wire.positive(size), wire.positive(size)) else { return false };
    wire.is_at_its_end() && fits(algorithm, point, message, &[r, s].concat())
}
