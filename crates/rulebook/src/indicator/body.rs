//! An indicator's query, the body of its file, checked against the tables that it may read, the columns that
//! it must give, and what its description says of both.

use std::sync::Arc;

use query::{DataType, Predicate, SchemaRef};

use super::header::Draft;
use super::{Indicator, IndicatorBand, ROWS, Scope};
use crate::fault::RuleFault;
use crate::lines;
use crate::yaml::{Reader, Word};

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
            notice,
            bands,
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
