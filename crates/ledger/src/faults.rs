//! Named points at which tests make the disk fail.
//!
//! A release build carries an empty struct: the plan exists only for this crate's tests and
//! under the feature `faults`.

use std::io;

/// A place where the ledger or the key store touches the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Point {
    /// Reserving room for a frame.
    SegmentReserve,
    /// Writing a frame or the header of a new segment.
    SegmentWrite,
    /// Making a frame durable.
    SegmentSync,
    /// Cutting a segment back.
    SegmentTruncate,
    /// Making a new name durable in its directory.
    DirectorySync,
    /// Writing a checkpoint.
    CheckpointWrite,
    /// Making a checkpoint durable.
    CheckpointSync,
    /// Putting a written file in the place of the one before it.
    Rename,
    /// Writing a small file of settings, keys or derived data.
    FileWrite,
    /// Making such a file durable.
    FileSync,
    /// Writing new subject keys.
    KeysWrite,
    /// Making new subject keys durable.
    KeysSync,
    /// Making durable, at opening, what the last process may not have lived to make so.
    OpenSync,
    /// Overwriting an erased key.
    EraseWrite,
    /// Making an erasure durable.
    EraseSync,
}

/// How the disk fails at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Input/output error; a write leaves nothing.
    Eio,
    /// No space left; a write leaves nothing.
    Enospc,
    /// A write leaves this many bytes, then fails with an input/output error.
    Short(usize),
    /// A write leaves this many bytes, then fails for lack of space.
    ShortEnospc(usize),
    /// A write leaves this many bytes, and every later operation fails: the process died here.
    Kill(usize),
}

/// The faults that a file will meet; [`Faults::none`] outside tests.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    #[cfg(any(test, feature = "faults"))]
    plan: Option<std::sync::Arc<std::sync::Mutex<plan::Plan>>>,
}

/// What a write has to do instead of writing everything.
pub(crate) struct CutWrite {
    pub(crate) bytes: usize,
    pub(crate) error: io::Error,
}

impl Faults {
    /// No faults.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Meets an operation that is not a write.
    pub(crate) fn meet(&self, point: Point) -> io::Result<()> {
        match self.meet_write(point) {
            Some(cut) => Err(cut.error),
            None => Ok(()),
        }
    }

    #[cfg(not(any(test, feature = "faults")))]
    #[expect(clippy::unused_self, reason = "the plan exists only in tests")]
    pub(crate) fn meet_write(&self, _point: Point) -> Option<CutWrite> {
        None
    }
}

#[cfg(any(test, feature = "faults"))]
mod plan {
    use std::{
        io,
        sync::{Arc, Mutex, PoisonError},
    };

    use super::{CutWrite, Fault, Faults, Point};

    #[derive(Debug)]
    pub(super) struct Plan {
        /// `None`: any point counts.
        point: Option<Point>,
        /// Operations to let pass before the fault.
        pass: usize,
        fault: Fault,
        fired: bool,
        dead: bool,
    }

    impl Faults {
        /// The operation number `nth` (from 0) at `point` meets `fault`.
        #[must_use]
        pub fn at(point: Point, nth: usize, fault: Fault) -> Self {
            Self::plan(Some(point), nth, fault)
        }

        /// The operation number `nth` (from 0), whatever it is, meets `fault`.
        #[must_use]
        pub fn at_operation(nth: usize, fault: Fault) -> Self {
            Self::plan(None, nth, fault)
        }

        fn plan(point: Option<Point>, pass: usize, fault: Fault) -> Self {
            Self { plan: Some(Arc::new(Mutex::new(Plan { point, pass, fault, fired: false, dead: false }))) }
        }

        /// Whether the fault happened: a test that never reached its point proves nothing.
        #[must_use]
        pub fn fired(&self) -> bool {
            self.plan.as_ref().is_some_and(|plan| plan.lock().unwrap_or_else(PoisonError::into_inner).fired)
        }

        pub(crate) fn meet_write(&self, point: Point) -> Option<CutWrite> {
            let mut plan = self.plan.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
            let cut = |bytes, error| Some(CutWrite { bytes, error });
            let eio = || io::Error::from_raw_os_error(5);
            let enospc = || io::Error::from_raw_os_error(28);
            if plan.dead {
                return cut(0, eio());
            }
            if plan.fired || plan.point.is_some_and(|planned| planned != point) {
                return None;
            }
            if plan.pass > 0 {
                plan.pass -= 1;
                return None;
            }
            plan.fired = true;
            match plan.fault {
                Fault::Eio => cut(0, eio()),
                Fault::Enospc => cut(0, enospc()),
                Fault::Short(bytes) => cut(bytes, eio()),
                Fault::ShortEnospc(bytes) => cut(bytes, enospc()),
                Fault::Kill(bytes) => {
                    plan.dead = true;
                    cut(bytes, eio())
                }
            }
        }
    }
}
