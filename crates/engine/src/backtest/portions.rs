//! Days cut into portions that fit in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use model::streams::STANDING;
use model::time::Day;

use super::past::Past;
use super::{PORTION_ROWS, Side};
use crate::EngineError;

impl Past {
    /// The days in portions of about [`PORTION_ROWS`] records that the entry reads. One that looks
    /// back a long way gets portions at least as long, so that no record is read more than about
    /// twice; one that must see everything gets one.
    pub(super) fn portions<'s>(
        &self,
        sides: impl Iterator<Item = &'s Side<'s>>,
        days: &RangeInclusive<Day>,
    ) -> Result<Vec<RangeInclusive<Day>>, EngineError> {
        let sides: Vec<_> = sides.collect();
        let mut days_min = 1;
        for side in &sides {
            match side.days_back() {
                Some(back) => days_min = days_min.max(back),
                None => return Ok(vec![days.clone()]),
            }
        }
        let streams: BTreeSet<&str> = sides.iter().flat_map(|side| side.tables()).collect();
        let stands = |name: &str| STANDING.iter().any(|stream| stream.name == name);
        let mut rows: BTreeMap<Day, u64> = BTreeMap::new();
        let session = self.records(Some(days.clone()))?;
        for name in streams.into_iter().filter(|name| !stands(name) && !rulebook::is_derived(name)) {
            let counted = session.run(&format!("SELECT day, count(*) AS n FROM \"{name}\" GROUP BY day"));
            let counted = counted.map_err(EngineError::evaluation)?;
            for row in 0..counted.len() {
                let (day, count) = (counted.day("day", row), counted.position("n", row));
                *rows.entry(day.unwrap_or_default()).or_default() += count.unwrap_or(0);
            }
        }
        Ok(cut(days, &rows, days_min))
    }
}

fn cut(days: &RangeInclusive<Day>, rows: &BTreeMap<Day, u64>, days_min: i32) -> Vec<RangeInclusive<Day>> {
    let mut portions = Vec::new();
    let (mut first, mut gathered) = (*days.start(), 0);
    for day in (days.start().0..=days.end().0).map(Day) {
        let own = rows.get(&day).copied().unwrap_or(0);
        if gathered > 0 && gathered + own > PORTION_ROWS && day.0 - first.0 >= days_min {
            portions.push(first..=day.plus(-1));
            (first, gathered) = (day, 0);
        }
        gathered += own;
    }
    if first <= *days.end() {
        portions.push(first..=*days.end());
    }
    portions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_cover_every_day_once() {
        let half = PORTION_ROWS / 2;
        let rows: BTreeMap<Day, u64> = (0..10).map(|day| (Day(day), half)).collect();
        let told = |days_min: i32, rows: &BTreeMap<Day, u64>| -> String {
            let portions = cut(&(Day(0)..=Day(9)), rows, days_min);
            portions.iter().map(|days| format!("{}-{} ", days.start().0, days.end().0)).collect()
        };
        assert_eq!(told(1, &rows), "0-1 2-3 4-5 6-7 8-9 ");
        assert_eq!(told(4, &rows), "0-3 4-7 8-9 ");
        assert_eq!(told(30, &rows), "0-9 ");
        assert_eq!(told(1, &BTreeMap::new()), "0-9 ");
        // A day too large by itself is a portion all the same.
        let large = BTreeMap::from([(Day(3), 5 * PORTION_ROWS), (Day(4), 1)]);
        assert_eq!(told(1, &large), "0-3 4-9 ");
        assert_eq!(cut(&(Day(5)..=Day(4)), &rows, 1), []);
    }
}
