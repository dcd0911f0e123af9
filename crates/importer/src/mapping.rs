//! The mapping file: what is read, and what each field of a stream is made of.

use std::fmt;
use std::path::Path;

use model::pseudonym::PseudonymKind;
use model::spec::{FieldKind, FieldSpec, StreamSpec};
use model::streams::STREAMS;
use model::time::SHANGHAI_OFFSET_SECONDS;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_saphyr::Spanned;

use crate::convert::{ColumnType, TYPE_NAMES, format_is_sound};
use crate::error::ImportError;
use crate::fault::MappingFaults;
use crate::source::{DeclaredColumn, Format, SourceSpec, TextEncoding};
use crate::yaml::{Pairs, Reader, Word};

/// Version of the mapping's form.
const VERSION: u32 = 1;
/// Name of the one table when the mapping names none.
pub(crate) const ONE_TABLE: &str = "source";

/// A mapping that is sound as far as can be said without the files.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub(crate) reader: Reader,
    pub(crate) tables: Vec<TableMap>,
    pub(crate) streams: Vec<StreamMap>,
}

/// A table of the mapping.
#[derive(Clone, Debug)]
pub(crate) struct TableMap {
    pub(crate) name: String,
    /// Which of the files given are the table's, by their names, with `*` and `?`.
    pub(crate) files: Option<String>,
    pub(crate) source: SourceSpec,
}

/// How an institution is found for each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstitutionSource {
    /// The expression gives its unified social credit code or LEI.
    Column,
    /// The expression gives any text by which it is told from others; a code is made up.
    SyntheticFrom,
}

/// A stream that the mapping makes.
#[derive(Clone, Debug)]
pub(crate) struct StreamMap {
    pub(crate) name: Word,
    pub(crate) spec: &'static StreamSpec,
    pub(crate) from: Option<Word>,
    pub(crate) filter: Option<Word>,
    pub(crate) institution: (InstitutionSource, Word),
    pub(crate) fields: Vec<FieldMap>,
}

/// A field that the mapping makes.
#[derive(Clone, Debug)]
pub(crate) struct FieldMap {
    pub(crate) spec: &'static FieldSpec,
    pub(crate) value: Word,
    pub(crate) absent: Option<Word>,
    pub(crate) pseudonym: Option<PseudonymKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMapping {
    version: Spanned<u32>,
    source: Option<RawSource>,
    tables: Option<Pairs<RawSource>>,
    institution: Option<RawInstitution>,
    streams: Spanned<Vec<RawStream>>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSource {
    files: Option<Word>,
    format: Option<Word>,
    encoding: Option<Word>,
    delimiter: Option<Word>,
    quote: Option<Word>,
    header: Option<bool>,
    names: Option<Vec<String>>,
    null_values: Option<Vec<String>>,
    trim: Option<bool>,
    columns: Option<Pairs<RawColumn>>,
}

#[derive(Clone)]
struct RawColumn(RawColumnMap);

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawColumnMap {
    from: Option<String>,
    #[serde(rename = "type")]
    type_name: Option<String>,
    format: Option<Word>,
    zone: Option<Word>,
}

impl<'de> Deserialize<'de> for RawColumn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ColumnVisitor;
        impl<'de> Visitor<'de> for ColumnVisitor {
            type Value = RawColumn;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a type, or {from, type, format, zone}")
            }
            fn visit_str<E>(self, text: &str) -> Result<RawColumn, E> {
                Ok(RawColumn(RawColumnMap { type_name: Some(text.to_owned()), ..RawColumnMap::default() }))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawColumn, A::Error> {
                RawColumnMap::deserialize(MapAccessDeserializer::new(map)).map(RawColumn)
            }
        }
        deserializer.deserialize_any(ColumnVisitor)
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInstitution {
    code: Option<Word>,
    column: Option<Word>,
    synthetic_from: Option<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStream {
    stream: Word,
    from: Option<Word>,
    #[serde(rename = "where")]
    filter: Option<Word>,
    institution: Option<RawInstitution>,
    fields: Pairs<Word>,
    #[serde(default)]
    pseudonymise: Pairs<Word>,
    #[serde(default)]
    absent_when: Pairs<Word>,
}

impl Mapping {
    /// Reads a mapping; `name` stands in faults.
    ///
    /// # Errors
    /// All faults that can be seen without the files.
    pub fn read(name: &str, text: &str) -> Result<Self, MappingFaults> {
        let mut reader = Reader::new(name, text);
        let checked = reader.read::<RawMapping>().and_then(|raw| check(&mut reader, raw));
        match checked {
            Some((tables, streams)) if reader.faults.is_empty() => Ok(Self { reader, tables, streams }),
            _ => Err(MappingFaults(reader.faults)),
        }
    }

    /// Reads a mapping from a file.
    ///
    /// # Errors
    /// [`ImportError::Source`] or [`ImportError::Mapping`].
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ImportError::Source { path: path.to_owned(), message: error.to_string() })?;
        Ok(Self::read(&path.display().to_string(), &text)?)
    }

    /// Its name, as it stands in faults.
    pub fn name(&self) -> &str {
        &self.reader.name
    }

    /// The streams that it makes, in its order.
    pub fn streams(&self) -> impl Iterator<Item = &'static StreamSpec> + '_ {
        self.streams.iter().map(|stream| stream.spec)
    }

    /// Whether it makes pseudonyms, and so needs the key.
    pub fn needs_pseudonym_key(&self) -> bool {
        self.streams.iter().flat_map(|stream| &stream.fields).any(|field| field.pseudonym.is_some())
    }
}

fn check(reader: &mut Reader, raw: RawMapping) -> Option<(Vec<TableMap>, Vec<StreamMap>)> {
    if raw.version.value != VERSION {
        reader.fault(&raw.version, format!("mappings of version {VERSION} are read, this says another"));
    }
    let defaults = raw.source.unwrap_or_default();
    let mut tables = Vec::new();
    match raw.tables {
        None => tables.push(TableMap {
            name: ONE_TABLE.to_owned(),
            files: defaults.files.as_ref().map(|files| files.value.clone()),
            source: source(reader, &RawSource::default(), &defaults)?,
        }),
        Some(Pairs(pairs)) => {
            for (name, own) in pairs {
                let is_name = name.value.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
                if !is_name || name.value.starts_with(|c: char| c.is_ascii_digit()) {
                    reader.fault(&name, format!("\"{}\" is no name of a table", name.value)).help =
                        Some("lower-case letters, digits and _".to_owned());
                }
                let files = own.files.as_ref().map(|files| files.value.clone());
                let source = source(reader, &own, &defaults)?;
                tables.push(TableMap { name: name.value, files, source });
            }
        }
    }
    if raw.streams.value.is_empty() {
        reader.fault(&raw.streams, "the mapping makes no stream");
    }
    let whole = raw.institution;
    let streams = raw.streams.value.into_iter();
    let streams = streams.filter_map(|raw| stream(reader, raw, whole.as_ref())).collect();
    Some((tables, streams))
}

fn source(reader: &mut Reader, own: &RawSource, defaults: &RawSource) -> Option<SourceSpec> {
    fn pick<'a, T>(own: &'a Option<T>, default: &'a Option<T>) -> Option<&'a T> {
        own.as_ref().or(default.as_ref())
    }
    let one_byte = |reader: &mut Reader, word: Option<&Word>, default: u8| match word {
        None => default,
        Some(word) => match (word.value.as_str(), word.value.as_bytes()) {
            ("tab" | "\\t", _) => b'\t',
            (_, [byte]) if byte.is_ascii() => *byte,
            _ => {
                reader.fault(word, "one ASCII character is wanted, or `tab`");
                default
            }
        },
    };
    let format = match pick(&own.format, &defaults.format) {
        None => {
            reader.fault_at(None, "the source has no format").help =
                Some("write `source: { format: csv }`, or json, ndjson, parquet".to_owned());
            return None;
        }
        Some(word) => match word.value.as_str() {
            "csv" => Format::Csv,
            "json" => Format::Json,
            "ndjson" => Format::NdJson,
            "parquet" => Format::Parquet,
            _ => {
                reader.unknown(word, "format", "", ["csv", "json", "ndjson", "parquet"]);
                return None;
            }
        },
    };
    let encoding = match pick(&own.encoding, &defaults.encoding) {
        None => TextEncoding::Utf8,
        Some(word) => match word.value.to_lowercase().as_str() {
            "utf-8" | "utf8" => TextEncoding::Utf8,
            "gb18030" | "gbk" | "gb2312" => TextEncoding::Gb18030,
            _ => {
                reader.unknown(word, "encoding", "", ["utf-8", "gb18030"]);
                return None;
            }
        },
    };
    let delimiter = one_byte(reader, pick(&own.delimiter, &defaults.delimiter), b',');
    let quote = one_byte(reader, pick(&own.quote, &defaults.quote), b'"');
    let has_header = pick(&own.header, &defaults.header).copied().unwrap_or(true);
    let names = pick(&own.names, &defaults.names).cloned().unwrap_or_default();
    if format == Format::Csv && !has_header && names.is_empty() {
        reader.fault_at(None, "a CSV file without a header needs `names`, the names of its columns");
    }
    let columns = pick(&own.columns, &defaults.columns).cloned().unwrap_or_default();
    if matches!(format, Format::Json | Format::NdJson) && columns.0.is_empty() {
        reader.fault_at(None, "JSON objects need `columns`: the keys that are used, with their types");
    }
    let mut declared: Vec<DeclaredColumn> = Vec::new();
    for (name, RawColumn(raw)) in columns.0 {
        if let Some(column) = declared_column(reader, name, raw) {
            declared.push(column);
        }
    }
    Some(SourceSpec {
        format,
        encoding,
        delimiter,
        quote,
        has_header,
        names,
        null_values: pick(&own.null_values, &defaults.null_values)
            .cloned()
            .unwrap_or_else(|| vec![String::new()]),
        trims: pick(&own.trim, &defaults.trim).copied().unwrap_or(false),
        declared,
    })
}

fn declared_column(reader: &mut Reader, name: Word, raw: RawColumnMap) -> Option<DeclaredColumn> {
    let type_name = raw.type_name.as_deref().unwrap_or("text");
    let Some(mut column_type) = ColumnType::parse(type_name) else {
        reader.fault(&name, format!("\"{type_name}\" is no type of a column")).help =
            Some(format!("write one of: {}", TYPE_NAMES.join(", ")));
        return None;
    };
    if let Some(word) = &raw.format {
        if !format_is_sound(&word.value) {
            reader.fault(word, "is no format such as %Y-%m-%d %H:%M:%S");
        }
        match &mut column_type {
            ColumnType::Date { format } | ColumnType::Time { format, .. } => {
                *format = Some(word.value.clone())
            }
            _ => {
                reader.fault(word, format!("a column of type {type_name} has no format"));
            }
        }
    }
    if let Some(word) = &raw.zone {
        match (&mut column_type, offset_seconds(&word.value)) {
            (ColumnType::Time { zone_seconds, .. }, Some(seconds)) => *zone_seconds = seconds,
            (ColumnType::Time { .. }, None) => {
                reader.fault(word, "is no offset such as \"+08:00\"");
            }
            _ => {
                reader.fault(word, format!("a column of type {type_name} has no zone"));
            }
        }
    }
    Some(DeclaredColumn { from: raw.from.unwrap_or_else(|| name.value.clone()), name, column_type })
}

fn offset_seconds(text: &str) -> Option<i32> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(sign * (hours * 3600 + minutes * 60))
}

const _: () = assert!(SHANGHAI_OFFSET_SECONDS == 8 * 3600, "times without an offset are those of Shanghai");

fn institution(
    reader: &mut Reader,
    raw: Option<&RawInstitution>,
    at: &Word,
) -> Option<(InstitutionSource, Word)> {
    let given = raw.map(|raw| (&raw.code, &raw.column, &raw.synthetic_from));
    match given {
        Some((Some(code), None, None)) => {
            if let Err(error) = model::institution::InstitutionId::parse(&code.value) {
                reader.fault(code, error.to_string());
            }
            // A code stands in the mapping as it is; in SQL it is a text.
            let quoted = format!("'{}'", code.value.replace('\'', "''"));
            Some((InstitutionSource::Column, Word { value: quoted, ..code.clone() }))
        }
        Some((None, Some(column), None)) => Some((InstitutionSource::Column, column.clone())),
        Some((None, None, Some(key))) => Some((InstitutionSource::SyntheticFrom, key.clone())),
        _ => {
            reader.fault(at, format!("whose is \"{}\"?", at.value)).help =
                Some("give `institution` one of: code, column, synthetic_from".to_owned());
            None
        }
    }
}

fn stream(reader: &mut Reader, raw: RawStream, whole: Option<&RawInstitution>) -> Option<StreamMap> {
    let Some(spec) = model::streams::stream(&raw.stream.value) else {
        reader.unknown(&raw.stream, "stream", "", STREAMS.iter().map(|stream| stream.name));
        return None;
    };
    let institution = institution(reader, raw.institution.as_ref().or(whole), &raw.stream);
    let mut fields: Vec<FieldMap> = Vec::new();
    for (name, value) in raw.fields.0 {
        match spec.fields.iter().find(|field| field.name == name.value) {
            None => reader.unknown(
                &name,
                "field",
                &format!(" in the stream \"{}\"", spec.name),
                spec.fields.iter().map(|field| field.name),
            ),
            Some(field) => fields.push(FieldMap { spec: field, value, absent: None, pseudonym: None }),
        }
    }
    for field in spec.fields.iter().filter(|field| field.required) {
        if !fields.iter().any(|other| other.spec.name == field.name) {
            let message = format!("the field \"{}\" of \"{}\" is required", field.name, spec.name);
            reader.fault(&raw.stream, message).help = Some(format!("{} {}", field.zh, field.en));
        }
    }
    for (name, kind) in raw.pseudonymise.0 {
        let Some(field) = mapped(reader, &mut fields, &name) else { continue };
        let FieldKind::Pseudonym(kinds) = field.spec.kind else {
            reader.fault(&name, format!("the field \"{}\" holds no pseudonym", name.value));
            continue;
        };
        let known = [
            ("person", PseudonymKind::Person),
            ("account", PseudonymKind::Account),
            ("organisation", PseudonymKind::Organisation),
        ];
        let allowed: Vec<_> = known.iter().filter(|(_, kind)| kinds.contains(kind)).collect();
        match allowed.iter().find(|(word, _)| *word == kind.value) {
            Some((_, kind)) => field.pseudonym = Some(*kind),
            None => {
                reader.unknown(&kind, "pseudonym", " in this field", allowed.iter().map(|(word, _)| *word))
            }
        }
    }
    for (name, condition) in raw.absent_when.0 {
        if let Some(field) = mapped(reader, &mut fields, &name) {
            field.absent = Some(condition);
        }
    }
    // The order of the standard, so that the reader of the lines finds each field at once.
    fields.sort_by_key(|field| field.spec.number);
    Some(StreamMap {
        name: raw.stream,
        spec,
        from: raw.from,
        filter: raw.filter,
        institution: institution?,
        fields,
    })
}

fn mapped<'f>(reader: &mut Reader, fields: &'f mut [FieldMap], name: &Word) -> Option<&'f mut FieldMap> {
    let position = fields.iter().position(|field| field.spec.name == name.value);
    if position.is_none() {
        reader.unknown(name, "field", " among those mapped here", fields.iter().map(|field| field.spec.name));
    }
    fields.get_mut(position?)
}
