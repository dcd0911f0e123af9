//! What goes along with a proof: the leaf that it is about and openings of chosen fields, or of an
//! event's body, in the `extra` line of a tlog-proof file.
//!
//! The data is JSON, so that an auditor can write a second reader in an hour. Of a record:
//! `{"leaf": …, "openings": [{"field": 9, "salt": …, "value": …}]}`; of an event:
//! `{"leaf": …, "openings": [], "event": {"salt": …, "body": …}}`. All bytes are in base64; `value`
//! is the field's canonical CBOR, `body` the event's JSON byte for byte. Nothing in it is believed:
//! the leaf must hash to the place in the tree that the path leads to, and every opening must fit its
//! commitment in the leaf. Members that a reader does not know it passes over.

use std::slice;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use miette::{IntoDiagnostic, Report, miette};
use model::canonical::read_value;
use model::cbor::Reader;
use model::columns::Columns;
use model::spec::{FieldSpec, StreamSpec};
use seal::commitment::Salt;
use seal::leaf::{check_event, check_opening};
use seal::{EventOpening, Opening};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::value::wire;

#[derive(Serialize, Deserialize)]
struct WireEvidence {
    leaf: String,
    #[serde(default)]
    openings: Vec<WireOpening>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    event: Option<WireEvent>,
}

#[derive(Serialize, Deserialize)]
struct WireEvent {
    salt: String,
    body: String,
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
    /// Openings of its commitments to fields.
    pub(crate) openings: Vec<Opening>,
    /// The opening of its commitment to an event's body.
    pub(crate) event: Option<EventOpening>,
}

impl Evidence {
    /// A leaf of which nothing is disclosed.
    pub(crate) fn of_leaf(leaf: Vec<u8>) -> Self {
        Self { leaf, openings: Vec::new(), event: None }
    }

    /// As it stands in a proof file.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Report> {
        let openings = self.openings.iter().map(|opening| WireOpening {
            field: opening.field,
            salt: STANDARD.encode(opening.salt),
            value: STANDARD.encode(&opening.value),
        });
        let event = self.event.as_ref().map(|opening| WireEvent {
            salt: STANDARD.encode(opening.salt),
            body: STANDARD.encode(&opening.body),
        });
        let wire = WireEvidence { leaf: STANDARD.encode(&self.leaf), openings: openings.collect(), event };
        serde_json::to_vec(&wire).into_diagnostic()
    }

    /// Reads it from a proof file. Nothing is verified yet.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Report> {
        let wire: WireEvidence = serde_json::from_slice(bytes)
            .map_err(|error| miette!("the extra data of the proof is none of ours: {error}"))?;
        let decode = |text: &str| {
            STANDARD.decode(text).map_err(|_| miette!("the extra data of the proof holds no proper base64"))
        };
        let salt = |text: &str| {
            Salt::try_from(decode(text)?).map_err(|_| miette!("a salt in the proof has the wrong length"))
        };
        let mut openings = Vec::new();
        for WireOpening { field, salt: text, value } in &wire.openings {
            openings.push(Opening { field: *field, salt: salt(text)?, value: decode(value)? });
        }
        let event = match &wire.event {
            Some(event) => Some(EventOpening { salt: salt(&event.salt)?, body: decode(&event.body)? }),
            None => None,
        };
        Ok(Self { leaf: decode(&wire.leaf)?, openings, event })
    }

    /// The body of the event, if it is disclosed, held against its commitment in the leaf.
    pub(crate) fn body(&self) -> Result<Option<&[u8]>, Report> {
        let Some(opening) = &self.event else { return Ok(None) };
        check_event(&self.leaf, opening).map_err(|error| miette!("what is disclosed: {error}"))?;
        Ok(Some(&opening.body))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Proof files that are out in the world stay what they are.
    #[test]
    fn the_form_of_a_record_is_the_one_in_use() {
        let in_use = br#"{"leaf":"bGVhZg==","openings":[{"field":9,"salt":"AAECAwQFBgcICQoLDA0ODw==","value":"GQTi"}]}"#;
        let evidence = Evidence::from_bytes(in_use).unwrap();
        let opening =
            Opening { field: 9, salt: std::array::from_fn(|at| at as u8), value: b"\x19\x04\xe2".to_vec() };
        assert_eq!(evidence, Evidence { leaf: b"leaf".to_vec(), openings: vec![opening], event: None });
        assert_eq!(evidence.to_bytes().unwrap(), in_use);
    }

    #[test]
    fn what_a_later_version_adds_is_passed_over() {
        let later =
            br#"{"leaf":"bGVhZg==","event":{"salt":"AAECAwQFBgcICQoLDA0ODw==","body":"e30=","x":1},"y":2}"#;
        let evidence = Evidence::from_bytes(later).unwrap();
        assert_eq!(evidence.event.as_ref().map(|event| event.body.as_slice()), Some(&b"{}"[..]));
        assert_eq!(Evidence::from_bytes(&evidence.to_bytes().unwrap()).unwrap(), evidence);
        let short = br#"{"leaf":"","event":{"salt":"AAEC","body":""}}"#;
        assert!(Evidence::from_bytes(short).unwrap_err().to_string().contains("wrong length"));
    }
}
