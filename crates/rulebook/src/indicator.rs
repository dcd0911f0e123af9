//! Indicators: a query whose rows are readings, and the bands of their values.

use std::ops::Range;
use std::sync::Arc;

use model::event::{Grade, Verdict};
use query::arrow::array::{Array, BooleanArray};
use query::{DataType, Predicate, QueryError, RecordBatch, SchemaRef};
use serde_saphyr::Spanned;

use crate::entry::{Meta, Tier, Unit, raw_entry, words};
use crate::fault::RuleFault;
use crate::lines;
use crate::notice::{Notice, RawNotice};
use crate::rule::RawBands;
use crate::source::SourceFile;
use crate::yaml::{Reader, Word};

words! {
    /// Which part of the market an indicator looks at (requirements 2.3 to 2.5).
    Level "level" {
        Macro "macro" "宏观" "macro: the industry",
        Meso "meso" "中观" "meso: a line of business",
        Micro "micro" "微观" "micro: an institution",
    }
}

words! {
    /// What a reading is about.
    Scope "scope" {
        Institution "institution" "机构" "an institution",
        Industry "industry" "行业" "the industry",
    }
}

words! {
    /// Of which days readings are made.
    Days "days" {
        Any "any" "任何一日" "of every day, as its records come",
        Closed "closed" "报送截止后的日子" "of days whose filings have all come due",
    }
}

/// The longest time that an indicator looks back, in days.
const LOOKBACK_DAYS_MAX: u32 = 3 * 366;
/// The longest time after its day that a reading may look at.
const LOOKAHEAD_DAYS_MAX: u32 = 31;

/// A grade and the readings that have it.
#[derive(Clone, Debug)]
pub struct IndicatorBand {
    /// The grade.
    pub grade: Grade,
    /// The condition on a reading's columns.
    pub condition: Predicate,
}

/// An indicator: one query, each row of which is a reading.
///
/// A reading has a `day`, an `institution` unless its scope is the industry, where it matters a
/// `line`, a `value` (NULL: undetermined), and any columns that explain it. There is at most one
/// reading for a day, institution and line.
///
/// **Lines of business.** Of tables that say their line it reads the rows of its lines only. Where a
/// table does not, the indicator must be for every line that files the stream.
#[derive(Clone, Debug)]
pub struct Indicator {
    /// What it says about itself.
    pub meta: Meta,
    /// Which part of the market it looks at.
    pub level: Level,
    /// What a reading is about.
    pub scope: Scope,
    /// What the value is measured in.
    pub unit: Unit,
    /// The streams that it reads (also `obligations`).
    pub streams: Vec<String>,
    /// Other indicators whose readings it reads, as tables `indicator_<id>` with `_` for `-`.
    pub inputs: Vec<String>,
    /// How many days before a reading's day the query needs to see.
    pub lookback_days: u32,
    /// How many days after a reading's day the query needs to see.
    pub lookahead_days: u32,
    /// Of which days readings are made.
    pub days: Days,
    /// The columns that tell several findings of an institution and day apart. Where there are any,
    /// a row that is not green is a finding of its own, and a row that is green is nothing.
    pub per: Vec<String>,
    /// The table by which the query keeps to its lines of business, where that is not every table
    /// that it reads: readings are of institutions that stand in it.
    pub lines_by: Option<String>,
    /// Whether it only feeds other indicators: it is shown, but gives no grade by itself.
    pub weight_only: bool,
    /// The bands, the worst first.
    pub bands: Vec<IndicatorBand>,
    /// What the institution is told when a term moves by its readings.
    pub notice: Option<Notice>,
    /// The columns of its readings.
    pub schema: SchemaRef,
    sql: String,
}

impl Indicator {
    /// The complete query over the tables of the streams and `reference_<name>`; the queries of
    /// its inputs are part of it.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The verdict on every reading in a batch of [`Indicator::schema`].
    ///
    /// Without a value it is undetermined. Otherwise the worst band whose condition holds gives
    /// the grade; when none holds and one is NULL it is undetermined, else green.
    ///
    /// # Errors
    /// [`QueryError`] when the batch has other columns or a condition cannot be computed.
    pub fn verdicts(&self, readings: &RecordBatch) -> Result<Vec<Verdict>, QueryError> {
        let readings = self.conform(readings)?;
        let value = readings.column_by_name("value").cloned();
        let conditions: Vec<(Grade, BooleanArray)> = self
            .bands
            .iter()
            .map(|band| Ok((band.grade, band.condition.evaluate(&readings)?)))
            .collect::<Result<_, QueryError>>()?;
        let verdict = |row: usize| {
            if value.as_ref().is_none_or(|value| value.is_null(row)) {
                return Verdict::Undetermined;
            }
            let met = |condition: &BooleanArray| condition.is_valid(row) && condition.value(row);
            if let Some((grade, _)) = conditions.iter().find(|(_, condition)| met(condition)) {
                return Verdict::Graded(*grade);
            }
            if conditions.iter().any(|(_, condition)| condition.is_null(row)) {
                return Verdict::Undetermined;
            }
            Verdict::Graded(Grade::Green)
        };
        Ok((0..readings.num_rows()).map(verdict).collect())
    }

    /// The condition to show beside a verdict: that of its band, or of the first band that is not
    /// met.
    pub fn condition(&self, verdict: Verdict) -> &str {
        let own = verdict.grade().and_then(|grade| self.bands.iter().find(|band| band.grade == grade));
        own.or(self.bands.last()).map_or("", |band| band.condition.sql())
    }

    /// The batch under the schema that the bands were compiled for; only nullability may differ.
    fn conform(&self, readings: &RecordBatch) -> Result<RecordBatch, QueryError> {
        RecordBatch::try_new(Arc::clone(&self.schema), readings.columns().to_vec()).map_err(|error| {
            QueryError::Evaluation(format!(
                "readings of \"{}\" do not have its columns: {error}",
                self.meta.id
            ))
        })
    }
}

raw_entry!(RawIndicator {
    level: Word,
    scope: Word,
    unit: Word,
    streams: Spanned<Vec<Word>>,
    #[serde(default)]
    inputs: Vec<Word>,
    lookback_days: Spanned<u32>,
    lookahead_days: Option<Spanned<u32>>,
    days: Option<Word>,
    #[serde(default)]
    per: Vec<Word>,
    lines_by: Option<Word>,
    #[serde(default)]
    weight_only: bool,
    notice: Option<Spanned<RawNotice>>,
    bands: Spanned<RawBands>,
});

/// An indicator whose query was not yet checked, because that needs its inputs.
pub(crate) struct Draft {
    pub(crate) file: SourceFile,
    raw: Unchecked,
    pub(crate) id: String,
    pub(crate) inputs: Vec<Word>,
    header: Range<usize>,
    body: Range<usize>,
}

struct Unchecked {
    meta: Meta,
    level: Level,
    scope: Scope,
    unit: Unit,
    streams: Vec<Word>,
    lookback_days: u32,
    lookahead_days: u32,
    days: Days,
    per: Vec<Word>,
    lines_by: Option<Word>,
    weight_only: bool,
    notice: Option<Spanned<RawNotice>>,
    bands: RawBands,
}

/// The parts of the file: the YAML between the first `/*` and `*/`, and the query after it.
fn parts(file: &SourceFile) -> Result<(Range<usize>, Range<usize>), RuleFault> {
    let text = &file.text;
    let no_header = || {
        RuleFault::new(file, None, "an indicator begins with its description between /* and */")
            .with_help("see rulebook/README.md for the keys")
    };
    let start =
        text.find("/*").filter(|start| text.get(..*start).is_some_and(|before| before.trim().is_empty()));
    let header = start.ok_or_else(no_header)? + 2;
    let end = text.get(header..).and_then(|rest| rest.find("*/")).ok_or_else(no_header)? + header;
    Ok((header..end, end + 2..text.len()))
}

/// Reads an indicator's file as far as it can be checked alone.
pub(crate) fn draft(file: &SourceFile) -> Result<Draft, Vec<RuleFault>> {
    let (header, body) = parts(file).map_err(|fault| vec![fault])?;
    let mut reader = Reader::new(file, header.clone());
    let drafted = reader.read::<RawIndicator>().and_then(|raw| {
        let (meta, own) = raw.split();
        let (
            level,
            scope,
            unit,
            streams,
            inputs,
            lookback_days,
            lookahead_days,
            days,
            per,
            lines_by,
            weight_only,
            notice,
            bands,
        ) = own;
        let id = meta.id.value.clone();
        let tier = meta.tier.clone();
        let meta = meta.check(&mut reader);
        let level = Level::read(&mut reader, &level).inspect(|level| {
            let folder = format!("indicators/{}", level.code());
            if meta.as_ref().is_some_and(|meta| meta.tier == Tier::Indicator) && file.folder() != folder {
                reader.fault(&tier, format!("an indicator of this level lies in {folder}/"));
            }
        });
        let scope = Scope::read(&mut reader, &scope);
        let unit = Unit::read(&mut reader, &unit);
        if lookback_days.value > LOOKBACK_DAYS_MAX {
            reader.fault(&lookback_days, format!("an indicator looks back {LOOKBACK_DAYS_MAX} days at most"));
        }
        if let Some(days) = lookahead_days.as_ref().filter(|days| days.value > LOOKAHEAD_DAYS_MAX) {
            reader.fault(days, format!("a query looks ahead {LOOKAHEAD_DAYS_MAX} days at most"));
        }
        let days = days.as_ref().map_or(Some(Days::Any), |word| Days::read(&mut reader, word));
        if bands.value.worst_first().next().is_none() {
            reader.fault(&bands, "an indicator has at least one band").help =
                Some("give yellow, orange or red".to_owned());
        }
        let raw = Unchecked {
            meta: meta?,
            level: level?,
            scope: scope?,
            unit: unit?,
            streams: streams.value,
            lookback_days: lookback_days.value,
            lookahead_days: lookahead_days.map_or(0, |days| days.value),
            days: days?,
            per,
            lines_by,
            weight_only,
            notice,
            bands: bands.value,
        };
        Some(Draft { file: file.clone(), raw, id, inputs, header: header.clone(), body })
    });
    match drafted {
        Some(draft) if reader.faults.is_empty() => Ok(draft),
        _ => Err(reader.faults),
    }
}

/// The column that lists the positions of the records behind a reading.
pub const ROWS: &str = "rows";

/// The name of the table that holds an indicator's readings.
pub(crate) fn table_name(id: &str) -> String {
    format!("indicator_{}", id.replace('-', "_"))
}

impl Draft {
    /// A fault of a word of the header.
    pub(crate) fn fault(&self, word: &Word, message: String) -> RuleFault {
        let span = Reader::new(&self.file, self.header.clone()).span_of(word);
        RuleFault::new(&self.file, span, message)
    }

    /// Checks the query against the tables of all streams and references, and the inputs.
    pub(crate) fn check(
        self,
        tables: &[(&str, SchemaRef)],
        inputs: &[&Indicator],
    ) -> Result<Indicator, Vec<RuleFault>> {
        let file = &self.file;
        let mut reader = Reader::new(file, self.header.clone());
        let body = file.text.get(self.body.clone()).unwrap_or_default();
        let names: Vec<String> = inputs.iter().map(|input| table_name(&input.meta.id)).collect();
        let own_inputs =
            names.iter().zip(inputs).map(|(name, input)| (name.as_str(), Arc::clone(&input.schema)));
        let all: Vec<(&str, SchemaRef)> = tables.iter().cloned().chain(own_inputs).collect();
        let checked = query::check(body, &all).map_err(|fault| {
            let leading = body.len() - body.trim_start().len();
            let whole = self.body.start + leading..self.body.start + body.trim_end().len();
            vec![RuleFault::of_sql(file, self.body.start, whole, fault)]
        })?;
        self.check_tables(&mut reader, &checked.tables, &names);
        self.check_per(&mut reader, &checked.schema);
        let at = self.body.end - body.trim_start().len();
        let columns = check_columns(&checked.schema, self.raw.scope);
        reader.faults.extend(columns.into_iter().map(|(message, help)| {
            let line = body.trim_start().lines().next().unwrap_or_default().len();
            let fault = RuleFault::new(file, Some(at..at + line), message);
            fault.with_help(help)
        }));
        let notice = self.raw.notice.as_ref().and_then(|notice| {
            let of_each = self.raw.scope == Scope::Institution && self.raw.per.is_empty();
            notice.value.check(&mut reader, notice, &checked.schema, of_each)
        });
        let mut bands = Vec::new();
        for (grade, word) in self.raw.bands.worst_first() {
            match Predicate::compile(&word.value, &checked.schema) {
                Ok(condition) => bands.push(IndicatorBand { grade, condition }),
                Err(fault) => reader.sql_fault(word, fault),
            }
        }
        if !reader.faults.is_empty() {
            return Err(reader.faults);
        }
        let raw = self.raw;
        let texts = |words: Vec<Word>| words.into_iter().map(|word| word.value).collect();
        let of_lines = lines::tables_of(&raw.meta.lines, &checked.tables);
        Ok(Indicator {
            meta: raw.meta,
            level: raw.level,
            scope: raw.scope,
            unit: raw.unit,
            streams: texts(raw.streams),
            inputs: inputs.iter().map(|input| input.meta.id.clone()).collect(),
            lookback_days: raw.lookback_days,
            lookahead_days: raw.lookahead_days,
            days: raw.days,
            per: texts(raw.per),
            lines_by: raw.lines_by.map(|word| word.value),
            weight_only: raw.weight_only,
            bands,
            notice,
            schema: checked.schema,
            sql: composed(body.trim(), &of_lines, &names, inputs),
        })
    }

    /// The columns that tell findings apart must be there, and the rows behind each.
    fn check_per(&self, reader: &mut Reader<'_>, schema: &SchemaRef) {
        const OWN: &[&str] = &["institution", "day", "line", "value", ROWS];
        for word in &self.raw.per {
            if OWN.contains(&word.value.as_str()) || schema.field_with_name(&word.value).is_err() {
                let message =
                    format!("the query gives no column \"{}\" that tells findings apart", word.value);
                reader.fault(word, message);
            }
        }
        let is_list = |data_type: &DataType| matches!(data_type, DataType::List(item) if item.data_type() == &DataType::UInt64);
        let has_positions = self.raw.streams.iter().any(|word| !crate::derived::is_derived(&word.value));
        match (schema.field_with_name(ROWS), self.raw.per.first()) {
            (Ok(field), _) if !is_list(field.data_type()) => {
                let message = format!("the column \"{ROWS}\" is of type {}", field.data_type());
                let fault = RuleFault::new(reader.file, None, message);
                reader.faults.push(fault.with_help("write array_agg(position): the records behind the row"));
            }
            (Err(_), Some(word)) if has_positions => {
                reader
                    .fault(word, "each finding has records behind it, and the query does not name them")
                    .help = Some(format!("give a column \"{ROWS}\": array_agg(position)"));
            }
            _ => {}
        }
    }

    /// The header must name exactly the streams and inputs that the query reads.
    fn check_tables(&self, reader: &mut Reader<'_>, read: &[String], inputs: &[String]) {
        if let Some(word) = &self.raw.lines_by
            && !self.raw.streams.iter().any(|stream| stream.value == word.value)
        {
            reader.fault(word, format!("the header does not name \"{}\" among the streams", word.value));
        }
        for word in &self.raw.streams {
            let known =
                crate::derived::is_derived(&word.value) || model::streams::stream(&word.value).is_some();
            if !known {
                reader.fault(word, format!("there is no stream \"{}\"", word.value));
            } else if !read.contains(&word.value) {
                reader.fault(word, format!("the query does not read \"{}\"", word.value));
            }
        }
        for (word, name) in self.inputs.iter().zip(inputs) {
            if !read.contains(name) {
                reader.fault(word, format!("the query does not read \"{name}\""));
            }
        }
        for table in read {
            let is_listed = self.raw.streams.iter().any(|word| &word.value == table)
                || inputs.contains(table)
                || table.starts_with("reference_");
            if !is_listed {
                let whole =
                    reader.file.text.get(self.body.clone()).and_then(|body| body.find(table.as_str()));
                let span = whole.map(|at| self.body.start + at..self.body.start + at + table.len());
                let message = format!("the query reads \"{table}\", which the header does not name");
                let help = "add it to \"streams\" or \"inputs\"";
                reader.faults.push(RuleFault::new(reader.file, span, message).with_help(help));
            }
        }
    }
}

/// The query with those of its inputs in front, each under its table's name, and then the tables
/// cut down to its lines of business. The inputs stand first: they have lines of their own.
fn composed(body: &str, of_lines: &[String], names: &[String], inputs: &[&Indicator]) -> String {
    let inputs = names.iter().zip(inputs).map(|(name, input)| format!("{name} AS (\n{}\n)", input.sql()));
    let parts: Vec<String> = inputs.chain(of_lines.iter().cloned()).collect();
    if parts.is_empty() {
        return body.to_owned();
    }
    format!("WITH {}\nSELECT * FROM (\n{body}\n) AS composed", parts.join(", "))
}

/// What is wrong with the columns of the readings, each with what to do about it.
fn check_columns(schema: &SchemaRef, scope: Scope) -> Vec<(String, String)> {
    let mut faults = Vec::new();
    let mut want = |name: &str, fits: fn(&DataType) -> bool, wanted: &str| match schema.field_with_name(name)
    {
        Err(_) => faults.push((
            format!("the query gives no column \"{name}\""),
            format!("every reading has \"{name}\", {wanted}"),
        )),
        Ok(field) if !fits(field.data_type()) => faults.push((
            format!("the column \"{name}\" is of type {}", field.data_type()),
            format!("it must be {wanted}"),
        )),
        Ok(_) => {}
    };
    want("day", |data_type| data_type == &DataType::Date32, "a date");
    if scope == Scope::Institution {
        want("institution", is_text, "a text");
    }
    let is_exact =
        |data_type: &DataType| matches!(data_type, DataType::Decimal128(..)) || data_type.is_integer();
    want("value", is_exact, "a decimal or whole number: the sum of floats depends on their order");
    if schema.field_with_name("line").is_ok() {
        want("line", is_text, "a text");
    }
    if scope == Scope::Industry && schema.field_with_name("institution").is_ok() {
        faults.push((
            "an indicator of the industry gives no column \"institution\"".to_owned(),
            "drop the column, or set \"scope: institution\"".to_owned(),
        ));
    }
    faults
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}
