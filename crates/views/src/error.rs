//! What goes wrong with a database, and what to do about it. The ledger is not touched by any of it.

/// Why views could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewsError {
    /// The address is none.
    #[error("{scheme}://…: {why}")]
    BadAddress {
        /// With what it begins.
        scheme: String,
        /// What is wrong with it.
        why: String,
    },
    /// The database is on another machine, and what is said to it would be readable on the way.
    #[error(
        "{place} is on another machine, and this program speaks to PostgreSQL without TLS. Reach it through a tunnel \
         or a socket on this machine, or, where the network between is your own, say so with ?sslmode=disable"
    )]
    NotEncrypted {
        /// Which.
        place: String,
    },
    /// The database does not answer, or lets nobody in.
    #[error(
        "{place} cannot be reached: {why}. Is it running, and do address, user and password fit? Filing goes on without it"
    )]
    Unreachable {
        /// Which.
        place: String,
        /// What the driver or the database said.
        why: String,
    },
    /// The file or folder cannot be written.
    #[error(
        "{place} cannot be written: {why}. Let the folder and the files in it belong to the user under whom this program runs"
    )]
    NotWritable {
        /// Which.
        place: String,
        /// What the driver or the database said.
        why: String,
    },
    /// The role may not do that.
    #[error(
        "{place}: {why}. The role of the server makes and writes the schema `jianwei`; others are granted SELECT (docs/views.md)"
    )]
    NotAllowed {
        /// Which.
        place: String,
        /// What the database said.
        why: String,
    },
    /// Something else is kept there.
    #[error(
        "{place} holds tables of another program ({found}). Nothing was changed; name another file or database"
    )]
    NotOurs {
        /// Which.
        place: String,
        /// A table that was found.
        found: String,
    },
    /// The views there were made from another ledger.
    #[error(
        "{place} holds the views of the ledger {found}, not of {wanted}. Nothing was changed; name another file or database, or remove those"
    )]
    OtherLedger {
        /// Which.
        place: String,
        /// Whose views they are.
        found: String,
        /// Whose were wanted.
        wanted: String,
    },
    /// There are none yet, or another version of the program made them; who writes makes them again.
    #[error(
        "{place} holds no views of this version. Start the server of this version: it makes them from the ledger"
    )]
    OtherVersion {
        /// Which.
        place: String,
    },
    /// Somebody else holds what is to be written.
    #[error(
        "{place} is held by somebody else: {why}. Nothing was written; it is tried again with the next events"
    )]
    Busy {
        /// Which.
        place: String,
        /// What the database said.
        why: String,
    },
    /// Events were left out after others could not be written.
    #[error("events from position {from} on were not written; hand them in again before later ones")]
    Gap {
        /// The first that is missing.
        from: u64,
    },
    /// What was asked for cannot be.
    #[error("{0}")]
    BadQuestion(String),
    /// Everything else that a database says.
    #[error("{place}: {why}")]
    Failed {
        /// Which.
        place: String,
        /// What the driver or the database said.
        why: String,
    },
}

impl ViewsError {
    /// What an error of the driver means.
    pub(crate) fn of(place: &crate::place::Place, error: &sqlx::Error) -> Self {
        let kind = place.kind;
        let place = place.to_string();
        let why = match error {
            sqlx::Error::Database(said) => said.message().trim_end_matches('.').to_owned(),
            error => error.to_string().trim_end_matches('.').to_owned(),
        };
        match error {
            sqlx::Error::Database(said) => {
                let code = said.code().unwrap_or_default();
                match kind {
                    crate::place::Kind::Sqlite => of_sqlite(&code, place, why),
                    crate::place::Kind::Postgres => of_postgres(&code, place, why),
                }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::WorkerCrashed => Self::Unreachable { place, why },
            sqlx::Error::Configuration(_) => {
                let scheme = place.split("://").next().unwrap_or_default().to_owned();
                Self::BadAddress { scheme, why }
            }
            _ => Self::Failed { place, why },
        }
    }
}

/// Result codes of SQLite: the low byte is the primary one (<https://www.sqlite.org/rescode.html>).
fn of_sqlite(code: &str, place: String, why: String) -> ViewsError {
    match code.parse::<u32>().unwrap_or_default() & 0xff {
        // BUSY, LOCKED
        5 | 6 => ViewsError::Busy { place, why },
        // PERM, READONLY, FULL, CANTOPEN
        3 | 8 | 13 | 14 => ViewsError::NotWritable { place, why },
        // CORRUPT, NOTADB
        11 | 26 => ViewsError::NotOurs { place, found: why },
        _ => ViewsError::Failed { place, why },
    }
}

/// Codes of PostgreSQL (its manual, appendix A).
fn of_postgres(code: &str, place: String, why: String) -> ViewsError {
    match code {
        "42501" | "25006" => ViewsError::NotAllowed { place, why },
        "55P03" | "40P01" | "57014" => ViewsError::Busy { place, why },
        "3D000" => ViewsError::Unreachable { place, why },
        code if code.starts_with("28")
            || code.starts_with("57P")
            || code.starts_with("08")
            || code == "53300" =>
        {
            ViewsError::Unreachable { place, why }
        }
        _ => ViewsError::Failed { place, why },
    }
}
