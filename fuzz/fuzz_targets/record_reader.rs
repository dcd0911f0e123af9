//! A line of any stream: the first byte chooses the stream.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::canonical::{read_row, write_row};
use model::cbor::Reader;
use model::columns::Columns;
use model::read::LineReader;
use model::streams::STREAMS;
use model::time::Time;

fuzz_target!(|data: &[u8]| {
    let Some((choice, line)) = data.split_first() else { return };
    let stream = STREAMS[usize::from(*choice) % STREAMS.len()];
    let mut columns = Columns::new(stream.fields);
    let reader = LineReader::new(stream, Time(1_800_000_000_000_000));
    let outcome = reader.read(line, &mut columns);
    let mut columns_too = Columns::new(stream.fields);
    assert_eq!(outcome, reader.read_thoroughly(line, &mut columns_too));
    assert_eq!(columns, columns_too);
    match outcome {
        Err(faults) => {
            assert!(!faults.is_empty());
            assert_eq!(columns, Columns::new(stream.fields));
        }
        Ok(()) => {
            let mut canonical = Vec::new();
            write_row(&columns, 0, &mut canonical);
            let mut again = Columns::new(stream.fields);
            read_row(&mut Reader(&canonical), &mut again).expect("what was written is read");
            assert_eq!(again, columns);
        }
    }
});
