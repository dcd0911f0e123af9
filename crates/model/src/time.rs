//! Points in time and civil dates. A civil date is always one of Asia/Shanghai (UTC+8, no
//! daylight saving since 1991), whatever offset a filing was written with.

use std::fmt;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Weekday};

/// Microseconds in a day.
pub const MICROS_PER_DAY: i64 = 86_400_000_000;
/// The offset of Asia/Shanghai from UTC in seconds.
pub const SHANGHAI_OFFSET_SECONDS: i32 = 8 * 3600;
const SHANGHAI_OFFSET_MICROS: i64 = SHANGHAI_OFFSET_SECONDS as i64 * 1_000_000;

/// A point in time: microseconds since 1970-01-01T00:00:00Z. RFC 3339 on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub i64);

/// A civil date in Asia/Shanghai: days since 1970-01-01. `YYYY-MM-DD` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub i32);

/// Why a time or date was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not RFC 3339, or a date that the calendar does not have.
    #[error("not a time such as \"2026-03-01T09:30:00+08:00\" (RFC 3339)")]
    MalformedTime,
    /// Not an ISO date, or a date that the calendar does not have.
    #[error("not a date such as \"2026-03-01\"")]
    MalformedDate,
}

fn two_digits(high: u8, low: u8) -> Option<u32> {
    (high.is_ascii_digit() && low.is_ascii_digit())
        .then(|| u32::from(high - b'0') * 10 + u32::from(low - b'0'))
}

/// Days since 1970-01-01 of a proleptic Gregorian date, if that date exists.
fn days_from_civil(year: u32, month: u32, day: u32) -> Option<i32> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return None,
    };
    if day == 0 || day > longest {
        return None;
    }
    // Years are counted from March so that the leap day falls at the end of one.
    let shifted_year = i64::from(year) - i64::from(month <= 2);
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let month_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    i32::try_from(era * 146_097 + day_of_era - 719_468).ok()
}

fn parse_date_bytes(bytes: &[u8; 10]) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *bytes else { return None };
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    days_from_civil(year, two_digits(m1, m2)?, two_digits(d1, d2)?)
}

impl Time {
    /// Parses RFC 3339 with at most six decimals of a second; an offset or `Z` is required.
    ///
    /// # Errors
    /// [`TimeError::MalformedTime`].
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        Self::parse_bytes(text.as_bytes()).ok_or(TimeError::MalformedTime)
    }

    /// As [`Time::parse`]; bytes that are no text are no time.
    pub(crate) fn parse_bytes(bytes: &[u8]) -> Option<Self> {
        let (date, rest) = bytes.split_first_chunk::<10>()?;
        let days = parse_date_bytes(date)?;
        let (clock, rest) = rest.split_first_chunk::<9>()?;
        let [b'T', h1, h2, b':', m1, m2, b':', s1, s2] = *clock else { return None };
        let (hour, minute, second) = (two_digits(h1, h2)?, two_digits(m1, m2)?, two_digits(s1, s2)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let (micros, rest) = match rest {
            [b'.', rest @ ..] => {
                let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
                if digits == 0 || digits > 6 {
                    return None;
                }
                let (fraction, rest) = rest.split_at_checked(digits)?;
                let value = fraction.iter().fold(0i64, |v, b| v * 10 + i64::from(b - b'0'));
                (value * 10i64.pow(6 - digits as u32), rest)
            }
            rest => (0, rest),
        };
        let offset_seconds = match *rest {
            [b'Z'] => 0,
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
                let (hours, minutes) = (two_digits(h1, h2)?, two_digits(m1, m2)?);
                if hours > 23 || minutes > 59 {
                    return None;
                }
                let seconds = i64::from(hours * 3600 + minutes * 60);
                if sign == b'-' { -seconds } else { seconds }
            }
            _ => return None,
        };
        let seconds = i64::from(hour * 3600 + minute * 60 + second) - offset_seconds;
        Some(Self(i64::from(days) * MICROS_PER_DAY + seconds * 1_000_000 + micros))
    }

    /// The civil date in Asia/Shanghai.
    pub fn day(self) -> Day {
        Day((self.0 + SHANGHAI_OFFSET_MICROS).div_euclid(MICROS_PER_DAY) as i32)
    }

    /// The first instant of a civil date in Asia/Shanghai.
    pub fn start_of(day: Day) -> Self {
        Self(i64::from(day.0) * MICROS_PER_DAY - SHANGHAI_OFFSET_MICROS)
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This time moved by a number of seconds.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0 + seconds * 1_000_000)
    }
}

impl fmt::Display for Time {
    /// RFC 3339 with the offset of Asia/Shanghai.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shanghai = FixedOffset::east_opt(SHANGHAI_OFFSET_SECONDS);
        match (DateTime::from_timestamp_micros(self.0), shanghai) {
            (Some(time), Some(offset)) => {
                let local = time.with_timezone(&offset);
                if self.0.rem_euclid(1_000_000) == 0 {
                    write!(f, "{}", local.format("%Y-%m-%dT%H:%M:%S%:z"))
                } else {
                    write!(f, "{}", local.format("%Y-%m-%dT%H:%M:%S%.6f%:z"))
                }
            }
            _ => write!(f, "{}µs", self.0),
        }
    }
}

impl Day {
    /// Parses `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`TimeError::MalformedDate`].
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        Self::parse_bytes(text.as_bytes()).ok_or(TimeError::MalformedDate)
    }

    /// As [`Day::parse`]; bytes that are no text are no date.
    pub(crate) fn parse_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().and_then(parse_date_bytes).map(Self)
    }

    /// The date of a year, month and day of month, if the calendar has it.
    pub fn from_ymd(year: u32, month: u32, day: u32) -> Option<Self> {
        days_from_civil(year, month, day).map(Self)
    }

    fn naive(self) -> NaiveDate {
        NaiveDate::from_epoch_days(self.0).unwrap_or_default()
    }

    /// The calendar year.
    pub fn year(self) -> i32 {
        self.naive().year()
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u32 {
        self.naive().month()
    }

    /// The day of the month, 1 to 31.
    pub fn day_of_month(self) -> u32 {
        self.naive().day()
    }

    /// Whether this is a Saturday or Sunday.
    pub fn is_weekend(self) -> bool {
        matches!(self.naive().weekday(), Weekday::Sat | Weekday::Sun)
    }

    /// The first day of this day's month.
    #[must_use]
    pub fn first_of_month(self) -> Self {
        Self(self.0 - self.day_of_month() as i32 + 1)
    }

    /// The last day of this day's month.
    #[must_use]
    pub fn last_of_month(self) -> Self {
        // Day 28 plus four days is always in the next month.
        Self(self.first_of_month().plus(31).first_of_month().0 - 1)
    }

    /// This date moved by a number of days.
    #[must_use]
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0 + days)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.naive().format("%Y-%m-%d"))
    }
}

crate::money::wire_as_decimal_string!(Time);
crate::money::wire_as_decimal_string!(Day);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_as_an_institution_may_write_them() {
        let table = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01T08:00:00+08:00", Some(0)),
            ("1970-01-01T00:00:00.5Z", Some(500_000)),
            ("2024-02-29T12:00:00.123456+08:00", Some(1_709_179_200_123_456)),
            ("2023-02-29T12:00:00+08:00", None),
            ("2024-02-29 12:00:00+08:00", None),
            ("2024-02-29T12:00:00", None),
            ("2024-02-29T24:00:00Z", None),
            ("2024-02-29T12:00:60Z", None),
            ("2024-02-29T12:00:00.1234567Z", None),
            ("2024-13-01T12:00:00Z", None),
            ("2024-2-1T12:00:00Z", None),
        ];
        for (text, expected) in table {
            assert_eq!(Time::parse(text).ok().map(|t| t.0), expected, "{text}");
        }
    }

    #[test]
    fn the_civil_day_is_shanghais() {
        let day = |text| Time::parse(text).unwrap().day().to_string();
        assert_eq!(day("2024-02-29T15:59:59Z"), "2024-02-29");
        assert_eq!(day("2024-02-29T16:00:00Z"), "2024-03-01");
    }

    #[test]
    fn months_have_their_ends() {
        for (day, last) in
            [("2024-02-01", "2024-02-29"), ("2023-02-10", "2023-02-28"), ("2023-12-31", "2023-12-31")]
        {
            assert_eq!(Day::parse(day).unwrap().last_of_month().to_string(), last);
        }
    }

    proptest! {
        #[test]
        fn dates_agree_with_chrono(days in -25_000i32..60_000) {
            let text = Day(days).to_string();
            prop_assert_eq!(Day::parse(&text), Ok(Day(days)));
        }
        #[test]
        fn times_are_read_again(micros in 0i64..4_000_000_000_000_000) {
            prop_assert_eq!(Time::parse(&Time(micros).to_string()), Ok(Time(micros)));
        }
    }
}
