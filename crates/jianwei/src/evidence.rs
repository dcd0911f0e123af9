//! What goes along with a proof: the leaf that it is about and openings of chosen fields, in the
//! `extra` line of a tlog-proof file.
//!
//! The data is JSON, so that an auditor can write a second reader in an hour:
//! `{"leaf": …, "openings": [{"field": 9, "salt": …, "value": …}]}`, all bytes in base64; `value`
//! is the field's canonical CBOR. Nothing in it is believed: the leaf must hash to the place in the
//! tree that the path leads to, and every opening must fit its commitment in the leaf.

use std::slice;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use miette::{IntoDiagnostic, Report, miette};
use model::canonical::read_value;
use model::cbor::Reader;
use model::columns::Columns;
use model::spec::{FieldSpec, StreamSpec};
use seal::Opening;
use seal::leaf::check_opening;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::value::wire;

#[derive(Serialize, Deserialize)]
struct WireEvidence {
    leaf: String,
    #[serde(default)]
    openings: Vec<WireOpening>,
}

#[derive(Serialize, Deserialize)]
struct WireOpening {
    field: u8,
    salt: String,
    value: String,
}

/// A leaf and what is disclosed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// The leaf.
    pub(crate) leaf: Vec<u8>,
    /// Openings of its commitments.
    pub(crate) openings: Vec<Opening>,
}

impl Evidence {
    /// As it stands in a proof file.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Report> {
        let openings = self.openings.iter().map(|opening| WireOpening {
            field: opening.field,
            salt: STANDARD.encode(opening.salt),
            value: STANDARD.encode(&opening.value),
        });
        let wire = WireEvidence { leaf: STANDARD.encode(&self.leaf), openings: openings.collect() };
        serde_json::to_vec(&wire).into_diagnostic()
    }

    /// Reads it from a proof file. Nothing is verified yet.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Report> {
        let wire: WireEvidence = serde_json::from_slice(bytes)
            .map_err(|error| miette!("the extra data of the proof is none of ours: {error}"))?;
        let decode = |text: &str| {
            STANDARD.decode(text).map_err(|_| miette!("the extra data of the proof holds no proper base64"))
        };
        let mut openings = Vec::new();
        for opening in &wire.openings {
            let salt = decode(&opening.salt)?;
            let salt = salt.try_into().map_err(|_| miette!("a salt in the proof has the wrong length"))?;
            openings.push(Opening { field: opening.field, salt, value: decode(&opening.value)? });
        }
        Ok(Self { leaf: decode(&wire.leaf)?, openings })
    }

    /// The disclosed fields and values, each held against its commitment in the leaf.
    pub(crate) fn disclosed(
        &self,
        stream: &'static StreamSpec,
    ) -> Result<Vec<(&'static FieldSpec, Value)>, Report> {
        self.openings
            .iter()
            .map(|opening| {
                check_opening(&self.leaf, opening).map_err(|error| miette!("a value disclosed: {error}"))?;
                let field = stream.fields.iter().find(|field| field.number == opening.field);
                let field = field.ok_or_else(|| miette!("a value of an unknown field is disclosed"))?;
                Ok((field, decoded(field, &opening.value)?))
            })
            .collect()
    }
}

/// A value from its canonical form.
fn decoded(field: &'static FieldSpec, bytes: &[u8]) -> Result<Value, Report> {
    let unreadable = || miette!("the value disclosed of the field {} cannot be read", field.name);
    let mut columns = Columns::new(slice::from_ref(field));
    let mut reader = Reader(bytes);
    let column = columns.column_mut(0).ok_or_else(unreadable)?;
    read_value(&mut reader, field.kind, column).map_err(|_| unreadable())?;
    reader.end().map_err(|_| unreadable())?;
    columns.column(0).and_then(|column| wire(field.kind, column, 0)).ok_or_else(unreadable)
}
