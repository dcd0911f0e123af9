//! What came of a sending, and how an answer is judged.

use model::time::Time;
use serde_json::Value;

use crate::backoff::AFTER_SECONDS_MAX;
use crate::http::Answer;
use crate::secret::Hidden;

/// The other side took the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The name that the provider gave the message, to ask it about delivery.
    pub reference: Option<String>,
    /// What it answered, in English and without secrets, for the record.
    pub answer: String,
}

/// Why a message was not sent, in English, with what the other side answered and no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Trying again can help: the network, 429 and 5xx, 4yz of SMTP, a provider that is busy or
    /// slows down. The message may have arrived all the same.
    #[error("not sent yet: {why}")]
    Retry {
        /// Seconds that the other side asked to wait.
        after: Option<u64>,
        /// What happened.
        why: String,
    },
    /// Trying again gives the same: other 4xx, 5yz of SMTP (the mail bounced), an error code of
    /// the provider that does not go away, or a message that the channel cannot carry.
    #[error("refused: {why}")]
    Refused {
        /// What happened.
        why: String,
    },
}

impl SendError {
    pub(crate) fn refused(why: impl Into<String>) -> Self {
        Self::Refused { why: why.into() }
    }

    pub(crate) fn retry(why: impl Into<String>) -> Self {
        Self::Retry { after: None, why: why.into() }
    }
}

/// How a provider that answers with a code says what came of it.
pub(crate) struct Codes {
    /// As it is called in errors.
    pub(crate) provider: &'static str,
    /// Where the code may stand; each that is there must be zero.
    pub(crate) codes: &'static [&'static str],
    /// Where its words may stand.
    pub(crate) words: &'static [&'static str],
    /// Codes that go away, with the seconds to wait (0: not said).
    pub(crate) passing: &'static [(i64, u64)],
}

/// Words of providers for "too fast", under whatever code.
const TOO_FAST: [&str; 6] = ["too fast", "too many", "freq", "rate limit", "限流", "太快"];
/// Seconds to wait where a provider says "too fast" and not for how long: limits are by minute.
const TOO_FAST_SECONDS: u64 = 60;

impl Codes {
    /// Judges an answer: a code in its body counts before its status.
    pub(crate) fn judge(&self, answer: &Answer, hidden: &Hidden, now: Time) -> Result<Sent, SendError> {
        let body: Value = serde_json::from_slice(answer.whole()).unwrap_or_default();
        let codes: Vec<i64> =
            self.codes.iter().filter_map(|code| body.get(code).and_then(Value::as_i64)).collect();
        let words = self.words.iter().find_map(|word| body.get(word)?.as_str()).unwrap_or_default();
        let Some(code) = codes.iter().copied().find(|code| *code != 0) else {
            let taken = answer.taken(hidden, now)?;
            // A page of a proxy or a portal is no message to a group.
            if codes.is_empty() {
                return Err(SendError::retry(format!("{} answered in another form: {taken}", self.provider)));
            }
            return Ok(Sent {
                reference: None,
                answer: format!("{} answered code 0 {}", self.provider, hidden.excerpt(words.as_bytes())),
            });
        };
        let why = format!("{} answered code {code}: {}", self.provider, hidden.excerpt(words.as_bytes()));
        let lower = words.to_lowercase();
        let passing = self.passing.iter().find(|(passing, _)| *passing == code);
        match passing {
            Some((_, 0)) => Err(SendError::Retry { after: answer.retry_after(now), why }),
            Some((_, seconds)) => Err(SendError::Retry { after: Some(*seconds), why }),
            None if TOO_FAST.iter().any(|words| lower.contains(words)) => {
                Err(SendError::Retry { after: Some(TOO_FAST_SECONDS), why })
            }
            None if answer.is_passing() => Err(SendError::Retry { after: answer.retry_after(now), why }),
            None => Err(SendError::Refused { why }),
        }
    }
}

/// Seconds to wait by a header `Retry-After` (RFC 9110, 10.2.3): a number, or a date.
pub(crate) fn retry_after_seconds(value: &str, now: Time) -> Option<u64> {
    let value = value.trim();
    let seconds = match value.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let micros = http_date(value)?.0.checked_sub(now.0)?;
            u64::try_from(micros.max(0)).ok()?.div_ceil(1_000_000)
        }
    };
    Some(seconds.min(AFTER_SECONDS_MAX))
}

/// A date such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7; the two obsolete forms are
/// not read).
fn http_date(text: &str) -> Option<Time> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let (day, month, year, clock) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if parts.next() != Some("GMT") || parts.next().is_some() {
        return None;
    }
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    Time::parse(&format!("{year}-{month:02}-{day}T{clock}Z")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_as_servers_say_them() {
        let now = Time::parse("1994-11-06T08:49:00Z").unwrap();
        let table = [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("99999999", Some(86_400)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            ("Sun, 06 Nov 1994 08:48:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 CET", None),
            ("Sunday, 06-Nov-94 08:49:37 GMT", None),
            ("soon", None),
            ("-5", None),
        ];
        for (value, wanted) in table {
            assert_eq!(retry_after_seconds(value, now), wanted, "{value}");
        }
    }
}
