//! For which records of a batch conditions hold. Rules share parts of their conditions (a kind, an
//! amount), so each part is evaluated once.

use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_buffer::BooleanBuffer;
use query::{Conjunct, Predicate, QueryError};

/// For which rows a condition holds and for which it is not determined.
#[derive(Clone)]
pub(super) struct Truth {
    pub(super) yes: BooleanBuffer,
    pub(super) unknown: Option<BooleanBuffer>,
    /// Whether it holds for every row.
    pub(super) is_always: bool,
}

impl Truth {
    fn always(rows: usize) -> Self {
        Self { yes: BooleanBuffer::new_set(rows), unknown: None, is_always: true }
    }

    fn of(array: &BooleanArray) -> Self {
        let (yes, unknown) = match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => (array.values().clone(), None),
            Some(nulls) => (array.values() & nulls.inner(), Some(!nulls.inner())),
        };
        Self { yes, unknown, is_always: false }
    }

    /// Both: not determined when one is not and the other does not fail.
    fn and(&self, other: &Self) -> Self {
        let yes = &self.yes & &other.yes;
        let unknown = match (&self.unknown, &other.unknown) {
            (None, None) => None,
            _ => Some(&(&self.may_be() & &other.may_be()) & &!&yes),
        };
        Self { yes, unknown, is_always: false }
    }

    fn may_be(&self) -> BooleanBuffer {
        match &self.unknown {
            None => self.yes.clone(),
            Some(unknown) => &self.yes | unknown,
        }
    }
}

/// The conditions of a stream's rules.
#[derive(Default)]
pub(super) struct Conditions {
    /// Each with the places of its parts; `None` is the one that always holds.
    wholes: Vec<Option<(Predicate, Vec<usize>)>>,
    /// What conditions join with AND.
    parts: Vec<Conjunct>,
}

impl Conditions {
    /// Takes one in; gives its place. Whoever calls makes sure that it is new.
    pub(super) fn push(&mut self, when: Option<&Predicate>) -> usize {
        let whole = when.map(|when| {
            let places = when.conjuncts().iter().map(|part| self.place(part)).collect();
            (when.clone(), places)
        });
        self.wholes.push(whole);
        self.wholes.len() - 1
    }

    fn place(&mut self, part: &Conjunct) -> usize {
        self.parts.iter().position(|known| known.sql() == part.sql()).unwrap_or_else(|| {
            self.parts.push(part.clone());
            self.parts.len() - 1
        })
    }

    /// What they come to for a batch.
    pub(super) fn truths(&self, batch: &RecordBatch) -> Result<Vec<Truth>, QueryError> {
        let parts: Vec<Option<Truth>> =
            self.parts.iter().map(|part| part.evaluate(batch).ok().map(|array| Truth::of(&array))).collect();
        let of_parts = |places: &[usize]| {
            let mut own = places.iter().map(|place| parts.get(*place)?.as_ref());
            let first = own.next()??.clone();
            own.try_fold(first, |all, part| Some(all.and(part?)))
        };
        let truth = |whole: &Option<(Predicate, Vec<usize>)>| match whole {
            None => Ok(Truth::always(batch.num_rows())),
            Some((predicate, places)) => match of_parts(places) {
                Some(truth) => Ok(truth),
                // A part may fail where the parts before it do not hold, and nobody looks.
                None => predicate.evaluate(batch).map(|array| Truth::of(&array)),
            },
        };
        self.wholes.iter().map(truth).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_is_undetermined_when_one_is_and_the_other_does_not_fail() {
        let three = [Some(true), Some(false), None];
        let left: BooleanArray = three.iter().flat_map(|value| [*value; 3]).collect();
        let right: BooleanArray = three.iter().cycle().take(9).copied().collect();
        let both = Truth::of(&left).and(&Truth::of(&right));
        let unknown = both.unknown.unwrap();
        let shown = (0..9).map(|row| match (both.yes.value(row), unknown.value(row)) {
            (true, false) => 'y',
            (false, false) => 'n',
            (false, true) => '?',
            _ => '!',
        });
        //         y&y y&n y&? n&y n&n n&? ?&y ?&n ?&?
        assert_eq!(shown.collect::<String>(), "yn?nnn?n?");
    }
}
