//! What an institution told the public: every month, and insurers every quarter how solvent they
//! are. The figures are those of the records that it filed, but for what is planted.

use std::io::{self, Write};

use model::streams::{DisclosureKind, LineOfBusiness};
use model::time::{Day, Time};

use super::duties::{deals_between, office_time};
use super::{Sink, business};
use crate::extras::Punctuality;
use crate::line::Tag;
use crate::loan;
use crate::rows::{DisclosureRow, Row};
use crate::world::{Member, Topic, World};

/// The day of the month on which the disclosure of the month before is published.
pub(crate) const DISCLOSURE_DAY: u32 = 5;

/// The last day of the month that a disclosure of a day is about.
pub(crate) fn disclosed_period_end(day: Day) -> Day {
    day.first_of_month().plus(-1)
}

/// The last day of the quarter before the one of a day.
pub(crate) fn quarterly_period_end(day: Day) -> Day {
    let mut first = day.first_of_month();
    while first.month() % 3 != 1 {
        first = first.plus(-1).first_of_month();
    }
    first.plus(-1)
}

/// What the filed records of the month up to `end` come to.
pub(crate) struct MonthFigures {
    /// Mean rate of the projects published, weighted by their amounts, in hundredths of a per cent.
    pub(crate) rate_hundredths: Option<i64>,
    /// Overdue over loan balance at its end, in hundredths of a per cent.
    pub(crate) overdue_hundredths: Option<i64>,
    pub(crate) deals: (u64, i64),
}

/// The figures of a month; `None` where the market knows nothing of its end.
pub(crate) fn month_figures(world: &World, member: &Member, end: Day) -> Option<MonthFigures> {
    let last = u32::try_from(end.0 - world.plan.first_day.0).ok().filter(|last| *last < world.plan.days)?;
    let first = u32::try_from(end.first_of_month().0 - world.plan.first_day.0).unwrap_or(0);
    let mut figures = MonthFigures {
        rate_hundredths: None,
        overdue_hundredths: None,
        deals: deals_between(world, member, first, last),
    };
    if member.public.line == LineOfBusiness::P2p {
        let (mut amount, mut weighted) = (0i128, 0i128);
        for day in first..=last {
            for loan in loan::offered_on(world, member, day) {
                amount += i128::from(loan.amount_fen);
                weighted += i128::from(loan.amount_fen) * i128::from(loan.rate_hundredths);
            }
        }
        figures.rate_hundredths = (amount > 0).then(|| ((weighted + amount / 2) / amount) as i64);
        let lending = business::lending(world, member, last);
        let balance = i128::from(lending.balance.0.max(1));
        figures.overdue_hundredths =
            Some(((i128::from(lending.overdue.0) * 10_000 + balance / 2) / balance) as i64);
    }
    Some(figures)
}

/// Solvency as a sound insurer has it: core and comprehensive, in hundredths of a per cent.
fn solvency(world: &World, member: &Member) -> (i64, i64) {
    let mut rng = world.rng(Topic::Duties, member, 9 << 20);
    let core = 13_000 + rng.below(9_000) as i64;
    (core, core + 2_500 + rng.below(6_000) as i64)
}

/// Whether an institution discloses something on a day.
pub(crate) fn is_due(world: &World, member: &Member, day: u32) -> bool {
    month_row(world, member, day).is_some() || quarter_row(world, member, day).is_some()
}

/// The day of which a regular disclosure comes on this day: the day itself, or one before it
/// where the institution is late. `None` where it never discloses.
fn planned(member: &Member, date: Day) -> Option<Day> {
    match member.extras.flags.disclosure {
        Punctuality::Never => None,
        Punctuality::Late(days) => Some(date.plus(-(days as i32))),
        Punctuality::InTime | Punctuality::Incomplete => Some(date),
    }
}

/// The monthly disclosure published on a day.
pub(crate) fn month_row(world: &World, member: &Member, day: u32) -> Option<DisclosureRow> {
    let flags = &member.extras.flags;
    let date = world.day(day);
    let planned = planned(member, date)?;
    if planned.day_of_month() != DISCLOSURE_DAY {
        return None;
    }
    let period_end = disclosed_period_end(planned);
    let figures = month_figures(world, member, period_end)?;
    let mut rng = world.rng(Topic::Duties, member, day + (2 << 20));
    let (count, sum) = figures.deals;
    let hidden = flags.deals_hidden.min(count);
    let told =
        (count - hidden, if hidden == 0 { sum } else { sum / (count as i64) * (count - hidden) as i64 });
    Some(DisclosureRow {
        id: Tag::new("M", period_end, 0),
        published_at: office_time(date, 0, 1, &mut rng),
        kind: DisclosureKind::Monthly,
        period_end,
        line: member.public.line,
        rate_hundredths: figures.rate_hundredths.map(|rate| rate + flags.rate_told),
        overdue_hundredths: figures.overdue_hundredths.map(|rate| (rate + flags.overdue_told).max(0)),
        deals: Some(told),
        solvency_hundredths: None,
    })
}

/// The quarterly report published on a day: an insurer's on the market's second day about the
/// quarter before, and from then on with the monthly disclosure.
pub(crate) fn quarter_row(world: &World, member: &Member, day: u32) -> Option<DisclosureRow> {
    let date = world.day(day);
    let is_month = day > 1
        && planned(member, date)
            .is_some_and(|planned| planned.month() % 3 == 1 && planned.day_of_month() == DISCLOSURE_DAY);
    if member.public.line != LineOfBusiness::Insurance || !(day == 1 || is_month) {
        return None;
    }
    let period_end = quarterly_period_end(date);
    Some(DisclosureRow {
        id: Tag::new("J", period_end, u64::from(day)),
        published_at: Time::start_of(date).plus_seconds(10 * 3600),
        kind: DisclosureKind::Quarterly,
        period_end,
        line: member.public.line,
        rate_hundredths: None,
        overdue_hundredths: None,
        deals: None,
        solvency_hundredths: Some(member.extras.flags.solvency.unwrap_or_else(|| solvency(world, member))),
    })
}

/// The last day of the period that a disclosure filed about a day covers.
pub(crate) fn filing_date(world: &World, member: &Member, day: u32) -> Day {
    let row = month_row(world, member, day).or_else(|| quarter_row(world, member, day));
    row.map_or_else(|| disclosed_period_end(world.day(day)), |row| row.period_end)
}

pub(super) fn write<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    let rows = [month_row(world, member, day), quarter_row(world, member, day)];
    rows.into_iter().flatten().try_for_each(|row| sink.row(&Row::Disclosure(row)))
}
