//! Comments that ask for something, on GitHub: <https://docs.github.com/en/rest/issues/comments>,
//! <https://docs.github.com/en/rest/reactions/reactions>.

use serde_json::Value;

use super::{GitHub, read_person, repository};
use crate::base::http::{Method, Request};
use crate::base::words::Words as _;
use crate::forge::{
    Conversations, Permission, Place, Reaction, RequestFor, WrittenComment, encoded, one_field, text_at,
};

impl Conversations for GitHub {
    fn written_comment(&self, place: &Place, _change_request: u64, id: u64) -> RequestFor<WrittenComment> {
        let path = format!("{}/issues/comments/{id}", repository(place));
        RequestFor::new(place.get_request(&path), read_comment)
    }

    // https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
    fn permission(&self, place: &Place, account: &str) -> RequestFor<Option<Permission>> {
        let path = format!("{}/collaborators/{}/permission", repository(place), encoded(account));
        RequestFor::new(place.get_request(&path), |answer| {
            let permission = text_at(answer, "/permission")?;
            Some(permission_in(text_at(answer, "/role_name").as_deref(), &permission))
        })
    }

    fn react(&self, place: &Place, _change_request: u64, id: u64, reaction: Reaction) -> Request {
        let path = format!("{}/issues/comments/{id}/reactions", repository(place));
        place.body_request(Method::POST, &path, &one_field("content", reaction.word_on_github()))
    }
}

fn read_comment(answer: &Value) -> Option<WrittenComment> {
    WrittenComment::read(answer, answer.get("user").and_then(read_person)?, "/issue_url")
}

/// The permission of an answer. A role that an organisation has defined counts as the role that it builds on, which
/// `permission` has: there, `maintain` is `write`, and `triage` is `read`.
fn permission_in(role: Option<&str>, permission: &str) -> Option<Permission> {
    role.and_then(Permission::from_word).or_else(|| Permission::from_word(permission))
}
