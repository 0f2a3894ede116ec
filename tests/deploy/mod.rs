//! `stackstep deploy`: which event deploys which stack, and which version of the map says so.

mod comments;
mod event;
mod gates;
mod map;
mod removed;
mod repository;
mod several;
mod together;
