//! Files and commits of a repository.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::text_at;
use crate::base::http::Request;

/// The most bytes of a file that is read from a forge: more than any `stackstep.yaml` that people still read.
pub const LARGEST_FILE: usize = 1 << 20;

/// A file as a forge answers with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileAnswer {
    /// Its content.
    Content(Vec<u8>),
    /// The path is there and is no file: a folder, a submodule.
    NotAFile,
    /// It is larger than the forge hands out this way.
    TooLarge,
}

/// How a file is read from the answer.
#[derive(Debug, Clone, Copy)]
pub enum FileForm {
    /// The answer is JSON with the file in it.
    Json(fn(&Value) -> Option<FileAnswer>),
    /// The answer is the file.
    Raw,
}

/// The request for a file.
#[derive(Debug)]
pub struct FileRequest {
    /// The request.
    pub request: Request,
    /// How the file is read from the answer.
    pub form: FileForm,
}

/// A commit with its place in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryCommit {
    /// The whole hash.
    pub hash: String,
    /// The hashes of its parents, the first one first. None if the forge does not tell.
    pub parents: Option<Vec<String>>,
}

impl HistoryCommit {
    /// Reads a commit with its hash at `hash`, and a list of parents that have theirs at `parent`.
    pub(super) fn read(commit: &Value, hash: &str, parent: &str) -> Option<Self> {
        let parents = commit.get("parents").and_then(Value::as_array);
        let parents = parents.and_then(|list| list.iter().map(|one| text_at(one, parent)).collect());
        Some(Self { hash: text_at(commit, hash)?, parents })
    }
}

/// Reads a file that stands in Base64 in the field `content`, as on GitHub, GitLab and Gitea.
pub(super) fn read_base64_file(answer: &Value) -> Option<FileAnswer> {
    // The list of a folder.
    if answer.is_array() {
        return Some(FileAnswer::NotAFile);
    }
    if answer.get("type").is_some_and(|kind| kind != "file" && kind != "symlink") {
        return Some(FileAnswer::NotAFile);
    }
    match answer.get("encoding").and_then(Value::as_str) {
        Some("base64") => {}
        // https://docs.github.com/en/rest/repos/contents#get-repository-content: between 1 and 100 MB
        Some("none") => return Some(FileAnswer::TooLarge),
        _ => return None,
    }
    let content: String = text_at(answer, "/content")?.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    BASE64_STANDARD.decode(content).ok().map(FileAnswer::Content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_file_is_read_from_lines_of_base64() {
        let file = json!({ "type": "file", "encoding": "base64", "content": "ZGVw\nbG95\nOgo=\n" });
        assert_eq!(read_base64_file(&file), Some(FileAnswer::Content(b"deploy:\n".to_vec())));
    }

    #[test]
    fn a_folder_a_submodule_and_a_large_file_are_told_apart_from_no_file() {
        assert_eq!(read_base64_file(&json!([{ "type": "file" }])), Some(FileAnswer::NotAFile));
        assert_eq!(read_base64_file(&json!({ "type": "submodule" })), Some(FileAnswer::NotAFile));
        let large = json!({ "type": "file", "encoding": "none", "content": "" });
        assert_eq!(read_base64_file(&large), Some(FileAnswer::TooLarge));
        assert_eq!(read_base64_file(&json!({ "type": "file", "encoding": "base64" })), None);
        assert_eq!(read_base64_file(&json!({ "encoding": "base64", "content": "%%%" })), None);
    }
}
