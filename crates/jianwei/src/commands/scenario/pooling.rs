//! 资金池: a platform takes lenders' money into an account of its own. Red: the phone, the next person,
//! the emergency case, all four stages, the double penalty.

use model::field_types::Person;
use model::institution::InstitutionId;
use model::money::Fen;
use model::pseudonym::Pseudonym;
use model::spec::Record;
use model::streams::{
    AccountRegister, BusinessDaily, CustodyStatement, ExecutivePost, OperationsDaily, Register, Transaction,
};
use model::text::Text;
use workflow::actor::Actor;
use workflow::alert::AlertCommand;
use workflow::case::{CaseCommand, MeasureCommand, Milestone};
use workflow::desk::DeskCommand;
use workflow::library::AddresseeKind;
use workflow::penalty::{
    Addressee, Against, Authority, Bar, Basis, Draft, Fine, Multiple, Offence, PaymentKind, PenaltyCommand,
    Sanctions, ServiceWay,
};

use super::filings::{account, custody_bank, deposits, operations, pseudonym, register};
use super::house::{authority_code, bank, platform};
use super::stage::{Beat, Stage, beat, day, filled, list, text};
use crate::outcome::plain;

/// The executive who answers for it.
const MANAGER: u32 = 11;
/// The platform's own account, into which the money goes.
const OWN: u32 = 2;
/// Lenders whose money goes there.
const LENDERS: u32 = 24;

fn itself() -> Actor {
    Actor::Institution(platform().to_string())
}

fn partner(id: &str) -> Actor {
    Actor::Partner(id.to_owned())
}

/// The story.
pub(super) fn beats() -> Vec<Beat> {
    [found(), isolated(), resolved(), answered_for()].into_iter().flatten().collect()
}

/// From filings to a case that somebody owns.
fn found() -> Vec<Beat> {
    let p2p = platform;
    vec![
        beat(
            "06-01 09:00",
            "平台登记机构与账户",
            "The platform registers itself and its accounts",
            move |on| {
                let date = day("06-01");
                on.file(&bank(), Register::STREAM, date, &[custody_bank()])?;
                on.file(
                    &p2p(),
                    Register::STREAM,
                    date,
                    &[register("示例聚财网络借贷信息中介有限公司", "p2p", MANAGER, "2026-01-15")],
                )?;
                on.file(
                    &p2p(),
                    AccountRegister::STREAM,
                    date,
                    &[account(1, "custody", Some(&bank())), account(OWN, "own", None)],
                )
            },
        ),
        beat(
            "06-02 09:30",
            "平台报送 6 月 1 日数据：24 名出借人的钱进了自有账户",
            "The platform files 1 June: the money of 24 lenders went into its own account",
            move |on| {
                let date = day("06-01");
                on.file(&p2p(), Transaction::STREAM, date, &deposits(LENDERS, OWN))?;
                on.file(&p2p(), BusinessDaily::STREAM, date, &[])?;
                on.file(&p2p(), OperationsDaily::STREAM, date, &[operations()])?;
                on.file(&bank(), CustodyStatement::STREAM, date, &[])
            },
        ),
        beat(
            "06-02 12:00",
            "正午：前一日报送截止，全部规则评估",
            "Noon: the day before is complete, all rules are evaluated",
            Stage::judge,
        ),
        beat(
            "06-02 12:14",
            "王强在第二次时限内确认预警",
            "Wang Qiang acknowledges the alert within the second deadline",
            move |on| on.on_alert("wang-qiang", &p2p(), AlertCommand::Acknowledge),
        ),
        beat(
            "06-02 13:30",
            "李娜核对原始记录，确认发现",
            "Li Na looks at the records behind and confirms the findings",
            move |on| {
                on.confirm_findings("li-na", &p2p(), "已核对24笔原始记录与账户登记")?;
                on.on_case("li-na", &p2p(), CaseCommand::Advance)
            },
        ),
    ]
}

/// 隔离: two measures, each approved by another person.
fn isolated() -> Vec<Beat> {
    let p2p = platform;
    vec![
        beat("06-02 13:45", "李娜提出两项措施", "Li Na proposes two measures", move |on| {
            on.propose(
                "li-na",
                &p2p(),
                "suspend-new-projects",
                filled(&[
                    ("scope", text("全部新发标的与新增出借")),
                    ("until", text("出借人资金全部清退并经验收")),
                ]),
            )?;
            on.propose(
                "li-na",
                &p2p(),
                "freeze-accounts",
                filled(&[
                    ("accounts", list(&["自有资金账户（登记编号acc-2）", "存管账户（登记编号acc-1）"])),
                    ("scope", text("全部余额")),
                    ("exceptions", text("退回出借人本人")),
                    ("competent_authority", text("示例市公安局经侦支队，见微监申〔2026〕1号")),
                ]),
            )
        }),
        beat(
            "06-02 13:55",
            "王强批准，李娜下达；存管银行系统此时中断",
            "Wang Qiang approves, Li Na orders; the bank's system is down just then",
            move |on| {
                on.hooks.goes_down("custody-bank", 1);
                for measure in ["suspend-new-projects", "freeze-accounts"] {
                    on.approve("wang-qiang", &p2p(), measure)?;
                }
                on.order_institution("li-na", &p2p(), "suspend-new-projects")?;
                on.order_partners(
                    "li-na",
                    &p2p(),
                    "freeze-accounts",
                    AddresseeKind::CustodyBank,
                    &["custody-bank"],
                )
            },
        ),
        beat("06-02 14:20", "存管银行与平台签收", "Bank and platform acknowledge", move |on| {
            on.acknowledge(&p2p(), "freeze-accounts", partner("custody-bank"))?;
            on.acknowledge(&p2p(), "suspend-new-projects", itself())
        }),
        beat("06-02 15:05", "存管银行回执：已锁定", "The bank reports: locked", move |on| {
            on.report(
                &p2p(),
                "freeze-accounts",
                partner("custody-bank"),
                "两户已于14时31分锁定，余额合计1,038,000.00元；拒绝执行付款指令2笔。",
            )
        }),
        beat("06-02 16:40", "平台回执：已暂停", "The platform reports: suspended", move |on| {
            on.report(&p2p(), "suspend-new-projects", itself(), "已下架全部在募标的，关闭出借入口。")
        }),
        beat("06-02 17:30", "王强验收", "Wang Qiang accepts both", move |on| {
            on.accept("wang-qiang", &p2p(), "freeze-accounts")?;
            on.accept("wang-qiang", &p2p(), "suspend-new-projects")
        }),
        beat("06-03 09:00", "进入化解阶段", "On to resolution", move |on| {
            on.on_case("li-na", &p2p(), CaseCommand::Advance)
        }),
        beat(
            "06-05 10:00",
            "跟踪核查：没有新发标的，锁定有效",
            "Followed up: no new projects, the lock holds",
            move |on| {
                on.follow_up("li-na", &p2p(), "suspend-new-projects", "报送数据中没有新发标的。")?;
                on.follow_up("li-na", &p2p(), "freeze-accounts", "与存管对账一致；公安机关已立案并冻结。")
            },
        ),
    ]
}

/// 化解: the police, and the lenders' money in two instalments.
fn resolved() -> Vec<Beat> {
    let p2p = platform;
    vec![
        beat(
            "06-03 10:00",
            "李娜提出移送公安与分期兑付",
            "Li Na proposes referral and repayment in instalments",
            move |on| {
                on.propose(
                    "li-na",
                    &p2p(),
                    "police-referral",
                    filled(&[
                        ("offence", text("非法吸收公众存款（《刑法》第一百七十六条）")),
                        ("facts", text("2026年6月1日，24名出借人的1,038,000.00元直接付入平台自有资金账户")),
                        ("officers", list(&["李娜", "王强"])),
                        ("evidence", text("账本检查点与24笔记录的证明文件")),
                        ("police", text("示例市公安局经侦支队")),
                    ]),
                )?;
                on.propose(
                    "li-na",
                    &p2p(),
                    "restructuring-instalments",
                    filled(&[
                        ("claims", text("1038000.00")),
                        ("creditors", text("24人")),
                        ("schedule", list(&["2026-06-30 归还60%", "2026-07-31 归还40%"])),
                        ("source", text("平台自有账户余额与股东补足")),
                    ]),
                )
            },
        ),
        beat(
            "06-03 11:00",
            "负责人赵敏批准，两项下达；公安以密钥取件",
            "The head, Zhao Min, approves; both go out, the police fetches its order by its key",
            move |on| {
                for measure in ["police-referral", "restructuring-instalments"] {
                    on.approve("zhao-min", &p2p(), measure)?;
                }
                on.order_partners("li-na", &p2p(), "police-referral", AddresseeKind::Police, &["police"])?;
                on.order_institution("li-na", &p2p(), "restructuring-instalments")
            },
        ),
        beat("06-03 15:00", "公安机关与平台签收", "Police and platform acknowledge", move |on| {
            on.acknowledge(&p2p(), "police-referral", partner("police"))?;
            on.acknowledge(&p2p(), "restructuring-instalments", itself())
        }),
        beat(
            "06-05 11:00",
            "公安机关回执：立案；平台报送兑付安排",
            "The police reports: a case is opened; the platform files its schedule",
            move |on| {
                on.report(
                    &p2p(),
                    "police-referral",
                    partner("police"),
                    "已受理，立案决定书：示公经立字〔2026〕88号。",
                )?;
                on.report(&p2p(), "restructuring-instalments", itself(), "分两期归还24名出借人。")
            },
        ),
        beat("06-05 15:00", "验收，登记分期", "Accepted, with its instalments", move |on| {
            on.accept("wang-qiang", &p2p(), "police-referral")?;
            on.accept("wang-qiang", &p2p(), "restructuring-instalments")?;
            let instalment = |on: &str, yuan: i64| Milestone {
                day: day(on),
                amount_fen: Some(Fen::from_yuan(yuan)),
                text: Some("经存管账户退回出借人本人".to_owned()),
            };
            let milestones = vec![instalment("06-30", 622_800), instalment("07-31", 415_200)];
            on.on_measure(
                "li-na",
                &p2p(),
                "restructuring-instalments",
                MeasureCommand::SetMilestones { milestones },
            )
        }),
        beat(
            "06-08 16:00",
            "跟踪核查移送与兑付安排",
            "Referral and schedule are followed up",
            move |on| {
                on.follow_up("li-na", &p2p(), "police-referral", "立案决定书已收到，材料已移交。")?;
                on.follow_up("li-na", &p2p(), "restructuring-instalments", "名册24人，账户一致。")
            },
        ),
        beat("06-30 16:00", "第一期兑付", "The first instalment is paid", move |on| kept(on, 0)),
        beat("07-31 16:00", "第二期兑付", "The second instalment is paid", move |on| kept(on, 1)),
        beat(
            "08-03 09:30",
            "全部退还，申请解除锁定，进入问责阶段",
            "All is paid back; the lock is to be lifted, on to accountability",
            move |on| {
                let reason = "24名出借人的1,038,000.00元已全部退还".to_owned();
                on.on_measure("li-na", &p2p(), "freeze-accounts", MeasureCommand::AskLift { reason })?;
                on.on_case("li-na", &p2p(), CaseCommand::Advance)
            },
        ),
        beat("08-03 10:00", "王强批准解除", "Wang Qiang lifts it", move |on| {
            on.on_measure("wang-qiang", &p2p(), "freeze-accounts", MeasureCommand::Lift)
        }),
    ]
}

fn kept(on: &mut Stage, milestone: u32) -> Result<(), miette::Report> {
    let note = Some("存管流水24笔，金额相符".to_owned());
    let command = MeasureCommand::KeepMilestone { milestone, note };
    on.on_measure("li-na", &platform(), "restructuring-instalments", command)
}

/// What the platform gained, in yuan.
const GAINED_YUAN: i64 = 62_280;
/// Twice as much.
const FINE_YUAN: i64 = 124_560;
/// What the general manager pays.
const MANAGER_YUAN: i64 = 60_000;

/// The platform and its general manager.
fn double_penalty(on: &Stage, of: &InstitutionId) -> Result<Draft, miette::Report> {
    let multiple = Multiple::parse("2").map_err(plain)?;
    let income = Fen::from_yuan(GAINED_YUAN);
    let clause = Text::new(
        "《银行业监督管理法》第四十八条第二项：处五万元以上五十万元以下罚款",
        "Banking Supervision Law, art. 48 (2): a fine of 50,000 to 500,000 yuan",
    );
    let fixed = Fine::Fixed {
        amount: Fen::from_yuan(MANAGER_YUAN),
        least: Fen::from_yuan(50_000),
        most: Fen::from_yuan(500_000),
        below_income: None,
        clause: clause.clone(),
    };
    let of_platform = Sanctions {
        illegal_income: income,
        confiscated: income,
        fine: Some(Fine::Multiple { multiple }),
        ..Sanctions::default()
    };
    let of_manager = Sanctions { fine: Some(fixed), bar: Some(Bar::Months(60)), ..Sanctions::default() };
    let person = Person(Pseudonym::parse(&pseudonym("p", MANAGER)).map_err(plain)?);
    let name = on.engine.institution_name(of.as_str()).unwrap_or_default();
    let basis = |clause, confirmed| Basis { clause, confirmed };
    Ok(Draft {
        institution: of.clone(),
        case: Some(on.case(of)?),
        offence: Offence {
            kind: "设立资金池，归集出借人资金".to_owned(),
            facts: "2026年6月1日，24名出借人的1,038,000.00元直接付入该机构登记的自有资金账户，由此获利62,280.00元。".to_owned(),
        },
        basis: vec![
            basis(Text::new("工作方案第一部分“负面清单”：禁止资金池模式；第三部分“问责”：双罚，罚款不超过违法所得五倍", "Work plan, part 1, negative list, and part 3, accountability: the double penalty, at most five times the illegal income"), true),
            basis(clause, false),
        ],
        against: vec![
            Against { addressee: Addressee::Institution { name }, sanctions: of_platform },
            Against {
                addressee: Addressee::Person { person, post: Some(ExecutivePost::GeneralManager) },
                sanctions: of_manager,
            },
        ],
        single: None,
    })
}

fn document(number: usize) -> String {
    format!("见微监罚〔2026〕{}号", number + 1)
}

/// 问责: the double penalty, its entry at the credit platform, the end of the case.
fn answered_for() -> Vec<Beat> {
    let p2p = platform;
    vec![
        beat(
            "08-03 11:00",
            "李娜拟定双罚：机构与总经理",
            "Li Na drafts the double penalty: platform and general manager",
            move |on| {
                let draft = double_penalty(on, &p2p())?;
                on.person("li-na", &DeskCommand::DraftPenalties(Box::new(draft)))
            },
        ),
        beat("08-04 10:00", "送达事先告知书", "The prior notices are served", move |on| {
            on.on_penalties("li-na", &p2p(), |_| PenaltyCommand::Notify {
                on: day("08-04"),
                way: ServiceWay::Direct,
            })
        }),
        beat(
            "08-05 15:00",
            "当事人放弃陈述申辩与听证（监管员登记）",
            "Both parties waive defence and hearing, as an officer takes down",
            move |on| on.on_penalties("li-na", &p2p(), |_| PenaltyCommand::Waive),
        ),
        beat("08-06 09:30", "李娜提请决定", "Li Na puts it before the head", move |on| {
            on.on_penalties("li-na", &p2p(), |_| PenaltyCommand::Propose { sanctions: None })
        }),
        beat(
            "08-07 10:00",
            "集体讨论后，赵敏决定（两人决定）",
            "After discussion Zhao Min decides: two persons",
            move |on| {
                on.on_penalties("zhao-min", &p2p(), |number| PenaltyCommand::Decide {
                    document: document(number),
                    discussed_on: Some(day("08-07")),
                })
            },
        ),
        beat(
            "08-07 15:00",
            "案件中的处罚措施：提出、批准、下达",
            "The case's measures for it: proposed, approved, ordered",
            move |on| {
                propose_accountability(on, &p2p())?;
                for measure in ["fine", "fine-persons", "credit-platform-entry"] {
                    on.approve("zhao-min", &p2p(), measure)?;
                }
                on.order_institution("li-na", &p2p(), "fine")?;
                on.order_institution("li-na", &p2p(), "fine-persons")?;
                on.order_partners(
                    "li-na",
                    &p2p(),
                    "credit-platform-entry",
                    AddresseeKind::CreditPlatform,
                    &["credit-platform"],
                )
            },
        ),
        beat(
            "08-10 10:00",
            "送达处罚决定书，归集至信用平台",
            "The decisions are served, and go to the credit platform",
            move |on| {
                on.on_penalties("li-na", &p2p(), |_| PenaltyCommand::Serve {
                    on: day("08-10"),
                    way: ServiceWay::Direct,
                })?;
                let until = model::time::Day::from_ymd(2027, 8, 7).unwrap_or_default();
                let name = "见微金融监督管理局".to_owned();
                let authority = Authority { name, code: authority_code().to_string() };
                on.on_penalties("li-na", &p2p(), |_| PenaltyCommand::Publish {
                    until,
                    authority: authority.clone(),
                })
            },
        ),
        beat("08-12 14:00", "信用平台回执", "The credit platform reports", move |on| {
            on.acknowledge(&p2p(), "credit-platform-entry", partner("credit-platform"))?;
            on.report(
                &p2p(),
                "credit-platform-entry",
                partner("credit-platform"),
                "两条行政处罚信息已收录并公示。",
            )?;
            on.accept("wang-qiang", &p2p(), "credit-platform-entry")
        }),
        beat("08-20 11:00", "平台与总经理缴清罚没款", "Platform and manager pay", move |on| {
            let pay = |kind, yuan: i64, reference: &str| PenaltyCommand::Pay {
                kind,
                amount: Fen::from_yuan(yuan),
                on: day("08-20"),
                reference: reference.to_owned(),
            };
            on.on_penalties("li-na", &p2p(), |number| match number {
                0 => pay(PaymentKind::Fine, FINE_YUAN, "缴款书0001"),
                _ => pay(PaymentKind::Fine, MANAGER_YUAN, "缴款书0003"),
            })?;
            let first = on.penalty(&p2p())?;
            let command = Box::new(pay(PaymentKind::Confiscation, GAINED_YUAN, "缴款书0002"));
            on.person("li-na", &DeskCommand::Penalty { id: first, command })?;
            for measure in ["fine", "fine-persons"] {
                on.acknowledge(&p2p(), measure, itself())?;
                on.report(&p2p(), measure, itself(), "罚没款已缴清，缴款书附后。")?;
                on.accept("wang-qiang", &p2p(), measure)?;
            }
            Ok(())
        }),
        beat(
            "08-24 10:00",
            "跟踪核查缴款与公示",
            "Payment and publication are followed up",
            move |on| {
                on.follow_up("li-na", &p2p(), "fine", "缴款凭证与国库回单一致。")?;
                on.follow_up("li-na", &p2p(), "fine-persons", "由本人账户缴纳，机构没有代缴。")?;
                on.follow_up("li-na", &p2p(), "credit-platform-entry", "平台公示内容与决定书一致。")
            },
        ),
        beat(
            "08-25 09:00",
            "赵敏结案，预警随案解除",
            "Zhao Min closes the case; the alert ends with it",
            move |on| {
                let reason = "资金全部退还，责任人员已处罚，公安机关另案侦办。".to_owned();
                on.on_case("zhao-min", &p2p(), CaseCommand::Close { reason })
            },
        ),
    ]
}

fn propose_accountability(on: &mut Stage, of: &InstitutionId) -> Result<(), miette::Report> {
    on.propose(
        "li-na",
        of,
        "fine",
        filled(&[
            ("breach", text("设立资金池，违反工作方案第一部分“负面清单”")),
            ("illegal_income", text("62280.00")),
            ("confiscated", text("62280.00")),
            ("amount", text("124560.00")),
            ("computation", text("违法所得62,280.00元的二倍，不超过五倍；主动退还，从轻")),
        ]),
    )?;
    on.propose(
        "li-na",
        of,
        "fine-persons",
        filled(&[
            ("person", text("登记编号RZ-p2p")),
            ("post", text("总经理")),
            ("responsibility", text("决定并指使归集出借人资金，付款指令由其签批")),
            ("amount", text("60000.00")),
        ]),
    )?;
    on.propose("li-na", of, "credit-platform-entry", filled(&[
        ("decision", text("见微监罚〔2026〕1号、2号")),
        ("decided_on", text("2026-08-07")),
        ("summary", text("设立资金池，没收违法所得62,280.00元，罚款124,560.00元；总经理罚款60,000.00元，五年内禁止从业")),
        ("published_until", text("2027-08-07")),
    ]))
}
