//! Imports by itself: `cargo run --release -p jianwei-importer --example import -- OUT MAPPING FILE…`.

use std::path::PathBuf;
use std::process::ExitCode;

use importer::{ImportError, Mapping, Options, import_into_folder};
use model::pseudonym::PseudonymKey;
use model::time::{Day, Time};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(out), Some(mapping)) = (arguments.next(), arguments.next()) else {
        eprintln!("wanted: OUT MAPPING FILE…");
        return ExitCode::FAILURE;
    };
    let files: Vec<PathBuf> = arguments.collect();
    // No clock is read: whatever lies before 2030 is taken.
    let mut options = Options::new(Time::start_of(Day::from_ymd(2030, 1, 1).unwrap_or_default()));
    options.pseudonym_key = PseudonymKey::new(b"a key for trying things out");
    let result =
        Mapping::open(&mapping).and_then(|mapping| import_into_folder(&mapping, &files, &options, &out));
    match result {
        Ok(report) => {
            println!("{}", serde_json::to_string_pretty(&report).unwrap_or_default());
            ExitCode::SUCCESS
        }
        Err(ImportError::Mapping(faults)) => {
            eprintln!("{}", faults.render(110));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
