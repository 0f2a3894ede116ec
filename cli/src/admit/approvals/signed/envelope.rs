//! The envelope of a signed approval: which change it lets through, of which stack, until when. It is JSON, and the signature
//! is over its bytes as they are.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::why::WhyNotSigned;
use crate::base::moment::Moment;

/// The version of the form that is written and read.
pub const ENVELOPE_VERSION: u32 = 1;

/// The fewest characters of a nonce.
const SHORTEST_NONCE: usize = 16;

/// The most characters of a nonce.
const LONGEST_NONCE: usize = 128;

/// What somebody has signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The version of the form.
    pub v: u32,
    /// What it lets happen, by the word of a [`super::SignedOperation`]; without it a deployment is approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The digest of the change.
    pub digest: String,
    /// The fingerprint of the stack's backend. None where it was not known.
    #[serde(default)]
    pub backend: Option<String>,
    /// The stack, with its project, and its organisation at Pulumi Cloud.
    pub stack: String,
    /// The commit that was looked at. It is shown and not compared: a squash or a merge makes another one of the same change.
    #[serde(default)]
    pub commit: Option<String>,
    /// The environment that the stack is deployed to.
    #[serde(default)]
    pub environment: Option<String>,
    /// The time after which it does not count, as RFC 3339.
    pub expires: String,
    /// A text that no other approval has, by which the ledger knows it again.
    pub nonce: String,
}

/// The version alone, which says how the rest is read.
#[derive(Deserialize)]
struct EnvelopeVersion {
    v: Option<Value>,
}

impl Envelope {
    /// Reads an envelope.
    ///
    /// # Errors
    /// It is cut off, is not JSON, is of another version, or has not what an envelope has.
    pub fn read(bytes: &[u8]) -> Result<Self, WhyNotSigned> {
        let unreadable = |error: serde_json::Error| match error.classify() {
            serde_json::error::Category::Eof => WhyNotSigned::EnvelopeCutOff,
            serde_json::error::Category::Data => WhyNotSigned::NotAnEnvelope(plain(&error)),
            _ => WhyNotSigned::NotJson(plain(&error)),
        };
        let EnvelopeVersion { v } = serde_json::from_slice(bytes).map_err(unreadable)?;
        match v {
            Some(v) if v.as_u64() == Some(u64::from(ENVELOPE_VERSION)) => {}
            Some(v) => return Err(WhyNotSigned::EnvelopeVersion(v.to_string())),
            None => return Err(WhyNotSigned::NotAnEnvelope("it has no `v`".to_owned())),
        }
        let envelope: Self = serde_json::from_slice(bytes).map_err(unreadable)?;
        let length = envelope.nonce.len();
        let is_plain = envelope.nonce.bytes().all(|byte| byte.is_ascii_graphic());
        if !(SHORTEST_NONCE..=LONGEST_NONCE).contains(&length) || !is_plain {
            return Err(WhyNotSigned::NotAnEnvelope(format!(
                "its `nonce` is not one of {SHORTEST_NONCE} to {LONGEST_NONCE} visible characters"
            )));
        }
        Ok(envelope)
    }

    /// The time after which it does not count.
    pub(super) fn expires_at(&self) -> Result<Moment, WhyNotSigned> {
        Moment::parse(&self.expires).ok_or_else(|| {
            WhyNotSigned::NotAnEnvelope(format!(
                "its `expires` is `{}`, which is not a time of RFC 3339",
                self.expires
            ))
        })
    }

    /// The envelope as the text that is signed: one line, so that it survives being pasted anywhere.
    pub fn to_text(&self) -> String {
        format!("{}\n", serde_json::to_string(self).unwrap_or_default())
    }
}

/// The words of an error in JSON, without its place in a text that nobody sees.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}
