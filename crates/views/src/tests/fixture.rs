//! A database for one test.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::AssertSqlSafe;

use super::postgres::Server;
use crate::place::Place;
use crate::session::{BUSY_MAX, Session, Use};
use crate::shape::Value;
use crate::{Listing, Reader, Views, tables};

/// The ledger whose views are made in tests.
pub(super) const LEDGER: &str = "ledger.example/test";

/// A database that nobody else uses, gone after the test.
#[derive(Debug)]
pub(crate) enum Database {
    Sqlite(tempfile::TempDir),
    Postgres(Arc<Server>, String),
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub(crate) fn postgres() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let server = Server::shared();
        let name = format!("views_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        // Ordered as a supervisor's may be, by pinyin: the views have their own order.
        let sql = format!("CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'zh'");
        run(&server.url("jianwei", "postgres"), &sql);
        Self::Postgres(server, name)
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => crate::sqlite_url(&folder.path().join("目录 derived/views.sqlite")),
            Self::Postgres(server, name) => server.url("jianwei", name),
        }
    }

    /// As another role, on PostgreSQL.
    pub(crate) fn url_of(&self, role: &str) -> String {
        match self {
            Self::Sqlite(_) => self.url(),
            Self::Postgres(server, name) => server.url(role, name),
        }
    }

    pub(crate) fn open(&self) -> Views {
        Views::open(&self.url(), LEDGER).unwrap()
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(&self.url()).unwrap()
    }

    /// Everything in the tables, by table.
    pub(crate) fn dump(&self) -> BTreeMap<&'static str, Listing> {
        let reader = self.reader();
        let table = |shape: crate::shape::Shape| {
            let names: Vec<&str> = shape.heads.iter().map(|head| head.name).collect();
            let key = names[..shape.key].join(", ");
            let found = reader
                .ask(&format!("SELECT {} FROM {} ORDER BY {key}", names.join(", "), shape.name), &[])
                .unwrap();
            let row = |row| shape.heads.iter().map(|head| reader.value(row, head).unwrap()).collect();
            (shape.name, Listing { rows: found.iter().map(row).collect(), heads: shape.heads })
        };
        tables::all().into_iter().map(table).collect()
    }

    /// The texts of one column of an SQL question.
    pub(crate) fn texts(&self, sql: &str, column: &str) -> Vec<Option<String>> {
        let reader = self.reader();
        let rows = reader.ask(sql, &[]).unwrap();
        rows.iter().map(|row| sqlx::Row::try_get(row, column).unwrap()).collect()
    }
}

/// Runs SQL on a connection of its own.
pub(super) fn run(url: &str, sql: &str) {
    let mut session = Session::new(Place::read(url).unwrap(), Use::Write, BUSY_MAX).unwrap();
    let ran = session.run(async |connection, place| {
        let ran = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await;
        ran.map(drop).map_err(|error| crate::ViewsError::of(place, &error))
    });
    ran.unwrap_or_else(|error| panic!("{sql}: {error}"));
    session.close();
}

/// A cell of a dump; nothing where there is no such row.
pub(super) fn cell<'d>(
    dump: &'d BTreeMap<&str, Listing>,
    table: &str,
    key: &str,
    column: &str,
) -> Option<&'d Value> {
    let listing = &dump[table];
    let keys = tables::all().iter().find(|shape| shape.name == table).map_or(1, |shape| shape.key);
    let is_it = |row: &&Vec<Value>| {
        let parts: Vec<String> = row[..keys].iter().map(shown).collect();
        parts.join("/") == key
    };
    let row = listing.rows.iter().position(|row| is_it(&row))?;
    listing.value(row, column)
}

/// A value as a test writes it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Nothing => "-".to_owned(),
        Value::Text(text) => text.clone(),
        value => value.number().unwrap_or_default().to_string(),
    }
}
