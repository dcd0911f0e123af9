//! 办理记录 what happened on the desk, one row for each event, never changed.

use model::time::Time;
use workflow::actor::Actor;
use workflow::alert::AlertStep;
use workflow::case::CaseStep;
use workflow::delivery::DeliveryStep;
use workflow::desk::{DeskEvent, Topic};
use workflow::letter::LetterStep;
use workflow::order::OrderStep;
use workflow::penalty::PenaltyStep;
use workflow::plan::PlanStep;
use workflow::public_notice::PublicNoticeStep;
use workflow::report::ReportStep;
use workflow::reserve::ReserveStep;
use workflow::review::ReviewStep;

use super::codes;
use crate::shape::{Column, Table, index};

codes!(TOPICS, topic: Topic {
    Alert "alert" "预警";
    Delivery "delivery" "送达";
    Letter "letter" "函件";
    PublicNotice "public_notice" "公示";
    Plan "plan" "整改方案";
    Review "review" "复核";
    Case "case" "处置案件";
    Order "order" "指令";
    Reserve "reserve" "风险准备金";
    Penalty "penalty" "处罚";
    Report "report" "举报";
});

codes!(ALERT_STEPS, alert_step: AlertStep {
    Opened "opened" "触发";
    Joined "joined" "并入";
    Raised "raised" "升级";
    Acknowledged "acknowledged" "确认收悉";
    Escalated "escalated" "逐级上报";
    Assigned "assigned" "转办";
    Started "started" "时限起算";
    Kept "kept" "按期";
    Missed "missed" "逾期";
    Dated "dated" "写定时限";
    CaseJoined "case_joined" "立案";
    Eased "eased" "降级";
    Dismissed "dismissed" "排除";
    Closed "closed" "解除";
});

codes!(DELIVERY_STEPS, delivery_step: DeliveryStep {
    Wanted "wanted" "待送";
    Trying "trying" "发送";
    Failed "failed" "失败";
    Delivered "delivered" "送达";
    Refused "refused" "退回";
    Read "read" "已阅";
});

codes!(LETTER_STEPS, letter_step: LetterStep {
    Drafted "drafted" "拟稿";
    Edited "edited" "修改";
    Checked "checked" "核稿";
    Released "released" "签发";
    Set "set" "成文";
    Recalled "recalled" "作废";
});

codes!(NOTICE_STEPS, notice_step: PublicNoticeStep {
    Published "published" "公示";
    Settled "settled" "已整改";
    Withdrawn "withdrawn" "撤回";
});

codes!(PLAN_STEPS, plan_step: PlanStep {
    Filed "filed" "提交";
    Accepted "accepted" "采纳";
    SentBack "sent_back" "退回";
    AnswerMissed "answer_missed" "答复逾期";
});

codes!(REVIEW_STEPS, review_step: ReviewStep {
    Looked "looked" "查看";
    Claimed "claimed" "认领";
    Released "released" "放回";
    Confirmed "confirmed" "认定";
    Dismissed "dismissed" "排除";
    CaseJoined "case_joined" "立案";
});

codes!(CASE_STEPS, case_step: CaseStep {
    Opened "opened" "立案";
    Joined "joined" "并入";
    Suggested "suggested" "建议措施";
    MeasureAdded "measure_added" "增列措施";
    Assigned "assigned" "认领";
    FindingConfirmed "finding_confirmed" "确认发现";
    FindingDismissed "finding_dismissed" "排除发现";
    RiskAdded "risk_added" "认定风险";
    RiskStruck "risk_struck" "撤销风险";
    Measure "measure" "办理措施";
    SkipAsked "skip_asked" "申请跳过";
    SkipRefused "skip_refused" "驳回跳过";
    Skipped "skipped" "跳过";
    Advanced "advanced" "推进";
    StageMissed "stage_missed" "阶段逾期";
    Dated "dated" "写定时限";
    Closed "closed" "结案";
    Dropped "dropped" "撤案";
    Reopened "reopened" "重启";
    Noted "noted" "记录";
});

codes!(ORDER_STEPS, order_step: OrderStep {
    Issued "issued" "下达";
    Acknowledged "acknowledged" "签收";
    Reported "reported" "回执";
    Returned "returned" "退回";
    Accepted "accepted" "验收";
    Missed "missed" "逾期";
    Dated "dated" "写定时限";
    Lifted "lifted" "解除";
});

codes!(RESERVE_STEPS, reserve_step: ReserveStep {
    Accrued "accrued" "计提";
    ContributionReceived "contribution_received" "收缴";
    ContributionMissed "contribution_missed" "逾期未缴";
    ReceiptReversed "receipt_reversed" "冲销";
    DrawRequested "draw_requested" "申请动用";
    DrawApproved "draw_approved" "批准动用";
    DrawRejected "draw_rejected" "不予批准";
    DrawWithdrawn "draw_withdrawn" "撤回申请";
    DrawPaid "draw_paid" "拨付";
    DrawRepaid "draw_repaid" "偿还";
    InstalmentMissed "instalment_missed" "逾期未还";
    WriteOffProposed "write_off_proposed" "提请核销";
    WriteOffApproved "write_off_approved" "批准核销";
    WriteOffRejected "write_off_rejected" "不予核销";
});

codes!(PENALTY_STEPS, penalty_step: PenaltyStep {
    Drafted "drafted" "拟定";
    Revised "revised" "修改";
    Notified "notified" "事先告知";
    Defended "defended" "陈述申辩";
    DefenceReviewed "defence_reviewed" "复核陈述申辩";
    Waived "waived" "放弃";
    HearingAsked "hearing_asked" "申请听证";
    HearingCalled "hearing_called" "通知听证";
    HearingHeld "hearing_held" "举行听证";
    Proposed "proposed" "提请决定";
    SentBack "sent_back" "退回";
    Decided "decided" "决定";
    Dropped "dropped" "不予处罚";
    Served "served" "送达";
    Paid "paid" "缴纳";
    Refunded "refunded" "退还";
    Deferred "deferred" "暂缓或者分期缴纳";
    Appealed "appealed" "申请复议或者起诉";
    Upheld "upheld" "维持";
    Changed "changed" "变更";
    Overturned "overturned" "撤销";
    Published "published" "公示";
    PublicationWithdrawn "publication_withdrawn" "撤回公示";
    Lapsed "lapsed" "期限届满";
    Concluded "concluded" "终结";
});

codes!(REPORT_STEPS, report_step: ReportStep {
    Received "received" "收到";
    Acknowledged "acknowledged" "受理";
    Assigned "assigned" "分派";
    Asked "asked" "追问或补充";
    Answered "answered" "答复";
    Extended "extended" "延期";
    Led "led" "转案件";
    Closed "closed" "办结";
    Merged "merged" "并案";
    Reopened "reopened" "重新办理";
    Missed "missed" "逾期";
});

/// An event with its place in the ledger.
pub(crate) struct Happened {
    pub(crate) position: u64,
    topic: Topic,
    id: String,
    institution: String,
    at: Time,
    by: Actor,
    step: (&'static str, &'static str),
}

impl Happened {
    pub(crate) fn of(position: u64, event: &DeskEvent) -> Self {
        let (list, step, by) = match event {
            DeskEvent::Alert(event) => (ALERT_STEPS, alert_step(&event.step), &event.by),
            DeskEvent::Delivery(event) => (DELIVERY_STEPS, delivery_step(&event.step), &Actor::System),
            DeskEvent::Letter(event) => (LETTER_STEPS, letter_step(&event.step), &event.by),
            DeskEvent::PublicNotice(event) => (NOTICE_STEPS, notice_step(&event.step), &event.by),
            DeskEvent::Plan(event) => (PLAN_STEPS, plan_step(&event.step), &event.by),
            DeskEvent::Review(event) => (REVIEW_STEPS, review_step(&event.step), &event.by),
            DeskEvent::Case(event) => (CASE_STEPS, case_step(&event.step), &event.by),
            DeskEvent::Order(event) => (ORDER_STEPS, order_step(&event.step), &event.by),
            DeskEvent::Reserve(event) => (RESERVE_STEPS, reserve_step(&event.step), &event.by),
            DeskEvent::Penalty(event) => (PENALTY_STEPS, penalty_step(&event.step), &event.by),
            DeskEvent::Report(event) => (REPORT_STEPS, report_step(&event.step), &event.by),
        };
        let named = list.iter().find(|(code, _)| *code == step).copied();
        Self {
            position,
            topic: event.topic(),
            id: event.id().to_owned(),
            institution: event.institution().to_owned(),
            at: event.at(),
            by: by.clone(),
            step: named.unwrap_or((step, step)),
        }
    }
}

/// Events.
pub(crate) const DESK_EVENT: Table<Happened> = Table {
    name: "desk_event",
    zh: "办理记录",
    about: (
        "办理台上发生的每件事一行，只增不改；凭账本位置可出具证明。",
        "One row for each thing that happened on the desk, never changed; by its position the ledger proves it.",
    ),
    key: 1,
    columns: &[
        Column::whole("position", "账本位置", "Where it stands in the ledger", |h| h.position),
        Column::code("topic", "事项类别", "What it is about", TOPICS, |h| topic(&h.topic)),
        Column::text("id", "编号", "The number of what it happened to", |h| h.id.clone()),
        Column::text("institution", "机构", "The institution; * for the industry", |h| {
            h.institution.clone()
        }),
        Column::time("happened_at", "时间", "When", |h| h.at),
        Column::text(
            "actor",
            "办理人",
            "By whom: system, or person:, institution: or partner: and the identifier",
            |h| h.by.to_string(),
        ),
        Column::text("step", "步骤", "What happened, as in the ledger", |h| h.step.0.to_owned()),
        Column::text("step_zh", "步骤名称", "What happened, in Chinese", |h| h.step.1.to_owned()),
    ],
    indices: &[
        index("id", "id, position"),
        index("institution", "institution, happened_at, position"),
        index("at", "happened_at, position"),
    ],
};
