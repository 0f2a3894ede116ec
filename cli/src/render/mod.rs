//! A report as people read it: Markdown for comments and summaries, one HTML page, text for the end of a job's log;
//! and JUnit XML, which CI systems show as test results.
//!
//! Pure: the same report and options give the same text. Every word of a program, a provider or a person
//! is data here: it never becomes markup, a mention, a link or a marker. JSON is the report's own form
//! ([`crate::report::Report::to_json`]).

mod about;
mod alike;
mod allowed;
mod changes;
mod checked;
mod checks;
mod diff;
mod escape;
mod figures;
mod fit;
mod html;
mod junit;
mod markdown;
mod options;
mod outputs;
mod page;
mod properties;
mod reviewed;
mod ruled;
mod sections;
pub mod several;
mod sides;
mod summary;
mod template;
mod text;
mod tree;
mod words;

pub use escape::{code, fence, link, prose, tagged};
pub use fit::{fit, fits, markdown};
pub use html::{html, html_of};
pub use junit::{junit, junit_of};
pub use options::{Detail, Flavor, Options, Size};
pub use several::{heading_of_all, several};
pub use summary::{summary, summary_of_stacks};
pub use template::{Template, comment};
pub use text::text;
pub use words::{counts, headline, headline_in, outcome, short_outcome, sign};
