//! What the register knows of an institution.

use serde::{Deserialize, Serialize};

use crate::field_types::{Count, Person, RecordId, ShortText};
use crate::institution::InstitutionId;
use crate::money::Fen;
use crate::spec::{FieldKind, FieldSpec, FieldType, codes, fields, stream};
use crate::time::Day;

codes! {
    /// Lines of business 业态.
    LineOfBusiness "业态" {
        P2p = 1 "p2p" "网络借贷" "P2P lending.",
        Insurance = 2 "insurance" "互联网保险" "Internet insurance.",
        Payment = 3 "payment" "第三方支付" "Third-party payment.",
        Fund = 4 "fund" "互联网基金销售" "Internet fund sales.",
        Custody = 5 "custody" "资金存管" "A bank that holds clients' money in custody.",
    }
}

codes! {
    /// What an executive does.
    ExecutivePost "高管职务" {
        Chairman = 1 "chairman" "董事长" "Chairman of the board.",
        GeneralManager = 2 "general_manager" "总经理" "General manager.",
        RiskOfficer = 3 "risk_officer" "风险负责人" "Head of risk.",
        ComplianceOfficer = 4 "compliance_officer" "合规负责人" "Head of compliance.",
        FinanceOfficer = 5 "finance_officer" "财务负责人" "Head of finance.",
        TechnologyOfficer = 6 "technology_officer" "技术负责人" "Head of technology.",
    }
}

/// An executive and the qualification to be one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Executive {
    /// Who.
    pub person: Person,
    /// The post held.
    pub post: ExecutivePost,
    /// Number of the approval of the qualification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualification: Option<RecordId>,
    /// Last day on which the qualification holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualified_until: Option<Day>,
}

const EXECUTIVE_FIELDS: &[FieldSpec] = fields! {
    1 Clear person: Person, "人员", "Who.";
    2 Clear post: ExecutivePost, "职务", "The post held.";
    3 Clear qualification: Option<RecordId>, "任职资格批准文号", "Number of the approval of the qualification.";
    4 Clear qualified_until: Option<Day>, "任职资格有效期至", "Last day on which the qualification holds.";
};

impl FieldType for Vec<Executive> {
    const KIND: FieldKind = FieldKind::List(EXECUTIVE_FIELDS);
}

stream! {
    Register = 11 "register" "登记" "What the register knows of an institution from a day on (requirement 1.4: paid-in capital, executives' qualification, information security).",
    time "effective_from" {
        3 Clear effective_from: Day, "生效日", "From this day on it holds.";
        4 Clear name: ShortText, "名称", "The institution's registered name.";
        5 Clear line: LineOfBusiness, "业态", "The line of business.";
        6 Clear licence: Option<RecordId>, "许可证号", "Number of the licence or filing.";
        7 Clear registered_on: Option<Day>, "成立日期", "The day on which the institution was registered.";
        8 Clear paid_in_capital: Option<Fen>, "实缴资本", "Paid-in capital in yuan.";
        9 Clear loan_balance_cap: Option<Fen>, "借贷余额上限", "Cap of a platform's loan balance in yuan (requirement 1.3).";
        10 Clear custody_bank: Option<InstitutionId>, "存管银行", "The bank that holds clients' money.";
        11 Clear security_assessed_on: Option<Day>, "安全测评日期", "Day of the last assessment of information security.";
        12 Clear security_level: Option<Count>, "等级保护级别", "Level of classified protection, 1 to 5.";
        13 Committed executives: Vec<Executive>, "高级管理人员", "The executives.";
        14 Clear licence_until: Option<Day>, "许可有效期至", "Last day on which the licence or sales qualification holds.";
    }
}
