//! The one who writes: tables are made, events taken in, everything made again where it does not fit.

use std::time::Duration;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};
use workflow::desk::{Desk, DeskEvent};

use crate::batch::{Batch, Rows};
use crate::place::{Kind, Place};
use crate::session::{BUSY_MAX, Session, Use};
use crate::shape::{Shape, Value};
use crate::{ViewsError, schema, tables};

/// Rows that are written by one statement: as few sizes as can be, so that statements stay prepared.
const TOGETHER: [usize; 3] = [128, 16, 1];

/// The views of a desk, to be written.
#[derive(Debug)]
pub struct Views {
    session: Session,
    covered: u64,
    /// The first position that could not be written.
    owed: Option<u64>,
}

impl Views {
    /// Opens the views of a ledger, by the address of the database (`sqlite://path` or
    /// `postgres://…`) and the ledger's name. Those of another version of the program are removed
    /// and begin anew: [`Views::covered`] says from where on events are wanted.
    ///
    /// # Errors
    /// The database cannot be reached or written, or holds something else.
    pub fn open(url: &str, ledger: &str) -> Result<Self, ViewsError> {
        Self::open_waiting(url, ledger, BUSY_MAX)
    }

    pub(crate) fn open_waiting(url: &str, ledger: &str, busy_max: Duration) -> Result<Self, ViewsError> {
        let mut session = Session::new(Place::read(url)?, Use::Write, busy_max)?;
        let covered = session.run(async |connection, place| prepare(connection, place, ledger).await)?;
        Ok(Self { session, covered, owed: None })
    }

    /// The position of the ledger before which all events are in the views.
    pub fn covered(&self) -> u64 {
        self.covered
    }

    /// Takes in events in the order of the ledger, each with its position, with the desk after the
    /// last of them or later; how many were new. What is in already is left as it is. All are in or
    /// none.
    ///
    /// # Errors
    /// The database says no. Nothing was written, and the same events are to be handed in again.
    pub fn apply(&mut self, events: &[(u64, DeskEvent)], desk: &Desk) -> Result<usize, ViewsError> {
        self.write(&Batch::of(events, desk))
    }

    /// As [`Views::apply`], of what was made into rows before, so that nobody waits for the database
    /// with the desk in hand.
    ///
    /// # Errors
    /// As [`Views::apply`].
    pub fn write(&mut self, batch: &Batch) -> Result<usize, ViewsError> {
        self.write_then(batch, |_| Ok(()))
    }

    /// `before_commit` sees the rows written and not yet committed; an error of it rolls back.
    pub(crate) fn write_then(
        &mut self,
        batch: &Batch,
        before_commit: impl FnOnce(&Place) -> Result<(), ViewsError>,
    ) -> Result<usize, ViewsError> {
        let Some(first) = batch.first else { return Ok(0) };
        if let Some(from) = self.owed.filter(|from| first > *from) {
            return Err(ViewsError::Gap { from });
        }
        if batch.end <= self.covered {
            return Ok(0);
        }
        let written = self.session.run(async |connection, place| {
            let failed = |error: sqlx::Error| ViewsError::of(place, &error);
            let mut transaction = connection.begin().await.map_err(failed)?;
            let covered = hold(&mut transaction, place).await?;
            let is_new = batch.end > covered;
            if is_new {
                for rows in &batch.rows {
                    put(&mut transaction, place, rows).await?;
                }
                let end = i64::try_from(batch.end).unwrap_or(i64::MAX);
                let cover = sqlx::query("UPDATE views_form SET covered = $1").bind(end);
                cover.execute(&mut *transaction).await.map_err(failed)?;
            }
            before_commit(place)?;
            transaction.commit().await.map_err(failed)?;
            Ok((covered.max(batch.end), is_new))
        });
        match written {
            Ok((covered, is_new)) => {
                self.covered = covered;
                self.owed = None;
                Ok(if is_new { batch.events } else { 0 })
            }
            Err(error) => {
                self.owed = Some(self.owed.map_or(first, |owed| owed.min(first)));
                Err(error)
            }
        }
    }

    /// Empties every table: events are wanted from the ledger's beginning. What others were granted
    /// and built on the tables stays.
    ///
    /// # Errors
    /// The database says no.
    pub fn clear(&mut self) -> Result<(), ViewsError> {
        self.session.run(async |connection, place| {
            let failed = |error: sqlx::Error| ViewsError::of(place, &error);
            let mut transaction = connection.begin().await.map_err(failed)?;
            hold(&mut transaction, place).await?;
            for shape in tables::all() {
                let sql = format!("DELETE FROM {}", shape.name);
                sqlx::query(AssertSqlSafe(sql)).execute(&mut *transaction).await.map_err(failed)?;
            }
            sqlx::query("UPDATE views_form SET covered = 0")
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
            transaction.commit().await.map_err(failed)
        })?;
        self.covered = 0;
        self.owed = None;
        Ok(())
    }

    /// Ends the connection in good order.
    pub fn close(mut self) {
        self.session.close();
    }
}

/// Keeps others from writing until the transaction ends; how far the views reach.
async fn hold(connection: &mut AnyConnection, place: &Place) -> Result<u64, ViewsError> {
    let failed = |error: sqlx::Error| ViewsError::of(place, &error);
    // Written first: SQLite gives the turn to write at once, PostgreSQL holds the row.
    let held = sqlx::query("UPDATE views_form SET covered = covered").execute(&mut *connection).await;
    if held.map_err(failed)?.rows_affected() != 1 {
        return Err(ViewsError::OtherVersion { place: place.to_string() });
    }
    let row = sqlx::query("SELECT covered FROM views_form").fetch_one(connection).await.map_err(failed)?;
    covered_in(&row).map_err(failed)
}

fn covered_in(row: &AnyRow) -> Result<u64, sqlx::Error> {
    let covered: i64 = row.try_get("covered")?;
    Ok(u64::try_from(covered).unwrap_or_default())
}

async fn put(connection: &mut AnyConnection, place: &Place, rows: &Rows) -> Result<(), ViewsError> {
    let mut rest = rows.rows.as_slice();
    for size in TOGETHER {
        if rest.len() < size {
            continue;
        }
        let sql = put_sql(&rows.shape, size);
        let mut chunks = rest.chunks_exact(size);
        for chunk in &mut chunks {
            let mut query = sqlx::query(AssertSqlSafe(sql.as_str()));
            for (head, value) in chunk.iter().flat_map(|row| rows.shape.heads.iter().zip(row)) {
                query = match value {
                    Value::Text(text) => query.bind(text.as_str()),
                    Value::Nothing if head.sort.is_text() => query.bind(Option::<String>::None),
                    value => query.bind(value.number()),
                };
            }
            query.execute(&mut *connection).await.map_err(|error| ViewsError::of(place, &error))?;
        }
        rest = chunks.remainder();
    }
    Ok(())
}

fn put_sql(shape: &Shape, count: usize) -> String {
    let names: Vec<&str> = shape.heads.iter().map(|head| head.name).collect();
    let (key, others) = names.split_at(shape.key);
    let width = names.len();
    let row = |row: usize| {
        let places: Vec<String> = (1..=width).map(|place| format!("${}", row * width + place)).collect();
        format!("({})", places.join(", "))
    };
    let rows: Vec<String> = (0..count).map(row).collect();
    let anew: Vec<String> = others.iter().map(|name| format!("{name} = excluded.{name}")).collect();
    format!(
        "INSERT INTO {} ({}) VALUES {} ON CONFLICT ({}) DO UPDATE SET {}",
        shape.name,
        names.join(", "),
        rows.join(", "),
        key.join(", "),
        anew.join(", ")
    )
}

/// Finds the tables, or makes them; how far they reach.
async fn prepare(connection: &mut AnyConnection, place: &Place, ledger: &str) -> Result<u64, ViewsError> {
    let failed = |error: sqlx::Error| ViewsError::of(place, &error);
    let form = schema::form(place.kind);
    let mut transaction = connection.begin().await.map_err(failed)?;
    if place.kind == Kind::Postgres {
        make_schema(&mut transaction, place).await?;
    }
    let found =
        sqlx::query(schema::found_sql(place.kind)).fetch_all(&mut *transaction).await.map_err(failed)?;
    let found: Result<Vec<(String, String)>, _> =
        found.iter().map(|row| Ok((row.try_get("name")?, row.try_get("sort")?))).collect();
    let found = found.map_err(failed)?;
    let has_form = found.iter().any(|(name, _)| name == schema::FORM_TABLE);
    if let (Some((name, _)), false) = (found.first(), has_form) {
        return Err(ViewsError::NotOurs { place: place.to_string(), found: name.clone() });
    }
    if has_form {
        let row = sqlx::query("SELECT form, ledger, covered FROM views_form")
            .fetch_optional(&mut *transaction)
            .await;
        if let Some(row) = row.map_err(failed)? {
            let theirs: String = row.try_get("ledger").map_err(failed)?;
            if theirs != ledger {
                let (place, wanted) = (place.to_string(), ledger.to_owned());
                return Err(ViewsError::OtherLedger { place, found: theirs, wanted });
            }
            let its: String = row.try_get("form").map_err(failed)?;
            if its == form {
                transaction.commit().await.map_err(failed)?;
                return covered_in(&row).map_err(failed);
            }
        }
        for (name, sort) in &found {
            let sql = schema::drop_sql(place.kind, name, sort);
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *transaction).await.map_err(failed)?;
        }
    }
    sqlx::raw_sql(AssertSqlSafe(form.as_str())).execute(&mut *transaction).await.map_err(failed)?;
    let first = sqlx::query("INSERT INTO views_form (one, form, ledger, covered) VALUES (1, $1, $2, 0)");
    first.bind(form.as_str()).bind(ledger).execute(&mut *transaction).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    Ok(0)
}

/// Asked for first: who may use a schema that is there need not be allowed to make one.
async fn make_schema(connection: &mut AnyConnection, place: &Place) -> Result<(), ViewsError> {
    let failed = |error: sqlx::Error| ViewsError::of(place, &error);
    let there =
        sqlx::query("SELECT nspname::text AS name FROM pg_namespace WHERE nspname = $1").bind(schema::SCHEMA);
    if there.fetch_optional(&mut *connection).await.map_err(failed)?.is_none() {
        let sql = format!("CREATE SCHEMA {}", schema::SCHEMA);
        sqlx::query(AssertSqlSafe(sql)).execute(connection).await.map_err(failed)?;
    }
    Ok(())
}
