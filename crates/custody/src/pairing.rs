//! Which entries of one account and transaction id belong together, where there are several.

use crate::TIMING_DAYS;
use crate::entries::Entry;

/// By how many days the bank's entry may lie after the platform's, in the order in which partners
/// are looked for: the same day, the day after, the day before.
pub(crate) fn offsets() -> impl Iterator<Item = i32> {
    std::iter::once(0).chain((1..=TIMING_DAYS).flat_map(|days| [days, -days]))
}

/// What becomes of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome<'a> {
    /// The platform's and the bank's.
    Pair(&'a Entry, &'a Entry),
    /// The platform's alone.
    Platform(&'a Entry),
    /// The bank's alone.
    Bank(&'a Entry),
}

/// Settles entries of one account and id, and gives for each day what belongs to it: pairs
/// on the day of the bank's entry, and what stays alone on its own day.
///
/// What a day comes to rests on the days within [`TIMING_DAYS`] of it: first entries of the same
/// amount are paired, on the same day, then with the bank a day later, then a day earlier; then
/// those that are left, whatever their amounts, in the same order; the lowest position first.
pub(crate) fn settle(platform: &mut [Entry], bank: &mut [Entry], mut found: impl FnMut(Outcome<'_>)) {
    let order = |entry: &Entry| (entry.place, entry.amount, entry.position, entry.book);
    platform.sort_unstable_by_key(order);
    bank.sort_unstable_by_key(order);
    let mut places: Vec<u16> = platform.iter().chain(bank.iter()).map(|entry| entry.place).collect();
    places.sort_unstable();
    places.dedup();
    for place in places {
        settle_day(near(platform, place), near(bank, place), place, &mut found);
    }
}

/// Entries, ordered by day, of a day and those around it.
fn near(entries: &[Entry], place: u16) -> &[Entry] {
    let on = |entry: &Entry| i32::from(entry.place) - i32::from(place);
    let from = entries.partition_point(|entry| on(entry) < -TIMING_DAYS);
    let to = entries.partition_point(|entry| on(entry) <= TIMING_DAYS);
    entries.get(from..to).unwrap_or_default()
}

/// Entries that are not paired yet.
struct Free<'a> {
    entries: &'a [Entry],
    is_free: Vec<bool>,
}

impl<'a> Free<'a> {
    fn new(entries: &'a [Entry]) -> Self {
        Self { entries, is_free: vec![true; entries.len()] }
    }

    /// Indices of those of a day.
    fn on(&self, place: i32) -> Vec<usize> {
        let from = self.entries.partition_point(|entry| i32::from(entry.place) < place);
        let to = self.entries.partition_point(|entry| i32::from(entry.place) <= place);
        (from..to).filter(|index| self.is_free[*index]).collect()
    }

    fn rest(&self) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().zip(&self.is_free).filter(|(_, free)| **free).map(|(entry, _)| entry)
    }
}

fn settle_day(platform: &[Entry], bank: &[Entry], target: u16, found: &mut impl FnMut(Outcome<'_>)) {
    let (mut ours, mut theirs) = (Free::new(platform), Free::new(bank));
    let target_day = i32::from(target);
    for same_amount in [true, false] {
        for offset in offsets() {
            for day in target_day - TIMING_DAYS..=target_day + TIMING_DAYS {
                let (left, right) = (ours.on(day), theirs.on(day + offset));
                let pairs = if same_amount {
                    of_same_amount(platform, bank, &left, &right)
                } else {
                    by_position(platform, bank, left, right)
                };
                for (left, right) in pairs {
                    ours.is_free[left] = false;
                    theirs.is_free[right] = false;
                    if bank[right].place == target {
                        found(Outcome::Pair(&platform[left], &bank[right]));
                    }
                }
            }
        }
    }
    ours.rest().filter(|entry| entry.place == target).for_each(|entry| found(Outcome::Platform(entry)));
    theirs.rest().filter(|entry| entry.place == target).for_each(|entry| found(Outcome::Bank(entry)));
}

/// Both are ordered by amount, then position.
fn of_same_amount(
    platform: &[Entry],
    bank: &[Entry],
    left: &[usize],
    right: &[usize],
) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let (mut at, mut other) = (0, 0);
    while let (Some(&ours), Some(&theirs)) = (left.get(at), right.get(other)) {
        match platform[ours].amount.cmp(&bank[theirs].amount) {
            std::cmp::Ordering::Less => at += 1,
            std::cmp::Ordering::Greater => other += 1,
            std::cmp::Ordering::Equal => {
                pairs.push((ours, theirs));
                (at, other) = (at + 1, other + 1);
            }
        }
    }
    pairs
}

fn by_position(
    platform: &[Entry],
    bank: &[Entry],
    mut left: Vec<usize>,
    mut right: Vec<usize>,
) -> Vec<(usize, usize)> {
    let order = |entry: &Entry| (entry.position, entry.amount, entry.book);
    left.sort_unstable_by_key(|index| order(&platform[*index]));
    right.sort_unstable_by_key(|index| order(&bank[*index]));
    left.into_iter().zip(right).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A side that bears one id everywhere must not cost the square of it.
    #[test]
    fn very_many_of_one_id_are_settled() {
        const COUNT: u64 = 200_000;
        let entry = |position: u64, amount: i64| Entry::of(amount, position, (position % 3) as u16 + 1);
        let mut platform: Vec<Entry> = (0..COUNT).map(|n| entry(n, n as i64 % 1000)).collect();
        let mut bank: Vec<Entry> = (0..COUNT).rev().map(|n| entry(n, n as i64 % 1001)).collect();
        let (mut pairs, mut alone) = (0, 0);
        settle(&mut platform, &mut bank, |outcome| match outcome {
            Outcome::Pair(_, _) => pairs += 1,
            Outcome::Platform(_) | Outcome::Bank(_) => alone += 1,
        });
        assert_eq!((pairs, alone), (COUNT, 0));
    }
}
