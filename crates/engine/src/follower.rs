//! The thread that evaluates: it applies what the sealer appended, in ledger order, and when
//! nothing more waits (or enough has gathered) evaluates and has the outcome sealed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use ledger::Reader;
use ledger::keystore::KeyStore;
use model::clock::Clock;
use model::field_types::RecordId;
use model::institution::InstitutionId;
use model::time::Time;

use crate::EngineError;
use crate::board::Board;
use crate::call_ups::Recording;
use crate::desk::Office;
use crate::evaluate::{Evaluator, Outputs, Records};
use crate::scan::record_at;
use crate::sealer::{Appended, Command};

/// Receipts that are evaluated together at most, when filings come faster than they can be
/// evaluated one by one.
const RECEIPTS_TOGETHER: usize = 1024;
/// Records that are evaluated together at most, so that what waits stays small however large a
/// filing is.
const RECORDS_TOGETHER: usize = 1 << 20;
/// How long a filing that goes on and on may wait until what it brought so far is evaluated.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long nothing must come before what came is evaluated: filings come in bursts, and one
/// evaluation of many costs as much as that of one.
const QUIET: Duration = Duration::from_millis(10);
/// How long a receipt waits for its evaluation at most, however many come after it.
const WAIT_MAX: Duration = Duration::from_millis(250);

/// What the follower is told beside what was appended.
pub(crate) enum Request {
    /// Something was appended.
    Appended(Appended),
    /// The time has come to judge what is owed.
    Time(Time),
    /// Answer with what was filed of the recording of a policy's sale.
    Recording(InstitutionId, RecordId, Sender<Result<Option<Recording>, EngineError>>),
    /// Answer when everything that was sent before is evaluated and sealed.
    Settle(Sender<Result<(), Arc<str>>>),
}

pub(crate) struct Follower {
    pub(crate) evaluator: Evaluator,
    pub(crate) requests: Receiver<Request>,
    pub(crate) sealer: Sender<Command>,
    pub(crate) reader: Reader,
    pub(crate) keys: Arc<KeyStore>,
    pub(crate) board: Arc<Board>,
    pub(crate) office: Arc<Office>,
    pub(crate) clock: Clock,
    /// Records handed over and not applied yet.
    pub(crate) waiting: Arc<AtomicUsize>,
    /// What could not be sealed yet. Nothing more is evaluated before it is.
    pub(crate) unsealed: Option<Outputs>,
    /// Whether something could not be applied or evaluated, which only a start makes up for.
    pub(crate) is_broken: bool,
    /// Why evaluation stopped, if it did.
    pub(crate) failed: Arc<Mutex<Option<Arc<str>>>>,
}

impl Follower {
    pub(crate) fn run(mut self) {
        let mut receipts = 0;
        let mut settling: Vec<Sender<Result<(), Arc<str>>>> = Vec::new();
        let mut records = 0;
        // When the first receipt came that is not evaluated yet.
        let mut since: Option<Instant> = None;
        loop {
            let is_much = receipts >= RECEIPTS_TOGETHER || records >= RECORDS_TOGETHER;
            let waited = since.is_some_and(|since| since.elapsed() >= WAIT_MAX);
            let settles = !settling.is_empty() && self.requests.is_empty();
            if is_much || waited || settles {
                self.evaluate();
                (receipts, records, since) = (0, 0, None);
                for reply in settling.drain(..) {
                    let _ = reply.send(self.standing());
                }
            }
            match self.requests.recv_timeout(if receipts > 0 { QUIET } else { PATIENCE }) {
                Ok(Request::Appended(appended)) => {
                    match &appended {
                        Appended::Receipt(..) | Appended::CallUp(..) => {
                            receipts += 1;
                            since.get_or_insert_with(Instant::now);
                        }
                        Appended::Records { columns, .. } => records += columns.len(),
                    }
                    if let Err(error) = self.apply(appended) {
                        self.give_up(&error);
                    }
                }
                Ok(Request::Time(now)) => {
                    self.evaluator.tell_time(now);
                    receipts += usize::from(self.evaluator.has_news());
                }
                Ok(Request::Recording(institution, policy, reply)) => {
                    let _ = reply.send(self.evaluator.recording(&institution, &policy));
                }
                Ok(Request::Settle(reply)) => settling.push(reply),
                Err(RecvTimeoutError::Timeout) => {
                    self.seal();
                    if receipts > 0 || self.evaluator.has_news() {
                        self.evaluate();
                        (receipts, records, since) = (0, 0, None);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if records > 0 || receipts > 0 {
            self.evaluate();
        }
        let _ = self.evaluator.flush(self.reader.size());
    }

    fn apply(&mut self, appended: Appended) -> Result<(), EngineError> {
        match appended {
            Appended::Records { stream, institution, columns, positions, supersedes, .. } => {
                let old = |position| record_at(&self.reader, &self.keys, position);
                self.office.learn(stream, &institution, &columns);
                self.waiting.fetch_sub(columns.len(), Ordering::Relaxed);
                let first_position = positions.start;
                let records =
                    Records { stream, institution: &institution, columns, first_position, supersedes };
                self.evaluator.apply(records, &old)?;
                // What stands after was not applied yet.
                self.evaluator.settle(self.evaluator.position())
            }
            Appended::Receipt(receipt, position) => {
                self.evaluator.receive(&receipt, position);
                Ok(())
            }
            Appended::CallUp(event, position) => {
                self.evaluator.call_up(&event, position);
                Ok(())
            }
        }
    }

    fn evaluate(&mut self) {
        self.seal();
        if self.standing().is_err() || !self.evaluator.has_news() {
            return;
        }
        match self.evaluator.evaluate() {
            Ok(outputs) => self.unsealed = Some(outputs),
            Err(error) => self.give_up(&error),
        }
        self.seal();
    }

    /// Seals what was evaluated. When there is no room it is kept and tried again, so that
    /// evaluation goes on by itself once there is.
    fn seal(&mut self) {
        let Some(outputs) = self.unsealed.take() else { return };
        match self.append(&outputs) {
            Ok(()) => {
                self.board.add(outputs);
                if !self.is_broken {
                    *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = None;
                }
            }
            Err(error) => {
                self.unsealed = Some(outputs);
                self.fail(&error);
            }
        }
    }

    fn append(&self, outputs: &Outputs) -> Result<(), EngineError> {
        let now = self.clock.now().max(outputs.occasion.time);
        let sealed = self.office.seal_with(outputs.events()?, &outputs.grades, now, &self.sealer);
        sealed.map_err(EngineError::evaluation)
    }

    fn standing(&self) -> Result<(), Arc<str>> {
        match &*self.failed.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Ok(()),
            Some(reason) => Err(Arc::clone(reason)),
        }
    }

    /// Evaluation stops and says why; filings are still taken, and a start evaluates what was
    /// missed.
    fn give_up(&mut self, error: &EngineError) {
        self.is_broken = true;
        self.fail(error);
    }

    fn fail(&self, error: &EngineError) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.get_or_insert_with(|| error.to_string().into());
    }
}
