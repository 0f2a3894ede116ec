//! From recorded events to the report, and from the report to what people read.

mod failures;
mod fit;
mod recordings;
mod snapshot;
