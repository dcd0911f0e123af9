//! What HTTP costs a record: CPU time by thread. Of the threads of the runtime the busiest reads
//! the filing; the others serve the connection. `cargo run --release -p jianwei-gateway --example http_cost -- 1000000`
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring tool")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::access::Role;
use engine::{Engine, EngineOptions};
use gateway::GatewayOptions;
use model::clock::Clock;
use model::institution::InstitutionId;

/// Seconds of CPU time by name of thread.
fn cpu_seconds() -> BTreeMap<String, f64> {
    let mut threads = BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let path = task.unwrap().path();
        let name = std::fs::read_to_string(path.join("comm")).unwrap_or_default();
        let spent = std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
        let nanoseconds: f64 = spent.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0.0);
        *threads.entry(name.trim().to_owned()).or_insert(0.0) += nanoseconds / 1e9;
    }
    threads
}

fn main() {
    let records: u64 = std::env::args().nth(1).map_or(1_000_000, |n| n.parse().unwrap());
    let mut body = Vec::new();
    sim::transactions(1, records).read_to_end(&mut body).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let book = Arc::new(rulebook::load::embedded().unwrap());
    let engine = Arc::new(Engine::open(dir.path(), EngineOptions::default(), Clock::system(), book).unwrap());
    let now = engine.clock().now();
    let key = engine.access().issue(Role::Institution(InstitutionId::synthetic(1)), now).unwrap();
    let number = AtomicUsize::new(0);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name_fn(move || format!("runtime-{}", number.fetch_add(1, Ordering::Relaxed)))
        .enable_all()
        .build()
        .unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let server =
        runtime.block_on(gateway::bind(Arc::clone(&engine), GatewayOptions::default(), listen)).unwrap();
    let address = server.address();
    runtime.spawn(server.run(std::future::pending()));

    let before = cpu_seconds();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /v1/filings/transaction HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nFiling-Version: 1\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )
    .unwrap();
    stream.write_all(&body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(&format!("\"accepted\":{records}")), "{answer}");
    println!("{records} records of {} bytes", body.len() as u64 / records);
    for (name, seconds) in cpu_seconds() {
        let spent = seconds - before.get(&name).copied().unwrap_or(0.0);
        println!("{name:16} {:6.3} µs/record", spent * 1e6 / records as f64);
    }
}
