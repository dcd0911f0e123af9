//! An object store for evidence that cannot be deleted before its date: recordings that were
//! called up (requirement 1.8).
//!
//! What is stored is named by its SHA-256. It lies in a local folder ([`Vault::folder`]) or in a
//! bucket of S3 with object lock ([`Vault::s3`]), each object with the last day on which it is
//! kept. That day can only be moved later.
//!
//! **Invariant:** what [`Vault::put`] returned is durable, is named by its digest, and bears its date.
//! **Invariant:** no call deletes an object before its date has passed, and none moves that date nearer.
//! **Invariant:** what is read back is what was put, or reading it ends with an error.
#![deny(clippy::indexing_slicing)]

mod content;
mod folder;
pub mod s3;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use model::clock::Clock;
use model::time::Day;
use serde::{Deserialize, Serialize};

pub use content::{Content, ContentHash, MalformedHash};
use folder::Folder;
use s3::{S3, S3Config};

/// An object of the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stored {
    /// Its name: the SHA-256 of its bytes.
    pub sha256: ContentHash,
    /// How many bytes it has.
    pub bytes: u64,
    /// The last day on which it is kept.
    pub retained_until: Day,
}

/// Why the vault did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// There is no such object.
    #[error("the vault holds nothing with the digest {0}")]
    NotFound(ContentHash),
    /// It is to be kept longer.
    #[error("{sha256} is kept until {until} and can be deleted from the day after only")]
    Retained {
        /// Which object.
        sha256: ContentHash,
        /// The last day on which it is kept.
        until: Day,
    },
    /// It would be kept for less long.
    #[error("{sha256} is kept until {held}; that can be moved later only, not to {asked}")]
    Shortened {
        /// Which object.
        sha256: ContentHash,
        /// The last day on which it is kept.
        held: Day,
        /// The day that was asked for.
        asked: Day,
    },
    /// The bytes to be stored ended with an error; nothing was kept.
    #[error("the content broke off: {0}")]
    Content(#[source] io::Error),
    /// There are more bytes than the store takes as one object; nothing was kept.
    #[error("the content has more than {0} bytes, the most that the store takes as one object")]
    TooLarge(u64),
    /// A file or folder.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the file system says.
        source: io::Error,
    },
    /// The date of an object cannot be told, so it is kept.
    #[error("{path} does not say until when {sha256} is kept ({reason}); it is kept")]
    Undated {
        /// Which object.
        sha256: ContentHash,
        /// Where its date should stand.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The setting of a store over the network is not one that can be used.
    #[error("{0}")]
    Setting(String),
    /// The store over the network cannot be reached.
    #[error("the store cannot be reached: {0}")]
    Connection(String),
    /// The store over the network answered something else than what was wanted.
    #[error("the store refuses to {what}: {status} {code}")]
    Refused {
        /// What it was asked to do.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// Its code, such as `AccessDenied`.
        code: String,
    },
    /// The store has the object and does not lock it, so when it may go cannot be told.
    #[error("the store has {0} and does not lock it against deletion; its bucket needs object lock")]
    NotLocked(ContentHash),
}

pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> VaultError {
    move |source| VaultError::File { path: path.to_owned(), source }
}

/// A place for evidence. Any number of threads may use it at once.
#[derive(Debug)]
pub struct Vault(Place);

#[derive(Debug)]
enum Place {
    Folder(Folder),
    S3(Box<S3>),
}

impl Vault {
    /// A folder of this machine, made when something is first put there.
    ///
    /// # Errors
    /// [`VaultError::File`].
    pub fn folder(path: &Path) -> Result<Self, VaultError> {
        Ok(Self(Place::Folder(Folder::open(path)?)))
    }

    /// A bucket of S3 with object lock. `clock` is the machine's: requests are signed with its
    /// time, and a store refuses a time that is minutes off. Nothing is sent yet.
    ///
    /// # Errors
    /// [`VaultError::Setting`].
    pub fn s3(config: S3Config, clock: Clock) -> Result<Self, VaultError> {
        Ok(Self(Place::S3(Box::new(S3::new(config, clock)?))))
    }

    /// Where it is, without any secret.
    pub fn place(&self) -> String {
        match &self.0 {
            Place::Folder(folder) => folder.root().display().to_string(),
            Place::S3(s3) => s3.place(),
        }
    }

    /// Stores everything that `content` gives, in bounded memory, to be kept until a day. When it
    /// is stored already it is kept until the later of both days.
    ///
    /// # Errors
    /// [`VaultError`]; then nothing was stored, or what was is locked as asked.
    pub fn put(&self, mut content: impl Read, retained_until: Day) -> Result<Stored, VaultError> {
        match &self.0 {
            Place::Folder(folder) => folder.put(&mut content, retained_until),
            Place::S3(s3) => s3.put(&mut content, retained_until),
        }
    }

    /// Keeps an object until a later day.
    ///
    /// # Errors
    /// [`VaultError::Shortened`] when the day is an earlier one; [`VaultError::NotFound`].
    pub fn extend(&self, sha256: &ContentHash, retained_until: Day) -> Result<Stored, VaultError> {
        match &self.0 {
            Place::Folder(folder) => folder.extend(sha256, retained_until),
            Place::S3(s3) => s3.extend(sha256, retained_until),
        }
    }

    /// What is known of an object.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Undated`].
    pub fn stored(&self, sha256: &ContentHash) -> Result<Stored, VaultError> {
        match &self.0 {
            Place::Folder(folder) => folder.stored(sha256),
            Place::S3(s3) => s3.stored(sha256),
        }
    }

    /// The bytes of an object; the last read fails when they are not those that were put.
    ///
    /// # Errors
    /// [`VaultError::NotFound`].
    pub fn get(&self, sha256: &ContentHash) -> Result<Content, VaultError> {
        match &self.0 {
            Place::Folder(folder) => folder.get(sha256),
            Place::S3(s3) => s3.get(sha256),
        }
    }

    /// Deletes an object whose date has passed.
    ///
    /// # Errors
    /// [`VaultError::Retained`] up to and on its last day; [`VaultError::NotFound`].
    pub fn delete(&self, sha256: &ContentHash, today: Day) -> Result<(), VaultError> {
        match &self.0 {
            Place::Folder(folder) => folder.delete(sha256, today),
            Place::S3(s3) => s3.delete(sha256, today),
        }
    }

    /// Every object, by digest.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn list(&self) -> Result<Vec<Stored>, VaultError> {
        match &self.0 {
            Place::Folder(folder) => folder.list(),
            Place::S3(s3) => s3.list(),
        }
    }
}
