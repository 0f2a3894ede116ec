//! Certificates of OpenSSH: a key with the names of its owner and the time in which it counts, signed by an authority.
//! <https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.certkeys>

use super::keys::{PublicKey, certified_algorithm};
use super::wire::Wire;

/// The kind of a certificate for people.
const USER: u32 = 1;

/// A certificate whose authority has signed it, whoever that is.
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    /// The key that it is about.
    pub(super) key: PublicKey,
    /// Whether it is for people, and not for machines.
    pub(super) is_of_user: bool,
    /// The names of the owner.
    pub(super) principals: Vec<String>,
    /// The first second in which it counts, since 1970.
    pub(super) valid_after: u64,
    /// The first second in which it does not count any more; the largest number stands for ever.
    pub(super) valid_before: u64,
    /// The names of the options that whoever reads it has to know.
    pub(super) critical: Vec<String>,
    /// The key of the authority.
    pub(super) authority: PublicKey,
}

/// Why a certificate can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WhyNoCertificate {
    /// It is not whole, or has something behind its end.
    Broken,
    /// Its key or its authority's is of this kind, which is not read.
    Kind(String),
    /// The authority's signature does not fit.
    NotSigned,
}

impl Certificate {
    /// Reads a certificate and checks the signature of its authority. None if the bytes are no certificate at all.
    pub(super) fn read(blob: &[u8]) -> Option<Result<Self, WhyNoCertificate>> {
        let algorithm = certified_algorithm(Wire(blob).text()?)?;
        Some(Self::read_fields(blob, &algorithm))
    }

    fn read_fields(blob: &[u8], algorithm: &str) -> Result<Self, WhyNoCertificate> {
        const BROKEN: WhyNoCertificate = WhyNoCertificate::Broken;
        let mut wire = Wire(blob);
        let (_, _nonce) = (wire.string(), wire.string().ok_or(BROKEN)?);
        if !PublicKey::reads(algorithm) {
            return Err(WhyNoCertificate::Kind(algorithm.to_owned()));
        }
        let key = PublicKey::certified(algorithm, &mut wire).ok_or(BROKEN)?;
        let _serial = wire.u64().ok_or(BROKEN)?;
        let is_of_user = wire.u32().ok_or(BROKEN)? == USER;
        let _key_id = wire.string().ok_or(BROKEN)?;
        let principals = texts(wire.string().ok_or(BROKEN)?).ok_or(BROKEN)?;
        let valid_after = wire.u64().ok_or(BROKEN)?;
        let valid_before = wire.u64().ok_or(BROKEN)?;
        let options = texts(wire.string().ok_or(BROKEN)?).ok_or(BROKEN)?;
        // Names and values take turns.
        let critical = options.into_iter().step_by(2).collect();
        let (_extensions, _reserved) = (wire.string().ok_or(BROKEN)?, wire.string().ok_or(BROKEN)?);
        let authority = PublicKey::read(wire.string().ok_or(BROKEN)?).ok_or(BROKEN)?;
        let signed = blob.get(..blob.len() - wire.0.len()).ok_or(BROKEN)?;
        let signature = wire.string().ok_or(BROKEN)?;
        if !wire.is_at_its_end() {
            return Err(BROKEN);
        }
        if !authority.is_supported() {
            return Err(WhyNoCertificate::Kind(authority.algorithm));
        }
        authority.has_signed(signed, signature).map_err(|_| WhyNoCertificate::NotSigned)?;
        Ok(Self { key, is_of_user, principals, valid_after, valid_before, critical, authority })
    }
}

/// The texts of which a field consists.
fn texts(field: &[u8]) -> Option<Vec<String>> {
    let mut wire = Wire(field);
    let mut texts = Vec::new();
    while !wire.is_at_its_end() {
        texts.push(String::from_utf8_lossy(wire.string()?).into_owned());
    }
    Some(texts)
}
