//! The objects of a self-managed backend, beside and below the engine's own: read, listed, and created only if they are
//! absent. No error shows a credential.

mod address;
mod aws_profile;
mod az_cli;
mod azure;
mod backend_objects;
mod courier;
mod folder;
mod gcs;
mod google_token;
mod library;
mod model;
mod s3;

pub use address::ReadWith;
pub use backend_objects::{Bucket, LOCKS};
pub use model::{BucketTrouble, BucketTroubleKind, Creation, Names};
