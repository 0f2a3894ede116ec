//! The heading "Review".

use crate::base::secret::Secret;
use crate::inputs::command::Command::{Destroy, Preview, Up};
use crate::inputs::row::{heading, list, secret};

heading! {
    /// The inputs about the reviewed change.
    pub struct ReviewInputs under Review {
        reviewed: Vec<String> = list("reviewed", &[Up, Destroy], "The reviewed change, which is all that may be deployed: the result file of its preview (several, if several changes were merged), `comment` for what the change requests show, or `sha256:…`.")
            .default_in_words("`comment`, where `unreviewed` of the stack is not `allow`"),
        review_key: Option<Secret> = secret("review-key", &[Preview, Up, Destroy], "A secret that previews and deployments share. The digest of a change then covers its values too; without it each preview draws a key of its own, and a digest alone covers operations, properties and files."),
    }
}
