//! Projects, lenders' claims, and the accounts in which money for projects is raised.

use std::io::{self, Write};

use model::streams::AccountPurpose;

use super::Sink;
use crate::line::Tag;
use crate::loan::{self, Flows, Loan};
use crate::rows::{AccountRow, Row};
use crate::world::{Member, World};

pub(super) fn has_projects(world: &World, member: &Member, day: u32) -> bool {
    loan::touching(world, member, day).any(|loan| loan.project_rows(day).next().is_some())
}

pub(super) fn has_claims(world: &World, member: &Member, day: u32) -> bool {
    loan::touching(world, member, day).any(|loan| loan.is_lent_to(day) || loan.has_trade(day))
}

pub(super) fn has_accounts(world: &World, member: &Member, day: u32) -> bool {
    loan::touching(world, member, day).any(|loan| account_row(member, &loan, day).is_some())
}

pub(super) fn write_projects<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    for loan in loan::touching(world, member, day) {
        for row in loan.project_rows(day) {
            sink.row(&Row::Project(row))?;
        }
    }
    Ok(())
}

pub(super) fn write_claims<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    let client = |slot| world.lender(member, slot);
    let flows = Flows::of(world, member, day);
    for event in &flows.events {
        let loan = flows.loans.get(event.loan as usize);
        if let Some(row) = loan.and_then(|loan| loan.claim_row(&client, event, day)) {
            sink.record(row.id, |line| row.fields(line))?;
        }
    }
    Ok(())
}

/// The account of a loan, when it is opened and when it is closed.
fn account_row(member: &Member, loan: &Loan, day: u32) -> Option<AccountRow> {
    let is_closed = day == loan.disbursed;
    (loan.has_account && (is_closed || day == loan.offered)).then(|| AccountRow {
        id: Tag::new("AP", loan.id.day, loan.id.number),
        revision: u64::from(is_closed),
        effective_from: loan.day(loan.offered),
        account: loan.receiving,
        purpose: AccountPurpose::Project,
        holder: None,
        bank: member.public.custody_bank.clone(),
        project: Some(loan.id),
        effective_to: is_closed.then(|| loan.day(loan.disbursed)),
    })
}

pub(super) fn write_accounts<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    for loan in loan::touching(world, member, day) {
        if let Some(row) = account_row(member, &loan, day) {
            sink.row(&Row::Account(row))?;
        }
    }
    Ok(())
}
