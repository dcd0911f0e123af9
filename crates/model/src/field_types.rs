//! The Rust types that fields of the standard have, beside money, rates, times and pseudonyms.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::institution::InstitutionId;
use crate::money::{Fen, Percent};
use crate::pseudonym::{Pseudonym, PseudonymKind};
use crate::spec::{FieldKind, FieldType};
use crate::time::{Day, Time};

macro_rules! text_type {
    ($(#[$meta:meta])* $name:ident, $kind:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);
        impl FieldType for $name {
            const KIND: FieldKind = $kind;
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    };
}
text_type!(
    /// An identifier given by an institution: 1 to 64 visible ASCII characters.
    RecordId, FieldKind::Id
);
text_type!(
    /// A short text, at most 200 bytes of UTF-8.
    ShortText, FieldKind::Text(200)
);
text_type!(
    /// A long text, at most 4,000 bytes of UTF-8.
    LongText, FieldKind::Text(4000)
);
text_type!(
    /// An IPv4 or IPv6 address.
    Ip, FieldKind::Ip
);
text_type!(
    /// A SHA-256 digest, 64 lower-case hexadecimal digits.
    Digest, FieldKind::Digest
);

/// A count, 0 to 2⁵³-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Count(pub u64);

/// The largest count: what every JSON reader holds exactly.
pub const COUNT_MAX: u64 = (1 << 53) - 1;

/// An amount that may be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct SignedFen(pub Fen);

macro_rules! pseudonym_type {
    ($(#[$meta:meta])* $name:ident, $kinds:expr) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Pseudonym);
        impl FieldType for $name {
            const KIND: FieldKind = FieldKind::Pseudonym($kinds);
        }
    };
}
pseudonym_type!(
    /// The pseudonym of a person.
    Person, &[PseudonymKind::Person]
);
pseudonym_type!(
    /// The pseudonym of an account.
    Account, &[PseudonymKind::Account]
);
pseudonym_type!(
    /// The pseudonym of a person or an organisation.
    Party, &[PseudonymKind::Person, PseudonymKind::Organisation]
);

impl FieldType for Fen {
    const KIND: FieldKind = FieldKind::Money { signed: false };
}
impl FieldType for SignedFen {
    const KIND: FieldKind = FieldKind::Money { signed: true };
}
impl FieldType for Percent {
    const KIND: FieldKind = FieldKind::Percent { signed: false };
}
impl FieldType for Count {
    const KIND: FieldKind = FieldKind::Count;
}
impl FieldType for Day {
    const KIND: FieldKind = FieldKind::Date;
}
impl FieldType for Time {
    const KIND: FieldKind = FieldKind::Time;
}
impl FieldType for bool {
    const KIND: FieldKind = FieldKind::Flag;
}
impl FieldType for InstitutionId {
    const KIND: FieldKind = FieldKind::Institution;
}
