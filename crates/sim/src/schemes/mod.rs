//! The schemes that are planted, by topic. Each adds records, loans or flags to an institution and
//! says, from the definitions and from what it added, what is to be found.

pub(crate) mod clients;

use crate::truth::Truth;
use crate::world::{Cast, World};

/// Plants what the cast wants.
pub(crate) fn plant(world: &mut World, _cast: Cast) {
    clients::plant_plots(world);
}

/// The truth, once everything is planted and spread.
pub(crate) fn settle(_world: &mut World) -> Vec<Truth> {
    Vec::new()
}
