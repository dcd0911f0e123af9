//! 信息安全: a payment firm whose systems were not assessed in time. Yellow: the public notice, the plan
//! that is sent back once, the notice settled.

use model::spec::Record;
use model::streams::{BusinessDaily, OperationsDaily, Register, Transaction};
use workflow::alert::AlertCommand;
use workflow::desk::DeskCommand;

use super::filings::{operations, register};
use super::house::payment_firm;
use super::stage::{Beat, Stage, beat, day};

/// The story.
pub(super) fn beats() -> Vec<Beat> {
    let firm = payment_firm;
    vec![
        beat(
            "06-01 09:20",
            "支付公司登记，安全测评已逾期",
            "A payment firm registers; its security assessment is overdue",
            move |on| {
                on.file(
                    &firm(),
                    Register::STREAM,
                    day("06-01"),
                    &[register("示例易付支付有限公司", "payment", 31, "2025-03-10")],
                )
            },
        ),
        beat(
            "06-02 10:30",
            "支付公司报送 6 月 1 日数据",
            "The payment firm files 1 June",
            move |on| {
                let date = day("06-01");
                on.file(&firm(), Transaction::STREAM, date, &[])?;
                on.file(&firm(), BusinessDaily::STREAM, date, &[])?;
                on.file(&firm(), OperationsDaily::STREAM, date, &[operations()])
            },
        ),
        beat(
            "06-08 16:00",
            "支付公司提交整改方案",
            "The firm files its rectification plan",
            move |on| plan(on, "尽快安排测评。", "06-30"),
        ),
        beat(
            "06-10 10:00",
            "陈静退回：没有机构、没有日期",
            "Chen Jing sends it back: no assessor, no dates",
            move |on| answer(on, false, "未写明测评机构、测评范围和各项整改的完成日期。"),
        ),
        beat("06-12 17:00", "支付公司重新提交", "The firm files it again", move |on| {
            plan(
                on,
                "委托示例测评中心于6月25日前完成第三级系统测评；高风险项6月28日前整改完毕；6月30日前提交报告。",
                "06-30",
            )
        }),
        beat("06-15 11:00", "陈静采纳", "Chen Jing accepts it", move |on| {
            answer(on, true, "同意。测评报告与整改清单一并提交。")
        }),
        beat(
            "06-30 15:00",
            "测评完成，陈静核对报告后解除预警",
            "Assessed; Chen Jing looks at the report and closes the alert",
            move |on| {
                let reason = "第三级系统测评已于6月25日完成，结论为良，高风险项已整改。".to_owned();
                on.on_alert("chen-jing", &firm(), AlertCommand::Close { reason })
            },
        ),
    ]
}

fn plan(on: &mut Stage, text: &str, done_by: &str) -> Result<(), miette::Report> {
    let firm = payment_firm();
    let (alert, text, done_by) = (on.alert(&firm)?, text.to_owned(), day(done_by));
    on.institution(&firm, &DeskCommand::FilePlan { alert, text, done_by })
}

fn answer(on: &mut Stage, accepted: bool, said: &str) -> Result<(), miette::Report> {
    let id = on.plan(&payment_firm())?;
    on.person("chen-jing", &DeskCommand::AnswerPlan { id, accepted, said: said.to_owned() })
}
