//! What decisions about cases look at beside the states.

use model::calendar::Calendar;
use model::time::Time;

use crate::library::Library;

/// The circumstances of a decision.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'s> {
    /// Stages, risks and measures.
    pub library: &'s Library,
    /// Working days.
    pub calendar: &'s Calendar,
    /// The present time.
    pub now: Time,
}
