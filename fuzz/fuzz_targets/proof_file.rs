//! A proof file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tlog::LogProof;

fuzz_target!(|data: &[u8]| {
    if let Ok(proof) = LogProof::parse(data) {
        assert_eq!(proof.to_string().as_bytes(), data);
    }
});
