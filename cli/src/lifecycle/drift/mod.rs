//! Drift: what a look at a stack has found, what of it counts, and what becomes of the issue that follows it up. Pure.

pub mod found;
pub mod ignore;
pub mod issue;
pub mod marker;
pub mod rest;
pub mod text;
