//! Empties the desk's outbox: what has to reach somebody leaves by one of the operator's channels,
//! and what became of it goes back to the desk.
//!
//! **Invariant:** an attempt is sealed before its first byte leaves, its outcome after; what was
//! under way when the process ended is tried again under the same key.
//! **Invariant:** a letter leaves as it was sealed: its digest stands in the ledger first.
#![deny(clippy::indexing_slicing)]

mod house;
mod message;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use channels::{SendError, wait_seconds};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use engine::Engine;
use workflow::delivery::{Delivery, Outcome};

pub use house::{House, HouseError};
use message::Composer;
pub use message::{SetError, set};

/// Deliveries that leave at the same time at most.
const AT_ONCE: usize = 16;
/// How often those under way are looked after while they take long.
const PATIENCE: Duration = Duration::from_millis(50);

/// Takes what waits in the outbox and sends it.
pub struct Dispatcher {
    engine: Arc<Engine>,
    house: Arc<House>,
    composer: Arc<Composer>,
}

impl Dispatcher {
    /// A dispatcher of an engine's outbox by a house's channels.
    pub fn new(engine: Arc<Engine>, house: House) -> Self {
        let composer = Composer::new(Arc::clone(&engine));
        Self { engine, house: Arc::new(house), composer: Arc::new(composer) }
    }

    /// Sends what is due, until it is told to stop; what is under way then ends first.
    pub fn run(&self, stop: &AtomicBool) {
        let (jobs, for_workers) = bounded::<Delivery>(AT_ONCE);
        let (done, outcomes) = unbounded();
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                let (jobs, done) = (for_workers.clone(), done.clone());
                scope.spawn(move || self.work(&jobs, &done));
            }
            drop((for_workers, done));
            self.hand_out(stop, &jobs, &outcomes);
            drop(jobs);
        });
    }

    /// Sends everything that is due now, and what becomes due by it, and returns: for a simulation,
    /// where who moves the clock says when. How many left.
    pub fn run_once(&self) -> usize {
        let mut sent = 0;
        loop {
            let due = self.engine.outbox(AT_ONCE);
            if due.is_empty() || !self.begin(&due) {
                return sent;
            }
            sent += due.len();
            let outcomes = due.into_iter().map(|delivery| {
                let delivery = Delivery { attempts: delivery.attempts + 1, ..delivery };
                let outcome = self.send(&delivery);
                (delivery.id, outcome)
            });
            if !self.end(outcomes.collect()) {
                return sent;
            }
        }
    }

    fn hand_out(&self, stop: &AtomicBool, jobs: &Sender<Delivery>, outcomes: &Receiver<(String, Outcome)>) {
        let mut under_way: BTreeSet<String> = BTreeSet::new();
        // What was sent and could not be sealed yet: it is not sent again by this process.
        let mut unsealed: Vec<(String, Outcome)> = Vec::new();
        let mut seen = 0;
        loop {
            let is_stopping = stop.load(Ordering::Relaxed);
            unsealed.extend(outcomes.try_iter());
            if !unsealed.is_empty() && self.end(unsealed.clone()) {
                for (id, _) in unsealed.drain(..) {
                    under_way.remove(&id);
                }
            }
            if is_stopping && under_way.len() == unsealed.len() {
                return;
            }
            let room = AT_ONCE.saturating_sub(under_way.len());
            let mut due = match is_stopping {
                true => Vec::new(),
                // Those under way stand in the outbox too.
                false => self.engine.outbox(room + under_way.len()),
            };
            due.retain(|delivery| !under_way.contains(&delivery.id));
            due.truncate(room);
            if !due.is_empty() && self.begin(&due) {
                for delivery in due {
                    under_way.insert(delivery.id.clone());
                    let _ = jobs.send(Delivery { attempts: delivery.attempts + 1, ..delivery });
                }
                continue;
            }
            match under_way.is_empty() {
                true => seen = self.engine.wait_for_desk(seen),
                false => {
                    if let Ok(outcome) = outcomes.recv_timeout(PATIENCE) {
                        unsealed.push(outcome);
                    }
                }
            }
        }
    }

    fn work(&self, jobs: &Receiver<Delivery>, done: &Sender<(String, Outcome)>) {
        for delivery in jobs {
            let outcome = self.send(&delivery);
            let _ = done.send((delivery.id, outcome));
        }
    }

    fn begin(&self, due: &[Delivery]) -> bool {
        let ids: Vec<String> = due.iter().map(|delivery| delivery.id.clone()).collect();
        let begun = self.engine.begin_deliveries(&ids);
        if let Err(error) = &begun {
            tracing::error!(%error, "deliveries wait: their attempts could not be sealed");
        }
        begun.is_ok()
    }

    fn end(&self, outcomes: Vec<(String, Outcome)>) -> bool {
        let ended = self.engine.end_deliveries(outcomes);
        if let Err(error) = &ended {
            tracing::error!(%error, "what became of deliveries could not be sealed yet");
        }
        ended.is_ok()
    }

    /// Sends one, and says what became of it.
    fn send(&self, delivery: &Delivery) -> Outcome {
        let now = self.engine.clock().now();
        let composed = self.composer.compose(delivery);
        let sent = match composed {
            Ok(message) => self.house.send(delivery, &message, now),
            Err(error) => Err(error),
        };
        match sent {
            Ok(sent) => Outcome::Delivered { receipt: sent.reference },
            Err(error) => {
                let why = match &error {
                    SendError::Retry { why, .. } | SendError::Refused { why } => why.clone(),
                };
                match wait_seconds(delivery.attempts, &delivery.id, &error) {
                    Some(seconds) => {
                        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX / 2_000_000);
                        Outcome::Failed { why, again_at: now.plus_seconds(seconds) }
                    }
                    None => Outcome::Refused { why },
                }
            }
        }
    }
}
