//! The comparison, case by case: what may differ, and what is refused.

mod cases;
mod files;
mod many;
mod metamorphic;
mod several;
