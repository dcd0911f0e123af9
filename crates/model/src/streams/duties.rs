//! What institutions owe beside the daily figures: disclosure, major events, related-party
//! deals, identity checks, recordings, rectification plans.

use crate::field_types::{Count, Digest, LongText, Party, Person, RecordId, ShortText};
use crate::money::{Fen, Percent};
use crate::spec::{codes, stream};
use crate::streams::LineOfBusiness;
use crate::time::{Day, Time};

codes! {
    /// What a disclosure is.
    DisclosureKind "披露类型" {
        Monthly = 1 "monthly" "月度披露" "The regular monthly disclosure.",
        MajorEvent = 2 "major_event" "重大事项披露" "Disclosure of a major event.",
        Annual = 3 "annual" "年度披露" "The annual report.",
        Quarterly = 4 "quarterly" "季度披露" "The quarterly report, such as an insurer's on its solvency.",
    }
}

stream! {
    Disclosure = 6 "disclosure" "信息披露" "What an institution told the public (requirement 1.6).",
    time "published_at" {
        3 Clear published_at: Time, "披露时间", "When it was published.";
        4 Clear kind: DisclosureKind, "披露类型", "What it is.";
        5 Clear period_end: Option<Day>, "报告期末", "Last day of the period that it covers.";
        6 Clear line: Option<LineOfBusiness>, "业态", "The line of business.";
        7 Clear annual_rate_percent: Option<Percent>, "实际年化利率(%)", "The actual annualised rate disclosed, per cent.";
        8 Clear overdue_rate_percent: Option<Percent>, "逾期率(%)", "The overdue rate disclosed, per cent.";
        9 Clear related_party_deals: Option<Count>, "关联交易笔数", "The number of related-party deals disclosed.";
        10 Clear related_party_amount: Option<Fen>, "关联交易金额", "The amount of related-party deals disclosed, in yuan.";
        11 Clear event: Option<RecordId>, "重大事项编号", "The major event that is disclosed.";
        12 Clear address: Option<ShortText>, "披露网址", "Where it can be read.";
        13 Clear core_solvency_percent: Option<Percent>, "核心偿付能力充足率(%)", "The core solvency ratio disclosed, per cent.";
        14 Clear comprehensive_solvency_percent: Option<Percent>, "综合偿付能力充足率(%)", "The comprehensive solvency ratio disclosed, per cent.";
    }
}

codes! {
    /// What a major event is.
    MajorEventKind "重大事项类型" {
        Ownership = 1 "ownership" "股权变更" "Control or a large share of the equity changed hands.",
        Executive = 2 "executive" "高管变动" "An executive came, went, or cannot be reached.",
        Litigation = 3 "litigation" "重大诉讼" "A lawsuit or enforcement of weight.",
        Default = 4 "default" "重大违约" "A default of weight.",
        Security = 5 "security" "安全事件" "Data leaked or systems were broken into.",
        Business = 6 "business" "经营变化" "Business was stopped, moved or given up.",
        Penalty = 7 "penalty" "处罚" "An authority imposed a penalty.",
    }
}

stream! {
    MajorEvent = 7 "major_event" "重大事项" "An event that must be reported and disclosed at once (requirement 1.6).",
    time "occurred_at" {
        3 Clear occurred_at: Time, "发生时间", "When it happened.";
        4 Clear kind: MajorEventKind, "类型", "What it is.";
        5 Clear summary: LongText, "摘要", "What happened, without names of natural persons.";
        6 Clear disclosed_at: Option<Time>, "披露时间", "When the public was told.";
    }
}

codes! {
    /// How a party is related to the institution.
    Relation "关联关系" {
        Shareholder = 1 "shareholder" "股东" "Holds 5 % or more.",
        Controller = 2 "controller" "实际控制人" "Controls the institution.",
        Subsidiary = 3 "subsidiary" "子公司" "Is controlled by the institution.",
        Affiliate = 4 "affiliate" "同一控制" "Has the same controller.",
        Executive = 5 "executive" "高管及近亲属" "An executive, or family of one.",
    }
}

stream! {
    RelatedPartyDeal = 8 "related_party_deal" "关联交易" "A deal with a related party (requirement 1.6).",
    time "time" {
        3 Clear time: Time, "交易时间", "When the deal was made.";
        4 Committed party: Party, "关联方", "The related party.";
        5 Clear relation: Relation, "关联关系", "How it is related.";
        6 Committed amount: Fen, "金额", "Amount in yuan.";
        7 Clear project: Option<RecordId>, "标的", "The project that it concerns.";
        8 Clear summary: Option<ShortText>, "摘要", "What was agreed.";
    }
}

codes! {
    /// How an identity was checked.
    KycMethod "核验方式" {
        IdDatabase = 1 "id_database" "公安身份核查" "Against the public-security database.",
        Face = 2 "face" "人脸识别" "Face recognition.",
        BankCard = 3 "bank_card" "银行卡核验" "A bank card in the same name.",
        Operator = 4 "operator" "运营商核验" "The telephone operator's register.",
        Branch = 5 "branch" "网点面签" "In person at a branch.",
        Visit = 6 "visit" "上门核实" "A visit to home or business.",
        Document = 7 "document" "证件原件" "The original document was seen.",
    }
}

codes! {
    /// What an identity check found.
    KycResult "核验结果" {
        Passed = 1 "passed" "通过" "The identity is proved.",
        Failed = 2 "failed" "未通过" "The identity is not proved.",
        Pending = 3 "pending" "待定" "Not finished.",
    }
}

stream! {
    KycCheck = 9 "kyc_check" "客户身份识别" "A check of a client's identity, online and offline against each other (requirement 1.7).",
    time "time", subject "user" {
        3 Clear time: Time, "核验时间", "When the check ended.";
        4 Committed user: Person, "用户", "The client.";
        5 Clear online_method: Option<KycMethod>, "线上核验方式", "How it was checked online; absent when it was not.";
        6 Clear offline_method: Option<KycMethod>, "线下核验方式", "How it was checked offline; absent when it was not.";
        7 Clear result: KycResult, "核验结果", "What was found.";
    }
}

stream! {
    DualRecording = 10 "dual_recording" "双录" "The recording in sound and picture of a sale (requirement 1.8).",
    time "time", subject "user" {
        3 Clear time: Time, "录制时间", "When the sale was recorded.";
        4 Committed user: Person, "客户", "The client.";
        5 Clear policy: RecordId, "保单", "The policy sold.";
        6 Clear product: RecordId, "产品", "The product sold.";
        7 Clear annual_yield_percent: Percent, "年化收益率(%)", "The yield shown to the client, per cent a year.";
        8 Clear sound_sha256: Option<Digest>, "录音摘要", "Digest of the sound; absent when there is none.";
        9 Clear picture_sha256: Option<Digest>, "录像摘要", "Digest of the picture; absent when there is none.";
        10 Clear retained_until: Day, "保存期至", "Last day on which the recording is kept.";
    }
}

stream! {
    RectificationPlan = 12 "rectification_plan" "整改方案" "What an institution will do to put a yellow finding right (requirement 2.9).",
    time "submitted_at" {
        3 Clear submitted_at: Time, "提交时间", "When it was submitted.";
        4 Clear finding: RecordId, "对应发现", "The finding or notice that it answers.";
        5 Clear measures: LongText, "整改措施", "What will be done.";
        6 Clear responsible_post: ShortText, "责任岗位", "Who answers for it, by post.";
        7 Clear due: Day, "完成期限", "The day by which it will be done.";
    }
}
