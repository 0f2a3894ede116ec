//! A file that is brought onto a branch of its own, with a change request that asks people to merge it.

use sha1::{Digest as _, Sha1};

/// A changed file, and the change request for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProposedFile<'a> {
    /// The branch that it is brought onto.
    pub branch: &'a str,
    /// The branch that it is to be merged into.
    pub base: &'a str,
    /// The commit of that branch in which the file is as `before`.
    pub base_commit: &'a str,
    /// The file's path.
    pub path: &'a str,
    /// The file's text in the branch that it is brought onto, or, where that does not exist, in the base commit.
    pub before: &'a str,
    /// The file's text afterwards.
    pub after: &'a str,
    /// The title of the commit and of the change request.
    pub title: &'a str,
    /// The text of the change request, as Markdown.
    pub body: &'a str,
}

impl ProposedFile<'_> {
    /// The hash by which git knows the file as it was: a forge writes only over that.
    /// <https://git-scm.com/book/en/v2/Git-Internals-Git-Objects>
    pub(super) fn blob_before(&self) -> String {
        let head = format!("blob {}\0", self.before.len());
        let hash = Sha1::new().chain_update(head).chain_update(self.before).finalize();
        hash.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_gits_own_hash() {
        let file = ProposedFile {
            branch: "b",
            base: "main",
            base_commit: "c",
            path: "p",
            before: "hello\n",
            after: "",
            title: "t",
            body: "",
        };
        // `echo hello | git hash-object --stdin`
        assert_eq!(file.blob_before(), "ce013625030ba8dba906f756967f9e9ca394464a");
    }
}
