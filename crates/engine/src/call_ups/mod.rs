//! 调阅: the supervisor asks for the recording of a sale, the institution uploads it, the copy goes
//! into the vault, where nobody deletes it before its date (requirement 1.8).
//!
//! What is asked for and what comes are events of the ledger, durable before they are answered.
//! What was filed of the recording (its digest, until when it is kept) is looked up when it is
//! asked for and sealed with the call-up, so that no later filing changes what it is held against.

mod calls;
mod recording;

use std::io::Read;
use std::sync::{Mutex, PoisonError, RwLock};

use crossbeam_channel::bounded;
use model::event::{CallUp, CallUpAnswer, Medium, to_body};
use model::fault::{Fault, FaultCode};
use model::field_types::{Digest, RecordId};
use model::institution::InstitutionId;
use model::time::{Day, Time};
use seal::EventKind;
use sha2::{Digest as _, Sha256};
use vault::{Content, ContentHash, VaultError};

use crate::Engine;
use crate::follower::Request;
use crate::sealer::{Command, Event, SealerError};
pub(crate) use calls::Calls;
pub use calls::{CallUpStatus, Called};
pub(crate) use recording::{Recording, recording_sql};

/// How long an institution has when nothing else is said, in hours.
pub const HOURS_DEFAULT: u32 = 24;
/// The most that it may be given, in hours.
pub const HOURS_MAX: u32 = 240;
/// What comes is kept at least so long after it was asked for.
const KEPT_YEARS_MIN: i32 = 10;
/// Bytes of the supervisor's words at most, as in a long text of the standard.
const GROUND_BYTES_MAX: usize = 4000;
/// Characters of a policy's identifier at most, as in the standard.
const POLICY_CHARACTERS_MAX: usize = 64;

/// What the supervisor asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallUpRequest {
    /// Of whom.
    pub institution: InstitutionId,
    /// The policy whose sale was recorded.
    pub policy: RecordId,
    /// Which part of the recording.
    pub medium: Medium,
    /// Within how many hours; [`HOURS_DEFAULT`] when nothing is said.
    pub hours: Option<u32>,
    /// On what ground.
    pub ground: String,
    /// The API key by which it is asked for, by its identifier.
    pub asked_by: String,
}

/// A call-up, or what came for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallUpEvent {
    /// The supervisor asked.
    Asked(CallUp),
    /// The institution sent something.
    Answered(CallUpAnswer),
}

impl CallUpEvent {
    /// When it happened.
    pub(crate) fn time(&self) -> Time {
        match self {
            Self::Asked(asked) => asked.asked_at,
            Self::Answered(answer) => answer.received_at,
        }
    }

    /// As it is sealed.
    pub(crate) fn event(&self) -> Result<Event, serde_json::Error> {
        let (kind, institution, body) = match self {
            Self::Asked(asked) => (EventKind::CallUp, &asked.institution, to_body(asked)?),
            Self::Answered(answer) => (EventKind::CallUpAnswer, &answer.institution, to_body(answer)?),
        };
        Ok(Event { kind, institution: institution.to_string(), body })
    }
}

/// All call-ups, for those who list them and answer them.
#[derive(Debug, Default)]
pub struct CallUps {
    calls: RwLock<Calls>,
    /// Held while one is decided on and sealed, so that two do not cross.
    turn: Mutex<()>,
}

impl CallUps {
    pub(crate) fn take(&self, event: &CallUpEvent, position: u64) {
        self.calls.write().unwrap_or_else(PoisonError::into_inner).take(event, position);
    }

    /// A call-up by its identifier.
    pub fn get(&self, id: &str) -> Option<Called> {
        self.calls.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The call-ups that `wanted` names, the newest first.
    pub fn list(&self, wanted: impl Fn(&Called) -> bool) -> Vec<Called> {
        let calls = self.calls.read().unwrap_or_else(PoisonError::into_inner);
        calls.all().iter().rev().filter(|called| wanted(called)).cloned().collect()
    }

    /// When the latest was asked for or answered.
    pub(crate) fn latest_at(&self) -> Option<Time> {
        let calls = self.calls.read().unwrap_or_else(PoisonError::into_inner);
        let times = calls.all().iter().map(|called| {
            let answered = called.answer.as_ref().map(|answer| answer.received_at);
            answered.unwrap_or_default().max(called.asked.asked_at)
        });
        times.max()
    }

    /// One that still waits for its answer.
    fn open(&self, request: &CallUpRequest) -> Option<Called> {
        let CallUpRequest { institution, policy, medium, .. } = request;
        let is_it = |called: &Called| {
            let asked = &called.asked;
            !called.is_closed()
                && (&asked.institution, &asked.policy, &asked.medium) == (institution, policy, medium)
        };
        self.list(is_it).into_iter().next()
    }
}

/// Checks what was asked for; how many hours there are.
fn checked(request: &CallUpRequest) -> Result<u32, Fault> {
    let refused =
        |pointer: &str, code, detail: String| Err(Fault { pointer: pointer.to_owned(), code, detail });
    let hours = request.hours.unwrap_or(HOURS_DEFAULT);
    if !(1..=HOURS_MAX).contains(&hours) {
        let detail = format!("A call-up is answered within 1 to {HOURS_MAX} hours.");
        return refused("/hours", FaultCode::OutOfRange, detail);
    }
    let policy = &request.policy.0;
    let is_id = (1..=POLICY_CHARACTERS_MAX).contains(&policy.len())
        && policy.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_id {
        let detail = "A policy's identifier has 1 to 64 visible ASCII characters.".to_owned();
        return refused("/policy", FaultCode::MalformedValue, detail);
    }
    if request.ground.trim().is_empty() || request.ground.len() > GROUND_BYTES_MAX {
        let detail = format!("A call-up says on what ground, in at most {GROUND_BYTES_MAX} bytes.");
        return refused("/ground", FaultCode::MalformedValue, detail);
    }
    Ok(hours)
}

/// The last day on which what is asked for on a day is kept.
fn kept_until(asked: Day, filed: Option<Day>) -> Day {
    let year = u32::try_from(asked.year() + KEPT_YEARS_MIN).unwrap_or_default();
    // A year without the 29th of February: the day after.
    let years_later = Day::from_ymd(year, asked.month(), asked.day_of_month())
        .or_else(|| Day::from_ymd(year, 3, 1))
        .unwrap_or(asked);
    filed.map_or(years_later, |filed| filed.max(years_later))
}

fn storage(error: impl std::fmt::Display) -> Fault {
    Fault::whole(FaultCode::StorageFailed, error.to_string())
}

fn of_vault(error: VaultError) -> Fault {
    let code = match &error {
        VaultError::Content(_) => FaultCode::BodyIncomplete,
        VaultError::TooLarge(_) => FaultCode::BodyTooLarge,
        VaultError::NotFound(_) => FaultCode::NotFound,
        _ => FaultCode::StorageFailed,
    };
    Fault::whole(code, error.to_string())
}

fn not_found() -> Fault {
    Fault::whole(FaultCode::NotFound, "There is no such call-up.")
}

impl Engine {
    /// The call-ups.
    pub fn call_ups(&self) -> &CallUps {
        &self.call_ups
    }

    /// Asks an institution for a part of a recording. While it waits for its answer, asking for
    /// the same again gives the same call-up; so says the second value.
    ///
    /// # Errors
    /// [`FaultCode::OutOfRange`], [`FaultCode::MalformedValue`] for what is asked for,
    /// [`FaultCode::NotFound`] for an institution that nobody knows, [`FaultCode::StorageFailed`].
    pub fn call_up(&self, request: &CallUpRequest) -> Result<(Called, bool), Fault> {
        let hours = checked(request)?;
        if !self.knows(&request.institution) {
            let detail = "No institution with this identifier has a key or has filed.".to_owned();
            return Err(Fault { pointer: "/institution".to_owned(), code: FaultCode::NotFound, detail });
        }
        let _turn = self.call_ups.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = self.call_ups.open(request) {
            return Ok((open, true));
        }
        let recording = self.recording(&request.institution, &request.policy)?;
        let asked_at = self.clock.now();
        let asked = CallUp {
            id: identifier(request, asked_at),
            institution: request.institution.clone(),
            policy: request.policy.clone(),
            medium: request.medium,
            recording: recording.as_ref().map(|recording| recording.position),
            digest: recording.as_ref().and_then(|recording| recording.digest(request.medium).cloned()),
            retained_until: kept_until(asked_at.day(), recording.and_then(|known| known.retained_until)),
            asked_at,
            due_at: asked_at.plus_seconds(i64::from(hours) * 3600),
            asked_by: request.asked_by.clone(),
            ground: request.ground.trim().to_owned(),
        };
        // Asked, answered and asked again in one moment of a clock that stands.
        if let Some(known) = self.call_ups.get(&asked.id) {
            return Ok((known, true));
        }
        let id = asked.id.clone();
        Ok((self.seal_call_up(CallUpEvent::Asked(asked), &id)?, false))
    }

    /// Takes what an institution sends for a call-up of its own: into the vault, held against the
    /// digest that was filed, sealed. What does not fit is kept too, and the institution may send
    /// again; a call-up that has its answer takes no more and gives the one that it has.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`], also for another institution's; [`FaultCode::BodyIncomplete`];
    /// [`FaultCode::StorageFailed`].
    pub fn answer_call_up(
        &self,
        id: &str,
        institution: &InstitutionId,
        media_type: Option<String>,
        mut content: impl Read,
    ) -> Result<Called, Fault> {
        let is_own = |called: &Called| called.asked.institution == *institution;
        let called = self.call_ups.get(id).filter(is_own).ok_or_else(not_found)?;
        if called.is_closed() {
            return Ok(called);
        }
        let mut first = [0];
        if let Err(error) = content.read_exact(&mut first) {
            let detail = format!("Nothing of the recording came: {error}.");
            return Err(Fault::whole(FaultCode::BodyIncomplete, detail));
        }
        let whole = first.as_slice().chain(content);
        let stored = self.vault.put(whole, called.asked.retained_until).map_err(of_vault)?;
        let sha256 = Digest(stored.sha256.to_string());

        let _turn = self.call_ups.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let called = self.call_ups.get(id).ok_or_else(not_found)?;
        let is_known = called.answer.as_ref().is_some_and(|known| known.sha256 == sha256);
        if called.is_closed() || is_known {
            return Ok(called);
        }
        let answer = CallUpAnswer {
            call_up: id.to_owned(),
            institution: institution.clone(),
            received_at: self.clock.now(),
            hash_matches: called.asked.digest.as_ref().map(|filed| *filed == sha256),
            sha256,
            bytes: stored.bytes,
            retained_until: stored.retained_until,
            media_type,
        };
        self.seal_call_up(CallUpEvent::Answered(answer), id)
    }

    /// What came for a call-up, to be read from the vault.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`], also when nothing came; [`FaultCode::StorageFailed`].
    pub fn call_up_content(&self, id: &str) -> Result<(CallUpAnswer, Content), Fault> {
        let called = self.call_ups.get(id).ok_or_else(not_found)?;
        let nothing = || Fault::whole(FaultCode::NotFound, "Nothing came for this call-up.");
        let answer = called.answer.ok_or_else(nothing)?;
        let sha256: ContentHash = answer.sha256.0.parse().map_err(storage)?;
        let content = self.vault.get(&sha256).map_err(|error| match error {
            VaultError::NotFound(_) => storage(error),
            error => of_vault(error),
        })?;
        Ok((answer, content))
    }

    fn seal_call_up(&self, event: CallUpEvent, id: &str) -> Result<Called, Fault> {
        let (reply, answer) = bounded(1);
        self.send(Command::CallUp(Box::new(event.clone()), reply)).map_err(storage)?;
        let sealed: Result<u64, SealerError> = answer.recv().map_err(storage)?;
        self.call_ups.take(&event, sealed.map_err(storage)?);
        self.call_ups.get(id).ok_or_else(not_found)
    }

    /// Whether an institution has a key or has filed.
    fn knows(&self, institution: &InstitutionId) -> bool {
        let is_it = |role: &crate::access::Role| matches!(role, crate::access::Role::Institution(known) if known == institution);
        self.access.list().iter().any(|key| is_it(&key.role))
            || self.filings.list(Some(institution), None, 0).is_some_and(|listed| listed.total > 0)
    }

    /// What was filed of the recording of a policy's sale, by everything acknowledged so far.
    fn recording(&self, institution: &InstitutionId, policy: &RecordId) -> Result<Option<Recording>, Fault> {
        let (reply, answer) = bounded(1);
        self.request(Request::Recording(institution.clone(), policy.clone(), reply));
        answer.recv().map_err(storage)?.map_err(storage)
    }
}

fn identifier(request: &CallUpRequest, asked_at: Time) -> String {
    let CallUpRequest { institution, policy, medium, .. } = request;
    let text = format!("{institution}\n{policy}\n{}\n{asked_at}", medium.code());
    hex::encode(Sha256::digest(text.as_bytes()).iter().copied().take(16).collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_is_kept_for_ten_years_or_as_long_as_was_filed() {
        let day = |text: &str| Day::parse(text).unwrap();
        // Asked for on; filed as kept until; kept until.
        for (asked, filed, until) in [
            ("2026-03-01", None, "2036-03-01"),
            ("2026-03-01", Some("2031-01-01"), "2036-03-01"),
            ("2026-03-01", Some("2041-01-01"), "2041-01-01"),
            ("2028-02-29", None, "2038-03-01"),
        ] {
            assert_eq!(kept_until(day(asked), filed.map(day)), day(until), "{asked} {filed:?}");
        }
    }

    #[test]
    fn what_is_asked_for_is_checked() {
        let fine = CallUpRequest {
            institution: InstitutionId::synthetic(1),
            policy: "p-1".into(),
            medium: Medium::Sound,
            hours: None,
            ground: "complaint 7".to_owned(),
            asked_by: String::new(),
        };
        assert_eq!(checked(&fine), Ok(HOURS_DEFAULT));
        assert_eq!(checked(&CallUpRequest { hours: Some(240), ..fine.clone() }), Ok(240));
        let table = [
            (CallUpRequest { hours: Some(0), ..fine.clone() }, "/hours out_of_range"),
            (CallUpRequest { hours: Some(241), ..fine.clone() }, "/hours out_of_range"),
            (CallUpRequest { policy: "".into(), ..fine.clone() }, "/policy malformed_value"),
            (CallUpRequest { policy: "a b".into(), ..fine.clone() }, "/policy malformed_value"),
            (CallUpRequest { policy: "x".repeat(65).into(), ..fine.clone() }, "/policy malformed_value"),
            (CallUpRequest { ground: " ".to_owned(), ..fine.clone() }, "/ground malformed_value"),
            (CallUpRequest { ground: "x".repeat(4001), ..fine }, "/ground malformed_value"),
        ];
        for (request, wanted) in table {
            let fault = checked(&request).unwrap_err();
            assert_eq!(format!("{} {}", fault.pointer, fault.code), wanted);
        }
    }
}
