//! What each stream of a filing holds.

pub(crate) mod business;
mod custody;
mod duties;
mod operations;
mod projects;
mod register;
pub(crate) mod transactions;

use std::io::{self, Write};

use model::spec::StreamSpec;

use crate::line::Line;
use crate::world::{Member, World};

pub(crate) use duties::{DISCLOSURE_DAY, disclosed_period_end};

/// Bytes that are gathered before they are written.
const BUFFER_BYTES: usize = 1 << 16;

/// Takes lines and hands them on in portions.
pub(crate) struct Sink<'a, W> {
    out: &'a mut W,
    buffer: Vec<u8>,
    lines: u64,
}

impl<'a, W: Write> Sink<'a, W> {
    pub(crate) fn new(out: &'a mut W) -> Self {
        Self { out, buffer: Vec::with_capacity(BUFFER_BYTES + 4096), lines: 0 }
    }

    /// Writes one record: its id, then what `fields` adds.
    fn record(&mut self, id: &str, fields: impl FnOnce(Line<'_>) -> Line<'_>) -> io::Result<()> {
        fields(Line::begin(&mut self.buffer, id)).end();
        self.lines += 1;
        if self.buffer.len() >= BUFFER_BYTES {
            self.out.write_all(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Writes what is left; returns how many lines there were.
    pub(crate) fn finish(self) -> io::Result<u64> {
        self.out.write_all(&self.buffer)?;
        Ok(self.lines)
    }
}

/// Writes the lines of an institution's filing in a stream about a day.
pub(crate) fn write<W: Write>(
    world: &World,
    member: &Member,
    stream: &StreamSpec,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    match stream.name {
        "transaction" => transactions::write(world, member, day, sink),
        "project" => projects::write(world, member, day, sink),
        "business_daily" => business::write(world, member, day, sink),
        "operations_daily" => operations::write(world, member, day, sink),
        "custody_statement" => custody::write(world, member, day, sink),
        "disclosure" => duties::write_disclosure(world, member, day, sink),
        "kyc_check" => duties::write_kyc_checks(world, member, day, sink),
        "dual_recording" => duties::write_recordings(world, member, day, sink),
        "register" => register::write(world, member, sink),
        _ => Ok(()),
    }
}

/// `YYYYMMDD` of a day, for ids.
fn day_digits(world: &World, day: u32) -> String {
    world.day(day).to_string().replace('-', "")
}
