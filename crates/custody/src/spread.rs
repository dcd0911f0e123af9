//! Work in portions on a few threads.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::error::CustodyError;

/// Lets `threads` threads take portions `0..portions` one after the other, each into a state of
/// its own; gives the states. Which thread took which portion is left to chance.
pub(crate) fn spread<T: Send>(
    threads: usize,
    portions: usize,
    start: impl Fn() -> T + Sync,
    work: impl Fn(&mut T, usize) -> Result<(), CustodyError> + Sync,
) -> Result<Vec<T>, CustodyError> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut state = start();
        loop {
            let portion = next.fetch_add(1, Ordering::Relaxed);
            if portion >= portions {
                return Ok(state);
            }
            work(&mut state, portion)?;
        }
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(portions)).map(|_| scope.spawn(run)).collect();
        let mut states = vec![run()];
        for other in others {
            states.push(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        states.into_iter().collect()
    })
}

/// A batch and rows of it.
pub(crate) type Portion = (usize, Range<usize>);

/// Batches of so many rows, cut into portions.
pub(crate) fn portions(rows: impl Iterator<Item = usize>) -> Vec<Portion> {
    const ROWS: usize = 1 << 15;
    let cut = |(batch, rows): (usize, usize)| {
        (0..rows).step_by(ROWS).map(move |from| (batch, from..rows.min(from + ROWS)))
    };
    rows.enumerate().flat_map(cut).collect()
}
