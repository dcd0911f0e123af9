//! Records per server CPU-second of the filing path without HTTP and rules: a look at the parts
//! while they are worked on. `jianwei bench` measures the whole.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a measuring tool")]

use std::io::Read;

use engine::intake::{ContentCoding, FilingHead, FilingMode};
use engine::{Engine, EngineOptions};
use ledger::keystore::SubjectId;
use model::clock::Clock;
use model::columns::Columns;
use model::institution::InstitutionId;
use model::read::LineReader;
use model::spec::Record;
use model::streams::Transaction;
use seal::Subject;
use seal::leaf::{Scratch, seal_records};

fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn main() {
    let records: usize = std::env::args().nth(1).map_or(400_000, |n| n.parse().unwrap());
    let mut body = Vec::new();
    sim::transactions(1, records as u64).read_to_end(&mut body).unwrap();
    println!("{records} records, {} bytes each", body.len() / records);
    let clock = Clock::system();
    let reader = LineReader::new(Transaction::STREAM, clock.now());
    let part = |name: &str, work: &mut dyn FnMut()| {
        let before = cpu_seconds();
        work();
        println!("{name:24} {:6.3} µs/record", (cpu_seconds() - before) * 1e6 / records as f64);
    };
    let mut columns = Columns::new(Transaction::STREAM.fields);
    part("json to columns", &mut || {
        for line in body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            reader.read(line, &mut columns).expect("the simulator writes the standard");
        }
    });
    let mut entries = ledger::EntryBatch::default();
    part("seal", &mut || {
        let mut scratch = Scratch::default();
        let subject = Subject { id: SubjectId([1; 16]), key: [7; 32] };
        seal_records(
            Transaction::STREAM,
            "91350100M000100Y43",
            &columns,
            |_| [7; 32],
            &mut entries,
            &mut scratch,
        )
        .unwrap();
    });
    part("leaf hash", &mut || entries.hash(None).unwrap());
    println!(
        "leaf {} bytes, payload {} bytes",
        entries.leaves.len() / records,
        entries.payloads.len() / records
    );
    drop(entries);
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(dir.path(), EngineOptions::default(), clock).unwrap();
    let head = FilingHead {
        stream: Transaction::STREAM,
        institution: InstitutionId::synthetic(1),
        date: None,
        is_final: false,
        announced: None,
        mode: FilingMode::Lines,
        coding: ContentCoding::Identity,
    };
    for _ in 0..2 {
        part("whole", &mut || {
            let receipt = engine.file(head.clone(), &mut body.as_slice() as &mut dyn Read).unwrap();
            println!("{:?}", (receipt.sealed.accepted, receipt.sealed.duplicates, receipt.sealed.refused));
        });
    }
}
