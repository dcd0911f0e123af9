//! What reading needs to know of a stream beyond its table, worked out once and not for each line.

use std::sync::OnceLock;

use crate::checks::RowChecks;
use crate::spec::{FieldKind, FieldSpec, StreamSpec};

/// The plan of a stream.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) row: RowPlan,
    pub(super) checks: RowChecks,
}

/// How the object of a row, or of a list's item, is read.
#[derive(Debug)]
pub(super) struct RowPlan {
    fields: Vec<FieldPlan>,
    /// The fields that must have a value, one bit each.
    pub(super) required: u64,
}

/// How one field is read.
#[derive(Debug)]
pub(super) struct FieldPlan {
    /// The first eight bytes of the name and the quote after it, as one number, and which of its
    /// bits count.
    head: u64,
    mask: u64,
    /// The bytes of the name after the eighth.
    tail: &'static [u8],
    name_bytes: usize,
    pub(super) kind: FieldKind,
    /// How the items of a list are read.
    pub(super) items: Option<RowPlan>,
}

impl Plan {
    /// The plan of a stream.
    pub(super) fn of(stream: &'static StreamSpec) -> &'static Self {
        /// By the streams' numbers.
        static PLANS: [OnceLock<Plan>; 256] = [const { OnceLock::new() }; 256];
        #[expect(clippy::indexing_slicing, reason = "a stream's number is below 256")]
        PLANS[usize::from(stream.number)]
            .get_or_init(|| Self { row: RowPlan::new(stream.fields), checks: RowChecks::new(stream) })
    }
}

impl RowPlan {
    fn new(fields: &'static [FieldSpec]) -> Self {
        let required = fields.iter().enumerate().map(|(index, field)| u64::from(field.required) << index);
        Self { required: required.sum(), fields: fields.iter().map(FieldPlan::new).collect() }
    }

    /// The field whose name, with the quote that ends it, stands at the beginning of `text`, and
    /// its place. Writers keep their order, so the field after the last one is tried first.
    #[inline]
    pub(super) fn field_at(&self, text: &[u8], after_last: usize) -> Option<(usize, &FieldPlan)> {
        let head = u64::from_le_bytes(*text.first_chunk()?);
        let (before, ahead) = self.fields.split_at_checked(after_last)?;
        let is_named = |field: &&FieldPlan| field.is_named(head, text);
        if let Some(index) = ahead.iter().position(|field| is_named(&field)) {
            return ahead.get(index).map(|field| (after_last + index, field));
        }
        let index = before.iter().position(|field| is_named(&field))?;
        before.get(index).map(|field| (index, field))
    }
}

impl FieldPlan {
    fn new(field: &'static FieldSpec) -> Self {
        let name = field.name.as_bytes();
        let mut head = [0; 8];
        let mut mask = [0; 8];
        for ((head, mask), byte) in head.iter_mut().zip(&mut mask).zip(name.iter().chain(b"\"")) {
            (*head, *mask) = (*byte, u8::MAX);
        }
        Self {
            head: u64::from_le_bytes(head),
            mask: u64::from_le_bytes(mask),
            tail: name.get(8..).unwrap_or_default(),
            name_bytes: name.len(),
            kind: field.kind,
            items: match field.kind {
                FieldKind::List(fields) => Some(RowPlan::new(fields)),
                _ => None,
            },
        }
    }

    /// Bytes of the name and the quote that ends it.
    pub(super) fn key_bytes(&self) -> usize {
        self.name_bytes + 1
    }

    #[inline]
    fn is_named(&self, head: u64, text: &[u8]) -> bool {
        head & self.mask == self.head
            && (self.name_bytes < 8
                || (text.get(8..self.name_bytes) == Some(self.tail)
                    && text.get(self.name_bytes) == Some(&b'"')))
    }
}
