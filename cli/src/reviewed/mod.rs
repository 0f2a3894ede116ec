//! The reviewed change: what a preview proposes and is made from, and how two proposals differ.
//!
//! [`collect`] looks at a preview's events while they are read and makes a [`proposal`] of them; [`source`] and [`config`]
//! say what it is made from; [`change`] puts these together and seals them into the record of the result file, which has
//! one [`digest`]. [`compare`] is pure: reviewed records against what a run is about to do. [`guard`] looks at the steps
//! of a deployment while it runs. [`taken_away`] says which files several changes take away. [`forms`] reads what people name as reviewed, [`in_comment`] what a
//! comment of ours shows.

pub mod change;
pub mod collect;
pub mod compare;
pub mod config;
pub mod digest;
pub mod forms;
pub mod guard;
pub mod in_comment;
pub mod leaf;
pub mod names;
pub mod proposal;
pub mod reach;
pub mod source;
pub mod taken_away;
#[cfg(test)]
pub(crate) mod testing;
pub mod tolerate;
pub mod wanted;
