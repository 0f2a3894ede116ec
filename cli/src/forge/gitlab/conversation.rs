//! Comments that ask for something, on GitLab: <https://docs.gitlab.com/api/notes/#merge-requests>,
//! <https://docs.gitlab.com/api/members/>, <https://docs.gitlab.com/api/emoji_reactions/>.

use serde_json::Value;

use super::{GitLab, merge_request, project, read_person};
use crate::base::http::{Method, Request};
use crate::forge::{
    Conversations, Permission, Place, Reaction, RequestFor, WrittenComment, encoded, is_true, number_at,
    one_field, text_at,
};

impl Conversations for GitLab {
    fn written_comment(&self, place: &Place, change_request: u64, id: u64) -> RequestFor<WrittenComment> {
        let path = format!("{}/notes/{id}", merge_request(place, change_request));
        RequestFor::new(place.get_request(&path), read_comment)
    }

    // https://docs.gitlab.com/api/members/#get-a-member-of-a-group-or-project-including-inherited-and-invited-members
    fn permission(&self, place: &Place, account: &str) -> RequestFor<Option<Permission>> {
        let path = format!("{}/members/all/{}", project(place), encoded(account));
        RequestFor::new(place.get_request(&path), |answer| {
            let level = answer.get("access_level")?.as_u64()?;
            Some(permission_in(answer, level))
        })
    }

    fn react(&self, place: &Place, change_request: u64, id: u64, reaction: Reaction) -> Request {
        let name = match reaction {
            Reaction::Seen => "eyes",
            Reaction::Done => "thumbsup",
            Reaction::Refused => "thumbsdown",
        };
        let path = format!("{}/notes/{id}/award_emoji", merge_request(place, change_request));
        place.body_request(Method::POST, &path, &one_field("name", name))
    }
}

fn read_comment(answer: &Value) -> Option<WrittenComment> {
    let mut author = answer.get("author").and_then(read_person)?;
    // What GitLab itself notes, such as "added 1 commit", is nobody's word.
    author.bot |= is_true(answer, "/system");
    Some(WrittenComment {
        change_request: answer.get("noteable_iid").and_then(Value::as_u64),
        account: number_at(answer, "/author/id")?,
        author,
        body: text_at(answer, "/body")?,
        created: text_at(answer, "/created_at")?,
        updated: text_at(answer, "/updated_at")?,
    })
}

/// The permission of a membership. <https://docs.gitlab.com/api/access_requests/#valid-access-levels>
fn permission_in(member: &Value, level: u64) -> Option<Permission> {
    let is_active = |field: &str| text_at(member, field).is_none_or(|state| state == "active");
    if !is_active("/state") || !is_active("/membership_state") {
        return None;
    }
    match level {
        50.. => Some(Permission::Admin),
        40.. => Some(Permission::Maintain),
        30.. => Some(Permission::Write),
        20.. => Some(Permission::Triage),
        10.. => Some(Permission::Read),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_member_who_is_blocked_or_awaits_approval_may_do_nothing() {
        let member = |field: &str, state: &str| json!({ field: state });
        assert_eq!(permission_in(&member("state", "active"), 30), Some(Permission::Write));
        assert_eq!(permission_in(&member("state", "blocked"), 50), None);
        assert_eq!(permission_in(&member("membership_state", "awaiting"), 50), None);
        assert_eq!(permission_in(&json!({}), 5), None);
    }
}
