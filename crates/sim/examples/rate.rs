//! How fast a market is written, and in how much memory: `cargo run --release -p jianwei-sim
//! --example rate -- TRANSACTIONS [DAYS] [INSTITUTIONS]`. Lines go nowhere.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "an example may fail loudly and print")]

use std::collections::BTreeMap;
use std::io;

use model::time::Day;
use sim::{Market, MarketPlan};

fn peak_mebibytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kibibytes| kibibytes / 1024)
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().unwrap());
    let transactions = arguments.next().unwrap_or(1_000_000);
    let days = arguments.next().unwrap_or(30) as u32;
    let institutions = arguments.next().unwrap_or(40) as u32;
    let began = std::time::Instant::now();
    let first_day = Day::from_ymd(2026, 3, 1).unwrap();
    let market = Market::whole(MarketPlan { seed: 1, institutions, days, transactions, first_day });
    println!("made in {:.2} s", began.elapsed().as_secs_f64());
    let mut lines: BTreeMap<&str, u64> = BTreeMap::new();
    for filing in market.filings() {
        *lines.entry(filing.stream.name).or_default() += filing.write_to(&mut io::sink()).unwrap();
    }
    let (seconds, all) = (began.elapsed().as_secs_f64(), lines.values().sum::<u64>());
    println!("{all} records in {seconds:.1} s: {:.0} a second", all as f64 / seconds);
    // utime and stime stand fourteenth and fifteenth, in hundredths of a second.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: f64 = stat.split(' ').skip(13).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    println!("{:.1} s of a core: {:.0} a second", ticks / 100.0, all as f64 / ticks * 100.0);
    println!("peak memory {} MiB; {} truths", peak_mebibytes().unwrap_or(0), market.truth().len());
    println!("{lines:?}");
}
