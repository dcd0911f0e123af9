//! What the request's head says of a filing.

use axum::http::{HeaderMap, header};
use engine::intake::{ContentCoding, FilingHead, FilingMode};
use model::fault::{Fault, FaultCode};
use model::time::Day;

use crate::query::{self, Parameters};
use crate::{Context, caller};

const VERSION: &str = "filing-version";
const DATE: &str = "filing-date";
const FINAL: &str = "filing-final";
const RECORDS: &str = "filing-records";
const INSTITUTION: &str = "filing-institution";

/// Reads the head, the key first: who is not known learns nothing else.
///
/// # Errors
/// The fault to answer.
pub(super) fn read(
    context: &Context,
    stream: &str,
    query: &str,
    headers: &HeaderMap,
) -> Result<FilingHead, Fault> {
    let institution = caller::institution(context, headers)?;
    let parameters = Parameters::read(query, &["mode", "institution"])?;
    let stated = [caller::header(headers, INSTITUTION)?, parameters.get("institution")];
    if stated.into_iter().flatten().any(|stated| stated != institution.as_str()) {
        return Err(Fault::whole(
            FaultCode::WrongInstitution,
            "The request names another institution than the key's.",
        ));
    }
    let stream = model::streams::stream(stream).ok_or_else(|| {
        Fault::whole(FaultCode::UnknownStream, "There is no such stream; GET /v1/streams lists them.")
    })?;
    check_version(headers)?;
    let date = parsed(headers, DATE, |text| Day::parse(text).ok(), "is not a date YYYY-MM-DD")?;
    let is_final =
        parsed(headers, FINAL, |text| text.parse().ok(), "is neither true nor false")?.unwrap_or(false);
    if is_final && date.is_none() {
        return Err(Fault::whole(
            FaultCode::MissingHeader,
            "A final filing says by Filing-Date which date it completes.",
        ));
    }
    Ok(FilingHead {
        stream,
        institution,
        date,
        is_final,
        announced: parsed(headers, RECORDS, |text| text.parse().ok(), "is not a number of lines")?,
        mode: mode(parameters.get("mode"))?,
        coding: coding(headers)?,
    })
}

fn check_version(headers: &HeaderMap) -> Result<(), Fault> {
    let supported = model::STANDARD_VERSION;
    match caller::header(headers, VERSION)? {
        Some(version) if version == supported.to_string() => Ok(()),
        Some(_) => Err(Fault::whole(
            FaultCode::UnsupportedVersion,
            format!("The header Filing-Version names another version than {supported}."),
        )),
        None => Err(Fault::whole(
            FaultCode::MissingHeader,
            format!("The header Filing-Version is missing; this server reads version {supported}."),
        )),
    }
}

fn parsed<T>(
    headers: &HeaderMap,
    name: &str,
    parse: impl Fn(&str) -> Option<T>,
    otherwise: &str,
) -> Result<Option<T>, Fault> {
    let value = caller::header(headers, name)?;
    value.map(|text| parse(text).ok_or_else(|| caller::malformed(name, otherwise))).transpose()
}

fn mode(value: Option<&str>) -> Result<FilingMode, Fault> {
    match value {
        None | Some("lines") => Ok(FilingMode::Lines),
        Some("atomic") => Ok(FilingMode::Atomic),
        Some(_) => Err(query::malformed("mode", "is neither lines nor atomic")),
    }
}

fn coding(headers: &HeaderMap) -> Result<ContentCoding, Fault> {
    match caller::header(headers, header::CONTENT_ENCODING.as_str()) {
        Ok(name) => ContentCoding::from_header(name),
        // Two codings one over the other: none that is read here.
        Err(_) => ContentCoding::from_header(Some("several")),
    }
}
