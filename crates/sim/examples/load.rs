//! Writes transactions for a load test to standard output: `load SEED N`.

fn main() -> std::io::Result<()> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>().unwrap_or(0));
    let (seed, n) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(1_000_000));
    sim::transactions(seed, n).write_to(&mut std::io::stdout().lock())?;
    Ok(())
}
