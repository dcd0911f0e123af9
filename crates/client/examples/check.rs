//! Checks a file offline: `check STREAM FILE`; `JIANWEI_PSEUDONYM_SECRET` makes pseudonyms.

use std::error::Error;
use std::path::Path;

use client::{Pseudonymiser, Secret, check};
use model::clock::Clock;
use model::streams::stream;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [stream_name, file] = arguments.as_slice() else { return Err("check STREAM FILE".into()) };
    let stream = stream(stream_name).ok_or("no such stream")?;
    let secret = Secret::from_environment("JIANWEI_PSEUDONYM_SECRET").ok();
    let key = secret.map(|secret| secret.pseudonym_key()).transpose()?;
    let pseudonymiser = key.map(|key| Pseudonymiser::new(key, stream));
    let report = check(Path::new(file), stream, pseudonymiser, Clock::system().now())?;
    println!("{report:#?}");
    Ok(())
}
