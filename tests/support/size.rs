//! How much a test tries. What is found by trying many cases is tried on a part of them by plain `cargo test`, and on all
//! by `cargo xtask test --all`.

/// The variable by which `cargo xtask test` asks for all cases.
const VARIABLE: &str = "STACKSTEP_ALL_CASES";

/// `part`, or `all` where all cases are asked for.
pub fn sized<T>(part: T, all: T) -> T {
    #[expect(clippy::disallowed_methods, reason = "the one switch of how much is tried")]
    let wants_all = std::env::var_os(VARIABLE).is_some();
    if wants_all { all } else { part }
}
