//! 办理台: what the monitoring finds gets an owner, a deadline and an end (requirements 2.6 to 2.9 and 3).
//!
//! The pure part is [`workflow`]; here it gets its lock, its time and its place in the ledger. What
//! the system decides on grades is sealed in the same group as the grades, so that no crash parts
//! them; what people decide is durable before it is answered; timers are deadlines in the state,
//! so that they outlive the process.
//!
//! **Invariant:** who decides holds the turn until what was decided is sealed and applied.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use analysis::obligations::Duties;
use crossbeam_channel::{Sender, bounded};
use model::calendar::Calendar;
use model::clock::Clock;
use model::columns::Columns;
use model::event::GradeEvent;
use model::spec::{Record, StreamSpec};
use model::streams::{LineOfBusiness, Register};
use model::text::Text;
use model::time::Time;
use rulebook::Rulebook;
use seal::EventKind;
use workflow::actor::Actor;
use workflow::delivery::{Delivery, Outcome};
use workflow::desk::{Desk, DeskCommand, DeskEvent, Topic};
use workflow::letter::{LetterEvent, LetterStep};
use workflow::policy::{Directory, Policy};
use workflow::review::{self, ReviewCommand};
use workflow::{Entries, EntryText, Refusal, Setting};

use crate::sealer::{Command, Event, SealerError};
use crate::{Engine, EngineError, Review};

/// Timers that go off together at most, so that what is sealed at once stays small.
const TIMERS_TOGETHER: usize = 4096;
/// How long a timer may oversleep: the clock may be moved while it sleeps.
const SLEEP_MAX: Duration = Duration::from_millis(500);
/// How long it sleeps at least.
const SLEEP_MIN: Duration = Duration::from_millis(5);

/// Topics and the kinds of event as which they are sealed.
const KINDS: &[(Topic, EventKind)] = &[
    (Topic::Alert, EventKind::Alert),
    (Topic::Delivery, EventKind::Delivery),
    (Topic::Letter, EventKind::Letter),
    (Topic::PublicNotice, EventKind::PublicNotice),
    (Topic::Plan, EventKind::Plan),
    (Topic::Review, EventKind::Review),
    (Topic::Case, EventKind::Case),
    (Topic::Order, EventKind::Order),
    (Topic::Reserve, EventKind::Reserve),
    (Topic::Penalty, EventKind::Penalty),
    (Topic::Report, EventKind::Report),
];

/// The topic of a kind of event, if it happens on the desk.
pub(crate) fn topic_of(kind: EventKind) -> Option<Topic> {
    KINDS.iter().find(|(_, own)| *own == kind).map(|(topic, _)| *topic)
}

fn kind_of(topic: Topic) -> EventKind {
    // A test holds that every topic has its kind.
    KINDS.iter().find(|(own, _)| *own == topic).map_or(EventKind::Alert, |(_, kind)| *kind)
}

fn sealed_as(event: &DeskEvent) -> Result<Event, EngineError> {
    let body = event.body().map_err(EngineError::evaluation)?;
    Ok(Event { kind: kind_of(event.topic()), institution: event.institution().to_owned(), body })
}

/// Takes what records say of institutions: name, line of business, the executives' addresses.
pub(crate) fn learn(directory: &mut Directory, stream: &StreamSpec, institution: &str, columns: &Columns) {
    if stream != Register::STREAM {
        return;
    }
    let column = |name: &str| Register::STREAM.field_index(name).and_then(|index| columns.column(index));
    let (names, lines) = (column("name"), column("line"));
    for row in 0..columns.len() {
        let known = directory.entry(institution.to_owned()).or_default();
        if let Some(name) = names.and_then(|names| names.text(row)) {
            known.name = Some(name.to_owned());
        }
        let line = lines.and_then(|lines| LineOfBusiness::CODES.item(lines.byte(row)?));
        known.lines.extend(line.map(|line| line.code.to_owned()));
    }
}

/// Why something was not done at the desk.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// It may not be; the sentence says what is missing.
    #[error("{0}")]
    Refused(Refusal),
    /// The ledger could not be written.
    #[error(transparent)]
    Sealer(#[from] SealerError),
    /// The engine is closing, or an event could not be written.
    #[error("{0}")]
    Storage(String),
}

impl From<Refusal> for DeskError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The desk with everything that decisions at it look at.
#[derive(Debug)]
pub(crate) struct Office {
    desk: RwLock<Desk>,
    /// Held from before a decision until it is sealed and applied.
    turn: Mutex<()>,
    policy: Arc<Policy>,
    calendar: Calendar,
    entries: Entries,
    duties: Duties,
    directory: RwLock<Directory>,
    /// Counts what was applied, for those who wait for it.
    changes: Mutex<u64>,
    changed: Condvar,
}

impl Office {
    pub(crate) fn new(desk: Desk, directory: Directory, policy: Arc<Policy>, book: &Rulebook) -> Self {
        let entries = book.entries().into_iter().map(|entry| {
            let (meta, unit) = (entry.meta(), entry.unit());
            let unit = model::text::Text::new(unit.zh(), unit.en());
            let text = EntryText { title: meta.title.clone(), clause: meta.clause.clone(), unit };
            (meta.id.clone(), text)
        });
        Self {
            desk: RwLock::new(desk),
            turn: Mutex::default(),
            policy,
            calendar: book.calendar().clone(),
            entries: entries.collect(),
            duties: Duties::of(book),
            directory: RwLock::new(directory),
            changes: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The desk, to be read.
    pub(crate) fn desk(&self) -> RwLockReadGuard<'_, Desk> {
        self.desk.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends the circumstances of a decision at a time.
    fn decide<T>(&self, now: Time, decide: impl FnOnce(&Desk, &Setting<'_>) -> T) -> T {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let setting = Setting {
            policy: &self.policy,
            calendar: &self.calendar,
            directory: &directory,
            entries: &self.entries,
            now,
            closed: self.duties.all_closed_until(now),
        };
        decide(&self.desk(), &setting)
    }

    /// Takes what records say of institutions.
    pub(crate) fn learn(&self, stream: &StreamSpec, institution: &str, columns: &Columns) {
        let mut directory = self.directory.write().unwrap_or_else(PoisonError::into_inner);
        learn(&mut directory, stream, institution, columns);
    }

    /// Seals what an evaluation came to, and in the same group what follows on its grades.
    pub(crate) fn seal_with(
        &self,
        outputs: Vec<Event>,
        grades: &[GradeEvent],
        now: Time,
        sealer: &Sender<Command>,
    ) -> Result<(), DeskError> {
        let _turn = self.turn();
        let steps = self.decide(now, |desk, setting| desk.react(grades, setting));
        self.seal(outputs, steps, grades, sealer).map(drop)
    }

    /// Decides, seals and applies; what comes of it is durable when this returns.
    fn act<E: Into<DeskError>>(
        &self,
        now: Time,
        sealer: &Sender<Command>,
        decide: impl FnOnce(&Desk, &Setting<'_>) -> Result<Vec<DeskEvent>, E>,
    ) -> Result<Vec<DeskEvent>, DeskError> {
        let _turn = self.turn();
        let steps = self.decide(now, decide).map_err(Into::into)?;
        match steps.is_empty() {
            true => Ok(steps),
            false => self.seal(Vec::new(), steps, &[], sealer),
        }
    }

    /// The turn is held by the caller.
    fn seal(
        &self,
        mut events: Vec<Event>,
        steps: Vec<DeskEvent>,
        grades: &[GradeEvent],
        sealer: &Sender<Command>,
    ) -> Result<Vec<DeskEvent>, DeskError> {
        let storage = |error: &dyn std::fmt::Display| DeskError::Storage(error.to_string());
        for step in &steps {
            events.push(sealed_as(step).map_err(|error| storage(&error))?);
        }
        let (reply, answer) = bounded(1);
        sealer.send(Command::Events(events, reply)).map_err(|_| storage(&"the ledger is closed"))?;
        let positions: Range<u64> = answer.recv().map_err(|error| storage(&error))??;
        let mut desk = self.desk.write().unwrap_or_else(PoisonError::into_inner);
        for grade in grades {
            desk.take_grade(grade);
        }
        let first = positions.end - steps.len() as u64;
        for (step, position) in steps.iter().zip(first..) {
            desk.apply(step, position);
        }
        drop(desk);
        if !steps.is_empty() {
            *self.changes.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            self.changed.notify_all();
        }
        Ok(steps)
    }

    /// Sleeps until something changed on the desk after a count of changes, or for a time; the
    /// count then.
    fn wait(&self, seen: u64, time: Duration) -> u64 {
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(changes, time, |changes| *changes == seen);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Lets the timers go off that are due; how many events came of it.
    fn tick(&self, clock: &Clock, sealer: &Sender<Command>) -> Result<usize, DeskError> {
        let mut count = 0;
        loop {
            let tick =
                |desk: &Desk, setting: &Setting<'_>| Ok::<_, DeskError>(desk.tick(TIMERS_TOGETHER, setting));
            let events = self.act(clock.now(), sealer, tick)?;
            count += events.len();
            if events.is_empty() {
                return Ok(count);
            }
        }
    }

    /// Wakes those who wait.
    pub(crate) fn wake(&self) {
        *self.changes.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.changed.notify_all();
    }
}

/// Lets timers go off while the clock follows the machine's; in a simulation who moves the clock
/// says when ([`Engine::tick_desk`]).
pub(crate) struct Timers {
    pub(crate) office: Arc<Office>,
    pub(crate) clock: Clock,
    pub(crate) sealer: Sender<Command>,
    pub(crate) is_closing: Arc<AtomicBool>,
}

impl Timers {
    pub(crate) fn run(self) {
        let mut seen = 0;
        while !self.is_closing.load(Ordering::Relaxed) {
            if self.clock.follows_machine() {
                // What could not be sealed goes off again: the timer still stands in the state.
                let _ = self.office.tick(&self.clock, &self.sealer);
            }
            let next = self.office.desk().next_timer();
            seen = self.office.wait(seen, sleep_until(next, self.clock.now()));
        }
    }
}

/// How long to sleep until a time, within bounds.
fn sleep_until(at: Option<Time>, now: Time) -> Duration {
    at.map_or(SLEEP_MAX, |at| {
        let micros = u64::try_from(at.0.saturating_sub(now.0)).unwrap_or_default();
        // What is due and could not be done just now does not keep a processor busy.
        Duration::from_micros(micros).clamp(SLEEP_MIN, SLEEP_MAX)
    })
}

impl Engine {
    /// The desk as it stands, to be read: whoever holds it keeps changes waiting.
    pub fn desk(&self) -> RwLockReadGuard<'_, Desk> {
        self.office.desk()
    }

    /// The policy under which alerts are opened, with the roster.
    pub fn policy(&self) -> &Policy {
        &self.office.policy
    }

    /// The registered name of an institution, if it is known.
    pub fn institution_name(&self, institution: &str) -> Option<String> {
        let directory = self.office.directory.read().unwrap_or_else(PoisonError::into_inner);
        directory.get(institution).and_then(|known| known.name.clone())
    }

    /// Does something at the desk: what comes of it is durable when this returns. With which post
    /// a person acts, the roster says.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn at_desk(&self, command: &DeskCommand, by: Actor) -> Result<Vec<DeskEvent>, DeskError> {
        let who = self.office.policy.roster.who(by);
        let now = self.clock.now();
        self.office.act(now, &self.commands, |desk, setting| desk.command(command, &who, setting))
    }

    /// Does the same with findings that wait for a person, named by their [`review::identifier`]s:
    /// each is a step of its own, durable when this returns, and one that is refused keeps no other
    /// from being done.
    pub fn review(
        &self,
        ids: &[String],
        command: &ReviewCommand,
        by: &Actor,
    ) -> Vec<Result<Vec<DeskEvent>, DeskError>> {
        let queue = self.review_queue();
        let waiting: BTreeMap<String, &Review> =
            queue.iter().map(|review| (review::identifier(&review.finding), review)).collect();
        let outcomes = ids.iter().map(|id| {
            let review = waiting.get(id);
            let review = review.ok_or_else(|| Refusal::not_found(&Text::new("复核", "review"), id))?;
            let (finding, four_eyes) = (Box::new(review.finding.clone()), review.four_eyes);
            self.at_desk(&DeskCommand::Review { finding, four_eyes, command: command.clone() }, by.clone())
        });
        outcomes.collect()
    }

    /// Lets the timers go off that are due; how many events came of it.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn tick_desk(&self) -> Result<usize, DeskError> {
        self.office.tick(&self.clock, &self.commands)
    }

    /// Sleeps until a delivery is due, or something changed on the desk after a count of changes,
    /// or for half a second; the count then.
    pub fn wait_for_desk(&self, seen: u64) -> u64 {
        let next = self.desk().deliveries.next_at();
        self.office.wait(seen, sleep_until(next, self.clock.now()))
    }

    /// What has to go out by now, the first due first, `most` at most.
    pub fn outbox(&self, most: usize) -> Vec<Delivery> {
        self.desk().deliveries.due(self.clock.now()).take(most).cloned().collect()
    }

    /// Seals that attempts begin: before the first byte leaves.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn begin_deliveries(&self, ids: &[String]) -> Result<(), DeskError> {
        let now = self.clock.now();
        let begin = |desk: &Desk, _: &Setting<'_>| {
            Ok::<_, DeskError>(ids.iter().filter_map(|id| desk.attempt(id, now)).collect())
        };
        self.office.act(now, &self.commands, begin).map(drop)
    }

    /// Seals what became of attempts, and what follows on it.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn end_deliveries(&self, outcomes: Vec<(String, Outcome)>) -> Result<(), DeskError> {
        let end = |desk: &Desk, setting: &Setting<'_>| Ok::<_, DeskError>(desk.delivered(outcomes, setting));
        self.office.act(self.clock.now(), &self.commands, end).map(drop)
    }

    /// Seals that the institution read a letter, once for each of its deliveries.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn letter_read(&self, id: &str, how: &str) -> Result<(), DeskError> {
        let now = self.clock.now();
        let read = |desk: &Desk, _: &Setting<'_>| Ok::<_, DeskError>(desk.letter_read(id, how, now));
        self.office.act(now, &self.commands, read).map(drop)
    }

    /// Seals the digest of a letter that was set, before it leaves.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn letter_set(&self, id: &str, sha256: &str, bytes: u64, pages: u32) -> Result<(), DeskError> {
        let now = self.clock.now();
        let set = |desk: &Desk, _: &Setting<'_>| {
            let letter = desk.letters.get(id).filter(|letter| letter.set.is_none());
            let event = letter.map(|letter| {
                DeskEvent::from(LetterEvent {
                    id: letter.id.clone(),
                    institution: letter.institution.clone(),
                    at: now,
                    by: Actor::System,
                    step: LetterStep::Set { sha256: sha256.to_owned(), bytes, pages },
                })
            });
            Ok::<_, DeskError>(event.into_iter().collect())
        };
        self.office.act(now, &self.commands, set).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_its_kind_of_event() {
        for topic in Topic::ALL {
            assert_eq!(topic_of(kind_of(*topic)), Some(*topic), "{topic:?}");
        }
    }
}
