//! Conditions and values on batches: three-valued, exact, faults that point.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a fixture that fails fails its test")]

mod common;

use common::{business, four, transactions};
use query::arrow::array::{Array, AsArray};
use query::{DataType, Expression, Number, Predicate, Rows};

fn verdicts(sql: &str) -> String {
    let predicate =
        Predicate::compile(sql, &transactions()).unwrap_or_else(|fault| panic!("{sql}: {fault:?}"));
    let found = predicate.evaluate(&four()).unwrap();
    (0..found.len())
        .map(|row| match (found.is_valid(row), found.is_valid(row) && found.value(row)) {
            (false, _) => '?',
            (true, true) => 'T',
            (true, false) => 'f',
        })
        .collect()
}

#[test]
fn conditions_are_true_false_or_undetermined() {
    // The four rows: 0.10 app, 50000 without channel, 123.45 web, 7 app.
    let table = [
        ("amount > 0", "TTTT"),
        ("amount > 0.1", "fTTT"),
        ("amount >= 0.10", "TTTT"),
        ("amount = 0.1", "Tfff"),
        ("amount > 50000", "ffff"),
        ("amount >= 50000", "fTff"),
        ("channel = 'app'", "T?fT"),
        ("channel <> 'app'", "f?Tf"),
        ("channel IN ('app', 'web')", "T?TT"),
        ("channel IS NULL", "fTff"),
        ("channel = 'app' OR amount > 40000", "TTfT"),
        ("channel = 'app' AND amount > 40000", "f?ff"),
        ("NOT (channel = 'app')", "f?Tf"),
        ("kind = 'lending'", "TTTT"),
        ("kind LIKE 'lend%'", "TTTT"),
        ("institution = 'institution-a'", "TTTT"),
        ("day = DATE '2024-03-01'", "TTff"),
        ("day BETWEEN DATE '2024-03-02' AND DATE '2024-03-03'", "ffTT"),
        ("date_part('hour', \"time\") >= 12", "fTfT"),
        ("user IS NOT NULL", "TTTT"),
        ("\"order\" IS NULL", "TTTT"),
        ("position = 12", "ffTf"),
        ("amount / NULLIF(amount - 7, 0) > 1", "fTT?"),
        ("TRY_CAST(id AS INT) IS NULL", "TTTT"),
        ("previous = 'x'", "????"),
        ("NULL", "????"),
    ];
    for (sql, expected) in table {
        assert_eq!(verdicts(sql), expected, "{sql}");
    }
}

/// Of more rows than there are codes, conditions on codes are not compared row by row.
#[test]
fn conditions_on_codes_are_the_same_in_large_batches() {
    let table = [
        ("channel = 'app'", "T?fT"),
        ("channel <> 'app'", "f?Tf"),
        ("channel IN ('app', 'web')", "T?TT"),
        ("channel IS NULL", "fTff"),
        ("channel = 'app' OR channel IS NULL", "TTfT"),
        ("kind = 'lending'", "TTTT"),
        ("kind LIKE 'lend%'", "TTTT"),
        ("COALESCE(channel, 'web') = 'web'", "fTTf"),
    ];
    let large = query::arrow::compute::concat_batches(&transactions(), &vec![four(); 40]).unwrap();
    for (sql, expected) in table {
        let predicate = Predicate::compile(sql, &transactions()).unwrap();
        for batch in [large.clone(), large.slice(4, 152), four()] {
            let found = predicate.evaluate(&batch).unwrap();
            for (row, expected) in (0..found.len()).zip(expected.chars().cycle()) {
                let shown = match (found.is_valid(row), found.is_valid(row) && found.value(row)) {
                    (false, _) => '?',
                    (true, true) => 'T',
                    (true, false) => 'f',
                };
                assert_eq!(shown, expected, "{sql}, row {row} of {}", found.len());
            }
        }
    }
}

#[test]
fn a_conjunction_is_explained_part_by_part() {
    let sql =
        "amount > 0 AND (channel='app' AND kind = 'lending') AND (day > DATE '2024-03-01' OR amount < 1)";
    let predicate = Predicate::compile(sql, &transactions()).unwrap();
    let parts: Vec<_> = predicate.conjuncts().iter().map(|part| part.sql().to_owned()).collect();
    assert_eq!(
        parts,
        ["amount > 0", "channel = 'app'", "kind = 'lending'", "(day > DATE '2024-03-01' OR amount < 1)"]
    );
    let holds: Vec<_> =
        predicate.conjuncts().iter().map(|part| part.evaluate(&four()).unwrap().value(2)).collect();
    assert_eq!(holds, [true, false, true, true]);
    assert_eq!(predicate.columns(), ["amount", "channel", "day", "kind"]);
    assert_eq!(predicate.conjuncts()[1].columns(), ["channel"]);
}

#[test]
fn values_are_exact() {
    let value = |sql: &str| {
        let expression = Expression::compile(sql, &transactions()).unwrap();
        let array = expression.evaluate(&four()).unwrap();
        (expression.data_type().clone(), array)
    };
    let (data_type, array) = value("amount * 2");
    assert!(matches!(data_type, DataType::Decimal128(_, 2)), "{data_type}");
    assert_eq!(array.as_primitive::<query::arrow::datatypes::Decimal128Type>().value(0), 20);
    let (data_type, _) = value("100 * amount / 3");
    assert!(matches!(data_type, DataType::Decimal128(_, 6)), "{data_type}");
    let (data_type, _) = value("0.1");
    assert_eq!(data_type, DataType::Decimal128(1, 1));
}

#[test]
fn faults_point_at_what_is_wrong() {
    let table = [
        ("", None),
        ("amount >", Some(">")),
        ("amount > 0 AND", Some("AND")),
        ("amont > 0", Some("amont")),
        ("amount > 0 AND chanel = 'app'", Some("chanel")),
        ("kind = 'lending' AND amount", Some("amount")),
        ("amount > 0 AND lenth(id) > 3", Some("lenth")),
        ("now() > \"time\"", Some("now")),
        ("random() > 0.5", Some("random")),
        ("amount > 0 foo", Some("foo")),
        ("amount > 0; DROP TABLE x", Some(";")),
        ("sum(amount) > 5", Some("sum")),
        ("1 + amount / amount > 1", Some("amount")),
        ("amount / 0 > 1", Some("/")),
        ("CAST(id AS INT) > 1", Some("CAST")),
        ("EXISTS (SELECT 1)", None),
        ("amount = $1", None),
        ("kind > 5 + TRUE", None),
        ("红 > 1", Some("红")),
    ];
    let mut seen = String::new();
    for (sql, expected) in table {
        let fault = Predicate::compile(sql, &transactions()).expect_err(sql);
        let shown = fault.span.clone().map(|span| &sql[span]);
        if let Some(expected) = expected {
            assert_eq!(shown, Some(expected), "{sql}: {fault:?}");
        }
        seen.push_str(&format!("{sql}\n  at {shown:?}: {fault}\n"));
    }
    insta::assert_snapshot!(seen);
}

#[test]
fn a_batch_of_other_columns_is_refused() {
    let predicate = Predicate::compile("line = 'p2p'", &business()).unwrap();
    assert!(predicate.evaluate(&four()).is_err());
}

#[test]
fn overlong_and_overdeep_texts_are_refused_without_harm() {
    let long = format!("amount > {}", "1".repeat(query::SQL_BYTES_MAX));
    assert!(Predicate::compile(&long, &transactions()).is_err());
    let chain = |parts: usize| vec!["amount > 0"; parts].join(" AND ");
    assert!(Predicate::compile(&chain(2000), &transactions()).is_err());
    let predicate = Predicate::compile(&chain(128), &transactions()).unwrap();
    assert_eq!(predicate.evaluate(&four()).unwrap().true_count(), 4);
    let deep = format!("{}amount > 0{}", "(".repeat(5000), ")".repeat(5000));
    assert!(Predicate::compile(&deep, &transactions()).is_err());
    let not = format!("{}amount > 0", "NOT ".repeat(3000));
    let _ = Predicate::compile(&not, &transactions());
}

#[test]
fn results_are_read_by_name() {
    let rows = Rows::new(four());
    assert_eq!(rows.text("institution", 3).as_deref(), Some("institution-a"));
    assert_eq!(rows.text("channel", 1), None);
    assert_eq!(rows.number("amount", 2), "123.45".parse::<Number>().ok());
    assert_eq!(rows.position("position", 0), Some(10));
    assert_eq!(rows.day("day", 2).map(|day| day.to_string()).as_deref(), Some("2024-03-02"));
    assert_eq!(rows.time("time", 2).map(|t| t.to_string()).as_deref(), Some("2024-03-02T00:00:00+08:00"));
    assert_eq!(rows.pseudonym("user", 0).map(|p| p.to_string()), Some(format!("p1:{:030x}", 1)));
    assert_eq!(rows.number("nothing", 0), None);
    assert_eq!(rows.number("amount", 99), None);
    insta::assert_json_snapshot!(rows.to_json()[0]);
}
