//! The same tests on SQLite and on PostgreSQL.

mod faults;
mod fixture;
mod history;
mod lists;
mod measure;
mod naive;
mod page;
mod postgres;
mod random;
mod score;

pub(super) use fixture::Database;

/// Runs each test on both databases.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&crate::tests::Database::sqlite()); })*
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(&crate::tests::Database::postgres()); })*
        }
    };
}
pub(super) use on_both;
