//! The clock of a start, held against the ledger: within a process time never goes back, but the
//! machine's clock may have been set back while nothing ran.

use std::fmt;

use model::clock::Clock;
use model::time::Time;

/// How far the clock of a start may be behind the ledger and still be taken for one that was set
/// back a little. Beyond, it is the receipt's time that was wrong: to repeat it until the machine
/// has caught up could take years.
const HELD_SECONDS_MAX: i64 = 24 * 3600;

/// The machine's clock is behind the ledger's latest receipt, call-up or event of the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockBehind {
    /// The latest time that the ledger bears: when something was received, or done at the desk.
    pub latest: Time,
    /// What the machine's clock said.
    pub machine: Time,
    /// Whether receipts repeat the latest time until the machine has caught up.
    pub is_held: bool,
}

impl fmt::Display for ClockBehind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { latest, machine, is_held } = self;
        let consequence = match is_held {
            true => "the later time is repeated until the clock has caught up",
            false => "that is more than a day, so the clock is believed",
        };
        write!(
            f,
            "this machine's clock says {machine}, the ledger's latest time is {latest}: {consequence}; check the clock"
        )
    }
}

/// Lets a clock that follows the machine's go on from the latest time that the ledger bears. A
/// simulation's clock is left where it stands.
pub(crate) fn resume(clock: &Clock, latest: Option<Time>) -> Option<ClockBehind> {
    let latest = latest?;
    if !clock.follows_machine() {
        return None;
    }
    let machine = clock.now();
    if latest <= machine {
        return None;
    }
    let is_held = latest <= machine.plus_seconds(HELD_SECONDS_MAX);
    if is_held {
        clock.advance(latest);
    }
    Some(ClockBehind { latest, machine, is_held })
}
