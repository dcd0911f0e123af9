//! crates/channels
