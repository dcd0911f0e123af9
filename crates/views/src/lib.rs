//! 视图 what the desk shows, in SQL: the tables that lists, filters, pages, scorecards and other
//! people's tools read. In a file of SQLite by default (`derived/views.sqlite`), or in PostgreSQL by
//! its address; the same tables, the same questions and the same order in both.
//!
//! One thread writes ([`Views`]), any number reads ([`Reader`]); both block, and are called from
//! threads, not from within an asynchronous runtime. The tables, with what each column means, are in
//! `docs/views.md`.
//!
//! ```
//! use workflow::alert::{AlertEvent, AlertStep};
//! use workflow::desk::{Desk, DeskEvent};
//! # use workflow::actor::Actor;
//! # use model::event::Grade;
//! # use model::time::Time;
//! # let folder = std::env::temp_dir().join(format!("jianwei-views-{}", std::process::id()));
//! # let opened = AlertStep::Opened { grade: Grade::Red, reasons: Vec::new(), bureau: "one".into(), owner: "li".into(), clocks: Vec::new(), as_of: 3 };
//! # let event = AlertEvent { id: "A-2026-000001".into(), institution: "91".into(), at: Time(0), by: Actor::System, step: opened };
//! # let (ledger_size, from_ledger) = (8, vec![(7, DeskEvent::from(event))]);
//! let url = views::sqlite_url(&folder.join("views.sqlite"));
//! let mut views = views::Views::open(&url, "ledger.example/jianwei")?;
//! // A ledger shorter than what was covered is another state of it, such as a copy laid back.
//! if views.covered() > ledger_size {
//!     views.clear()?;
//! }
//! // At a start: the desk from the whole ledger, the events from where the views end. While it
//! // runs: each group that was sealed, with the desk after it.
//! let mut desk = Desk::default();
//! for (position, event) in &from_ledger {
//!     desk.apply(event, *position);
//! }
//! let from = views.covered();
//! let news: Vec<_> = from_ledger.into_iter().filter(|(position, _)| *position >= from).collect();
//! for events in news.chunks(1000) {
//!     views.apply(events, &desk)?;
//! }
//!
//! let reader = views::Reader::open(&url)?;
//! let open = views::AlertFilter { is_open: Some(true), ..Default::default() };
//! let page = reader.alerts(&open, &views::Page::default())?;
//! assert_eq!(page.rows.rows.len(), 1);
//! print!("{}", page.rows.csv(views::Words::Chinese));
//! # views.close();
//! # std::fs::remove_dir_all(&folder).ok();
//! # Ok::<(), views::ViewsError>(())
//! ```
//!
//! **Invariant:** everything in it is derived. Removed or emptied, it comes back the same from the ledger.
//! **Invariant:** rows and how far they reach are written in one transaction: a crash loses and doubles nothing.
//! **Invariant:** no address, no free text that people wrote, no pseudonym is in any table.
//! **Invariant:** what somebody asks for reaches a database as a value, never as part of a statement.

mod batch;
mod error;
mod lists;
mod mask;
mod place;
mod read;
mod rows;
mod schema;
mod scorecard;
mod session;
mod shape;
mod tables;
#[cfg(test)]
mod tests;
mod write;

pub use batch::Batch;
pub use error::ViewsError;
pub use lists::{AlertFilter, DeliveryFilter, EventFilter, Which};
pub use place::sqlite_url;
pub use read::Reader;
pub use rows::{Listing, PAGE_MAX, Page, Paged, Words};
pub use scorecard::Month;
pub use shape::{Head, Sort, Value};
pub use write::Views;
