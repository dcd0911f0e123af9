//! One connection with the runtime that drives it: callers are threads.

use std::time::Duration;

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};

use crate::ViewsError;
use crate::place::{Kind, Place};
use crate::schema;

/// How long a database may take to answer a call at first.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long it is waited for what somebody else holds.
pub(crate) const BUSY_MAX: Duration = Duration::from_secs(5);
/// How long a question may take.
const QUESTION_MAX: Duration = Duration::from_secs(30);

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Write,
    Read,
}

/// A connection, made when it is needed and given up when something went wrong on it.
pub(crate) struct Session {
    place: Place,
    purpose: Use,
    busy_max: Duration,
    connection: Option<AnyConnection>,
    runtime: tokio::runtime::Runtime,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("place", &self.place)
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(place: Place, purpose: Use, busy_max: Duration) -> Result<Self, ViewsError> {
        sqlx::any::install_default_drivers();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let failed =
            |error: std::io::Error| ViewsError::Failed { place: place.to_string(), why: error.to_string() };
        let runtime = runtime.map_err(failed)?;
        Ok(Self { place, purpose, busy_max, connection: None, runtime })
    }

    /// Does something on the connection. Whatever goes wrong ends it: a transaction that was begun is
    /// rolled back, and the next call begins anew.
    pub(crate) fn run<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut AnyConnection, &Place) -> Result<T, ViewsError>,
    ) -> Result<T, ViewsError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.runtime.block_on(connect(&self.place, self.purpose, self.busy_max))?,
        };
        let result = self.runtime.block_on(work(&mut connection, &self.place));
        match &result {
            Ok(_) => self.connection = Some(connection),
            Err(_) => drop(self.runtime.block_on(connection.close_hard())),
        }
        result
    }

    /// Ends the connection in good order.
    pub(crate) fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(self.runtime.block_on(connection.close()));
        }
    }
}

async fn connect(place: &Place, purpose: Use, busy_max: Duration) -> Result<AnyConnection, ViewsError> {
    let failed = |error: sqlx::Error| ViewsError::of(place, &error);
    if purpose == Use::Write
        && let Some(folder) = place.file().as_deref().and_then(std::path::Path::parent)
        && !folder.as_os_str().is_empty()
    {
        std::fs::create_dir_all(folder)
            .map_err(|error| ViewsError::NotWritable { place: place.to_string(), why: error.to_string() })?;
    }
    let url = place.url(purpose == Use::Write);
    let connecting = tokio::time::timeout(CONNECT_MAX, AnyConnection::connect(&url)).await;
    let unanswered = |_| ViewsError::Unreachable { place: place.to_string(), why: "no answer".to_owned() };
    let mut connection = match connecting.map_err(unanswered)? {
        Ok(connection) => connection,
        // Who reads makes no file.
        Err(error) => match (ViewsError::of(place, &error), purpose) {
            (ViewsError::NotWritable { place, .. }, Use::Read) => {
                return Err(ViewsError::OtherVersion { place });
            }
            (error, _) => return Err(error),
        },
    };
    let busy = busy_max.as_millis();
    let setting = match (place.kind, purpose) {
        (Kind::Sqlite, Use::Write) => {
            format!(
                "PRAGMA busy_timeout = {busy}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                 PRAGMA cache_size = -65536;"
            )
        }
        (Kind::Sqlite, Use::Read) => format!("PRAGMA busy_timeout = {busy}; PRAGMA query_only = 1;"),
        (Kind::Postgres, Use::Write) => {
            format!(
                "SET search_path TO {}; SET lock_timeout = {busy}; SET synchronous_commit = on;",
                schema::SCHEMA
            )
        }
        (Kind::Postgres, Use::Read) => format!(
            "SET search_path TO {}; SET lock_timeout = {busy}; SET statement_timeout = {}; \
             SET default_transaction_read_only = on;",
            schema::SCHEMA,
            QUESTION_MAX.as_millis()
        ),
    };
    sqlx::raw_sql(AssertSqlSafe(setting)).execute(&mut connection).await.map_err(failed)?;
    if purpose == Use::Read {
        check_form(&mut connection, place).await?;
    }
    Ok(connection)
}

/// Whether what is read was made by this version of the program.
async fn check_form(connection: &mut AnyConnection, place: &Place) -> Result<(), ViewsError> {
    let failed = |error: sqlx::Error| ViewsError::of(place, &error);
    let other = || ViewsError::OtherVersion { place: place.to_string() };
    let found =
        sqlx::query(schema::found_sql(place.kind)).fetch_all(&mut *connection).await.map_err(failed)?;
    let names: Result<Vec<String>, _> = found.iter().map(|row| row.try_get("name")).collect();
    if !names.map_err(failed)?.iter().any(|name| name == schema::FORM_TABLE) {
        return Err(other());
    }
    let row = sqlx::query("SELECT form FROM views_form").fetch_optional(connection).await.map_err(failed)?;
    let form: Option<String> = row.map(|row| row.try_get("form")).transpose().map_err(failed)?;
    match form.as_deref() == Some(&schema::form(place.kind)) {
        true => Ok(()),
        false => Err(other()),
    }
}
