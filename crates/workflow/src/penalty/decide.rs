//! What may be done with a penalty, and what comes of it.

use model::calendar::BeyondCalendar;
use model::institution::{IdentifierCheck, check_identifier};
use model::money::{AMOUNT_FEN_MAX, Fen};
use model::text::Text;
use model::time::{Day, Time};

use super::Terms;
use super::command::PenaltyCommand;
use super::dates::{months, months_after, rolled};
use super::event::{
    AppealKind, Authority, Clock, Ground, PaymentKind, PenaltyEvent, PenaltyStep, ServiceWay,
};
use super::life::{Step, TABLE};
use super::sanction::Sanctions;
use super::state::{Penalties, Penalty};
use crate::actor::{Actor, Post, Who};
use crate::life::{Under, Word, admit, another, written};
use crate::term::{Deadline, Term};
use crate::{Refusal, Why};

/// Characters of facts, defences and records at most.
pub(super) const TEXT_CHARS_MAX: usize = 20_000;
/// Characters of names, numbers, places at most.
const NAME_CHARS_MAX: usize = 200;
/// 公示期 in months: the shortest and the longest (《信用信息修复管理办法》, to be confirmed).
const SHOWN_MONTHS: (u32, u32) = (3, 36);

pub(super) fn missing(zh: impl Into<String>, en: impl Into<String>) -> Refusal {
    Refusal::new(Why::Missing, zh, en)
}

pub(super) fn bad(zh: impl Into<String>, en: impl Into<String>) -> Refusal {
    Refusal::new(Why::BadValue, zh, en)
}

fn not_now(zh: impl Into<String>, en: impl Into<String>) -> Refusal {
    Refusal::new(Why::NotNow, zh, en)
}

pub(super) fn name(text: &str, what: (&str, &str)) -> Result<String, Refusal> {
    written(text, what, NAME_CHARS_MAX)
}

pub(super) fn reason(text: &str) -> Result<String, Refusal> {
    written(text, ("理由", "why"), TEXT_CHARS_MAX)
}

/// What a command to a penalty comes to.
///
/// # Errors
/// [`Refusal`].
pub fn command(
    penalties: &Penalties,
    id: &str,
    command: &PenaltyCommand,
    who: &Who,
    under: &Under<'_, Terms>,
) -> Result<Vec<PenaltyEvent>, Refusal> {
    let found = penalties.get(id);
    let penalty = found.ok_or_else(|| Refusal::not_found(&Text::new("处罚", "penalty"), id))?;
    let what = Text::new(format!("处罚{id}"), format!("Penalty {id}"));
    admit(TABLE, command.step(), Some(penalty.state), who, &what)?;
    let desk = Desk { penalties, penalty, who, under };
    use PenaltyCommand as C;
    let step = match command {
        C::Revise { sanctions, reason } => desk.revise(sanctions, reason),
        C::Notify { on, way } => desk.notify(*on, *way),
        C::Defend { text } => desk.defend(text),
        C::ReviewDefence { defence, adopted, reason } => desk.review(*defence, *adopted, reason),
        C::Waive => desk.waive(),
        C::AskHearing { on } => desk.ask_hearing(*on),
        C::CallHearing { on, place } => desk.call_hearing(*on, place),
        C::HoldHearing { record } => desk.hold_hearing(record),
        C::Propose { sanctions } => desk.propose(sanctions.as_ref()),
        C::SendBack { reason } => desk.send_back(reason),
        C::Decide { document, discussed_on } => desk.decide(document, *discussed_on),
        C::Drop { reason } => desk.drop(reason),
        C::Serve { on, way } => desk.serve(*on, *way),
        C::Pay { kind, amount, on, reference } => desk.pay((*kind, *amount), *on, reference),
        C::Refund { amount, reference } => desk.refund(*amount, reference),
        C::Defer { until, reason } => desk.defer(*until, reason),
        C::Appeal { kind, on, reference } => desk.appeal(*kind, *on, reference),
        C::Uphold { document, on } => desk.uphold(document, *on),
        C::Change { ground, document, on, sanctions } => desk.change(*ground, document, *on, sanctions),
        C::Overturn { ground, document, on } => desk.overturn(*ground, document, *on),
        C::Publish { until, authority } => desk.publish(*until, authority),
        C::WithdrawPublication { reason } => desk.withdraw(reason),
    }?;
    Ok(vec![desk.event(step)])
}

/// What is over by now, each noticed once, and what ends with it.
pub fn due(penalty: &Penalty, under: &Under<'_, Terms>) -> Vec<PenaltyEvent> {
    let event = |step| PenaltyEvent {
        id: penalty.id.clone(),
        institution: penalty.institution.clone(),
        at: under.now,
        by: Actor::System,
        step,
    };
    let over = penalty.clocks.iter().filter(|(_, deadline)| deadline.is_over(under.now));
    let over: Vec<Clock> = over.map(|(clock, _)| *clock).collect();
    let mut after = penalty.clone();
    for clock in &over {
        if let Some(deadline) = after.clocks.get_mut(clock) {
            deadline.missed = Some(under.now);
        }
    }
    let lapsed = over.into_iter().map(|clock| event(PenaltyStep::Lapsed { clock }));
    lapsed.chain(after.ends(under.now.day()).then(|| event(PenaltyStep::Concluded))).collect()
}

/// Who asks what of a penalty, and when.
struct Desk<'d> {
    penalties: &'d Penalties,
    penalty: &'d Penalty,
    who: &'d Who,
    under: &'d Under<'d, Terms>,
}

impl Desk<'_> {
    fn event(&self, step: PenaltyStep) -> PenaltyEvent {
        PenaltyEvent {
            id: self.penalty.id.clone(),
            institution: self.penalty.institution.clone(),
            at: self.under.now,
            by: self.who.actor.clone(),
            step,
        }
    }

    /// A day on which something happened: not before another, and not after today.
    fn happened(&self, on: Day, not_before: Day) -> Result<Day, Refusal> {
        let today = self.under.now.day();
        match (not_before..=today).contains(&on) {
            true => Ok(on),
            false => Err(bad(
                format!("日期{on}须在{not_before}至今日{today}之间。"),
                format!("The day {on} has to lie from {not_before} to today, {today}."),
            )),
        }
    }

    /// A clock that runs from a day; the day itself is not counted.
    fn running_from(&self, on: Day, term: Term) -> Result<Deadline, Refusal> {
        Deadline::start_checked(term, Time::start_of(on), self.under.calendar)
    }

    fn decided_on(&self) -> Day {
        self.penalty.decision.as_ref().map_or(self.penalty.drafted_at.day(), |decision| decision.on)
    }

    fn served_on(&self) -> Day {
        self.penalty.served_on.unwrap_or_else(|| self.decided_on())
    }

    fn is_person(&self) -> bool {
        self.penalty.addressee.person().is_some()
    }

    /// An institution speaks for itself; what a person says is taken down by an officer.
    fn for_itself(&self) -> Result<(), Refusal> {
        let speaks = match &self.who.actor {
            Actor::Person(_) => true,
            Actor::Institution(id) => !self.is_person() && id == self.penalty.institution.as_str(),
            Actor::System | Actor::Partner(_) | Actor::Anonymous => false,
        };
        match speaks {
            true => Ok(()),
            false => Err(Refusal::new(
                Why::NotAllowed,
                "须由当事机构自己提出；个人提出的，由监管员代为登记。",
                "The institution itself says so; what a person says is taken down by an officer.",
            )),
        }
    }

    fn revise(&self, sanctions: &Sanctions, why: &str) -> Result<PenaltyStep, Refusal> {
        sanctions.check(self.is_person())?;
        Ok(PenaltyStep::Revised { sanctions: sanctions.clone(), reason: reason(why)? })
    }

    fn notify(&self, on: Day, way: ServiceWay) -> Result<PenaltyStep, Refusal> {
        let on = self.happened(on, self.penalty.drafted_at.day())?;
        let respond = self.running_from(on, self.under.terms.respond)?;
        Ok(PenaltyStep::Notified { on, way, hearing_right: self.has_hearing_right(), respond })
    }

    /// Art. 63: a revocation, a bar, and what is above the authority's amount.
    fn has_hearing_right(&self) -> bool {
        let terms = self.under.terms;
        let from = if self.is_person() { terms.hearing_person_from } else { terms.hearing_institution_from };
        let sanctions = &self.penalty.sanctions;
        sanctions.revoked.is_some()
            || sanctions.bar.is_some()
            || sanctions.fine_amount() >= from
            || sanctions.confiscated >= from
    }

    fn defend(&self, text: &str) -> Result<PenaltyStep, Refusal> {
        self.for_itself()?;
        let text = written(text, ("陈述申辩的内容", "what the party says"), TEXT_CHARS_MAX)?;
        Ok(PenaltyStep::Defended { text })
    }

    fn review(&self, defence: u32, adopted: bool, why: &str) -> Result<PenaltyStep, Refusal> {
        let number = usize::try_from(defence).ok().and_then(|number| number.checked_sub(1));
        let found = number.and_then(|index| self.penalty.defences.get(index));
        let is_open = found.is_some_and(|defence| defence.adopted.is_none());
        if !is_open {
            return Err(not_now(
                format!("没有待复核的第{defence}份陈述申辩。"),
                format!("There is no statement {defence} that waits for its review."),
            ));
        }
        Ok(PenaltyStep::DefenceReviewed { defence, adopted, reason: reason(why)? })
    }

    fn waive(&self) -> Result<PenaltyStep, Refusal> {
        self.for_itself()?;
        let is_held = self.penalty.hearing.as_ref().is_some_and(|hearing| hearing.record.is_some());
        match self.penalty.is_waived || is_held {
            false => Ok(PenaltyStep::Waived),
            true => Err(not_now(
                "当事人已经放弃，或听证已经举行。",
                "The party waived before, or the hearing was held.",
            )),
        }
    }

    fn ask_hearing(&self, on: Day) -> Result<PenaltyStep, Refusal> {
        self.for_itself()?;
        let Some(notice) = &self.penalty.notice else {
            return Err(missing("须先送达事先告知书。", "The notice has to be served first."));
        };
        if !notice.hearing_right {
            return Err(not_now(
                "拟作出的处罚不属于可以申请听证的范围（行政处罚法第六十三条）；可以陈述申辩。",
                "There is no hearing for what is intended (art. 63); the party may state and defend.",
            ));
        }
        if self.penalty.is_waived {
            return Err(not_now("当事人已经放弃听证。", "The party gave up its right to a hearing."));
        }
        let on = self.happened(on, notice.on)?;
        let due = self.penalty.clocks.get(&Clock::Respond).and_then(|respond| respond.due);
        match due {
            Some(due) if Time::start_of(on) >= due => Err(not_now(
                format!("申请听证的期限已于{}届满（行政处罚法第六十四条）。", due.day().plus(-1)),
                format!(
                    "The days in which a hearing could be asked for ended on {} (art. 64).",
                    due.day().plus(-1)
                ),
            )),
            _ => Ok(PenaltyStep::HearingAsked { on }),
        }
    }

    fn call_hearing(&self, on: Day, place: &str) -> Result<PenaltyStep, Refusal> {
        if self.penalty.hearing.as_ref().is_some_and(|hearing| hearing.record.is_some()) {
            return Err(not_now("听证已经举行。", "The hearing was held."));
        }
        let days = self.under.terms.hearing_called_days;
        let beyond = |beyond: BeyondCalendar| Refusal::beyond(Term::WorkingDays(days), &beyond);
        let earliest = self.under.calendar.working_days_after(self.under.now.day(), days).map_err(beyond)?;
        if on < earliest {
            return Err(bad(
                format!("听证须提前{days}个工作日通知，最早为{earliest}（行政处罚法第六十四条）。"),
                format!(
                    "A hearing is called {days} working days before; the earliest day is {earliest} (art. 64)."
                ),
            ));
        }
        Ok(PenaltyStep::HearingCalled { on, place: name(place, ("听证地点", "where it is held"))? })
    }

    fn hold_hearing(&self, record: &str) -> Result<PenaltyStep, Refusal> {
        let hearing = self.penalty.hearing.as_ref();
        let called_on = hearing.and_then(|hearing| hearing.called_on);
        let Some(called_on) = called_on else {
            return Err(missing("须先通知听证的时间和地点。", "Day and place have to be made known first."));
        };
        if self.penalty.is_waived || hearing.is_some_and(|hearing| hearing.record.is_some()) {
            return Err(not_now("听证已经举行，或已被放弃。", "The hearing was held, or was waived."));
        }
        if self.under.now.day() < called_on {
            return Err(not_now(
                format!("听证定于{called_on}举行，尚未到期。"),
                format!("The hearing is on {called_on}, which is yet to come."),
            ));
        }
        let record = written(record, ("听证笔录摘要", "what the record says"), TEXT_CHARS_MAX)?;
        Ok(PenaltyStep::HearingHeld { record })
    }

    fn propose(&self, sanctions: Option<&Sanctions>) -> Result<PenaltyStep, Refusal> {
        let Some(notice) = &self.penalty.notice else {
            return Err(missing("须先送达事先告知书。", "The notice has to be served first."));
        };
        let unreviewed = (1_u32..).zip(&self.penalty.defences).find(|(_, defence)| defence.adopted.is_none());
        if let Some((number, _)) = unreviewed {
            return Err(missing(
                format!("第{number}份陈述申辩尚未复核（行政处罚法第四十五条）。"),
                format!("Statement {number} was not reviewed (art. 45)."),
            ));
        }
        let hearing = self.penalty.hearing.as_ref();
        if hearing.is_some_and(|hearing| hearing.record.is_none()) && !self.penalty.is_waived {
            return Err(missing(
                "当事人申请了听证，须先举行听证（行政处罚法第六十五条）。",
                "A hearing was asked for and has to be held first (art. 65).",
            ));
        }
        let respond = self.penalty.clocks.get(&Clock::Respond);
        if let Some(due) = respond.and_then(Deadline::timer)
            && self.under.now < due
        {
            let last = due.day().plus(-1);
            return Err(not_now(
                format!("陈述申辩和申请听证的期限至{last}，届满或当事人放弃后方可提请决定。"),
                format!(
                    "The party may state, defend and ask for a hearing until {last}; propose after that, or once it waived."
                ),
            ));
        }
        let sanctions = sanctions.unwrap_or(&self.penalty.sanctions);
        sanctions.check(self.is_person())?;
        if let Some(heavier) = sanctions.heavier_than(&notice.announced) {
            return Err(bad(
                format!(
                    "不得重于已告知的处罚（行政处罚法第四十五条）：{}；确需加重的，须重新告知。",
                    heavier.zh
                ),
                format!(
                    "Not heavier than what was announced (art. 45): {}; else it has to be announced anew.",
                    heavier.en
                ),
            ));
        }
        Ok(PenaltyStep::Proposed { sanctions: sanctions.clone() })
    }

    /// The head is another than who proposed.
    fn another_head(&self, step: Step) -> Result<(), Refusal> {
        let first = self.penalty.proposed_by.as_ref().unwrap_or(&self.penalty.drafted_by);
        another(self.who, first, step)
    }

    fn send_back(&self, why: &str) -> Result<PenaltyStep, Refusal> {
        self.another_head(Step::SendBack)?;
        Ok(PenaltyStep::SentBack { reason: reason(why)? })
    }

    fn decide(&self, document: &str, discussed_on: Option<Day>) -> Result<PenaltyStep, Refusal> {
        self.another_head(Step::Decide)?;
        let document = name(document, ("处罚决定书文号", "the number of the decision"))?;
        if self.penalties.knows_document(&document) {
            return Err(bad(
                format!("处罚决定书文号“{document}”已经使用。"),
                format!("The number \"{document}\" is that of another decision."),
            ));
        }
        let is_heavy = self.penalty.notice.as_ref().is_some_and(|notice| notice.hearing_right);
        if is_heavy && discussed_on.is_none() {
            return Err(missing(
                "重大处罚须由负责人集体讨论决定，请写明讨论日期（行政处罚法第五十七条）。",
                "A heavy penalty is discussed collectively; say on which day (art. 57).",
            ));
        }
        let discussed_on = match discussed_on {
            Some(on) => Some(self.happened(on, self.penalty.drafted_at.day())?),
            None => None,
        };
        let today = self.under.now.day();
        let serve = self.running_from(today, self.under.terms.serve)?;
        let publish = self.running_from(today, self.under.terms.publish)?;
        Ok(PenaltyStep::Decided { document, discussed_on, serve, publish })
    }

    fn drop(&self, why: &str) -> Result<PenaltyStep, Refusal> {
        another(self.who, &self.penalty.drafted_by, Step::Drop)?;
        Ok(PenaltyStep::Dropped { reason: reason(why)? })
    }

    fn serve(&self, on: Day, way: ServiceWay) -> Result<PenaltyStep, Refusal> {
        let on = self.happened(on, self.decided_on())?;
        let sanctions = &self.penalty.sanctions;
        let owes = sanctions.fine_amount().0 > 0 || sanctions.confiscated.0 > 0;
        let terms = self.under.terms;
        let pay = if owes { Some(self.running_from(on, terms.pay)?) } else { None };
        let reconsideration = rolled(self.running_from(on, terms.reconsideration)?, self.under.calendar);
        let lawsuit = months(on, terms.lawsuit_months, self.under.calendar);
        Ok(PenaltyStep::Served { on, way, pay, reconsideration, lawsuit })
    }

    fn pay(&self, paid: (PaymentKind, Fen), on: Day, reference: &str) -> Result<PenaltyStep, Refusal> {
        let (kind, amount) = paid;
        let on = self.happened(on, self.served_on())?;
        let reference = name(reference, ("银行流水号", "the bank's reference"))?;
        if self.penalty.payments.iter().any(|payment| payment.reference == reference) {
            return Err(bad(
                format!("银行流水号“{reference}”已经登记。"),
                format!("The bank's reference \"{reference}\" was taken down before."),
            ));
        }
        // Earlier payments count: what is owed is what is left of them on that day.
        let owed = self.penalty.owed(on).of(kind);
        within(amount, owed, (kind.zh(), kind.en()))?;
        Ok(PenaltyStep::Paid { kind, amount, on, reference })
    }

    fn refund(&self, amount: Fen, reference: &str) -> Result<PenaltyStep, Refusal> {
        let reference = name(reference, ("银行流水号", "the bank's reference"))?;
        within(amount, self.penalty.owed(self.under.now.day()).refund, ("退还", "refund"))?;
        Ok(PenaltyStep::Refunded { amount, reference })
    }

    fn defer(&self, until: Day, why: &str) -> Result<PenaltyStep, Refusal> {
        let today = self.under.now.day();
        let pay =
            self.penalty.clocks.get(&Clock::Pay).filter(|pay| pay.runs() && !pay.is_over(self.under.now));
        let last = pay.and_then(|pay| pay.due).map(|due| due.day().plus(-1));
        let Some(last) = last else {
            return Err(not_now(
                "没有在期限内待缴的款项；暂缓或分期须在缴纳期限届满前批准。",
                "Nothing is to be paid whose days still run; a deferral comes before they are over.",
            ));
        };
        let days = u32::try_from(until.0.saturating_sub(today.0)).unwrap_or(0);
        if until <= last || days > 366 * 3 {
            return Err(bad(
                format!("暂缓至的日期须晚于{last}，且不超过三年。"),
                format!("The new day has to be after {last}, and within three years."),
            ));
        }
        let pay = self.running_from(today, Term::Days(days))?;
        Ok(PenaltyStep::Deferred { pay, reason: reason(why)? })
    }

    fn appeal(&self, kind: AppealKind, on: Day, reference: &str) -> Result<PenaltyStep, Refusal> {
        let on = self.happened(on, self.served_on())?;
        // Reconsideration comes before a court, and once (《行政复议法》, 《行政诉讼法》第四十四条).
        if kind == AppealKind::Reconsideration && !self.penalty.appeals.is_empty() {
            return Err(not_now(
                "已经申请过复议或提起过诉讼，不再受理行政复议。",
                "It was reconsidered, or before a court, already; no reconsideration follows.",
            ));
        }
        let reference = name(reference, ("受理文号", "the number under which it was accepted"))?;
        Ok(PenaltyStep::Appealed { kind, on, reference })
    }

    /// The clock to sue after reconsideration; none after a court.
    fn lawsuit_after(&self, kind: Option<AppealKind>, on: Day) -> Result<Option<Deadline>, Refusal> {
        match kind {
            Some(AppealKind::Reconsideration) => {
                let deadline = self.running_from(on, self.under.terms.lawsuit_after)?;
                Ok(Some(rolled(deadline, self.under.calendar)))
            }
            _ => Ok(None),
        }
    }

    /// The day on which an outcome was received.
    fn received(&self, on: Day) -> Result<Day, Refusal> {
        let since = self.penalty.pending().map_or_else(|| self.decided_on(), |appeal| appeal.on);
        self.happened(on, since)
    }

    fn uphold(&self, document: &str, on: Day) -> Result<PenaltyStep, Refusal> {
        let on = self.received(on)?;
        let document = name(document, ("维持决定的文书", "the document that says so"))?;
        let lawsuit = self.lawsuit_after(self.penalty.pending().map(|appeal| appeal.kind), on)?;
        Ok(PenaltyStep::Upheld { document, on, lawsuit })
    }

    /// That the ground is there: an appeal of its kind, or the head's own correction.
    fn grounded(&self, ground: Ground, step: Step) -> Result<(), Refusal> {
        let pending = self.penalty.pending().map(|appeal| appeal.kind);
        let was_served = self.penalty.served_on.is_some();
        let fits = match ground {
            Ground::Own => {
                return match self.who.actor.person().is_some() && self.who.is_at_least(Post::Head) {
                    true => Ok(()),
                    false => Err(Refusal::new(
                        Why::NotAllowed,
                        format!("自行纠正的“{}”须由负责人作出。", step.zh()),
                        format!("To {} by the authority's own correction is for the head.", step.en()),
                    )),
                };
            }
            Ground::Reconsideration => pending == Some(AppealKind::Reconsideration),
            // A court may also take up again what was upheld before 再审.
            Ground::Court => was_served && pending != Some(AppealKind::Reconsideration),
        };
        match fits {
            true => Ok(()),
            false => Err(not_now(
                format!("没有进行中的相应程序，不能以“{}”为根据。", ground.zh()),
                format!("No such proceeding is pending; the ground cannot be a {}.", ground.en()),
            )),
        }
    }

    /// The clock to withdraw what was published, where something was.
    fn withdraw_by(&self) -> Result<Option<Deadline>, Refusal> {
        match self.penalty.published() {
            Some(_) => self.running_from(self.under.now.day(), self.under.terms.withdraw).map(Some),
            None => Ok(None),
        }
    }

    fn change(
        &self,
        ground: Ground,
        document: &str,
        on: Day,
        to: &Sanctions,
    ) -> Result<PenaltyStep, Refusal> {
        self.grounded(ground, Step::Change)?;
        let on = self.received(on)?;
        let document = name(document, ("变更决定的文书", "the document that says so"))?;
        to.check(self.is_person())?;
        if let Some(heavier) = to.heavier_than(&self.penalty.sanctions) {
            return Err(bad(
                format!("变更不得加重处罚：{}。", heavier.zh),
                format!("A change makes nothing heavier: {}.", heavier.en),
            ));
        }
        if *to == self.penalty.sanctions {
            return Err(bad(
                "变更后的处罚与原处罚相同；维持的，请登记为“维持”。",
                "What is imposed is the same as before; what stands is upheld.",
            ));
        }
        let lawsuit = match ground {
            Ground::Reconsideration => self.lawsuit_after(Some(AppealKind::Reconsideration), on)?,
            Ground::Own => Some(months(on, self.under.terms.lawsuit_months, self.under.calendar)),
            Ground::Court => None,
        };
        let (sanctions, withdraw) = (to.clone(), self.withdraw_by()?);
        Ok(PenaltyStep::Changed { ground, document, on, sanctions, lawsuit, withdraw })
    }

    fn overturn(&self, ground: Ground, document: &str, on: Day) -> Result<PenaltyStep, Refusal> {
        self.grounded(ground, Step::Overturn)?;
        let on = self.received(on)?;
        let document = name(document, ("撤销决定的文书", "the document that says so"))?;
        Ok(PenaltyStep::Overturned { ground, document, on, withdraw: self.withdraw_by()? })
    }

    fn publish(&self, until: Day, authority: &Authority) -> Result<PenaltyStep, Refusal> {
        if self.penalty.published().is_some() {
            return Err(not_now(
                "该处罚已经公示；内容有变更的，须先撤回。",
                "It is published; what changed has to be withdrawn first.",
            ));
        }
        let authority = Authority {
            name: name(&authority.name, ("处罚机关", "the authority"))?,
            code: name(&authority.code, ("处罚机关统一社会信用代码", "the authority's credit code"))?,
        };
        if authority.code.len() != 18 || check_identifier(&authority.code) == IdentifierCheck::Malformed {
            return Err(bad(
                format!("“{}”不是统一社会信用代码（GB 32100-2015）。", authority.code),
                format!("\"{}\" is no unified social credit code (GB 32100-2015).", authority.code),
            ));
        }
        let (least, most) = SHOWN_MONTHS;
        let decided = self.decided_on();
        let (from, to) = (months_after(decided, least), months_after(decided, most));
        if !(from..=to).contains(&until) {
            return Err(bad(
                format!("公示截止期须在{from}至{to}之间（自决定之日起{least}至{most}个月）。"),
                format!(
                    "The last day has to lie from {from} to {to} ({least} to {most} months after the decision)."
                ),
            ));
        }
        Ok(PenaltyStep::Published { until, authority })
    }

    fn withdraw(&self, why: &str) -> Result<PenaltyStep, Refusal> {
        match self.penalty.published() {
            Some(_) => Ok(PenaltyStep::PublicationWithdrawn { reason: reason(why)? }),
            None => Err(not_now("没有公示中的信息可撤回。", "Nothing is published that could be withdrawn.")),
        }
    }
}

/// That an amount is above zero and not more than another.
fn within(amount: Fen, limit: Fen, what: (&str, &str)) -> Result<(), Refusal> {
    match (1..=limit.0.min(AMOUNT_FEN_MAX)).contains(&amount.0) {
        true => Ok(()),
        false => Err(bad(
            format!("{}{amount}元须大于零且不超过应付的{limit}元。", what.0),
            format!(
                "A {} of {amount} yuan has to be above zero and at most the {limit} yuan that are owed.",
                what.1
            ),
        )),
    }
}
