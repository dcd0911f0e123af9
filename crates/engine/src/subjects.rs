//! Keys of the persons and institutions whom records are about.

use hashbrown::HashMap;

use ledger::keystore::{KeyError, KeyState, KeyStore};
use model::columns::Columns;
use model::spec::StreamSpec;
use seal::SubjectKey;
use seal::leaf::row_subject;

/// The name under which the key store knows a person.
pub fn person_subject(pseudonym: u128) -> [u8; 17] {
    let mut subject = [b'p'; 17];
    for (target, byte) in subject.iter_mut().skip(1).zip(pseudonym.to_be_bytes()) {
        *target = byte;
    }
    subject
}

/// The name under which the key store knows an institution.
pub fn institution_subject(institution: &str) -> Vec<u8> {
    let mut subject = vec![b'i'];
    subject.extend_from_slice(institution.as_bytes());
    subject
}

/// The keys for the rows of a chunk, each made durable before it is returned.
#[derive(Debug)]
pub struct RowKeys {
    keys: Vec<SubjectKey>,
    of_row: Vec<u32>,
    /// Persons among them whose key had been destroyed and who got a new one.
    pub renewed: u64,
}

impl RowKeys {
    /// Looks up or makes the keys for all rows.
    ///
    /// # Errors
    /// [`KeyError`] when new keys cannot be stored.
    pub fn for_rows(
        store: &KeyStore,
        stream: &StreamSpec,
        institution: &str,
        columns: &Columns,
    ) -> Result<Self, KeyError> {
        let mut places: HashMap<Option<u128>, u32> = HashMap::new();
        let mut subjects: Vec<Vec<u8>> = Vec::new();
        let of_row = (0..columns.len())
            .map(|row| {
                let subject = row_subject(stream, columns, row);
                *places.entry(subject).or_insert_with(|| {
                    subjects.push(match subject {
                        Some(person) => person_subject(person).to_vec(),
                        None => institution_subject(institution),
                    });
                    subjects.len() as u32 - 1
                })
            })
            .collect();
        let mut renewed = 0;
        let states = store.get_or_create(&subjects)?;
        let keys = states
            .into_iter()
            .zip(&subjects)
            .map(|(state, subject)| match state {
                KeyState::Live(key) => Ok(*key.as_bytes()),
                KeyState::Erased => {
                    renewed += 1;
                    live_key(store.renew(subject)?)
                }
            })
            .collect::<Result<_, KeyError>>()?;
        Ok(Self { keys, of_row, renewed })
    }

    /// The key of a row.
    pub fn of_row(&self, row: usize) -> SubjectKey {
        let place = self.of_row.get(row).copied().unwrap_or(0);
        self.keys.get(place as usize).copied().unwrap_or_default()
    }
}

fn live_key(state: KeyState) -> Result<SubjectKey, KeyError> {
    state.live().map(|key| *key.as_bytes()).ok_or(KeyError::Full)
}

/// The key of an institution.
///
/// # Errors
/// [`KeyError`].
pub fn institution_key(store: &KeyStore, institution: &str) -> Result<SubjectKey, KeyError> {
    let states = store.get_or_create(&[institution_subject(institution)])?;
    states.into_iter().next().map_or(Err(KeyError::Full), live_key)
}
