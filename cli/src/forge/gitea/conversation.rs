//! Comments that ask for something, on Gitea and Forgejo. The API is described at each server under `/api/swagger`.

use serde_json::Value;

use super::{Gitea, read_person, repository};
use crate::base::http::{Method, Request};
use crate::base::words::Words as _;
use crate::forge::{
    Conversations, Permission, Place, Reaction, RequestFor, WrittenComment, encoded, one_field, text_at,
};

impl Conversations for Gitea {
    fn written_comment(&self, place: &Place, _change_request: u64, id: u64) -> RequestFor<WrittenComment> {
        let path = format!("{}/issues/comments/{id}", repository(place));
        RequestFor::new(place.get_request(&path), read_comment)
    }

    // Only who administers the repository may ask it of others:
    // https://github.com/go-gitea/gitea/blob/main/routers/api/v1/repo/collaborators.go
    fn permission(&self, place: &Place, account: &str) -> RequestFor<Option<Permission>> {
        let path = format!("{}/collaborators/{}/permission", repository(place), encoded(account));
        RequestFor::new(place.get_request(&path), |answer| {
            let word = text_at(answer, "/permission")?;
            Some(if word == "owner" { Some(Permission::Admin) } else { Permission::from_word(&word) })
        })
        .needing_by_default(
            "the token needs the scope `read:repository`, and its user has to administer the repository; a job's own token \
             can't read this (https://docs.gitea.com/development/oauth2-provider#scopes)",
        )
    }

    fn react(&self, place: &Place, _change_request: u64, id: u64, reaction: Reaction) -> Request {
        let path = format!("{}/issues/comments/{id}/reactions", repository(place));
        place.body_request(Method::POST, &path, &one_field("content", reaction.word_on_github()))
    }
}

fn read_comment(answer: &Value) -> Option<WrittenComment> {
    WrittenComment::read(answer, answer.get("user").and_then(read_person)?, "/pull_request_url")
}
