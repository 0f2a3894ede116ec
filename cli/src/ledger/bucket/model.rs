//! What is asked of a bucket, and what it answers.

use crate::base::error::Problem;

/// The result of creating an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creation {
    /// It was not there, and is now.
    Done,
    /// It was there already, or another writer came first.
    Taken,
}

/// The names to list.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The folder that they lie in, without a `/` at its end.
    pub folder: &'a str,
    /// The beginning of each name.
    pub beginning: &'a str,
    /// The name that they come after.
    pub after: Option<&'a str>,
}

/// The kind of trouble with a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketTroubleKind {
    /// The credentials are missing, are not accepted, or have no permission.
    Denied,
    /// Anything else: it is not known what is there.
    Broken,
}

/// Trouble with a bucket.
#[derive(Debug, Clone)]
pub struct BucketTrouble {
    /// The kind of the trouble.
    pub kind: BucketTroubleKind,
    /// What is wrong, and the way out.
    pub problem: Problem,
}
