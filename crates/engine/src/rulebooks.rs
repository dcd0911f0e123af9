//! Every rulebook that was ever in force over a ledger, kept whole, so that a finding can be
//! explained and replayed under the very text that it rests on.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use model::event::Occasion;
use rulebook::diff::id_and_version;
use rulebook::{Rulebook, SourceFile};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct KeptFile {
    path: String,
    text: String,
}

/// Keeps a rulebook under its digest, unless it is there.
///
/// # Errors
/// The file system's.
pub fn keep(dir: &Path, book: &Rulebook) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    let path = dir.join(format!("{}.json", book.hash()));
    if path.exists() {
        return Ok(());
    }
    let kept = |file: &SourceFile| KeptFile { path: file.path.clone(), text: file.text.to_string() };
    let files: Vec<KeptFile> = book.files().iter().map(kept).collect();
    crate::files::replace(&path, &serde_json::to_vec_pretty(&files)?)
}

/// The rulebook with a digest.
///
/// # Errors
/// The file system's, or a file that is no longer a sound rulebook of that digest.
pub fn load(dir: &Path, digest: &str) -> io::Result<Rulebook> {
    let book = Rulebook::from_files(files(dir, digest)?).map_err(io::Error::other)?;
    if book.hash().to_string() == digest {
        Ok(book)
    } else {
        Err(io::Error::other(format!("the rulebook kept as {digest} has another digest")))
    }
}

/// The files of the rulebook with a digest, as they were kept, whether or not the program of today
/// would take them.
///
/// # Errors
/// The file system's, or a file that is no kept rulebook.
pub fn files(dir: &Path, digest: &str) -> io::Result<Vec<SourceFile>> {
    let plain: String = digest.chars().filter(char::is_ascii_hexdigit).collect();
    let files: Vec<KeptFile> = serde_json::from_slice(&std::fs::read(dir.join(format!("{plain}.json")))?)?;
    Ok(files.into_iter().map(|file| SourceFile::new(file.path, file.text)).collect())
}

/// The digests of all rulebooks kept, in their order.
pub fn digests(dir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_digest = |name: &String| name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut digests: Vec<String> =
        names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned())).filter(is_digest).collect();
    digests.sort_unstable();
    digests
}

/// The cases that stood beside a text, by its entry and digest, in a rulebook kept in which it was
/// the newest.
pub fn cases_of(dir: &Path, entry: &str, text: &str) -> Option<String> {
    digests(dir).iter().filter_map(|digest| files(dir, digest).ok()).find_map(|files| {
        let own = files.iter().find(|file| file.hash().to_string() == text && !is_past(file))?;
        let (folder, _) = own.path.rsplit_once('/')?;
        let path = format!("{folder}/{entry}.cases.yaml");
        files.iter().find(|file| file.path == path).map(|file| file.text.to_string())
    })
}

fn is_past(file: &SourceFile) -> bool {
    file.path.starts_with("past/")
}

/// The file that names the rulebook in force: its digest in one line.
const IN_FORCE: &str = "in-force";

/// The digest of the rulebook that `jianwei rules enact` put in force, if it did.
///
/// # Errors
/// The file system's, or a file that names no digest.
pub fn in_force(dir: &Path) -> io::Result<Option<String>> {
    let text = match std::fs::read_to_string(dir.join(IN_FORCE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read?,
    };
    let digest = text.trim();
    match digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(Some(digest.to_owned())),
        false => Err(io::Error::other(format!("{} names no rulebook", dir.join(IN_FORCE).display()))),
    }
}

/// Puts a kept rulebook in force: the next start of the server evaluates under it.
///
/// # Errors
/// The file system's.
pub fn put_in_force(dir: &Path, digest: &str) -> io::Result<()> {
    crate::files::replace(&dir.join(IN_FORCE), format!("{digest}\n").as_bytes())
}

/// A text of the rulebook that was edited after it had been used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{entry} is version {version} with the digest {now}, but this ledger was evaluated under version {version} with the digest {used}: a version that was used is never edited; raise the version"
)]
pub struct Edited {
    /// The entry or filing duty.
    pub entry: String,
    /// The version that both texts give themselves.
    pub version: u32,
    /// The digest of the text that was used.
    pub used: String,
    /// The digest of the text that is to be used.
    pub now: String,
}

/// The digests of the texts that were used over a ledger, by id and version: those of the
/// rulebooks under which something was evaluated, as far as they are kept. There is one for each
/// version, unless a program of before this was checked let in more.
pub fn used(dir: &Path, occasions: &[Occasion]) -> BTreeMap<(String, u32), BTreeSet<String>> {
    let digests: BTreeSet<&str> = occasions.iter().map(|occasion| occasion.rulebook.as_str()).collect();
    let mut used: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for file in digests.into_iter().filter_map(|digest| files(dir, digest).ok()).flatten() {
        if let Some(version) = id_and_version(&file) {
            used.entry(version).or_default().insert(file.hash().to_string());
        }
    }
    used
}

/// Refuses a rulebook in which a text has the id and version of one that was used before, and says
/// something else.
///
/// # Errors
/// [`Edited`], of the first one.
pub fn refuse_edited(dir: &Path, book: &Rulebook, occasions: &[Occasion]) -> Result<(), Edited> {
    let used = used(dir, occasions);
    for file in book.files() {
        let Some((entry, version)) = id_and_version(file) else { continue };
        let now = file.hash().to_string();
        let others = used.get(&(entry.clone(), version)).filter(|used| !used.contains(&now));
        if let Some(used) = others.and_then(|used| used.last().cloned()) {
            return Err(Edited { entry, version, used, now });
        }
    }
    Ok(())
}
