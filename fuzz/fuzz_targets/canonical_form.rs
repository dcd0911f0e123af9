//! Canonical CBOR of any stream: the first byte chooses the stream.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::canonical::{read_row, write_row};
use model::cbor::Reader;
use model::columns::Columns;
use model::streams::STREAMS;

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else { return };
    let stream = STREAMS[usize::from(*choice) % STREAMS.len()];
    let mut columns = Columns::new(stream.fields);
    let mut reader = Reader(bytes);
    if read_row(&mut reader, &mut columns).is_ok() {
        let mut again = Vec::new();
        write_row(&columns, 0, &mut again);
        assert_eq!(again, bytes[..bytes.len() - reader.0.len()]);
    }
});
