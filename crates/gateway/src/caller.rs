//! Who asks, from the request's head.

use axum::http::{HeaderMap, header};
use engine::access::{self, Role};
use model::fault::{Fault, FaultCode};
use model::institution::InstitutionId;
use workflow::actor::Actor;

use crate::Context;

/// The value of a header that may stand once.
///
/// # Errors
/// [`FaultCode::MalformedHeader`] when it stands twice or is no text.
pub(crate) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Fault> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(malformed(name, "stands twice"));
    }
    value.to_str().map(|text| Some(text.trim())).map_err(|_| malformed(name, "is not ASCII text"))
}

/// A header that is not written as the standard says.
pub(crate) fn malformed(name: &str, how: &str) -> Fault {
    Fault::whole(FaultCode::MalformedHeader, format!("The header {name} {how}."))
}

/// What the bearer of the request's key may do.
///
/// # Errors
/// [`FaultCode::KeyMissing`] and those of [`engine::access::Access::role_of`].
pub(crate) fn role(context: &Context, headers: &HeaderMap) -> Result<Role, Fault> {
    context.engine.access().role_of(key(headers)?)
}

/// The identifier of the supervisor's key that the request bears.
///
/// # Errors
/// [`FaultCode::NotAllowed`] for an institution's key, and those of [`role`].
pub(crate) fn supervisor(context: &Context, headers: &HeaderMap) -> Result<String, Fault> {
    match role(context, headers)? {
        Role::Supervisor | Role::Person(_) => {
            Ok(access::identifier(key(headers)?).unwrap_or_default().to_owned())
        }
        Role::Institution(_) | Role::Partner(_) => {
            Err(Fault::whole(FaultCode::NotAllowed, "Only a supervisor's key may do this."))
        }
    }
}

/// Who acts at the desk.
///
/// # Errors
/// [`FaultCode::NotAllowed`] for a supervisor's key that names no person, and those of [`role`].
pub(crate) fn actor(context: &Context, headers: &HeaderMap) -> Result<Actor, Fault> {
    match role(context, headers)? {
        Role::Person(person) => Ok(Actor::Person(person)),
        Role::Institution(institution) => Ok(Actor::Institution(institution.to_string())),
        Role::Partner(partner) => Ok(Actor::Partner(partner)),
        Role::Supervisor => Err(Fault::whole(
            FaultCode::NotAllowed,
            "This key names no person, and what is decided needs one: issue a key with `jianwei keys issue --person ID`.",
        )),
    }
}

/// The key that the request bears.
fn key(headers: &HeaderMap) -> Result<&str, Fault> {
    let missing = |detail: &str| Fault::whole(FaultCode::KeyMissing, detail);
    let value = header(headers, header::AUTHORIZATION.as_str())?
        .ok_or_else(|| missing("The request has no header Authorization."))?;
    match value.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => Ok(key.trim()),
        _ => Err(missing("The header Authorization is not of the form `Bearer KEY`.")),
    }
}

/// The institution for which the request's key files.
///
/// # Errors
/// [`FaultCode::NotAllowed`] for the supervisor's key, and those of [`role`].
pub(crate) fn institution(context: &Context, headers: &HeaderMap) -> Result<InstitutionId, Fault> {
    match role(context, headers)? {
        Role::Institution(institution) => Ok(institution),
        Role::Supervisor | Role::Person(_) | Role::Partner(_) => Err(Fault::whole(
            FaultCode::NotAllowed,
            "A supervisor's key looks at filings; only an institution's key files.",
        )),
    }
}

/// Whose data is asked for: an institution's key sees its own alone; for the supervisor's, none
/// means that of all.
///
/// # Errors
/// [`FaultCode::WrongInstitution`] when an institution's key asks for another's.
pub(crate) fn asked_for<T: PartialEq>(
    role: &Role,
    stated: Option<T>,
    own: impl Fn(&InstitutionId) -> T,
) -> Result<Option<T>, Fault> {
    let institution = match role {
        Role::Supervisor | Role::Person(_) => return Ok(stated),
        Role::Institution(institution) => institution,
        Role::Partner(_) => {
            let detail = "A partner's key sees the orders to that partner alone.";
            return Err(Fault::whole(FaultCode::NotAllowed, detail));
        }
    };
    let own = own(institution);
    if stated.is_some_and(|stated| stated != own) {
        let detail = "An institution's key sees that institution alone.";
        return Err(Fault::whole(FaultCode::WrongInstitution, detail));
    }
    Ok(Some(own))
}

/// Whether the bearer sees what is about every institution.
pub(crate) fn sees_all(role: &Role) -> bool {
    matches!(role, Role::Supervisor | Role::Person(_))
}

/// As [`may_see`], where the industry is an institution too.
pub(crate) fn may_see_of(role: &Role, institution: &str) -> bool {
    match role {
        Role::Institution(own) => own.as_str() == institution,
        _ => sees_all(role),
    }
}

/// Whether the bearer may see what belongs to an institution.
pub(crate) fn may_see(role: &Role, institution: &InstitutionId) -> bool {
    match role {
        Role::Supervisor | Role::Person(_) => true,
        Role::Institution(own) => own == institution,
        Role::Partner(_) => false,
    }
}
