//! The state of the reserve: the books, contributions by month, draws. It changes by events alone.

use std::collections::{BTreeMap, BTreeSet};

use model::institution::InstitutionId;
use model::money::{Fen, Percent};
use model::time::{Day, Time};
use serde::Serialize;

use super::account::Account;
use super::event::{Instalment, Month, ReserveEvent, ReserveStep};
use super::journal::{Entry, Journal, Statement, TrialBalance};
use super::life::DrawState;
use crate::actor::Actor;
use crate::term::Deadline;

/// A month's contribution of an institution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accrual {
    /// The how-manieth accrual of the month holds.
    pub revision: u32,
    /// The income that was filed for the month.
    pub income: Fen,
    /// The share of it.
    pub share: Percent,
    /// The contribution.
    pub contribution: Fen,
    /// What of it is paid.
    pub paid: Fen,
    /// When this revision was accrued.
    pub accrued_at: Time,
    /// Until when it is to be paid.
    pub pay: Option<Deadline>,
}

impl Accrual {
    /// What is still to be paid.
    pub fn unpaid(&self) -> Fen {
        Fen(self.contribution.0.saturating_sub(self.paid.0).max(0))
    }
}

/// What an institution has with the fund.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Its contributions by month.
    pub accruals: BTreeMap<Month, Accrual>,
    /// What it paid and no month has used yet.
    pub in_advance: Fen,
}

impl Member {
    /// Takes what is paid back from months whose contribution fell, then pays months with what is
    /// there, the oldest first.
    fn allocate(&mut self, at: Time) {
        for accrual in self.accruals.values_mut() {
            let excess = accrual.paid.0.saturating_sub(accrual.contribution.0).max(0);
            accrual.paid.0 -= excess;
            self.in_advance.0 = self.in_advance.0.saturating_add(excess);
        }
        for accrual in self.accruals.values_mut() {
            let part = accrual.unpaid().0.min(self.in_advance.0);
            accrual.paid.0 += part;
            self.in_advance.0 -= part;
            let is_paid = accrual.unpaid() == Fen(0);
            if let Some(pay) = &mut accrual.pay {
                pay.kept = is_paid.then(|| pay.kept.unwrap_or(at));
            }
        }
    }

    /// Takes a receipt back: first what no month has used, then from the latest months.
    fn take_back(&mut self, amount: Fen, at: Time) {
        let mut left = amount.0;
        let part = left.min(self.in_advance.0);
        self.in_advance.0 -= part;
        left -= part;
        for accrual in self.accruals.values_mut().rev() {
            let part = left.min(accrual.paid.0);
            accrual.paid.0 -= part;
            left -= part;
        }
        self.allocate(at);
    }
}

/// What came in: a contribution, or the repayment of a draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptKind {
    /// 收缴.
    Contribution,
    /// 偿还, of the draw with this number.
    Repayment(String),
}

/// Money that came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// For what.
    pub kind: ReceiptKind,
    /// From whom.
    pub institution: InstitutionId,
    /// How much.
    pub amount: Fen,
    /// The bank's reference.
    pub reference: String,
    /// Who booked it.
    pub by: Actor,
    /// When.
    pub at: Time,
    /// Whether it was taken back.
    pub is_reversed: bool,
}

/// An instalment of a draw that was paid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Scheduled {
    /// Within how long and how much.
    #[serde(flatten)]
    pub instalment: Instalment,
    /// Until when; nothing before the draw is paid out.
    pub deadline: Option<Deadline>,
}

/// A write-off that waits for its approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WriteOff {
    /// How much.
    pub amount: Fen,
    /// Why.
    pub reason: String,
    /// Who proposed it.
    pub by: Actor,
}

/// 动用: a draw on the reserve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Draw {
    /// Its number.
    pub id: String,
    /// To whom.
    pub institution: InstitutionId,
    /// The case that it belongs to.
    pub case: Option<String>,
    /// How much.
    pub amount: Fen,
    /// What for.
    pub purpose: String,
    /// How it is to be repaid.
    pub instalments: Vec<Scheduled>,
    /// Where it stands.
    pub state: DrawState,
    /// When it was asked for.
    pub requested_at: Time,
    /// Who asked for it.
    pub requested_by: Actor,
    /// Who approved or rejected it.
    pub decided_by: Option<Actor>,
    /// Why it was rejected or withdrawn.
    pub reason: Option<String>,
    /// When it was paid out.
    pub paid_at: Option<Time>,
    /// What came back of it.
    pub returned: Fen,
    /// What was written off.
    pub written_off: Fen,
    /// A write-off that waits for its approval.
    pub write_off: Option<WriteOff>,
}

impl Draw {
    /// What is to be repaid: what was paid out, less what came back and what was written off.
    pub fn outstanding(&self) -> Fen {
        let paid = if self.paid_at.is_some() { self.amount.0 } else { 0 };
        Fen(paid.saturating_sub(self.written_off.0).saturating_sub(self.returned.0).max(0))
    }

    /// What was written off and came back after all.
    pub fn recovered(&self) -> Fen {
        let kept = self.amount.0.saturating_sub(self.written_off.0);
        Fen(self.returned.0.saturating_sub(kept).max(0))
    }

    /// What may still come back: what is outstanding, and what was written off and not recovered.
    pub fn receivable(&self) -> Fen {
        let paid = if self.paid_at.is_some() { self.amount.0 } else { 0 };
        Fen(paid.saturating_sub(self.returned.0).max(0))
    }

    /// Where it stands after money came or was written off, and which instalments are kept.
    fn settle(&mut self, at: Time) {
        self.state = match (self.outstanding().0, self.receivable().0) {
            (_, 0) => DrawState::Repaid,
            (0, _) => DrawState::WrittenOff,
            _ => DrawState::Paid,
        };
        let mut until_here = 0_i64;
        for scheduled in &mut self.instalments {
            until_here = until_here.saturating_add(scheduled.instalment.amount.0);
            let is_kept = self.returned.0 >= until_here;
            if let Some(deadline) = &mut scheduled.deadline {
                deadline.kept = is_kept.then(|| deadline.kept.unwrap_or(at));
            }
        }
    }

    /// The instalments whose clocks run, with their numbers from 1.
    pub(super) fn running(&self) -> impl Iterator<Item = (u32, &Deadline)> {
        let is_open = self.state == DrawState::Paid;
        let numbered = (1..).zip(&self.instalments);
        let running = numbered.filter_map(|(number, scheduled)| Some((number, scheduled.deadline.as_ref()?)));
        running.filter(move |(_, deadline)| is_open && deadline.runs())
    }
}

/// 行业风险准备金.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reserve {
    pub(super) journal: Journal,
    members: BTreeMap<InstitutionId, Member>,
    draws: BTreeMap<String, Draw>,
    receipts: BTreeMap<String, Receipt>,
    references: BTreeSet<String>,
}

impl Reserve {
    /// What an institution has with the fund.
    pub fn member(&self, institution: &InstitutionId) -> Option<&Member> {
        self.members.get(institution)
    }

    /// Every institution that has something with the fund.
    pub fn members(&self) -> impl Iterator<Item = (&InstitutionId, &Member)> {
        self.members.iter()
    }

    /// A month's contribution of an institution, if it was accrued.
    pub fn accrual(&self, institution: &InstitutionId, month: Month) -> Option<&Accrual> {
        self.members.get(institution)?.accruals.get(&month)
    }

    /// A draw by its number.
    pub fn draw(&self, id: &str) -> Option<&Draw> {
        self.draws.get(id)
    }

    /// All draws, in the order of their numbers.
    pub fn draws(&self) -> impl DoubleEndedIterator<Item = &Draw> {
        self.draws.values()
    }

    /// What came in, by its voucher.
    pub fn receipt(&self, voucher: &str) -> Option<&Receipt> {
        self.receipts.get(voucher)
    }

    /// Whether a bank's reference was booked before.
    pub fn knows_reference(&self, reference: &str) -> bool {
        self.references.contains(reference)
    }

    /// All entries, in the order in which they were made.
    pub fn entries(&self) -> &[Entry] {
        self.journal.entries()
    }

    /// The balance of an institution's part of an account, on the account's own side.
    pub fn balance(&self, account: Account, institution: &InstitutionId) -> Fen {
        self.journal.balance(account, account.is_per_institution().then_some(institution))
    }

    /// The money on the fund's bank account.
    pub fn cash(&self) -> Fen {
        self.journal.balance(Account::Cash, None)
    }

    /// The cash less what is approved and not paid out.
    pub fn available(&self) -> Fen {
        let approved = self.draws.values().filter(|draw| draw.state == DrawState::Approved);
        Fen(approved.fold(self.cash().0, |fen, draw| fen.saturating_sub(draw.amount.0)))
    }

    /// 对账单 of an institution from one day to another, both included.
    pub fn statement(&self, institution: &InstitutionId, from: Day, to: Day) -> Statement {
        self.journal.statement(institution, from, to)
    }

    /// 试算平衡表.
    pub fn trial_balance(&self) -> TrialBalance {
        self.journal.trial_balance()
    }

    /// The earliest running deadline.
    pub fn timer(&self) -> Option<Time> {
        let accruals = self.members.values().flat_map(|member| member.accruals.values());
        let contributions = accruals.filter_map(|accrual| accrual.pay.as_ref()?.timer());
        let repayments = self.draws.values().flat_map(Draw::running);
        contributions.chain(repayments.filter_map(|(_, deadline)| deadline.timer())).min()
    }

    /// Takes in what happened. An event whose entry cannot be booked changes nothing.
    pub fn apply(&mut self, event: &ReserveEvent) {
        if let Some(entry) = &event.entry
            && !self.journal.book(entry)
        {
            return;
        }
        match &event.step {
            ReserveStep::Accrued { .. } | ReserveStep::ContributionMissed { .. } => self.apply_accrual(event),
            ReserveStep::ContributionReceived { amount, reference } => {
                self.take_in(event, ReceiptKind::Contribution, *amount, reference);
                let member = self.members.entry(event.institution.clone()).or_default();
                member.in_advance.0 = member.in_advance.0.saturating_add(amount.0);
                member.allocate(event.at);
            }
            ReserveStep::ReceiptReversed { receipt, .. } => self.apply_reversal(receipt, event.at),
            ReserveStep::DrawRequested { amount, purpose, case, instalments } => {
                let scheduled =
                    |instalment: &Instalment| Scheduled { instalment: *instalment, deadline: None };
                let draw = Draw {
                    id: event.id.clone(),
                    institution: event.institution.clone(),
                    case: case.clone(),
                    amount: *amount,
                    purpose: purpose.clone(),
                    instalments: instalments.iter().map(scheduled).collect(),
                    state: DrawState::Requested,
                    requested_at: event.at,
                    requested_by: event.by.clone(),
                    decided_by: None,
                    reason: None,
                    paid_at: None,
                    returned: Fen(0),
                    written_off: Fen(0),
                    write_off: None,
                };
                self.draws.insert(event.id.clone(), draw);
            }
            _ => self.apply_to_draw(event),
        }
    }

    fn apply_accrual(&mut self, event: &ReserveEvent) {
        let member = self.members.entry(event.institution.clone()).or_default();
        match &event.step {
            ReserveStep::Accrued { month, revision, income, share, contribution, pay } => {
                let before = member.accruals.remove(month);
                let accrual = Accrual {
                    revision: *revision,
                    income: *income,
                    share: *share,
                    contribution: *contribution,
                    paid: before.as_ref().map_or(Fen(0), |before| before.paid),
                    accrued_at: event.at,
                    pay: pay.or(before.and_then(|before| before.pay)),
                };
                member.accruals.insert(*month, accrual);
                member.allocate(event.at);
            }
            ReserveStep::ContributionMissed { month } => {
                if let Some(pay) = member.accruals.get_mut(month).and_then(|accrual| accrual.pay.as_mut()) {
                    pay.missed.get_or_insert(event.at);
                }
            }
            _ => {}
        }
    }

    fn take_in(&mut self, event: &ReserveEvent, kind: ReceiptKind, amount: Fen, reference: &str) {
        let Some(entry) = &event.entry else { return };
        let receipt = Receipt {
            kind,
            institution: event.institution.clone(),
            amount,
            reference: reference.to_owned(),
            by: event.by.clone(),
            at: event.at,
            is_reversed: false,
        };
        self.receipts.insert(entry.voucher.clone(), receipt);
        self.references.insert(reference.to_owned());
    }

    fn apply_reversal(&mut self, voucher: &str, at: Time) {
        let Some(receipt) = self.receipts.get_mut(voucher) else { return };
        if std::mem::replace(&mut receipt.is_reversed, true) {
            return;
        }
        match &receipt.kind {
            ReceiptKind::Contribution => {
                if let Some(member) = self.members.get_mut(&receipt.institution) {
                    member.take_back(receipt.amount, at);
                }
            }
            ReceiptKind::Repayment(id) => {
                if let Some(draw) = self.draws.get_mut(id) {
                    draw.returned.0 = draw.returned.0.saturating_sub(receipt.amount.0);
                    draw.settle(at);
                }
            }
        }
    }

    fn apply_to_draw(&mut self, event: &ReserveEvent) {
        if !self.draws.contains_key(&event.id) {
            return;
        }
        if let ReserveStep::DrawRepaid { amount, reference } = &event.step {
            self.take_in(event, ReceiptKind::Repayment(event.id.clone()), *amount, reference);
        }
        if let ReserveStep::DrawPaid { reference, .. } = &event.step {
            self.references.insert(reference.clone());
        }
        let Some(draw) = self.draws.get_mut(&event.id) else { return };
        match &event.step {
            ReserveStep::DrawApproved => {
                draw.state = DrawState::Approved;
                draw.decided_by = Some(event.by.clone());
            }
            ReserveStep::DrawRejected { reason } => {
                draw.state = DrawState::Rejected;
                draw.decided_by = Some(event.by.clone());
                draw.reason = Some(reason.clone());
            }
            ReserveStep::DrawWithdrawn { reason } => {
                draw.state = DrawState::Withdrawn;
                draw.reason = Some(reason.clone());
            }
            ReserveStep::DrawPaid { deadlines, .. } => {
                draw.paid_at = Some(event.at);
                for (scheduled, deadline) in draw.instalments.iter_mut().zip(deadlines) {
                    scheduled.deadline = Some(*deadline);
                }
                draw.settle(event.at);
            }
            ReserveStep::DrawRepaid { amount, .. } => {
                draw.returned.0 = draw.returned.0.saturating_add(amount.0);
                draw.settle(event.at);
                draw.drop_write_off_beyond();
            }
            ReserveStep::InstalmentMissed { instalment } => {
                let mut numbered = (1..).zip(&mut draw.instalments);
                let found = numbered.find(|(number, _)| number == instalment);
                if let Some(deadline) = found.and_then(|(_, scheduled)| scheduled.deadline.as_mut()) {
                    deadline.missed.get_or_insert(event.at);
                }
            }
            ReserveStep::WriteOffProposed { amount, reason } => {
                draw.write_off =
                    Some(WriteOff { amount: *amount, reason: reason.clone(), by: event.by.clone() });
            }
            ReserveStep::WriteOffApproved { amount } => {
                draw.write_off = None;
                draw.written_off.0 = draw.written_off.0.saturating_add(amount.0);
                draw.settle(event.at);
            }
            ReserveStep::WriteOffRejected { .. } => draw.write_off = None,
            _ => {}
        }
    }
}

impl Draw {
    /// A write-off of more than is outstanding by now is off the table: it has to be proposed anew.
    fn drop_write_off_beyond(&mut self) {
        let outstanding = self.outstanding();
        self.write_off.take_if(|write_off| write_off.amount > outstanding);
    }
}
