//! The integration tests.

mod ci;
