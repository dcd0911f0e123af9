//! crates/workflow
