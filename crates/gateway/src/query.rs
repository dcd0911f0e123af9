//! Query parameters, read strictly: a misspelt one is refused, since ignoring `?mod=atomic` would
//! do what the client did not ask for.

use std::borrow::Cow;
use std::str::FromStr;

use model::fault::{Fault, FaultCode};

/// The parameters of a request.
pub(crate) struct Parameters<'q>(Vec<(Cow<'q, str>, Cow<'q, str>)>);

impl<'q> Parameters<'q> {
    /// Reads a query of which only `known` names are allowed, each once.
    ///
    /// # Errors
    /// [`FaultCode::UnknownField`], [`FaultCode::DuplicateField`].
    pub(crate) fn read(query: &'q str, known: &[&str]) -> Result<Self, Fault> {
        let mut parameters = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if !known.contains(&name.as_ref()) {
                let detail = match known {
                    [] => "This address takes no parameters.".to_owned(),
                    _ => format!("The parameters here are: {}.", known.join(", ")),
                };
                return Err(Fault::whole(FaultCode::UnknownField, detail));
            }
            if parameters.iter().any(|(other, _)| *other == name) {
                let detail = format!("The parameter {name} stands twice.");
                return Err(Fault::whole(FaultCode::DuplicateField, detail));
            }
            parameters.push((name, value));
        }
        Ok(Self(parameters))
    }

    /// The value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_ref())
    }

    /// The value of a parameter, parsed.
    ///
    /// # Errors
    /// [`FaultCode::MalformedValue`] with `otherwise` as the reason.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str, otherwise: &str) -> Result<Option<T>, Fault> {
        self.get(name).map(str::parse).transpose().map_err(|_| malformed(name, otherwise))
    }

    /// A part of a list: where it begins and how many items it has at most.
    ///
    /// # Errors
    /// [`FaultCode::MalformedValue`].
    pub(crate) fn page(&self) -> Result<(usize, usize), Fault> {
        let offset = self.parsed("offset", "is not a number")?.unwrap_or(0);
        let limit = self.parsed("limit", "is not a number")?.unwrap_or(PAGE_DEFAULT);
        Ok((offset, limit.min(PAGE_MAX)))
    }
}

/// Items of a list when the request says nothing.
const PAGE_DEFAULT: usize = 100;
/// Items of a list at most.
const PAGE_MAX: usize = 1000;

/// A parameter whose value is not as it should be.
pub(crate) fn malformed(name: &str, how: &str) -> Fault {
    Fault::whole(FaultCode::MalformedValue, format!("The parameter {name} {how}."))
}
