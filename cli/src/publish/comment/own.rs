//! Finds our own comments by marker, author and backend. Comments of earlier versions, which know no backend, and of
//! Pulumi's official action are taken over.
//!
//! Two backends can hold stacks of the same names. Each has a comment of its own, and their headings then name the
//! backend. This run also changes the other comment's heading if it is of the same commit, as the run that wrote it may
//! not come again.

use super::{Marked, Marker, Stamp, Subject, Task, is_same};
use crate::forge::trouble::TroubleKind;
use crate::forge::{Client, Comment, Trouble};
use crate::pulumi::stack::StackIdentity;
use crate::render;

/// Our own comments about the same names.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// The comments about this stack, the oldest first.
    pub same: Vec<Marked>,
    /// The comments about a stack of the same names in another backend.
    pub elsewhere: Vec<Marked>,
}

impl Own {
    /// Sorts `ours` by the backend of `marker`. A comment without a backend, from an earlier version or from a run that
    /// ended early, counts as this stack's if there is no comment with this backend, or none with another one.
    pub fn new(ours: Vec<Marked>, marker: &Marker) -> Self {
        let backend = marker.subject.backend();
        let (mut same, others): (Vec<_>, Vec<_>) =
            ours.into_iter().partition(|(_, found)| found.subject.backend() == backend);
        let (unknown, elsewhere): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|(_, found)| found.subject.backend().is_none());
        if same.is_empty() || elsewhere.is_empty() {
            same.extend(unknown);
            same.sort_by_key(|(comment, _)| comment.age());
        }
        Self { same, elsewhere }
    }

    /// Whether the headings have to name the backend.
    pub fn names_backend(&self) -> bool {
        !self.elsewhere.is_empty()
    }
}

/// The comments of a change request, among which ours are searched for.
pub(super) struct CommentSearch<'a> {
    pub client: &'a Client<'a>,
    pub number: u64,
    /// Whether a comment of Pulumi's official action on the same subject counts, too.
    pub official_action: bool,
}

impl CommentSearch<'_> {
    /// The comments with a marker for the same names, the oldest first, whoever wrote them.
    pub async fn akin(&self, marker: &Marker) -> Result<Vec<Marked>, Trouble> {
        let comments = match self.client.comments(self.number).await {
            Ok(comments) => comments,
            Err(trouble) => return Err(self.or_missing(trouble).await),
        };
        let official = |comment: &Comment| {
            let found = of_official_action(&comment.body)?;
            found.is_akin_to(marker).then(|| (comment.clone(), found))
        };
        // The official action keeps only the last of several up to date.
        let taken_over = comments.iter().rev().filter(|_| self.official_action).find_map(official);
        let ours = comments.into_iter().filter_map(|comment| {
            let found = Marker::read(&comment.body).filter(|found| found.is_akin_to(marker))?;
            Some((comment, found))
        });
        Ok(taken_over.into_iter().chain(ours).collect())
    }

    /// The comments among `marked` that we wrote, as a marker can be copied. The forge is asked for our name only if
    /// there are any.
    pub async fn ours(&self, marked: Vec<Marked>, author: Option<&str>) -> Vec<Marked> {
        ours_among(self.client, marked, |(comment, _)| comment, author).await
    }

    /// The trouble, or that there is no such change request if the forge reports both in the same way.
    async fn or_missing(&self, trouble: Trouble) -> Trouble {
        if trouble.kind != TroubleKind::Broken || !self.client.place().forge.breaks_where_none_is() {
            return trouble;
        }
        match self.client.change_request(self.number).await {
            Err(other) if other.kind == TroubleKind::Missing => other,
            _ => trouble,
        }
    }
}

/// The comments among `found` that we wrote. `author` is our name, if it is known; the forge is asked for it only if there are
/// any.
pub async fn ours_among<T>(
    client: &Client<'_>,
    mut found: Vec<T>,
    comment: impl Fn(&T) -> &Comment,
    author: Option<&str>,
) -> Vec<T> {
    if found.is_empty() {
        return found;
    }
    let me = match author {
        Some(author) => Some(author.to_owned()),
        None => client.own_author().await,
    };
    found.retain(|one| me.as_ref().is_some_and(|me| me.eq_ignore_ascii_case(&comment(one).author)));
    found
}

impl Task<'_> {
    fn search(&self) -> CommentSearch<'_> {
        CommentSearch {
            client: self.client,
            number: self.number,
            official_action: self.wanted.official_action,
        }
    }

    /// The comments with a marker for the same names, the oldest first, whoever wrote them.
    pub(super) async fn akin(&self, marker: &Marker) -> Result<Vec<Marked>, Trouble> {
        self.search().akin(marker).await
    }

    /// The comments among `marked` that we wrote.
    pub(super) async fn ours(&self, marked: Vec<Marked>, author: Option<&str>) -> Vec<Marked> {
        self.search().ours(marked, author).await
    }

    /// Our comments as the forge lists them now, together with `created`, which the list may not show yet.
    pub(super) async fn own_again(&self, created: &Comment) -> Result<Own, Trouble> {
        let marker = self.marker();
        let akin = self.akin(&marker).await?;
        let mut ours = self.ours(akin, Some(&created.author)).await;
        if ours.iter().all(|(comment, _)| comment.id != created.id) {
            ours.push((created.clone(), marker.clone()));
        }
        Ok(Own::new(ours, &marker))
    }

    /// Adds the backend to the headings of comments on stacks of the same names in other backends.
    pub(super) async fn name_backends(&self, elsewhere: &[Marked]) {
        let marker = self.marker();
        let of_this_commit = |found: &Marker| found.commit == marker.commit && !marker.commit.is_empty();
        if marker.subject.backend().is_none() {
            return;
        }
        for (comment, _) in elsewhere.iter().filter(|(_, found)| of_this_commit(found)) {
            if let Some(body) = self.with_backend_named(&comment.body) {
                self.tidied(self.client.update_comment(self.number, comment, &body).await);
            }
        }
    }

    /// The comment's body with the backend added to its heading. None if it is there already, or if there is no
    /// heading.
    fn with_backend_named(&self, body: &str) -> Option<String> {
        let url = Marker::read(body)?.backend_url;
        let html = self.client.place().forge.flavor().html;
        let heading = body.lines().find(|line| line.starts_with("## "))?;
        let named = with_backend(heading, &self.report.stack_identity(), &url, html)?;
        Some(body.replacen(heading, &named, 1)).filter(|named| !is_same(named, body))
    }
}

/// `text`, which names `stack` as code, with the backend added after the name. None if it does not name the stack, or
/// has the backend already.
pub(super) fn with_backend(text: &str, stack: &StackIdentity, url: &str, html: bool) -> Option<String> {
    let stack = stack.to_string();
    [render::code(&stack, html), render::tagged(&stack, html)].into_iter().find_map(|name| {
        let backend = if name.starts_with('`') { render::code(url, html) } else { render::tagged(url, html) };
        let with = format!("{name} ({backend})");
        let named = text.replacen(&name, &with, 1);
        (!url.is_empty() && named != text && !text.contains(&format!("{name} ("))).then_some(named)
    })
}

/// A marker for a comment of Pulumi's official action, from its heading. It counts as older than all of ours.
/// <https://github.com/pulumi/actions/blob/main/src/libs/pr.ts>
fn of_official_action(body: &str) -> Option<Marker> {
    let heading = body.lines().next()?.trim_end().strip_prefix("#### :tropical_drink: `")?;
    let (command, place) = heading.split_once("` on ")?;
    let (project, stack) = place.split_once('/')?;
    let command = if command == "update" { "up" } else { command };
    body.contains("<summary>Pulumi report</summary>").then(|| Marker {
        subject: Subject::of_stack(StackIdentity::written(stack, Some(project)), command),
        key: String::new(),
        commit: String::new(),
        stamp: Stamp::default(),
        backend_url: String::new(),
        more: std::collections::BTreeMap::new(),
    })
}
