//! Comments on change requests: the behaviour that is the same on all forges.
//!
//! A run finds its own comment by its [`Marker`] and its author over all pages, and edits it in place. No forge can
//! compare and swap, so the list is read again after a comment is created, and after it is edited where two runs began at
//! about the same time: of several for the same subject, the latest run's stays. The entry is [`post`].

pub mod aggregate;
pub mod marker;
pub mod none;
mod own;
pub mod previewed;
pub mod stamp;
mod task;

use crate::forge::trouble::TroubleKind;
use crate::forge::{Client, Comment, Trouble};
use crate::render::{self, Detail, Options, Size};
use crate::report::Report;

pub use marker::{Marker, Subject};
use own::Own;
pub use own::ours_among;
pub use stamp::Stamp;
pub use task::{Content, Mode, Posted, Wanted};
use task::{Marked, Task, is_same, newest_first};

/// Creates, updates or removes the comment on change request `number`, as `wanted` says.
pub async fn post(
    client: &Client<'_>,
    number: u64,
    wanted: &Wanted,
    content: &Content<'_>,
) -> Result<Posted, Trouble> {
    let Some(report) = content.reports.first() else { return Ok(Posted::Nothing) };
    let job = Task { client, number, wanted, content, report };
    match wanted.mode {
        Mode::Aggregate if job.is_of_several() => job.update().await,
        Mode::Update => job.update().await,
        Mode::New => job.new_one().await,
        Mode::Append if job.is_worth_one() => {
            let body = job.body(None, false);
            job.create(&body, true).await.map(|_| Posted::Created)
        }
        Mode::Append => Ok(Posted::Nothing),
        Mode::Aggregate => aggregate::post(&job).await,
    }
}

/// The most characters of a comment that the records of reviewed changes take, on any forge.
const MOST_FOR_RECORDS: usize = 16_000;

impl Task<'_> {
    fn marker(&self) -> Marker {
        let marker = Marker::from_report(self.report, self.wanted.key.as_deref(), &self.wanted.stamp);
        if self.is_of_several() {
            return Marker { subject: Subject::Aggregate, ..marker.with_record_in(0) };
        }
        marker.with_record_in(self.room_for_records())
    }

    /// The characters of a comment that the records of reviewed changes may take: what people read comes first.
    fn room_for_records(&self) -> usize {
        // A record has the names of resources and the paths of properties.
        if self.content.options.detail < Detail::Paths {
            return 0;
        }
        let (Size::Bytes(limit) | Size::Chars(limit)) = self.client.place().forge.limit();
        (limit / 4).min(MOST_FOR_RECORDS)
    }

    fn is_of_several(&self) -> bool {
        self.wanted.of_all || self.content.reports.len() > 1
    }

    fn is_worth_one(&self) -> bool {
        self.content.reports.iter().any(|report| self.wanted.when.is_met_by(report))
    }

    /// The comment's text, shortened to the forge's limit, with a note in front.
    fn body(&self, note: Option<&str>, names_backend: bool) -> String {
        if self.is_of_several() {
            return aggregate::of_all(self, note);
        }
        let mut report = self.report.clone();
        report.names_backend |= names_backend;
        report.notes.splice(0..0, note.map(str::to_owned));
        let forge = self.client.place().forge;
        let options = Options {
            flavor: forge.flavor(),
            marker: Some(self.marker().write(forge.flavor())),
            ..self.content.options.clone()
        };
        self.render(&report, &options, forge.limit())
    }

    fn render(&self, report: &Report, options: &Options, size: Size) -> String {
        render::comment(self.content.template, report, options, size, &mut |why| (self.content.warn)(why))
    }

    async fn update(&self) -> Result<Posted, Trouble> {
        let worth_one = self.is_worth_one();
        let marker = self.marker();
        let akin = self.akin(&marker).await?;
        let is_over = !worth_one && !akin.is_empty();
        let note = is_over.then(|| self.wanted.when.no_more());
        let text = |names_backend: bool| self.body(note, names_backend);
        if let [(only, found)] = akin.as_slice()
            && found.subject == marker.subject
            && is_same(&only.body, &text(false))
        {
            // The comment has our text already, whichever account wrote it.
            return Ok(Posted::Unchanged);
        }
        let own = Own::new(self.ours(akin, None).await, &marker);
        let body = text(own.names_backend());
        let Some((newest, older)) = newest_first(&own.same) else {
            return if worth_one { self.create_only_one(&body).await } else { Ok(Posted::Nothing) };
        };
        if newest.1.stamp.is_later_than(&self.wanted.stamp) {
            return Ok(Posted::Outdated);
        }
        let posted = if is_same(&newest.0.body, &body) {
            Posted::Unchanged
        } else {
            match self.client.update_comment(self.number, &newest.0, &body).await {
                Ok(()) => Posted::Updated,
                // The comment was deleted in the meantime.
                Err(trouble) if trouble.kind == TroubleKind::Missing => self.create_only_one(&body).await?,
                Err(trouble) => return Err(trouble),
            }
        };
        for (comment, _) in older {
            self.tidied(self.client.delete_comment(self.number, comment).await);
        }
        self.name_backends(&own.elsewhere).await;
        if newest.1.subject != marker.subject && posted == Posted::Updated {
            return self.still_taken_over(&newest.0, &body).await;
        }
        if posted == Posted::Updated && self.wanted.stamp.is_beside(&newest.1.stamp) {
            return self.update_until_it_stays(&newest.0.author, &body).await;
        }
        Ok(posted)
    }

    /// Reads the comment again until it is this run's or a later one's, and writes it again if an older run, which
    /// had read the list before this one wrote, has replaced or deleted it.
    async fn update_until_it_stays(&self, author: &str, body: &str) -> Result<Posted, Trouble> {
        let marker = self.marker();
        for _ in 0..task::ROUNDS {
            task::pause().await;
            // The comment is written: failing to read it again is no failure.
            let Ok(akin) = self.akin(&marker).await else { break };
            let own = Own::new(self.ours(akin, Some(author)).await, &marker);
            let Some((newest, _)) = newest_first(&own.same) else { return self.create_only_one(body).await };
            if !self.wanted.stamp.is_later_than(&newest.1.stamp) {
                break;
            }
            self.tidied(self.client.update_comment(self.number, &newest.0, body).await);
        }
        Ok(Posted::Updated)
    }

    /// Checks whether a comment without a backend that was taken over is still ours: a job for a stack of the same
    /// names in another backend may have taken it over at the same moment.
    async fn still_taken_over(&self, comment: &Comment, body: &str) -> Result<Posted, Trouble> {
        let marker = self.marker();
        let Ok(now) = self.akin(&marker).await else { return Ok(Posted::Updated) };
        let lost = now.iter().any(|(other, found)| {
            other.id == comment.id && found.subject.backend().is_some() && found.subject != marker.subject
        });
        if lost { self.create_only_one(body).await } else { Ok(Posted::Updated) }
    }

    async fn new_one(&self) -> Result<Posted, Trouble> {
        let marker = self.marker();
        let akin = self.akin(&marker).await?;
        let mut own = Own::new(self.ours(akin.clone(), None).await, &marker);
        if own.same.iter().any(|(_, found)| found.stamp.is_later_than(&self.wanted.stamp)) {
            return Ok(Posted::Outdated);
        }
        let posted = if self.is_worth_one() {
            let created = self.create(&self.body(None, own.names_backend()), true).await?;
            // The new comment tells our account's name.
            own = Own::new(self.ours(akin, Some(&created.author)).await, &marker);
            own.same.retain(|(comment, _)| comment.id != created.id);
            self.name_backends(&own.elsewhere).await;
            Posted::Created
        } else {
            Posted::TakenAway
        };
        let old = own.same;
        if old.is_empty() && posted == Posted::TakenAway {
            return Ok(Posted::Nothing);
        }
        // If the list does not tell which comments are hidden: all but the newest were hidden when that one was
        // written.
        let blind = old.iter().all(|(comment, _)| comment.hidden.is_none())
            && old.iter().any(|(comment, _)| self.can_hide(comment));
        let shown = old.iter().rev().filter(|(comment, _)| comment.hidden != Some(true));
        for (comment, _) in shown.take(if blind { 1 } else { usize::MAX }) {
            self.tidied(self.client.take_comment_away(self.number, comment).await);
        }
        Ok(posted)
    }

    /// Warns if an old comment could not be removed; the new one is written, so it is no failure.
    fn tidied(&self, done: Result<(), Trouble>) {
        if let Err(trouble) = done {
            (self.content.warn)(&trouble.to_string());
        }
    }

    fn can_hide(&self, comment: &Comment) -> bool {
        let place = self.client.place();
        place.forge.hide_comment(place, self.number, comment).is_some()
    }

    /// Creates the comment, and reads the list again: of several for the same subject, the latest run's stays. This
    /// costs one more request, and a deletion if another job did the same at that moment.
    async fn create_only_one(&self, body: &str) -> Result<Posted, Trouble> {
        let created = self.create(body, true).await?;
        let Ok(own) = self.own_again(&created).await else { return Ok(Posted::Created) };
        let Some((newest, older)) = newest_first(&own.same) else { return Ok(Posted::Created) };
        for (comment, _) in older {
            self.tidied(self.client.delete_comment(self.number, comment).await);
        }
        if newest.0.id != created.id {
            return Ok(Posted::Outdated);
        }
        let named = self.body(None, true);
        if own.names_backend() && !is_same(body, &named) {
            self.tidied(self.client.update_comment(self.number, &created, &named).await);
        }
        self.name_backends(&own.elsewhere).await;
        Ok(Posted::Created)
    }

    /// Creates a comment. If the connection broke off, the comment may exist all the same: it is searched for before
    /// the next try.
    async fn create(&self, body: &str, again: bool) -> Result<Comment, Trouble> {
        let trouble = match self.client.create_comment(self.number, body).await {
            Ok(created) => return Ok(created),
            Err(trouble) if trouble.may_be_done() => trouble,
            Err(trouble) => return Err(self.explained(trouble).await),
        };
        let comments = self.client.comments(self.number).await.map_err(|_| trouble.clone())?;
        if let Some(there) = comments.into_iter().rev().find(|comment| is_same(&comment.body, body)) {
            return Ok(there);
        }
        if again { Box::pin(self.create(body, false)).await } else { Err(trouble) }
    }

    /// The trouble, with an explanation from the change request's state if there is one.
    async fn explained(&self, trouble: Trouble) -> Trouble {
        if !matches!(trouble.kind, TroubleKind::Denied | TroubleKind::Rejected) {
            return trouble;
        }
        match self.client.change_request(self.number).await {
            Ok(request) if request.locked => trouble.because("its conversation is locked"),
            Ok(request) if request.merged => trouble.because("it is merged"),
            Ok(request) if !request.open => trouble.because("it is closed"),
            _ => trouble,
        }
    }
}
