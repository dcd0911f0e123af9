//! Who a ledger is: its name, its signing key, its trees. Fixed at creation.

use std::{fs, io, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest as _, Sha256};
use tlog::{Signer, TrustedLog, VerifierKey};

use crate::{
    LedgerError,
    batch::SecondTree,
    disk,
    faults::{Faults, Point},
};

const FIRST_LINE: &str = "jianwei-ledger 1";

/// What the file `LEDGER` says:
///
/// ```text
/// jianwei-ledger 1
/// key <verifier key, C2SP signed-note; its name is the log's origin>
/// second-tree none | sm3
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) key: VerifierKey,
    pub(crate) second_tree: Option<SecondTree>,
}

/// How configuration and the file `LEDGER` spell the second tree.
pub(crate) fn second_tree_name(second: Option<SecondTree>) -> &'static str {
    match second {
        None => "none",
        Some(SecondTree::Sm3) => "sm3",
    }
}

impl Identity {
    pub(crate) fn origin(&self) -> &str {
        self.key.name()
    }

    pub(crate) fn trusted_log(&self) -> TrustedLog {
        TrustedLog::of_key(self.key.clone())
    }

    /// Ties segments to their ledger.
    pub(crate) fn ledger_id(&self) -> [u8; 16] {
        let digest: [u8; 32] = Sha256::digest(self.key.to_string()).into();
        digest.first_chunk().copied().unwrap_or_default()
    }

    fn to_text(&self) -> String {
        let second = second_tree_name(self.second_tree);
        format!("{FIRST_LINE}\nkey {}\nsecond-tree {second}\n", self.key)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        if lines.next() != Some(FIRST_LINE) {
            return Err(format!("the first line is not {FIRST_LINE:?}"));
        }
        let mut value = |name: &str| {
            lines
                .next()
                .and_then(|line| line.strip_prefix(name))
                .and_then(|rest| rest.strip_prefix(' '))
                .ok_or(format!("the line {name:?} is missing"))
        };
        let key = value("key")?;
        let key = key.parse().map_err(|error| format!("line key: {error}"))?;
        let second_tree = match value("second-tree")? {
            "none" => None,
            "sm3" => Some(SecondTree::Sm3),
            other => return Err(format!("unknown second tree {other:?}")),
        };
        let identity = Self { key, second_tree };
        match identity.to_text() == text {
            true => Ok(identity),
            false => Err("the file has more than its three lines".to_owned()),
        }
    }

    pub(crate) fn exists(dir: &Path) -> bool {
        dir.join("LEDGER").exists()
    }

    pub(crate) fn read(dir: &Path) -> Result<Self, LedgerError> {
        let path = dir.join("LEDGER");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(LedgerError::NotALedger { dir: dir.to_owned() });
            }
            Err(error) => return Err(LedgerError::io("read", &path)(error)),
        };
        String::from_utf8(bytes)
            .map_err(|_| "the file is not text".to_owned())
            .and_then(|text| Self::parse(&text))
            .map_err(|what| LedgerError::BadFile { path, what })
    }

    pub(crate) fn write(&self, dir: &Path, faults: &Faults) -> Result<(), LedgerError> {
        let path = dir.join("LEDGER");
        let points = (Point::FileWrite, Point::FileSync);
        disk::replace(&path, self.to_text().as_bytes(), false, points, faults)
            .map_err(LedgerError::io("write", &path))
    }
}

/// The signing key in `keys/ledger.key`, spelled as other signed-note tools spell private keys:
/// `PRIVATE+KEY+<name>+<hex id>+<base64(0x01 ‖ seed)>`.
pub(crate) fn create_signer(dir: &Path, origin: &str, faults: &Faults) -> Result<Signer, LedgerError> {
    let path = dir.join("keys").join("ledger.key");
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| LedgerError::io("draw a random key for", &path)(error.into()))?;
    let signer =
        Signer::from_seed(origin, &seed).map_err(|error| LedgerError::Checkpoint(error.to_string()))?;
    let key = signer.verifier_key();
    let mut secret = key.algorithm().identifier().to_vec();
    secret.extend(seed);
    let text = format!("PRIVATE+KEY+{}+{:08x}+{}\n", key.name(), key.id(), BASE64_STANDARD.encode(secret));
    let points = (Point::FileWrite, Point::FileSync);
    disk::replace(&path, text.as_bytes(), true, points, faults).map_err(LedgerError::io("write", &path))?;
    Ok(signer)
}

/// Reads the signing key, which must be that of `identity`.
pub(crate) fn read_signer(dir: &Path, identity: &Identity) -> Result<Signer, LedgerError> {
    let path = dir.join("keys").join("ledger.key");
    let bytes = fs::read(&path).map_err(LedgerError::io("read", &path))?;
    parse_signer(&bytes, identity).map_err(|what| LedgerError::BadFile { path, what: what.to_owned() })
}

fn parse_signer(bytes: &[u8], identity: &Identity) -> Result<Signer, &'static str> {
    let form = "not a private key of the form PRIVATE+KEY+name+id+base64";
    let text = str::from_utf8(bytes).map_err(|_| form)?;
    let text = text.strip_prefix("PRIVATE+KEY+").ok_or(form)?;
    let text = text.strip_suffix('\n').ok_or(form)?;
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(secret)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(form);
    };
    let secret = BASE64_STANDARD.decode(secret).map_err(|_| form)?;
    let algorithm = identity.key.algorithm().identifier();
    let seed = secret.strip_prefix(algorithm).ok_or(form)?;
    let seed = seed.try_into().map_err(|_| form)?;
    let signer = Signer::from_seed(name, seed).map_err(|_| form)?;
    match signer.verifier_key() == &identity.key && id == format!("{:08x}", identity.key.id()) {
        true => Ok(signer),
        false => Err("the private key is not that of the verifier key in the file LEDGER"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_and_key_read_back_and_no_flip_goes_unseen() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("keys")).unwrap();
        let signer = create_signer(dir.path(), "test/ledger", &Faults::none()).unwrap();
        let identity = Identity { key: signer.verifier_key().clone(), second_tree: Some(SecondTree::Sm3) };
        identity.write(dir.path(), &Faults::none()).unwrap();
        assert_eq!(Identity::read(dir.path()).unwrap(), identity);
        let again = read_signer(dir.path(), &identity).unwrap();
        assert_eq!(again.verifier_key(), &identity.key);

        let text = identity.to_text();
        for at in 0..text.len() {
            let mut flipped = text.clone().into_bytes();
            flipped[at] ^= 1;
            let read = Identity::parse(&String::from_utf8_lossy(&flipped));
            assert!(read.is_err(), "byte {at}: {read:?}");
        }
        let key = fs::read(dir.path().join("keys/ledger.key")).unwrap();
        for at in 0..key.len() {
            let mut flipped = key.clone();
            flipped[at] ^= 1;
            assert!(parse_signer(&flipped, &identity).is_err(), "byte {at}");
        }
    }

    #[test]
    fn private_means_private() {
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("keys")).unwrap();
        create_signer(dir.path(), "test/ledger", &Faults::none()).unwrap();
        let mode = fs::metadata(dir.path().join("keys/ledger.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
