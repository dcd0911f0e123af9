//! A chunk of a filing: some thousand records on their way from the lines to the ledger.

use std::sync::Arc;

use ledger::keystore::{KeyError, KeyStore};
use ledger::{BatchError, EntryBatch, SecondTree};
use model::columns::Columns;
use model::spec::StreamSpec;
use seal::leaf::{Scratch, seal_records};
use store::seen::RecordKey;

use crate::identity::IdentityKey;
use crate::subjects::RowSubjects;

/// Records in a chunk. Large enough that vectorised rules and the tree pay off, small enough
/// that a chunk stays in the processor's second cache.
pub const CHUNK_RECORDS: usize = 4096;

/// Records validated and sealed, waiting for their place in the ledger.
pub struct Chunk {
    /// The stream.
    pub stream: &'static StreamSpec,
    /// The institution.
    pub institution: Arc<str>,
    /// The records.
    pub columns: Columns,
    /// Their entries.
    pub entries: EntryBatch,
    /// What tells them apart.
    pub keys: Vec<RecordKey>,
    /// Persons among them who had been erased and are known by a new key now.
    pub renewed: u64,
}

/// Why a chunk could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Keys could not be stored.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The entries do not fit a batch.
    #[error(transparent)]
    Batch(#[from] BatchError),
}

/// Seals records: the work of an intake thread, done before the one writer sees them.
///
/// # Errors
/// [`SealError`].
pub fn seal_chunk(
    stream: &'static StreamSpec,
    institution: &Arc<str>,
    columns: Columns,
    store: &KeyStore,
    identity: &IdentityKey,
    second: Option<SecondTree>,
    scratch: &mut Scratch,
) -> Result<Chunk, SealError> {
    let subjects = RowSubjects::for_rows(store, stream, institution, &columns)?;
    let mut entries = EntryBatch::default();
    seal_records(stream, institution, &columns, |row| subjects.of_row(row), &mut entries, scratch)?;
    entries.hash(second)?;
    let keys = entries
        .leaf_hashes
        .iter()
        .enumerate()
        .map(|(row, leaf_hash)| {
            let (id, previous) = identity.row(institution, stream, &columns, row);
            // Sealing is a function of the record, and its commitments are keyed, so the leaf
            // hash serves as the keyed hash of the content.
            let content = leaf_hash.0.first_chunk::<8>().copied().map_or(0, u64::from_le_bytes);
            RecordKey { id, previous, content }
        })
        .collect();
    Ok(Chunk {
        stream,
        institution: Arc::clone(institution),
        columns,
        entries,
        keys,
        renewed: subjects.renewed,
    })
}

/// The entries that `keep` names, in order.
///
/// # Errors
/// [`BatchError`].
pub fn kept_entries(entries: &EntryBatch, keep: &[bool]) -> Result<EntryBatch, BatchError> {
    let mut kept = EntryBatch::default();
    let (mut leaf_start, mut payload_start) = (0, 0);
    for (row, keep) in keep.iter().enumerate() {
        let leaf_end = entries.leaf_ends.get(row).map_or(leaf_start, |end| *end as usize);
        let payload_end = entries.payload_ends.get(row).map_or(payload_start, |end| *end as usize);
        if *keep {
            kept.push(
                entries.leaves.get(leaf_start..leaf_end).unwrap_or_default(),
                entries.payloads.get(payload_start..payload_end).unwrap_or_default(),
            )?;
            kept.leaf_hashes.extend(entries.leaf_hashes.get(row).copied());
            kept.sm3_hashes.extend(entries.sm3_hashes.get(row).copied());
        }
        (leaf_start, payload_start) = (leaf_end, payload_end);
    }
    Ok(kept)
}
