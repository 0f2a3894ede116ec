//! What a forge only shows: reviews, files, history, protection and gates. Written from the vendors' references, which are
//! linked where the real side has them.

pub mod azure;
pub mod bitbucket;
pub mod gitea;
pub mod github;
pub mod gitlab;

use std::collections::BTreeSet;

/// What is kept of it.
#[derive(Debug, Default)]
pub struct Shown {
    /// The reviews, the oldest first.
    pub reviews: Vec<Kept>,
    /// The heads of the change request, each with the time of its push, the oldest first.
    pub pushes: Vec<(String, String)>,
    /// The commits with their parents.
    pub commits: Vec<(String, Vec<String>)>,
    /// The branches with their heads; the first is the default one.
    pub branches: Vec<(String, String)>,
    /// Files: commit, path, text.
    pub files: Vec<(String, String, String)>,
    /// The members of the team `platform`.
    pub team: Vec<String>,
    /// What people may do, by the words of the input: `read`, `triage`, `write`, `maintain`, `admin`.
    pub permissions: Vec<(String, &'static str)>,
    /// What the token may not read: `reviews`, `writers`, `contents`, `team`, `protection`, `environments`.
    pub closed: Vec<&'static str>,
    /// Who decided at the gate of the environment `production`, and whether they let the job through.
    pub gate: Vec<(String, bool)>,
    /// Whether the branch `main`, the tags `v*` and the environment `production` are protected.
    pub guarded: bool,
    /// A thread of Azure Repos that somebody wrote in the form of a vote.
    pub forged: Option<serde_json::Value>,
    /// The change requests in the queue of `main`, the next one first: number, commit, and the commit that it is made on.
    pub queue: Vec<(u64, String, String)>,
    /// Statuses: commit, name, state in GitHub's words.
    pub statuses: Vec<(String, String, &'static str)>,
    /// The runs on GitHub, and on GitLab the jobs: the id, and whether it has ended.
    pub runs: Vec<(String, bool)>,
}

/// A review as it is kept.
#[derive(Debug, Clone)]
pub struct Kept {
    pub who: String,
    pub verdict: Verdict,
    pub at: String,
    /// The commit at the head then.
    pub head: String,
    /// Whether the person may write.
    pub writes: bool,
}

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Approved,
    Changes,
    Dismissed,
}

impl Shown {
    pub fn is_closed(&self, what: &str) -> bool {
        self.closed.contains(&what)
    }

    /// What a person may do.
    pub fn permission(&self, who: &str) -> Option<&'static str> {
        self.permissions.iter().find(|(own, _)| own == who).map(|(_, word)| *word)
    }

    fn parents(&self, commit: &str) -> Option<&Vec<String>> {
        self.commits.iter().find(|(hash, _)| hash == commit).map(|(_, parents)| parents)
    }

    /// A commit, by its hash or the beginning of it.
    pub fn commit(&self, hash: &str) -> Option<&(String, Vec<String>)> {
        self.commits.iter().find(|(own, _)| own.starts_with(hash))
    }

    /// The commits that `tip` is or contains.
    pub fn history(&self, tip: &str) -> BTreeSet<String> {
        let (mut found, mut open) = (BTreeSet::new(), vec![tip.to_owned()]);
        while let Some(commit) = open.pop() {
            if let Some(parents) = self.parents(&commit).filter(|_| found.insert(commit.clone())) {
                open.extend(parents.iter().cloned());
            }
        }
        found
    }

    /// The commits that `to` contains and `from` does not. None where one is not there.
    pub fn between(&self, from: &str, to: &str) -> Option<Vec<(String, Vec<String>)>> {
        let (own, others) = (self.history(to), self.history(from));
        if own.is_empty() || others.is_empty() {
            return None;
        }
        Some(
            self.commits
                .iter()
                .filter(|(hash, _)| own.contains(hash) && !others.contains(hash))
                .cloned()
                .collect(),
        )
    }

    /// A commit that both contain.
    pub fn base(&self, one: &str, other: &str) -> Option<String> {
        let both: BTreeSet<String> = self.history(one).intersection(&self.history(other)).cloned().collect();
        // The youngest: the one that is no ancestor of another.
        both.iter()
            .find(|own| !both.iter().any(|other| other != *own && self.history(other).contains(*own)))
            .cloned()
    }

    /// Whether a run has ended. None if there is no such run.
    pub fn has_ended(&self, run: &str) -> Option<bool> {
        self.runs.iter().find(|(id, _)| id == run).map(|(_, ended)| *ended)
    }

    /// The head of a branch.
    pub fn head(&self, branch: &str) -> Option<&str> {
        self.branches.iter().find(|(name, _)| name == branch).map(|(_, head)| head.as_str())
    }

    /// The file at a commit.
    pub fn file(&self, commit: &str, path: &str) -> Option<&str> {
        self.files
            .iter()
            .find(|(own, name, _)| own == commit && name == path)
            .map(|(_, _, text)| text.as_str())
    }
}

/// Fills in a little of everything: a merge on a base, an approval of the merge and a request for changes of the base, a
/// file, a team, a gate and a status. Returns the hashes of the merge and the base.
#[allow(dead_code, reason = "the runners' tests use it")]
pub fn story(shown: &mut Shown) -> (String, String) {
    let (merge, base) = ("a".repeat(40), "b".repeat(40));
    let review = |who: &str, verdict, time: &str, head: &str| Kept {
        who: who.to_owned(),
        verdict,
        at: format!("2026-11-21T{time}:00Z"),
        head: head.to_owned(),
        writes: true,
    };
    *shown = Shown {
        reviews: vec![
            review("ann", Verdict::Approved, "12:30", &merge),
            review("bob", Verdict::Changes, "12:31", &merge),
        ],
        pushes: vec![
            ("2026-11-21T09:00:00Z".to_owned(), base.clone()),
            ("2026-11-21T11:00:00Z".to_owned(), merge.clone()),
        ],
        commits: vec![(merge.clone(), vec![base.clone()]), (base.clone(), Vec::new())],
        branches: vec![("main".to_owned(), merge.clone())],
        files: vec![(merge.clone(), "stackstep.yaml".to_owned(), "deploy: {}\n".to_owned())],
        team: vec!["ann".to_owned()],
        gate: vec![("ann".to_owned(), true)],
        guarded: true,
        statuses: vec![(merge.clone(), "stackstep / shop / prod".to_owned(), "success")],
        ..Shown::default()
    };
    (merge, base)
}
