//! What the forge is told where many stacks have nothing to do.

use super::about::About;
use super::choice::{Choice, Telling};
use super::sent::{Sent, warn};
use super::{PATIENCE, Sender, posted_line};
use crate::ci::Context;
use crate::ci::console::Console;
use crate::forge::{Client, Trouble};
use crate::process::signals::Signals;
use crate::publish::comment::{self, Posted};

impl Sender<'_> {
    /// Says that the many stacks have nothing to do, for the reason `why`: in their status, and in the comment that an earlier
    /// run has left. Where there is none, none is written.
    pub async fn send_none(&self, why: &str, console: &Console, signals: &Signals) {
        let choice = Choice::from_inputs(self.inputs);
        let is_strange = self.context.fork == Some(true) && !self.context.base_credentials;
        let about = About::from_inputs(self.context, self.inputs, &[]);
        let wants_comment = choice != Choice::Off && about != About::Nothing;
        let unasked = *self.context == Context::default() && self.inputs.comment.change_request.is_none();
        if is_strange || unasked || !(wants_comment || self.inputs.forge.commit_status) {
            return;
        }
        let work = async {
            let telling = Telling { console, choice, sure: false, later: false };
            let (place, http) = match self.way(self.limits) {
                Ok(way) => way,
                Err(why) => return telling.missed(&why),
            };
            let client = Client::new(&http, &place);
            self.status_of_none(&client, why, console).await;
            if !wants_comment {
                return Sent::default();
            }
            match self.comment_on_none(&client, choice, &about, why).await {
                Ok(Some((number, posted))) if posted != Posted::Nothing => {
                    telling.console.line(&posted_line(&client, number, posted));
                    Sent::default()
                }
                Ok(_) => Sent::default(),
                Err(trouble) => telling.missed(&trouble.problem),
            }
        };
        tokio::select! {
            done = tokio::time::timeout(PATIENCE, work) => if done.is_err() {
                warn(console, "there was no time left to report to the forge");
            },
            () = async { signals.cancelled().await; } => {}
        }
    }

    async fn comment_on_none(
        &self,
        client: &Client<'_>,
        choice: Choice,
        about: &About,
        why: &str,
    ) -> Result<Option<(u64, Posted)>, Trouble> {
        let (Some(number), Some(mode)) = (about.number(client).await?, choice.mode()) else {
            return Ok(None);
        };
        let commit = self.context.commit.as_deref();
        let posted = comment::none::post_none(client, number, &self.wanted(mode), commit, why).await?;
        Ok(Some((number, posted)))
    }
}
