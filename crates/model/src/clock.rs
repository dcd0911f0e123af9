//! The one clock. Everything that needs to know the time is handed a [`Clock`]; nothing else
//! reads the wall clock (a lint forbids it), so that tests, replays and simulations run on theirs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use crate::time::Time;

/// A source of the present time that never goes back.
///
/// When the machine's clock steps back, the latest time seen is repeated until the machine has
/// caught up, so that what is sealed later never bears an earlier time.
#[derive(Clone, Debug)]
pub struct Clock {
    latest: Arc<AtomicI64>,
    follows_machine: Arc<AtomicBool>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::new(Time(i64::MIN), true)
    }

    /// A clock that stands at `time` until [`Clock::advance`] moves it.
    pub fn manual(time: Time) -> Self {
        Self::new(time, false)
    }

    fn new(time: Time, follows_machine: bool) -> Self {
        Self {
            latest: Arc::new(AtomicI64::new(time.0)),
            follows_machine: Arc::new(AtomicBool::new(follows_machine)),
        }
    }

    /// The present time.
    pub fn now(&self) -> Time {
        if self.follows_machine.load(Ordering::SeqCst) {
            self.advance(wall_clock());
        }
        Time(self.latest.load(Ordering::SeqCst))
    }

    /// Moves the clock on to `time`; a time that has passed already moves nothing.
    pub fn advance(&self, time: Time) {
        self.latest.fetch_max(time.0, Ordering::SeqCst);
    }

    /// Whether it follows the machine's clock, not a simulation's.
    pub fn follows_machine(&self) -> bool {
        self.follows_machine.load(Ordering::SeqCst)
    }

    /// Lets a manual clock follow the machine's from now on: a simulation that has reached the
    /// present goes on live.
    pub fn follow_machine(&self) {
        self.follows_machine.store(true, Ordering::SeqCst);
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
fn wall_clock() -> Time {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Time(since_epoch.map_or(0, |elapsed| i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_clock_that_steps_back_is_not_followed() {
        let clock = Clock::system();
        let far = Time(i64::MAX - 1);
        clock.advance(far);
        assert_eq!(clock.now(), far);
    }

    #[test]
    fn a_manual_clock_moves_forward_only_and_may_go_live() {
        let clock = Clock::manual(Time(10));
        clock.advance(Time(20));
        clock.advance(Time(15));
        assert_eq!(clock.now(), Time(20));
        clock.follow_machine();
        assert!(clock.now() > Time(20));
    }
}
