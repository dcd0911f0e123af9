//! What each stream of a filing holds: what is ordinary, then what is planted.

pub(crate) mod business;
mod custody;
pub(crate) mod disclosure;
mod duties;
mod lending;
mod operations;
pub(crate) mod register;
pub(crate) mod sales;
pub(crate) mod transactions;

use std::io::{self, Write};

use model::spec::StreamSpec;

use crate::line::{Line, Tag};
use crate::rows::Row;
use crate::world::{Member, World};

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

    /// Writes one record: its id and revision, then what `fields` adds.
    fn record(&mut self, id: Tag, fields: impl FnOnce(Line<'_>) -> Line<'_>) -> io::Result<()> {
        self.revision(id, 0, fields)
    }

    fn revision(
        &mut self,
        id: Tag,
        revision: u64,
        fields: impl FnOnce(Line<'_>) -> Line<'_>,
    ) -> io::Result<()> {
        fields(Line::begin(&mut self.buffer, id, revision)).end();
        self.lines += 1;
        if self.buffer.len() >= BUFFER_BYTES {
            self.out.write_all(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        let (id, revision) = row.id();
        self.revision(id, revision, |line| row.fields(line))
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
        "transaction" => transactions::write(world, member, day, sink)?,
        "project" => lending::write_projects(world, member, day, sink)?,
        "claim" => lending::write_claims(world, member, day, sink)?,
        "account" => register::write_accounts(world, member, day, sink)?,
        "product" => register::write_products(world, member, day, sink)?,
        "register" if register::is_renewed(day) => {
            sink.row(&Row::Register(Box::new(register::entry(world, member, day))))?;
        }
        "business_daily" => business::write(world, member, day, sink)?,
        "operations_daily" => operations::write(world, member, day, sink)?,
        "custody_statement" => custody::write(world, member, day, sink)?,
        "disclosure" => disclosure::write(world, member, day, sink)?,
        "kyc_check" => duties::write_kyc_checks(world, member, day, sink)?,
        "related_party_deal" => duties::write_deals(world, member, day, sink)?,
        "major_event" => duties::write_events(world, member, day, sink)?,
        "policy" => sales::write_policies(world, member, day, sink)?,
        "dual_recording" => sales::write_recordings(world, member, day, sink)?,
        _ => {}
    }
    for row in member.extras.rows(stream.number, day) {
        sink.row(row)?;
    }
    Ok(())
}

/// Whether an institution has anything to say in a stream about a day, of the streams that are
/// filed only then.
pub(crate) fn has_records(world: &World, member: &Member, stream: &StreamSpec, day: u32) -> bool {
    if !member.extras.rows(stream.number, day).is_empty() {
        return true;
    }
    match stream.name {
        "project" => lending::has_projects(world, member, day),
        "claim" => lending::has_claims(world, member, day),
        "account" => day == 0 || lending::has_accounts(world, member, day),
        "product" => day == 0,
        "register" => register::is_renewed(day),
        "related_party_deal" => duties::has_deal(world, member, day),
        "major_event" => duties::has_event(world, member, day),
        "policy" => sales::has_policies(world, member, day),
        "dual_recording" => sales::has_recordings(world, member, day),
        _ => true,
    }
}
