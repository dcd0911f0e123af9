//! A streaming rule as one query over the history.

use super::{Measure, Rule, Window};

/// Columns of every record that a rule's query names itself.
fn quoted(column: &str) -> String {
    format!("\"{column}\"")
}

impl Rule {
    /// The rule as one query over the table of its stream.
    ///
    /// Columns: `institution` (not across institutions), the group columns, `day` (the last day of
    /// the window), `value`, `undetermined`, `records` (determined and undetermined ones),
    /// `verdict` (`green`, `yellow`, `orange`, `red` or `undetermined`); one row for every window
    /// that lies in the time when the rule holds, ordered by group and day.
    ///
    /// The table must hold all records of the group: with the window against a day before, a
    /// table that begins later cannot tell a missing filing from a new group.
    pub fn batch_sql(&self) -> String {
        let ctes = match &self.measure {
            Measure::GrowthPercent(column) => self.against_before(column),
            _ => self.over_records(),
        };
        let keys = self.key_list("");
        let from = self.meta.effective.from;
        let mut until = String::new();
        if let Some(to) = self.meta.effective.to {
            until = format!("\n  AND day <= DATE '{to}'");
        }
        format!(
            "WITH {ctes}\nSELECT {keys}day, value, undetermined, records,\n  {} AS verdict\nFROM windows\n\
             WHERE day >= DATE '{from}'{until}\nORDER BY {keys}day",
            self.verdict_sql()
        )
    }

    /// The group's columns, each followed by a comma: `institution, "user", `.
    fn key_list(&self, table: &str) -> String {
        self.keys().iter().map(|key| format!("{table}{key}, ")).collect()
    }

    fn keys(&self) -> Vec<String> {
        let institution = (!self.across_institutions).then(|| "institution".to_owned());
        institution.into_iter().chain(self.group_by.iter().map(|column| quoted(column))).collect()
    }

    /// Which groups are the same one: `r.institution = d.institution AND …`.
    fn same_group(&self, left: &str, right: &str) -> String {
        let same = |key: &String| format!("({left}.{key} IS NOT DISTINCT FROM {right}.{key}) AND ");
        self.keys().iter().map(same).collect()
    }

    fn condition_sql(&self) -> Option<String> {
        self.when.as_ref().map(|when| format!("({})", when.sql()))
    }

    /// The records that are looked at, each with whether it is undetermined.
    fn records_cte(&self, also: &str, measured_must_be_known: bool) -> String {
        let mut unknown: Vec<String> = Vec::new();
        if let Some(condition) = self.condition_sql() {
            unknown.push(format!("{condition} IS NULL"));
        }
        unknown.extend(self.group_by.iter().map(|column| format!("{} IS NULL", quoted(column))));
        if measured_must_be_known && let Some(column) = self.measure.column() {
            unknown.push(format!("{} IS NULL", quoted(column)));
        }
        let unknown = if unknown.is_empty() { "FALSE".to_owned() } else { unknown.join(" OR ") };
        let filter = self
            .condition_sql()
            .map(|condition| format!("\n  WHERE {condition} IS NOT FALSE"))
            .unwrap_or_default();
        format!(
            "records AS (\n  SELECT {}day, {also}{unknown} AS is_undetermined\n  FROM \"{}\"{filter}\n)",
            self.key_list(""),
            self.stream.name,
        )
    }

    fn over_records(&self) -> String {
        let column = self.measure.column().map(quoted);
        let also = column.as_ref().map(|column| format!("{column} AS measured, ")).unwrap_or_default();
        let measured = match &self.measure {
            Measure::Count => "count(*)",
            Measure::Sum(_) => "sum(r.measured)",
            Measure::Min(_) => "min(r.measured)",
            Measure::Max(_) => "max(r.measured)",
            Measure::CountDistinct(_) => "count(DISTINCT r.measured)",
            Measure::GrowthPercent(_) => "NULL",
        };
        let aggregates = format!(
            "{measured} FILTER (WHERE NOT r.is_undetermined) AS value,\n    \
             bool_or(r.is_undetermined) AS undetermined, count(*) AS records"
        );
        let records = self.records_cte(&also, true);
        let days_back = self.window.days_back();
        if days_back == 0 {
            let keys = self.key_list("r.");
            return format!(
                "{records}, windows AS (\n  SELECT {keys}r.day,\n    {aggregates}\n  FROM records r\n  \
                 GROUP BY {keys}r.day\n)"
            );
        }
        let keys = self.key_list("d.");
        let days = self.key_list("");
        let same = self.same_group("r", "d");
        format!(
            "{records}, days AS (\n  SELECT DISTINCT {days}day FROM records\n), windows AS (\n  \
             SELECT {keys}d.day,\n    {aggregates}\n  FROM days d\n  \
             JOIN records r ON {same}r.day BETWEEN d.day - INTERVAL '{days_back}' DAY AND d.day\n  \
             GROUP BY {keys}d.day\n)"
        )
    }

    fn against_before(&self, column: &str) -> String {
        let days = match self.window {
            Window::AgainstDaysBefore(days) => days,
            _ => 0,
        };
        let column = quoted(column);
        let records = self.records_cte(&format!("position, {column} AS measured, "), false);
        let (keys, now_keys) = (self.key_list(""), self.key_list("n."));
        let (begun, before) = (self.same_group("f", "n"), self.same_group("b", "n"));
        let per_group = self.keys().join(", ");
        let per_group = if per_group.is_empty() { String::new() } else { format!(" GROUP BY {per_group}") };
        let begun =
            if begun.is_empty() { "TRUE".to_owned() } else { begun.trim_end_matches(" AND ").to_owned() };
        format!(
            "{records}, daily AS (\n  SELECT {keys}day, last_value(measured ORDER BY position) AS measured,\n    \
             bool_or(is_undetermined) AS is_undetermined, count(*) AS records\n  FROM records\n  \
             GROUP BY {keys}day\n), begun AS (\n  SELECT {keys}min(day) AS first_day FROM daily{per_group}\n\
             ), compared AS (\n  SELECT {now_keys}n.day, n.records,\n    \
             100 * (CAST(n.measured AS DECIMAL(20, 2)) - CAST(b.measured AS DECIMAL(20, 2)))\n      \
             / NULLIF(CAST(b.measured AS DECIMAL(20, 2)), 0) AS growth,\n    \
             CASE WHEN b.day IS NULL THEN f.first_day < n.day - INTERVAL '{days}' DAY\n      \
             ELSE n.is_undetermined OR b.is_undetermined OR n.measured IS NULL OR b.measured IS NULL\n        \
             OR b.measured = 0 END AS undetermined\n  FROM daily n\n  JOIN begun f ON {begun}\n  \
             LEFT JOIN daily b ON {before}b.day = n.day - INTERVAL '{days}' DAY\n), windows AS (\n  \
             SELECT {keys}day, records, undetermined, CASE WHEN NOT undetermined THEN growth END AS value\n  \
             FROM compared\n)"
        )
    }

    fn verdict_sql(&self) -> String {
        let bands: String = self
            .bands
            .iter()
            .map(|band| {
                let certain = if self.is_certain(band) { "" } else { " AND NOT undetermined" };
                format!("WHEN value {}{certain} THEN '{}' ", band.comparison, band.grade.en())
            })
            .collect();
        format!("CASE {bands}WHEN undetermined THEN 'undetermined' ELSE 'green' END")
    }
}
