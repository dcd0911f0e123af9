//! The lines of business that an entry is for: a condition where the records say their line, and a
//! promise that is checked where they do not.

use model::spec::StreamSpec;
use model::streams::{LineOfBusiness, STANDING};

use crate::derived;
use crate::duty::Duty;
use crate::entry::Meta;
use crate::fault::RuleFault;
use crate::source::SourceFile;

/// The column that says a record's line of business.
const COLUMN: &str = "line";

/// The condition that a record is of one of the lines; `None` when they are all that there are.
pub(crate) fn condition(lines: &[LineOfBusiness]) -> Option<String> {
    if LineOfBusiness::ALL.iter().all(|line| lines.contains(line)) {
        return None;
    }
    let quoted: Vec<_> = lines.iter().map(|line| format!("'{}'", line.code())).collect();
    Some(match quoted.as_slice() {
        [line] => format!("{COLUMN} = {line}"),
        lines => format!("{COLUMN} IN ({})", lines.join(", ")),
    })
}

/// Whether the rows of a table say their line of business.
pub(crate) fn tells(table: &str) -> bool {
    let of_stream = |stream: &StreamSpec| stream.field_index(COLUMN).is_some();
    match derived::derived(table) {
        Some(own) => own.tells_line,
        None => model::streams::stream(table).is_some_and(of_stream),
    }
}

/// The tables that a query reads, each cut down to the lines, as common table expressions that
/// take the tables' names.
pub(crate) fn tables_of(lines: &[LineOfBusiness], tables: &[String]) -> Vec<String> {
    let Some(condition) = condition(lines) else { return Vec::new() };
    let told = tables.iter().filter(|table| tells(table));
    told.map(|table| format!("{table} AS (\n  SELECT * FROM {table} WHERE {condition}\n)")).collect()
}

/// What is wrong with the lines of an entry that reads streams whose records do not say their line:
/// it finds what it finds at every institution that files them, so it must say that it is for all.
pub(crate) fn unkept<'a>(
    meta: &Meta,
    streams: impl Iterator<Item = &'a str>,
    duties: &[Duty],
    file: &SourceFile,
) -> Vec<RuleFault> {
    let mut faults = Vec::new();
    // What stands (accounts, products) is looked up for other records, and says by its own codes
    // what it is; what is derived has been cut down already.
    let is_looked_up = |stream: &&str| {
        derived::is_derived(stream) || STANDING.iter().any(|standing| standing.name == *stream)
    };
    for stream in streams.filter(|stream| !tells(stream) && !is_looked_up(stream)) {
        let owing = duties.iter().filter(|duty| duty.streams.iter().any(|own| own.name == stream));
        let mut filers: Vec<LineOfBusiness> = owing.flat_map(|duty| duty.meta.lines.clone()).collect();
        filers.sort_by_key(|line| line.code());
        filers.dedup();
        let left_out: Vec<_> =
            filers.iter().filter(|line| !meta.lines.contains(line)).map(|line| line.code()).collect();
        if left_out.is_empty() {
            continue;
        }
        let message = format!(
            "records of \"{stream}\" do not say their line of business, so those of {} are looked at too",
            left_out.join(", ")
        );
        let help = "name every line that files the stream, or take a stream whose records have a \"line\"";
        faults.push(RuleFault::new(file, file.line_with("lines:"), message).with_help(help));
    }
    faults
}
