//! Penalties: one offence from its draft to its end, every step from every state, random sequences.

mod random;
mod table;

use model::calendar::Calendar;
use model::field_types::Person;
use model::institution::InstitutionId;
use model::pseudonym::Pseudonym;
use model::streams::{Executive, ExecutivePost, LineOfBusiness, Register};
use model::text::Text;
use model::time::{Day, Time};

use super::*;
use crate::actor::{Actor, Post, Who};
use crate::life::testing::{calendar, kinds, stays, time};
use crate::life::{Under, Word};
use crate::numbers::Numbers;
use crate::{Refusal, Why};

pub(super) struct Desk {
    pub(super) penalties: Penalties,
    pub(super) events: Vec<PenaltyEvent>,
    pub(super) now: Time,
    terms: Terms,
    calendar: Calendar,
    numbers: Numbers,
}

impl Desk {
    pub(super) fn at(now: &str) -> Self {
        Self {
            penalties: Penalties::default(),
            events: Vec::new(),
            now: time(now),
            terms: Terms::default(),
            calendar: calendar(),
            numbers: Numbers::default(),
        }
    }

    fn take(&mut self, events: Vec<PenaltyEvent>) {
        for event in events {
            self.penalties.apply(&event);
            self.events.push(event);
        }
    }

    pub(super) fn draft(&mut self, who: &Who, drafted: &Draft) -> Result<(), Refusal> {
        let under = Under { terms: &self.terms, calendar: &self.calendar, now: self.now };
        let events = super::draft(drafted, who, &under, &mut self.numbers)?;
        self.take(events);
        Ok(())
    }

    pub(super) fn tell(&mut self, id: &str, who: &Who, told: &PenaltyCommand) -> Result<(), Refusal> {
        let under = Under { terms: &self.terms, calendar: &self.calendar, now: self.now };
        let events = command(&self.penalties, id, told, who, &under)?;
        self.take(events);
        Ok(())
    }

    pub(super) fn tick(&mut self) {
        let under = Under { terms: &self.terms, calendar: &self.calendar, now: self.now };
        let events: Vec<_> = self.penalties.all().flat_map(|penalty| due(penalty, &under)).collect();
        self.take(events);
    }

    pub(super) fn go_to(&mut self, now: &str) {
        self.now = time(now);
        self.tick();
    }

    pub(super) fn get(&self, id: &str) -> &Penalty {
        self.penalties.get(id).unwrap()
    }

    pub(super) fn today(&self) -> Day {
        self.now.day()
    }
}

/// The penalties of the platform and of its general manager.
pub(super) const FIRM: &str = "F-2026-000001";
pub(super) const MANAGER: &str = "F-2026-000002";

pub(super) fn li() -> Who {
    Who::person("li", Post::Officer)
}

pub(super) fn head() -> Who {
    Who::person("zhao", Post::Head)
}

pub(super) fn platform() -> InstitutionId {
    InstitutionId::synthetic(1)
}

pub(super) fn itself() -> Who {
    Who::party(Actor::Institution(platform().as_str().to_owned()))
}

fn manager() -> Person {
    Person(Pseudonym::parse("p1:00000000000000000000000000000a").unwrap())
}

pub(super) fn yuan(text: &str) -> Fen {
    Fen::parse(text).unwrap()
}

pub(super) fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

pub(super) fn times(multiple: &str) -> Sanctions {
    Sanctions {
        illegal_income: yuan("2000000"),
        confiscated: yuan("2000000"),
        fine: Some(Fine::Multiple { multiple: Multiple::parse(multiple).unwrap() }),
        ..Sanctions::default()
    }
}

pub(super) fn firm_sanctions() -> Sanctions {
    let licence = Licence { name: "网络借贷备案".into(), number: "备2026-1".into() };
    Sanctions { revoked: Some(licence), ..times("3") }
}

pub(super) fn manager_sanctions() -> Sanctions {
    let fine = Fine::Fixed {
        amount: yuan("300000"),
        least: yuan("50000"),
        most: yuan("500000"),
        below_income: None,
        clause: Text::new("《银行业监督管理法》第四十八条", "Banking Supervision Law, article 48"),
    };
    let referral = Some("非法吸收公众存款，市公安局经侦支队".to_owned());
    Sanctions { fine: Some(fine), bar: Some(Bar::Life), referral, ..Sanctions::default() }
}

pub(super) fn drafted() -> Draft {
    let person = Addressee::Person { person: manager(), post: Some(ExecutivePost::GeneralManager) };
    let plan = Text::new("工作方案三（四）问责", "The plan, 3 (4), accountability");
    let against = |addressee, sanctions| Against { addressee, sanctions };
    Draft {
        institution: platform(),
        case: Some("C-2026-000001".into()),
        offence: Offence {
            kind: "资金池".into(), facts: "2026年8月至9月归集出借人资金。".into()
        },
        basis: vec![Basis { clause: plan, confirmed: true }],
        against: vec![
            against(Addressee::Institution { name: "某网络借贷平台有限公司".into() }, firm_sanctions()),
            against(person, manager_sanctions()),
        ],
        single: None,
    }
}

pub(super) fn authority() -> Authority {
    Authority { name: "某市地方金融监督管理局".into(), code: "91350100M000100Y43".into() }
}

/// One offence, with every kind of event.
pub(super) fn an_offence() -> Desk {
    use PenaltyCommand as C;
    let mut desk = Desk::at("2026-09-28T09:00:00+08:00");
    let tell = |desk: &mut Desk, id: &str, who: &Who, told: C| desk.tell(id, who, &told).unwrap();
    let (direct, mail) = (ServiceWay::Direct, ServiceWay::Mail);
    desk.draft(&li(), &drafted()).unwrap();
    tell(&mut desk, FIRM, &li(), C::Revise { sanctions: times("3"), reason: "备案已注销".into() });
    tell(&mut desk, FIRM, &li(), C::Notify { on: day("2026-09-28"), way: direct });
    tell(&mut desk, MANAGER, &li(), C::Notify { on: day("2026-09-28"), way: mail });
    // The platform defends itself and is heard; the manager waives.
    tell(&mut desk, FIRM, &itself(), C::Defend { text: "已主动退赔。".into() });
    tell(&mut desk, FIRM, &itself(), C::AskHearing { on: day("2026-09-28") });
    tell(&mut desk, MANAGER, &li(), C::Waive);
    let call = C::CallHearing { on: day("2026-10-10"), place: "三楼会议室".into() };
    tell(&mut desk, FIRM, &li(), call);
    desk.go_to("2026-10-10T15:00:00+08:00");
    tell(&mut desk, FIRM, &li(), C::HoldHearing { record: "当事人出示退赔凭证。".into() });
    let review = C::ReviewDefence { defence: 1, adopted: true, reason: "退赔属实，减轻。".into() };
    tell(&mut desk, FIRM, &li(), review);
    for (id, sanctions) in [(FIRM, Some(times("2"))), (MANAGER, None)] {
        tell(&mut desk, id, &li(), C::Propose { sanctions });
    }
    tell(&mut desk, FIRM, &head(), C::SendBack { reason: "补充计算说明".into() });
    tell(&mut desk, FIRM, &li(), C::Propose { sanctions: Some(times("2")) });
    for (id, document) in [(FIRM, "某金罚字〔2026〕1号"), (MANAGER, "某金罚字〔2026〕2号")] {
        let (document, discussed_on) = (document.to_owned(), Some(day("2026-10-10")));
        tell(&mut desk, id, &head(), C::Decide { document, discussed_on });
    }
    desk.go_to("2026-10-12T09:00:00+08:00");
    for id in [FIRM, MANAGER] {
        tell(&mut desk, id, &li(), C::Serve { on: day("2026-10-12"), way: direct });
        tell(&mut desk, id, &li(), C::Publish { until: day("2027-10-10"), authority: authority() });
    }
    // The platform has more time for its fine; the manager pays late.
    let (until, why) = (day("2026-11-30"), "确有经济困难".to_owned());
    tell(&mut desk, FIRM, &head(), C::Defer { until, reason: why });
    let pay = |kind, amount: &str, on: &str, reference: &str| C::Pay {
        kind,
        amount: yuan(amount),
        on: day(on),
        reference: reference.to_owned(),
    };
    tell(&mut desk, FIRM, &li(), pay(PaymentKind::Confiscation, "2000000", "2026-10-12", "bank-1"));
    desk.go_to("2026-11-02T09:00:00+08:00");
    tell(&mut desk, FIRM, &li(), pay(PaymentKind::Fine, "4000000", "2026-11-02", "bank-2"));
    tell(&mut desk, MANAGER, &li(), pay(PaymentKind::Fine, "300000", "2026-11-02", "bank-3"));
    tell(&mut desk, MANAGER, &li(), pay(PaymentKind::Surcharge, "54000", "2026-11-02", "bank-4"));
    // The platform's fine is reduced on reconsideration, the rest refunded; then the court annuls.
    let appeal =
        |kind, reference: &str, on: &str| C::Appeal { kind, on: day(on), reference: reference.into() };
    tell(&mut desk, FIRM, &li(), appeal(AppealKind::Reconsideration, "复受1号", "2026-11-02"));
    desk.go_to("2026-12-01T09:00:00+08:00");
    let document = "复议决定1号".to_owned();
    let (ground, on) = (Ground::Reconsideration, day("2026-12-01"));
    tell(&mut desk, FIRM, &li(), C::Change { ground, document, on, sanctions: times("1") });
    let refund = C::Refund { amount: yuan("2000000"), reference: "bank-5".into() };
    tell(&mut desk, FIRM, &li(), refund);
    let withdraw = || C::WithdrawPublication { reason: "处罚决定已变更".into() };
    tell(&mut desk, FIRM, &li(), withdraw());
    tell(&mut desk, FIRM, &li(), C::Publish { until: day("2027-10-10"), authority: authority() });
    desk.go_to("2026-12-16T09:00:00+08:00");
    tell(&mut desk, FIRM, &li(), appeal(AppealKind::Lawsuit, "行初1号", "2026-12-16"));
    tell(&mut desk, MANAGER, &li(), appeal(AppealKind::Lawsuit, "行初2号", "2026-12-16"));
    desk.go_to("2027-03-01T09:00:00+08:00");
    let (document, on) = ("行政判决书1号".to_owned(), day("2027-03-01"));
    tell(&mut desk, FIRM, &li(), C::Overturn { ground: Ground::Court, document, on });
    let document = "行政判决书2号".to_owned();
    tell(&mut desk, MANAGER, &li(), C::Uphold { document, on });
    desk.go_to("2027-03-02T09:00:00+08:00");
    tell(&mut desk, FIRM, &li(), withdraw());
    // Another person's draft that comes to nothing.
    let mut another = drafted();
    another.against.truncate(1);
    another.single = Some("直接责任人员已由他案处理".into());
    desk.draft(&li(), &another).unwrap();
    tell(&mut desk, "F-2027-000001", &head(), C::Drop { reason: "违法行为轻微并及时改正".into() });
    desk
}

#[test]
fn an_offence_from_its_draft_to_its_end() {
    let desk = an_offence();
    let (firm, manager) = (desk.get(FIRM), desk.get(MANAGER));
    assert_eq!((firm.state, manager.state), (PenaltyState::Overturned, PenaltyState::Final));
    // All that the platform paid is given back, but for what was given back before.
    let nothing = Fen(0);
    let refund = yuan("4000000");
    let owed = Owed { fine: nothing, confiscation: nothing, surcharge: nothing, refund };
    assert_eq!(firm.owed(desk.today()), owed);
    assert!(manager.is_paid(desk.today()));
    assert_eq!(firm.with, [MANAGER]);
    assert_eq!(desk.penalties.timer(), None);
}

#[test]
fn events_of_version_1_stay() {
    let events = an_offence().events;
    let steps: Vec<&str> = events.iter().filter_map(|event| event.step.step()).map(Word::code).collect();
    for step in Step::ALL {
        assert!(steps.contains(&step.code()), "{step:?} does not happen");
    }
    assert_eq!(kinds(&events).len(), Step::ALL.len() + 1);
    stays("penalty", &events);
    let mut again = Penalties::default();
    events.iter().for_each(|event| again.apply(event));
    assert_eq!(again, an_offence().penalties);
}

#[test]
fn a_penalty_is_double_or_says_why_not() {
    let parties = |institutions: usize, persons: usize, single: Option<&str>| {
        let mut draft = drafted();
        let [firm, person] = <[Against; 2]>::try_from(draft.against).unwrap();
        draft.against =
            std::iter::repeat_n(firm, institutions).chain(std::iter::repeat_n(person, persons)).collect();
        draft.single = single.map(str::to_owned);
        let found = Desk::at("2026-09-28T09:00:00+08:00").draft(&li(), &draft);
        found.map_err(|refusal| refusal.why)
    };
    assert_eq!(parties(1, 1, None), Ok(()));
    assert_eq!(parties(1, 0, None), Err(Why::Missing));
    assert_eq!(parties(1, 0, Some("责任人员已死亡")), Ok(()));
    assert_eq!(parties(0, 1, Some("机构已注销")), Ok(()));
    assert_eq!(parties(0, 0, Some("理由")), Err(Why::Missing));
    assert_eq!(parties(1, 1, Some("理由")), Err(Why::BadValue));
    assert_eq!(parties(2, 1, None), Err(Why::BadValue));
    assert_eq!(parties(1, 2, None), Err(Why::BadValue));
}

#[test]
fn deadlines_are_written_down_when_their_clocks_start() {
    let mut desk = Desk::at("2026-09-28T09:00:00+08:00");
    desk.draft(&li(), &drafted()).unwrap();
    desk.tell(MANAGER, &li(), &PenaltyCommand::Notify { on: desk.today(), way: ServiceWay::Direct }).unwrap();
    let due = |desk: &Desk, clock| desk.get(MANAGER).clocks.get(&clock).unwrap().due.unwrap().to_string();
    // Five working days from a Monday, over two holidays and a weekend.
    assert_eq!(due(&desk, Clock::Respond), "2026-10-08T00:00:00+08:00");
    let offence = an_offence();
    assert_eq!(due(&offence, Clock::Serve), "2026-10-21T00:00:00+08:00");
    assert_eq!(due(&offence, Clock::Pay), "2026-10-28T00:00:00+08:00");
    assert_eq!(due(&offence, Clock::Reconsideration), "2026-12-12T00:00:00+08:00");
    assert_eq!(due(&offence, Clock::Lawsuit), "2027-04-13T00:00:00+08:00");
}

#[test]
fn what_is_late_costs_three_per_cent_a_day_and_at_most_the_fine() {
    let mut desk = table::in_state(PenaltyState::Served);
    let surcharge = |desk: &Desk, on: &str| desk.get(MANAGER).surcharge(day(on)).to_string();
    // To be paid until 27 October.
    let table = [
        ("2026-10-27", "0.00"),
        ("2026-10-28", "9000.00"),
        ("2026-11-02", "54000.00"),
        ("2026-11-29", "297000.00"),
        ("2026-11-30", "300000.00"),
        ("2027-11-30", "300000.00"),
    ];
    for (on, expected) in table {
        assert_eq!(surcharge(&desk, on), expected, "{on}");
    }
    // What was paid in part is late no more; days of an appeal are not counted.
    desk.now = time("2026-11-20T09:00:00+08:00");
    let pay = PenaltyCommand::Pay {
        kind: PaymentKind::Fine,
        amount: yuan("100000"),
        on: day("2026-10-29"),
        reference: "bank-1".into(),
    };
    desk.tell(MANAGER, &li(), &pay).unwrap();
    assert_eq!(surcharge(&desk, "2026-10-30"), "24000.00");
    let appeal = PenaltyCommand::Appeal {
        kind: AppealKind::Lawsuit,
        on: day("2026-10-31"),
        reference: "行初1号".into(),
    };
    desk.tell(MANAGER, &li(), &appeal).unwrap();
    assert_eq!(surcharge(&desk, "2026-11-20"), "24000.00");
}

fn register(executive: Option<Person>, licence: Option<&str>, from: &str) -> Register {
    let executive = executive.map(|person| Executive {
        person,
        post: ExecutivePost::RiskOfficer,
        qualification: None,
        qualified_until: None,
    });
    Register {
        id: "r-1".into(),
        revision: None,
        effective_from: day(from),
        name: "新平台".into(),
        line: LineOfBusiness::P2p,
        licence: licence.map(Into::into),
        registered_on: None,
        paid_in_capital: None,
        loan_balance_cap: None,
        custody_bank: None,
        security_assessed_on: None,
        security_level: None,
        executives: executive.into_iter().collect(),
        licence_until: None,
    }
}

#[test]
fn the_barred_are_found_in_a_later_filing_of_the_register() {
    let desk = table::in_state(PenaltyState::Served);
    let penalties = &desk.penalties;
    let hits =
        |person, licence, from| penalties.check_register(&platform(), &register(person, licence, from));
    // The bar holds from service on, for life.
    assert_eq!(hits(Some(manager()), None, "2026-10-11"), []);
    let found = hits(Some(manager()), None, "2056-10-12");
    assert!(matches!(&found[..], [BarHit::Executive { bar, .. }] if bar.until.is_none()), "{found:?}");
    let other = Person(Pseudonym::parse("p1:00000000000000000000000000000b").unwrap());
    assert_eq!(hits(Some(other), None, "2056-10-12"), []);
    assert_eq!(penalties.barred(day("2026-10-12")).len(), 1);
}

#[test]
fn a_revoked_licence_is_found_until_the_decision_is_overturned() {
    let mut desk = table::in_state_of(FIRM, PenaltyState::Served);
    let of = |desk: &Desk, licence| {
        desk.penalties.check_register(&platform(), &register(None, licence, "2026-10-12")).len()
    };
    assert_eq!((of(&desk, Some("备2026-1")), of(&desk, None), of(&desk, Some("备2027-9"))), (1, 1, 0));
    let (ground, document) = (Ground::Own, "纠正决定1号".to_owned());
    let overturn = PenaltyCommand::Overturn { ground, document, on: desk.today() };
    assert_eq!(desk.tell(FIRM, &li(), &overturn).unwrap_err().why, Why::NotAllowed);
    desk.tell(FIRM, &head(), &overturn).unwrap();
    assert_eq!(of(&desk, Some("备2026-1")), 0);
    assert_eq!(desk.penalties.is_revoked(&platform(), day("2026-10-12")), None);
}

#[test]
fn the_rows_of_the_credit_platform() {
    let entries = credit_entries(&an_offence().penalties);
    let withdrawn: Vec<bool> = entries.iter().map(|entry| entry.withdrawn_at.is_some()).collect();
    assert_eq!(withdrawn, [true, true, false]);
    let shown = |row: &CreditRow| {
        let pairs = CREDIT_COLUMNS.iter().zip(row.cells()).filter(|(_, cell)| !cell.is_empty());
        pairs.map(|(column, cell)| format!("{}: {cell}\n", column.zh)).collect::<String>()
    };
    let firm = shown(&entries[0].row);
    let code = format!("行政相对人代码_1(统一社会信用代码): {}\n", platform());
    for line in [
        code.as_str(),
        "行政相对人名称: 某网络借贷平台有限公司\n",
        "处罚类别: 罚款;没收违法所得、没收非法财物\n",
        "处罚内容: 没收违法所得2000000.00元；处违法所得2倍罚款4000000.00元\n",
        "罚款金额（万元）: 400\n",
        "没收违法所得、没收非法财物的金额（万元）: 200\n",
        "处罚决定日期: 2026-10-10\n",
        "公示截止期: 2027-10-10\n",
    ] {
        assert!(firm.contains(line), "{firm}");
    }
    // What was changed was withdrawn and published anew.
    assert_eq!((entries[0].row.fine.as_str(), entries[1].row.fine.as_str()), ("400", "200"));
    let manager = &entries[2].row;
    assert_eq!(manager.name, "p1:00000000000000000000000000000a");
    assert_eq!((manager.credit_code.as_str(), manager.valid_until.as_str()), ("", "2099-12-31"));
    assert!(manager.content.starts_with("罚款300000.00元；禁止从业终身；移送司法机关"));
    let json = serde_json::to_value(&entries[2]).unwrap();
    assert_eq!(json["row"]["CF_NR_FK"], "30");
}

#[test]
fn what_was_published_and_fell_is_withdrawn_in_three_working_days() {
    let mut desk = table::in_state(PenaltyState::Served);
    let publish = PenaltyCommand::Publish { until: day("2027-10-10"), authority: authority() };
    desk.tell(MANAGER, &li(), &publish).unwrap();
    let (ground, document) = (Ground::Own, "纠正决定1号".to_owned());
    let overturn = PenaltyCommand::Overturn { ground, document, on: desk.today() };
    desk.tell(MANAGER, &head(), &overturn).unwrap();
    assert_eq!(desk.penalties.timer().map(|time| time.to_string()).unwrap(), "2026-10-16T00:00:00+08:00");
    desk.go_to("2026-10-16T00:00:00+08:00");
    assert!(desk.get(MANAGER).clocks[&Clock::WithdrawPublication].missed.is_some());
}
