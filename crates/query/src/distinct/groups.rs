//! Accumulators of `count(DISTINCT …)` over values of sixteen bytes.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, Int64Array, ListArray,
};
use datafusion::arrow::buffer::{BooleanBuffer, Buffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};
use datafusion::scalar::ScalarValue;

use super::WIDTH;
use super::pairs::{Pair, Pairs};

/// Counts the distinct values of many groups.
#[derive(Debug)]
pub(super) struct DistinctGroups {
    pairs: Pairs,
    groups: usize,
}

impl DistinctGroups {
    pub(super) fn new() -> Self {
        Self { pairs: Pairs::new(), groups: 0 }
    }

    fn grow(&mut self, groups: usize) -> Result<()> {
        if u32::try_from(groups).is_err() {
            return exec_err!("{groups} groups are more than count(DISTINCT …) can tell apart");
        }
        self.groups = self.groups.max(groups);
        Ok(())
    }

    fn counts(&mut self) -> Vec<i64> {
        let mut counts = vec![0; self.groups];
        for pair in self.pairs.iter() {
            if let Some(count) = counts.get_mut(pair.group as usize) {
                *count += 1;
            }
        }
        counts
    }

    /// Forgets the first groups.
    fn forget(&mut self, emitted: usize) {
        if emitted >= self.groups {
            *self = Self::new();
        } else {
            self.pairs.drop_groups_before(emitted as u32);
            self.groups -= emitted;
        }
    }

    fn emitted(&self, emit_to: EmitTo) -> usize {
        match emit_to {
            EmitTo::All => self.groups,
            EmitTo::First(count) => count.min(self.groups),
        }
    }
}

fn wide(values: &[ArrayRef]) -> Result<&FixedSizeBinaryArray> {
    match values.first().and_then(|array| array.as_fixed_size_binary_opt()) {
        Some(array) if array.value_length() == WIDTH => Ok(array),
        _ => exec_err!("count(DISTINCT …) of sixteen bytes was given other values"),
    }
}

/// Which rows count: those with a value that the filter lets through; `None` when all do.
fn counted(array: &FixedSizeBinaryArray, filter: Option<&BooleanArray>) -> Option<BooleanBuffer> {
    let present = array.nulls().filter(|nulls| nulls.null_count() > 0).map(|nulls| nulls.inner().clone());
    let passed = filter.map(|filter| match filter.nulls() {
        Some(nulls) => filter.values() & nulls.inner(),
        None => filter.values().clone(),
    });
    match (present, passed) {
        (Some(present), Some(passed)) => Some(&present & &passed),
        (present, passed) => present.or(passed),
    }
}

impl GroupsAccumulator for DistinctGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.grow(total_num_groups)?;
        let array = wide(values)?;
        let (bytes, _) = array.value_data().as_chunks::<16>();
        let rows = bytes.iter().zip(group_indices);
        match counted(array, opt_filter) {
            None => rows.for_each(|(bytes, group)| self.pairs.insert(Pair::new(*group as u32, *bytes))),
            Some(counted) => {
                for ((bytes, group), _) in rows.zip(&counted).filter(|(_, counted)| *counted) {
                    self.pairs.insert(Pair::new(*group as u32, *bytes));
                }
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut counts = self.counts();
        counts.truncate(self.emitted(emit_to));
        self.forget(counts.len());
        Ok(Arc::new(Int64Array::from(counts)))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let mut counts = self.counts();
        counts.truncate(self.emitted(emit_to));
        let mut end = 0i64;
        let mut places: Vec<i64> = Vec::with_capacity(counts.len() + 1);
        places.push(0);
        places.extend(counts.iter().map(|count| {
            end += count;
            end
        }));
        let Ok(offsets) = places.iter().map(|place| i32::try_from(*place)).collect::<Result<Vec<_>, _>>()
        else {
            return exec_err!("{end} distinct values are more than one batch can hold");
        };
        let mut bytes = vec![[0u8; 16]; end as usize];
        for pair in self.pairs.iter() {
            let Some(place) =
                places.get_mut(pair.group as usize).filter(|_| (pair.group as usize) < counts.len())
            else {
                continue;
            };
            if let Some(slot) = bytes.get_mut(*place as usize) {
                *slot = pair.bytes();
            }
            *place += 1;
        }
        self.forget(counts.len());
        Ok(vec![list(bytes, offsets)?])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.grow(total_num_groups)?;
        let Some(lists) = values.first().and_then(|array| array.as_list_opt::<i32>()) else {
            return exec_err!("count(DISTINCT …) of sixteen bytes was given another state");
        };
        let (bytes, _) = wide(std::slice::from_ref(lists.values()))?.value_data().as_chunks::<16>();
        for (range, group) in lists.offsets().windows(2).zip(group_indices) {
            let &[start, end] = range else { continue };
            for bytes in bytes.get(start as usize..end as usize).unwrap_or_default() {
                self.pairs.insert(Pair::new(*group as u32, *bytes));
            }
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        opt_filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let array = wide(values)?;
        let (bytes, _) = array.value_data().as_chunks::<16>();
        let counted = counted(array, opt_filter);
        let mut offsets = Vec::with_capacity(array.len() + 1);
        offsets.push(0);
        let mut kept = Vec::with_capacity(array.len());
        for (row, bytes) in bytes.iter().enumerate() {
            if counted.as_ref().is_none_or(|counted| counted.value(row)) {
                kept.push(*bytes);
            }
            offsets.push(kept.len() as i32);
        }
        Ok(vec![list(kept, offsets)?])
    }

    fn size(&self) -> usize {
        self.pairs.size()
    }
}

fn list(values: Vec<[u8; 16]>, offsets: Vec<i32>) -> Result<ArrayRef> {
    let values = FixedSizeBinaryArray::try_new(WIDTH, Buffer::from_vec(values.concat()), None)?;
    let field = Arc::new(Field::new_list_field(DataType::FixedSizeBinary(WIDTH), true));
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Ok(Arc::new(ListArray::try_new(field, offsets, Arc::new(values), None)?))
}

/// Counts the distinct values of all rows.
#[derive(Debug)]
pub(super) struct Distinct(DistinctGroups);

impl Distinct {
    pub(super) fn new() -> Self {
        Self(DistinctGroups::new())
    }
}

impl Accumulator for Distinct {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let groups = vec![0; values.first().map_or(0, |array| array.len())];
        self.0.update_batch(values, &groups, None, 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.0.grow(1)?;
        Ok(ScalarValue::Int64(self.0.counts().first().copied()))
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.0.grow(1)?;
        self.0.state(EmitTo::All)?.iter().map(|array| ScalarValue::try_from_array(array, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let groups = vec![0; states.first().map_or(0, |array| array.len())];
        self.0.merge_batch(states, &groups, 1)
    }
}
