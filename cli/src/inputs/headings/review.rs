//! The heading "Review".

use crate::base::secret::Secret;
use crate::base::words::enum_of_words;
use crate::inputs::command::Command::{Destroy, Preview, Up};
use crate::inputs::row::{handed_over, heading, list, optional_choice, secret};

heading! {
    /// The inputs about the reviewed change.
    pub struct ReviewInputs under Review {
        reviewed: Vec<String> = list("reviewed", &[Up, Destroy], "The reviewed change, which is all that may be deployed: the result file of its preview (several, if several changes were merged or several stacks are deployed), `comment` for what the change requests show, or `sha256:…`.")
            .default_in_words("`comment`, where `unreviewed` of the stack is not `allow`"),
        approved_change: Vec<String> = list("approved-change", &[Up, Destroy], "The change that people approved at a gate of the CI system, as `reviewed` names it: the result files of the previews that they saw, or `sha256:…`. It has to be the one that was reviewed too."),
        review_key: Option<Secret> = secret("review-key", &[Preview, Up, Destroy], "A secret of at least 32 random characters that previews and deployments share. The digest of a change then covers its values too; without it each preview draws a key of its own, and a digest alone covers operations, properties and files."),
        approval: Vec<String> = handed_over("approval", &[Up, Destroy], "Signed approvals: files as `stackstep approve` writes them, each with its `.sig` beside it, or the text of both, one after the other.")
            .default_in_words("those in comments on the change requests"),
        guard: Option<Guard> = optional_choice("guard", &[Up, Destroy], "What happens when the deployment takes a step that its preview did not have: `report` tells it, `stop` asks the Pulumi CLI to stop as a cancelled job does (exit status 76). What has begun by then is finished.")
            .default_in_words("`report` where a reviewed change is deployed, else `off`"),
    }
}

enum_of_words! {
    /// The answer to a step of a deployment that its preview did not have.
    pub enum Guard {
        /// The report tells it.
        Report = "report",
        /// The engine is asked to stop.
        Stop = "stop",
        /// Nobody looks.
        Off = "off",
    }
}

impl ReviewInputs {
    /// Whether the step names what may be deployed.
    pub fn names_a_change(&self) -> bool {
        !self.reviewed.is_empty() || !self.approved_change.is_empty()
    }

    /// Whether something has to be compared with a preview before the operation.
    pub fn need_a_preview(&self) -> bool {
        self.names_a_change() || matches!(self.guard, Some(Guard::Report | Guard::Stop))
    }
}
