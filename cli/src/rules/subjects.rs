//! What a value of a rule is about.

/// What a value of a rule is about in one report.
#[derive(Debug, Default)]
pub(super) struct Subjects<'a> {
    /// Each of them: its URN; none for one that is not a resource.
    pub each: Vec<Option<&'a str>>,
    /// The number of those that the report counts and does not name.
    pub unnamed: u64,
    /// Why not all of them are known; none if they are.
    pub unknown: Option<String>,
}
