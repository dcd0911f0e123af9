//! The history against a plain list of rows, through flushes, joins and crashes.
#![expect(clippy::unwrap_used, reason = "what helps a test may panic as it does")]

mod rows;

use std::{fs, ops::RangeInclusive};

use model::{
    spec::{Record, StreamSpec},
    streams::{self, BusinessDaily, STANDING, STREAMS, Transaction},
    time::Day,
};
use proptest::prelude::*;
use rows::batch;
use store::history::{History, HistoryError, Options};

const SMALL: Options = Options { tail_rows: 64 };
const FIRST_DAY: i32 = 20_000;

#[derive(Clone, Debug)]
enum Step {
    Append {
        stream: usize,
        institution: u8,
        days: Vec<i32>,
    },
    /// A revision of the nth row of its stream, filed with it.
    Revise {
        stream: usize,
        nth: usize,
        day: i32,
    },
    /// The ledger grows by other events too.
    Other(u64),
    Flush,
    Join,
    Crash,
    Ask(Option<RangeInclusive<i32>>),
}

#[derive(Clone)]
struct Row {
    stream: &'static StreamSpec,
    day: i32,
    position: u64,
    is_superseded: bool,
}

/// What the ledger holds: batches and what each of them superseded.
#[derive(Clone)]
struct Filed {
    stream: &'static StreamSpec,
    institution: String,
    days: Vec<i32>,
    first_position: u64,
    supersedes: Option<u64>,
}

fn day() -> impl Strategy<Value = i32> {
    FIRST_DAY..FIRST_DAY + 12
}

fn streams_used() -> [&'static StreamSpec; 3] {
    [Transaction::STREAM, BusinessDaily::STREAM, streams::stream("register").unwrap()]
}

fn step() -> impl Strategy<Value = Step> {
    let days = prop_oneof![
        prop::collection::vec(day(), 0..60),
        (day(), 0..60_usize).prop_map(|(day, n)| vec![day; n])
    ];
    prop_oneof![
        8 => (0..3_usize, 0..3_u8, days).prop_map(|(stream, institution, days)| Step::Append { stream, institution, days }),
        3 => (0..3_usize, any::<usize>(), day()).prop_map(|(stream, nth, day)| Step::Revise { stream, nth, day }),
        1 => (1..5_u64).prop_map(Step::Other),
        1 => Just(Step::Flush),
        1 => Just(Step::Join),
        1 => Just(Step::Crash),
        2 => prop::option::of((day(), 0..5).prop_map(|(day, more)| day..=day + more)).prop_map(Step::Ask),
    ]
}

fn file(history: &mut History, filed: &Filed) {
    let rows = batch(filed.stream, &filed.institution, &filed.days, filed.first_position);
    history.append(filed.stream, rows).unwrap();
    if let Some(position) = filed.supersedes {
        history.supersede(filed.stream, position).unwrap();
    }
}

/// Compares what SQL says of every stream with the rows.
fn ask(history: &History, rows: &[Row], days: Option<RangeInclusive<i32>>) {
    let asked = days.clone().map(|days| Day(*days.start())..=Day(*days.end()));
    let session = history.session(asked, &query::Options::default()).unwrap();
    for stream in streams_used() {
        let expected = || {
            rows.iter().filter(|row| {
                // What stands is seen whatever the days.
                let within =
                    STANDING.contains(&stream) || days.as_ref().is_none_or(|days| days.contains(&row.day));
                row.stream == stream && !row.is_superseded && within
            })
        };
        let sql = format!(
            "SELECT count(*) AS rows, sum(position) AS positions, min(day) AS first, max(day) AS last, \
             count(DISTINCT institution) AS institutions, count(DISTINCT id) AS ids FROM \"{}\"",
            stream.name
        );
        let found = session.run(&sql).unwrap();
        let count = expected().count();
        assert_eq!(found.integer("rows", 0), Some(count as i64), "{} {days:?}", stream.name);
        assert_eq!(found.integer("ids", 0), Some(count as i64));
        let sum: u64 = expected().map(|row| row.position).sum();
        assert_eq!(found.position("positions", 0).unwrap_or(0), sum);
        assert_eq!(found.day("first", 0).map(|day| day.0), expected().map(|row| row.day).min());
        assert_eq!(found.day("last", 0).map(|day| day.0), expected().map(|row| row.day).max());
        assert_eq!(found.integer("institutions", 0) == Some(0), count == 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn sql_sees_what_was_filed(steps in prop::collection::vec(step(), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let mut history = History::open_with(dir.path(), SMALL).unwrap();
        let (mut ledger, mut rows, mut size) = (Vec::<Filed>::new(), Vec::<Row>::new(), 0_u64);
        let used = streams_used();
        for step in steps {
            match step {
                Step::Append { stream, institution, days } => {
                    let stream = used[stream];
                    let filed = Filed { stream, institution: format!("institution {institution}"), days, first_position: size, supersedes: None };
                    file(&mut history, &filed);
                    let new = (size..).zip(&filed.days).map(|(position, day)| Row { stream, day: *day, position, is_superseded: false });
                    rows.extend(new);
                    size += filed.days.len() as u64;
                    ledger.push(filed);
                    history.settle(size).unwrap();
                }
                Step::Revise { stream, nth, day } => {
                    let stream = used[stream];
                    let mut own: Vec<_> = rows.iter_mut().filter(|row| row.stream == stream && !row.is_superseded).collect();
                    if own.is_empty() {
                        continue;
                    }
                    let nth = nth % own.len();
                    own[nth].is_superseded = true;
                    let supersedes = Some(own[nth].position);
                    let filed = Filed { stream, institution: "institution 0".to_owned(), days: vec![day], first_position: size, supersedes };
                    file(&mut history, &filed);
                    rows.push(Row { stream, day, position: size, is_superseded: false });
                    size += 1;
                    ledger.push(filed);
                    history.settle(size).unwrap();
                }
                Step::Other(events) => size += events,
                Step::Flush => {
                    history.flush(size).unwrap();
                    prop_assert_eq!(history.covered(), size);
                }
                Step::Join => history.wait_for_files().unwrap(),
                Step::Crash => {
                    drop(history);
                    history = History::open_with(dir.path(), SMALL).unwrap();
                    let covered = history.covered();
                    for filed in ledger.iter().filter(|filed| filed.first_position >= covered) {
                        file(&mut history, filed);
                    }
                    history.settle(size).unwrap();
                }
                Step::Ask(days) => ask(&history, &rows, days),
            }
        }
        ask(&history, &rows, None);
        history.verify().unwrap();
    }
}

#[test]
fn every_stream_comes_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = History::open(dir.path()).unwrap();
    let mut first = 0;
    for stream in STREAMS {
        for institution in ["a", "b"] {
            history
                .append(
                    stream,
                    batch(stream, institution, &[FIRST_DAY, FIRST_DAY + 1, FIRST_DAY, FIRST_DAY], first),
                )
                .unwrap();
            first += 4;
        }
    }
    let all = |history: &History| {
        let session = history.session(None, &query::Options::default()).unwrap();
        let rows = STREAMS.iter().map(|stream| {
            session.run(&format!("SELECT * FROM \"{}\" ORDER BY position", stream.name)).unwrap().to_json()
        });
        rows.collect::<Vec<_>>()
    };
    let before = all(&history);
    assert!(before.iter().all(|rows| rows.len() == 8));
    history.flush(first).unwrap();
    assert_eq!(all(&history), before);
    drop(history);
    assert_eq!(all(&History::open(dir.path()).unwrap()), before);
}

#[test]
fn many_flushes_make_few_files_and_queries_keep_theirs() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = History::open_with(dir.path(), Options { tail_rows: 400 }).unwrap();
    let stream = Transaction::STREAM;
    let mut sessions = Vec::new();
    for n in 0..100 {
        history.append(stream, batch(stream, "a", &[FIRST_DAY + n], n as u64)).unwrap();
        history.flush(n as u64 + 1).unwrap();
        if n % 10 == 9 {
            sessions.push((n + 1, history.session(None, &query::Options::default()).unwrap()));
        }
    }
    history.wait_for_files().unwrap();
    for (rows, session) in &sessions {
        let found = session.run("SELECT count(*) AS rows FROM \"transaction\"").unwrap();
        assert_eq!(found.integer("rows", 0), Some(i64::from(*rows)));
    }
    let files = || fs::read_dir(dir.path()).unwrap().count();
    assert!(files() > 20, "files that a query may read were removed");
    drop(sessions);
    assert!(files() < 12, "{} files", files());
    assert!(history.tables(Some(Day(FIRST_DAY)..=Day(FIRST_DAY))).unwrap().file_count() <= 2);
}

#[test]
fn what_cannot_be_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = History::open(dir.path()).unwrap();
    let (transaction, daily) = (Transaction::STREAM, BusinessDaily::STREAM);
    let rows = |first| batch(transaction, "a", &[FIRST_DAY, FIRST_DAY], first);
    history.append(transaction, rows(10)).unwrap();
    assert!(matches!(
        history.append(transaction, rows(11)),
        Err(HistoryError::PositionsGoBack { free: 12, .. })
    ));
    assert!(matches!(history.append(daily, rows(12)), Err(HistoryError::Columns(_))));
    assert!(matches!(history.flush(11), Err(HistoryError::AheadOfLedger { position: 11, .. })));
    history.flush(20).unwrap();
    let refused = |history: &mut History| {
        let error = history.append(daily, batch(daily, "a", &[FIRST_DAY], 19)).unwrap_err();
        assert!(matches!(error, HistoryError::PositionsGoBack { first: 19, free: 20, .. }), "{error}");
    };
    refused(&mut history);
    drop(history);
    let mut history = History::open(dir.path()).unwrap();
    assert_eq!(history.covered(), 20);
    refused(&mut history);
}

#[test]
fn a_damaged_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = History::open(dir.path()).unwrap();
    let stream = Transaction::STREAM;
    history.append(stream, batch(stream, "a", &[FIRST_DAY; 50], 0)).unwrap();
    history.supersede(stream, 3).unwrap();
    history.flush(50).unwrap();
    drop(history);
    let files: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 3);
    for path in files {
        let whole = fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        damaged[whole.len() / 2] ^= 4;
        for bytes in [damaged, whole[..whole.len() - 1].to_vec()] {
            fs::write(&path, bytes).unwrap();
            let error =
                History::open(dir.path()).and_then(|history| history.verify()).unwrap_err().to_string();
            assert!(error.contains(path.file_name().unwrap().to_str().unwrap()), "{error}");
        }
        fs::remove_file(&path).unwrap();
        if !path.ends_with("MANIFEST") {
            assert!(History::open(dir.path()).is_err());
        }
        fs::write(&path, &whole).unwrap();
    }
    History::open(dir.path()).unwrap().verify().unwrap();
    assert_eq!(History::rebuild(dir.path()).unwrap().covered(), 0);
}

#[test]
fn files_of_another_version_are_named_or_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let stream = Transaction::STREAM;
    let mut history = History::open(dir.path()).unwrap();
    history.append(stream, batch(stream, "a", &[FIRST_DAY; 50], 0)).unwrap();
    history.flush(50).unwrap();
    drop(history);
    let (history, other) = History::open_or_empty(dir.path()).unwrap();
    assert_eq!((history.covered(), other), (50, None));
    drop(history);

    // The columns are part of what the manifest says it is.
    let manifest = dir.path().join("MANIFEST");
    let own = fs::read_to_string(&manifest).unwrap();
    let (kind, rest) = own.split_once(" crc32 ").unwrap();
    let (form, columns) = kind.rsplit_once(' ').unwrap();
    assert_eq!((form, columns.len()), ("jianwei history 2 columns", 8));
    for kind in ["jianwei history 1".to_owned(), format!("{form} 00000000")] {
        fs::write(&manifest, format!("{kind} crc32 {rest}")).unwrap();
        let error = History::open(dir.path()).map(drop).unwrap_err().to_string();
        assert!(error.contains(&kind) && error.contains("rebuild it from the ledger"), "{error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "only looked at");
    }
    // What is no whole manifest of any version is damage, and stays for whoever looks into it.
    fs::write(&manifest, own.replace(" crc32 ", " crc32 0")).unwrap();
    let damaged = History::open_or_empty(dir.path()).map(drop).unwrap_err().to_string();
    assert!(damaged.contains("is damaged"), "{damaged}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);

    fs::write(&manifest, format!("jianwei history 1 crc32 {rest}")).unwrap();
    fs::write(dir.path().join("note.txt"), "not ours").unwrap();
    let (history, other) = History::open_or_empty(dir.path()).unwrap();
    assert_eq!((history.covered(), other.unwrap().found.as_str()), (0, "jianwei history 1"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "what is not ours stays");
}
