//! Drift: what a look at a stack has found, what of it counts, and what an issue says of it. Pure.

pub mod found;
pub mod ignore;
pub mod rest;
pub mod text;
