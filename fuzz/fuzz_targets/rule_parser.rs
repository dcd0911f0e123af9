//! A rule's file among otherwise sound ones.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulebook::{Rulebook, SourceFile};

fuzz_target!(|text: &str| {
    let mut files = rulebook::load::embedded_files();
    files.push(SourceFile::new("special/fuzzed.yaml", text));
    if let Err(faults) = Rulebook::from_files(files) {
        assert!(!faults.0.is_empty());
        drop(faults.render(100));
    }
});
