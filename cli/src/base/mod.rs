//! The ground floor: the environment, files, texts, secrets, time and the network. It knows no CI system, no forge and no
//! Pulumi.

pub mod dots;
pub mod env;
pub mod error;
pub mod git;
pub mod http;
pub mod json;
pub mod own_folder;
pub mod private;
pub mod random;
pub mod secret;
pub mod text_file;
pub mod wildcard;
pub mod yaml;
