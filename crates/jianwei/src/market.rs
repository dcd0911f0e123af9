//! A simulated market filed into an engine, each filing at its time; recordings asked for and sent
//! when the market says so; and the engine's clock told every noon, when what is owed comes due.

use engine::Engine;
use engine::call_ups::CallUpRequest;
use engine::intake::{ContentCoding, FilingHead, FilingMode};
use miette::{Report, miette};
use model::clock::Clock;
use model::time::Time;
use sim::{CallUp, Filing, Market};

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

/// Lets the desk's timers go off that are due until a time, each at its own.
fn timers_until(engine: &Engine, clock: &Clock, until: Time) -> Result<(), Report> {
    loop {
        let next = engine.desk().next_timer();
        let Some(at) = next.filter(|at| *at <= until) else { return Ok(()) };
        clock.advance(at);
        if engine.tick_desk().map_err(plain)? == 0 {
            return Ok(());
        }
    }
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
    let call_ups = market.call_ups();
    let mut calls = Calls::new(&call_ups, now);
    let mut noon = Time::start_of(market.plan().first_day).plus_seconds(NOON_SECONDS);
    let mut records = 0;
    let mut body = Vec::new();
    let mut wait_until = |at: Time| -> Result<(), Report> {
        while noons == Noons::Judged && noon < at {
            judge(engine, clock, noon)?;
            noon = noon.plus_seconds(24 * 3600);
        }
        timers_until(engine, clock, at)?;
        clock.advance(at);
        Ok(())
    };
    for filing in filings {
        while let Some(at) = calls.next_at().filter(|at| *at < filing.filed_at) {
            wait_until(at)?;
            calls.step(engine)?;
        }
        wait_until(filing.filed_at)?;
        records += file(engine, &filing, &mut body)?;
        bar.one_more();
    }
    while let Some(at) = calls.next_at() {
        wait_until(at)?;
        calls.step(engine)?;
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

/// Recordings asked for, and what comes for them.
struct Calls<'m> {
    call_ups: &'m [CallUp],
    /// By call-up the engine's identifier of it, once it was asked.
    ids: Vec<Option<String>>,
    /// What is to happen, the last first: when, of which call-up, and the number of the answer;
    /// none is the question.
    steps: Vec<(Time, usize, Option<usize>)>,
}

impl<'m> Calls<'m> {
    fn new(call_ups: &'m [CallUp], now: Time) -> Self {
        let of_one = |(index, one): (usize, &CallUp)| {
            let asked = (one.asked_at, index, None);
            let answers = one.answers.iter().enumerate();
            let answers: Vec<_> = answers.map(|(number, answer)| (answer.at, index, Some(number))).collect();
            std::iter::once(asked).chain(answers)
        };
        let mut steps: Vec<_> = call_ups.iter().enumerate().flat_map(of_one).collect();
        steps.retain(|(at, ..)| *at <= now);
        steps.sort_unstable();
        steps.reverse();
        Self { call_ups, ids: vec![None; call_ups.len()], steps }
    }

    fn next_at(&self) -> Option<Time> {
        self.steps.last().map(|(at, ..)| *at)
    }

    /// Takes the next step, as supervisor or institution.
    fn step(&mut self, engine: &Engine) -> Result<(), Report> {
        let Some((_, index, number)) = self.steps.pop() else { return Ok(()) };
        let (Some(one), Some(id)) = (self.call_ups.get(index), self.ids.get_mut(index)) else {
            return Ok(());
        };
        let refused = |fault| miette!("the recording of {} of {}: {fault:?}", one.policy, one.institution);
        match (number.and_then(|number| one.answers.get(number)), id) {
            (None, id) => {
                let request = CallUpRequest {
                    institution: one.institution.clone(),
                    policy: one.policy.as_str().into(),
                    medium: one.medium,
                    hours: Some(one.hours),
                    ground: one.ground.to_owned(),
                    asked_by: "simulated supervisor".to_owned(),
                };
                let (called, _) = engine.call_up(&request).map_err(refused)?;
                *id = Some(called.asked.id);
            }
            (Some(answer), Some(id)) => {
                engine
                    .answer_call_up(id, &one.institution, None, answer.bytes().as_slice())
                    .map_err(refused)?;
            }
            (Some(_), None) => {}
        }
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Read;

    use engine::call_ups::CallUpStatus;
    use model::time::Day;
    use sim::MarketPlan;

    use super::*;
    use crate::{scratch, site};

    #[test]
    fn recordings_are_asked_for_and_sent_when_the_market_says_so() {
        let first_day = Day::from_ymd(2026, 6, 1).unwrap();
        let plan = MarketPlan { seed: 3, institutions: 20, days: 12, transactions: 400, first_day };
        let market = Market::whole(plan);
        let dir = scratch::folder("test").unwrap();
        let clock = Clock::manual(Time::start_of(first_day));
        let book = rulebook::load::embedded().unwrap();
        let engine = site::open(dir.path(), site::Setup::default(), book, clock.clone()).unwrap();
        let end = Time::start_of(first_day.plus(15));
        file_all(&engine, &market, &clock, end, Noons::Skipped).unwrap();
        clock.advance(end);
        let mut seen = BTreeSet::new();
        for one in market.call_ups() {
            let asked = engine.call_ups().list(|called| {
                let asked = &called.asked;
                (&asked.institution, &*asked.policy.0, asked.medium)
                    == (&one.institution, one.policy.as_str(), one.medium)
            });
            let [called] = asked.as_slice() else { panic!("{one:?}: {asked:?}") };
            assert_eq!(called.asked.asked_at, one.asked_at);
            assert!(called.asked.digest.is_some(), "asked for before the recording was filed");
            seen.insert(format!("{:?}", called.status(end)));
            let Some(answer) = &called.answer else {
                assert!(one.answers.is_empty());
                continue;
            };
            let sent = one.answers.iter().find(|sent| sent.at == answer.received_at).unwrap();
            let (_, mut content) = engine.call_up_content(&called.asked.id).unwrap();
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes, sent.bytes());
        }
        let all = [CallUpStatus::Answered, CallUpStatus::HashDiffers, CallUpStatus::Overdue];
        assert_eq!(seen, all.map(|status| format!("{status:?}")).into());
        site::close(engine).unwrap();
    }
}
