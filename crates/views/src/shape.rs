//! Tables as data: what a column is called, what it means in both languages, of what sort it is and
//! how it is taken from a state. From this one definition come the tables in both databases, what is
//! written into them, the readable views, the comments, the page of documentation and the heads of CSV.

use model::time::{Day, Time};
use serde::{Serialize, Serializer};
use workflow::desk::Desk;

/// A code and its name in Chinese.
pub(crate) type Code = (&'static str, &'static str);

/// Of what sort the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Text.
    Text,
    /// One of a list of codes, each with its name in Chinese.
    Code(&'static [(&'static str, &'static str)]),
    /// A civil date in Asia/Shanghai, `YYYY-MM-DD`.
    Day,
    /// A whole number.
    Whole,
    /// A point in time: microseconds since 1970-01-01T00:00:00Z.
    Time,
    /// 1 for yes, 0 for no.
    Flag,
}

impl Sort {
    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Code(_) | Self::Day)
    }
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Nothing is known, or there is nothing.
    Nothing,
    /// Text, code or date.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A point in time.
    Time(Time),
    /// Yes or no.
    Flag(bool),
}

impl Value {
    /// A text as both databases take it: PostgreSQL has no text with a zero byte in it.
    pub(crate) fn text(text: &str) -> Self {
        match text.contains('\0') {
            true => Self::Text(text.replace('\0', "\u{fffd}")),
            false => Self::Text(text.to_owned()),
        }
    }

    /// What is stored of it, where that is a number.
    pub(crate) fn number(&self) -> Option<i64> {
        match self {
            Self::Nothing | Self::Text(_) => None,
            Self::Whole(number) => Some(*number),
            Self::Time(time) => Some(time.0),
            Self::Flag(is_so) => Some(i64::from(*is_so)),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nothing => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Whole(number) => serializer.serialize_i64(*number),
            Self::Time(time) => time.serialize(serializer),
            Self::Flag(is_so) => serializer.serialize_bool(*is_so),
        }
    }
}

/// A column as it is read: its name, its meaning and its sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its name, lower case, the same in both databases.
    pub name: &'static str,
    /// Its name in Chinese.
    pub zh: &'static str,
    /// What it means, in English.
    pub en: &'static str,
    /// Of what sort its values are.
    pub sort: Sort,
    /// Whether there may be nothing.
    pub is_optional: bool,
}

/// What rows are made from besides what they are about.
pub(crate) struct Around<'a> {
    /// The desk after the events.
    pub(crate) desk: &'a Desk,
    /// When the latest record was received that lies before a position of the ledger, where it is known.
    pub(crate) filed_at: &'a dyn Fn(u64) -> Option<Time>,
}

/// How a value is taken from what a row is about.
enum Get<T> {
    Text(fn(&T) -> String),
    MaybeText(fn(&T) -> Option<String>),
    Code(&'static [Code], fn(&T) -> &'static str),
    MaybeCode(&'static [Code], fn(&T) -> Option<&'static str>),
    Day(fn(&T) -> Day),
    Whole(fn(&T) -> u64),
    MaybeWhole(fn(&T) -> Option<u64>),
    Time(fn(&T) -> Time),
    MaybeTime(fn(&T) -> Option<Time>),
    Flag(fn(&T) -> bool),
    MaybeFlag(fn(&T) -> Option<bool>),
    /// The bureau that looks after what has this number; empty where nobody does.
    BureauOf(fn(&T) -> &str),
    /// When the latest record before a position was received.
    FiledBefore(fn(&T) -> u64),
}

/// A column, and how its value is taken from what a row is about.
pub(crate) struct Column<T> {
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    get: Get<T>,
}

macro_rules! columns {
    ($($(#[doc = $doc:literal])* $make:ident $variant:ident($value:ty);)*) => {
        impl<T> Column<T> {
            $($(#[doc = $doc])*
            pub(crate) const fn $make(name: &'static str, zh: &'static str, en: &'static str, get: fn(&T) -> $value) -> Self {
                Self { name, zh, en, get: Get::$variant(get) }
            })*
        }
    };
}

columns! {
    /// Text.
    text Text(String);
    /// Text, or nothing.
    maybe_text MaybeText(Option<String>);
    /// A date.
    day Day(Day);
    /// A whole number.
    whole Whole(u64);
    /// A whole number, or nothing.
    maybe_whole MaybeWhole(Option<u64>);
    /// A point in time.
    time Time(Time);
    /// A point in time, or nothing.
    maybe_time MaybeTime(Option<Time>);
    /// Yes or no.
    flag Flag(bool);
    /// Yes, no or not known.
    maybe_flag MaybeFlag(Option<bool>);
    /// The bureau that looks after what has this number.
    bureau_of BureauOf(&str);
    /// When the latest record before this position was received.
    filed_before FiledBefore(u64);
}

impl<T> Column<T> {
    /// One of a list of codes.
    pub(crate) const fn code(
        name: &'static str,
        zh: &'static str,
        en: &'static str,
        codes: &'static [Code],
        get: fn(&T) -> &'static str,
    ) -> Self {
        Self { name, zh, en, get: Get::Code(codes, get) }
    }

    /// One of a list of codes, or nothing.
    pub(crate) const fn maybe_code(
        name: &'static str,
        zh: &'static str,
        en: &'static str,
        codes: &'static [Code],
        get: fn(&T) -> Option<&'static str>,
    ) -> Self {
        Self { name, zh, en, get: Get::MaybeCode(codes, get) }
    }

    fn head(&self) -> Head {
        let (sort, is_optional) = match &self.get {
            Get::Text(_) | Get::BureauOf(_) => (Sort::Text, false),
            Get::MaybeText(_) => (Sort::Text, true),
            Get::Code(codes, _) => (Sort::Code(codes), false),
            Get::MaybeCode(codes, _) => (Sort::Code(codes), true),
            Get::Day(_) => (Sort::Day, false),
            Get::Whole(_) => (Sort::Whole, false),
            Get::MaybeWhole(_) => (Sort::Whole, true),
            Get::Time(_) => (Sort::Time, false),
            Get::MaybeTime(_) | Get::FiledBefore(_) => (Sort::Time, true),
            Get::Flag(_) => (Sort::Flag, false),
            Get::MaybeFlag(_) => (Sort::Flag, true),
        };
        Head { name: self.name, zh: self.zh, en: self.en, sort, is_optional }
    }

    fn value(&self, row: &T, around: &Around<'_>) -> Value {
        let whole = |number: u64| Value::Whole(i64::try_from(number).unwrap_or(i64::MAX));
        let code = |code: &str| Value::Text(code.to_owned());
        match &self.get {
            Get::Text(get) => Value::text(&get(row)),
            Get::MaybeText(get) => get(row).map_or(Value::Nothing, |text| Value::text(&text)),
            Get::Code(_, get) => code(get(row)),
            Get::MaybeCode(_, get) => get(row).map_or(Value::Nothing, code),
            Get::Day(get) => Value::Text(get(row).to_string()),
            Get::Whole(get) => whole(get(row)),
            Get::MaybeWhole(get) => get(row).map_or(Value::Nothing, whole),
            Get::Time(get) => Value::Time(get(row)),
            Get::MaybeTime(get) => get(row).map_or(Value::Nothing, Value::Time),
            Get::Flag(get) => Value::Flag(get(row)),
            Get::MaybeFlag(get) => get(row).map_or(Value::Nothing, Value::Flag),
            Get::BureauOf(get) => Value::text(bureau_of(around.desk, get(row))),
            Get::FiledBefore(get) => (around.filed_at)(get(row)).map_or(Value::Nothing, Value::Time),
        }
    }
}

/// The bureau that looks after what has this number: an alert's own, else that of the alert that it is about.
fn bureau_of<'d>(desk: &'d Desk, id: &str) -> &'d str {
    let about = desk.letters.get(id).map(|letter| letter.about.as_str());
    let about = about.or_else(|| desk.plans.get(id).map(|plan| plan.alert.as_str()));
    let about = about.or_else(|| desk.notices.get(id).map(|notice| notice.alert.as_str()));
    desk.alerts.get(about.unwrap_or(id)).map_or("", |alert| &alert.bureau)
}

/// An index of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Index {
    /// What comes after the table's name in its own.
    pub(crate) name: &'static str,
    /// Columns, in order.
    pub(crate) columns: &'static str,
    /// Which rows alone it holds.
    pub(crate) only: Option<&'static str>,
}

/// An index over all rows.
pub(crate) const fn index(name: &'static str, columns: &'static str) -> Index {
    Index { name, columns, only: None }
}

/// A table, and how its rows are made of what they are about.
pub(crate) struct Table<T: 'static> {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its name in Chinese, which is that of its readable view.
    pub(crate) zh: &'static str,
    /// What a row is, in Chinese and in English.
    pub(crate) about: (&'static str, &'static str),
    /// How many of the first columns tell rows apart.
    pub(crate) key: usize,
    /// Its columns.
    pub(crate) columns: &'static [Column<T>],
    /// Its indices.
    pub(crate) indices: &'static [Index],
}

impl<T> Table<T> {
    /// Everything of it but how rows are made.
    pub(crate) fn shape(&self) -> Shape {
        Shape {
            name: self.name,
            zh: self.zh,
            about: self.about,
            key: self.key,
            heads: self.columns.iter().map(Column::head).collect(),
            indices: self.indices,
        }
    }

    /// A row.
    pub(crate) fn row(&self, of: &T, around: &Around<'_>) -> Vec<Value> {
        self.columns.iter().map(|column| column.value(of, around)).collect()
    }
}

/// A table as the databases know it.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) zh: &'static str,
    pub(crate) about: (&'static str, &'static str),
    pub(crate) key: usize,
    pub(crate) heads: Vec<Head>,
    pub(crate) indices: &'static [Index],
}
