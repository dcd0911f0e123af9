//! Running a mapping over its files.

use std::collections::HashSet;
use std::path::PathBuf;

use model::arrow::event_day;
use model::columns::Columns;
use model::fault::{Fault, FaultCode};
use model::pseudonym::PseudonymKey;
use model::read::LineReader;
use model::time::Time;
use query::arrow::array::{Array, BooleanArray, RecordBatchOptions};
use query::{Flow, QueryError, RecordBatch, Session};

use crate::error::ImportError;
use crate::filing::{Gatherer, Grouping, Sink};
use crate::institution::Institutions;
use crate::mapping::{InstitutionSource, Mapping};
use crate::plan::{Compiled, RowSource, StreamPlan, plan};
use crate::render::{Shape, Values, write_text};
use crate::report::{Refusal, Report, SourceReport, StreamReport};
use crate::source::{Origin, ReadOptions};

/// What an import may use.
#[derive(Clone, Debug)]
pub struct Options {
    /// The moment against which records from the future are refused.
    pub received_at: Time,
    /// The key that pseudonyms are made with.
    pub pseudonym_key: Option<PseudonymKey>,
    /// Rows that are worked on together.
    pub batch_rows: usize,
    /// Which records go into one filing.
    pub grouping: Grouping,
    /// Bytes of records that wait until their filing is complete.
    pub buffer_bytes_max: usize,
    /// Bytes of a filing after which a further one is begun.
    pub filing_bytes_max: usize,
    /// Refusals that a report lists for each table and stream; all are counted.
    pub refusals_listed_max: usize,
    /// Memory for the intermediate results of queries, beside the tables themselves.
    pub query_bytes_max: Option<usize>,
}

impl Options {
    /// The usual options.
    pub fn new(received_at: Time) -> Self {
        Self {
            received_at,
            pseudonym_key: None,
            batch_rows: 8192,
            grouping: Grouping::default(),
            buffer_bytes_max: 64 << 20,
            filing_bytes_max: 8 << 20,
            refusals_listed_max: 100,
            query_bytes_max: Some(1 << 30),
        }
    }
}

/// Maps files to filings and hands each filing on; grouped by day, the oldest day goes first as far
/// as the buffer reaches. Rows and records that are not sound are left out, counted and listed.
///
/// # Errors
/// An [`ImportError`]; filings handed on before it are sound.
pub fn import(
    mapping: &Mapping,
    files: &[PathBuf],
    options: &Options,
    sink: &mut Sink<'_>,
) -> Result<Report, ImportError> {
    let plan = plan(mapping, files)?;
    for stream in &plan.streams {
        let field = stream.compiled.fields.iter().find(|field| field.pseudonym.is_some());
        if let (Some(field), None) = (field, &options.pseudonym_key) {
            return Err(ImportError::PseudonymKeyMissing {
                stream: stream.spec.name,
                field: field.spec.name,
            });
        }
    }
    let gatherer = Gatherer::new(sink, options.grouping, options.buffer_bytes_max, options.filing_bytes_max);
    let mut run = Run {
        options,
        institutions: Institutions::default(),
        gatherer,
        outcomes: plan.streams.iter().map(Outcome::new).collect(),
    };
    let read_options = ReadOptions {
        batch_rows: options.batch_rows.max(1),
        refusals_listed_max: options.refusals_listed_max,
    };
    let mut sources = Vec::new();
    let session = Session::new(&query::Options {
        memory_bytes_max: options.query_bytes_max,
        batch_rows: options.batch_rows.max(1),
        ..query::Options::default()
    })
    .map_err(|error| ImportError::Files(error.to_string()))?;
    for (index, (table, is_queried)) in plan.tables.iter().zip(&plan.is_queried).enumerate() {
        let mut report = SourceReport { table: table.name.clone(), ..SourceReport::default() };
        let mut held = Vec::new();
        table.read(read_options, &mut report, &mut |batch, origin| {
            for (stream, number) in plan.streams.iter().zip(0..) {
                if matches!(stream.rows, RowSource::Table(table) if table == index) {
                    run.take(number, stream, &batch, Some(origin))?;
                }
            }
            if *is_queried {
                held.push(batch);
            }
            Ok(())
        })?;
        sources.push(report);
        if *is_queried {
            let held = query::Table::new(table.schema()).with_batches(held);
            session.register(&table.name, held).map_err(|error| ImportError::Files(error.to_string()))?;
        }
    }
    for (stream, number) in plan.streams.iter().zip(0..) {
        if let RowSource::Query(sql) = &stream.rows {
            run.query(number, stream, &session, sql)?;
        }
    }
    run.gatherer.finish(&run.institutions)?;
    let filings = run.gatherer.filings;
    let streams = run.outcomes.into_iter().map(Outcome::into_report).collect();
    Ok(Report { mapping: mapping.name().to_owned(), sources, streams, filings })
}

/// What became of a stream so far.
struct Outcome {
    report: StreamReport,
    institutions: HashSet<u32>,
}

impl Outcome {
    fn new(stream: &StreamPlan) -> Self {
        let report = StreamReport { stream: stream.spec.name.to_owned(), ..StreamReport::default() };
        Self { report, institutions: HashSet::new() }
    }

    fn into_report(self) -> StreamReport {
        StreamReport { institutions: self.institutions.len() as u64, ..self.report }
    }
}

struct Run<'a> {
    options: &'a Options,
    institutions: Institutions,
    gatherer: Gatherer<'a>,
    outcomes: Vec<Outcome>,
}

impl Run<'_> {
    /// Makes the records of the rows of a query.
    fn query(
        &mut self,
        number: usize,
        stream: &StreamPlan,
        session: &Session,
        sql: &str,
    ) -> Result<(), ImportError> {
        let mut broken = None;
        let result = session.run_streaming(sql, |batch| {
            let taken = as_compiled(&stream.compiled, batch)
                .map_err(|error| ImportError::Query { stream: stream.spec.name, error })
                .and_then(|batch| self.take(number, stream, &batch, None));
            match taken {
                Ok(()) => Flow::Continue,
                Err(error) => {
                    broken = Some(error);
                    Flow::Stop
                }
            }
        });
        match broken {
            Some(error) => Err(error),
            None => result.map_err(|error| ImportError::Query { stream: stream.spec.name, error }),
        }
    }

    /// Makes the records of the rows of a batch.
    fn take(
        &mut self,
        number: usize,
        stream: &StreamPlan,
        batch: &RecordBatch,
        origin: Option<Origin<'_>>,
    ) -> Result<(), ImportError> {
        let Some(outcome) = self.outcomes.get_mut(number) else { return Ok(()) };
        let fault = |error| ImportError::Query { stream: stream.spec.name, error };
        let values = Evaluated::new(&stream.compiled, batch).map_err(fault)?;
        let reader = LineReader::new(stream.spec, self.options.received_at);
        let mut columns = Columns::new(stream.spec.fields);
        let mut line = Vec::new();
        let mut last: Option<(&str, u32)> = None;
        for row in 0..batch.num_rows() {
            outcome.report.rows += 1;
            if !values.is_wanted(row) {
                outcome.report.left_out += 1;
                continue;
            }
            let result = match values.institution(row) {
                None => Err("The row does not say whose it is.".to_owned()),
                Some(key) => match last {
                    Some((text, number)) if text == key => Ok(number),
                    _ => {
                        let number = self.institutions.number(values.institution_source, key)?;
                        last = number.map(|number| (key, number));
                        number.ok_or_else(|| {
                            "The institution's code is neither a unified social credit code nor an LEI."
                                .to_owned()
                        })
                    }
                },
            };
            line.clear();
            let checked = result
                .map_err(|detail| vec![Fault::whole(FaultCode::MalformedValue, detail)])
                .and_then(|institution| {
                    values.write_line(&stream.compiled, row, self.options.pseudonym_key.as_ref(), &mut line);
                    reader.read(&line, &mut columns).map(|()| institution)
                });
            match checked {
                Ok(institution) => {
                    let day = event_day(stream.spec, &columns, 0);
                    columns.truncate(0);
                    self.gatherer.add(&self.institutions, institution, stream.spec, day, &line)?;
                    outcome.institutions.insert(institution);
                    let report = &mut outcome.report;
                    report.records += 1;
                    report.first_day = Some(report.first_day.map_or(day, |first| first.min(day)));
                    report.last_day = Some(report.last_day.map_or(day, |last| last.max(day)));
                }
                Err(faults) => {
                    columns.truncate(0);
                    outcome.report.refused += 1;
                    if outcome.report.refusals.len() < self.options.refusals_listed_max {
                        let file = origin.map(|origin| origin.path.display().to_string());
                        let line = origin.and_then(|origin| origin.lines.get(row)).copied();
                        outcome.report.refusals.push(Refusal { file, line, faults });
                    }
                }
            }
        }
        Ok(())
    }
}

/// A batch of a query's result with exactly the schema that the expressions were compiled for.
fn as_compiled(compiled: &Compiled, batch: RecordBatch) -> Result<RecordBatch, QueryError> {
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(compiled.schema.clone(), batch.columns().to_vec(), &options)
        .map_err(|error| QueryError::Internal(error.to_string()))
}

/// The expressions of a stream evaluated for a batch.
struct Evaluated {
    filter: Option<BooleanArray>,
    institution_source: InstitutionSource,
    institution: Values,
    fields: Vec<(Values, Option<BooleanArray>)>,
}

impl Evaluated {
    fn new(compiled: &Compiled, batch: &RecordBatch) -> Result<Self, QueryError> {
        let values = |shape, expression: &query::Expression| {
            let array = expression.evaluate(batch)?;
            Values::new(shape, &array).map_err(|error| QueryError::Evaluation(error.to_string()))
        };
        let filter = compiled.filter.as_ref().map(|filter| filter.evaluate(batch)).transpose()?;
        let (institution_source, key) = &compiled.institution;
        let mut fields = Vec::with_capacity(compiled.fields.len());
        for field in &compiled.fields {
            let absent = field.absent.as_ref().map(|absent| absent.evaluate(batch)).transpose()?;
            fields.push((values(field.shape, &field.value)?, absent));
        }
        Ok(Self {
            filter,
            institution_source: *institution_source,
            institution: values(Shape::Text, key)?,
            fields,
        })
    }

    /// Whether the mapping's `where` holds; what is not determined is not wanted, as in SQL.
    fn is_wanted(&self, row: usize) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.is_valid(row) && filter.value(row))
    }

    fn institution(&self, row: usize) -> Option<&str> {
        if self.institution.is_absent(row) { None } else { self.institution.text(row) }
    }

    fn write_line(&self, compiled: &Compiled, row: usize, key: Option<&PseudonymKey>, line: &mut Vec<u8>) {
        line.push(b'{');
        for (field, (values, absent)) in compiled.fields.iter().zip(&self.fields) {
            let is_absent = absent.as_ref().is_some_and(|absent| absent.is_valid(row) && absent.value(row));
            if is_absent || values.is_absent(row) {
                continue;
            }
            // A blank says as little of a person as no value.
            if field.pseudonym.is_some() && values.text(row).is_none_or(|raw| raw.trim().is_empty()) {
                continue;
            }
            if line.len() > 1 {
                line.push(b',');
            }
            write_text(field.spec.name, line);
            line.push(b':');
            match (field.pseudonym, key) {
                (Some(kind), Some(key)) => values.write_pseudonym(row, key, kind, line),
                _ => values.write(row, line),
            }
        }
        line.push(b'}');
    }
}
