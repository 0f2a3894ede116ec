//! Stack sets, carried out: their rows are read, compared with the stacks that are there, and become runs; and a row is added from
//! outside. What becomes of rows is decided in [`crate::fleet::sets`].

pub mod add;
mod answer;
mod compare;
mod keep;
pub mod page;
mod read;
mod since;
pub mod targets;

pub use compare::{ComparedSet, SetQuestion, compare};
