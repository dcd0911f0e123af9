//! An import straight into a data directory.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use engine::intake::{ContentCoding, FilingHead, FilingMode};
use engine::{DataDir, Engine};
use importer::{Filing, Mapping, Options};
use miette::Report;
use model::clock::Clock;
use model::event::FilingReceipt;
use model::time::Time;

use super::{Import, Received, print, told};
use crate::grade_table::Shown;
use crate::graded::Graded;
use crate::outcome::plain;
use crate::screen::Screen;
use crate::site;

/// Eight in the morning.
const MORNING_SECONDS: i64 = 8 * 3600;

pub(super) fn run(
    arguments: &Import,
    screen: &mut Screen,
    mapping: &Mapping,
    options: &Options,
    data: &Path,
) -> Result<importer::Report, Report> {
    let book = arguments.rulebook.load_for(&engine::DataDir::new(data))?;
    let began = Instant::now();
    let mut opened: Option<Arc<Engine>> = None;
    let (mut accepted, mut known_before) = (0, 0);
    let report = importer::import(mapping, &arguments.files, options, &mut |filing| {
        let received = match arguments.received {
            Received::MorningAfter => Time::start_of(filing.last_day.plus(1)).plus_seconds(MORNING_SECONDS),
            Received::Now => options.received_at,
        };
        let engine = match &opened {
            Some(engine) => engine,
            // Only now, so that the ledger's first day is that of the first filing.
            None => {
                let engine = site::open(data, site::Setup::default(), book.clone(), Clock::manual(received));
                opened.insert(engine.map_err(|error| error.to_string())?)
            }
        };
        engine.clock().advance(received);
        let size = engine.reader().size();
        let receipt = file(engine, filing)?;
        known_before += receipt.duplicates;
        // The same filing again gets its first receipt, which tells of records sealed then.
        match receipt.positions.is_some_and(|positions| positions.first < size) {
            true => known_before += receipt.accepted,
            false => accepted += receipt.accepted,
        }
        Ok(())
    });
    let report = report.map_err(told)?;
    print(screen, &report)?;
    let Some(engine) = opened else { return Ok(report) };
    engine.settle().map_err(plain)?;
    site::close(engine)?;
    let seconds = began.elapsed().as_secs_f64();
    screen.line(format_args!(
        "{accepted} records newly sealed, {known_before} known before; read, filed and evaluated in {seconds:.1} s ({:.0} records a second).\n",
        report.records() as f64 / seconds.max(1e-9)
    ))?;
    let graded = Graded::read(&DataDir::new(data))?;
    Shown { graded: &graded, book: &book, lang: arguments.lang, until: None }.print(screen)?;
    Ok(report)
}

/// Files, and gives what the ledger says of it.
fn file(engine: &Engine, filing: Filing) -> Result<FilingReceipt, String> {
    let date = filing.date();
    let head = FilingHead {
        stream: filing.stream,
        institution: filing.institution,
        // Only what is of one day can complete it.
        date,
        is_final: date.is_some(),
        announced: None,
        mode: FilingMode::Lines,
        coding: ContentCoding::Identity,
    };
    let receipt = engine.file(head, filing.lines.as_slice()).map_err(|error| error.fault.detail)?;
    match receipt.refusals.first().and_then(|refused| refused.faults.first()) {
        // The importer checked every line, so only what the ledger knows can refuse one.
        Some(fault) => Err(format!("{} lines refused, the first: {}", receipt.sealed.refused, fault.detail)),
        None => Ok(receipt.sealed),
    }
}
