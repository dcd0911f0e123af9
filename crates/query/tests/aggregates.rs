//! Aggregations have quick ways of their own; they say what a count by hand says.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a fixture that fails fails its test")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{batch, business, transactions};
use model::spec::Record;
use model::streams::Transaction;
use model::time::Day;
use proptest::prelude::*;
use query::{Number, Options, RecordBatch, Rows, Session, Table};

const FIRST: &str = "2024-03-01";
const CHANNELS: [Option<&str>; 4] = [None, Some("app"), Some("web"), Some("pos")];
const KINDS: [(&str, &str); 3] = [("lending", "out"), ("repayment", "in"), ("refund", "in")];

#[derive(Clone, Debug)]
struct Row {
    institution: u32,
    day: i32,
    user: u32,
    party: Option<u32>,
    channel: usize,
    kind: usize,
    fen: i64,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (0u32..3, 0i32..3, 0u32..5, prop::option::of(0u32..4), 0usize..4, 0usize..3, 1i64..10_000);
    let row = row.prop_map(|(institution, day, user, party, channel, kind, fen)| Row {
        institution,
        day,
        user,
        party,
        channel,
        kind,
        fen,
    });
    prop::collection::vec(row, 0..80)
}

impl Row {
    fn day(&self) -> Day {
        Day::parse(FIRST).unwrap().plus(self.day)
    }

    fn line(&self, id: usize) -> String {
        let (kind, direction) = KINDS[self.kind];
        let party = self.party.map(|n| format!(r#","counterparty":"p1:{n:030x}""#)).unwrap_or_default();
        let channel =
            CHANNELS[self.channel].map(|code| format!(r#","channel":"{code}""#)).unwrap_or_default();
        format!(
            r#"{{"id":"t{id}","time":"{}T10:00:00+08:00","user":"p1:{:030x}","amount":"{}.{:02}","kind":"{kind}","direction":"{direction}"{party}{channel}}}"#,
            self.day(),
            self.user,
            self.fen / 100,
            self.fen % 100,
        )
    }

    /// What the row is grouped by: institution, day and channel.
    fn group(&self) -> Group {
        let channel = CHANNELS[self.channel].map(str::to_owned);
        (format!("institution-{}", self.institution), self.day(), channel)
    }
}

type Group = (String, Day, Option<String>);

/// One batch for each row, so that every one brings dictionaries of its own.
fn batches(rows: &[Row]) -> Vec<RecordBatch> {
    let one = |(id, row): (usize, &Row)| {
        batch(Transaction::STREAM, &format!("institution-{}", row.institution), id as u64, &[row.line(id)])
    };
    rows.iter().enumerate().map(one).collect()
}

fn session(rows: &[Row], partitions: usize) -> Session {
    let session = Session::new(&Options { partitions, batch_rows: 7, ..Options::default() }).unwrap();
    session.register("transaction", Table::new(transactions()).with_batches(batches(rows))).unwrap();
    session
}

fn group_of(found: &Rows, row: usize) -> Group {
    let text = |name| found.text(name, row);
    (text("institution").unwrap(), found.day("day", row).unwrap(), text("channel"))
}

fn yuan(fen: i64) -> Number {
    Number(i128::from(fen) * 10_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn groups_and_distinct_counts_agree_with_a_count_by_hand(rows in rows(), partitions in 1usize..3) {
        #[derive(Default)]
        struct Expected<'a> {
            users: BTreeSet<u32>,
            large_users: BTreeSet<u32>,
            parties: BTreeSet<u32>,
            fen: i64,
            rows: Vec<&'a Row>,
        }
        let mut expected: BTreeMap<Group, Expected> = BTreeMap::new();
        for row in &rows {
            let group = expected.entry(row.group()).or_default();
            group.users.insert(row.user);
            group.parties.extend(row.party);
            if row.fen >= 5_000 {
                group.large_users.insert(row.user);
            }
            group.fen += row.fen;
            group.rows.push(row);
        }
        let sql = r#"SELECT institution, day, channel, count(*) AS n, count(DISTINCT "user") AS users,
            count(DISTINCT "user") FILTER (WHERE amount >= 50) AS large_users,
            count(DISTINCT counterparty) AS parties, sum(amount) AS total
            FROM transaction GROUP BY institution, day, channel"#;
        let found = session(&rows, partitions).run(sql).unwrap();
        prop_assert_eq!(found.len(), expected.len());
        for row in 0..found.len() {
            let group = group_of(&found, row);
            let expected = &expected[&group];
            let count = |name| found.integer(name, row).unwrap() as usize;
            prop_assert_eq!(count("n"), expected.rows.len());
            prop_assert_eq!(count("users"), expected.users.len());
            prop_assert_eq!(count("large_users"), expected.large_users.len());
            prop_assert_eq!(count("parties"), expected.parties.len());
            prop_assert_eq!(found.number("total", row), Some(yuan(expected.fen)));
        }
    }

    #[test]
    fn without_groups_and_with_many_keys(rows in rows(), partitions in 1usize..3) {
        let session = session(&rows, partitions);
        let found = session.run(
            r#"SELECT count(DISTINCT "user") AS users, count(DISTINCT counterparty) AS parties FROM transaction"#
        ).unwrap();
        let users: BTreeSet<_> = rows.iter().map(|row| row.user).collect();
        let parties: BTreeSet<_> = rows.iter().filter_map(|row| row.party).collect();
        prop_assert_eq!(found.integer("users", 0), Some(users.len() as i64));
        prop_assert_eq!(found.integer("parties", 0), Some(parties.len() as i64));

        let found = session.run(
            "SELECT institution, day, channel, kind, direction, \"user\", count(*) AS n FROM transaction
             GROUP BY kind, direction, institution, \"user\", day, channel"
        ).unwrap();
        let mut expected: BTreeMap<(Group, &str, u32), i64> = BTreeMap::new();
        for row in &rows {
            *expected.entry((row.group(), KINDS[row.kind].0, row.user)).or_default() += 1;
        }
        prop_assert_eq!(found.len(), expected.len());
        for row in 0..found.len() {
            let kind = KINDS.iter().find(|kind| Some(kind.0) == found.text("kind", row).as_deref()).unwrap();
            prop_assert_eq!(found.text("direction", row), Some(kind.1.to_owned()));
            let user = found.pseudonym("user", row).unwrap().to_string();
            let user = u32::from_str_radix(&user[user.len() - 8..], 16).unwrap();
            prop_assert_eq!(found.integer("n", row), Some(expected[&(group_of(&found, row), kind.0, user)]));
        }
    }

    #[test]
    fn a_part_that_is_read_twice_says_the_same_both_times(rows in rows(), partitions in 1usize..3) {
        let sql = "WITH daily AS (
              SELECT institution, day, sum(amount) AS amount FROM transaction GROUP BY institution, day
            ),
            totals AS (SELECT day, sum(amount) AS amount FROM daily GROUP BY day)
            SELECT d.institution, d.day, d.amount, t.amount AS total, (SELECT max(amount) FROM totals) AS highest
            FROM daily d JOIN totals t ON t.day = d.day";
        let found = session(&rows, partitions).run(sql).unwrap();
        let (mut daily, mut totals) = (BTreeMap::new(), BTreeMap::new());
        for row in &rows {
            *daily.entry((format!("institution-{}", row.institution), row.day())).or_insert(0) += row.fen;
            *totals.entry(row.day()).or_insert(0) += row.fen;
        }
        prop_assert_eq!(found.len(), daily.len());
        let highest = totals.values().max().copied().map(yuan);
        for row in 0..found.len() {
            let (institution, day) = (found.text("institution", row).unwrap(), found.day("day", row).unwrap());
            prop_assert_eq!(found.number("total", row), Some(yuan(totals[&day])));
            prop_assert_eq!(found.number("amount", row), Some(yuan(daily[&(institution, day)])));
            prop_assert_eq!(found.number("highest", row), highest);
        }
    }
}

fn row(institution: u32, day: i32, fen: i64) -> Row {
    Row { institution, day, user: 1, party: None, channel: 0, kind: 0, fen }
}

#[test]
fn a_part_that_is_read_twice_is_computed_once() {
    let session = session(&[row(0, 0, 1)], 1);
    let twice = "WITH daily AS (SELECT day, sum(amount) AS amount FROM transaction GROUP BY day)
        SELECT a.day FROM daily a JOIN daily b ON a.amount = b.amount";
    let plan = session.explain(twice).unwrap();
    assert!(plan.starts_with("@0:\n"), "{plan}");
    assert_eq!(plan.matches("sum(transaction.amount)]").count(), 1, "{plan}");
    let once =
        "WITH daily AS (SELECT day, sum(amount) AS amount FROM transaction GROUP BY day) SELECT * FROM daily";
    assert!(!session.explain(once).unwrap().starts_with('@'));
}

#[test]
fn codes_and_days_are_grouped_by_as_numbers() {
    let session = session(&[row(0, 0, 1)], 1);
    let plan =
        session.explain("SELECT institution, day, sum(amount) FROM transaction GROUP BY 1, 2").unwrap();
    assert!(plan.contains("gby=[packed(institution@0, day@1)"), "{plan}");
}

/// A text is made ready once; the rows and columns are those of the session that asks.
#[test]
fn a_text_that_was_asked_before_sees_the_tables_of_now() {
    let sql = "SELECT count(*) AS n, count(DISTINCT institution) AS institutions FROM transaction";
    let seen = |session: &Session| {
        let found = session.run(sql).unwrap();
        (found.integer("n", 0), found.integer("institutions", 0))
    };
    let first = session(&[row(0, 0, 1)], 1);
    assert_eq!(seen(&first), (Some(1), Some(1)));
    assert_eq!(seen(&session(&[row(0, 0, 1), row(1, 0, 1)], 2)), (Some(2), Some(2)));
    first.register("transaction", Table::new(transactions())).unwrap();
    assert_eq!(seen(&first), (Some(0), Some(0)));
    // A table of other columns under the name.
    first.register("transaction", Table::new(business())).unwrap();
    assert_eq!(seen(&first), (Some(0), Some(0)));
    assert!(first.run("SELECT loan_balance FROM transaction").is_ok());
    assert!(session(&[], 1).run("SELECT loan_balance FROM transaction").is_err());
}

/// The same question about other days is the same text; an answer must still be about its days.
#[test]
fn a_question_about_other_days_has_another_answer() {
    let session = session(&[row(0, 0, 100), row(0, 1, 200), row(1, 2, 400)], 1);
    let total = |from: i32, to: i32| {
        let day = |n: i32| Day::parse(FIRST).unwrap().plus(n);
        let sql = format!(
            "SELECT * FROM (WITH daily AS (SELECT day, sum(amount) AS total FROM transaction GROUP BY day)
               SELECT a.day, a.total, DATE '{from}' AS since FROM daily a JOIN daily b ON a.day = b.day) AS x
             WHERE day >= DATE '{from}' AND day <= DATE '{to}' AND day > DATE '{from}' - INTERVAL '1' DAY",
            from = day(from),
            to = day(to),
        );
        let found = session.run(&sql).unwrap();
        let total: i128 = (0..found.len()).map(|row| found.number("total", row).unwrap().0).sum();
        (found.day("since", 0) == (!found.is_empty()).then(|| day(from)), total / 1_000_000)
    };
    assert_eq!(total(0, 2), (true, 7));
    assert_eq!(total(1, 1), (true, 2));
    assert_eq!(total(2, 2), (true, 4));
    assert_eq!(total(2, 1), (true, 0));
    let unnamed = session.run("SELECT DATE '2024-03-01' + INTERVAL '1' DAY FROM transaction").unwrap();
    assert!(!unnamed.schema().field(0).name().contains('$'));
    assert!(session.run("SELECT $1, DATE '2024-03-01'").is_err());
    let fault = session.run("SELECT amont FROM transaction WHERE day = DATE '2024-03-01'").unwrap_err();
    assert!(fault.to_string().contains("amont"), "{fault}");
}
