//! The one clock. Everything that needs to know the time is handed a [`Clock`]; nothing else
//! reads the wall clock (a lint forbids it), so that tests, replays and simulations run on theirs.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::time::Time;

/// A source of the present time.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock, never going back: a clock that steps back repeats the latest time
    /// seen until it has caught up, so that what is sealed later never bears an earlier time.
    System(Arc<AtomicI64>),
    /// A clock moved by hand.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::System(Arc::new(AtomicI64::new(i64::MIN)))
    }

    /// A clock that stands at `time` until [`Clock::set`] moves it.
    pub fn manual(time: Time) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(time.0)))
    }

    /// The present time.
    pub fn now(&self) -> Time {
        match self {
            Self::System(latest) => {
                let read = wall_clock_micros();
                Time(latest.fetch_max(read, Ordering::SeqCst).max(read))
            }
            Self::Manual(time) => Time(time.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock; the machine's clock cannot be set and stays as it is.
    pub fn set(&self, time: Time) {
        if let Self::Manual(current) = self {
            current.store(time.0, Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
fn wall_clock_micros() -> i64 {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since_epoch.map_or(0, |elapsed| i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_never_goes_back() {
        let latest = Arc::new(AtomicI64::new(i64::MAX - 1));
        assert_eq!(Clock::System(latest).now(), Time(i64::MAX - 1));
    }
}
