//! How much each lender lends: hundreds of yuan, log-normal, never more than 8,000 yuan.

use std::sync::OnceLock;

use super::Loan;
use crate::amounts::Amounts;
use crate::rng::mix;

/// Projects are lent to in hundreds of yuan.
pub(super) const UNIT_FEN: i64 = 10_000;
/// The most that one lender puts into one project, so that with the deposit before it and what is
/// withdrawn on the same day nobody comes near 50,000 yuan.
pub(super) const SHARE_UNITS_MAX: u32 = 80;

fn weights() -> &'static Amounts {
    static WEIGHTS: OnceLock<Amounts> = OnceLock::new();
    WEIGHTS.get_or_init(|| Amounts::log_normal(10.0, 0.9))
}

impl Loan {
    /// What is drawn for one lender.
    pub(super) fn lender_bits(&self, lender: u32) -> u64 {
        mix(self.key ^ (u64::from(lender) << 1 | 1))
    }

    /// One lender's share.
    pub(super) fn units_of(&self, lender: u32) -> u32 {
        self.share_units().get(lender as usize).copied().unwrap_or(0)
    }

    /// The shares of all lenders, in units; they add up to the loan.
    pub(crate) fn share_units(&self) -> Vec<u32> {
        let units = (self.amount_fen / UNIT_FEN) as u64;
        let count = u64::from(self.lenders.max(1)).min(units.max(1));
        let weights: Vec<u64> =
            (0..count).map(|lender| weights().of_bits(self.lender_bits(lender as u32)) as u64).collect();
        let all: u64 = weights.iter().sum::<u64>().max(1);
        let spare = units - count;
        // A loan that is too large for its lenders is shared beyond the limit rather than not at all.
        let most = u64::from(SHARE_UNITS_MAX).max(units.div_ceil(count)) as u32;
        let mut shares: Vec<u32> = weights
            .iter()
            .map(|weight| ((1 + u128::from(spare) * u128::from(*weight) / u128::from(all)) as u32).min(most))
            .collect();
        let mut left = units - shares.iter().map(|share| u64::from(*share)).sum::<u64>();
        while left > 0 {
            for share in &mut shares {
                if left > 0 && *share < most {
                    let more = left.div_ceil(count).min(u64::from(most - *share)) as u32;
                    *share += more;
                    left -= u64::from(more);
                }
            }
        }
        shares
    }
}
