//! The binary as a step: what it finds, what it says, and how it ends.
