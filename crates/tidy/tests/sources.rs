//! Style of the sources.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

use std::fs;
use std::path::{Path, PathBuf};

/// A file holds one idea; beyond this many lines it holds several.
const LINES_MAX: usize = 900;

fn sources() -> Vec<PathBuf> {
    tidy::files("crates", &[".rs"]).unwrap()
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// Fails with all findings at once, one a line.
fn nothing(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_crate_says_what_it_is_for_and_what_holds() {
    let mut wrong = Vec::new();
    for manifest in tidy::files("crates", &["Cargo.toml"]).unwrap() {
        let folder = manifest.parent().unwrap();
        let (library, program) = (folder.join("src/lib.rs"), folder.join("src/main.rs"));
        let main = if library.exists() { library } else { program };
        let source = text(&main);
        let docs: Vec<&str> = source.lines().take_while(|line| line.starts_with("//!")).collect();
        if docs.is_empty() {
            wrong.push(format!("{} does not begin with `//!`", tidy::relative(&main)));
        }
        if main.ends_with("lib.rs") && !docs.iter().any(|line| line.starts_with("//! **Invariant:**")) {
            wrong.push(format!("{} has no line `//! **Invariant:** …`", tidy::relative(&main)));
        }
    }
    nothing(&wrong);
}

#[test]
fn every_module_says_what_it_is_for() {
    let mut wrong = Vec::new();
    for path in sources() {
        let name = tidy::relative(&path);
        let is_module = name.contains("/src/") && !name.contains("/tests/") && !name.ends_with("/tests.rs");
        if is_module && !text(&path).starts_with("//!") {
            wrong.push(format!("{name} does not begin with `//!`"));
        }
    }
    nothing(&wrong);
}

#[test]
fn the_wall_clock_is_read_in_one_place() {
    // In halves, so that this file does not find itself.
    let calls = [concat!("SystemTime", "::now"), concat!("Utc", "::now"), concat!("Local", "::now")];
    let mut wrong = Vec::new();
    for path in sources() {
        let name = tidy::relative(&path);
        if name == "crates/model/src/clock.rs" {
            continue;
        }
        for (number, line) in text(&path).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if calls.iter().any(|call| code.contains(call)) {
                wrong.push(format!("{name}:{} reads the wall clock; take a model::clock::Clock", number + 1));
            }
        }
    }
    nothing(&wrong);
}

#[test]
fn files_are_short() {
    let mut wrong = Vec::new();
    for path in sources() {
        let lines = text(&path).lines().count();
        if lines > LINES_MAX {
            wrong.push(format!("{} has {lines} lines; split it by idea", tidy::relative(&path)));
        }
    }
    nothing(&wrong);
}

#[test]
fn no_snapshot_is_orphaned() {
    let mut wrong = Vec::new();
    for path in tidy::files("crates", &[".snap", ".snap.new"]).unwrap() {
        let snapshot = text(&path);
        let source = snapshot.lines().find_map(|line| line.strip_prefix("source: "));
        let source = source.map(|source| tidy::root().join(source.trim_matches('"')));
        if path.extension().is_some_and(|ending| ending == "new") {
            wrong.push(format!("{} waits to be reviewed", tidy::relative(&path)));
        } else if !source.is_some_and(|source| source.exists()) {
            wrong.push(format!("{} belongs to a test that is gone", tidy::relative(&path)));
        }
    }
    nothing(&wrong);
}
