//! Who has approved a deployment, and whether that counts.

pub mod gate;
pub mod refusals;
pub mod reviews;
pub mod signed;
