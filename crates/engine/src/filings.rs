//! The receipts of all filings, by identifier: the same filing again gets the first one.

use std::sync::{PoisonError, RwLock};

use hashbrown::HashMap;
use model::event::FilingReceipt;

use crate::intake::Receipt;

/// The receipts.
#[derive(Debug, Default)]
pub struct Filings(RwLock<HashMap<String, Receipt>>);

impl Filings {
    /// The receipt of a filing.
    pub fn receipt(&self, filing: &str) -> Option<Receipt> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(filing).cloned()
    }

    /// Remembers a receipt.
    pub fn add(&self, receipt: Receipt) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(receipt.sealed.filing.clone()).or_insert(receipt);
    }

    /// Remembers a receipt read from the ledger; a checkpoint that covers it is any later one.
    pub(crate) fn add_sealed(&self, sealed: FilingReceipt, checkpoint: &str) {
        self.add(Receipt {
            sealed,
            refusals: Vec::new(),
            checkpoint: checkpoint.to_owned(),
            warnings: Vec::new(),
        });
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
