//! A mapping and its files together: which rows each stream is made of, and its expressions
//! compiled for the columns that there are.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use model::pseudonym::PseudonymKind;
use model::spec::{FieldKind, FieldSpec, StreamSpec};
use query::{DataType, Expression, Field, Predicate, Schema, SchemaRef, SqlFault};

use crate::error::ImportError;
use crate::fault::MappingFaults;
use crate::mapping::{InstitutionSource, Mapping, StreamMap, TableMap};
use crate::render::Shape;
use crate::source::Table;
use crate::yaml::{Reader, Word};

/// What an import does.
pub(crate) struct Plan {
    pub(crate) tables: Vec<Table>,
    /// Whether a query needs the table in memory.
    pub(crate) is_queried: Vec<bool>,
    pub(crate) streams: Vec<StreamPlan>,
}

/// What becomes a stream.
pub(crate) struct StreamPlan {
    pub(crate) spec: &'static StreamSpec,
    pub(crate) rows: RowSource,
    pub(crate) compiled: Compiled,
}

/// The rows that a stream is made of.
pub(crate) enum RowSource {
    /// Each row of a table by itself.
    Table(usize),
    /// The rows of a query over the tables.
    Query(String),
}

/// The expressions of a stream.
pub(crate) struct Compiled {
    pub(crate) schema: SchemaRef,
    pub(crate) filter: Option<Predicate>,
    pub(crate) institution: (InstitutionSource, Expression),
    pub(crate) fields: Vec<FieldPlan>,
}

/// One field of a stream.
pub(crate) struct FieldPlan {
    pub(crate) spec: &'static FieldSpec,
    pub(crate) shape: Shape,
    pub(crate) value: Expression,
    pub(crate) absent: Option<Predicate>,
    pub(crate) pseudonym: Option<PseudonymKind>,
}

impl Compiled {
    fn columns(&self) -> BTreeSet<String> {
        let values = self.fields.iter().flat_map(|field| {
            let absent = field.absent.iter().flat_map(|condition| condition.columns());
            field.value.columns().iter().chain(absent)
        });
        let filter = self.filter.iter().flat_map(|condition| condition.columns());
        values.chain(filter).chain(self.institution.1.columns()).cloned().collect()
    }
}

/// Fits a mapping to its files.
///
/// # Errors
/// All faults of the mapping that show only now: columns that there are not, SQL that does not
/// fit them, types that do not fit the fields.
pub(crate) fn plan(mapping: &Mapping, files: &[PathBuf]) -> Result<Plan, ImportError> {
    let mut reader = mapping.reader.clone();
    let mut tables = Vec::new();
    for (table, files) in mapping.tables.iter().zip(assign(&mapping.tables, files)?) {
        tables.push(Table::open(&table.name, files, &table.source, &mut reader)?);
    }
    // Once with all columns, to see which are used; then the rest need not even be read.
    let mut used: Vec<BTreeSet<String>> = vec![BTreeSet::new(); tables.len()];
    let mut is_queried = vec![false; tables.len()];
    for stream in &mapping.streams {
        match rows_of(&mut reader, stream, &tables) {
            Some((RowSource::Table(index), schema)) => {
                let compiled = compile(&mut reader, stream, &schema);
                if let (Some(compiled), Some(used)) = (compiled, used.get_mut(index)) {
                    used.extend(compiled.columns());
                }
            }
            Some((RowSource::Query(sql), schema)) => {
                compile(&mut reader, stream, &schema);
                for ((table, used), queried) in tables.iter().zip(&mut used).zip(&mut is_queried) {
                    if mentions(&sql, &table.name) {
                        *queried = true;
                        used.extend(mentioned_columns(&sql, table));
                    }
                }
            }
            None => {}
        }
    }
    if !reader.faults.is_empty() {
        return Err(MappingFaults(reader.faults).into());
    }
    let tables: Vec<Table> =
        tables.iter().zip(&used).map(|(table, used)| table.narrowed(|name| used.contains(name))).collect();
    let mut streams = Vec::new();
    for stream in &mapping.streams {
        let compiled = rows_of(&mut reader, stream, &tables)
            .and_then(|(rows, schema)| Some((rows, compile(&mut reader, stream, &schema)?)));
        if let Some((rows, compiled)) = compiled {
            streams.push(StreamPlan { spec: stream.spec, rows, compiled });
        }
    }
    if !reader.faults.is_empty() {
        return Err(MappingFaults(reader.faults).into());
    }
    Ok(Plan { tables, is_queried, streams })
}

/// Which of the files given are each table's.
fn assign(tables: &[TableMap], files: &[PathBuf]) -> Result<Vec<Vec<PathBuf>>, ImportError> {
    let mut assigned: Vec<Vec<PathBuf>> = vec![Vec::new(); tables.len()];
    for file in files {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let fits = |table: &TableMap| table.files.as_ref().is_none_or(|pattern| matches(pattern, &name));
        let mut takers = tables.iter().zip(&mut assigned).filter(|(table, _)| fits(table));
        match (takers.next(), takers.next()) {
            (Some((_, files)), None) => files.push(file.clone()),
            (Some((one, _)), Some((other, _))) => {
                let message = format!(
                    "{}: it could be of the table \"{}\" or of \"{}\"; say which with `files`",
                    file.display(),
                    one.name,
                    other.name
                );
                return Err(ImportError::Files(message));
            }
            (None, _) => {
                let message = format!("{}: its name fits no table of the mapping", file.display());
                return Err(ImportError::Files(message));
            }
        }
    }
    match tables.iter().zip(&assigned).find(|(_, files)| files.is_empty()) {
        Some((table, _)) => {
            let pattern = table.files.as_deref().unwrap_or("*");
            Err(ImportError::Files(format!("no file given for the table \"{}\" ({pattern})", table.name)))
        }
        None => Ok(assigned),
    }
}

/// Whether a name fits a pattern with `*` for any characters and `?` for one.
fn matches(pattern: &str, name: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return name.is_empty() };
    let rest = pattern.get(first.len_utf8()..).unwrap_or_default();
    let after =
        |name: &str| name.chars().next().map(|c| name.get(c.len_utf8()..).unwrap_or_default().to_owned());
    match first {
        '*' => name
            .char_indices()
            .map(|(at, _)| at)
            .chain([name.len()])
            .any(|at| matches(rest, name.get(at..).unwrap_or_default())),
        '?' => after(name).is_some_and(|name| matches(rest, &name)),
        literal => name.starts_with(literal) && after(name).is_some_and(|name| matches(rest, &name)),
    }
}

/// The rows of a stream and their columns.
fn rows_of(reader: &mut Reader, stream: &StreamMap, tables: &[Table]) -> Option<(RowSource, SchemaRef)> {
    let Some(from) = &stream.from else {
        if let [only] = tables {
            return Some((RowSource::Table(0), only.schema()));
        }
        reader.fault(&stream.name, "which table is it made of?").help =
            Some("give `from`: the name of a table, or a query over the tables".to_owned());
        return None;
    };
    let name = from.value.trim();
    if let Some(index) = tables.iter().position(|table| table.name == name) {
        return Some((RowSource::Table(index), tables.get(index)?.schema()));
    }
    if !name.contains(char::is_whitespace) {
        reader.unknown(from, "table", "", tables.iter().map(|table| table.name.as_str()));
        return None;
    }
    let schemas: Vec<(&str, SchemaRef)> =
        tables.iter().map(|table| (table.name.as_str(), table.schema())).collect();
    match query::check(&from.value, &schemas) {
        Ok(checked) => {
            // How the engine marks a column as never NULL differs between plan and result.
            let fields: Vec<Field> = checked
                .schema
                .fields()
                .iter()
                .map(|field| Field::new(field.name(), field.data_type().clone(), true))
                .collect();
            Some((RowSource::Query(from.value.clone()), Arc::new(Schema::new(fields))))
        }
        Err(fault) => {
            reader.sql_fault(from, fault);
            None
        }
    }
}

/// Whether a word stands in an SQL text, in any case of its letters; it may also stand in a text
/// or a comment, which does no harm here.
fn mentions(sql: &str, word: &str) -> bool {
    sql.to_lowercase().contains(&word.to_lowercase())
}

/// The columns of a table that a query may look at.
fn mentioned_columns(sql: &str, table: &Table) -> Vec<String> {
    let has_star = sql.replace("(*)", "").contains('*')
        && sql.to_lowercase().replace(' ', "").contains("select*")
        || sql.contains(".*");
    let columns = table.columns.iter().map(|column| column.name.clone());
    columns.filter(|name| has_star || mentions(sql, name)).collect()
}

fn compile(reader: &mut Reader, stream: &StreamMap, schema: &SchemaRef) -> Option<Compiled> {
    let filter = optional(reader, stream.filter.as_ref(), schema);
    let (source, key) = &stream.institution;
    let institution = expression(reader, key, schema).filter(|expression| {
        let fits = is_text(expression.data_type());
        if !fits {
            let message = format!("an institution is told by a text; this is {}", expression.data_type());
            reader.fault(key, message).help = Some("write CAST(… AS VARCHAR)".to_owned());
        }
        fits
    });
    let mut fields = Vec::new();
    let mut all_sound = true;
    for field in &stream.fields {
        let absent = optional(reader, field.absent.as_ref(), schema);
        let value = expression(reader, &field.value, schema);
        let shape = value.as_ref().and_then(|value| match fits(field.spec.kind, value.data_type()) {
            Ok(shape) => Some(shape),
            Err(help) => {
                let message = format!(
                    "\"{}\" cannot be made of a value of type {}",
                    field.spec.name,
                    value.data_type()
                );
                reader.fault(&field.value, message).help = Some(help);
                None
            }
        });
        match (value, shape, absent) {
            (Some(value), Some(shape), Some(absent)) => {
                fields.push(FieldPlan { spec: field.spec, shape, value, absent, pseudonym: field.pseudonym })
            }
            _ => all_sound = false,
        }
    }
    let (filter, institution) = (filter?, (*source, institution?));
    all_sound.then_some(Compiled { schema: Arc::clone(schema), filter, institution, fields })
}

/// A condition that may not be given; `None` when it is given and not sound.
#[expect(clippy::option_option, reason = "not given, and given and not sound, are two things")]
fn optional(reader: &mut Reader, word: Option<&Word>, schema: &SchemaRef) -> Option<Option<Predicate>> {
    let Some(word) = word else { return Some(None) };
    compiled(reader, word, Predicate::compile(&word.value, schema)).map(Some)
}

fn expression(reader: &mut Reader, word: &Word, schema: &SchemaRef) -> Option<Expression> {
    compiled(reader, word, Expression::compile(&word.value, schema))
}

fn compiled<T>(reader: &mut Reader, word: &Word, result: Result<T, SqlFault>) -> Option<T> {
    result.map_err(|fault| reader.sql_fault(word, fault)).ok()
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// How a value of a type becomes a field of a kind, or what to do when it cannot.
fn fits(kind: FieldKind, data_type: &DataType) -> Result<Shape, String> {
    let decimals_max = |max: i8| match data_type {
        DataType::Decimal128(_, scale) => (0..=max).contains(scale),
        other => other.is_integer(),
    };
    let help = |text: &str| Err(text.to_owned());
    if *data_type == DataType::Null {
        return Ok(Shape::Absent);
    }
    match kind {
        FieldKind::Id
        | FieldKind::Text(_)
        | FieldKind::Code(_)
        | FieldKind::Pseudonym(_)
        | FieldKind::Ip
        | FieldKind::Institution
        | FieldKind::Digest => {
            if is_text(data_type) {
                Ok(Shape::Text)
            } else {
                help("write CAST(… AS VARCHAR)")
            }
        }
        FieldKind::Money { .. } => match data_type {
            _ if decimals_max(2) => Ok(Shape::Money),
            DataType::Decimal128(..) => {
                help("an amount has two decimals: write CAST(… AS DECIMAL(20, 2)), which rounds")
            }
            other if is_text(other) => help("declare the column as money under `columns`"),
            _ => help("floats are not exact: declare the column as money under `columns`"),
        },
        FieldKind::Percent { .. } => match data_type {
            _ if decimals_max(6) => Ok(Shape::Percent),
            DataType::Decimal128(..) => {
                help("a rate has six decimals: write CAST(… AS DECIMAL(20, 6)), which rounds")
            }
            other if is_text(other) => help("declare the column as percent under `columns`"),
            _ => help("floats are not exact: declare the column as percent under `columns`"),
        },
        FieldKind::Count => match data_type {
            _ if decimals_max(0) => Ok(Shape::Count),
            other if is_text(other) => help("declare the column as integer under `columns`"),
            _ => help("write CAST(… AS BIGINT)"),
        },
        FieldKind::Date => match data_type {
            DataType::Date32 => Ok(Shape::Date),
            other if is_text(other) => help("declare the column as date under `columns`"),
            _ => help("write CAST(… AS DATE)"),
        },
        FieldKind::Time => match data_type {
            DataType::Timestamp(_, Some(_)) => Ok(Shape::Time),
            // A date is its first instant in Shanghai.
            DataType::Timestamp(_, None) | DataType::Date32 => Ok(Shape::LocalTime),
            _ => help("declare the column as time under `columns`"),
        },
        FieldKind::Flag => match data_type {
            DataType::Boolean => Ok(Shape::Flag),
            _ => help("write a condition, or declare the column as flag under `columns`"),
        },
        FieldKind::List(_) => match data_type {
            other if is_text(other) => Ok(Shape::Json),
            _ => help("give a text that is a JSON list of items as the standard has them"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_patterns() {
        let table = [
            ("*", "a.csv", true),
            ("purchase*", "purchase_2013.csv.xz", true),
            ("purchase*", "redeem.csv", false),
            ("*.csv*", "redeem.csv.gz", true),
            ("red?em.csv", "redeem.csv", true),
            ("红*.csv", "红色.csv", true),
            ("", "", true),
            ("a", "", false),
        ];
        for (pattern, name, expected) in table {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
