//! pulumi-sandbox.
fn main() {}
