//! 考核 the scorecard (requirement 7): how well each bureau does its work, month by month. Months
//! are civil ones of Asia/Shanghai; what falls into one is said for each figure.

use std::collections::BTreeMap;

use model::time::{Day, Time};

use crate::ViewsError;
use crate::read::Reader;
use crate::rows::Listing;
use crate::shape::{Code, Head, Sort, Value};
use crate::tables;

/// Months of one scorecard at most.
const MONTHS_MAX: usize = 120;

/// Figures, in the order of the scorecard.
pub(crate) const FIGURES: &[Code] = &[
    ("alerts_opened", "新增预警"),
    ("record_to_alert", "报送至预警用时"),
    ("false_alarms", "误报率"),
    ("deadlines_kept", "按期率"),
    ("time_taken", "各环节用时"),
    ("alert_to_end", "预警办结用时"),
    ("delivered", "送达率"),
];

const HEADS: [Head; 9] = [
    head("month", "月份", "The month, YYYY-MM", Sort::Text, false),
    head("bureau", "处室", "The bureau; empty where nobody looks after it", Sort::Text, false),
    head("figure", "指标", "Which figure", Sort::Code(FIGURES), false),
    head(
        "part",
        "分项",
        "Of which grade, clock or purpose; empty where the figure has no parts",
        Sort::Text,
        false,
    ),
    head("count", "数量", "How many", Sort::Whole, false),
    head("total", "总数", "Of how many", Sort::Whole, false),
    head("percent", "百分比", "How many of a hundred, to one decimal; nothing of nothing", Sort::Text, true),
    head("median_seconds", "中位用时（秒）", "Half took no longer, in seconds", Sort::Whole, true),
    head("p90_seconds", "九成用时（秒）", "Nine of ten took no longer, in seconds", Sort::Whole, true),
];

const fn head(name: &'static str, zh: &'static str, en: &'static str, sort: Sort, is_optional: bool) -> Head {
    Head { name, zh, en, sort, is_optional }
}

/// A month of Asia/Shanghai.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(Day);

impl Month {
    /// The month in which a day lies.
    pub fn of(day: Day) -> Self {
        Self(day.first_of_month())
    }

    /// The month after.
    #[must_use]
    pub fn next(self) -> Self {
        // No month has more than 31 days, and the first day of the next is at most 32 days on.
        Self::of(self.0.plus(32))
    }

    fn bounds(self) -> (i64, i64) {
        (Time::start_of(self.0).0, Time::start_of(self.next().0).0)
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl std::str::FromStr for Month {
    type Err = ViewsError;

    fn from_str(text: &str) -> Result<Self, ViewsError> {
        let no_month = || ViewsError::BadQuestion(format!("\"{text}\" is no month such as 2026-06"));
        Day::parse(&format!("{text}-01")).map(Self).map_err(|_| no_month())
    }
}

/// A figure of one bureau and month.
#[derive(Clone, Debug, Default)]
struct Figure {
    count: i64,
    total: i64,
    /// How long each took, in microseconds.
    took: Vec<i64>,
}

/// Bureau, place of the figure in the list, part.
type Key = (String, usize, String);

#[derive(Default)]
struct Card(BTreeMap<Key, Figure>);

impl Card {
    fn figure(&mut self, bureau: &str, figure: &str, part: &str) -> &mut Figure {
        let place = FIGURES.iter().position(|(code, _)| *code == figure).unwrap_or(FIGURES.len());
        self.0.entry((bureau.to_owned(), place, part.to_owned())).or_default()
    }
}

impl Reader {
    /// The scorecard of each bureau, or of one, for months from one to another, both included.
    ///
    /// - `alerts_opened`, by worst grade: alerts opened in the month; `total` is all grades.
    /// - `record_to_alert`: alerts opened in the month; `count` those of which the time is known,
    ///   from the receipt of the latest record that the grade rests on to the alert.
    /// - `false_alarms`: alerts that ended in the month; `count` those dismissed.
    /// - `deadlines_kept`, by clock: deadlines due in the month whose outcome is known; `count` those kept in time.
    /// - `time_taken`, by clock: what was done in the month, from the clock's start, late or not.
    /// - `alert_to_end`, by worst grade: alerts that ended in the month, from their opening.
    /// - `delivered`, by purpose: messages wanted in the month; `count` those delivered.
    ///
    /// # Errors
    /// As [`Reader::alerts`]; or the months are too many or none.
    pub fn scorecard(&self, from: Month, to: Month, bureau: Option<&str>) -> Result<Listing, ViewsError> {
        let months: Vec<Month> = std::iter::successors(Some(from), |month| Some(month.next()))
            .take_while(|month| *month <= to)
            .take(MONTHS_MAX + 1)
            .collect();
        if months.is_empty() || months.len() > MONTHS_MAX {
            let said = format!("a scorecard has 1 to {MONTHS_MAX} months, the first of them first");
            return Err(ViewsError::BadQuestion(said));
        }
        let mut rows = Vec::new();
        for month in months {
            let card = self.card(month)?;
            let wanted = card.0.iter().filter(|((own, ..), _)| bureau.is_none_or(|bureau| bureau == own));
            rows.extend(wanted.map(|(key, figure)| row(month, key, figure)));
        }
        Ok(Listing { heads: HEADS.to_vec(), rows })
    }

    fn card(&self, month: Month) -> Result<Card, ViewsError> {
        let mut card = Card::default();
        let (from, to) = month.bounds();
        let within = [Value::Whole(from), Value::Whole(to)];
        let sql = "SELECT bureau, worst AS part, COUNT(*) AS number FROM alert \
                   WHERE opened_at >= $1 AND opened_at < $2 GROUP BY bureau, worst";
        let mut opened = BTreeMap::new();
        for row in self.ask(sql, &within)? {
            let (bureau, grade) = (self.text(&row, "bureau")?, self.text(&row, "part")?);
            let number = self.number(&row, "number")?;
            card.figure(&bureau, "alerts_opened", &grade).count = number;
            *opened.entry(bureau).or_insert(0) += number;
        }
        for (bureau, number) in opened {
            for (grade, _) in tables::GRADES.iter().filter(|(grade, _)| *grade != "green") {
                card.figure(&bureau, "alerts_opened", grade).total = number;
            }
            card.figure(&bureau, "record_to_alert", "").total = number;
        }
        let sql = "SELECT bureau, '' AS part, opened_at - filed_at AS took FROM alert \
                   WHERE opened_at >= $1 AND opened_at < $2 AND filed_at IS NOT NULL";
        self.durations(&mut card, "record_to_alert", sql, &within)?;
        let sql = "SELECT bureau, '' AS part, SUM(CASE state WHEN 'dismissed' THEN 1 ELSE 0 END) AS number, \
                   COUNT(*) AS total FROM alert WHERE ended_at >= $1 AND ended_at < $2 GROUP BY bureau";
        self.shares(&mut card, "false_alarms", sql, &within)?;
        let sql = "SELECT bureau, clock AS part, SUM(in_time) AS number, COUNT(*) AS total FROM deadline \
                   WHERE due >= $1 AND due < $2 AND in_time IS NOT NULL GROUP BY bureau, clock";
        self.shares(&mut card, "deadlines_kept", sql, &within)?;
        let sql = "SELECT bureau, clock AS part, kept - started AS took FROM deadline WHERE kept >= $1 AND kept < $2";
        self.durations(&mut card, "time_taken", sql, &within)?;
        let sql = "SELECT bureau, worst AS part, ended_at - opened_at AS took FROM alert \
                   WHERE ended_at >= $1 AND ended_at < $2";
        self.durations(&mut card, "alert_to_end", sql, &within)?;
        let sql = "SELECT bureau, purpose AS part, SUM(CASE state WHEN 'delivered' THEN 1 ELSE 0 END) AS number, \
                   COUNT(*) AS total FROM delivery WHERE wanted_at >= $1 AND wanted_at < $2 GROUP BY bureau, purpose";
        self.shares(&mut card, "delivered", sql, &within)?;
        Ok(card)
    }

    fn shares(&self, card: &mut Card, name: &str, sql: &str, within: &[Value]) -> Result<(), ViewsError> {
        for row in self.ask(sql, within)? {
            let figure = card.figure(&self.text(&row, "bureau")?, name, &self.text(&row, "part")?);
            figure.count = self.number(&row, "number")?;
            figure.total = self.number(&row, "total")?;
        }
        Ok(())
    }

    fn durations(&self, card: &mut Card, name: &str, sql: &str, within: &[Value]) -> Result<(), ViewsError> {
        for row in self.ask(sql, within)? {
            let figure = card.figure(&self.text(&row, "bureau")?, name, &self.text(&row, "part")?);
            figure.took.push(self.number(&row, "took")?.max(0));
            figure.count += 1;
            figure.total = figure.total.max(figure.count);
        }
        Ok(())
    }
}

fn row(month: Month, (bureau, place, part): &Key, figure: &Figure) -> Vec<Value> {
    let mut took = figure.took.clone();
    took.sort_unstable();
    let code = FIGURES.get(*place).map_or("", |(code, _)| code);
    let text = |text: &str| Value::Text(text.to_owned());
    vec![
        text(&month.to_string()),
        text(bureau),
        text(code),
        text(part),
        Value::Whole(figure.count),
        Value::Whole(figure.total),
        percent(figure.count, figure.total).map_or(Value::Nothing, Value::Text),
        seconds_at(&took, 50).map_or(Value::Nothing, Value::Whole),
        seconds_at(&took, 90).map_or(Value::Nothing, Value::Whole),
    ]
}

/// To one decimal, half up.
fn percent(count: i64, total: i64) -> Option<String> {
    let tenths = (i128::from(count) * 2000 + i128::from(total)).checked_div(i128::from(total) * 2)?;
    Some(format!("{}.{}", tenths / 10, tenths % 10))
}

/// The nearest rank: the first of the sorted that so many of a hundred do not exceed; in whole seconds, rounded up.
fn seconds_at(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100).checked_sub(1)?;
    sorted.get(rank).map(|micros| (micros + 999_999) / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_those_of_shanghai() {
        let month: Month = "2026-12".parse().unwrap();
        assert_eq!(month.next().to_string(), "2027-01");
        let (from, to) = month.bounds();
        assert_eq!(Time(from).to_string(), "2026-12-01T00:00:00+08:00");
        assert_eq!(Time(to).to_string(), "2027-01-01T00:00:00+08:00");
        for text in ["2026", "2026-13", "2026-6", "2026-06-01", ""] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }

    #[test]
    fn shares_and_ranks_are_as_one_reckons_by_hand() {
        assert_eq!(percent(1, 3).as_deref(), Some("33.3"));
        assert_eq!(percent(2, 3).as_deref(), Some("66.7"));
        assert_eq!(percent(1, 2000).as_deref(), Some("0.1"));
        assert_eq!(percent(5, 5).as_deref(), Some("100.0"));
        assert_eq!(percent(0, 0), None);
        let seconds: Vec<i64> = (1..=10).map(|second| second * 1_000_000).collect();
        assert_eq!((seconds_at(&seconds, 50), seconds_at(&seconds, 90)), (Some(5), Some(9)));
        assert_eq!((seconds_at(&[1], 50), seconds_at(&[], 50)), (Some(1), None));
    }
}
