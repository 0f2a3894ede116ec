//! The version: the CLI's whose behaviour this is, marked as the sandbox's.

/// The version that `pulumi-sandbox version` prints.
pub const NUMBER: &str = "v3.260.0-sandbox";

/// The first line of everything that people read.
pub const BANNER: &str = "SANDBOX, nothing was deployed";
