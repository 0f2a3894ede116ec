//! The answer to a command: a new comment, as an edited one tells nobody, and a reaction.

use super::super::default_checkout::{not_known, refused};
use super::thread::CarriedOut;
use crate::base::error::{Error, Result};
use crate::ci::CommentPointer;
use crate::ci::console::Console;
use crate::delivery::comment_text::WrittenCommand;
use crate::forge::{Client, Reaction};
use crate::render;
use crate::report::shortened;

/// The most bytes of a foreign text that an answer repeats.
const WORDS: usize = 120;

/// The most bytes of what an answer says.
const SAID: usize = 4_000;

/// The beginnings of the hidden first line of our comments.
const MARKERS: [&str; 2] = ["<!-- stackstep", "[//]: # (stackstep"];

/// Whether a comment is one of ours, or a copy of one.
pub(super) fn is_ours(body: &str) -> bool {
    MARKERS.iter().any(|marker| body.trim_start().starts_with(marker))
}

/// The beginning of a foreign text.
pub(super) fn cut(text: &str) -> String {
    shortened(text, WORDS)
}

/// The answer to a command.
pub(super) struct ThreadAnswer<'a> {
    pub client: &'a Client<'a>,
    pub pointer: &'a CommentPointer,
    pub written: &'a WrittenCommand,
}

impl ThreadAnswer<'_> {
    /// The hidden first line, by which the answer is found again.
    fn marker(&self) -> String {
        format!("<!-- stackstep-answer comment={} -->", self.pointer.comment)
    }

    /// Whether the command was answered already: a job can be run again, and a command counts once.
    pub async fn is_there(&self) -> Result<bool> {
        let Some(me) = self.client.own_author().await else {
            return Err(refused(
                "whose token the job has is not known, so that its own answers are not",
                "set `comment-author` to the name that the token's comments have",
            ));
        };
        let comments = self.client.comments(self.pointer.change_request).await.map_err(not_known)?;
        let marker = self.marker();
        let is_it = |author: &str, body: &str| author.eq_ignore_ascii_case(&me) && body.starts_with(&marker);
        Ok(comments.iter().any(|comment| is_it(&comment.author, &comment.body)))
    }

    /// Adds a reaction to the comment. One that the forge does not take is a line of the log.
    pub async fn react(&self, reaction: Reaction, console: &Console) {
        let CommentPointer { change_request, comment, .. } = *self.pointer;
        if let Err(trouble) = self.client.react(change_request, comment, reaction).await {
            console.line(&trouble.problem.in_one_line());
        }
    }

    /// Writes the answer. Trouble is a line of the log: what is done is done.
    pub async fn write(&self, done: &Result<CarriedOut>, console: &Console) {
        let html = self.client.place().forge.flavor().html;
        let body = format!("{}\n{}", self.marker(), self.text(done, html, console));
        match self.client.create_comment(self.pointer.change_request, &body).await {
            Ok(_) => console.line("answered in the thread"),
            Err(trouble) => console.line(&trouble.problem.in_one_line()),
        }
        let fine = done.as_ref().is_ok_and(|done| done.status == 0);
        self.react(if fine { Reaction::Done } else { Reaction::Refused }, console).await;
    }

    fn text(&self, done: &Result<CarriedOut>, html: bool, console: &Console) -> String {
        let safe = |text: &str| render::prose(&shortened(&console.masker().mask(text), SAID), html);
        let line = render::code(&cut(&console.masker().mask(&self.written.line())), html);
        match done {
            Ok(done) => {
                let said: Vec<String> = done.said.iter().map(|line| safe(line)).collect();
                format!("{line}\n\n{}\n", said.join("\n\n"))
            }
            Err(error) => {
                let word = if matches!(error, Error::Refused { .. }) { "Refused" } else { "Not done" };
                let hint = error.hint().map(|hint| format!("\n\n{}", safe(hint))).unwrap_or_default();
                format!("{line}\n\n**{word}:** {}{hint}\n", safe(&error.to_string()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_comments_are_known_by_their_first_line() {
        assert!(is_ours("<!-- stackstep-answer comment=41 -->\ndone"));
        assert!(is_ours("<!-- stackstep stack=prod -->\n## Preview"));
        assert!(!is_ours("/stackstep preview <!-- stackstep -->"));
    }
}
