//! The T+1 calendar (requirement 2.1): what each registered institution owed for a day, by when,
//! and how it stands at a given time.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use model::event::{FilingOutcome, FilingReceipt};
use model::streams::LineOfBusiness;
use model::time::{Day, Time};
use rulebook::{Obligation, ObligationStatus};

/// What one line of business owes every day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DailyDuty {
    /// The line of business.
    pub line: LineOfBusiness,
    /// The streams.
    pub streams: Vec<String>,
    /// Days after the day that the filing is about.
    pub due_days: i32,
    /// Seconds after midnight in Asia/Shanghai.
    pub due_seconds: i64,
}

impl DailyDuty {
    /// By when the filing for a day is owed.
    pub fn due_at(&self, day: Day) -> Time {
        Time::start_of(day.plus(self.due_days)).plus_seconds(self.due_seconds)
    }
}

/// The duties of all lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duties(pub Vec<DailyDuty>);

/// An institution in the register: from its first day on it owes what its line owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its line of business.
    pub line: LineOfBusiness,
    /// The first day.
    pub from: Day,
}

/// When filings became complete.
#[derive(Clone, Debug, Default)]
pub struct Filed(BTreeMap<(String, String, Day), Filing>);

#[derive(Clone, Copy, Debug)]
struct Filing {
    complete_at: Option<Time>,
    first_at: Time,
}

impl Filed {
    /// Notes a receipt. Only one that names the day and says that it is final completes it, and
    /// only when as many lines came as were announced.
    pub fn add(&mut self, receipt: &FilingReceipt) {
        let Some(date) = receipt.date else { return };
        let key = (receipt.institution.to_string(), receipt.stream.clone(), date);
        let whole = receipt.outcome == FilingOutcome::Complete
            && receipt.announced.is_none_or(|announced| announced == receipt.lines);
        let complete_at = (receipt.is_final && whole).then_some(receipt.received_at);
        let filing = self.0.entry(key).or_insert(Filing { complete_at: None, first_at: receipt.received_at });
        filing.complete_at = match (filing.complete_at, complete_at) {
            (Some(known), Some(new)) => Some(known.min(new)),
            (known, new) => known.or(new),
        };
        filing.first_at = filing.first_at.min(receipt.received_at);
    }

    fn of(&self, institution: &str, stream: &str, day: Day) -> Option<Filing> {
        self.0.get(&(institution.to_owned(), stream.to_owned(), day)).copied()
    }
}

impl Duties {
    /// How every obligation for the given days stands at a time; those not due yet are left out.
    pub fn standing(
        &self,
        registered: &BTreeMap<String, Vec<Registered>>,
        filed: &Filed,
        days: RangeInclusive<Day>,
        now: Time,
    ) -> Vec<Obligation> {
        let mut all = Vec::new();
        for day in (days.start().0..=days.end().0).map(Day) {
            for (institution, entries) in registered {
                for duty in &self.0 {
                    let owes = entries.iter().any(|entry| entry.line == duty.line && entry.from <= day);
                    if !owes || duty.due_at(day) > now {
                        continue;
                    }
                    for stream in &duty.streams {
                        let filing = filed.of(institution, stream, day);
                        all.push(stand(duty, institution, stream, day, filing));
                    }
                }
            }
        }
        all
    }

    /// The days for which something is owed that becomes due after `before` and not after `now`.
    pub fn due_between(&self, before: Time, now: Time) -> Option<RangeInclusive<Day>> {
        let longest = self.0.iter().map(|duty| duty.due_days + 1).max()?;
        (now > before).then(|| before.day().plus(-longest)..=now.day())
    }
}

fn stand(duty: &DailyDuty, institution: &str, stream: &str, day: Day, filing: Option<Filing>) -> Obligation {
    let due_at = duty.due_at(day);
    let (status, filed_at) = match filing {
        None => (ObligationStatus::Missing, None),
        Some(Filing { complete_at: None, first_at }) => (ObligationStatus::Incomplete, Some(first_at)),
        Some(Filing { complete_at: Some(at), .. }) if at > due_at => (ObligationStatus::Late, Some(at)),
        Some(Filing { complete_at, .. }) => (ObligationStatus::OnTime, complete_at),
    };
    Obligation {
        institution: institution.to_owned(),
        day,
        line: duty.line,
        stream: stream.to_owned(),
        due_at,
        filed_at,
        status,
    }
}

impl Default for Duties {
    /// The duties of the plan: for every line its transactions, business and operations (a bank its
    /// statement), complete by noon of the next day.
    fn default() -> Self {
        let line = |line, streams: &[&str]| DailyDuty {
            line,
            streams: streams.iter().map(|stream| (*stream).to_owned()).collect(),
            due_days: 1,
            due_seconds: 12 * 3600,
        };
        let daily = ["transaction", "business_daily", "operations_daily"];
        Self(vec![
            line(LineOfBusiness::P2p, &daily),
            line(LineOfBusiness::Insurance, &daily),
            line(LineOfBusiness::Payment, &daily),
            line(LineOfBusiness::Fund, &daily),
            line(LineOfBusiness::Custody, &["custody_statement"]),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::institution::InstitutionId;

    fn receipt(stream: &str, received_at: &str, is_final: bool, announced: Option<u64>) -> FilingReceipt {
        FilingReceipt {
            filing: String::new(),
            stream: stream.to_owned(),
            institution: InstitutionId::synthetic(1),
            date: Day::parse("2026-03-02").ok(),
            is_final,
            outcome: FilingOutcome::Complete,
            received_at: Time::parse(received_at).unwrap(),
            lines: 10,
            accepted: 10,
            duplicates: 0,
            refused: 0,
            announced,
            refusals_sha256: None,
            positions: None,
        }
    }

    #[test]
    fn how_a_filing_for_the_second_of_march_stands() {
        // Received, final, announced lines, judged at, status.
        let table = [
            (Some("2026-03-03T08:00:00+08:00"), true, None, "2026-03-03T11:59:59+08:00", None),
            (Some("2026-03-03T08:00:00+08:00"), true, None, "2026-03-03T12:00:00+08:00", Some("on_time")),
            (Some("2026-03-03T12:00:01+08:00"), true, None, "2026-03-04T00:00:00+08:00", Some("late")),
            (Some("2026-03-03T08:00:00+08:00"), false, None, "2026-03-04T00:00:00+08:00", Some("incomplete")),
            (
                Some("2026-03-03T08:00:00+08:00"),
                true,
                Some(11),
                "2026-03-04T00:00:00+08:00",
                Some("incomplete"),
            ),
            (Some("2026-03-03T08:00:00+08:00"), true, Some(10), "2026-03-04T00:00:00+08:00", Some("on_time")),
            (None, true, None, "2026-03-03T11:00:00+08:00", None),
            (None, true, None, "2026-03-03T12:00:00+08:00", Some("missing")),
        ];
        let day = Day::parse("2026-03-02").unwrap();
        let registered = BTreeMap::from([(
            InstitutionId::synthetic(1).to_string(),
            vec![Registered { line: LineOfBusiness::Custody, from: day }],
        )]);
        for (received_at, is_final, announced, now, expected) in table {
            let mut filed = Filed::default();
            if let Some(received_at) = received_at {
                filed.add(&receipt("custody_statement", received_at, is_final, announced));
            }
            let now = Time::parse(now).unwrap();
            let standing = Duties::default().standing(&registered, &filed, day.plus(-1)..=day, now);
            let status = standing.first().map(|obligation| obligation.status.code());
            assert_eq!(status, expected, "{received_at:?} {is_final} {announced:?} {now}");
        }
    }
}
