//! Who has approved a deployment, and whether that counts.

pub mod refusals;
pub mod reviews;
