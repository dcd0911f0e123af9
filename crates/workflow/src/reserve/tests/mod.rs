//! The reserve: a quarter as an accountant would check it, every step from every state, and
//! random sequences that keep what always holds.

mod random;
mod table;

use model::calendar::Calendar;
use model::institution::InstitutionId;
use model::money::{AMOUNT_FEN_MAX, Fen, Percent};
use model::time::{Day, Time};

use super::*;
use crate::actor::{Post, Who};
use crate::life::Under;
use crate::life::testing::{calendar, kinds, stays, time};
use crate::numbers::Numbers;
use crate::{Refusal, Why};

/// A reserve with all that happened to it, and who works on it.
pub(super) struct Books {
    pub(super) reserve: Reserve,
    pub(super) events: Vec<ReserveEvent>,
    pub(super) now: Time,
    terms: Terms,
    calendar: Calendar,
    numbers: Numbers,
}

impl Books {
    pub(super) fn at(now: &str) -> Self {
        Self {
            reserve: Reserve::default(),
            events: Vec::new(),
            now: time(now),
            terms: Terms::default(),
            calendar: calendar(),
            numbers: Numbers::default(),
        }
    }

    fn take(&mut self, events: Vec<ReserveEvent>) {
        for event in events {
            self.reserve.apply(&event);
            self.events.push(event);
        }
    }

    pub(super) fn tell(&mut self, who: &Who, told: &ReserveCommand) -> Result<(), Refusal> {
        let under = Under { terms: &self.terms, calendar: &self.calendar, now: self.now };
        let events = command(&self.reserve, told, who, &under, &mut self.numbers)?;
        self.take(events);
        Ok(())
    }

    pub(super) fn tick(&mut self) {
        let under = Under { terms: &self.terms, calendar: &self.calendar, now: self.now };
        let events = due(&self.reserve, &under);
        self.take(events);
    }

    pub(super) fn go_to(&mut self, now: &str) {
        self.now = time(now);
        self.tick();
    }
}

pub(super) fn li() -> Who {
    Who::person("li", Post::Officer)
}

pub(super) fn wang() -> Who {
    Who::person("wang", Post::Officer)
}

pub(super) fn head() -> Who {
    Who::person("zhao", Post::Head)
}

pub(super) fn firm(serial: u32) -> InstitutionId {
    InstitutionId::synthetic(serial)
}

fn yuan(text: &str) -> Fen {
    Fen::parse(text).unwrap()
}

fn month(text: &str) -> Month {
    Month::parse(text).unwrap()
}

fn accrue(of: &str, income: &str) -> ReserveCommand {
    ReserveCommand::Accrue { institution: firm(1), month: month(of), income: yuan(income) }
}

fn receive(amount: &str, reference: &str) -> ReserveCommand {
    ReserveCommand::Receive { institution: firm(1), amount: yuan(amount), reference: reference.into() }
}

fn request(amount: &str, parts: &[(&str, &str)]) -> ReserveCommand {
    let part = |(within, amount): &(&str, &str)| Instalment {
        within: within.parse().unwrap(),
        amount: yuan(amount),
    };
    ReserveCommand::RequestDraw {
        institution: firm(2),
        amount: yuan(amount),
        purpose: "货币基金集中赎回".into(),
        case: Some("C-2026-000001".into()),
        instalments: parts.iter().map(part).collect(),
    }
}

fn draw(number: u32) -> String {
    format!("B-2026-{number:06}")
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// The trial balance as people read it: number, debits, credits, balance.
fn shown(reserve: &Reserve) -> String {
    let rows = reserve.trial_balance().rows;
    let row = |row: &TrialBalanceRow| {
        let (debit, credit) = (row.debit_balance, row.credit_balance);
        format!("{} {} {} {debit} {credit}\n", row.account.number, row.debits, row.credits)
    };
    rows.iter().map(row).collect()
}

/// Every kind of event, once at least.
pub(super) fn a_quarter() -> Books {
    let mut books = Books::at("2026-10-08T09:00:00+08:00");
    let tell = |books: &mut Books, who: &Who, told: ReserveCommand| books.tell(who, &told).unwrap();
    // September: 0.5 % of 1,234,567.00 is 6,172.835, rounded half up.
    tell(&mut books, &Who::SYSTEM, accrue("2026-09", "1234567.00"));
    tell(&mut books, &Who::SYSTEM, receive("10000.00", "bank-1"));
    // The filing is corrected upwards, then below what was paid.
    tell(&mut books, &Who::SYSTEM, accrue("2026-09", "1300000.00"));
    tell(&mut books, &Who::SYSTEM, accrue("2026-09", "1000000.00"));
    tell(&mut books, &li(), receive("200.00", "bank-2"));
    let receipt = "2026-10-0005".to_owned();
    tell(&mut books, &head(), ReserveCommand::ReverseReceipt { receipt, reason: "他人款项".into() });
    tell(&mut books, &li(), request("8000.00", &[("30 days", "3000.00"), ("60 days", "5000.00")]));
    tell(&mut books, &head(), ReserveCommand::ApproveDraw { draw: draw(1) });
    tell(&mut books, &wang(), ReserveCommand::PayDraw { draw: draw(1), reference: "bank-3".into() });
    for number in [2, 3] {
        tell(&mut books, &li(), request("1.00", &[("30 days", "1.00")]));
        let (draw, reason) = (draw(number), "重复".to_owned());
        match number {
            2 => tell(&mut books, &head(), ReserveCommand::RejectDraw { draw, reason }),
            _ => tell(&mut books, &li(), ReserveCommand::WithdrawDraw { draw, reason }),
        }
    }
    books.go_to("2026-11-02T09:00:00+08:00");
    tell(&mut books, &Who::SYSTEM, accrue("2026-10", "2000000.00"));
    // The first instalment is over, then the contribution.
    books.go_to("2026-11-08T00:00:00+08:00");
    books.go_to("2026-11-17T09:00:00+08:00");
    let repay = |amount, reference: &str| ReserveCommand::Repay {
        draw: draw(1),
        amount: yuan(amount),
        reference: reference.into(),
    };
    tell(&mut books, &li(), repay("3000.00", "bank-4"));
    let write_off = |amount| ReserveCommand::ProposeWriteOff {
        draw: draw(1),
        amount: yuan(amount),
        reason: "机构破产".into(),
    };
    tell(&mut books, &li(), write_off("5000.00"));
    let reason = "尚可追偿".to_owned();
    tell(&mut books, &head(), ReserveCommand::RejectWriteOff { draw: draw(1), reason });
    tell(&mut books, &li(), write_off("5000.00"));
    tell(&mut books, &head(), ReserveCommand::ApproveWriteOff { draw: draw(1) });
    // Some of it comes back after all.
    tell(&mut books, &li(), repay("500.00", "bank-5"));
    books
}

#[test]
fn a_quarter_in_the_books() {
    let books = a_quarter();
    assert_eq!(
        shown(&books.reserve),
        "1002 13700.00 8200.00 5500.00 0.00\n\
         1122 16500.00 11500.00 5000.00 0.00\n\
         1221 8000.00 8000.00 0.00 0.00\n\
         2203 5527.16 5527.16 0.00 0.00\n\
         4001.01 11500.00 16500.00 0.00 5000.00\n\
         4001.02 1500.00 11500.00 0.00 10000.00\n\
         6701 5000.00 500.00 4500.00 0.00\n"
            .replace("         ", ""),
    );
    assert!(books.reserve.trial_balance().is_balanced());
    let contribution = books.reserve.accrual(&firm(1), month("2026-10")).unwrap();
    assert_eq!((contribution.contribution, contribution.paid), (yuan("10000.00"), yuan("5000.00")));
    assert!(contribution.pay.unwrap().missed.is_some());
    let draw = books.reserve.draw(&draw(1)).unwrap();
    assert_eq!((draw.state, draw.recovered()), (DrawState::WrittenOff, yuan("500.00")));
}

#[test]
fn a_statement_goes_from_an_opening_to_a_closing_balance() {
    let reserve = a_quarter().reserve;
    let statement = reserve.statement(&firm(1), day("2026-11-01"), day("2026-11-30"));
    let figures = |account| {
        let row = statement.account(account).unwrap();
        [row.opening, row.debits, row.credits, row.closing].map(|fen| fen.to_string())
    };
    assert_eq!(figures(Account::ContributionsReceivable), ["0.00", "10000.00", "5000.00", "5000.00"]);
    assert_eq!(figures(Account::ContributionsPrepaid), ["5000.00", "5000.00", "0.00", "0.00"]);
    assert_eq!(figures(Account::FundPaidIn), ["5000.00", "0.00", "5000.00", "10000.00"]);
    let first = statement.movements.first().unwrap();
    assert_eq!((first.voucher.as_str(), first.balance), ("2026-11-0001", yuan("10000.00")));
    assert_eq!(first.text.zh, "计提2026年10月风险准备金");
}

#[test]
fn events_of_version_1_stay() {
    let events = a_quarter().events;
    let steps: Vec<&str> =
        events.iter().filter_map(|event| event.step.step()).map(crate::life::Word::code).collect();
    for step in Step::ALL {
        assert!(steps.contains(&crate::life::Word::code(*step)), "{step:?} does not happen");
    }
    assert_eq!(kinds(&events).len(), Step::ALL.len() + 2);
    stays("reserve", &events);
    let mut again = Reserve::default();
    events.iter().for_each(|event| again.apply(event));
    assert_eq!(again, a_quarter().reserve);
}

#[test]
fn a_contribution_is_rounded_half_up() {
    let share = Percent::parse("0.5").unwrap();
    let table = [
        ("0.00", "0.00"),
        ("0.99", "0.00"),
        ("1.00", "0.01"),
        ("2.99", "0.01"),
        ("3.00", "0.02"),
        ("1234567.00", "6172.84"),
        ("-500.00", "0.00"),
        ("1000000000000000.00", "5000000000000.00"),
    ];
    for (income, contribution) in table {
        assert_eq!(contribution_of(yuan(income), share), Some(yuan(contribution)), "{income}");
    }
    assert_eq!(contribution_of(Fen(AMOUNT_FEN_MAX), Percent(Percent::MAX)), None);
}

#[test]
fn what_the_books_cannot_hold_is_refused() {
    let mut books = Books::at("2026-10-08T09:00:00+08:00");
    let most = |reference: &str| ReserveCommand::Receive {
        institution: firm(1),
        amount: Fen(AMOUNT_FEN_MAX),
        reference: reference.into(),
    };
    books.tell(&li(), &most("bank-1")).unwrap();
    for told in [most("bank-2"), receive("0.01", "bank-3")] {
        assert_eq!(books.tell(&li(), &told).map_err(|refusal| refusal.why), Err(Why::BadValue));
    }
    let beyond =
        ReserveCommand::Receive { institution: firm(2), amount: Fen(i64::MAX), reference: "bank-4".into() };
    assert_eq!(books.tell(&li(), &beyond).map_err(|refusal| refusal.why), Err(Why::BadValue));
    assert_eq!(books.reserve.cash(), Fen(AMOUNT_FEN_MAX));
}

#[test]
fn a_draw_beyond_the_balance_is_refused_with_the_figure() {
    let mut books = Books::at("2026-10-08T09:00:00+08:00");
    books.tell(&li(), &receive("100.00", "bank-1")).unwrap();
    books.tell(&li(), &request("60.00", &[("30 days", "60.00")])).unwrap();
    books.tell(&li(), &request("60.00", &[("30 days", "60.00")])).unwrap();
    books.tell(&head(), &ReserveCommand::ApproveDraw { draw: draw(1) }).unwrap();
    let refusal = books.tell(&head(), &ReserveCommand::ApproveDraw { draw: draw(2) }).unwrap_err();
    assert_eq!(
        refusal.zh,
        "准备金可用余额40.00元（专户存款100.00元，减去已批准未拨付的动用款），不足以批准动用60.00元，尚缺20.00元。"
    );
    assert!(refusal.en.contains("20.00 yuan short"), "{refusal}");
    // A receipt on which an approved draw rests cannot be taken back either.
    let receipt = "2026-10-0001".to_owned();
    let back = ReserveCommand::ReverseReceipt { receipt, reason: "误收".into() };
    assert!(books.tell(&head(), &back).unwrap_err().en.contains("40.00 yuan available"));
}

#[test]
fn a_corrected_month_leaves_the_others_as_they_were_paid() {
    let mut books = Books::at("2026-11-02T09:00:00+08:00");
    for of in ["2026-09", "2026-10"] {
        books.tell(&Who::SYSTEM, &accrue(of, "20000.00")).unwrap();
    }
    books.tell(&li(), &receive("200.00", "bank-1")).unwrap();
    books.go_to("2026-12-01T09:00:00+08:00");
    books.tell(&Who::SYSTEM, &accrue("2026-09", "30000.00")).unwrap();
    let paid = |books: &Books, of| books.reserve.accrual(&firm(1), month(of)).map(|accrual| accrual.unpaid());
    assert_eq!(paid(&books, "2026-09"), Some(yuan("50.00")));
    assert_eq!(paid(&books, "2026-10"), Some(yuan("0.00")));
    let timer = books.reserve.timer().map(|time| time.to_string());
    assert_eq!(timer.as_deref(), Some("2026-12-16T00:00:00+08:00"));
    books.go_to("2026-12-16T00:00:00+08:00");
    assert_eq!(books.reserve.timer(), None);
}

#[test]
fn money_is_booked_once_and_a_month_accrues_once_for_an_income() {
    let mut books = Books::at("2026-10-08T09:00:00+08:00");
    for told in [receive("1.00", "bank-1"), accrue("2026-09", "1.00")] {
        books.tell(&Who::SYSTEM, &told).unwrap();
        assert!(books.tell(&Who::SYSTEM, &told).is_err());
    }
    let refusal = books.tell(&Who::SYSTEM, &accrue("2026-10", "1.00")).unwrap_err();
    assert_eq!(refusal.zh, "2026年10月尚未结束，次月方可计提。");
}

#[test]
fn a_forged_entry_changes_nothing() {
    let mut events = a_quarter().events;
    let mut reserve = Reserve::default();
    let first = events.first_mut().unwrap();
    first.entry.as_mut().unwrap().lines.pop();
    reserve.apply(first);
    assert_eq!(reserve, Reserve::default());
}
