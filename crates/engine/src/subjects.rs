//! Keys of the persons and institutions whom records are about.

use hashbrown::HashMap;

use ledger::keystore::{KeyError, KeyState, KeyStore, SubjectId};
use model::columns::Columns;
use model::spec::StreamSpec;
use seal::leaf::{Head, Scratch, open_record, row_subject, subject_of};
use seal::{LeafError, OpenedRecord, Subject, SubjectKey};

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

/// The subjects of the rows of a chunk, the keys of all made durable before they are returned.
pub struct RowSubjects {
    subjects: Vec<Subject>,
    of_row: Vec<u32>,
    /// Persons among them whose key had been destroyed and who got a new one.
    pub renewed: u64,
}

impl RowSubjects {
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
        let mut places: HashMap<Option<u128>, u32> = HashMap::with_capacity(columns.len());
        let mut persons: Vec<Option<u128>> = Vec::new();
        let of_row = (0..columns.len())
            .map(|row| {
                let person = row_subject(stream, columns, row);
                *places.entry(person).or_insert_with(|| {
                    persons.push(person);
                    persons.len() as u32 - 1
                })
            })
            .collect();
        let name = |person: Option<u128>| match person {
            Some(person) => person_subject(person).to_vec(),
            None => institution_subject(institution),
        };
        let ids: Vec<SubjectId> = persons
            .iter()
            .map(|person| match person {
                Some(person) => store.id(&person_subject(*person)),
                None => store.id(&institution_subject(institution)),
            })
            .collect();
        let mut renewed = 0;
        let states = store.get_or_create_by_id(&ids)?;
        let subjects = states
            .into_iter()
            .zip(ids.iter().zip(&persons))
            .map(|(state, (id, person))| match state {
                KeyState::Live(key) => Ok(Subject { id: *id, key: *key.as_bytes() }),
                KeyState::Erased => {
                    renewed += 1;
                    Ok(Subject { id: *id, key: live_key(store.renew(&name(*person))?)? })
                }
            })
            .collect::<Result<_, KeyError>>()?;
        Ok(Self { subjects, of_row, renewed })
    }

    /// The subject of a row.
    pub fn of_row(&self, row: usize) -> Subject {
        let place = self.of_row.get(row).copied().unwrap_or(0);
        let none = Subject { id: SubjectId([0; 16]), key: [0; 32] };
        self.subjects.get(place as usize).copied().unwrap_or(none)
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

/// Reads a record into `columns` as one row, with the key of its subject as far as it is still here.
/// With `check` each value is held against its commitment.
///
/// Of a person who was erased and came back, what was sealed before is under a key that is gone, and
/// only its fields in clear are read. Nothing but its commitments tells it from what came after.
///
/// # Errors
/// [`LeafError`]; `columns` is then as it was before.
pub fn open_with_keys(
    store: &KeyStore,
    head: &Head<'_>,
    payload: &[u8],
    check: bool,
    columns: &mut Columns,
    scratch: &mut Scratch,
) -> Result<OpenedRecord, LeafError> {
    let subject = subject_of(payload);
    let key = subject.and_then(|id| store.get_by_id(&id)?.live()).map(|key| *key.as_bytes());
    let is_renewed = subject.is_some_and(|id| store.is_renewed(&id));
    match open_record(head, payload, key.as_ref(), check || is_renewed, columns, scratch) {
        Err(LeafError::CommitmentMismatch(_)) if is_renewed => {
            open_record(head, payload, None, check, columns, scratch)
        }
        opened => opened,
    }
}
