//! Clients that others wrote, against the tests' own fakes: what a real client accepts and sends is what the fakes have
//! to have.
