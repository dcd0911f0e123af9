//! Who may file now: a bounded number at once, a bounded number waiting, a bounded share for each
//! institution.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hashbrown::HashMap;
use model::fault::{Fault, FaultCode};
use model::institution::InstitutionId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::options::GatewayOptions;

/// The places for filings.
pub(crate) struct Admission {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
    wait_max: Duration,
    shares: Arc<Shares>,
}

/// How many filings each institution has under way.
struct Shares {
    under_way: Mutex<HashMap<InstitutionId, usize>>,
    max: usize,
}

/// The right to file, given back when dropped.
pub(crate) struct Admitted {
    _place: OwnedSemaphorePermit,
    _share: Share,
}

struct Share {
    shares: Arc<Shares>,
    institution: InstitutionId,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut under_way = self.shares.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = under_way.get_mut(&self.institution) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.institution);
            }
        }
    }
}

/// Counts one who waits for as long as it lives, also when its client goes away.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Admission {
    pub(crate) fn new(options: &GatewayOptions) -> Self {
        Self {
            places: Arc::new(Semaphore::new(options.filings_at_once)),
            waiting: AtomicUsize::new(0),
            waiting_max: options.filings_waiting_max,
            wait_max: options.filing_wait_max,
            shares: Arc::new(Shares {
                under_way: Mutex::default(),
                max: options.filings_per_institution_max,
            }),
        }
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// [`FaultCode::Busy`] when too many wait, the wait took too long, or the institution has
    /// its share under way.
    pub(crate) async fn enter(&self, institution: &InstitutionId) -> Result<Admitted, Fault> {
        let share = self.shares.take(institution)?;
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => self.wait().await?,
        };
        Ok(Admitted { _place: place, _share: share })
    }

    async fn wait(&self) -> Result<OwnedSemaphorePermit, Fault> {
        let busy = |detail: &str| Fault::whole(FaultCode::Busy, detail);
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if before >= self.waiting_max {
            return Err(busy("Too many filings wait for their turn."));
        }
        match tokio::time::timeout(self.wait_max, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(busy("The filing's turn did not come in time.")),
        }
    }
}

impl Shares {
    fn take(self: &Arc<Self>, institution: &InstitutionId) -> Result<Share, Fault> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let count = under_way.entry_ref(institution).or_insert(0);
        if *count >= self.max {
            let detail = format!("Your institution has {} filings under way.", self.max);
            return Err(Fault::whole(FaultCode::Busy, detail));
        }
        *count += 1;
        Ok(Share { shares: Arc::clone(self), institution: institution.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(at_once: usize, waiting: usize, share: usize) -> Admission {
        Admission::new(&GatewayOptions {
            filings_at_once: at_once,
            filings_waiting_max: waiting,
            filings_per_institution_max: share,
            filing_wait_max: Duration::ZERO,
            ..GatewayOptions::default()
        })
    }

    #[tokio::test]
    async fn places_and_shares_are_given_back() {
        let (one, other) = (InstitutionId::synthetic(1), InstitutionId::synthetic(2));
        let admission = admission(2, 0, 1);
        let first = admission.enter(&one).await.unwrap();
        assert_eq!(admission.enter(&one).await.err().unwrap().code, FaultCode::Busy);
        let second = admission.enter(&other).await.unwrap();
        assert_eq!(admission.enter(&InstitutionId::synthetic(3)).await.err().unwrap().code, FaultCode::Busy);
        drop((first, second));
        assert!(admission.shares.under_way.lock().unwrap().is_empty());
        assert!(admission.enter(&one).await.is_ok());
        assert_eq!(admission.waiting.load(Ordering::Relaxed), 0);
    }
}
