//! What may be done with the reserve, and what comes of it.

use model::institution::InstitutionId;
use model::money::{AMOUNT_FEN_MAX, Fen, Percent};
use model::text::Text;
use serde::{Deserialize, Serialize};

use super::Terms;
use super::account::{Account, Side};
use super::event::{Instalment, Month, ReserveEvent, ReserveStep};
use super::journal::{Entry, Line};
use super::life::{DrawState, Step, TABLE};
use super::state::{Draw, Receipt, ReceiptKind, Reserve};
use crate::actor::{Actor, Who};
use crate::life::{Under, admit, another, written};
use crate::numbers::{Kind, Numbers};
use crate::term::Deadline;
use crate::{Refusal, Why};

/// Characters of a purpose or reason at most.
const TEXT_CHARS_MAX: usize = 2_000;
/// Characters of a bank's reference at most.
const REFERENCE_CHARS_MAX: usize = 64;
/// Instalments of a draw at most.
const INSTALMENTS_MAX: usize = 120;

/// A command to the reserve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReserveCommand {
    /// 计提: accrue a month's contribution from the income that was filed for it.
    Accrue {
        /// The institution.
        institution: InstitutionId,
        /// The month.
        month: Month,
        /// The income filed for it; negative for a loss.
        income: Fen,
    },
    /// 收缴: a contribution came in.
    Receive {
        /// From whom.
        institution: InstitutionId,
        /// How much.
        amount: Fen,
        /// The bank's reference.
        reference: String,
    },
    /// 冲销: take back a receipt that was booked by mistake.
    ReverseReceipt {
        /// Its voucher.
        receipt: String,
        /// Why.
        reason: String,
    },
    /// 申请动用.
    RequestDraw {
        /// To whom.
        institution: InstitutionId,
        /// How much.
        amount: Fen,
        /// What for.
        purpose: String,
        /// The case that it belongs to.
        #[serde(default)]
        case: Option<String>,
        /// How it is to be repaid; the instalments come to the amount.
        instalments: Vec<Instalment>,
    },
    /// 批准动用.
    ApproveDraw {
        /// The draw.
        draw: String,
    },
    /// 不予批准.
    RejectDraw {
        /// The draw.
        draw: String,
        /// Why.
        reason: String,
    },
    /// 撤回申请.
    WithdrawDraw {
        /// The draw.
        draw: String,
        /// Why.
        reason: String,
    },
    /// 拨付.
    PayDraw {
        /// The draw.
        draw: String,
        /// The bank's reference.
        reference: String,
    },
    /// 偿还.
    Repay {
        /// The draw.
        draw: String,
        /// How much.
        amount: Fen,
        /// The bank's reference.
        reference: String,
    },
    /// 提请核销.
    ProposeWriteOff {
        /// The draw.
        draw: String,
        /// How much.
        amount: Fen,
        /// Why.
        reason: String,
    },
    /// 批准核销.
    ApproveWriteOff {
        /// The draw.
        draw: String,
    },
    /// 不予核销.
    RejectWriteOff {
        /// The draw.
        draw: String,
        /// Why.
        reason: String,
    },
}

/// A month's contribution: the share of the income, rounded half up to the fen; nothing of a loss.
/// Nothing where it leaves the range of amounts.
pub fn contribution_of(income: Fen, share: Percent) -> Option<Fen> {
    // A per cent in millionths: 10⁸ of them are the whole.
    const WHOLE: i128 = 100_000_000;
    let product = i128::from(income.0.max(0)) * i128::from(share.0.max(0));
    let fen = i64::try_from((product + WHOLE / 2) / WHOLE).ok()?;
    (fen <= AMOUNT_FEN_MAX).then_some(Fen(fen))
}

/// What a command comes to.
///
/// # Errors
/// [`Refusal`].
pub fn command(
    reserve: &Reserve,
    command: &ReserveCommand,
    who: &Who,
    under: &Under<'_, Terms>,
    numbers: &mut Numbers,
) -> Result<Vec<ReserveEvent>, Refusal> {
    let desk = Desk { reserve, who, under };
    use ReserveCommand as C;
    let event = match command {
        C::Accrue { institution, month, income } => desk.accrue(institution, *month, *income),
        C::Receive { institution, amount, reference } => desk.receive(institution, *amount, reference),
        C::ReverseReceipt { receipt, reason } => desk.reverse(receipt, reason),
        C::RequestDraw { institution, amount, purpose, case, instalments } => {
            let case = case.as_deref();
            desk.request((institution, *amount), (purpose, case), instalments, numbers)
        }
        C::ApproveDraw { draw } => desk.approve(draw),
        C::RejectDraw { draw, reason } => desk.reject(draw, reason),
        C::WithdrawDraw { draw, reason } => desk.withdraw(draw, reason),
        C::PayDraw { draw, reference } => desk.pay(draw, reference),
        C::Repay { draw, amount, reference } => desk.repay(draw, *amount, reference),
        C::ProposeWriteOff { draw, amount, reason } => desk.propose_write_off(draw, *amount, reason),
        C::ApproveWriteOff { draw } => desk.approve_write_off(draw),
        C::RejectWriteOff { draw, reason } => desk.reject_write_off(draw, reason),
    }?;
    Ok(vec![event])
}

/// What is over by now, each noticed once.
pub fn due(reserve: &Reserve, under: &Under<'_, Terms>) -> Vec<ReserveEvent> {
    let event = |id: &str, institution: &InstitutionId, step| ReserveEvent {
        id: id.to_owned(),
        institution: institution.clone(),
        at: under.now,
        by: Actor::System,
        step,
        entry: None,
    };
    let mut events = Vec::new();
    for (institution, member) in reserve.members() {
        for (month, accrual) in &member.accruals {
            if accrual.pay.is_some_and(|pay| pay.is_over(under.now)) {
                let step = ReserveStep::ContributionMissed { month: *month };
                events.push(event(institution.as_str(), institution, step));
            }
        }
    }
    for draw in reserve.draws() {
        for (instalment, _) in draw.running().filter(|(_, deadline)| deadline.is_over(under.now)) {
            events.push(event(&draw.id, &draw.institution, ReserveStep::InstalmentMissed { instalment }));
        }
    }
    events
}

/// The two sides of an entry in the making.
#[derive(Default)]
struct Lines(Vec<Line>);

impl Lines {
    /// Books an amount from one account to another; an amount of zero books nothing.
    fn book(mut self, debit: Account, credit: Account, institution: &InstitutionId, fen: i64) -> Self {
        for (account, side) in [(debit, Side::Debit), (credit, Side::Credit)] {
            let institution = account.is_per_institution().then(|| institution.clone());
            let is_it = |line: &&mut Line| line.account == account && line.side == side;
            match self.0.iter_mut().find(is_it) {
                _ if fen <= 0 => {}
                Some(line) => line.amount.0 = line.amount.0.saturating_add(fen),
                None => self.0.push(Line { account, institution, side, amount: Fen(fen) }),
            }
        }
        self
    }
}

/// Who asks what of the reserve, and when.
struct Desk<'d> {
    reserve: &'d Reserve,
    who: &'d Who,
    under: &'d Under<'d, Terms>,
}

impl Desk<'_> {
    fn event(&self, id: &str, institution: &InstitutionId, step: ReserveStep) -> ReserveEvent {
        let (id, institution) = (id.to_owned(), institution.clone());
        ReserveEvent { id, institution, at: self.under.now, by: self.who.actor.clone(), step, entry: None }
    }

    /// The entry of some lines; nothing where there is nothing to book.
    fn entry(&self, text: Text, lines: Lines) -> Result<Option<Entry>, Refusal> {
        if lines.0.is_empty() {
            return Ok(None);
        }
        let now = self.under.now;
        let voucher = self.reserve.journal.next_voucher(now);
        let entry = Entry { voucher, day: now.day(), text, lines: lines.0 };
        match self.reserve.journal.takes(&entry) {
            true => Ok(Some(entry)),
            false => Err(Refusal::new(
                Why::BadValue,
                format!(
                    "记账后科目余额将超出账簿可记范围（{}元）或专户存款将为负，不予记账。",
                    Fen(AMOUNT_FEN_MAX)
                ),
                format!(
                    "A balance would leave what the books hold ({} yuan), or the cash fall below zero; nothing is booked.",
                    Fen(AMOUNT_FEN_MAX)
                ),
            )),
        }
    }

    fn admit_books(&self, step: Step) -> Result<(), Refusal> {
        admit(TABLE, step, None::<DrawState>, self.who, &Text::default())
    }

    fn draw(&self, id: &str, step: Step) -> Result<&Draw, Refusal> {
        let found = self.reserve.draw(id);
        let draw = found.ok_or_else(|| Refusal::not_found(&Text::new("动用申请", "draw"), id))?;
        let what = Text::new(format!("动用申请{id}"), format!("Draw {id}"));
        admit(TABLE, step, Some(draw.state), self.who, &what)?;
        Ok(draw)
    }

    /// An institution acts for itself alone.
    fn for_itself(&self, institution: &InstitutionId) -> Result<(), Refusal> {
        let is_other = match &self.who.actor {
            Actor::Person(_) | Actor::System => false,
            Actor::Institution(id) => id != institution.as_str(),
            Actor::Partner(_) | Actor::Anonymous => true,
        };
        match is_other {
            false => Ok(()),
            true => Err(Refusal::new(
                Why::NotAllowed,
                "动用准备金的申请须由机构为自己提出或撤回。",
                "A draw is asked for, or withdrawn, by the institution itself.",
            )),
        }
    }

    /// A bank's reference that was not booked before: the same transfer is booked once.
    fn reference(&self, reference: &str) -> Result<String, Refusal> {
        let what = ("银行流水号", "the bank's reference");
        let reference = written(reference, what, REFERENCE_CHARS_MAX)?;
        match self.reserve.knows_reference(&reference) {
            false => Ok(reference),
            true => Err(Refusal::new(
                Why::BadValue,
                format!("银行流水号“{reference}”已经记账，同一笔资金不重复记账。"),
                format!("The bank's reference \"{reference}\" was booked before; a transfer is booked once."),
            )),
        }
    }

    fn accrue(
        &self,
        institution: &InstitutionId,
        month: Month,
        income: Fen,
    ) -> Result<ReserveEvent, Refusal> {
        self.admit_books(Step::Accrue)?;
        if self.under.now.day() <= month.last() {
            return Err(Refusal::new(
                Why::NotNow,
                format!("{}尚未结束，次月方可计提。", month.zh()),
                format!("{month} is not over; it is accrued from the month after."),
            ));
        }
        let before = self.reserve.accrual(institution, month);
        if before.is_some_and(|before| before.income == income) {
            return Err(Refusal::new(
                Why::NotNow,
                format!("{}已按收入{income}元计提，同一收入不重复计提。", month.zh()),
                format!("{month} was accrued from an income of {income} yuan; the same income accrues once."),
            ));
        }
        // A month that was accrued keeps its share, whatever the policy says by now.
        let share = before.map_or(self.under.terms.share, |before| before.share);
        let in_range = (-AMOUNT_FEN_MAX..=AMOUNT_FEN_MAX).contains(&income.0);
        let contribution = contribution_of(income, share).filter(|_| in_range).ok_or_else(too_large)?;
        let change = contribution.0 - before.map_or(0, |before| before.contribution.0);
        let lines = match change {
            1.. => self.more(institution, change),
            _ => self.less(institution, change.saturating_neg()),
        };
        let is_owed = change > 0 && before.is_none_or(|before| before.unpaid() == Fen(0));
        let deadline = || Deadline::start(self.under.terms.pay, self.under.now, self.under.calendar);
        let revision = before.map_or(1, |before| before.revision.saturating_add(1));
        let text = match revision {
            1 => Text::new(
                format!("计提{}风险准备金", month.zh()),
                format!("Contribution for {month} accrued"),
            ),
            _ => Text::new(
                format!("更正{}风险准备金（第{revision}次计提）", month.zh()),
                format!("Contribution for {month} corrected (accrual {revision})"),
            ),
        };
        let step = ReserveStep::Accrued {
            month,
            revision,
            income,
            share,
            contribution,
            pay: is_owed.then(deadline),
        };
        let entry = self.entry(text, lines)?;
        Ok(ReserveEvent { entry, ..self.event(institution.as_str(), institution, step) })
    }

    /// More is owed; what was paid in advance settles it.
    fn more(&self, institution: &InstitutionId, fen: i64) -> Lines {
        use Account::{ContributionsPrepaid, ContributionsReceivable, FundAssessed, FundPaidIn};
        let settled = fen.min(self.reserve.balance(ContributionsPrepaid, institution).0);
        Lines::default()
            .book(ContributionsReceivable, FundAssessed, institution, fen)
            .book(ContributionsPrepaid, ContributionsReceivable, institution, settled)
            .book(FundAssessed, FundPaidIn, institution, settled)
    }

    /// Less is owed; what was paid already stands for the months to come.
    fn less(&self, institution: &InstitutionId, fen: i64) -> Lines {
        use Account::{ContributionsPrepaid, ContributionsReceivable, FundAssessed, FundPaidIn};
        let unpaid = fen.min(self.reserve.balance(ContributionsReceivable, institution).0);
        Lines::default().book(FundAssessed, ContributionsReceivable, institution, unpaid).book(
            FundPaidIn,
            ContributionsPrepaid,
            institution,
            fen - unpaid,
        )
    }

    fn receive(
        &self,
        institution: &InstitutionId,
        amount: Fen,
        reference: &str,
    ) -> Result<ReserveEvent, Refusal> {
        use Account::{Cash, ContributionsPrepaid, ContributionsReceivable, FundAssessed, FundPaidIn};
        self.admit_books(Step::Receive)?;
        let (amount, reference) = (positive(amount)?, self.reference(reference)?);
        let settled = amount.0.min(self.reserve.balance(ContributionsReceivable, institution).0);
        let lines = Lines::default()
            .book(Cash, ContributionsReceivable, institution, settled)
            .book(Cash, ContributionsPrepaid, institution, amount.0 - settled)
            .book(FundAssessed, FundPaidIn, institution, settled);
        let text = Text::new(
            format!("收缴风险准备金，流水号{reference}"),
            format!("Contribution received, reference {reference}"),
        );
        let entry = self.entry(text, lines)?;
        let step = ReserveStep::ContributionReceived { amount, reference };
        Ok(ReserveEvent { entry, ..self.event(institution.as_str(), institution, step) })
    }

    fn reverse(&self, voucher: &str, reason: &str) -> Result<ReserveEvent, Refusal> {
        use Account::{Cash, ContributionsPrepaid, ContributionsReceivable, DrawsReceivable};
        use Account::{FundAssessed, FundPaidIn, WriteOffs};
        self.admit_books(Step::Reverse)?;
        let found = self.reserve.receipt(voucher);
        let receipt = found.ok_or_else(|| Refusal::not_found(&Text::new("收款凭证", "receipt"), voucher))?;
        if receipt.is_reversed {
            return Err(Refusal::new(
                Why::NotNow,
                format!("收款凭证{voucher}已经冲销。"),
                format!("Receipt {voucher} was reversed before."),
            ));
        }
        another(self.who, &receipt.by, Step::Reverse)?;
        let reason = written(reason, ("冲销理由", "why it is reversed"), TEXT_CHARS_MAX)?;
        let Receipt { institution, amount, .. } = receipt;
        self.covered(*amount, self.reserve.available(), "冲销", "the reversal")?;
        let (id, lines) = match &receipt.kind {
            ReceiptKind::Contribution => {
                let unused = amount.0.min(self.reserve.balance(ContributionsPrepaid, institution).0);
                let lines = Lines::default()
                    .book(ContributionsPrepaid, Cash, institution, unused)
                    .book(ContributionsReceivable, Cash, institution, amount.0 - unused)
                    .book(FundPaidIn, FundAssessed, institution, amount.0 - unused);
                (institution.as_str(), lines)
            }
            ReceiptKind::Repayment(id) => {
                let recovered = self.reserve.draw(id).map_or(0, |draw| draw.recovered().0);
                let recovered = amount.0.min(recovered);
                let lines = Lines::default().book(WriteOffs, Cash, institution, recovered).book(
                    DrawsReceivable,
                    Cash,
                    institution,
                    amount.0 - recovered,
                );
                (id.as_str(), lines)
            }
        };
        let text = Text::new(format!("冲销收款凭证{voucher}"), format!("Receipt {voucher} reversed"));
        let entry = self.entry(text, lines)?;
        let step = ReserveStep::ReceiptReversed { receipt: voucher.to_owned(), reason };
        Ok(ReserveEvent { entry, ..self.event(id, institution, step) })
    }

    fn request(
        &self,
        (institution, amount): (&InstitutionId, Fen),
        (purpose, case): (&str, Option<&str>),
        instalments: &[Instalment],
        numbers: &mut Numbers,
    ) -> Result<ReserveEvent, Refusal> {
        self.admit_books(Step::Request)?;
        self.for_itself(institution)?;
        let amount = positive(amount)?;
        let purpose = written(purpose, ("动用用途", "what the draw is for"), TEXT_CHARS_MAX)?;
        scheduled(instalments, amount)?;
        self.in_order(instalments)?;
        let step = ReserveStep::DrawRequested {
            amount,
            purpose,
            case: case.map(str::to_owned),
            instalments: instalments.to_vec(),
        };
        Ok(self.event(&numbers.next(Kind::Draw, self.under.now), institution, step))
    }

    /// That no instalment is due before the one that stands before it.
    fn in_order(&self, instalments: &[Instalment]) -> Result<(), Refusal> {
        let due = |instalment: &Instalment| {
            Deadline::start_checked(instalment.within, self.under.now, self.under.calendar)
        };
        let deadlines = instalments.iter().map(due).collect::<Result<Vec<_>, _>>()?;
        match deadlines.is_sorted_by_key(|deadline| deadline.due) {
            true => Ok(()),
            false => Err(Refusal::new(
                Why::BadValue,
                "各期偿还须按期限先后排列。",
                "The instalments have to stand in the order in which they are due.",
            )),
        }
    }

    /// That an amount is there, with the figures where it is not.
    fn covered(&self, amount: Fen, available: Fen, zh: &str, en: &str) -> Result<(), Refusal> {
        if amount <= available {
            return Ok(());
        }
        Err(Refusal::new(
            Why::NotNow,
            format!(
                "准备金可用余额{available}元（专户存款{}元，减去已批准未拨付的动用款），不足以{zh}{amount}元，尚缺{}元。",
                self.reserve.cash(),
                Fen(amount.0.saturating_sub(available.0))
            ),
            format!(
                "The reserve has {available} yuan available (cash of {} yuan less what is approved and not paid out), {} yuan short of {en} of {amount} yuan.",
                self.reserve.cash(),
                Fen(amount.0.saturating_sub(available.0))
            ),
        ))
    }

    fn approve(&self, id: &str) -> Result<ReserveEvent, Refusal> {
        let draw = self.draw(id, Step::Approve)?;
        another(self.who, &draw.requested_by, Step::Approve)?;
        self.covered(draw.amount, self.reserve.available(), "批准动用", "the draw")?;
        Ok(self.event(id, &draw.institution, ReserveStep::DrawApproved))
    }

    fn reject(&self, id: &str, reason: &str) -> Result<ReserveEvent, Refusal> {
        let draw = self.draw(id, Step::Reject)?;
        another(self.who, &draw.requested_by, Step::Reject)?;
        let reason = written(reason, ("不予批准的理由", "why it is rejected"), TEXT_CHARS_MAX)?;
        Ok(self.event(id, &draw.institution, ReserveStep::DrawRejected { reason }))
    }

    fn withdraw(&self, id: &str, reason: &str) -> Result<ReserveEvent, Refusal> {
        let draw = self.draw(id, Step::Withdraw)?;
        self.for_itself(&draw.institution)?;
        let reason = written(reason, ("撤回理由", "why it is withdrawn"), TEXT_CHARS_MAX)?;
        Ok(self.event(id, &draw.institution, ReserveStep::DrawWithdrawn { reason }))
    }

    fn pay(&self, id: &str, reference: &str) -> Result<ReserveEvent, Refusal> {
        let draw = self.draw(id, Step::Pay)?;
        let approver = draw.decided_by.as_ref().unwrap_or(&draw.requested_by);
        another(self.who, approver, Step::Pay)?;
        let reference = self.reference(reference)?;
        self.covered(draw.amount, self.reserve.cash(), "拨付", "the payment")?;
        let start = |scheduled: &super::state::Scheduled| {
            Deadline::start_checked(scheduled.instalment.within, self.under.now, self.under.calendar)
        };
        let deadlines = draw.instalments.iter().map(start).collect::<Result<Vec<_>, _>>()?;
        let lines =
            Lines::default().book(Account::DrawsReceivable, Account::Cash, &draw.institution, draw.amount.0);
        let text = Text::new(format!("拨付动用款{id}"), format!("Draw {id} paid out"));
        let entry = self.entry(text, lines)?;
        let step = ReserveStep::DrawPaid { reference, deadlines };
        Ok(ReserveEvent { entry, ..self.event(id, &draw.institution, step) })
    }

    fn repay(&self, id: &str, amount: Fen, reference: &str) -> Result<ReserveEvent, Refusal> {
        let draw = self.draw(id, Step::Repay)?;
        let (amount, reference) = (positive(amount)?, self.reference(reference)?);
        if amount > draw.receivable() {
            return Err(beyond(amount, draw.receivable(), ("偿还", "repayment"), ("尚未收回", "still out")));
        }
        let repaid = amount.0.min(draw.outstanding().0);
        let lines = Lines::default()
            .book(Account::Cash, Account::DrawsReceivable, &draw.institution, repaid)
            .book(Account::Cash, Account::WriteOffs, &draw.institution, amount.0 - repaid);
        let text = Text::new(format!("偿还动用款{id}"), format!("Draw {id} repaid"));
        let entry = self.entry(text, lines)?;
        let step = ReserveStep::DrawRepaid { amount, reference };
        Ok(ReserveEvent { entry, ..self.event(id, &draw.institution, step) })
    }

    fn propose_write_off(&self, id: &str, amount: Fen, reason: &str) -> Result<ReserveEvent, Refusal> {
        let draw = self.draw(id, Step::ProposeWriteOff)?;
        if draw.write_off.is_some() {
            return Err(Refusal::new(
                Why::NotNow,
                format!("动用申请{id}已有一项核销待批准。"),
                format!("A write-off of draw {id} waits for its approval already."),
            ));
        }
        let amount = positive(amount)?;
        if amount > draw.outstanding() {
            return Err(beyond(amount, draw.outstanding(), ("核销", "write-off"), ("待偿还", "outstanding")));
        }
        let reason = written(reason, ("核销理由", "why it is written off"), TEXT_CHARS_MAX)?;
        Ok(self.event(id, &draw.institution, ReserveStep::WriteOffProposed { amount, reason }))
    }

    fn approve_write_off(&self, id: &str) -> Result<ReserveEvent, Refusal> {
        let draw = self.draw(id, Step::ApproveWriteOff)?;
        let write_off = draw.write_off.as_ref().ok_or_else(|| no_write_off(id))?;
        another(self.who, &write_off.by, Step::ApproveWriteOff)?;
        let lines = Lines::default().book(
            Account::WriteOffs,
            Account::DrawsReceivable,
            &draw.institution,
            write_off.amount.0,
        );
        let text = Text::new(format!("核销动用款{id}"), format!("Draw {id} written off"));
        let entry = self.entry(text, lines)?;
        let step = ReserveStep::WriteOffApproved { amount: write_off.amount };
        Ok(ReserveEvent { entry, ..self.event(id, &draw.institution, step) })
    }

    fn reject_write_off(&self, id: &str, reason: &str) -> Result<ReserveEvent, Refusal> {
        let draw = self.draw(id, Step::RejectWriteOff)?;
        let write_off = draw.write_off.as_ref().ok_or_else(|| no_write_off(id))?;
        another(self.who, &write_off.by, Step::RejectWriteOff)?;
        let reason = written(reason, ("不予核销的理由", "why it is not written off"), TEXT_CHARS_MAX)?;
        Ok(self.event(id, &draw.institution, ReserveStep::WriteOffRejected { reason }))
    }
}

fn too_large() -> Refusal {
    Refusal::new(
        Why::BadValue,
        format!("金额超出标准允许的范围（{}元）。", Fen(AMOUNT_FEN_MAX)),
        format!("The amount is larger than the standard allows ({} yuan).", Fen(AMOUNT_FEN_MAX)),
    )
}

fn positive(amount: Fen) -> Result<Fen, Refusal> {
    match amount.0 {
        ..=0 => Err(Refusal::new(Why::BadValue, "金额须大于零。", "The amount has to be above zero.")),
        AMOUNT_FEN_MAX.. if amount.0 > AMOUNT_FEN_MAX => Err(too_large()),
        _ => Ok(amount),
    }
}

fn beyond(amount: Fen, limit: Fen, what: (&str, &str), named: (&str, &str)) -> Refusal {
    Refusal::new(
        Why::BadValue,
        format!("{}{amount}元超过{}的{limit}元。", what.0, named.0),
        format!("A {} of {amount} yuan is more than the {limit} yuan {}.", what.1, named.1),
    )
}

fn no_write_off(id: &str) -> Refusal {
    Refusal::new(
        Why::Missing,
        format!("动用申请{id}没有待批准的核销，须先提请核销。"),
        format!("No write-off of draw {id} waits for approval; it has to be proposed first."),
    )
}

/// That instalments come to the amount.
fn scheduled(instalments: &[Instalment], amount: Fen) -> Result<(), Refusal> {
    let count = instalments.len();
    if !(1..=INSTALMENTS_MAX).contains(&count) {
        return Err(Refusal::new(
            Why::Missing,
            format!("请列明1至{INSTALMENTS_MAX}期偿还安排。"),
            format!("Say how it is repaid, in 1 to {INSTALMENTS_MAX} instalments."),
        ));
    }
    for instalment in instalments {
        positive(instalment.amount)?;
    }
    let sum: i128 = instalments.iter().map(|instalment| i128::from(instalment.amount.0)).sum();
    if sum == i128::from(amount.0) {
        return Ok(());
    }
    let sum = Fen(i64::try_from(sum).unwrap_or(i64::MAX));
    Err(Refusal::new(
        Why::BadValue,
        format!("各期偿还合计{sum}元，与动用金额{amount}元不符。"),
        format!("The instalments come to {sum} yuan, not to the {amount} yuan of the draw."),
    ))
}
