//! The ground floor: the environment, files, texts, secrets, time and the network. It knows no CI system, no forge and no
//! Pulumi.

pub mod canonical;
pub mod clock;
pub mod day;
pub mod digest;
pub mod dots;
pub mod env;
pub mod error;
pub(crate) mod fields;
pub mod git;
pub mod hmac;
pub mod http;
pub mod json;
pub mod machine;
pub mod moment;
pub mod origin;
pub mod own_folder;
pub mod private;
pub mod program;
pub mod random;
pub mod reason;
pub mod retry;
pub mod secret;
pub mod source_place;
pub mod suggest;
pub mod text;
pub mod text_file;
pub mod wildcard;
pub mod words;
pub mod yaml;
