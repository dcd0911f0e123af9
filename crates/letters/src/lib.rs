//! crates/letters
