//! What several tests share.
#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod json_schema;
pub(crate) mod records;

use std::path::{Path, PathBuf};

/// A path in the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Compares a committed file with what it is made from; with `JIANWEI_BLESS=1` writes it.
pub(crate) fn compare_or_bless(path: &str, wanted: &str) {
    let file = repository(path);
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    if found == wanted {
        return;
    }
    assert!(
        std::env::var_os("JIANWEI_BLESS").is_some(),
        "{path} is not what the tables of the standard say; look at the change, then write it with\n  \
         JIANWEI_BLESS=1 cargo test -p jianwei-model --release"
    );
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).unwrap();
    }
    std::fs::write(&file, wanted).unwrap();
}
