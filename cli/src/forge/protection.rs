//! What protects a repository: its branches, its tags, its environments. The same words for each forge; what a token may
//! not read is unknown and says which permission it takes, and is never told as open or as fine.

/// A fact, or why it is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<T> {
    /// It is known.
    Known(T),
    /// It could not be read, for this reason.
    NotKnown(String),
    /// The forge has no such thing.
    NoSuchThing,
}

impl<T> Fact<T> {
    /// The value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::NotKnown(_) | Self::NoSuchThing => None,
        }
    }

    /// The same fact with another value.
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Known(value) => Fact::Known(change(value)),
            Self::NotKnown(why) => Fact::NotKnown(why),
            Self::NoSuchThing => Fact::NoSuchThing,
        }
    }
}

/// What to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// Branches, by their names.
    pub branches: Vec<String>,
    /// Tags, by their names or patterns: `v*`.
    pub tags: Vec<String>,
    /// Environments, by their names.
    pub environments: Vec<String>,
}

/// What protects a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchProtection {
    /// The branch.
    pub branch: String,
    /// The approvals that a change request needs; 0 also where commits can be pushed without one.
    pub approvals: Fact<u64>,
    /// Whether a commit gets there by a change request only.
    pub change_requests_only: Fact<bool>,
    /// Whether approvals are taken back when commits are added.
    pub resets_approvals: Fact<bool>,
    /// Whether the author's own approval counts.
    pub author_counts: Fact<bool>,
    /// Whether the last push needs somebody else's approval.
    pub last_push_approved: Fact<bool>,
    /// Who gets past all that, in words; empty if nobody does.
    pub bypass: Fact<Vec<String>>,
    /// Whether its history can be rewritten.
    pub force_push: Fact<bool>,
    /// Whether it can be deleted.
    pub deletion: Fact<bool>,
    /// The statuses that a change request needs.
    pub required_statuses: Fact<Vec<String>>,
    /// Whether change requests are merged by a queue.
    pub queue: Fact<bool>,
    /// The page of these settings.
    pub link: Option<String>,
}

impl BranchProtection {
    /// A branch of which nothing is known, for one reason.
    pub(crate) fn not_known(branch: &str, why: &str) -> Self {
        let why = || why.to_owned();
        Self {
            branch: branch.to_owned(),
            approvals: Fact::NotKnown(why()),
            change_requests_only: Fact::NotKnown(why()),
            resets_approvals: Fact::NotKnown(why()),
            author_counts: Fact::NotKnown(why()),
            last_push_approved: Fact::NotKnown(why()),
            bypass: Fact::NotKnown(why()),
            force_push: Fact::NotKnown(why()),
            deletion: Fact::NotKnown(why()),
            required_statuses: Fact::NotKnown(why()),
            queue: Fact::NotKnown(why()),
            link: None,
        }
    }
}

/// What protects tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagProtection {
    /// The tags' name or pattern.
    pub tags: String,
    /// Who may create one, in words. Known and empty: nobody. `Everyone` who may write is [`TagCreators::Writers`].
    pub creators: Fact<TagCreators>,
    /// Whether one can be moved or deleted.
    pub moves: Fact<bool>,
    /// The page of these settings.
    pub link: Option<String>,
}

/// Who may create a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagCreators {
    /// Everybody who may write to the repository.
    Writers,
    /// These only.
    Only(Vec<String>),
}

/// What protects an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentProtection {
    /// The environment.
    pub environment: String,
    /// Whether it exists.
    pub exists: Fact<bool>,
    /// Who has to approve, in words; empty if nobody has to.
    pub reviewers: Fact<Vec<String>>,
    /// Whether the person who started the run may approve it.
    pub self_review: Fact<bool>,
    /// The branches and tags that may deploy, as patterns. None: any.
    pub references: Fact<Option<Vec<String>>>,
    /// Who may deploy to it, in words. None: everybody who may run a job.
    pub deployers: Fact<Option<Vec<String>>>,
    /// The page of these settings.
    pub link: Option<String>,
}

impl EnvironmentProtection {
    /// An environment of which nothing is known, for one reason.
    pub(crate) fn not_known(environment: &str, why: &str) -> Self {
        let why = || why.to_owned();
        Self {
            environment: environment.to_owned(),
            exists: Fact::NotKnown(why()),
            reviewers: Fact::NotKnown(why()),
            self_review: Fact::NotKnown(why()),
            references: Fact::NotKnown(why()),
            deployers: Fact::NotKnown(why()),
            link: None,
        }
    }
}

/// What protects a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protection {
    /// The branches.
    pub branches: Vec<BranchProtection>,
    /// The tags.
    pub tags: Vec<TagProtection>,
    /// The environments.
    pub environments: Vec<EnvironmentProtection>,
    /// The names of variables with credentials that the jobs of any branch get. None if that can't be asked of this forge.
    pub open_variables: Option<Fact<Vec<String>>>,
}
