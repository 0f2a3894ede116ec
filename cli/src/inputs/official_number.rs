//! Numbers in the form of the official action, which reads them as JavaScript does.

use super::javascript;

/// A number under the profile.
pub enum OfficialNumber {
    /// The text is no number: the official action fails.
    Fails,
    /// The number counts as not set, or changes nothing.
    NotSet,
    /// The number is larger than the input's maximum.
    TooLarge,
    /// The number is valid.
    Is(u32),
}

/// The number in `text` for the input `name`, of at most `max`, as the official action passes it to the CLI.
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
