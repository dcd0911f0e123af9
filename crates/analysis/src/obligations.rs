//! The T+1 calendar (requirement 2.1): what each registered institution owed for a day, by when,
//! and how it stands at a given time.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use model::columns::Columns;
use model::event::{FilingOutcome, FilingReceipt};
use model::spec::Record;
use model::streams::{LineOfBusiness, Register, STREAMS};
use model::time::{Day, Time};
use rulebook::{Duty, Obligation, ObligationStatus, Period, Rulebook};

/// The duties of all lines: those of a rulebook.
#[derive(Clone, Debug)]
pub struct Duties(Vec<Duty>);

/// An institution in the register: from its first day on it owes what its line owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its line of business.
    pub line: LineOfBusiness,
    /// The first day.
    pub from: Day,
}

impl Registered {
    /// What records of the register say, in their order; those without a known line say nothing.
    pub fn read(columns: &Columns) -> impl Iterator<Item = Self> {
        let column = |name: &str| Register::STREAM.field_index(name).and_then(|index| columns.column(index));
        let both = column("line").zip(column("effective_from"));
        both.into_iter().flat_map(|(lines, days)| {
            (0..columns.len()).filter_map(|row| {
                let line = LineOfBusiness::CODES.item(lines.byte(row)?)?;
                Some(Self { line: LineOfBusiness::from_code(line.code)?, from: Day(days.date(row)?) })
            })
        })
    }
}

/// What the receipts of one institution, stream and date come to.
///
/// A date is complete when a filing said that it is the last one, as many lines came as were
/// announced, and no refused line is left to be put right. Refused lines are put right by filing
/// the whole date again without them, or, after the date was declared complete, by as many
/// further records as were refused. What was complete stays complete.
#[derive(Clone, Copy, Debug)]
struct Filing {
    first_at: Time,
    complete_at: Option<Time>,
    /// Whether a filing said that it is the last one.
    declared: bool,
    /// Records accepted so far.
    accepted: u64,
    /// Refused lines that are not put right yet.
    refused: u64,
}

impl Filing {
    fn begun(first_at: Time) -> Self {
        Self { first_at, complete_at: None, declared: false, accepted: 0, refused: 0 }
    }

    fn take(&mut self, receipt: &FilingReceipt) {
        self.accepted += receipt.accepted;
        // What broke off is filed again, and its refused lines with it.
        if receipt.outcome != FilingOutcome::Complete {
            return;
        }
        let holds_all = receipt.is_final && receipt.accepted + receipt.duplicates >= self.accepted;
        self.refused = if holds_all {
            receipt.refused
        } else if self.declared {
            // A line that is refused again is still the same line.
            self.refused.saturating_sub(receipt.accepted).max(receipt.refused)
        } else {
            self.refused + receipt.refused
        };
        let came_whole = receipt.announced.is_none_or(|announced| announced == receipt.lines);
        self.declared |= receipt.is_final && came_whole;
        if self.declared && self.refused == 0 && self.complete_at.is_none() {
            self.complete_at = Some(receipt.received_at);
        }
    }
}

/// When filings became complete: by institution, date and stream.
#[derive(Clone, Debug, Default)]
pub struct Filed(BTreeMap<String, BTreeMap<Day, BTreeMap<String, Filing>>>);

impl Filed {
    /// Notes a receipt; receipts are noted in the order of the ledger. One that names no date is
    /// about no date's duty.
    pub fn add(&mut self, receipt: &FilingReceipt) {
        let Some(date) = receipt.date else { return };
        let of_date = self.0.entry(receipt.institution.to_string()).or_default().entry(date).or_default();
        let filing = of_date.entry(receipt.stream.clone()).or_insert(Filing::begun(receipt.received_at));
        filing.take(receipt);
    }

    fn of(&self, institution: &str, day: Day, stream: &str) -> Option<Filing> {
        self.0.get(institution)?.get(&day)?.get(stream).copied()
    }
}

impl Duties {
    /// The duties of a rulebook.
    pub fn of(book: &Rulebook) -> Self {
        Self(book.duties().to_vec())
    }

    /// How every obligation for the given days stands at a time; those not due yet are left out.
    /// One filing serves all lines of an institution that owe it by the same duty.
    pub fn standing(
        &self,
        registered: &BTreeMap<String, Vec<Registered>>,
        filed: &Filed,
        days: RangeInclusive<Day>,
        now: Time,
    ) -> Vec<Obligation> {
        let mut all = Vec::new();
        for day in (days.start().0..=days.end().0).map(Day) {
            let due: Vec<&Duty> =
                self.0.iter().filter(|duty| duty.covers(day) && duty.due_at(day) <= now).collect();
            for (institution, entries) in registered {
                for duty in &due {
                    let owes = |line: &LineOfBusiness| {
                        entries.iter().any(|own| own.line == *line && own.from <= day)
                    };
                    let Some(line) = duty.meta.lines.iter().copied().find(owes) else {
                        continue;
                    };
                    for stream in &duty.streams {
                        let filing = filed.of(institution, day, stream.name);
                        if filing.is_some() || duty.nil_return {
                            all.push(stand(duty, line, institution, stream.name, day, filing));
                        }
                    }
                }
            }
        }
        all
    }

    /// The last day whose daily filings in all of these streams have come due at a time: what is
    /// said to be missing from it is missing.
    pub fn closed_until<'s>(&self, streams: impl IntoIterator<Item = &'s str>, now: Time) -> Day {
        let streams: Vec<&str> = streams.into_iter().collect();
        let of_streams = |duty: &&Duty| {
            duty.period == Period::Day && duty.streams.iter().any(|stream| streams.contains(&stream.name))
        };
        let duties: Vec<&Duty> = self.0.iter().filter(of_streams).collect();
        let mut day = now.day();
        while duties.iter().any(|duty| duty.covers(day) && duty.due_at(day) > now) {
            day = day.plus(-1);
        }
        day
    }

    /// The last day whose daily filings have all come due at a time.
    pub fn all_closed_until(&self, now: Time) -> Day {
        self.closed_until(STREAMS.iter().map(|stream| stream.name), now)
    }

    /// The days for which something is owed that becomes due after `before` and not after `now`, up
    /// to the day of `now`; nothing when nothing becomes due in between.
    pub fn due_between(&self, before: Time, now: Time) -> Option<RangeInclusive<Day>> {
        if now <= before {
            return None;
        }
        let comes_due =
            |duty: &Duty, day: Day| duty.covers(day) && before < duty.due_at(day) && duty.due_at(day) <= now;
        let firsts = self.0.iter().filter_map(|duty| {
            let earliest = match duty.period {
                Period::Day => before.day().plus(-days_until_due(duty, before.day())),
                // What becomes due after `before` is due in its month or later: for the month before it.
                Period::Month => before.day().first_of_month().plus(-1).first_of_month(),
            };
            (earliest.0..=now.day().0).map(Day).find(|day| comes_due(duty, *day))
        });
        let first = firsts.min()?;
        Some(first..=now.day())
    }
}

/// How many days after the one that it covers a daily filing is due.
fn days_until_due(duty: &Duty, day: Day) -> i32 {
    duty.due_at(day).day().0 - day.0
}

fn stand(
    duty: &Duty,
    line: LineOfBusiness,
    institution: &str,
    stream: &str,
    day: Day,
    filing: Option<Filing>,
) -> Obligation {
    let due_at = duty.due_at(day);
    let (status, filed_at) = match filing {
        None => (ObligationStatus::Missing, None),
        Some(Filing { complete_at: None, first_at, .. }) => (ObligationStatus::Incomplete, Some(first_at)),
        Some(Filing { complete_at: Some(at), .. }) if at > due_at => (ObligationStatus::Late, Some(at)),
        Some(Filing { complete_at, .. }) => (ObligationStatus::OnTime, complete_at),
    };
    Obligation {
        institution: institution.to_owned(),
        day,
        line,
        stream: stream.to_owned(),
        due_at,
        filed_at,
        status,
    }
}

#[cfg(test)]
mod tests;
