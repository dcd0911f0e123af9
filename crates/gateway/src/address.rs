//! Parts of a request's address.

use std::str::FromStr;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;

use crate::problem::Problem;
use crate::query;

/// The variable part of an address, if it is text.
pub(crate) type Segment = Result<Path<String>, PathRejection>;

/// The variable part of an address.
///
/// # Errors
/// Not found, when it is no text.
pub(crate) fn text(segment: Segment) -> Result<String, Problem> {
    match segment {
        Ok(Path(text)) => Ok(text),
        Err(_) => Err(Problem::not_found("There is nothing at this address.")),
    }
}

/// The variable part of an address as a number.
///
/// # Errors
/// Not found; [`model::fault::FaultCode::MalformedValue`].
pub(crate) fn number<T: FromStr>(segment: Segment, name: &str) -> Result<T, Problem> {
    let text = text(segment)?;
    text.parse().map_err(|_| query::malformed(name, "in the address is not a number").into())
}
