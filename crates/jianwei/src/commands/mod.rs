//! The commands, one module for each.

pub(crate) mod alerts;
pub(crate) mod call_up;
pub(crate) mod case;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod erase;
pub(crate) mod file;
pub(crate) mod filings;
pub(crate) mod grade;
pub(crate) mod import;
pub(crate) mod keys;
pub(crate) mod letters;
pub(crate) mod notices;
pub(crate) mod penalties;
pub(crate) mod prove;
pub(crate) mod replay;
pub(crate) mod reviews;
pub(crate) mod rules;
pub(crate) mod scenario;
pub(crate) mod serve;
pub(crate) mod simulate;
pub(crate) mod standard;
pub(crate) mod study;
pub(crate) mod verify;
pub(crate) mod witness;
