//! What goes wrong: nothing is lost, nothing is doubled, and the sentence says what to do.

use std::time::Duration;

use model::event::Grade;
use workflow::delivery::Outcome;

use super::fixture::{LEDGER, run};
use super::history::House;
use super::{Database, on_both};
use crate::{AlertFilter, Batch, Page, Reader, Views, ViewsError, schema, tables};

on_both!(
    a_crash_before_the_commit_leaves_what_was,
    what_somebody_holds_is_waited_for_and_then_said,
    events_are_not_left_out,
    another_version_is_made_again,
    what_belongs_to_somebody_else_is_left_alone,
    readers_read_while_it_is_written,
);

fn house() -> House {
    let mut house = House::new();
    let day = house.now.day();
    house.graded("platform", day, Grade::Red);
    house.graded("insurer", day, Grade::Orange);
    house.send_all(&Outcome::Delivered { receipt: None });
    house
}

/// A failure of the sort that a killed process leaves behind.
fn killed() -> ViewsError {
    ViewsError::Failed { place: "test".to_owned(), why: "killed".to_owned() }
}

/// Elsewhere: a thread that is in the middle of a statement starts no other.
fn elsewhere<T: Send>(does: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(does).join().unwrap())
}

fn a_crash_before_the_commit_leaves_what_was(database: &Database) {
    let house = house();
    let (first, rest) = house.sealed.split_at(3);
    let mut views = database.open();
    views.apply(first, &house.desk).unwrap();
    let (before, covered) = (database.dump(), views.covered());
    let batch = Batch::of(rest, &house.desk);
    // The transaction is dropped, as a process that is killed drops it.
    views.write_then(&batch, |_| Err(killed())).unwrap_err();
    assert_eq!((database.dump(), views.covered()), (before.clone(), covered));
    if !database.is_sqlite() {
        // The server ends the connection between the rows and the commit.
        let other = database.url();
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let cut = views.write_then(&batch, |_| {
            elsewhere(|| run(&other, end));
            Ok(())
        });
        assert!(matches!(cut, Err(ViewsError::Unreachable { .. })), "{cut:?}");
        assert_eq!(database.dump(), before);
    }
    // The next call begins anew, and so does the next process.
    assert_eq!(views.write(&batch).unwrap(), rest.len());
    let after = database.dump();
    drop(views);
    let mut views = database.open();
    assert_eq!(views.covered(), house.position);
    assert_eq!(views.write(&batch).unwrap(), 0);
    assert_eq!(database.dump(), after);
}

fn what_somebody_holds_is_waited_for_and_then_said(database: &Database) {
    let house = house();
    let batch = Batch::of(&house.sealed, &house.desk);
    let (url, short) = (database.url(), Duration::from_millis(50));
    let mut views = database.open();
    let mut other = elsewhere(|| Views::open_waiting(&url, LEDGER, short).unwrap());
    let written = views.write_then(&batch, |_| {
        let refused = elsewhere(|| other.write(&batch).unwrap_err());
        assert!(matches!(refused, ViewsError::Busy { .. }), "{refused:?}");
        Ok(())
    });
    assert_eq!(written.unwrap(), house.sealed.len());
    // Both write the same: the second finds it done.
    assert_eq!((other.covered(), other.write(&batch).unwrap(), other.covered()), (0, 0, house.position));
}

fn events_are_not_left_out(database: &Database) {
    let house = house();
    let (first, rest) = house.sealed.split_at(3);
    let mut views = database.open();
    views.write_then(&Batch::of(first, &house.desk), |_| Err(killed())).unwrap_err();
    let gap = views.apply(rest, &house.desk).unwrap_err();
    assert!(matches!(gap, ViewsError::Gap { from } if from == first[0].0), "{gap}");
    assert_eq!(views.apply(&house.sealed, &house.desk).unwrap(), house.sealed.len());
    assert_eq!(views.apply(&[], &house.desk).unwrap(), 0);
}

fn another_version_is_made_again(database: &Database) {
    let house = house();
    let mut views = database.open();
    views.apply(&house.sealed, &house.desk).unwrap();
    let dump = database.dump();
    drop(views);
    // What an earlier version left: another form, and a table that is no more.
    let place = if database.is_sqlite() { "" } else { "jianwei." };
    run(
        &database.url(),
        &format!("CREATE TABLE {place}old (id TEXT); UPDATE {place}views_form SET form = 'older'"),
    );
    let reader = database.reader();
    let refused = reader.alerts(&AlertFilter::default(), &Page::default()).unwrap_err();
    assert!(matches!(refused, ViewsError::OtherVersion { .. }), "{refused}");
    let mut views = database.open();
    assert_eq!(views.covered(), 0);
    assert_eq!(database.texts(schema::found_sql(kind(database)), "name").len(), 1 + 3 * tables::all().len());
    views.apply(&house.sealed, &house.desk).unwrap();
    assert_eq!(database.dump(), dump);
    assert_eq!(reader.alerts(&AlertFilter::default(), &Page::default()).unwrap().rows.rows.len(), 2);
}

fn kind(database: &Database) -> crate::place::Kind {
    match database.is_sqlite() {
        true => crate::place::Kind::Sqlite,
        false => crate::place::Kind::Postgres,
    }
}

fn what_belongs_to_somebody_else_is_left_alone(database: &Database) {
    drop(database.open());
    let other = Views::open(&database.url(), "another.example/ledger").unwrap_err();
    assert!(matches!(&other, ViewsError::OtherLedger { found, .. } if found == LEDGER), "{other}");
    assert_eq!(database.open().covered(), 0);
    // Tables of another program, and none of ours.
    let theirs = if database.is_sqlite() { Database::sqlite() } else { Database::postgres() };
    if let Some(folder) = crate::place::Place::read(&theirs.url()).unwrap().file() {
        std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
        run(&theirs.url(), "CREATE TABLE ledger (id TEXT)");
    } else {
        run(&theirs.url(), "CREATE SCHEMA jianwei; CREATE TABLE jianwei.ledger (id TEXT)");
    }
    let refused = Views::open(&theirs.url(), LEDGER).unwrap_err();
    assert!(matches!(&refused, ViewsError::NotOurs { found, .. } if found == "ledger"), "{refused}");
    assert!(matches!(
        theirs.reader().alerts(&AlertFilter::default(), &Page::default()),
        Err(ViewsError::OtherVersion { .. })
    ));
}

fn readers_read_while_it_is_written(database: &Database) {
    let house = house();
    let mut views = database.open();
    let reader = database.reader();
    let count = || {
        let page = reader.alerts(&AlertFilter::default(), &Page::default());
        page.unwrap().rows.rows.len()
    };
    let batch = Batch::of(&house.sealed, &house.desk);
    let written = views.write_then(&batch, |_| {
        // What is not committed is seen by nobody, and nobody waits for it.
        assert_eq!(elsewhere(count), 0);
        Ok(())
    });
    written.unwrap();
    assert_eq!(count(), 2);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| assert_eq!(count(), 2));
        }
    });
}

#[test]
fn a_file_that_cannot_be_written_is_said_so() {
    let database = Database::sqlite();
    let house = house();
    database.open().apply(&house.sealed[..1], &house.desk).unwrap();
    // As in a folder that belongs to somebody else; root may write everywhere.
    let read_only = format!("{}?mode=ro", database.url());
    let refused =
        Views::open(&read_only, LEDGER).and_then(|mut views| views.apply(&house.sealed, &house.desk));
    assert!(matches!(refused, Err(ViewsError::NotWritable { .. })), "{refused:?}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let refused = Views::open(&crate::sqlite_url(&file.join("views.sqlite")), LEDGER).unwrap_err();
    assert!(matches!(refused, ViewsError::NotWritable { .. }), "{refused:?}");
    assert!(refused.to_string().contains("belong to the user"), "{refused}");
    // A file that is no database at all.
    std::fs::write(&file, "neither ledger nor views, but long enough to be looked at ".repeat(40)).unwrap();
    let refused = Views::open(&crate::sqlite_url(&file), LEDGER).unwrap_err();
    assert!(matches!(refused, ViewsError::NotOurs { .. }), "{refused:?}");
    // Who reads makes nothing.
    let nowhere = folder.path().join("none.sqlite");
    let reader = Reader::open(&crate::sqlite_url(&nowhere)).unwrap();
    let refused = reader.alerts(&AlertFilter::default(), &Page::default()).unwrap_err();
    assert!(matches!(refused, ViewsError::OtherVersion { .. }), "{refused:?}");
    assert!(!nowhere.exists());
}

#[test]
fn a_server_that_does_not_answer_is_said_so() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let refused =
        Views::open(&format!("postgres://jianwei:secret@127.0.0.1:{port}/desk"), LEDGER).unwrap_err();
    assert!(matches!(refused, ViewsError::Unreachable { .. }), "{refused:?}");
    assert!(
        refused.to_string().contains("Is it running") && !refused.to_string().contains("secret"),
        "{refused}"
    );
    let database = Database::postgres();
    let url = database.url();
    let nowhere = url.rsplit_once('/').map(|(server, _)| format!("{server}/nowhere")).unwrap();
    let refused = Views::open(&nowhere, LEDGER).unwrap_err();
    assert!(matches!(refused, ViewsError::Unreachable { .. }), "{refused:?}");
}

#[test]
fn who_may_only_read_may_only_read() {
    let database = Database::postgres();
    let house = house();
    database.open().apply(&house.sealed, &house.desk).unwrap();
    // As docs/views.md says it; roles are the server's, and other tests have theirs.
    let role = "only_reads";
    let grants = crate::tests::page::GRANTS.replace("bi_reader", role);
    run(&database.url(), &grants);
    let as_reader = database.url_of(role);
    let reader = Reader::open(&as_reader).unwrap();
    assert_eq!(reader.alerts(&AlertFilter::default(), &Page::default()).unwrap().rows.rows.len(), 2);
    let refused = Views::open(&as_reader, LEDGER).and_then(|mut views| views.clear()).unwrap_err();
    assert!(matches!(refused, ViewsError::NotAllowed { .. }), "{refused:?}");
    // What is made again for another version is granted again by itself.
    run(&database.url(), "UPDATE jianwei.views_form SET form = 'older'");
    drop(database.open());
    assert_eq!(reader.alerts(&AlertFilter::default(), &Page::default()).unwrap().rows.rows.len(), 0);
    // Who may not even make the schema is told so.
    let empty = Database::postgres();
    let refused = Views::open(&empty.url_of(role), LEDGER).unwrap_err();
    assert!(matches!(refused, ViewsError::NotAllowed { .. }), "{refused:?}");
}
