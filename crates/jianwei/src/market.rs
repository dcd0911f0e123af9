//! A simulated market filed into an engine, each filing at its time, and the engine's clock told
//! every noon, when what is owed comes due.

use engine::Engine;
use engine::intake::{ContentCoding, FilingHead, FilingMode};
use miette::{Report, miette};
use model::clock::Clock;
use model::time::Time;
use sim::{Filing, Market};

use crate::outcome::plain;
use crate::progress::Bar;

/// Noon, when the filings of the day before come due, and a second.
const NOON_SECONDS: i64 = 12 * 3600 + 1;

/// Whether what is owed is judged on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noons {
    /// Judged and waited for every noon, as a server that runs all the time does it.
    Judged,
    /// Left to the end.
    Skipped,
}

/// Files everything that had arrived by `now`, each at its time; returns how many records.
pub(crate) fn file_all(
    engine: &Engine,
    market: &Market,
    clock: &Clock,
    now: Time,
    noons: Noons,
) -> Result<u64, Report> {
    let bar = Bar::filings("filing");
    let filings: Vec<_> = market.filings().take_while(|filing| filing.filed_at <= now).collect();
    bar.length(filings.len() as u64);
    let mut noon = Time::start_of(market.plan().first_day).plus_seconds(NOON_SECONDS);
    let mut records = 0;
    let mut body = Vec::new();
    for filing in filings {
        while noons == Noons::Judged && noon < filing.filed_at {
            judge(engine, clock, noon)?;
            noon = noon.plus_seconds(24 * 3600);
        }
        clock.advance(filing.filed_at);
        records += file(engine, &filing, &mut body)?;
        bar.one_more();
    }
    bar.end();
    Ok(records)
}

/// Judges what is owed at a time, and waits until it is sealed.
fn judge(engine: &Engine, clock: &Clock, at: Time) -> Result<(), Report> {
    engine.settle().map_err(plain)?;
    clock.advance(at);
    engine.judge_obligations();
    engine.settle().map_err(plain)
}

fn file(engine: &Engine, filing: &Filing, body: &mut Vec<u8>) -> Result<u64, Report> {
    body.clear();
    let lines = filing.write_to(body).map_err(plain)?;
    let head = FilingHead {
        stream: filing.stream,
        institution: filing.institution.clone(),
        date: Some(filing.date),
        is_final: true,
        // Of what is to be incomplete a line is missing.
        announced: Some(lines + u64::from(!filing.is_complete)),
        mode: FilingMode::Lines,
        coding: ContentCoding::Identity,
    };
    let receipt = engine
        .file(head, body.as_slice())
        .map_err(|error| miette!("{} of {}: {:?}", filing.stream.name, filing.institution, error.fault))?;
    if receipt.sealed.refused > 0 {
        return Err(miette!("a simulated filing was refused: {:?}", receipt.refusals));
    }
    Ok(receipt.sealed.accepted)
}
