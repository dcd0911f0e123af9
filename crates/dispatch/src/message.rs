//! What a delivery says, and what goes with it.

use std::sync::Arc;

use channels::{Attachment, Message, Priority, SendError};
use engine::Engine;
use letters::Forms;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use workflow::delivery::{Delivery, Purpose};
use workflow::letter::Letter;
use workflow::public_notice::Standing;

/// Puts messages together.
pub(crate) struct Composer {
    engine: Arc<Engine>,
    forms: Forms,
    console: String,
}

/// Nothing that can be done now; what waits stays in the outbox and is shown.
fn later(why: impl std::fmt::Display) -> SendError {
    SendError::Retry { after: None, why: why.to_string() }
}

impl Composer {
    pub(crate) fn new(engine: Arc<Engine>, console: &str) -> Self {
        Self { engine, forms: Forms::shipped(), console: console.trim_end_matches('/').to_owned() }
    }

    pub(crate) fn compose(&self, delivery: &Delivery) -> Result<Message, SendError> {
        let mut message = Message {
            title: delivery.title.clone(),
            body: delivery.text.clone(),
            priority: if delivery.urgent { Priority::Urgent } else { Priority::Normal },
            link: (!self.console.is_empty()).then(|| format!("{}/desk/{}", self.console, delivery.about)),
            tags: vec![delivery.purpose.en().to_owned()],
            attachments: Vec::new(),
            payload: None,
        };
        match delivery.purpose {
            Purpose::Letter | Purpose::Copy => message.attachments.push(self.letter(&delivery.about)?),
            Purpose::Publication => message.payload = Some(self.publication(delivery)?),
            Purpose::Alert | Purpose::Order | Purpose::Reminder => {}
        }
        Ok(message)
    }

    /// The letter as PDF. Its digest is sealed before it leaves for the first time; later ones are the
    /// same bytes.
    fn letter(&self, id: &str) -> Result<Attachment, SendError> {
        let letter = self.engine.desk().letters.get(id).cloned();
        let letter = letter.ok_or_else(|| later("the letter is not there"))?;
        let data = self.letter_data(&letter)?;
        let set = self.forms.render(&letter.form, &data).map_err(later)?;
        let sha256 = hex::encode(Sha256::digest(&set.pdf));
        match &letter.set {
            Some((sealed, ..)) if *sealed != sha256 => {
                return Err(SendError::Refused {
                    why: format!(
                        "letter {} comes out otherwise than it was sealed ({sealed}): another version of its form",
                        letter.number
                    ),
                });
            }
            Some(_) => {}
            None => {
                let pages = u32::try_from(set.pages).unwrap_or(u32::MAX);
                self.engine.letter_set(id, &sha256, set.pdf.len() as u64, pages).map_err(later)?;
            }
        }
        let name = format!("{}.pdf", letter.number);
        Ok(Attachment { name, media_type: "application/pdf".to_owned(), bytes: set.pdf })
    }

    /// The letter's data, with the code that leads to the proof of its release.
    fn letter_data(&self, letter: &Letter) -> Result<Value, SendError> {
        let mut data = letter.data.clone();
        let position = letter.position.ok_or_else(|| later("the letter was not released"))?;
        let entry = self.engine.reader().entry(position).map_err(later)?;
        let verification = json!({
            "url": format!("{}/v1/ledger/proofs/{position}", self.console),
            "position": position,
            "hash": hex::encode(entry.leaf_hash.0),
        });
        if let Some(data) = data.as_object_mut() {
            data.insert("verification".to_owned(), verification);
        }
        Ok(data)
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
