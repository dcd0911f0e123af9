//! Queries over tables in memory and in files.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a fixture that fails fails its test")]

mod common;

use std::fs::File;
use std::path::Path;

use common::{batch, four, transaction, transactions};
use model::spec::Record;
use model::streams::Transaction;
use model::time::Day;
use proptest::prelude::*;
use query::parquet::arrow::ArrowWriter;
use query::parquet::file::properties::WriterProperties;
use query::{
    Flow, Hidden, Options, ParquetFile, QueryError, RecordBatch, Rows, Session, SqlFault, Table, check,
};

fn write(path: &Path, batches: &[RecordBatch]) -> ParquetFile {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(100)).build();
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), transactions(), Some(properties)).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.close().unwrap();
    ParquetFile { path: path.to_owned(), bytes: std::fs::metadata(path).unwrap().len() }
}

fn session(options: &Options, table: Table) -> Session {
    let session = Session::new(options).unwrap();
    session.register("transaction", table).unwrap();
    session
}

fn ids(rows: &Rows) -> String {
    (0..rows.len()).map(|row| rows.text("id", row).unwrap()).collect::<Vec<_>>().join(" ")
}

const ALL: &str = "SELECT id FROM transaction ORDER BY id";

#[test]
fn rows_in_memory_and_in_files_are_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part with space,=&%.parquet");
    let file = write(&path, &[four().slice(0, 2)]);
    for partitions in [1, 2] {
        let options = Options { partitions, ..Options::default() };
        let table =
            || Table::new(transactions()).with_files([file.clone()]).with_batches([four().slice(2, 2)]);
        assert_eq!(ids(&session(&options, table()).run(ALL).unwrap()), "t1 t2 t3 t4");
        let day = |text: &str| Day::parse(text).unwrap();
        let two_days = table().within_days(day("2024-03-01")..=day("2024-03-02"));
        assert_eq!(ids(&session(&options, two_days).run(ALL).unwrap()), "t1 t2 t3");
        let hiding = table().hiding(Hidden::new(vec![13, 10, 99]));
        assert_eq!(ids(&session(&options, hiding).run(ALL).unwrap()), "t2 t3");
        let both = table().hiding(Hidden::new(vec![11])).within_days(day("2024-03-01")..=day("2024-03-01"));
        assert_eq!(ids(&session(&options, both).run(ALL).unwrap()), "t1");
    }
}

#[test]
fn codes_survive_the_way_through_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(&folder.path().join("a.parquet"), &[four()]);
    let session = session(&Options::default(), Table::new(transactions()).with_files([file]));
    let sql = "SELECT id, channel FROM transaction WHERE channel = 'app' AND institution = 'institution-a'";
    let rows = session.run(sql).unwrap();
    assert_eq!(ids(&rows), "t1 t4");
    let whole = session.run("SELECT * FROM transaction ORDER BY position").unwrap();
    assert_eq!(Rows::new(four()).to_json(), whole.to_json());
}

#[test]
fn conditions_reach_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(&folder.path().join("a.parquet"), &[four()]);
    let session = session(&Options::default(), Table::new(transactions()).with_files([file]));
    let plan = session.explain("SELECT id FROM transaction WHERE day = DATE '2024-03-02'").unwrap();
    assert!(plan.contains("predicate=day"), "{plan}");
    assert!(plan.contains("projection=[") && !plan.contains("payer_account"), "{plan}");
}

#[test]
fn a_table_without_rows_is_a_table() {
    let session = session(&Options::default(), Table::new(transactions()));
    let rows = session.run("SELECT count(*) AS n, sum(amount) AS total FROM transaction").unwrap();
    assert_eq!((rows.integer("n", 0), rows.number("total", 0)), (Some(0), None));
    assert_eq!(session.run(ALL).unwrap().len(), 0);
}

#[test]
fn a_name_can_be_given_again() {
    let session = session(&Options::default(), Table::new(transactions()).with_batches([four()]));
    session.register("transaction", Table::new(transactions()).with_batches([four().slice(0, 1)])).unwrap();
    assert_eq!(ids(&session.run(ALL).unwrap()), "t1");
}

#[test]
fn results_come_in_batches_and_stop_when_told() {
    let options = Options { batch_rows: 2, ..Options::default() };
    let session = session(&options, Table::new(transactions()).with_batches([four()]));
    let mut sizes = Vec::new();
    let seen = session.run_streaming("SELECT id FROM transaction", |batch| {
        sizes.push(batch.num_rows());
        Flow::Continue
    });
    assert!(seen.is_ok());
    assert_eq!(sizes.iter().sum::<usize>(), 4);
    let mut count = 0;
    session
        .run_streaming("SELECT a.id FROM transaction a, transaction b, transaction c, transaction d", |_| {
            count += 1;
            Flow::Stop
        })
        .unwrap();
    assert_eq!(count, 1);
}

#[test]
fn a_caller_on_an_executor_is_served_too() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let count = runtime.block_on(async {
        let session = session(&Options::default(), Table::new(transactions()).with_batches([four()]));
        session.run("SELECT count(*) AS n FROM transaction").unwrap().integer("n", 0)
    });
    assert_eq!(count, Some(4));
}

#[test]
fn memory_is_bounded() {
    let lines: Vec<_> =
        (0..20_000).map(|i| transaction(i, "2024-03-01T09:00:00+08:00", i as u32, "1", None)).collect();
    let large = batch(Transaction::STREAM, "institution-a", 0, &lines);
    let options = Options { memory_bytes_max: Some(100_000), ..Options::default() };
    let sql = "SELECT id, user, count(*) AS n FROM transaction GROUP BY id, user ORDER BY id";
    let table = || Table::new(transactions()).with_batches([large.clone()]);
    let error = session(&options, table()).run(sql).unwrap_err();
    assert!(matches!(error, QueryError::Memory(_)), "{error:?}");
    assert_eq!(session(&Options::default(), table()).run(sql).unwrap().len(), 20_000);
}

#[test]
fn a_damaged_file_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(&folder.path().join("a.parquet"), &[four()]);
    std::fs::write(&file.path, vec![0; file.bytes as usize]).unwrap();
    let session = session(&Options::default(), Table::new(transactions()).with_files([file.clone()]));
    let error = session.run(ALL).unwrap_err();
    assert!(matches!(error, QueryError::Storage(_)), "{error:?}");
    std::fs::remove_file(&file.path).unwrap();
    let error = session.run(ALL).unwrap_err();
    assert!(matches!(error, QueryError::Storage(_)), "{error:?}");
}

#[test]
fn only_reading_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out.csv");
    let session = session(&Options::default(), Table::new(transactions()).with_batches([four()]));
    for sql in [
        "CREATE TABLE x AS SELECT 1".to_owned(),
        "DROP TABLE transaction".to_owned(),
        "INSERT INTO transaction SELECT * FROM transaction".to_owned(),
        format!("COPY transaction TO '{}'", target.display()),
        format!("CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '{}'", folder.path().display()),
        "SET datafusion.execution.batch_size = 1".to_owned(),
        "EXPLAIN SELECT 1".to_owned(),
        "EXPLAIN ANALYZE SELECT 1".to_owned(),
        "SELECT 1; SELECT 2".to_owned(),
        "SELECT * FROM '/etc/passwd'".to_owned(),
        "SHOW TABLES".to_owned(),
        String::new(),
    ] {
        let error = session.run(&sql).expect_err(&sql);
        assert!(matches!(error, QueryError::Sql(_)), "{sql}: {error:?}");
    }
    assert!(!target.exists());
    assert_eq!(session.run(ALL).unwrap().len(), 4);
}

#[test]
fn a_query_is_checked_before_there_is_data() {
    let tables = [("transaction", transactions())];
    let checked =
        check("SELECT institution, day, sum(amount) AS value FROM transaction GROUP BY 1, 2", &tables);
    let checked = checked.unwrap();
    assert_eq!(checked.tables, ["transaction"]);
    insta::assert_snapshot!(
        checked
            .schema
            .fields()
            .iter()
            .map(|f| format!("{} {}\n", f.name(), f.data_type()))
            .collect::<String>()
    );
    let table = [
        "SELECT amont FROM transaction",
        "SELECT t.amont FROM transaction t",
        "SELECT amount FROM transactions",
        "SELECT institution, amount FROM transaction GROUP BY institution",
        "SELECT sum(amount) / count(*) FROM transaction",
        "SELECT summ(amount) FROM transaction",
        "SELECT amount + kind FROM transaction WHERE",
        "SELECT current_date, now() FROM transaction",
        "WITH a AS (SELECT amount / amount AS x FROM transaction) SELECT x FROM a",
        "SELECT CAST(id AS BIGINT) FROM transaction",
        "SELECT amount, amount FROM transaction",
        "DELETE FROM transaction",
        "SELECT amount\nFROM transaction\nWHERE 金额 > 1",
    ];
    let mut seen = String::new();
    for sql in table {
        let fault: SqlFault = check(sql, &tables).expect_err(sql);
        let shown = fault.span.clone().map(|span| &sql[span]);
        seen.push_str(&format!("{sql}\n  at {shown:?}: {fault}\n"));
    }
    insta::assert_snapshot!(seen);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    /// What is hidden, restricted and grouped agrees with a count by hand, however the rows lie.
    #[test]
    fn agrees_with_a_count_by_hand(
        rows in prop::collection::vec((0i32..5, 0u32..3, 1i64..10_000), 1..60),
        hidden in prop::collection::vec(0u64..60, 0..10),
        cut in 0usize..60,
        days in (0i32..5, 0i32..5),
    ) {
        let first = Day::parse("2024-03-01").unwrap();
        let lines: Vec<_> = rows.iter().enumerate().map(|(i, (day, user, fen))| {
            let time = format!("{}T10:00:00+08:00", first.plus(*day));
            transaction(i, &time, *user, &format!("{}.{:02}", fen / 100, fen % 100), None)
        }).collect();
        let all = batch(Transaction::STREAM, "institution-a", 0, &lines);
        let cut = cut.min(rows.len());
        let folder = tempfile::tempdir().unwrap();
        let mut table = Table::new(transactions()).with_batches([all.slice(cut, rows.len() - cut)]);
        if cut > 0 {
            table = table.with_files([write(&folder.path().join("a.parquet"), &[all.slice(0, cut)])]);
        }
        let (from, to) = (days.0.min(days.1), days.0.max(days.1));
        let table = table.hiding(Hidden::new(hidden.clone())).within_days(first.plus(from)..=first.plus(to));
        let sql = "SELECT count(*) AS n, sum(amount) AS total FROM transaction";
        let found = session(&Options::default(), table).run(sql).unwrap();
        let expected: Vec<_> = rows.iter().enumerate()
            .filter(|(i, (day, ..))| !hidden.contains(&(*i as u64)) && (from..=to).contains(day))
            .map(|(_, (_, _, fen))| *fen).collect();
        prop_assert_eq!(found.integer("n", 0), Some(expected.len() as i64));
        let total = (!expected.is_empty()).then(|| query::Number(i128::from(expected.iter().sum::<i64>()) * 10_000));
        prop_assert_eq!(found.number("total", 0), total);
    }
}
