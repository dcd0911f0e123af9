//! How a measure takes a value in, gives it back, and joins those of several days.

use arrow_buffer::BooleanBuffer;

use super::distinct::Tally;
use super::entries::Entries;
use super::hash::Mixer;
use super::layout::{STALE, Slot};
use super::lines::{Row, RowMut};
use super::plan::{Op, OpKind};
use super::prepared::Prepared;

/// A value on its way into a measure.
#[derive(Clone, Copy)]
pub(super) enum Value {
    One,
    Number(i64),
    Key(u128),
}

impl OpKind {
    /// What an empty slot holds.
    pub(super) fn empty(self) -> i64 {
        match self {
            Self::Min(_) => i64::MAX,
            Self::Max(_) => i64::MIN,
            _ => 0,
        }
    }

    /// The value that a record has for the measure.
    #[inline(always)]
    pub(super) fn value(self, prepared: &Prepared<'_>, row: usize) -> Option<Value> {
        match self {
            Self::Count => Some(Value::One),
            Self::Sum(index) | Self::Min(index) | Self::Max(index) | Self::Last(index) => {
                prepared.numbers[index].get(row).map(Value::Number)
            }
            Self::Distinct(index) => prepared.distinct[index].get(row).map(Value::Key),
        }
    }

    /// The rows that lack the value, if there are any.
    pub(super) fn gaps(self, prepared: &Prepared<'_>) -> Option<BooleanBuffer> {
        match self {
            Self::Count => None,
            Self::Sum(index) | Self::Min(index) | Self::Max(index) | Self::Last(index) => {
                prepared.numbers[index].absent()
            }
            Self::Distinct(index) => prepared.distinct[index].absent(),
        }
    }

    /// What a slot comes to.
    #[inline]
    pub(super) fn read(self, row: Row<'_>, slot: Slot) -> i64 {
        match self {
            Self::Count => i64::from(row.half(slot)),
            // The low half says where the tally is.
            Self::Distinct(_) => i64::from(row.half(slot.next())),
            Self::Last(_) => row.word(slot.word() + 1),
            _ => row.word(slot.word()),
        }
    }
}

/// Puts a value into a slot; says what the slot comes to, or nothing when it overflowed.
#[inline(always)]
pub(super) fn put(
    row: &mut RowMut<'_>,
    tallies: &mut Vec<Tally>,
    kind: OpKind,
    slot: Slot,
    value: Value,
    position: u64,
    mixer: Mixer,
) -> Option<i64> {
    match (kind, value) {
        (OpKind::Count, _) => {
            let count = row.half(slot).checked_add(1)?;
            row.set_half(slot, count);
            Some(i64::from(count))
        }
        (OpKind::Sum(_), Value::Number(value)) => {
            let word = row.word_mut(slot.word());
            *word = word.checked_add(value)?;
            Some(*word)
        }
        (OpKind::Min(_), Value::Number(value)) => {
            let word = row.word_mut(slot.word());
            *word = value.min(*word);
            Some(*word)
        }
        (OpKind::Max(_), Value::Number(value)) => {
            let word = row.word_mut(slot.word());
            *word = value.max(*word);
            Some(*word)
        }
        (OpKind::Distinct(_), Value::Key(key)) => Some(put_key(row, tallies, slot, key, mixer)),
        (OpKind::Last(_), Value::Number(value)) => {
            row.set_word(slot.word(), position as i64 + 1);
            row.set_word(slot.word() + 1, value);
            Some(value)
        }
        _ => Some(kind.empty()),
    }
}

#[inline(never)]
fn put_key(row: &mut RowMut<'_>, tallies: &mut Vec<Tally>, slot: Slot, key: u128, mixer: Mixer) -> i64 {
    let tally = own_tally(row, tallies, slot);
    tally.add(key, 1, mixer);
    row.set_half(slot.next(), tally.len() as u32);
    tally.len() as i64
}

/// The tally of a slot, which gets one if it has none.
fn own_tally<'a>(row: &mut RowMut<'_>, tallies: &'a mut Vec<Tally>, slot: Slot) -> &'a mut Tally {
    if row.half(slot) == 0 {
        tallies.push(Tally::default());
        row.set_half(slot, tallies.len() as u32);
    }
    &mut tallies[row.half(slot) as usize - 1]
}

/// The tally of a slot, if it has one.
pub(super) fn tally_mut<'a>(row: Row<'_>, tallies: &'a mut [Tally], slot: Slot) -> Option<&'a mut Tally> {
    tallies.get_mut(row.half(slot).checked_sub(1)? as usize)
}

/// Empties a slot.
pub(super) fn clear(row: &mut RowMut<'_>, tallies: &mut [Tally], kind: OpKind, slot: Slot) {
    match kind {
        OpKind::Count => row.set_half(slot, 0),
        OpKind::Distinct(_) => {
            if let Some(tally) = tally_mut(row.as_row(), tallies, slot) {
                *tally = Tally::default();
            }
            row.set_half(slot.next(), 0);
        }
        _ => row.set_word(slot.word(), kind.empty()),
    }
}

/// Joins the slots of days into the slot of a window.
pub(super) fn join(entries: &mut Entries, op: &Op, slot: Slot, entry: u32, days: &[u32], mixer: Mixer) {
    let is_stale = |day: &u32| entries.flags(*day) & STALE != 0 && entries.stale.contains(&(*day, op.slot));
    let has_stale = days.iter().any(is_stale);
    let joined = match op.kind {
        OpKind::Distinct(_) => {
            days.iter().for_each(|day| join_tally(entries, op.slot, *day, slot, entry, mixer));
            true
        }
        _ => join_numbers(entries, op, slot, entry, days).is_some(),
    };
    if has_stale || !joined {
        entries.stale.insert((entry, slot));
        entries.set_flags(entry, STALE);
    }
}

/// As [`join`]; nothing when the slot cannot hold the outcome.
fn join_numbers(entries: &mut Entries, op: &Op, slot: Slot, entry: u32, days: &[u32]) -> Option<()> {
    let own = op.kind.read(entries.row(entry), slot);
    let mut values = days.iter().map(|day| op.kind.read(entries.row(*day), op.slot));
    let joined = match op.kind {
        OpKind::Min(_) => values.fold(own, i64::min),
        OpKind::Max(_) => values.fold(own, i64::max),
        _ => values.try_fold(own, i64::checked_add)?,
    };
    let (mut row, _) = entries.row_mut(entry);
    match op.kind {
        OpKind::Count => row.set_half(slot, u32::try_from(joined).ok()?),
        _ => row.set_word(slot.word(), joined),
    }
    Some(())
}

fn join_tally(entries: &mut Entries, from: Slot, day: u32, slot: Slot, entry: u32, mixer: Mixer) {
    let index = entries.row(day).half(from).checked_sub(1);
    let Some(tally) = index.and_then(|index| entries.tallies.get(index as usize)).cloned() else { return };
    let (mut row, tallies) = entries.row_mut(entry);
    let own = own_tally(&mut row, tallies, slot);
    own.join(&tally, mixer);
    row.set_half(slot.next(), own.len() as u32);
}
