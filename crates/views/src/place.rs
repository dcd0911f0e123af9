//! Where the views are: a file of SQLite or a database of PostgreSQL.

use std::path::{Path, PathBuf};

use crate::ViewsError;

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A database, by its address.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) kind: Kind,
    /// With the password, if there is one: for the driver alone.
    url: String,
    /// Without: for people.
    shown: String,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

/// The address of a file of SQLite.
///
/// ```
/// assert_eq!(views::sqlite_url("data/derived/views.sqlite".as_ref()), "sqlite://data/derived/views.sqlite");
/// ```
pub fn sqlite_url(path: &Path) -> String {
    let mut url = "sqlite://".to_owned();
    for letter in path.to_string_lossy().chars() {
        // What the driver would take for something else than a letter of the path.
        match letter {
            '%' | '?' | '#' | ' ' | '\\' | '[' | ']' | ':' | '@' | '<' | '>' | '^' | '|' => {
                url.push_str(&format!("%{:02X}", u32::from(letter)));
            }
            letter => url.push(letter),
        }
    }
    url
}

impl Place {
    pub(crate) fn read(url: &str) -> Result<Self, ViewsError> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            let shown = path.split('?').next().unwrap_or_default().to_owned();
            if shown.is_empty() || shown == ":memory:" {
                return Err(bad(url, "a file is missing, such as sqlite://data/derived/views.sqlite"));
            }
            return Ok(Self { kind: Kind::Sqlite, url: url.to_owned(), shown: format!("sqlite://{shown}") });
        }
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
        let Some(rest) = rest else {
            return Err(bad(url, "it begins with neither sqlite:// nor postgres://"));
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let user = user.split(':').next().unwrap_or_default();
        let at = if user.is_empty() { "" } else { "@" };
        let shown = format!("postgres://{user}{at}{host}/{database}");
        if !is_near(host, query) && !query.split('&').any(|part| part == "sslmode=disable") {
            return Err(ViewsError::NotEncrypted { place: shown });
        }
        Ok(Self { kind: Kind::Postgres, url: url.to_owned(), shown })
    }

    /// The file, where it is one.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        let path = self.shown.strip_prefix("sqlite://")?;
        Some(PathBuf::from(unescaped(path)))
    }

    /// The address for the driver.
    pub(crate) fn url(&self, may_make: bool) -> String {
        let says_mode = self.url.contains("?mode=") || self.url.contains("&mode=");
        match (self.kind, may_make) {
            (Kind::Postgres, _) => self.url.clone(),
            (Kind::Sqlite, _) if says_mode => self.url.clone(),
            (Kind::Sqlite, may_make) => {
                let joint = if self.url.contains('?') { '&' } else { '?' };
                format!("{}{joint}mode={}", self.url, if may_make { "rwc" } else { "ro" })
            }
        }
    }
}

fn bad(url: &str, why: &str) -> ViewsError {
    // Where nobody can say what in it is the password, nothing of it is shown.
    let scheme = url.split_once("://").map_or("…", |(scheme, _)| scheme);
    ViewsError::BadAddress { scheme: scheme.to_owned(), why: why.to_owned() }
}

/// Whether what is said to the database stays on this machine.
fn is_near(host: &str, query: &str) -> bool {
    if query.split('&').any(|part| part.starts_with("host=") && !part.starts_with("host=/")) {
        return false;
    }
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_socket = name.starts_with("%2F") || name.starts_with("%2f");
    let is_loopback = name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    name.is_empty() || name == "localhost" || is_socket || is_loopback
}

fn unescaped(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| after.split_at_checked(2)).flatten();
        let byte = escaped.and_then(|(digits, left)| {
            let digits = std::str::from_utf8(digits).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, left))
        });
        let (byte, left) = byte.unwrap_or((*first, after));
        bytes.push(byte);
        rest = left;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for url in [
            "postgres://writer:se%40cret@localhost:5432/desk",
            "postgres://writer:se@cret@127.0.0.1/desk?application_name=x",
            "mysql://writer:secret@localhost/desk",
            "writer:secret@localhost",
            "postgres://writer:secret@db.example/desk",
        ] {
            let said = match Place::read(url) {
                Ok(place) => format!("{place} {place:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!said.contains("cret"), "{said}");
        }
    }

    #[test]
    fn what_leaves_the_machine_unencrypted_is_said_so() {
        let table = [
            ("postgres:///desk", true),
            ("postgres://localhost/desk", true),
            ("postgresql://u:p@[::1]:5432/desk", true),
            ("postgres://u@%2Fvar%2Frun%2Fpostgresql/desk", true),
            ("postgres:///desk?host=/var/run/postgresql", true),
            ("postgres:///desk?host=db.example", false),
            ("postgres://db.example/desk", false),
            ("postgres://127.0.0.1.example/desk", false),
            ("postgres://db.example/desk?sslmode=require", false),
            ("postgres://db.example/desk?sslmode=disable", true),
        ];
        for (url, is_taken) in table {
            assert_eq!(Place::read(url).is_ok(), is_taken, "{url}");
        }
    }

    #[test]
    fn a_path_is_found_again_in_its_address() {
        for path in ["a.sqlite", "/数据/100% 见微?.sqlite", "./x y/#1.sqlite", "C:@b/[1].sqlite"] {
            let place = Place::read(&sqlite_url(Path::new(path))).unwrap();
            assert_eq!(place.file(), Some(PathBuf::from(path)));
        }
    }
}
