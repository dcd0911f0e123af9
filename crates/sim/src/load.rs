//! Transactions for load tests and benchmarks, as fast as a core can write them.

use std::io::{self, Read, Write};

use model::time::{Day, MICROS_PER_DAY};

use crate::amounts::Amounts;
use crate::line::{push_clock, push_number, push_padded, push_pseudonym, push_yuan};
use crate::rng::{Rng, mix};

/// The first day of the transactions, 2024-03-01, unless [`TransactionLines::over`] sets another.
pub const LOAD_FIRST_DAY: Day = Day(19_783);

/// Bytes that are made ready at a time for readers and writers.
const CHUNK_BYTES: usize = 1 << 18;

/// `n` transactions of a payment firm on one day: n/10 users whose activity falls with the cube
/// root of their rank (so that some in a thousand pass fifty a day), log-normal amounts with a
/// median of 60 yuan, ids that differ between seeds, times that ascend.
///
/// The pseudonyms are drawn, not hashed: they have the form of pseudonyms and nobody behind them.
pub fn transactions(seed: u64, n: u64) -> TransactionLines {
    TransactionLines {
        seed,
        rng: Rng::keyed(seed, &[0]),
        amounts: Amounts::log_normal(60.0, 1.3),
        next: 0,
        total: n,
        users: (n / 10).max(1),
        first_day: LOAD_FIRST_DAY,
        days: 1,
        current_day: Day(i32::MIN),
        day_text: String::new(),
        pending: Vec::new(),
        pending_from: 0,
    }
}

/// A stream of transaction lines; see [`transactions`]. Read it as bytes ([`Read`]), write it to
/// a sink ([`TransactionLines::write_to`]), or take lines in portions
/// ([`TransactionLines::append`]).
#[derive(Debug)]
pub struct TransactionLines {
    seed: u64,
    rng: Rng,
    amounts: Amounts,
    next: u64,
    total: u64,
    users: u64,
    first_day: Day,
    days: u32,
    current_day: Day,
    day_text: String,
    pending: Vec<u8>,
    pending_from: usize,
}

impl TransactionLines {
    /// Spreads the transactions evenly over `days` days (at least one) from `first_day` on.
    #[must_use]
    pub fn over(mut self, first_day: Day, days: u32) -> Self {
        self.first_day = first_day;
        self.days = days.max(1);
        self
    }

    /// Lines not yet given out.
    pub fn remaining(&self) -> u64 {
        self.total - self.next
    }

    /// Appends up to `lines` lines to `out`; returns how many.
    pub fn append(&mut self, lines: u64, out: &mut Vec<u8>) -> u64 {
        let count = lines.min(self.remaining());
        for _ in 0..count {
            self.append_one(out);
        }
        count
    }

    /// Writes all lines that remain; returns how many.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn write_to(mut self, out: &mut impl Write) -> io::Result<u64> {
        let lines = self.remaining();
        io::copy(&mut self, out)?;
        Ok(lines)
    }

    fn append_one(&mut self, out: &mut Vec<u8>) {
        let index = self.next;
        self.next += 1;
        // Where in its day the transaction lies: its place among the day's, shaken a little.
        let per_day = self.total.div_ceil(u64::from(self.days)).max(1);
        let (day_index, in_day) = (index / per_day, index % per_day);
        let day = self.first_day.plus(day_index as i32);
        if day != self.current_day {
            self.current_day = day;
            self.day_text = day.to_string();
        }
        let step = MICROS_PER_DAY as u64 / per_day;
        let bits = self.rng.bits();
        let micros = in_day * step + ((u128::from(bits >> 32) * u128::from(step)) >> 32) as u64;

        let user = zipf_rank(self.rng.unit(), self.users);
        let payee = ((bits & 0xffff) * (self.users / 200).max(1)) >> 16;
        let amount_fen = self.amounts.draw_fen(&mut self.rng);
        let (kind, is_in) = match bits >> 16 & 0xff {
            0..8 => ("refund", true),
            8..40 => ("transfer", false),
            _ => ("payment", false),
        };
        let user_account = drawn(b'a', self.seed, user);
        let other_account = drawn(b'a', self.seed, payee | 1 << 63);
        let (from, to) = if is_in { (other_account, user_account) } else { (user_account, other_account) };
        let counterparty = if kind == "transfer" { b'p' } else { b'o' };

        out.extend_from_slice(b"{\"id\":\"t");
        push_number(out, self.seed);
        out.push(b'-');
        push_padded(out, index, 6);
        out.extend_from_slice(b"\",\"time\":\"");
        out.extend_from_slice(self.day_text.as_bytes());
        out.push(b'T');
        push_clock(out, micros);
        out.extend_from_slice(b"+08:00\",\"user\":\"");
        push_pseudonym(out, drawn(b'p', self.seed, user));
        out.extend_from_slice(b"\",\"payer_account\":\"");
        push_pseudonym(out, from);
        out.extend_from_slice(b"\",\"payee_account\":\"");
        push_pseudonym(out, to);
        out.extend_from_slice(b"\",\"counterparty\":\"");
        push_pseudonym(out, drawn(counterparty, self.seed, payee | 1 << 62));
        out.extend_from_slice(b"\",\"amount\":\"");
        push_yuan(out, amount_fen);
        out.extend_from_slice(b"\",\"kind\":\"");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(if is_in {
            b"\",\"direction\":\"in\",\"order\":\"d"
        } else {
            b"\",\"direction\":\"out\",\"order\":\"d"
        });
        push_padded(out, index, 6);
        out.extend_from_slice(b"\",\"channel\":\"");
        out.extend_from_slice(match bits >> 24 & 7 {
            0..4 => b"app",
            4..6 => b"mini_program" as &[u8],
            6 => b"pos",
            _ => b"web",
        });
        out.extend_from_slice(b"\",\"ip\":\"10.");
        push_number(out, user >> 14 & 0xff);
        out.push(b'.');
        push_number(out, user >> 6 & 0xff);
        out.push(b'.');
        push_number(out, user & 0x3f);
        out.extend_from_slice(b"\"}\n");
    }
}

impl Read for TransactionLines {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.pending_from == self.pending.len() {
            let mut pending = std::mem::take(&mut self.pending);
            pending.clear();
            while pending.len() < CHUNK_BYTES && self.remaining() > 0 {
                self.append_one(&mut pending);
            }
            self.pending = pending;
            self.pending_from = 0;
        }
        let mut ready = &self.pending[self.pending_from..];
        let count = ready.read(into)?;
        self.pending_from += count;
        Ok(count)
    }
}

/// A rank from 0 up to `ranks`, drawn so that activity falls with the cube root of the rank.
#[inline]
fn zipf_rank(unit: f64, ranks: u64) -> u64 {
    // The inverse of the distribution function (rank/ranks)^(2/3).
    (unit * unit.sqrt() * ranks as f64) as u64
}

/// 120 bits for the `index`-th holder of a kind.
#[inline]
fn drawn(kind: u8, seed: u64, index: u64) -> u128 {
    let first = mix(seed ^ mix(index ^ u64::from(kind) << 48));
    u128::from(kind) << 120 | u128::from(first) << 56 | u128::from(mix(first) >> 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    use model::columns::Columns;
    use model::read::LineReader;
    use model::spec::Record;
    use model::streams::Transaction;
    use model::time::Time;

    fn all(seed: u64, n: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        assert_eq!(transactions(seed, n).write_to(&mut bytes).unwrap(), n);
        bytes
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_however_they_are_taken() {
        let bytes = all(5, 3_000);
        let mut lines = transactions(5, 3_000);
        let mut again = Vec::new();
        while lines.append(7, &mut again) > 0 {}
        assert!(bytes == again);
        assert!(bytes != all(6, 3_000));
    }

    #[test]
    fn every_line_is_accepted_with_unique_ids_and_ascending_times() {
        let mut bytes = Vec::new();
        transactions(1, 20_000).over(Day(19_000), 3).write_to(&mut bytes).unwrap();
        let reader = LineReader::new(Transaction::STREAM, Time::start_of(Day(19_003)));
        let mut columns = Columns::new(Transaction::STREAM.fields);
        for line in bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
            reader.read(line, &mut columns).unwrap_or_else(|faults| panic!("{faults:?}"));
        }
        assert_eq!(columns.len(), 20_000);
        let ids: HashSet<_> = (0..columns.len()).map(|row| columns.id(row)).collect();
        assert_eq!(ids.len(), 20_000);
        let times = columns.column(2).unwrap();
        assert!((1..columns.len()).all(|row| times.long(row - 1) < times.long(row)));
        assert_eq!(Time(times.long(19_999).unwrap()).day(), Day(19_002));
    }

    #[test]
    fn few_users_are_very_active() {
        let reader = LineReader::new(Transaction::STREAM, Time::start_of(LOAD_FIRST_DAY.plus(1)));
        let mut columns = Columns::new(Transaction::STREAM.fields);
        for line in all(1, 100_000).split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
            reader.read(line, &mut columns).unwrap();
        }
        let mut counts = HashMap::new();
        let users = columns.column(Transaction::STREAM.field_index("user").unwrap()).unwrap();
        for row in 0..columns.len() {
            *counts.entry(users.wide(row).unwrap()).or_insert(0) += 1;
        }
        let over = counts.values().filter(|count| **count > 50).count();
        assert!((5..60).contains(&over), "{over} of {} users", counts.len());
    }
}
