//! From recorded events to the report, and from the report to what people read.

mod bad_input;
mod contradictions;
mod differences;
mod failures;
mod fit;
mod flavors;
mod pages;
mod reasons;
pub mod recordings;
mod replacements;
mod schema;
pub mod snapshot;
mod unknown;
