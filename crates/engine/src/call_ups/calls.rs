//! Call-ups with what came for them, as their events say in ledger order.

use std::ops::RangeInclusive;

use hashbrown::HashMap;
use model::event::{CallUp, CallUpAnswer};
use model::time::{Day, Time};
use rulebook::CalledUp;
use serde::{Deserialize, Serialize};

use super::CallUpEvent;

/// How a call-up stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallUpStatus {
    /// 待回复: it is not due yet.
    Open,
    /// 已回复: what came is what was filed, or nothing was filed to hold it against.
    Answered,
    /// 逾期: it is due and nothing came.
    Overdue,
    /// 摘要不符: what came is not what was filed.
    HashDiffers,
}

/// A call-up and what came for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// What was asked for.
    pub asked: CallUp,
    /// Where that stands in the ledger.
    pub position: u64,
    /// What came: the first that closes the call-up, before that the latest.
    pub answer: Option<CallUpAnswer>,
}

impl Called {
    /// Whether it has its answer and takes no more.
    pub fn is_closed(&self) -> bool {
        self.answer.as_ref().is_some_and(CallUpAnswer::closes)
    }

    /// How it stands at a time.
    pub fn status(&self, now: Time) -> CallUpStatus {
        match &self.answer {
            Some(answer) if answer.closes() => CallUpStatus::Answered,
            Some(_) => CallUpStatus::HashDiffers,
            None if self.asked.due_at <= now => CallUpStatus::Overdue,
            None => CallUpStatus::Open,
        }
    }

    fn row(&self) -> CalledUp {
        let CallUp { institution, policy, medium, asked_at, due_at, .. } = &self.asked;
        CalledUp {
            institution: institution.to_string(),
            policy: policy.0.clone(),
            medium: *medium,
            asked_at: *asked_at,
            due_at: *due_at,
            answered_at: self.answer.as_ref().map(|answer| answer.received_at),
            hash_matches: self.answer.as_ref().and_then(|answer| answer.hash_matches),
            position: self.position,
        }
    }
}

/// All of them up to a position of the ledger.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    all: Vec<Called>,
    by_id: HashMap<String, usize>,
}

impl Calls {
    /// In the order in which they were asked for.
    pub(crate) fn all(&self) -> &[Called] {
        &self.all
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Called> {
        self.all.get(*self.by_id.get(id)?)
    }

    /// Takes an event in; the day of the call-up that it is about.
    pub(crate) fn take(&mut self, event: &CallUpEvent, position: u64) -> Option<Day> {
        match event {
            CallUpEvent::Asked(asked) => {
                self.by_id.insert(asked.id.clone(), self.all.len());
                self.all.push(Called { asked: asked.clone(), position, answer: None });
                Some(asked.asked_at.day())
            }
            CallUpEvent::Answered(answer) => {
                let called = self.all.get_mut(*self.by_id.get(&answer.call_up)?)?;
                if answer.counts_after(called.answer.as_ref()) {
                    called.answer = Some(answer.clone());
                }
                Some(called.asked.asked_at.day())
            }
        }
    }

    /// The days of call-ups that became due after `before` and not after `now`, with nothing come.
    pub(crate) fn due_between(&self, before: Time, now: Time) -> Option<RangeInclusive<Day>> {
        let is_due = |called: &&Called| {
            called.answer.is_none() && before < called.asked.due_at && called.asked.due_at <= now
        };
        let days = || self.all.iter().filter(is_due).map(|called| called.asked.asked_at.day());
        Some(days().min()?..=days().max()?)
    }

    /// Rows of the table for some days: what has come or is due by now.
    pub(crate) fn standing(&self, days: &RangeInclusive<Day>, now: Time) -> Vec<CalledUp> {
        let stands = |called: &&Called| {
            days.contains(&called.asked.asked_at.day())
                && (called.answer.is_some() || called.asked.due_at <= now)
        };
        self.all.iter().filter(stands).map(Called::row).collect()
    }
}

#[cfg(test)]
mod tests {
    use model::event::Medium;
    use model::institution::InstitutionId;

    use super::*;

    const HOUR: i64 = 3600 * 1_000_000;

    fn asked(id: &str, hours: i64) -> CallUpEvent {
        CallUpEvent::Asked(CallUp {
            id: id.to_owned(),
            institution: InstitutionId::synthetic(1),
            policy: "p-1".into(),
            medium: Medium::Sound,
            recording: None,
            digest: None,
            retained_until: Day(30_000),
            asked_at: Time(0),
            due_at: Time(hours * HOUR),
            asked_by: String::new(),
            ground: String::new(),
        })
    }

    fn answered(id: &str, hour: i64, hash_matches: Option<bool>) -> CallUpEvent {
        CallUpEvent::Answered(CallUpAnswer {
            call_up: id.to_owned(),
            institution: InstitutionId::synthetic(1),
            received_at: Time(hour * HOUR),
            sha256: format!("{hour}").into(),
            bytes: 1,
            hash_matches,
            retained_until: Day(30_000),
            media_type: None,
        })
    }

    /// What came at which hour and whether it fits; which one counts; how it stands an hour after
    /// it was due.
    #[test]
    fn the_first_that_fits_counts_and_before_it_the_latest() {
        type Came = &'static [(i64, Option<bool>)];
        let table: [(Came, Option<i64>, CallUpStatus); 7] = [
            (&[], None, CallUpStatus::Overdue),
            (&[(1, Some(true))], Some(1), CallUpStatus::Answered),
            (&[(1, None)], Some(1), CallUpStatus::Answered),
            (&[(1, None), (2, None)], Some(1), CallUpStatus::Answered),
            (&[(1, Some(false))], Some(1), CallUpStatus::HashDiffers),
            (&[(1, Some(false)), (2, Some(false))], Some(2), CallUpStatus::HashDiffers),
            (&[(1, Some(false)), (30, Some(true)), (31, Some(false))], Some(30), CallUpStatus::Answered),
        ];
        for (came, counts, status) in table {
            let mut calls = Calls::default();
            assert_eq!(calls.take(&asked("a", 24), 5), Some(Day(0)));
            assert_eq!(calls.get("a").unwrap().status(Time(HOUR)), CallUpStatus::Open);
            for (hour, matches) in came {
                calls.take(&answered("a", *hour, *matches), 6);
            }
            let called = calls.get("a").unwrap();
            let hour = called.answer.as_ref().map(|answer| answer.received_at.0 / HOUR);
            assert_eq!((hour, called.status(Time(25 * HOUR))), (counts, status), "{came:?}");
        }
        assert_eq!(Calls::default().take(&answered("nobody", 1, None), 1), None);
    }

    #[test]
    fn what_is_neither_answered_nor_due_is_not_in_the_table() {
        let mut calls = Calls::default();
        calls.take(&asked("a", 24), 5);
        calls.take(&asked("b", 48), 6);
        calls.take(&asked("c", 48), 7);
        calls.take(&answered("c", 1, None), 8);
        let standing = |now: i64| {
            let rows = calls.standing(&(Day(0)..=Day(0)), Time(now * HOUR));
            rows.iter().map(|row| row.position).collect::<Vec<_>>()
        };
        assert_eq!(standing(23), [7]);
        assert_eq!(standing(24), [5, 7]);
        assert_eq!(standing(48), [5, 6, 7]);
        assert!(calls.standing(&(Day(1)..=Day(9)), Time(99 * HOUR)).is_empty());
        let due = |before: i64, now: i64| calls.due_between(Time(before * HOUR), Time(now * HOUR)).is_some();
        assert_eq!(
            [due(0, 23), due(0, 24), due(24, 47), due(24, 48), due(48, 99)],
            [false, true, false, true, false]
        );
    }
}
