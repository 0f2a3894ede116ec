//! Rows that somebody outside of the repository asks for: what of a payload is let in, and how a row gets into the set's file.

pub mod append;
pub mod payload;
pub mod settings;
