//! Files of the repository, and what a branch contains.

use super::super::contents::{FileAnswer, FileForm, LARGEST_FILE};
use super::super::trouble::{Trouble, TroubleKind};
use super::super::{HistoryCommit, Reading};
use super::{Client, Done};
use crate::base::error::Problem;
use crate::base::http::host;

/// A file of the repository at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepositoryFile {
    /// Its text.
    Text(String),
    /// The commit is there and has no such file.
    Missing,
}

impl Client<'_> {
    /// The permission that reading needs.
    pub(super) fn needs(&self, what: Reading) -> &'static str {
        self.place().forge.needed_to_read(what)
    }

    /// The name of the repository's default branch.
    pub async fn default_branch(&self) -> Done<String> {
        let wanted = self.place.forge.default_branch(self.place);
        self.read(
            "read which branch is the default one",
            &wanted.needing_by_default(self.needs(Reading::Contents)),
        )
        .await
    }

    /// The commit at the head of a branch.
    pub async fn branch_head(&self, branch: &str) -> Done<String> {
        let wanted = self.place.forge.branch_head(self.place, branch);
        let do_what = format!("read the head of the branch `{branch}`");
        self.read(&do_what, &wanted.needing_by_default(self.needs(Reading::Contents))).await
    }

    /// A commit, by its whole hash or an abbreviation.
    pub async fn commit(&self, commit: &str) -> Done<HistoryCommit> {
        let wanted = self.place.forge.commit(self.place, commit);
        let do_what = format!("read the commit `{commit}`");
        self.read(&do_what, &wanted.needing_by_default(self.needs(Reading::Contents))).await
    }

    /// Whether a branch contains a commit, which both are asked for by their whole hashes. A commit that the forge does not
    /// know is an error and no "no".
    pub async fn branch_contains(&self, branch: &str, commit: &str) -> Done<bool> {
        let tip = self.branch_head(branch).await?;
        if tip.eq_ignore_ascii_case(commit) {
            return Ok(true);
        }
        let wanted = self.place.forge.contains(self.place, &tip, commit);
        let do_what = format!("find out whether `{branch}` contains `{commit}`");
        self.read(&do_what, &wanted.needing_by_default(self.needs(Reading::Contents))).await
    }

    /// A file of the repository at a commit, which is its whole hash. That the file is missing is told only if the commit
    /// itself can be read: a forge answers with the same status where a token may not look.
    pub async fn file(&self, commit: &str, path: &str) -> Done<RepositoryFile> {
        let do_what = format!("read `{path}` at `{commit}`");
        let needs = self.needs(Reading::Contents);
        let wanted = self.place.forge.file(self.place, commit, path);
        let answer = match self.answer(&do_what, &wanted.request, Some(needs)).await {
            Ok(answer) => answer,
            Err(trouble) if trouble.kind == TroubleKind::Missing => {
                self.commit(commit).await.map_err(|_| trouble)?;
                return Ok(RepositoryFile::Missing);
            }
            Err(trouble) => return Err(trouble),
        };
        let body = answer.body.expose();
        let file = match wanted.form {
            FileForm::Raw => FileAnswer::Content(body.as_bytes().to_vec()),
            FileForm::Json(read) => serde_json::from_str(body)
                .ok()
                .and_then(|answer| read(&answer))
                .ok_or_else(|| Trouble::unreadable(self.place, &do_what))?,
        };
        let wrong = |what: &str| Trouble {
            kind: TroubleKind::Unreadable,
            problem: Problem::new(
                format!("could not {do_what} on {}: {what}", host(&self.place.api)),
                "commit it as a plain text file",
            ),
        };
        match file {
            FileAnswer::Content(content) if content.len() <= LARGEST_FILE => String::from_utf8(content)
                .ok()
                // What a raw answer had of bytes that are no text was replaced when it was read.
                .filter(|text| !text.contains('\u{fffd}') && !text.contains('\0'))
                .map(RepositoryFile::Text)
                .ok_or_else(|| wrong("it is not a text in UTF-8")),
            FileAnswer::Content(_) | FileAnswer::TooLarge => Err(wrong("it is larger than 1 MiB")),
            FileAnswer::NotAFile => Err(wrong("it is not a file")),
        }
    }
}
