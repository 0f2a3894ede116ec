//! Signed approvals as they are handed over: a file with its signature beside it, or a text that has both, one after the
//! other, such as a comment.

use super::signature::{BEGIN, END};
use super::why::WhyNotSigned;

/// The most approvals that are read of one place.
const MOST: usize = 50;

/// The most beginnings of JSON that are tried in one text.
const TRIED: usize = 64;

/// An envelope with its signature, both unread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedEnvelope {
    /// The envelope's bytes; several where a text may have been changed on its way: its line breaks, and the one at its end.
    pub(super) bytes: Vec<Vec<u8>>,
    /// What stands between the lines of the signature's armour.
    pub(super) armoured: String,
}

/// What was handed over as a signed approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedApproval {
    /// The place, in words: a file, a variable, a comment.
    pub place: String,
    /// The envelope with its signature, or why there are not both.
    pub signed: Result<SignedEnvelope, WhyNotSigned>,
}

/// Whether a text says that it has a signature.
pub fn has_a_signature(text: &str) -> bool {
    text.contains(BEGIN)
}

/// The approval of a file whose signature is the text of another one.
pub fn in_files(place: &str, file: &[u8], signature: &str) -> Vec<HandedApproval> {
    let armours = armours(signature).into_iter().map(|armour| armour.body);
    let each = armours.map(|body| {
        body.map(|armoured| SignedEnvelope { bytes: vec![file.to_owned()], armoured: armoured.to_owned() })
    });
    handed(place, each.collect())
}

/// The approvals in a text, each an envelope and after it its signature, or several.
pub fn in_text(place: &str, text: &str) -> Vec<HandedApproval> {
    let mut found = Vec::new();
    let (mut last, mut end) =
        (Err(WhyNotSigned::NotJson("there is none before the signature".to_owned())), 0);
    for armour in armours(text) {
        let before = text.get(end..armour.begin).unwrap_or_default();
        if before.contains('{') || end == 0 {
            last = envelope_in(before).map(variants);
        }
        end = armour.end;
        found.push(last.clone().and_then(|bytes| {
            armour.body.map(|armoured| SignedEnvelope { bytes, armoured: armoured.to_owned() })
        }));
    }
    handed(place, found)
}

fn handed(place: &str, mut found: Vec<Result<SignedEnvelope, WhyNotSigned>>) -> Vec<HandedApproval> {
    if found.is_empty() {
        found.push(Err(WhyNotSigned::NoSignature));
    }
    found.truncate(MOST);
    found.into_iter().map(|signed| HandedApproval { place: place.to_owned(), signed }).collect()
}

/// The armour of a signature in a text: where it begins and ends, and what stands in it.
struct Armour<'t> {
    begin: usize,
    end: usize,
    body: Result<&'t str, WhyNotSigned>,
}

fn armours(text: &str) -> Vec<Armour<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(begin) = text.get(at..).and_then(|rest| rest.find(BEGIN)).map(|begin| at + begin) {
        let inside = begin + BEGIN.len();
        let rest = text.get(inside..).unwrap_or_default();
        let (body, length) = match rest.split_once(END) {
            Some((body, _)) => (Ok(body), body.len() + END.len()),
            None => (Err(WhyNotSigned::SignatureCutOff), rest.len()),
        };
        at = inside + length;
        found.push(Armour { begin, end: at, body });
    }
    found
}

/// The JSON object at the end of a text.
fn envelope_in(text: &str) -> Result<&str, WhyNotSigned> {
    let no = |why: &str| WhyNotSigned::NotJson(why.to_owned());
    let first = text.find('{').ok_or_else(|| no("there is none before the signature"))?;
    let last = text.rfind('}').filter(|last| *last > first).ok_or(WhyNotSigned::EnvelopeCutOff)?;
    let begins = text.match_indices('{').map(|(at, _)| at).take_while(|at| *at < last).take(TRIED);
    let mut objects = begins.filter_map(|begin| text.get(begin..=last));
    let is_object =
        |text: &&str| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok();
    objects.find(is_object).ok_or_else(|| no("what stands before the signature can't be read"))
}

/// The bytes that may have been signed, if this is what a text shows of them.
fn variants(text: &str) -> Vec<Vec<u8>> {
    let unix = text.replace("\r\n", "\n");
    let mut variants: Vec<Vec<u8>> = Vec::new();
    for text in [text, &unix] {
        for end in ["", "\n"] {
            let bytes = format!("{text}{end}").into_bytes();
            if !variants.contains(&bytes) {
                variants.push(bytes);
            }
        }
    }
    variants
}
