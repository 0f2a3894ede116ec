//! Which comments are our own: by marker, author and backend; those of earlier versions, which know no backend, and of
//! Pulumi's official action are taken over.
//!
//! Two backends can hold stacks of the same names. Each has a comment of its own, and then their headings say which
//! backend they are about: also the other's, when it is of the same commit, as its own run may not come again.

use super::{Marked, Marker, Stamp, Subject, Task, is_same};
use crate::forge::{Comment, Trouble};
use crate::pulumi::stack::StackIdentity;
use crate::render;

/// Our own comments about the same names.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// The ones that are about this stack, the oldest first.
    pub same: Vec<Marked>,
    /// The ones about a stack of the same names in another backend.
    pub elsewhere: Vec<Marked>,
}

impl Own {
    /// The comments of `ours` for `marker`. One without a backend is this stack's where it has no other, or where there
    /// is no other backend that it could be of: it is of an earlier version, or of a run that did not get as far.
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

    /// Whether a heading has to say which backend it is about.
    pub fn names_backend(&self) -> bool {
        !self.elsewhere.is_empty()
    }
}

impl Task<'_> {
    /// The comments with a marker for the same names, the oldest first, whoever wrote them.
    pub(super) async fn akin(&self, marker: &Marker) -> Result<Vec<Marked>, Trouble> {
        let comments = match self.client.comments(self.number).await {
            Ok(comments) => comments,
            Err(trouble) => return Err(self.or_missing(trouble).await),
        };
        let official = |comment: &Comment| {
            let found = of_official_action(&comment.body)?;
            found.is_akin_to(marker).then(|| (comment.clone(), found))
        };
        // Of several only the last one was kept up to date.
        let taken_over = comments.iter().rev().filter(|_| self.wanted.official_action).find_map(official);
        let ours = comments.into_iter().filter_map(|comment| {
            let found = Marker::read(&comment.body).filter(|found| found.is_akin_to(marker))?;
            Some((comment, found))
        });
        Ok(taken_over.into_iter().chain(ours).collect())
    }

    /// Those of them that are by us: a marker can be copied. Who we are is asked only when it matters.
    pub(super) async fn ours(&self, mut marked: Vec<Marked>, author: Option<&str>) -> Vec<Marked> {
        if marked.is_empty() {
            return marked;
        }
        let me = match author {
            Some(author) => Some(author.to_owned()),
            None => self.client.own_author().await,
        };
        marked.retain(|(comment, _)| me.as_ref().is_some_and(|me| me.eq_ignore_ascii_case(&comment.author)));
        marked
    }

    /// Our comments as the forge lists them now, with `created`, which its list may not show yet.
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

    /// The body with the backend in its heading. None where it is there, or there is no such heading.
    fn with_backend_named(&self, body: &str) -> Option<String> {
        let url = Marker::read(body)?.backend_url;
        let html = self.client.place().forge.flavor().html;
        let heading = body.lines().find(|line| line.starts_with("## "))?;
        let named = with_backend(heading, &self.report.stack_identity(), &url, html)?;
        Some(body.replacen(heading, &named, 1)).filter(|named| !is_same(named, body))
    }
}

/// `text`, which names `stack` as code, with its backend behind it. None where it does not, or has it already.
pub(super) fn with_backend(text: &str, stack: &StackIdentity, url: &str, html: bool) -> Option<String> {
    let stack = stack.to_string();
    [render::code(&stack, html), render::tagged(&stack, html)].into_iter().find_map(|name| {
        let backend = if name.starts_with('`') { render::code(url, html) } else { render::tagged(url, html) };
        let with = format!("{name} ({backend})");
        let named = text.replacen(&name, &with, 1);
        (!url.is_empty() && named != text && !text.contains(&format!("{name} ("))).then_some(named)
    })
}

/// A marker for a comment of Pulumi's official action, by its heading; older than all of ours.
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
