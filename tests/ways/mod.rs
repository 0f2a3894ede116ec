//! The ways out of a refusal: `accept`, `break-glass`, `rollback`, `hold` and `release`.

mod accept;
mod break_glass;
mod hold;
mod refused;
mod rest;
mod rollback;
mod shop;
mod signed_glass;
