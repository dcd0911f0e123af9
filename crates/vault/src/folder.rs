//! The vault in a folder.
//!
//! ```text
//! objects/ab/cdef…        the bytes, named by their digest; nobody may write them (0440)
//! objects/ab/cdef….lock   {"sha256": …, "bytes": …, "retained_until": …}
//! parts/                  what is being received
//! LOCK                    held while dates are changed
//! ```
//!
//! An object gets its name only when all of it is durable and its date stands beside it, so that a
//! crash leaves either nothing or all. The date is a promise of this program, and of file modes
//! against accidents: who is root can break it. `docs/call-up.md` says what prevents that.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use model::time::Day;

use crate::content::{Content, ContentHash, receive};
use crate::{Stored, VaultError, at};

/// The owner and the group may read; nobody may write.
const KEPT_MODE: u32 = 0o440;

#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    parts: AtomicU64,
}

/// A file that is being received; it goes when it is dropped without a name of its own.
struct Part {
    path: PathBuf,
    file: File,
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl Folder {
    pub(crate) fn open(root: &Path) -> Result<Self, VaultError> {
        let folder = Self { root: root.to_owned(), parts: AtomicU64::new(0) };
        folder.clear_parts()?;
        Ok(folder)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    fn objects(&self) -> PathBuf {
        self.root.join("objects")
    }

    fn parts(&self) -> PathBuf {
        self.root.join("parts")
    }

    fn object(&self, sha256: &ContentHash) -> PathBuf {
        let name = sha256.to_string();
        let (shelf, rest) = name.split_at(2);
        self.objects().join(shelf).join(rest)
    }

    fn lock_file(&self, sha256: &ContentHash) -> PathBuf {
        self.object(sha256).with_extension("lock")
    }

    /// Makes the folders when they are first needed.
    fn make(&self) -> Result<(), VaultError> {
        for path in [self.objects(), self.parts()] {
            fs::create_dir_all(&path).map_err(at(&path))?;
        }
        sync(&self.root)
    }

    /// Removes what a crash left half received. Who still receives holds a lock on it.
    fn clear_parts(&self) -> Result<(), VaultError> {
        let parts = self.parts();
        for entry in entries(&parts)? {
            let path = entry.map_err(at(&parts))?.path();
            if File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
                fs::remove_file(&path).map_err(at(&path))?;
            }
        }
        Ok(())
    }

    fn new_part(&self) -> Result<Part, VaultError> {
        let number = self.parts.fetch_add(1, Ordering::Relaxed);
        let path = self.parts().join(format!("{}-{number}", std::process::id()));
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&path);
        let file = file.map_err(at(&path))?;
        file.try_lock().map_err(|error| at(&path)(error.into()))?;
        Ok(Part { path, file })
    }

    /// Held by whoever changes a date or removes an object, in whatever process.
    fn exclusively(&self) -> Result<File, VaultError> {
        let path = self.root.join("LOCK");
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(at(&path))?;
        file.lock().map_err(at(&path))?;
        Ok(file)
    }

    pub(crate) fn put(&self, content: &mut dyn io::Read, retained_until: Day) -> Result<Stored, VaultError> {
        self.make()?;
        let mut part = self.new_part()?;
        let (sha256, bytes) = receive(content, &mut part.file, u64::MAX, at(&part.path))?;
        part.file.sync_all().map_err(at(&part.path))?;
        part.file.set_permissions(Permissions::from_mode(KEPT_MODE)).map_err(at(&part.path))?;
        // An object that was damaged since is made whole again.
        let is_whole = self.is_whole(&sha256);
        let object = self.object(&sha256);
        let shelf = object.parent().unwrap_or(&self.root);
        let _held = self.exclusively()?;
        fs::create_dir_all(shelf).map_err(at(shelf))?;
        sync(&self.objects())?;
        let held = self.dated(&sha256).map_or(retained_until, |known| known.retained_until);
        let stored = Stored { sha256, bytes, retained_until: held.max(retained_until) };
        self.write_lock_file(&stored)?;
        if !(is_whole && object.exists()) {
            fs::rename(&part.path, &object).map_err(at(&object))?;
        }
        sync(shelf)?;
        Ok(stored)
    }

    fn is_whole(&self, sha256: &ContentHash) -> bool {
        self.get(sha256).is_ok_and(|mut content| io::copy(&mut content, &mut io::sink()).is_ok())
    }

    fn write_lock_file(&self, stored: &Stored) -> Result<(), VaultError> {
        let path = self.lock_file(&stored.sha256);
        let mut part = self.new_part()?;
        let text = serde_json::to_vec(stored).map_err(|error| at(&path)(error.into()))?;
        part.file.write_all(&text).map_err(at(&path))?;
        part.file.set_permissions(Permissions::from_mode(KEPT_MODE)).map_err(at(&path))?;
        part.file.sync_all().map_err(at(&path))?;
        fs::rename(&part.path, &path).map_err(at(&path))?;
        sync(path.parent().unwrap_or(&self.root))
    }

    /// What the file beside an object says.
    fn dated(&self, sha256: &ContentHash) -> Result<Stored, VaultError> {
        let path = self.lock_file(sha256);
        let undated = |reason: String| VaultError::Undated { sha256: *sha256, path: path.clone(), reason };
        let text = fs::read(&path).map_err(|error| undated(error.to_string()))?;
        let stored: Stored = serde_json::from_slice(&text).map_err(|error| undated(error.to_string()))?;
        match stored.sha256 == *sha256 {
            true => Ok(stored),
            false => Err(undated("it is another object's".to_owned())),
        }
    }

    pub(crate) fn stored(&self, sha256: &ContentHash) -> Result<Stored, VaultError> {
        let object = self.object(sha256);
        match object.try_exists() {
            Ok(true) => self.dated(sha256),
            Ok(false) => Err(VaultError::NotFound(*sha256)),
            Err(error) => Err(at(&object)(error)),
        }
    }

    pub(crate) fn extend(&self, sha256: &ContentHash, retained_until: Day) -> Result<Stored, VaultError> {
        self.stored(sha256)?;
        let _held = self.exclusively()?;
        let stored = self.stored(sha256)?;
        if retained_until < stored.retained_until {
            let (held, asked) = (stored.retained_until, retained_until);
            return Err(VaultError::Shortened { sha256: *sha256, held, asked });
        }
        let stored = Stored { retained_until, ..stored };
        self.write_lock_file(&stored)?;
        Ok(stored)
    }

    pub(crate) fn get(&self, sha256: &ContentHash) -> Result<Content, VaultError> {
        let path = self.object(sha256);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(VaultError::NotFound(*sha256));
            }
            Err(error) => return Err(at(&path)(error)),
        };
        let bytes = file.seek(io::SeekFrom::End(0)).map_err(at(&path))?;
        file.rewind().map_err(at(&path))?;
        Ok(Content::new(file, *sha256, bytes))
    }

    pub(crate) fn delete(&self, sha256: &ContentHash, today: Day) -> Result<(), VaultError> {
        self.stored(sha256)?;
        let _held = self.exclusively()?;
        let stored = self.stored(sha256)?;
        if today <= stored.retained_until {
            return Err(VaultError::Retained { sha256: *sha256, until: stored.retained_until });
        }
        let (object, lock_file) = (self.object(sha256), self.lock_file(sha256));
        fs::remove_file(&object).map_err(at(&object))?;
        fs::remove_file(&lock_file).map_err(at(&lock_file))?;
        sync(object.parent().unwrap_or(&self.root))
    }

    pub(crate) fn list(&self) -> Result<Vec<Stored>, VaultError> {
        let objects = self.objects();
        let mut names = Vec::new();
        for shelf in entries(&objects)? {
            let shelf = shelf.map_err(at(&objects))?.path();
            for object in entries(&shelf)? {
                let object = object.map_err(at(&shelf))?.file_name();
                let name = format!("{}{}", file_name(&shelf), object.to_string_lossy());
                names.extend(name.parse::<ContentHash>());
            }
        }
        names.sort_unstable();
        names.iter().map(|name| self.dated(name)).collect()
    }
}

/// What lies in a folder; nothing while it was not made.
fn entries(folder: &Path) -> Result<Vec<io::Result<fs::DirEntry>>, VaultError> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries.collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(at(folder)(error)),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Makes names in a folder durable.
fn sync(folder: &Path) -> Result<(), VaultError> {
    File::open(folder).and_then(|file| file.sync_all()).map_err(at(folder))
}
