//! Basic rules that are principles: what holds, said once, with nothing to compute. What can be
//! computed of one stands in the special rules that serve it.

use crate::entry::{Meta, raw_entry};
use crate::fault::RuleFault;
use crate::source::SourceFile;
use crate::yaml::Reader;

/// A basic rule without a condition of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principle {
    /// What it says about itself.
    pub meta: Meta,
}

raw_entry!(RawPrinciple {});

/// Whether the file of a basic rule is a principle: it names no stream.
pub(crate) fn is_principle(file: &SourceFile) -> bool {
    !file.text.lines().any(|line| line.starts_with("stream:"))
}

/// Reads and checks a principle's file.
pub(crate) fn parse(file: &SourceFile) -> Result<Principle, Vec<RuleFault>> {
    let mut reader = Reader::whole(file);
    let read = reader.read::<RawPrinciple>();
    match read.and_then(|raw| raw.split().0.check(&mut reader)) {
        Some(meta) if reader.faults.is_empty() => Ok(Principle { meta }),
        _ => Err(reader.faults),
    }
}
