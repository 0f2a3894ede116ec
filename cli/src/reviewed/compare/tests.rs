//! The comparison, case by case: what may differ, and what is refused.

mod cases;
mod metamorphic;
mod several;
