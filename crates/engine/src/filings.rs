//! The receipts of all filings, by identifier and by time: the same filing again gets the first
//! one, and an institution finds what it filed.
//!
//! Refused lines are not held here but read from their files when somebody asks, so that memory
//! grows with the number of filings alone.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

use hashbrown::HashMap;
use model::event::{FilingReceipt, RefusedLine};
use model::institution::InstitutionId;

use crate::intake::{Receipt, warnings};

/// A filing that has its receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// What was sealed.
    pub sealed: FilingReceipt,
    checkpoint: String,
    warnings: Vec<String>,
}

impl Filed {
    /// The receipt, given the first of the refused lines.
    pub(crate) fn receipt(&self, refusals: Vec<RefusedLine>) -> Receipt {
        Receipt {
            sealed: self.sealed.clone(),
            refusals,
            checkpoint: self.checkpoint.clone(),
            warnings: self.warnings.clone(),
        }
    }
}

/// A filing in the order of time; those of one moment by identifier.
#[derive(Clone, Debug)]
struct InTime(Arc<Filed>);

impl Ord for InTime {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |filed: &Self| filed.0.sealed.received_at;
        key(self).cmp(&key(other)).then_with(|| self.0.sealed.filing.cmp(&other.0.sealed.filing))
    }
}
impl PartialOrd for InTime {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for InTime {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for InTime {}

#[derive(Debug, Default)]
struct All {
    by_identifier: HashMap<String, Arc<Filed>>,
    in_time: BTreeSet<InTime>,
    of_institution: HashMap<InstitutionId, BTreeSet<InTime>>,
}

/// A part of a list of filings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// How many there are in all.
    pub total: usize,
    /// The part, the newest first.
    pub filings: Vec<Arc<Filed>>,
}

/// The receipts.
#[derive(Debug, Default)]
pub struct Filings(RwLock<All>);

impl Filings {
    /// A filing by its identifier.
    pub fn get(&self, filing: &str) -> Option<Arc<Filed>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).by_identifier.get(filing).cloned()
    }

    /// At most `limit` filings of an institution, or of all, the newest first: the latest, or
    /// those received before the filing `before`. None when `before` is not one of them.
    pub fn list(
        &self,
        institution: Option<&InstitutionId>,
        before: Option<&str>,
        limit: usize,
    ) -> Option<Listed> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let none = BTreeSet::new();
        let filings = match institution {
            Some(institution) => all.of_institution.get(institution).unwrap_or(&none),
            None => &all.in_time,
        };
        let end = match before {
            Some(before) => {
                let before = InTime(Arc::clone(all.by_identifier.get(before)?));
                if !filings.contains(&before) {
                    return None;
                }
                Bound::Excluded(before)
            }
            None => Bound::Unbounded,
        };
        let part = filings.range((Bound::Unbounded, end)).rev().take(limit);
        Some(Listed { total: filings.len(), filings: part.map(|filed| Arc::clone(&filed.0)).collect() })
    }

    /// Remembers a receipt; the first of a filing stays.
    pub(crate) fn add(&self, receipt: &Receipt) {
        self.insert(Filed {
            sealed: receipt.sealed.clone(),
            checkpoint: receipt.checkpoint.clone(),
            warnings: receipt.warnings.clone(),
        });
    }

    /// Remembers a receipt read from the ledger; a checkpoint that covers it is any later one.
    pub(crate) fn add_sealed(&self, sealed: FilingReceipt, checkpoint: &str) {
        let warnings = warnings::of_receipt(&sealed);
        self.insert(Filed { sealed, checkpoint: checkpoint.to_owned(), warnings });
    }

    fn insert(&self, filed: Filed) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.by_identifier.contains_key(&filed.sealed.filing) {
            return;
        }
        let filed = Arc::new(filed);
        let institution = filed.sealed.institution.clone();
        all.of_institution.entry(institution).or_default().insert(InTime(Arc::clone(&filed)));
        all.in_time.insert(InTime(Arc::clone(&filed)));
        all.by_identifier.insert(filed.sealed.filing.clone(), filed);
    }

    /// When the latest filing was received.
    pub(crate) fn latest_received_at(&self) -> Option<model::time::Time> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.in_time.last().map(|latest| latest.0.sealed.received_at)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).by_identifier.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use model::event::FilingOutcome;
    use model::time::Time;
    use proptest::prelude::*;

    use super::*;

    fn sealed(filing: &str, institution: u32, second: i64) -> FilingReceipt {
        FilingReceipt {
            filing: filing.to_owned(),
            stream: "transaction".to_owned(),
            institution: InstitutionId::synthetic(institution),
            date: None,
            is_final: false,
            outcome: FilingOutcome::Complete,
            received_at: Time(second * 1_000_000),
            lines: 1,
            accepted: 1,
            duplicates: 0,
            refused: 0,
            announced: None,
            refusals_sha256: None,
            refusals_listed: None,
            positions: None,
        }
    }

    fn names(listed: &Listed) -> String {
        listed.filings.iter().map(|filed| filed.sealed.filing.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_sees_its_own_the_newest_first() {
        let filings = Filings::default();
        // d came before c, and ended after it.
        for (filing, institution, second) in [("a", 1, 1), ("b", 2, 2), ("c", 1, 4), ("d", 1, 3), ("a", 2, 9)]
        {
            filings.add_sealed(sealed(filing, institution, second), "");
        }
        let (one, none) = (InstitutionId::synthetic(1), InstitutionId::synthetic(3));
        // Whose; before which; how many at most; in all; which.
        let table = [
            (Some(&one), None, 9, "3: c d a"),
            (Some(&one), None, 2, "3: c d"),
            (Some(&one), Some("d"), 9, "3: a"),
            (Some(&one), Some("a"), 9, "3: "),
            (Some(&one), None, 0, "3: "),
            (None, None, 9, "4: c d b a"),
            (None, Some("b"), 1, "4: a"),
            (Some(&none), None, 9, "0: "),
        ];
        for (institution, before, limit, wanted) in table {
            let listed = filings.list(institution, before, limit).unwrap();
            assert_eq!(format!("{}: {}", listed.total, names(&listed)), wanted, "{before:?} {limit}");
        }
        for unknown in ["b", "x", ""] {
            assert_eq!(filings.list(Some(&one), Some(unknown), 9), None, "{unknown}");
        }
        assert_eq!(filings.latest_received_at(), Some(Time(4_000_000)));
    }

    proptest! {
        /// Page by page comes what one list holds, whatever the order of arrival.
        #[test]
        fn pages_are_the_list_cut(times in proptest::collection::vec((1u32..3, 0i64..20), 0..40), limit in 1usize..7) {
            let filings = Filings::default();
            let mut all = Vec::new();
            for (number, (institution, second)) in times.into_iter().enumerate() {
                let name = format!("{number:02}");
                filings.add_sealed(sealed(&name, institution, second), "");
                if institution == 1 {
                    all.push((second, name));
                }
            }
            all.sort_unstable_by(|a, b| b.cmp(a));
            let own = InstitutionId::synthetic(1);
            let mut paged: Vec<String> = Vec::new();
            loop {
                let page = filings.list(Some(&own), paged.last().map(String::as_str), limit).unwrap();
                prop_assert_eq!(page.total, all.len());
                if page.filings.is_empty() {
                    break;
                }
                paged.extend(page.filings.iter().map(|filed| filed.sealed.filing.clone()));
            }
            prop_assert_eq!(paged, all.into_iter().map(|(_, name)| name).collect::<Vec<_>>());
        }
    }
}
