//! How a stream of the interface standard is described: one table per stream, from which the
//! reader, the JSON Schema, the columns, the canonical form and the documentation are all made.

use crate::pseudonym::PseudonymKind;

/// One code of a code list.
#[derive(Debug, PartialEq, Eq)]
pub struct CodeItem {
    /// The number by which the code is sealed and stored. Never reused.
    pub number: u8,
    /// The code on the wire.
    pub code: &'static str,
    /// Its meaning in English.
    pub en: &'static str,
    /// Its meaning in Chinese.
    pub zh: &'static str,
}

/// A list of codes that a field may take.
#[derive(Debug, PartialEq, Eq)]
pub struct CodeList {
    /// Name in English.
    pub name: &'static str,
    /// Name in Chinese.
    pub zh: &'static str,
    /// The codes, in order of their numbers.
    pub items: &'static [CodeItem],
}

impl CodeList {
    /// The number of a code.
    pub fn number_of(&self, code: impl AsRef<[u8]>) -> Option<u8> {
        let code = code.as_ref();
        self.items.iter().find(|item| item.code.as_bytes() == code).map(|item| item.number)
    }

    /// The item with a number.
    pub fn item(&self, number: u8) -> Option<&'static CodeItem> {
        self.items.iter().find(|item| item.number == number)
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// An identifier given by the institution: 1 to 64 visible ASCII characters.
    Id,
    /// Free text of at most this many bytes, without control characters.
    Text(u16),
    /// One of a list of codes.
    Code(&'static CodeList),
    /// An amount in yuan, a decimal string; see [`crate::money::Fen`].
    Money {
        /// Whether a negative amount is lawful here.
        signed: bool,
    },
    /// A rate or share in per cent, a decimal string; see [`crate::money::Percent`].
    Percent {
        /// Whether a negative rate is lawful here.
        signed: bool,
    },
    /// A count, 0 to 2⁵³-1, a JSON integer.
    Count,
    /// A civil date.
    Date,
    /// A point in time.
    Time,
    /// True or false.
    Flag,
    /// A pseudonym of one of these kinds.
    Pseudonym(&'static [PseudonymKind]),
    /// An IPv4 or IPv6 address.
    Ip,
    /// A unified social credit code or LEI.
    Institution,
    /// A SHA-256 digest, 64 lower-case hexadecimal digits.
    Digest,
    /// A list of items, each with fields of its own; at most 1,000.
    List(&'static [FieldSpec]),
}

/// How a field is sealed in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealing {
    /// Its value stands in the leaf.
    Clear,
    /// The leaf holds a keyed commitment; the value lies encrypted beside the tree.
    Committed,
}

/// One field of a stream.
#[derive(Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its key in the canonical form. Never reused.
    pub number: u8,
    /// Its name on the wire and in rules.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether a record without it is refused.
    pub required: bool,
    /// How it is sealed.
    pub sealing: Sealing,
    /// Name in Chinese.
    pub zh: &'static str,
    /// What it means, with its unit.
    pub en: &'static str,
}

/// One stream of the interface standard.
#[derive(Debug)]
pub struct StreamSpec {
    /// Its name in the URL and in rules.
    pub name: &'static str,
    /// The number by which it is sealed. Never reused.
    pub number: u8,
    /// Version of the standard.
    pub version: u16,
    /// Name in Chinese.
    pub zh: &'static str,
    /// What it is.
    pub en: &'static str,
    /// Its fields, in order of their numbers. The first is always `id`, the second `revision`.
    pub fields: &'static [FieldSpec],
    /// The field that says when the record's fact happened: of kind `Time` or `Date`.
    pub event_time: usize,
    /// The field that names the person whose key protects the committed fields; without one the
    /// institution's own key does.
    pub subject: Option<usize>,
}

impl PartialEq for StreamSpec {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number && self.version == other.version
    }
}
impl Eq for StreamSpec {}

/// Position of the field `id` in every stream.
pub const ID_FIELD: usize = 0;
/// Position of the field `revision` in every stream.
pub const REVISION_FIELD: usize = 1;

impl StreamSpec {
    /// The position of a field by name.
    pub fn field_index(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }
}

/// A Rust type that a field of a stream can have.
pub trait FieldType {
    /// What the field holds.
    const KIND: FieldKind;
    /// Whether it must be there.
    const REQUIRED: bool = true;
}

impl<T: FieldType> FieldType for Option<T> {
    const KIND: FieldKind = T::KIND;
    const REQUIRED: bool = false;
}

/// A record of a stream as a Rust value; its serde form is the wire form.
pub trait Record: serde::Serialize {
    /// The stream that it belongs to.
    const STREAM: &'static StreamSpec;
}

/// Declares a code list as an enumeration.
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident $zh:literal { $($variant:ident = $number:literal $code:literal $item_zh:literal $en:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[repr(u8)]
        pub enum $name {
            $(#[doc = $en] #[serde(rename = $code)] $variant = $number),*
        }
        impl $name {
            /// The code list.
            pub const CODES: &'static $crate::spec::CodeList = &$crate::spec::CodeList {
                name: stringify!($name),
                zh: $zh,
                items: &[$($crate::spec::CodeItem { number: $number, code: $code, en: $en, zh: $item_zh }),*],
            };
            /// Every value, in order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The code on the wire.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }
            /// The value with a code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
            /// The meaning in Chinese.
            pub fn zh(self) -> &'static str {
                match self { $(Self::$variant => $item_zh),* }
            }
            /// The meaning in English.
            pub fn en(self) -> &'static str {
                match self { $(Self::$variant => $en),* }
            }
        }
        impl $crate::spec::FieldType for $name {
            const KIND: $crate::spec::FieldKind = $crate::spec::FieldKind::Code(Self::CODES);
        }
    };
}

/// Declares the fields of a record or of a list's item.
macro_rules! fields {
    ($($number:literal $sealing:ident $field:ident: $type:ty, $zh:literal, $en:literal;)*) => {
        &[$($crate::spec::FieldSpec {
            number: $number,
            name: stringify!($field),
            kind: <$type as $crate::spec::FieldType>::KIND,
            required: <$type as $crate::spec::FieldType>::REQUIRED,
            sealing: $crate::spec::Sealing::$sealing,
            zh: $zh,
            en: $en,
        }),*]
    };
}

/// Declares a stream: the Rust type of its records and its [`StreamSpec`].
macro_rules! stream {
    ($(#[$meta:meta])* $name:ident = $number:literal $wire:literal $zh:literal $en:literal,
     time $time:literal $(, subject $subject:literal)? {
        $($fnumber:literal $sealing:ident $field:ident: $type:ty, $fzh:literal, $fen:literal;)*
    }) => {
        #[doc = $en]
        #[doc = ""]
        #[doc = $zh]
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Identifier given by the institution, unique within the stream.
            pub id: $crate::field_types::RecordId,
            /// 0 or absent for the first filing of a record, 1, 2, … for its revisions.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub revision: Option<$crate::field_types::Count>,
            $(#[doc = $fen]
            pub $field: $type),*
        }
        impl $crate::spec::Record for $name {
            const STREAM: &'static $crate::spec::StreamSpec = &$crate::spec::StreamSpec {
                name: $wire,
                number: $number,
                version: $crate::STANDARD_VERSION,
                zh: $zh,
                en: $en,
                fields: $crate::spec::fields! {
                    1 Clear id: $crate::field_types::RecordId, "记录编号", "Identifier given by the institution, unique within the stream.";
                    2 Clear revision: Option<$crate::field_types::Count>, "修订号", "0 or absent for the first filing of a record, 1, 2, … for its revisions.";
                    $($fnumber $sealing $field: $type, $fzh, $fen;)*
                },
                event_time: $crate::spec::position(&[$(stringify!($field)),*], $time),
                subject: $crate::spec::subject_position(&[$(stringify!($field)),*], &[$($subject)?]),
            };
        }
    };
}
pub(crate) use {codes, fields, stream};

/// The position of a field among all fields of a stream, the two common ones counted.
#[expect(clippy::indexing_slicing, clippy::panic, reason = "evaluated by the compiler, never at run time")]
pub(crate) const fn position(names: &[&str], name: &str) -> usize {
    let mut index = 0;
    while index < names.len() {
        if equal(names[index], name) {
            return index + REVISION_FIELD + 1;
        }
        index += 1;
    }
    panic!("a stream names a field that it does not have")
}

/// As [`position`], for the subject that a stream may name.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, never at run time")]
pub(crate) const fn subject_position(names: &[&str], subject: &[&str]) -> Option<usize> {
    if subject.is_empty() { None } else { Some(position(names, subject[0])) }
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, never at run time")]
const fn equal(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut index = 0;
    while index < left.len() && index < right.len() && left[index] == right[index] {
        index += 1;
    }
    index == left.len() && index == right.len()
}
