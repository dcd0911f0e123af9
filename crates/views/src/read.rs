//! Those who read: any number of threads, each question on a connection of its own that may not write.

use std::sync::{Mutex, PoisonError};

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::ViewsError;
use crate::place::Place;
use crate::rows::{Listing, PAGE_MAX, Page, Paged};
use crate::session::{BUSY_MAX, Session, Use};
use crate::shape::{Head, Sort, Table, Value};

/// Connections that wait for the next question at most.
const IDLE_MAX: usize = 4;

/// The views of a desk, to be read.
#[derive(Debug)]
pub struct Reader {
    place: Place,
    idle: Mutex<Vec<Session>>,
}

impl Reader {
    /// Reads the views at an address. Whether there are any is seen with the first question.
    ///
    /// # Errors
    /// The address is none.
    pub fn open(url: &str) -> Result<Self, ViewsError> {
        Ok(Self { place: Place::read(url)?, idle: Mutex::default() })
    }

    /// Asks.
    pub(crate) fn ask(&self, sql: &str, values: &[Value]) -> Result<Vec<AnyRow>, ViewsError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut session = match idle {
            Some(session) => session,
            None => Session::new(self.place.clone(), Use::Read, BUSY_MAX)?,
        };
        let rows = session.run(async |connection, place| {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for value in values {
                query = match value {
                    Value::Text(text) => query.bind(text.as_str()),
                    value => query.bind(value.number()),
                };
            }
            query.fetch_all(connection).await.map_err(|error| ViewsError::of(place, &error))
        })?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX {
            idle.push(session);
        }
        Ok(rows)
    }

    /// The number under a name.
    pub(crate) fn number(&self, row: &AnyRow, name: &str) -> Result<i64, ViewsError> {
        row.try_get(name).map_err(|error| ViewsError::of(&self.place, &error))
    }

    /// The text under a name.
    pub(crate) fn text(&self, row: &AnyRow, name: &str) -> Result<String, ViewsError> {
        row.try_get(name).map_err(|error| ViewsError::of(&self.place, &error))
    }

    /// The value under a head.
    pub(crate) fn value(&self, row: &AnyRow, head: &Head) -> Result<Value, ViewsError> {
        let failed = |error: sqlx::Error| ViewsError::of(&self.place, &error);
        if head.sort.is_text() {
            let text: Option<String> = row.try_get(head.name).map_err(failed)?;
            return Ok(text.map_or(Value::Nothing, Value::Text));
        }
        let number: Option<i64> = row.try_get(head.name).map_err(failed)?;
        Ok(number.map_or(Value::Nothing, |number| match head.sort {
            Sort::Time => Value::Time(model::time::Time(number)),
            Sort::Flag => Value::Flag(number != 0),
            _ => Value::Whole(number),
        }))
    }

    /// A page of what was selected.
    pub(crate) fn page<T>(&self, mut select: Select<T>, page: &Page) -> Result<Paged, ViewsError> {
        let limit = page.limit.clamp(1, PAGE_MAX);
        if let Some(after) = &page.after {
            select.after(after)?;
        }
        let heads: Vec<Head> = select.table.shape().heads;
        // One more, to know whether there is more.
        let found = self.ask(&select.sql(&heads, limit + 1), &select.values)?;
        let row = |row: &AnyRow| heads.iter().map(|head| self.value(row, head)).collect();
        let mut rows: Vec<Vec<Value>> = found.iter().map(row).collect::<Result<_, _>>()?;
        let is_more = rows.len() > limit;
        rows.truncate(limit);
        let rows = Listing { heads, rows };
        let next = is_more.then(|| select.mark(&rows, limit - 1));
        Ok(Paged { rows, next })
    }
}

/// Rows of a table that meet conditions, in an order that tells every two apart. Its text is made of
/// the names in this crate; what somebody asked for is in its values alone.
pub(crate) struct Select<T: 'static> {
    table: Table<T>,
    conditions: Vec<String>,
    values: Vec<Value>,
    order: &'static [&'static str],
    is_descending: bool,
}

impl<T> Select<T> {
    pub(crate) fn from(table: Table<T>, order: &'static [&'static str], is_descending: bool) -> Self {
        Self { table, conditions: Vec::new(), values: Vec::new(), order, is_descending }
    }

    fn place(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    /// Where it is as asked, if something was asked.
    pub(crate) fn is(&mut self, column: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            let place = self.place(Value::text(text));
            self.conditions.push(format!("{column} = {place}"));
        }
    }

    /// A condition on a number, such as `due <`.
    pub(crate) fn compare(&mut self, condition: &'static str, number: Option<i64>) {
        if let Some(number) = number {
            let place = self.place(Value::Whole(number));
            self.conditions.push(format!("{condition} {place}"));
        }
    }

    /// A condition without a value.
    pub(crate) fn holds(&mut self, condition: &'static str) {
        self.conditions.push(condition.to_owned());
    }

    fn head(&self, name: &str) -> Option<Head> {
        self.table.shape().heads.into_iter().find(|head| head.name == name)
    }

    /// What comes after a mark.
    fn after(&mut self, mark: &str) -> Result<(), ViewsError> {
        let no_mark = || {
            let said = format!("\"{mark}\" is no place of this list; take `next` of the page before it");
            ViewsError::BadQuestion(said)
        };
        let parts: Vec<&str> = mark.split('~').collect();
        if parts.len() != self.order.len() {
            return Err(no_mark());
        }
        let mut places = Vec::with_capacity(parts.len());
        for (name, part) in self.order.iter().zip(parts) {
            let is_text = self.head(name).is_some_and(|head| head.sort.is_text());
            let value = match is_text {
                true => Value::text(part),
                false => Value::Whole(part.parse().map_err(|_| no_mark())?),
            };
            places.push(self.place(value));
        }
        let than = if self.is_descending { "<" } else { ">" };
        self.conditions.push(format!("({}) {than} ({})", self.order.join(", "), places.join(", ")));
        Ok(())
    }

    /// The mark of a row: its values in the columns of the order.
    fn mark(&self, rows: &Listing, row: usize) -> String {
        let part = |name: &&str| match rows.value(row, name) {
            Some(Value::Text(text)) => text.clone(),
            Some(value) => value.number().unwrap_or_default().to_string(),
            None => String::new(),
        };
        self.order.iter().map(part).collect::<Vec<_>>().join("~")
    }

    fn sql(&self, heads: &[Head], limit: usize) -> String {
        let names: Vec<&str> = heads.iter().map(|head| head.name).collect();
        let conditions = match self.conditions.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", self.conditions.join(" AND ")),
        };
        let downwards = if self.is_descending { " DESC" } else { "" };
        let order: Vec<String> = self.order.iter().map(|name| format!("{name}{downwards}")).collect();
        let (names, order) = (names.join(", "), order.join(", "));
        format!("SELECT {names} FROM {}{conditions} ORDER BY {order} LIMIT {limit}", self.table.name)
    }
}
