//! 虚假宣传: an insurer that promises renewal and sells what is not on file. Orange: the letter to its
//! executives, a case that a person opens, orders to those who can close the way in.

use std::collections::BTreeSet;

use miette::{Report, miette};
use model::institution::InstitutionId;
use model::spec::Record;
use model::streams::{BusinessDaily, OperationsDaily, Policy, Product, Register, Transaction};
use workflow::actor::Actor;
use workflow::alert::AlertCommand;
use workflow::case::{CaseCommand, FindingRef, MeasureCommand, Milestone};
use workflow::desk::DeskCommand;
use workflow::library::AddresseeKind;

use super::filings::{operations, policies, product, register};
use super::house::insurer;
use super::stage::{Beat, Stage, beat, day, filled, list, text};

/// What the advertisement says.
const STATEMENT: &str = "“一年期百万医疗险，保证续保至100岁”";
/// What is true.
const TRUTH: &str = "该产品保险期间一年，不保证续保，且未经备案";
/// Measures that isolate, all but those of the application's ways in.
const OWN: [&str; 2] = ["correct-advertising", "limit-business"];

fn itself() -> Actor {
    Actor::Institution(insurer().to_string())
}

fn partner(id: &str) -> Actor {
    Actor::Partner(id.to_owned())
}

/// The story.
pub(super) fn beats() -> Vec<Beat> {
    [found(), isolated(), ended()].into_iter().flatten().collect()
}

fn found() -> Vec<Beat> {
    vec![
        beat(
            "06-01 09:10",
            "保险公司登记机构与产品",
            "The insurer registers itself and its product",
            move |on| {
                let date = day("06-01");
                let entry = register("示例安心保险股份有限公司", "insurance", 21, "2026-02-20");
                on.file(&insurer(), Register::STREAM, date, &[entry])?;
                on.file(&insurer(), Product::STREAM, date, &[product()])
            },
        ),
        beat(
            "06-02 10:00",
            "保险公司报送 6 月 1 日数据：售出 12 张承诺续保的短期健康险保单",
            "The insurer files 1 June: 12 short-term health policies with promised renewal",
            move |on| {
                let date = day("06-01");
                on.file(&insurer(), Policy::STREAM, date, &policies(12))?;
                on.file(&insurer(), Transaction::STREAM, date, &[])?;
                on.file(&insurer(), BusinessDaily::STREAM, date, &[])?;
                on.file(&insurer(), OperationsDaily::STREAM, date, &[operations()])
            },
        ),
        beat("06-02 14:10", "刘洋确认预警", "Liu Yang acknowledges the alert", move |on| {
            on.on_alert("liu-yang", &insurer(), AlertCommand::Acknowledge)
        }),
        beat(
            "06-02 15:20",
            "保险公司高管阅读提示函",
            "An executive of the insurer reads the letter",
            move |on| {
                let letter = on.letter(&insurer(), "risk-notice")?;
                on.engine
                    .letter_read(&letter, "机构门户打开 opened in the portal")
                    .map_err(crate::outcome::plain)
            },
        ),
        beat("06-03 09:30", "刘洋立案：虚假宣传", "Liu Yang opens a case: false advertising", open_case),
        beat(
            "06-03 10:00",
            "刘洋确认发现，进入隔离",
            "Liu Yang confirms the findings, on to isolation",
            move |on| {
                on.confirm_findings("liu-yang", &insurer(), "已核对产品条款、宣传页截图与12张保单")?;
                on.on_case("liu-yang", &insurer(), CaseCommand::Advance)
            },
        ),
    ]
}

/// A person opens the case, with what the alert found.
fn open_case(on: &mut Stage) -> Result<(), Report> {
    let of = insurer();
    let findings = {
        let desk = on.engine.desk();
        let alert = desk.alerts.open_of(of.as_str()).ok_or_else(|| miette!("{of} has no open alert"))?;
        let reasons = alert.reasons.values().map(|reason| &reason.latest);
        let finding = |entry: &str, day| FindingRef { entry: entry.to_owned(), day, position: alert.as_of };
        reasons.map(|reason| finding(&reason.entry, reason.day)).collect()
    };
    on.person(
        "liu-yang",
        &DeskCommand::OpenCase {
            institution: of.to_string(),
            risks: BTreeSet::from(["false-advertising".to_owned()]),
            findings,
            reason: "宣传页承诺“保证续保”，与产品登记和监管要求不符。".to_owned(),
        },
    )
}

fn isolated() -> Vec<Beat> {
    vec![
        beat("06-03 10:30", "刘洋提出五项措施", "Liu Yang proposes five measures", move |on| {
            propose(on, &insurer())
        }),
        beat(
            "06-03 11:00",
            "王强批准，逐一下达：机构、电信、应用商店、市场监管",
            "Wang Qiang approves; orders go to the insurer, telecoms, app stores, market regulator",
            move |on| {
                let of = insurer();
                for measure in OWN.into_iter().chain([
                    "advertising-notification",
                    "restrict-app-download",
                    "take-down-app",
                ]) {
                    on.approve("wang-qiang", &of, measure)?;
                }
                for measure in OWN {
                    on.order_institution("liu-yang", &of, measure)?;
                }
                on.order_partners(
                    "liu-yang",
                    &of,
                    "advertising-notification",
                    AddresseeKind::MarketRegulator,
                    &["market-regulator"],
                )?;
                on.order_partners(
                    "liu-yang",
                    &of,
                    "restrict-app-download",
                    AddresseeKind::Telecom,
                    &["telecom"],
                )?;
                on.order_partners(
                    "liu-yang",
                    &of,
                    "take-down-app",
                    AddresseeKind::AppStore,
                    &["store-one", "store-two"],
                )
            },
        ),
        beat("06-03 14:00", "各方签收", "All acknowledge", move |on| {
            let of = insurer();
            for measure in OWN {
                on.acknowledge(&of, measure, itself())?;
            }
            on.acknowledge(&of, "advertising-notification", partner("market-regulator"))?;
            on.acknowledge(&of, "restrict-app-download", partner("telecom"))?;
            on.acknowledge(&of, "take-down-app", partner("store-one"))?;
            on.acknowledge(&of, "take-down-app", partner("store-two"))
        }),
        beat(
            "06-03 14:50",
            "保险公司停售并更正宣传",
            "The insurer stops selling and corrects its advertisement",
            move |on| {
                let of = insurer();
                on.report(&of, "limit-business", itself(), "H-001已停售，在途投保已退。")?;
                on.report(&of, "correct-advertising", itself(), "宣传页已更正，12名投保人已逐一告知。")
            },
        ),
        beat(
            "06-03 16:30",
            "电信主管部门与应用商店甲回执",
            "Telecoms and the first store report",
            move |on| {
                on.report(&insurer(), "restrict-app-download", partner("telecom"), "下载入口2处已限制。")?;
                on.report(&insurer(), "take-down-app", partner("store-one"), "已下架。")
            },
        ),
        // The other store is late: its deadline ends on 4 June at eleven.
        beat(
            "06-04 15:00",
            "应用商店乙逾期四小时后回执",
            "The second store reports, four hours late",
            move |on| on.report(&insurer(), "take-down-app", partner("store-two"), "已下架；此前系统维护。"),
        ),
        beat(
            "06-05 16:00",
            "市场监管部门回执：已立案",
            "The market regulator reports: it opened a case",
            move |on| {
                on.report(
                    &insurer(),
                    "advertising-notification",
                    partner("market-regulator"),
                    "已立案，责令停止发布，示市监广立〔2026〕15号。",
                )
            },
        ),
        beat(
            "06-05 17:00",
            "王强逐项验收，刘洋跟踪核查",
            "Wang Qiang accepts each; Liu Yang follows up",
            move |on| {
                let of = insurer();
                for measure in OWN.into_iter().chain([
                    "advertising-notification",
                    "restrict-app-download",
                    "take-down-app",
                ]) {
                    on.accept("wang-qiang", &of, measure)?;
                    on.follow_up("liu-yang", &of, measure, "已复查，与回执一致。")?;
                }
                on.on_case("liu-yang", &of, CaseCommand::Advance)
            },
        ),
    ]
}

fn propose(on: &mut Stage, of: &InstitutionId) -> Result<(), Report> {
    let channels = list(&["官方网站首页（5月20日起）", "公司应用程序开屏页（5月22日起）"]);
    let facts = text("应用程序首页宣称“保证续保至100岁”，产品未备案");
    on.propose(
        "liu-yang",
        of,
        "correct-advertising",
        filled(&[("statements", list(&[STATEMENT])), ("channels", channels.clone()), ("truth", text(TRUTH))]),
    )?;
    on.propose(
        "liu-yang",
        of,
        "advertising-notification",
        filled(&[("statements", list(&[STATEMENT])), ("channels", channels), ("truth", text(TRUTH))]),
    )?;
    on.propose(
        "liu-yang",
        of,
        "restrict-app-download",
        filled(&[
            ("app", text("安心保 3.2")),
            ("filing_number", text("示ICP备2024000001号-2A")),
            ("entries", list(&["https://app.insurer.example/download", "官方网站首页二维码"])),
            ("facts", facts.clone()),
        ]),
    )?;
    on.propose(
        "liu-yang",
        of,
        "take-down-app",
        filled(&[
            ("app", text("安心保，example.anxinbao，3.2")),
            ("store", text("示例应用商店甲、示例应用商店乙")),
            ("facts", facts),
        ]),
    )?;
    on.propose(
        "liu-yang",
        of,
        "limit-business",
        filled(&[
            ("business", list(&["短期健康险产品H-001的销售"])),
            ("limit", text("停止销售")),
            ("until", text("完成备案并更正宣传")),
        ]),
    )
}

/// 化解 and 问责: what was sold is put right; the regulator of advertising penalises.
fn ended() -> Vec<Beat> {
    vec![
        beat(
            "06-08 09:30",
            "刘洋提出责令改正，王强批准并下达",
            "Liu Yang proposes an order to rectify; approved and ordered",
            move |on| {
                let of = insurer();
                on.propose(
                    "liu-yang",
                    &of,
                    "rectification-order",
                    filled(&[
                        (
                            "breaches",
                            list(&["销售未备案产品", "短期健康险承诺续保（银保监办发〔2021〕7号）"]),
                        ),
                        (
                            "requirements",
                            list(&["12张保单逐一告知，允许无损失退保", "完成产品备案，条款写明不保证续保"]),
                        ),
                        ("by", text("2026-06-18")),
                    ]),
                )?;
                on.approve("wang-qiang", &of, "rectification-order")?;
                on.order_institution("liu-yang", &of, "rectification-order")
            },
        ),
        beat(
            "06-15 10:00",
            "保险公司回执：3 人退保，产品已备案",
            "The insurer reports: 3 surrendered, the product is on file",
            move |on| {
                let of = insurer();
                on.acknowledge(&of, "rectification-order", itself())?;
                on.report(
                    &of,
                    "rectification-order",
                    itself(),
                    "12名投保人全部告知，3人退保全额退款；产品已备案。",
                )
            },
        ),
        beat(
            "06-16 10:00",
            "验收，跟踪核查，进入问责阶段",
            "Accepted, followed up, on to accountability",
            move |on| {
                let of = insurer();
                on.accept("wang-qiang", &of, "rectification-order")?;
                let step = Milestone {
                    day: day("06-18"),
                    amount_fen: None,
                    text: Some("产品备案与退保办结".to_owned()),
                };
                on.on_measure(
                    "liu-yang",
                    &of,
                    "rectification-order",
                    MeasureCommand::SetMilestones { milestones: vec![step] },
                )?;
                on.on_measure(
                    "liu-yang",
                    &of,
                    "rectification-order",
                    MeasureCommand::KeepMilestone { milestone: 0, note: None },
                )?;
                on.follow_up("liu-yang", &of, "rectification-order", "抽查6名投保人，均已告知。")?;
                on.on_case("liu-yang", &of, CaseCommand::Advance)
            },
        ),
        beat(
            "06-17 09:00",
            "刘洋申请跳过问责：及时改正、没有危害后果，广告由市场监管部门处罚",
            "Liu Yang asks to skip accountability: put right in time and without harm; the market regulator penalises the advertisement",
            move |on| {
                let reason = "违法行为轻微并及时改正，没有造成危害后果（《行政处罚法》第三十三条）；广告违法由市场监管部门处罚。".to_owned();
                on.on_case("liu-yang", &insurer(), CaseCommand::AskSkip { reason })
            },
        ),
        beat(
            "06-17 16:00",
            "负责人赵敏批准，案件结束，预警解除",
            "The head, Zhao Min, agrees; the case ends, the alert with it",
            move |on| on.on_case("zhao-min", &insurer(), CaseCommand::Skip),
        ),
    ]
}
