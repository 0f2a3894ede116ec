//! Numbers as the official action takes them, which is as JavaScript does.

use super::javascript;

/// A number under the profile.
pub enum OfficialNumber {
    /// No number: the official action fails.
    Fails,
    /// A number that counts as not set, or changes nothing.
    NotSet,
    /// More than there is to ask for.
    TooLarge,
    /// A number.
    Is(u32),
}

/// The number `text` of the input `name`, of at most `max`, as the official action hands it to the CLI.
pub fn official_number(name: &str, text: &str, max: u32) -> OfficialNumber {
    let Some(number) = javascript::whole_number(text) else { return OfficialNumber::Fails };
    match name {
        _ if number == 0 => OfficialNumber::NotSet,
        // <https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/deployment.go>
        "parallel" if number < 0 && i32::try_from(number).is_ok() => OfficialNumber::Is(1),
        "log-verbosity" if number < 0 => OfficialNumber::NotSet,
        "log-verbosity" if number > max.into() => OfficialNumber::TooLarge,
        _ => u32::try_from(number).map_or(OfficialNumber::Fails, OfficialNumber::Is),
    }
}
