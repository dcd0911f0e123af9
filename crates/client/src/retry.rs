//! How often and after how long a batch is tried again.

use std::time::Duration;

/// Exponential back-off: each wait is twice the one before, up to a longest, less a random part
/// of up to a half, so that institutions that failed together do not return together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a batch is tried in all.
    pub attempts: u32,
    /// The wait before the second attempt.
    pub first_delay: Duration,
    /// The longest wait; also what a server's `Retry-After` is cut to.
    pub longest_delay: Duration,
}

impl Default for RetryPolicy {
    /// Ten attempts over some five minutes.
    fn default() -> Self {
        Self { attempts: 10, first_delay: Duration::from_millis(500), longest_delay: Duration::from_secs(60) }
    }
}

impl RetryPolicy {
    /// The wait after a failed attempt (from 1). `chance` is any 64 bits that differ between
    /// institutions and batches; `asked` is what the server asked for.
    pub(crate) fn delay(&self, attempt: u32, chance: u64, asked: Option<Duration>) -> Duration {
        let doubled = 2u32.saturating_pow(attempt.saturating_sub(1));
        let full = self.first_delay.saturating_mul(doubled).min(self.longest_delay);
        // Another mix for each attempt of a batch: SplitMix64's finaliser.
        let mut mixed = chance.wrapping_add(u64::from(attempt).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let part = (mixed >> 11) as f64 / (1u64 << 53) as f64;
        let own = full.mul_f64(1.0 - part / 2.0);
        own.max(asked.unwrap_or_default().min(self.longest_delay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_with_jitter() {
        let policy = RetryPolicy {
            attempts: 9,
            first_delay: Duration::from_secs(1),
            longest_delay: Duration::from_secs(20),
        };
        for (attempt, full_seconds) in [(1, 1), (2, 2), (3, 4), (5, 16), (6, 20), (40, 20)] {
            let waits: Vec<_> = (0..50).map(|chance| policy.delay(attempt, chance << 40, None)).collect();
            let full = Duration::from_secs(full_seconds);
            assert!(waits.iter().all(|wait| *wait <= full && *wait >= full / 2));
            assert!(waits.iter().max() > waits.iter().min());
        }
        assert_eq!(policy.delay(1, 0, Some(Duration::from_secs(9))), Duration::from_secs(9));
        assert_eq!(policy.delay(1, 0, Some(Duration::from_secs(900))), Duration::from_secs(20));
    }
}
