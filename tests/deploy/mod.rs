//! `stackstep deploy`: which event deploys which stack, and which version of the map says so.

mod approved;
mod comments;
mod event;
mod gates;
mod map;
mod notify;
mod removed;
pub mod repository;
mod several;
mod signed;
mod signers;
mod together;
