//! When to try again: a pure function of the attempt and the message.

use sha2::{Digest, Sha256};

use crate::SendError;

/// Seconds after the first, second … attempt that failed; then [`HOURLY`].
const STEPS: [u64; 7] = [1, 2, 5, 15, 60, 300, 900];
/// Seconds between later attempts.
const HOURLY: u64 = 3600;
/// The most that a provider may ask to wait: a day.
pub(crate) const AFTER_SECONDS_MAX: u64 = 86_400;

/// Seconds to wait after attempt number `attempt` (the first is 1) to send the message `id`: 1, 2,
/// 5, 15, 60, 300, 900, then hourly, and up to a quarter more.
///
/// The quarter comes from a hash of message and attempt: messages that failed together do not
/// come back together, and a run can be repeated.
pub fn backoff(attempt: u32, id: &str) -> u64 {
    let step = attempt.saturating_sub(1) as usize;
    let base = STEPS.get(step).copied().unwrap_or(HOURLY);
    let digest = Sha256::new().chain_update(attempt.to_be_bytes()).chain_update(id.as_bytes()).finalize();
    let random = digest.iter().take(8).fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    base + random % (base / 4 + 1)
}

/// Seconds to wait after an attempt that ended with `error`, or nothing where trying again does
/// not help: [`backoff`], or what the provider asked for if that is longer.
pub fn wait_seconds(attempt: u32, id: &str, error: &SendError) -> Option<u64> {
    match error {
        SendError::Retry { after, .. } => Some(backoff(attempt, id).max(after.unwrap_or(0))),
        SendError::Refused { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_grow_apart_until_they_are_hourly() {
        let table = [
            (0, 1, 1),
            (1, 1, 1),
            (2, 2, 2),
            (3, 5, 6),
            (4, 15, 18),
            (5, 60, 75),
            (6, 300, 375),
            (7, 900, 1125),
            (8, 3600, 4500),
            (9, 3600, 4500),
            (u32::MAX, 3600, 4500),
        ];
        for (attempt, least, most) in table {
            for id in 0..200 {
                let wait = backoff(attempt, &format!("message-{id}"));
                assert!((least..=most).contains(&wait), "attempt {attempt}: {wait}");
            }
        }
        let spread: std::collections::BTreeSet<u64> =
            (0..200).map(|id| backoff(8, &format!("message-{id}"))).collect();
        assert!(spread.len() > 150, "{spread:?}");
        assert_eq!(backoff(8, "message-1"), backoff(8, "message-1"));
    }

    #[test]
    fn a_provider_may_ask_for_more_not_for_less() {
        let retry = |after| SendError::Retry { after, why: String::new() };
        assert_eq!(wait_seconds(1, "m", &retry(None)), Some(1));
        assert_eq!(wait_seconds(1, "m", &retry(Some(60))), Some(60));
        assert_eq!(wait_seconds(5, "m", &retry(Some(1))), Some(backoff(5, "m")));
        assert_eq!(wait_seconds(1, "m", &SendError::refused("no")), None);
    }
}
