//! What `stackstep.yaml` says of deployments: which event deploys which stack ([`map`]), what has to hold for each stack
//! ([`settings`]), who hears of what ([`notify`]), and which version of the file judges a run ([`judging`]).

pub mod comment_commands;
pub mod comment_text;
pub mod definition;
pub mod event;
pub mod fetched_tree;
pub mod history;
pub mod judging;
pub mod map;
pub mod notify;
pub mod own_checkout;
pub mod pattern;
pub mod place;
pub mod settings;
pub mod starter;
pub mod stricter;

pub use definition::Definition;
pub use event::DeliveryEvent;
pub use map::{DeployMap, MapDecision};
pub use settings::{ApprovalsWanted, StackSettings, Unreviewed};
