//! crates/views
