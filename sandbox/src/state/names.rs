//! Names of objects in the state.

use crate::failure::Failure;
use crate::state::stack_ref::StackRef;
use std::fmt::Write as _;

/// The key of a stack's file.
pub(super) fn stack_key(stack: &StackRef) -> String {
    format!("{STACKS}/{}/{}.json", stack.project, stack.stack)
}

/// A random UUID, version 4.
pub fn uuid() -> Result<String, Failure> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| Failure::new(format!("reading random bytes: {error}")))?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = u128::from_be_bytes(bytes);
    let hex = format!("{hex:032x}");
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

/// Bytes in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string can't fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

pub(super) const STACKS: &str = ".pulumi/stacks";
