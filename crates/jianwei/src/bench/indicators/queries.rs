//! The queries: every rule and indicator of the shipped rulebook that looks at transactions only,
//! and four questions of the kind that indicators ask.

use model::spec::Record;
use model::streams::Transaction;

use super::Fallible;

/// A query.
pub(super) struct Query {
    pub(super) name: String,
    pub(super) sql: String,
}

/// Volume of each institution, day and kind: few groups, many rows.
const VOLUME: &str = r#"SELECT
  institution,
  day,
  kind,
  count(*) AS transactions,
  sum(amount) AS amount,
  max(amount) AS highest,
  count(*) FILTER (WHERE amount >= 5000) AS large
FROM "transaction"
GROUP BY institution, day, kind
"#;

/// Users of each institution and day, and what one of them moves: distinct counts.
const ACTIVE_USERS: &str = r#"SELECT
  institution,
  day,
  count(DISTINCT "user") AS users,
  count(DISTINCT counterparty) AS counterparties,
  sum(amount) / count(DISTINCT "user") AS amount_per_user
FROM "transaction"
GROUP BY institution, day
"#;

/// The accounts that received most, from how many others: grouping by many keys.
const TOP_PAYEES: &str = r#"SELECT
  institution,
  payee_account,
  sum(amount) AS amount,
  count(*) AS payments,
  count(DISTINCT payer_account) AS payers
FROM "transaction"
WHERE kind <> 'refund'
GROUP BY institution, payee_account
ORDER BY amount DESC, payments DESC, payers DESC
LIMIT 100
"#;

/// Volume of the last seven days against the seven before, day by day: a window over groups.
const WEEKLY_GROWTH: &str = r#"WITH daily AS (
  SELECT institution, day, sum(amount) AS amount, count(*) FILTER (WHERE kind = 'refund') AS refunds
  FROM "transaction"
  GROUP BY institution, day
),
weekly AS (
  SELECT
    institution,
    day,
    sum(amount) OVER last_days AS amount,
    sum(amount) OVER days_before AS before,
    sum(refunds) OVER last_days AS refunds
  FROM daily
  WINDOW
    last_days AS (PARTITION BY institution ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW),
    days_before AS (PARTITION BY institution ORDER BY day ROWS BETWEEN 13 PRECEDING AND 7 PRECEDING)
)
SELECT institution, day, 100 * (amount - before) / NULLIF(before, 0) AS value, amount, before, refunds
FROM weekly
"#;

/// All queries, in the order in which they are run.
pub(super) fn all() -> Fallible<Vec<Query>> {
    let book = rulebook::load::embedded()?;
    let on_transactions = book.rules().iter().filter(|rule| rule.stream == Transaction::STREAM);
    let rules = on_transactions.map(|rule| Query {
        name: format!("rule-{}", rule.meta.id),
        // Millions of windows are not what anybody reads; both engines still make them all.
        sql: format!(
            "SELECT verdict, count(*) AS windows, sum(records) AS records, max(value) AS highest\nFROM (\n{}\n) \
             AS every_window\nGROUP BY verdict\n",
            rule.batch_sql()
        ),
    });
    let indicators =
        book.indicators().iter().filter(|indicator| indicator.streams == [Transaction::STREAM.name]);
    let indicators = indicators.map(|indicator| Query {
        name: format!("indicator-{}", indicator.meta.id),
        sql: indicator.sql().to_owned(),
    });
    let questions = [
        ("volume", VOLUME),
        ("active-users", ACTIVE_USERS),
        ("top-payees", TOP_PAYEES),
        ("weekly-growth", WEEKLY_GROWTH),
    ];
    let questions =
        questions.map(|(name, sql)| Query { name: format!("question-{name}"), sql: sql.to_owned() });
    Ok(rules.chain(indicators).chain(questions).collect())
}
