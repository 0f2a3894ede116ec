//! The reviewed change: what a preview proposes and is made from, and how two proposals differ.
