//! stackstep.
fn main() {}
