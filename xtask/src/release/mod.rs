pub mod table;
pub mod target;
