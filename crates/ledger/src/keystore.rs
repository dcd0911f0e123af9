//! A random key for each subject: a person (by pseudonym) or an institution. What is encrypted or
//! committed to with it becomes unreadable when the key is destroyed; the tree still verifies.
//!
//! ```text
//! keys/master.key       wraps everything below; owner only
//! keys/subjects.keys    a header and one record of 84 bytes for each key, only appended to
//! keys/subjects.erased  which records were erased, written before they are overwritten
//! keys/LOCK             held by the one writer
//! ```
//!
//! A subject is stored as a keyed hash: without the master key the files do not tell who is in
//! them.
//!
//! **Invariant:** a key is durable before anybody sees it.
//!
//! **Invariant:** an erased key is gone from memory and file when [`KeyStore::erase`] returns, and
//! comes back under no circumstances; only [`KeyStore::renew`] gives the subject another one.
//! (Copies of the file and blocks that the file system or the drive relocated are beyond this:
//! keep the master key apart from backups.)

mod erasures;
mod master;
mod records;
mod table;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hashbrown::HashSet;
use siphasher::sip128::SipHasher13;

use self::{
    erasures::{Erased, ErasureLog},
    master::MasterKey,
    records::{HEADER_BYTES, RecordFile},
    table::Table,
};
use crate::{LedgerError, faults::Faults, lock::DirLock};

/// Checks the form of the key files under `ledger_dir` without opening a key; returns the bytes
/// that interrupted writes and erasures left.
pub(crate) fn check_files(ledger_dir: &Path) -> Result<u64, LedgerError> {
    let paths = Paths::of(ledger_dir);
    let (erased, torn_bytes) = erasures::read(&paths.erased)?;
    let loaded = records::read(&paths.subjects, &erased)?;
    Ok(torn_bytes + loaded.torn_bytes + 64 * loaded.unfinished.len() as u64)
}

/// A subject's key: 32 random bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SubjectKey([u8; 32]);

impl SubjectKey {
    /// The key's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The secret stays out of logs.
impl std::fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SubjectKey(…)")
    }
}

/// A subject as the key store knows it: a keyed hash (SipHash-1-3, 128 bits) of its name. It tells
/// the name to nobody who has not the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectId(pub [u8; 16]);

/// What the key store has for a subject that it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// The key.
    Live(SubjectKey),
    /// The key was destroyed.
    Erased,
}

impl KeyState {
    /// The key if it is live.
    #[must_use]
    pub fn live(self) -> Option<SubjectKey> {
        match self {
            Self::Live(key) => Some(key),
            Self::Erased => None,
        }
    }
}

/// What an erasure found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasure {
    /// The key was there and is destroyed.
    Done,
    /// It had been destroyed before.
    AlreadyErased,
    /// There never was one.
    Unknown,
}

/// A key store operation failed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Files, lock or format: see [`LedgerError`].
    #[error(transparent)]
    Store(#[from] LedgerError),
    /// The master key is not the one that wrapped the file.
    #[error("{} does not open {}", master.display(), file.display())]
    WrongMasterKey {
        /// The master key's file.
        master: PathBuf,
        /// The file that it should open.
        file: PathBuf,
    },
    /// An earlier write or fsync failed: what is on disk is unknown until the store is reopened.
    #[error("the key store stopped after a failed write and must be reopened: {reason}")]
    Poisoned {
        /// What failed first.
        reason: Arc<str>,
    },
    /// The store was opened for reading only.
    #[error("the key store was opened for reading only")]
    ReadOnly,
    /// More subjects than record numbers.
    #[error("the key store is full")]
    Full,
    /// Encryption refused; does not happen with keys of the right length.
    #[error("a key cannot be wrapped")]
    Wrap,
}

/// The keys of all subjects, shared by worker threads.
#[derive(Debug)]
pub struct KeyStore {
    index: SipHasher13,
    table: Table,
    /// `None`: opened for reading only.
    writer: Option<Mutex<Writer>>,
}

#[derive(Debug)]
struct Writer {
    master: MasterKey,
    records: RecordFile,
    erasures: ErasureLog,
    poisoned: Option<Arc<str>>,
    _lock: DirLock,
}

/// The files of the key store of a ledger.
#[derive(Clone, Debug)]
struct Paths {
    keys: PathBuf,
    master: PathBuf,
    subjects: PathBuf,
    erased: PathBuf,
}

impl Paths {
    fn of(ledger_dir: &Path) -> Self {
        let keys = ledger_dir.join("keys");
        Self {
            master: keys.join("master.key"),
            subjects: keys.join("subjects.keys"),
            erased: keys.join("subjects.erased"),
            keys,
        }
    }
}

impl KeyStore {
    /// Opens the key store of the ledger in `ledger_dir`, or creates it at the first start, and
    /// finishes what an interrupted write or erasure left.
    ///
    /// # Errors
    /// [`LedgerError::Locked`] when another process has it open; [`KeyError::WrongMasterKey`]; a
    /// missing or damaged file: nothing is created in its place.
    pub fn open(ledger_dir: &Path) -> Result<Self, KeyError> {
        Self::open_with_faults(ledger_dir, &Faults::none())
    }

    /// As [`KeyStore::open`], on a disk with planned failures, for tests.
    ///
    /// # Errors
    /// As [`KeyStore::open`].
    pub fn open_with_faults(ledger_dir: &Path, faults: &Faults) -> Result<Self, KeyError> {
        let paths = Paths::of(ledger_dir);
        fs::create_dir_all(&paths.keys).map_err(LedgerError::io("create", &paths.keys))?;
        let lock = DirLock::take(&paths.keys)?;
        if !paths.master.exists() {
            Self::create_files(&paths, faults)?;
        }
        let master = MasterKey::read(&paths.master)?;
        // An erasure counts from the moment it is in the log.
        let (erasures, erased) = ErasureLog::open(&paths.erased, faults)?;
        let (records, loaded) = RecordFile::open(&paths.subjects, &erased, faults)?;
        let (index, table) = unwrap_all(&paths, &master, &loaded)?;
        let writer = Writer { master, records, erasures, poisoned: None, _lock: lock };
        Ok(Self { index, table, writer: Some(Mutex::new(writer)) })
    }

    /// Opens a key store for reading only, without lock and without changing anything.
    ///
    /// # Errors
    /// As [`KeyStore::open`].
    pub fn open_read_only(ledger_dir: &Path) -> Result<Self, KeyError> {
        let paths = Paths::of(ledger_dir);
        let master = MasterKey::read(&paths.master)?;
        let (erased, _) = erasures::read(&paths.erased)?;
        let loaded = records::read(&paths.subjects, &erased)?;
        let (index, table) = unwrap_all(&paths, &master, &loaded)?;
        Ok(Self { index, table, writer: None })
    }

    /// The master key comes last: with it in place the other files must be there.
    fn create_files(paths: &Paths, faults: &Faults) -> Result<(), KeyError> {
        if let Ok(meta) = fs::metadata(&paths.subjects)
            && meta.len() > HEADER_BYTES
        {
            let what = "the file is missing, and there are keys that it wrapped".to_owned();
            return Err(LedgerError::BadFile { path: paths.master.clone(), what }.into());
        }
        let master = MasterKey::random(&paths.master)?;
        ErasureLog::create(&paths.erased, faults)?;
        RecordFile::create(&paths.subjects, &master, faults)?;
        Ok(master.write(&paths.master, faults)?)
    }

    /// The store's name for a subject.
    #[must_use]
    pub fn id(&self, subject: &[u8]) -> SubjectId {
        SubjectId(self.index.hash(subject).as_bytes())
    }

    /// Number of subjects, erased ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether no subject has a key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The key of a subject; `None` when it never had one.
    #[must_use]
    pub fn get(&self, subject: &[u8]) -> Option<KeyState> {
        self.get_by_id(&self.id(subject))
    }

    /// The same by the store's name for the subject.
    #[must_use]
    pub fn get_by_id(&self, id: &SubjectId) -> Option<KeyState> {
        self.table.get(id).map(|(state, _)| state)
    }

    /// Whether a subject was erased and came back: what was sealed before is under a key that is gone.
    #[must_use]
    pub fn is_renewed(&self, id: &SubjectId) -> bool {
        self.table.is_renewed(id)
    }

    /// The keys of `subjects`, in order. Those who have none yet get one; all new keys are made
    /// durable together before this returns. An erased subject stays erased.
    ///
    /// # Errors
    /// [`KeyError::ReadOnly`] and [`KeyError::Poisoned`] when a key has to be made;
    /// [`LedgerError::DiskFull`], after which the store goes on.
    pub fn get_or_create<S: AsRef<[u8]>>(&self, subjects: &[S]) -> Result<Vec<KeyState>, KeyError> {
        let ids: Vec<SubjectId> = subjects.iter().map(|subject| self.id(subject.as_ref())).collect();
        self.get_or_create_by_id(&ids)
    }

    /// The same by the store's names for the subjects.
    ///
    /// # Errors
    /// As [`KeyStore::get_or_create`].
    pub fn get_or_create_by_id(&self, ids: &[SubjectId]) -> Result<Vec<KeyState>, KeyError> {
        let known = || ids.iter().map(|id| self.get_by_id(id));
        if let Some(all) = known().collect() {
            return Ok(all);
        }
        let mut writer = self.writer()?;
        // Another thread may have made some in the meantime; one subject may be asked for twice.
        let mut missing = HashSet::new();
        let mut new: Vec<SubjectId> = Vec::new();
        for (id, state) in ids.iter().zip(known()) {
            if state.is_none() && missing.insert(*id) {
                new.push(*id);
            }
        }
        writer.append(&new, &self.table)?;
        drop(writer);
        known().collect::<Option<_>>().ok_or(KeyError::Full)
    }

    /// Destroys a subject's key: in the file, durably, and in memory. Callers that keep keys of
    /// their own drop them.
    ///
    /// # Errors
    /// [`KeyError::ReadOnly`], [`KeyError::Poisoned`]. After a failed write the key is out of
    /// memory, and opening the store again finishes the erasure if its record had become durable.
    pub fn erase(&self, subject: &[u8]) -> Result<Erasure, KeyError> {
        let id = self.id(subject);
        let mut writer = self.writer()?;
        match self.table.get(&id) {
            None => Ok(Erasure::Unknown),
            Some((KeyState::Erased, _)) => Ok(Erasure::AlreadyErased),
            Some((KeyState::Live(_), slot)) => {
                self.table.insert(id, KeyState::Erased, slot);
                writer.erase(slot)?;
                Ok(Erasure::Done)
            }
        }
    }

    /// Gives an erased subject a new key, for one who comes back after an erasure. What was under
    /// the old key stays unreadable.
    ///
    /// # Errors
    /// As [`KeyStore::get_or_create`].
    pub fn renew(&self, subject: &[u8]) -> Result<KeyState, KeyError> {
        let id = self.id(subject);
        let mut writer = self.writer()?;
        if !matches!(self.table.get(&id), Some((KeyState::Live(_), _))) {
            writer.append(&[id], &self.table)?;
        }
        drop(writer);
        self.get_by_id(&id).ok_or(KeyError::Full)
    }

    fn writer(&self) -> Result<MutexGuard<'_, Writer>, KeyError> {
        let writer = self.writer.as_ref().ok_or(KeyError::ReadOnly)?;
        let writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        match &writer.poisoned {
            Some(reason) => Err(KeyError::Poisoned { reason: Arc::clone(reason) }),
            None => Ok(writer),
        }
    }
}

impl Writer {
    /// Makes a key for each of `ids` and puts it into `table` once it is durable.
    fn append(&mut self, ids: &[SubjectId], table: &Table) -> Result<(), KeyError> {
        if ids.is_empty() {
            return Ok(());
        }
        let (first, records, keys) = self.records.wrap_new(ids, &self.master)?;
        match self.records.append(&records) {
            Ok(()) => {}
            Err(records::AppendError::Full(needed_bytes)) => {
                let path = self.records.path().to_owned();
                return Err(LedgerError::DiskFull { path, needed_bytes }.into());
            }
            Err(records::AppendError::Failed(error)) => {
                return Err(self.poison(format!("cannot write {}: {error}", self.records.path().display())));
            }
        }
        for ((slot, id), key) in (first..).zip(ids).zip(keys) {
            table.insert(*id, KeyState::Live(key), slot);
        }
        Ok(())
    }

    fn erase(&mut self, slot: u32) -> Result<(), KeyError> {
        let logged = self.records.head(slot).and_then(|head| self.erasures.append(&Erased { slot, head }));
        if let Err(error) = logged {
            return Err(self.poison(format!("cannot record an erasure: {error}")));
        }
        if let Err(error) = self.records.overwrite(slot) {
            return Err(self.poison(format!("cannot overwrite an erased key: {error}")));
        }
        Ok(())
    }

    fn poison(&mut self, reason: String) -> KeyError {
        let reason: Arc<str> = reason.into();
        self.poisoned = Some(Arc::clone(&reason));
        KeyError::Poisoned { reason }
    }
}

/// Opens the index key and every live key.
fn unwrap_all(
    paths: &Paths,
    master: &MasterKey,
    loaded: &records::Loaded,
) -> Result<(SipHasher13, Table), KeyError> {
    let wrong_key =
        || KeyError::WrongMasterKey { master: paths.master.clone(), file: paths.subjects.clone() };
    let index_key = loaded.header.unwrap(master).ok_or_else(wrong_key)?;
    let index_key = index_key.first_chunk::<16>().ok_or(KeyError::Wrap)?;
    let index = SipHasher13::new_with_key(index_key);
    let table = Table::with_capacity(loaded.records.len());
    for (slot, record) in (0_u32..).zip(&loaded.records) {
        let state = match record.is_erased() {
            true => KeyState::Erased,
            false => KeyState::Live(record.unwrap(slot, master).ok_or_else(wrong_key)?),
        };
        // A later record of the same subject is a renewal after an erasure.
        if let Some((KeyState::Live(_), before)) = table.get(&record.id()) {
            let what = format!("records {before} and {slot} are of the same subject");
            return Err(LedgerError::BadFile { path: paths.subjects.clone(), what }.into());
        }
        table.insert(record.id(), state, slot);
    }
    Ok((index, table))
}

#[cfg(test)]
mod tests;
