//! A leaf and a payload of any bytes: the first two say where the leaf ends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::columns::Columns;
use seal::leaf::{Scratch, open_event, open_record, read_head};

fuzz_target!(|data: &[u8]| {
    let Some(([high, low], bytes)) = data.split_first_chunk::<2>() else { return };
    let end = usize::from(u16::from_be_bytes([*high, *low])).min(bytes.len());
    let (leaf, payload) = bytes.split_at(end);
    let Ok(head) = read_head(leaf) else { return };
    match head.stream {
        Some(stream) => {
            let mut columns = Columns::new(stream.fields);
            let opened =
                open_record(&head, payload, Some(&[7; 32]), true, &mut columns, &mut Scratch::default());
            assert_eq!(columns.len(), usize::from(opened.is_ok()));
        }
        None => drop(open_event(&head, payload, &[7; 32])),
    }
});
