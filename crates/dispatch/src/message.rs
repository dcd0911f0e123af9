//! What a delivery says, and what goes with it.

use std::sync::Arc;

use channels::{Attachment, Message, Priority, SendError};
use engine::Engine;
use ledger::Reader;
use letters::Forms;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use workflow::delivery::{Delivery, Purpose};
use workflow::letter::Letter;
use workflow::order::OrderState;
use workflow::public_notice::Standing;

/// Where people look up what a message is about.
fn link(site: &str, about: &str) -> Option<String> {
    (!site.is_empty()).then(|| format!("{site}/desk/{about}"))
}

/// Why a letter could not be set.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// It was not released: nothing leads to its proof yet.
    #[error("letter {0} was not released")]
    NotReleased(String),
    /// It comes out otherwise than it was sealed.
    #[error("letter {number} comes out otherwise than it was sealed ({sealed}): another version of its form")]
    Differs {
        /// Its number.
        number: String,
        /// The digest that was sealed.
        sealed: String,
    },
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] ledger::LedgerError),
    /// Its form.
    #[error(transparent)]
    Form(#[from] letters::LetterError),
}

/// Sets a released letter as PDF, with the code that leads to the proof of its release. What was
/// set before comes out as the same bytes, or is refused.
///
/// # Errors
/// [`SetError`].
pub fn set(letter: &Letter, reader: &Reader) -> Result<letters::Letter, SetError> {
    let position = letter.position.ok_or_else(|| SetError::NotReleased(letter.number.clone()))?;
    let mut data = letter.data.clone();
    if let Some(data) = data.as_object_mut() {
        let site = data.get("site").and_then(Value::as_str).unwrap_or_default();
        let verification = json!({
            "url": format!("{site}/v1/ledger/proofs/{position}"),
            "position": position,
            "hash": hex::encode(reader.entry(position)?.leaf_hash.0),
        });
        data.insert("verification".to_owned(), verification);
    }
    let pdf = Forms::shipped().render(&letter.form, &data)?;
    match &letter.set {
        Some((sealed, ..)) if *sealed != hex::encode(Sha256::digest(&pdf.pdf)) => {
            Err(SetError::Differs { number: letter.number.clone(), sealed: sealed.clone() })
        }
        _ => Ok(pdf),
    }
}

/// Puts messages together.
pub(crate) struct Composer {
    engine: Arc<Engine>,
}

/// Nothing that can be done now; what waits stays in the outbox and is shown.
fn later(why: impl std::fmt::Display) -> SendError {
    SendError::Retry { after: None, why: why.to_string() }
}

impl Composer {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }

    pub(crate) fn compose(&self, delivery: &Delivery) -> Result<Message, SendError> {
        let mut message = Message {
            title: delivery.title.clone(),
            body: delivery.text.clone(),
            priority: if delivery.urgent { Priority::Urgent } else { Priority::Normal },
            link: link(self.engine.policy().roster.site(), &delivery.about),
            tags: vec![delivery.purpose.en().to_owned()],
            attachments: Vec::new(),
            payload: None,
        };
        match delivery.purpose {
            Purpose::Letter | Purpose::Copy => message.attachments.push(self.letter(&delivery.about)?),
            Purpose::Publication => message.payload = Some(self.publication(delivery)?),
            Purpose::Order => {
                let desk = self.engine.desk();
                let order = desk
                    .disposal
                    .orders
                    .get(&delivery.about)
                    .ok_or_else(|| later("the order is not there"))?;
                let kind = match order.state {
                    OrderState::Lifted => "order.lifted",
                    _ => "order.issued",
                };
                let data = serde_json::to_value(order).map_err(later)?;
                let timestamp = delivery.wanted_at.to_string();
                message.payload = Some(json!({ "type": kind, "timestamp": timestamp, "data": data }));
            }
            Purpose::Alert | Purpose::Reminder => {}
        }
        Ok(message)
    }

    /// The letter as PDF. Its digest is sealed before it leaves for the first time; later ones are the
    /// same bytes.
    fn letter(&self, id: &str) -> Result<Attachment, SendError> {
        let letter = self.engine.desk().letters.get(id).cloned();
        let letter = letter.ok_or_else(|| later("the letter is not there"))?;
        let pdf = set(&letter, self.engine.reader()).map_err(|error| match error {
            SetError::Differs { .. } => SendError::Refused { why: error.to_string() },
            error => later(error),
        })?;
        if letter.set.is_none() {
            let pages = u32::try_from(pdf.pages).unwrap_or(u32::MAX);
            let sha256 = hex::encode(Sha256::digest(&pdf.pdf));
            self.engine.letter_set(id, &sha256, pdf.pdf.len() as u64, pages).map_err(later)?;
        }
        let name = format!("{}.pdf", letter.number);
        Ok(Attachment { name, media_type: "application/pdf".to_owned(), bytes: pdf.pdf })
    }

    /// What the association's system gets: the notice as it stands.
    fn publication(&self, delivery: &Delivery) -> Result<Value, SendError> {
        let desk = self.engine.desk();
        let notice = desk.notices.get(&delivery.about).ok_or_else(|| later("the notice is not there"))?;
        let kind = match notice.standing {
            Standing::Published => "public_notice.published",
            Standing::Settled => "public_notice.settled",
            Standing::Withdrawn => "public_notice.withdrawn",
        };
        // What was withdrawn is not told again.
        let shown = match notice.standing {
            Standing::Withdrawn => json!({ "id": notice.id }),
            _ => serde_json::to_value(notice).map_err(later)?,
        };
        Ok(json!({ "type": kind, "timestamp": notice.updated_at.to_string(), "data": shown }))
    }
}
