//! Filing duties: which streams a line of business owes, for which period, and by when. Together
//! they are the T+1 calendar (requirement 2.1).

use model::spec::StreamSpec;
use model::streams::LineOfBusiness;
use model::time::{Day, Time};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::entry::{Meta, raw_entry, words};
use crate::fault::RuleFault;
use crate::source::SourceFile;
use crate::yaml::{Reader, Word};

/// The longest time that a daily filing may be given, in days.
const DAYS_AFTER_MAX: u32 = 31;
/// The last day of a month that every month has.
const DAY_OF_MONTH_MAX: u32 = 28;
const DAY_SECONDS: i64 = 24 * 3600;

words! {
    /// What one filing covers.
    Period "period" {
        Day "day" "每日" "every day",
        Month "month" "每月" "every month",
    }
}

/// By when the filing for a period is owed; every time is one of Asia/Shanghai.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Due {
    day: DueDay,
    /// Seconds after midnight; 86,400 is the end of the day.
    seconds: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum DueDay {
    /// This many days after the day that the filing covers.
    DaysAfter(u32),
    /// On this day of the month after the one that the filing covers.
    OfNextMonth(u32),
}

impl Due {
    /// The moment until which a filing is in time, for the period that ends with a day.
    pub fn at(&self, period_end: Day) -> Time {
        let day = match self.day {
            DueDay::DaysAfter(days) => period_end.plus(days as i32),
            DueDay::OfNextMonth(number) => period_end.last_of_month().plus(number as i32),
        };
        Time::start_of(day).plus_seconds(self.seconds)
    }

    fn clock(&self) -> String {
        format!("{:02}:{:02}", self.seconds / 3600, self.seconds / 60 % 60)
    }

    /// In Chinese: `T+1 日 12:00`, `次月 10 日 24:00`.
    pub fn zh(&self) -> String {
        match self.day {
            DueDay::DaysAfter(0) => format!("当日 {}", self.clock()),
            DueDay::DaysAfter(days) => format!("T+{days} 日 {}", self.clock()),
            DueDay::OfNextMonth(number) => format!("次月 {number} 日 {}", self.clock()),
        }
    }

    /// In English: `12:00 of day T+1`, `24:00 of the 10th of the next month`.
    pub fn en(&self) -> String {
        match self.day {
            DueDay::DaysAfter(0) => format!("{} of the day itself", self.clock()),
            DueDay::DaysAfter(days) => format!("{} of day T+{days}", self.clock()),
            DueDay::OfNextMonth(number) => format!("{} of day {number} of the next month", self.clock()),
        }
    }
}

/// A filing duty.
#[derive(Clone, Debug)]
pub struct Duty {
    /// What it says about itself; its lines of business are those that owe it.
    pub meta: Meta,
    /// The streams that are owed, each in a filing of its own.
    pub streams: Vec<&'static StreamSpec>,
    /// What one filing covers.
    pub period: Period,
    /// By when it is owed.
    pub due: Due,
    /// Whether a filing is owed also when there is nothing to report 零报告. Where it is not, no
    /// filing is no fault, but one that comes late or incomplete is.
    pub nil_return: bool,
}

impl Duty {
    /// Whether a filing is owed whose period ends with a day. It bears this day as its date.
    pub fn covers(&self, day: Day) -> bool {
        let ends = match self.period {
            Period::Day => true,
            Period::Month => day == day.last_of_month(),
        };
        ends && self.meta.effective.contains(day)
    }

    /// By when the filing whose period ends with a day is owed.
    pub fn due_at(&self, day: Day) -> Time {
        self.due.at(day)
    }

    /// The lines of business that owe the same stream in the same time by another duty: then two
    /// would say by when it is due.
    fn contradicts(&self, other: &Self) -> Option<(&'static str, LineOfBusiness)> {
        let (own, its) = (self.meta.effective, other.meta.effective);
        if !own.overlaps(its) {
            return None;
        }
        let stream = self.streams.iter().find(|stream| other.streams.contains(stream))?;
        let line = self.meta.lines.iter().find(|line| other.meta.lines.contains(line))?;
        Some((stream.name, *line))
    }
}

raw_entry!(RawDuty {
    streams: Spanned<Vec<Word>>,
    period: Word,
    due: Spanned<RawDue>,
    nil_return: bool,
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawDue {
    days_after: Option<Spanned<u32>>,
    day_of_next_month: Option<Spanned<u32>>,
    at: Word,
}

/// Reads and checks a duty's file.
pub(crate) fn parse(file: &SourceFile) -> Result<Duty, Vec<RuleFault>> {
    let mut reader = Reader::whole(file);
    let raw = reader.read::<RawDuty>();
    match raw.and_then(|raw| check(&mut reader, raw)) {
        Some(duty) if reader.faults.is_empty() => Ok(duty),
        _ => Err(reader.faults),
    }
}

fn check(reader: &mut Reader<'_>, raw: RawDuty) -> Option<Duty> {
    let (meta, (streams, period, due, nil_return)) = raw.split();
    let meta = meta.check(reader);
    let streams = check_streams(reader, &streams);
    let period = Period::read(reader, &period);
    let due = period.and_then(|period| check_due(reader, period, &due));
    Some(Duty { meta: meta?, streams: streams?, period: period?, due: due?, nil_return })
}

fn check_streams(reader: &mut Reader<'_>, words: &Spanned<Vec<Word>>) -> Option<Vec<&'static StreamSpec>> {
    let mut streams = Vec::new();
    for word in &words.value {
        let stream = reader.stream(word)?;
        if streams.contains(&stream) {
            reader.fault(word, format!("the stream \"{}\" stands twice", stream.name));
        }
        streams.push(stream);
    }
    if streams.is_empty() {
        reader.fault(words, "a duty is for at least one stream");
    }
    Some(streams)
}

fn check_due(reader: &mut Reader<'_>, period: Period, due: &Spanned<RawDue>) -> Option<Due> {
    let RawDue { days_after, day_of_next_month, at } = &due.value;
    let bounded = |reader: &mut Reader<'_>, number: &Spanned<u32>, from: u32, to: u32| {
        let fits = (from..=to).contains(&number.value);
        if !fits {
            reader.fault(number, format!("this is a number from {from} to {to}"));
        }
        fits.then_some(number.value)
    };
    let day = match (period, days_after, day_of_next_month) {
        (Period::Day, Some(days), None) => DueDay::DaysAfter(bounded(reader, days, 0, DAYS_AFTER_MAX)?),
        (Period::Month, None, Some(number)) => {
            DueDay::OfNextMonth(bounded(reader, number, 1, DAY_OF_MONTH_MAX)?)
        }
        _ => {
            reader.fault(due, "the time by which it is due does not go with the period").help = Some(
                "for a day write {days_after: 1, at: \"12:00\"}, for a month {day_of_next_month: 10, at: \"24:00\"}"
                    .to_owned(),
            );
            return None;
        }
    };
    let seconds = clock_seconds(&at.value);
    let Some(seconds) = seconds else {
        reader.fault(at, format!("\"{}\" is no time of a day", at.value)).help =
            Some("write hours and minutes, from \"00:00\" to \"24:00\"".to_owned());
        return None;
    };
    if day == DueDay::DaysAfter(0) && seconds < DAY_SECONDS {
        reader.fault(at, "a filing cannot be due before its day is over").help =
            Some("write \"24:00\", or days_after: 1".to_owned());
    }
    Some(Due { day, seconds })
}

/// Seconds after midnight of `HH:MM`.
fn clock_seconds(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let two_digits = |part: &str| {
        (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<i64>().ok())
            .flatten()
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    let seconds = (hours * 60 + minutes) * 60;
    (minutes < 60 && seconds <= DAY_SECONDS).then_some(seconds)
}

/// Two duties that say different things about the same filing.
pub(crate) fn contradictions(duties: &[Duty], file: impl Fn(&Duty) -> Option<SourceFile>) -> Vec<RuleFault> {
    let mut faults = Vec::new();
    for (index, duty) in duties.iter().enumerate() {
        for other in duties.iter().take(index) {
            let (Some((stream, line)), Some(file)) = (duty.contradicts(other), file(duty)) else { continue };
            let message = format!(
                "by when \"{stream}\" is due for {} is also said in {}",
                line.code(),
                other.meta.path
            );
            let help =
                "take the stream or the line out of one of them, or let one end before the other begins";
            faults.push(RuleFault::new(&file, file.line_with("streams:"), message).with_help(help));
        }
    }
    faults
}
