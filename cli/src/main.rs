//! The `stackstep` binary.
fn main() {}
