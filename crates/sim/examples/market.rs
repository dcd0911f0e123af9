//! Writes a market as files: `market FOLDER SEED INSTITUTIONS DAYS TRANSACTIONS FIRST_DAY`, one
//! file for each filing, and prints what was planted. `-` as folder writes nothing.

use std::error::Error;
use std::fs::{File, create_dir_all};
use std::path::Path;

use model::time::Day;
use sim::{Market, MarketPlan};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, seed, institutions, days, transactions, first_day] = arguments.as_slice() else {
        return Err("market FOLDER SEED INSTITUTIONS DAYS TRANSACTIONS FIRST_DAY".into());
    };
    let market = Market::new(MarketPlan {
        seed: seed.parse()?,
        institutions: institutions.parse()?,
        days: days.parse()?,
        transactions: transactions.parse()?,
        first_day: Day::parse(first_day)?,
    });
    let mut lines = 0;
    for filing in market.filings() {
        if folder == "-" {
            lines += filing.write_to(&mut std::io::sink())?;
            continue;
        }
        let place = Path::new(folder).join(filing.institution.as_str());
        create_dir_all(&place)?;
        let name = format!("{}-{}.ndjson", filing.stream.name, filing.date);
        lines += filing.write_to(&mut File::create(place.join(name))?)?;
    }
    for planted in market.planted() {
        println!("{} {} {:?}", planted.day, planted.institution, planted.what);
    }
    println!("{lines} lines");
    Ok(())
}
