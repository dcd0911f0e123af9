//! API keys: who may file for which institution, who may look at everything.
//!
//! A key is `jw_<id>_<secret>`. Only the SHA-256 of the secret is stored; the secret has 256 bits
//! from the system's generator, so a slow password hash would add nothing.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::time::SystemTime;

use model::fault::{Fault, FaultCode};
use model::institution::InstitutionId;
use model::time::Time;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a key allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Files for one institution and sees its own receipts and refusals.
    Institution(InstitutionId),
    /// Sees grades, findings and filings of all institutions.
    Supervisor,
    /// A person of the supervisor's, by the identifier of the roster: sees what a supervisor sees, and
    /// acts at the desk with the post that the roster gives.
    Person(String),
    /// A partner agency, by the identifier of the roster: sees its own orders and answers them.
    Partner(String),
}

/// A key as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredKey {
    /// Its identifier, which is no secret.
    pub id: String,
    /// What it allows.
    pub role: Role,
    /// SHA-256 of the secret, hexadecimal.
    secret_sha256: String,
    /// When it was issued.
    pub issued_at: Time,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revoked_at: Option<Time>,
}

#[derive(Debug, Default)]
struct Loaded {
    keys: Vec<StoredKey>,
    modified: Option<SystemTime>,
}

/// The keys of a data directory; a change of the file by another process is noticed.
#[derive(Debug)]
pub struct Access {
    path: PathBuf,
    loaded: RwLock<Loaded>,
}

impl Access {
    /// The keys in a file, none when it is not there.
    ///
    /// # Errors
    /// The file system's, or a file that is not a list of keys.
    pub fn open(path: &Path) -> io::Result<Self> {
        let access = Self { path: path.to_owned(), loaded: RwLock::default() };
        access.reload_if_changed()?;
        Ok(access)
    }

    fn reload_if_changed(&self) -> io::Result<()> {
        let modified = match std::fs::metadata(&self.path) {
            Ok(metadata) => Some(metadata.modified()?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if self.loaded.read().unwrap_or_else(PoisonError::into_inner).modified == modified {
            return Ok(());
        }
        let keys = match modified {
            Some(_) => serde_json::from_slice(&std::fs::read(&self.path)?)?,
            None => Vec::new(),
        };
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Loaded { keys, modified };
        Ok(())
    }

    /// Issues a key; the text returned is shown once and stored nowhere.
    ///
    /// # Errors
    /// The file system's.
    pub fn issue(&self, role: Role, now: Time) -> io::Result<String> {
        let mut random = [0u8; 38];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let (id, secret) = random.split_at(6);
        let (id, secret) = (hex::encode(id), hex::encode(secret));
        let stored = StoredKey {
            id: id.clone(),
            role,
            secret_sha256: digest(&secret),
            issued_at: now,
            revoked_at: None,
        };
        self.change(|keys| keys.push(stored))?;
        Ok(format!("jw_{id}_{secret}"))
    }

    /// Revokes a key by its identifier; says whether there was one.
    ///
    /// # Errors
    /// The file system's.
    pub fn revoke(&self, id: &str, now: Time) -> io::Result<bool> {
        let mut found = false;
        self.change(|keys| {
            for key in keys.iter_mut().filter(|key| key.id == id) {
                key.revoked_at.get_or_insert(now);
                found = true;
            }
        })?;
        Ok(found)
    }

    fn change(&self, change: impl FnOnce(&mut Vec<StoredKey>)) -> io::Result<()> {
        self.reload_if_changed()?;
        let mut keys = self.list();
        change(&mut keys);
        if let Some(parent) = self.path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        crate::files::write_secret(&self.path, &serde_json::to_vec_pretty(&keys)?)?;
        self.reload_if_changed()
    }

    /// All keys, revoked ones included.
    pub fn list(&self) -> Vec<StoredKey> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).keys.clone()
    }

    /// What the bearer of a key may do.
    ///
    /// # Errors
    /// [`FaultCode::KeyUnknown`], [`FaultCode::KeyRevoked`], [`FaultCode::StorageFailed`].
    pub fn role_of(&self, key: &str) -> Result<Role, Fault> {
        self.reload_if_changed().map_err(|error| {
            Fault::whole(FaultCode::StorageFailed, format!("The keys cannot be read: {error}."))
        })?;
        let unknown = || Fault::whole(FaultCode::KeyUnknown, "The API key is not known.");
        let (id, secret) =
            key.strip_prefix("jw_").and_then(|rest| rest.split_once('_')).ok_or_else(unknown)?;
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        let stored = loaded.keys.iter().find(|stored| stored.id == id).ok_or_else(unknown)?;
        // Digests of 256-bit secrets: how long comparing them takes tells nothing of use.
        if stored.secret_sha256 != digest(secret) {
            return Err(unknown());
        }
        match stored.revoked_at {
            Some(_) => Err(Fault::whole(FaultCode::KeyRevoked, "The API key was revoked.")),
            None => Ok(stored.role.clone()),
        }
    }
}

/// The part of a key that is no secret.
pub fn identifier(key: &str) -> Option<&str> {
    key.strip_prefix("jw_")?.split_once('_').map(|(id, _)| id)
}

fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_works_until_it_is_revoked_and_its_secret_is_not_stored() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("access/keys.json");
        let access = Access::open(&path).unwrap();
        let role = Role::Institution(InstitutionId::synthetic(7));
        let key = access.issue(role.clone(), Time(0)).unwrap();
        assert_eq!(access.role_of(&key).unwrap(), role);
        let secret = key.rsplit('_').next().unwrap();
        assert!(!std::fs::read_to_string(&path).unwrap().contains(secret));

        // Another process revokes it.
        let id = key.split('_').nth(1).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert!(Access::open(&path).unwrap().revoke(id, Time(5)).unwrap());
        assert_eq!(access.role_of(&key).unwrap_err().code, FaultCode::KeyRevoked);
        for wrong in ["", "jw_", "jw_x_y", &key[..key.len() - 1]] {
            assert_eq!(access.role_of(wrong).unwrap_err().code, FaultCode::KeyUnknown, "{wrong}");
        }
    }
}
