//! What finding duplicates costs: `seen [DIR [MILLIONS [EVERY [WIDTH]]]]` admits new records, every
//! eleventh (or EVERYth; 0: none) a duplicate of any before, and prints nanoseconds a record and memory.
#![allow(clippy::unwrap_used, missing_docs, reason = "a measurement, not a part of the product")]

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use store::seen::{Options, RecordKey, Seen, Verdict};

const BATCH: u64 = 4096;

fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn key(n: u64) -> RecordKey {
    RecordKey { id: u128::from(mix(n)) << 64 | u128::from(mix(!n)), previous: None, content: mix(n << 1) }
}

fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Processor time of this thread, free of what other processes do to the clock on the wall.
fn own_cpu() -> Duration {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split_whitespace().next().unwrap().parse().unwrap())
}

fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let ticks =
        stat.split_whitespace().skip(13).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>();
    Duration::from_millis(ticks * 10)
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().unwrap_or_else(|| "target/seen".to_owned()));
    let records = arguments.next().map_or(10, |millions| millions.parse::<u64>().unwrap()) * 1_000_000;
    let every = arguments.next().map_or(11, |every| every.parse::<u64>().unwrap());
    let merge_width = arguments.next().map_or(Options::default().merge_width, |width| width.parse().unwrap());
    drop(Seen::rebuild(&dir).unwrap());
    let mut seen = Seen::open_with(&dir, Options { merge_width, ..Options::default() }).unwrap();
    let mut verdicts = Vec::new();
    let (mut new, mut duplicates, mut asked) = (0, 0, 0_u64);
    let (mut own, mut inside, mut longest) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let (mut settling, mut making) = (Duration::ZERO, Duration::ZERO);
    let mut batches = Vec::new();
    let (start, cpu_start) = (Instant::now(), cpu());
    while new < records {
        let began = Instant::now();
        let mut fresh = new;
        let keys: Vec<_> = (0..BATCH)
            .map(|n| {
                if every > 0 && n % every == every - 1 && new > 0 {
                    key(mix(asked + n) % new)
                } else {
                    fresh += 1;
                    key(fresh - 1)
                }
            })
            .collect();
        asked += BATCH;
        let own_start = own_cpu();
        let admit = Instant::now();
        making += admit - began;
        seen.admit(&keys, new, &mut verdicts).unwrap();
        let settle = Instant::now();
        own += own_cpu() - own_start;
        inside += settle - admit;
        batches.push(settle - admit);
        longest = longest.max(settle - admit);
        duplicates += verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Duplicate { .. })).count();
        new = fresh;
        let counting = Instant::now();
        seen.settle(new).unwrap();
        settling += counting.elapsed();
    }
    let wall = start.elapsed();
    seen.flush(new).unwrap();
    seen.wait_for_merges().unwrap();
    let busy = cpu() - cpu_start;
    let each = |time: Duration| time.as_nanos() as f64 / asked as f64;
    println!("{new} new, {duplicates} duplicates, batches of {BATCH}");
    println!("admit            {:7.1} ns a record (longest batch {longest:?})", each(inside));
    batches.sort_unstable();
    let median = batches[batches.len() / 2].as_nanos() as f64 / BATCH as f64;
    println!("admit, median    {median:7.1} ns a record");
    println!("admit, own CPU   {:7.1} ns a record", each(own));
    println!("settle           {:7.1} ns a record", each(settling));
    println!(
        "all CPU          {:7.1} ns a record, writing and merging included",
        each(busy.saturating_sub(making))
    );
    println!("wall             {wall:?}");
    println!(
        "memory           {:7.1} MB peak, {:.1} MB now",
        status("VmHWM") as f64 / 1024.0,
        status("VmRSS") as f64 / 1024.0
    );
    let size: u64 = fs::read_dir(&dir).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    println!(
        "disk             {:7.1} bytes a record in {} files",
        size as f64 / new as f64,
        fs::read_dir(&dir).unwrap().count()
    );
    drop(seen);
    let opening = Instant::now();
    let mut seen = Seen::open(&dir).unwrap();
    println!("open             {:?}, covered {}", opening.elapsed(), seen.covered());
    let keys: Vec<_> = (0..1_000_000).map(|n| key(mix(n) % new)).collect();
    let again = Instant::now();
    seen.check(&keys, new, &mut verdicts).unwrap();
    println!("duplicates only  {:7.1} ns a record", again.elapsed().as_nanos() as f64 / keys.len() as f64);
}
