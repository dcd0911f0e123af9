//! From columns to entries of the ledger.

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use ledger::EntryBatch;
use ledger::keystore::SubjectId;
use model::canonical::write_row;
use model::columns::Columns;
use model::spec::{Record, Sealing as FieldSealing};
use model::streams::Transaction;
use seal::Subject;
use seal::leaf::{Scratch, seal_records};
use tlog::Hash;
use tlog::hasher::{ShortKey, ShortMessage, hmac_sha256_short};

use super::{Cost, Fallible, Part, Role, part};

/// Blocks that AES is given at once.
const BLOCKS_AT_ONCE: usize = 8;
/// What the entries' payloads begin with: the name of the subject, in clear.
const SUBJECT_BYTES: usize = 16;

/// The parts of sealing, and sealing as the server does it.
pub(super) struct Sealing {
    institution: String,
    scratch: Scratch,
    canonical: Cost,
    commitments: Cost,
    encryption: Cost,
    sealed: Cost,
    leaf_hash: Cost,
}

impl Sealing {
    pub(super) fn new(institution: &str) -> Self {
        Self {
            institution: institution.to_owned(),
            scratch: Scratch::default(),
            canonical: Cost::default(),
            commitments: Cost::default(),
            encryption: Cost::default(),
            sealed: Cost::default(),
            leaf_hash: Cost::default(),
        }
    }

    /// Seals the chunks of a block.
    pub(super) fn block(&mut self, chunks: &[Columns]) -> Fallible<Vec<EntryBatch>> {
        let mut canonical = Vec::new();
        self.canonical.of(|| {
            for columns in chunks {
                canonical.clear();
                for row in 0..columns.len() {
                    write_row(columns, row, &mut canonical);
                }
            }
            Ok(())
        })?;
        let subject = Subject { id: SubjectId([1; SUBJECT_BYTES]), key: [7; 32] };
        let mut entries: Vec<EntryBatch> = chunks.iter().map(|_| EntryBatch::default()).collect();
        self.sealed.of(|| {
            for (columns, entries) in chunks.iter().zip(&mut entries) {
                let stream = Transaction::STREAM;
                seal_records(stream, &self.institution, columns, |_| subject, entries, &mut self.scratch)?;
            }
            Ok(())
        })?;
        self.leaf_hash.of(|| Ok(entries.iter_mut().try_for_each(|entries| entries.hash(None))?))?;
        for (columns, entries) in chunks.iter().zip(&entries) {
            self.hash_and_encrypt(columns, entries)?;
        }
        Ok(entries)
    }

    /// As many commitments and as many encrypted bytes as sealing made, and nothing else.
    fn hash_and_encrypt(&mut self, columns: &Columns, entries: &EntryBatch) -> Fallible<()> {
        let fields = Transaction::STREAM.fields.iter().zip(columns.columns());
        let committed = fields.filter(|(field, _)| field.sealing == FieldSealing::Committed);
        let values = committed.map(|(_, column)| columns.len() - column.validity().absent_count()).sum();
        let (keys, messages) = short_messages(values, 19);
        let mut codes: Vec<Hash> = Vec::with_capacity(values);
        self.commitments.of(|| {
            hmac_sha256_short(&keys, &messages, &mut codes);
            Ok(())
        })?;
        let (keys, messages) = short_messages(entries.len(), 40);
        let mut payloads = entries.payloads.clone();
        let fields = values.div_ceil(entries.len().max(1));
        self.encryption.of(|| {
            codes.clear();
            hmac_sha256_short(&keys, &messages, &mut codes);
            encrypt(&codes, &entries.payload_ends, fields, &mut payloads);
            Ok(())
        })
    }

    pub(super) fn parts(&self) -> Vec<Part> {
        vec![
            part("canonical form (CBOR)", self.canonical, Role::Sealed),
            part("commitments (HMAC-SHA-256)", self.commitments, Role::Sealed),
            part("encryption (record key, salts, AES-128)", self.encryption, Role::Sealed),
            part("  these three as the server does them", self.sealed, Role::Shown),
            part("leaf hash", self.leaf_hash, Role::Sealed),
        ]
    }
}

/// Keys and messages of a usual length; what they hold makes no difference to the time.
fn short_messages(count: usize, bytes: usize) -> (Vec<ShortKey>, Vec<ShortMessage>) {
    let text = vec![0x5a; bytes];
    let message = ShortMessage::new(&[&text]).unwrap_or_default();
    (vec![[7; 32]; count], vec![message; count])
}

/// For each record: the key schedule, the salts of its fields, and its payload encrypted.
fn encrypt(codes: &[Hash], ends: &[u32], fields: usize, payloads: &mut [u8]) {
    let mut rest = payloads;
    let mut start = 0;
    for (code, end) in codes.iter().zip(ends) {
        let (payload, after) = std::mem::take(&mut rest).split_at_mut((*end - start) as usize);
        (rest, start) = (after, *end);
        let mut key = Array::default();
        for (target, byte) in key.iter_mut().zip(code.0) {
            *target = byte;
        }
        let cipher = Aes128::new(&key);
        for _ in 0..fields.div_ceil(BLOCKS_AT_ONCE) {
            std::hint::black_box(keystream(&cipher, 1, 0));
        }
        let secret = payload.get_mut(SUBJECT_BYTES..).unwrap_or_default();
        for (index, part) in secret.chunks_mut(16 * BLOCKS_AT_ONCE).enumerate() {
            let stream = keystream(&cipher, 2, (index * BLOCKS_AT_ONCE) as u32);
            for (byte, key) in part.iter_mut().zip(stream.iter().flatten()) {
                *byte ^= key;
            }
        }
    }
}

fn keystream(
    cipher: &Aes128,
    domain: u8,
    first: u32,
) -> [Array<u8, aes::cipher::consts::U16>; BLOCKS_AT_ONCE] {
    let mut blocks = std::array::from_fn(|index| {
        let [a, b, c, d] = (first + index as u32).to_be_bytes();
        Array::from([domain, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d])
    });
    cipher.encrypt_blocks(&mut blocks);
    blocks
}
