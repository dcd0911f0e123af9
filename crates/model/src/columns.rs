//! Records in columns: how a filing is held from its first byte to its evaluation.

use crate::spec::{FieldKind, FieldSpec, ID_FIELD};

/// Which rows of a column have a value: one bit a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validity {
    pub(crate) words: Vec<u64>,
    len: usize,
    absent: usize,
}

impl Validity {
    #[inline]
    fn push(&mut self, present: bool) {
        let bit = self.len % 64;
        if bit == 0 {
            self.words.push(0);
        }
        if let Some(word) = self.words.last_mut() {
            *word |= u64::from(present) << bit;
        }
        self.absent += usize::from(!present);
        self.len += 1;
    }

    fn truncate(&mut self, len: usize) {
        while self.len > len {
            self.len -= 1;
            let bit = self.len % 64;
            if let Some(word) = self.words.last_mut() {
                self.absent -= usize::from(*word >> bit & 1 == 0);
                *word &= !(1 << bit);
            }
            if bit == 0 {
                self.words.pop();
            }
        }
    }

    /// Whether a row has a value.
    #[inline]
    pub fn is_present(&self, row: usize) -> bool {
        self.words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Rows without a value.
    #[inline]
    pub fn absent_count(&self) -> usize {
        self.absent
    }
}

/// The values of one field for many rows; rows without a value hold a zero or an empty text.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Texts end to end with their offsets (one more than rows).
    Text {
        /// Where each text begins and the last one ends.
        offsets: Vec<i32>,
        /// The texts.
        bytes: Vec<u8>,
    },
    /// Money in fen, rates in millionths of a per cent, counts, times in microseconds.
    Long(Vec<i64>),
    /// Dates in days since 1970-01-01.
    Date(Vec<i32>),
    /// Codes by number; flags as 0 and 1.
    Byte(Vec<u8>),
    /// Pseudonyms.
    Wide(Vec<u128>),
    /// Lists: the items of all rows end to end with their offsets.
    List {
        /// Where each list begins and the last one ends.
        offsets: Vec<i32>,
        /// The items.
        items: Box<Columns>,
    },
}

impl Values {
    fn new(kind: FieldKind) -> Self {
        match kind {
            FieldKind::Id
            | FieldKind::Text(_)
            | FieldKind::Ip
            | FieldKind::Institution
            | FieldKind::Digest => Self::Text { offsets: vec![0], bytes: Vec::new() },
            FieldKind::Money { .. } | FieldKind::Percent { .. } | FieldKind::Count | FieldKind::Time => {
                Self::Long(Vec::new())
            }
            FieldKind::Date => Self::Date(Vec::new()),
            FieldKind::Code(_) | FieldKind::Flag => Self::Byte(Vec::new()),
            FieldKind::Pseudonym(_) => Self::Wide(Vec::new()),
            FieldKind::List(fields) => Self::List { offsets: vec![0], items: Box::new(Columns::new(fields)) },
        }
    }

    fn push_absent(&mut self) {
        match self {
            Self::Text { offsets, .. } | Self::List { offsets, .. } => {
                let end = offsets.last().copied().unwrap_or(0);
                offsets.push(end);
            }
            Self::Long(values) => values.push(0),
            Self::Date(values) => values.push(0),
            Self::Byte(values) => values.push(0),
            Self::Wide(values) => values.push(0),
        }
    }

    fn truncate(&mut self, len: usize) {
        match self {
            Self::Text { offsets, bytes } => {
                offsets.truncate(len + 1);
                bytes.truncate(offsets.last().map_or(0, |end| *end as usize));
            }
            Self::List { offsets, items } => {
                offsets.truncate(len + 1);
                items.truncate(offsets.last().map_or(0, |end| *end as usize));
            }
            Self::Long(values) => values.truncate(len),
            Self::Date(values) => values.truncate(len),
            Self::Byte(values) => values.truncate(len),
            Self::Wide(values) => values.truncate(len),
        }
    }
}

/// One field of many rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub(crate) values: Values,
    pub(crate) validity: Validity,
}

impl Column {
    fn new(kind: FieldKind) -> Self {
        Self { values: Values::new(kind), validity: Validity::default() }
    }

    /// The values.
    #[inline]
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Which rows have one.
    #[inline]
    pub fn validity(&self) -> &Validity {
        &self.validity
    }

    fn len(&self) -> usize {
        self.validity.len
    }

    /// Appends a row without a value.
    #[inline]
    pub fn push_absent(&mut self) {
        self.values.push_absent();
        self.validity.push(false);
    }

    /// Appends a text. A column of another type takes nothing and says so by `false`, as do the
    /// other appends.
    #[inline]
    pub fn push_text(&mut self, text: &str) -> bool {
        self.push_bytes(text.as_bytes())
    }

    /// Appends a text given as bytes that the caller found to be ASCII.
    #[inline]
    pub(crate) fn push_ascii(&mut self, text: &[u8]) -> bool {
        debug_assert!(text.is_ascii(), "a caller forgot to look");
        self.push_bytes(text)
    }

    #[inline]
    fn push_bytes(&mut self, text: &[u8]) -> bool {
        let Values::Text { offsets, bytes } = &mut self.values else { return false };
        bytes.extend_from_slice(text);
        offsets.push(bytes.len() as i32);
        self.validity.push(true);
        true
    }

    /// Appends an amount, rate, count or time.
    #[inline]
    pub fn push_long(&mut self, value: i64) -> bool {
        let Values::Long(values) = &mut self.values else { return false };
        values.push(value);
        self.validity.push(true);
        true
    }

    /// Appends a date.
    #[inline]
    pub fn push_date(&mut self, days: i32) -> bool {
        let Values::Date(values) = &mut self.values else { return false };
        values.push(days);
        self.validity.push(true);
        true
    }

    /// Appends a code or flag.
    #[inline]
    pub fn push_byte(&mut self, value: u8) -> bool {
        let Values::Byte(values) = &mut self.values else { return false };
        values.push(value);
        self.validity.push(true);
        true
    }

    /// Appends a pseudonym.
    #[inline]
    pub fn push_wide(&mut self, value: u128) -> bool {
        let Values::Wide(values) = &mut self.values else { return false };
        values.push(value);
        self.validity.push(true);
        true
    }

    /// The items of a list column, to append to before [`Column::end_list`].
    pub fn list_items_mut(&mut self) -> Option<&mut Columns> {
        match &mut self.values {
            Values::List { items, .. } => Some(items),
            _ => None,
        }
    }

    /// Ends a row of a list column: all items appended since the last one are its own.
    pub fn end_list(&mut self) -> bool {
        let Values::List { offsets, items } = &mut self.values else { return false };
        offsets.push(items.len() as i32);
        self.validity.push(true);
        true
    }

    /// The text in a row, if it has one.
    #[inline]
    pub fn text(&self, row: usize) -> Option<&str> {
        std::str::from_utf8(self.text_bytes(row)?).ok()
    }

    /// The bytes of the text in a row, if it has one, for who needs not look at them as a text.
    #[inline]
    pub fn text_bytes(&self, row: usize) -> Option<&[u8]> {
        let Values::Text { offsets, bytes } = &self.values else { return None };
        let (start, end) = (*offsets.get(row)? as usize, *offsets.get(row + 1)? as usize);
        if self.validity.is_present(row) { bytes.get(start..end) } else { None }
    }

    /// The amount, rate, count or time in a row, if it has one.
    #[inline]
    pub fn long(&self, row: usize) -> Option<i64> {
        match &self.values {
            Values::Long(values) if self.validity.is_present(row) => values.get(row).copied(),
            _ => None,
        }
    }

    /// The date in a row, if it has one.
    #[inline]
    pub fn date(&self, row: usize) -> Option<i32> {
        match &self.values {
            Values::Date(values) if self.validity.is_present(row) => values.get(row).copied(),
            _ => None,
        }
    }

    /// The code or flag in a row, if it has one.
    #[inline]
    pub fn byte(&self, row: usize) -> Option<u8> {
        match &self.values {
            Values::Byte(values) if self.validity.is_present(row) => values.get(row).copied(),
            _ => None,
        }
    }

    /// The pseudonym in a row, if it has one.
    #[inline]
    pub fn wide(&self, row: usize) -> Option<u128> {
        match &self.values {
            Values::Wide(values) if self.validity.is_present(row) => values.get(row).copied(),
            _ => None,
        }
    }

    /// The items of the list in a row, if it has one: all items and the range of this row's.
    pub fn list(&self, row: usize) -> Option<(&Columns, std::ops::Range<usize>)> {
        let Values::List { offsets, items } = &self.values else { return None };
        let (start, end) = (*offsets.get(row)? as usize, *offsets.get(row + 1)? as usize);
        self.validity.is_present(row).then_some((items, start..end))
    }
}

/// Rows of one stream (or items of one list field) in columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    fields: &'static [FieldSpec],
    columns: Vec<Column>,
    len: usize,
}

impl Columns {
    /// No rows yet.
    pub fn new(fields: &'static [FieldSpec]) -> Self {
        Self { fields, columns: fields.iter().map(|field| Column::new(field.kind)).collect(), len: 0 }
    }

    /// The fields.
    #[inline]
    pub fn fields(&self) -> &'static [FieldSpec] {
        self.fields
    }

    /// Rows.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A field's column.
    #[inline]
    pub fn column(&self, field: usize) -> Option<&Column> {
        self.columns.get(field)
    }

    /// A field's column, to append to before [`Columns::end_row`].
    #[inline]
    pub fn column_mut(&mut self, field: usize) -> Option<&mut Column> {
        self.columns.get_mut(field)
    }

    /// All columns, in the order of the fields.
    #[inline]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Ends a row: fields that got no value in it are absent.
    pub fn end_row(&mut self) {
        self.len += 1;
        for column in &mut self.columns {
            if column.len() < self.len {
                column.push_absent();
            }
        }
    }

    /// As [`Columns::end_row`], for a caller who knows which fields got a value: one bit each.
    #[inline]
    pub(crate) fn end_row_given(&mut self, given: u64) {
        self.len += 1;
        for (index, column) in self.columns.iter_mut().enumerate() {
            if given >> index & 1 == 0 {
                column.push_absent();
            }
        }
    }

    /// Drops all rows from `len` on, half-written ones too.
    pub fn truncate(&mut self, len: usize) {
        for column in &mut self.columns {
            column.values.truncate(len);
            column.validity.truncate(len);
        }
        self.len = self.len.min(len);
    }

    /// The columns themselves, in the order of the fields.
    pub fn into_columns(self) -> Vec<Column> {
        self.columns
    }

    /// The id of a row of a stream.
    pub fn id(&self, row: usize) -> &str {
        self.column(ID_FIELD).and_then(|column| column.text(row)).unwrap_or("")
    }

    /// The bytes of the id of a row of a stream.
    #[inline]
    pub fn id_bytes(&self, row: usize) -> &[u8] {
        self.column(ID_FIELD).and_then(|column| column.text_bytes(row)).unwrap_or_default()
    }

    /// The revision of a row of a stream; 0 when it bears none.
    pub fn revision(&self, row: usize) -> u64 {
        self.column(crate::spec::REVISION_FIELD).and_then(|column| column.long(row)).unwrap_or(0) as u64
    }

    /// Appends a copy of a row of other columns over the same fields.
    pub fn push_row_of(&mut self, other: &Self, row: usize) {
        for (target, source) in self.columns.iter_mut().zip(&other.columns) {
            if !source.validity.is_present(row) {
                target.push_absent();
                continue;
            }
            match (&mut target.values, &source.values) {
                (Values::Text { .. }, Values::Text { .. }) => {
                    target.push_text(source.text(row).unwrap_or(""));
                }
                (Values::Long(_), Values::Long(_)) => {
                    target.push_long(source.long(row).unwrap_or(0));
                }
                (Values::Date(_), Values::Date(_)) => {
                    target.push_date(source.date(row).unwrap_or(0));
                }
                (Values::Byte(_), Values::Byte(_)) => {
                    target.push_byte(source.byte(row).unwrap_or(0));
                }
                (Values::Wide(_), Values::Wide(_)) => {
                    target.push_wide(source.wide(row).unwrap_or(0));
                }
                (Values::List { items: to, .. }, Values::List { .. }) => {
                    if let Some((from, range)) = source.list(row) {
                        for item in range {
                            to.push_row_of(from, item);
                        }
                    }
                    target.end_list();
                }
                _ => target.push_absent(),
            }
        }
        self.len += 1;
    }

    /// A copy of the rows that `keep` names, in order.
    pub fn filtered(&self, keep: &[bool]) -> Self {
        let mut kept = Self::new(self.fields);
        for (row, _) in keep.iter().enumerate().filter(|(_, keep)| **keep) {
            kept.push_row_of(self, row);
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Record;
    use crate::streams::Transaction;

    #[test]
    fn a_dropped_row_leaves_no_trace() {
        let fields = Transaction::STREAM.fields;
        let mut columns = Columns::new(fields);
        for row in 0..130 {
            columns.column_mut(0).unwrap().push_text(&format!("t{row}"));
            columns.end_row();
        }
        let before = columns.clone();
        columns.column_mut(0).unwrap().push_text("half");
        columns.column_mut(2).unwrap().push_long(7);
        columns.truncate(130);
        assert_eq!(columns, before);
        columns.truncate(64);
        assert_eq!(columns.len(), 64);
        assert_eq!(columns.id(63), "t63");
        assert_eq!(columns.column(2).unwrap().validity().absent_count(), 64);
    }
}
