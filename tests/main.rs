//! The integration tests.

#[cfg(test)]
mod report;
