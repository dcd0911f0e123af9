//! Runs the study by itself: `cargo run --release -p jianwei-study --example wdzj -- DIR [--json]`.

use std::process::ExitCode;

use study::wdzj::{Options, run};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(folder) = arguments.first() else {
        eprintln!("wanted: the folder with monthly.csv and outcome.csv");
        return ExitCode::FAILURE;
    };
    let rulebook = match rulebook::load::embedded() {
        Ok(rulebook) => rulebook,
        Err(faults) => {
            eprintln!("{}", faults.render(110));
            return ExitCode::FAILURE;
        }
    };
    match run(folder.as_ref(), &rulebook, &Options::default()) {
        Ok(report) if arguments.iter().any(|argument| argument == "--json") => {
            println!("{}", serde_json::to_string_pretty(&report).unwrap_or_default());
            ExitCode::SUCCESS
        }
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
