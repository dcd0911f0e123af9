//! Keyed hashes by which records are told apart.

use std::hash::Hasher;
use std::path::Path;

use model::columns::Columns;
use model::spec::StreamSpec;
use siphasher::sip128::{Hasher128, SipHasher13};

/// The secret under which records are hashed, so that no filer can foresee a collision.
#[derive(Clone)]
pub struct IdentityKey(SipHasher13);

const FILE: &str = "record-identity.key";

impl IdentityKey {
    /// Reads the secret of a data directory, making it first if there is none.
    ///
    /// # Errors
    /// The file system's.
    pub fn open(keys_dir: &Path) -> std::io::Result<Self> {
        let path = keys_dir.join(FILE);
        let secret = match std::fs::read(&path) {
            Ok(secret) => secret,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut secret = vec![0; 16];
                getrandom::fill(&mut secret).map_err(std::io::Error::other)?;
                crate::files::write_secret(&path, &secret)?;
                secret
            }
            Err(error) => return Err(error),
        };
        let secret = <[u8; 16]>::try_from(secret)
            .map_err(|_| std::io::Error::other(format!("{} is not 16 bytes long", path.display())))?;
        Ok(Self(SipHasher13::new_with_key(&secret)))
    }

    /// The hash of institution, stream, record id and revision.
    #[inline]
    pub fn record(&self, institution: &str, stream: &StreamSpec, id: &str, revision: u64) -> u128 {
        let mut hasher = self.0;
        // The institution has 18 or 20 characters and the record id is last, so no two different
        // records give the same bytes.
        hasher.write(&[stream.number, institution.len() as u8]);
        hasher.write(institution.as_bytes());
        hasher.write(&revision.to_le_bytes());
        hasher.write(id.as_bytes());
        hasher.finish128().as_u128()
    }

    /// The hash of a row, and of the revision before it if it is one.
    pub fn row(
        &self,
        institution: &str,
        stream: &StreamSpec,
        columns: &Columns,
        row: usize,
    ) -> (u128, Option<u128>) {
        let (id, revision) = (columns.id(row), columns.revision(row));
        let previous = revision.checked_sub(1).map(|before| self.record(institution, stream, id, before));
        (self.record(institution, stream, id, revision), previous)
    }
}
