//! Lending projects (标的).

use crate::field_types::{Account, Count, Party, RecordId, ShortText};
use crate::money::{Fen, Percent};
use crate::spec::{codes, stream};
use crate::time::{Day, Time};

codes! {
    /// Who or what stands behind a project.
    GuaranteeKind "增信方式" {
        None = 1 "none" "无" "Nothing.",
        Guarantor = 2 "guarantor" "第三方担保" "A guarantee company.",
        Collateral = 3 "collateral" "抵押" "Mortgaged property.",
        Pledge = 4 "pledge" "质押" "Pledged things or rights.",
        Insurance = 5 "insurance" "保险" "Credit insurance.",
        RiskFund = 6 "risk_fund" "风险准备金" "A fund set aside by the platform.",
    }
}

codes! {
    /// Where a project stands.
    ProjectStatus "标的状态" {
        Raising = 1 "raising" "募集中" "Open for lenders.",
        Failed = 2 "failed" "流标" "Not filled in time; the money goes back.",
        Repaying = 3 "repaying" "还款中" "Filled and being repaid.",
        Overdue = 4 "overdue" "逾期" "A payment is late.",
        Settled = 5 "settled" "已结清" "Repaid.",
        Defaulted = 6 "defaulted" "违约" "Written off by the platform.",
    }
}

codes! {
    /// In which register a borrower's identity was found.
    IdentityRegister "身份登记" {
        None = 1 "none" "无登记" "In none.",
        Citizen = 2 "citizen" "公民身份登记" "The public-security register of citizens.",
        Enterprise = 3 "enterprise" "企业登记" "The register of enterprises (unified social credit code).",
    }
}

stream! {
    Project = 2 "project" "标的" "A project offered to lenders; each change of status is a revision.",
    time "published_at", subject "borrower" {
        3 Clear published_at: Time, "发布时间", "When it was offered.";
        4 Committed borrower: Party, "借款人", "Who borrows.";
        5 Committed amount: Fen, "借款金额", "Amount in yuan.";
        6 Clear term_days: Count, "期限(天)", "Term in days.";
        7 Clear annual_rate_percent: Percent, "年化利率(%)", "Rate that the borrower pays, per cent a year.";
        8 Clear guarantee: GuaranteeKind, "增信方式", "Who or what stands behind it.";
        9 Committed collateral_appraised: Option<Fen>, "抵质押物评估值", "Appraised value of the collateral in yuan.";
        10 Committed collateral_realisable: Option<Fen>, "抵质押物可变现值", "What the collateral would bring if sold, in yuan.";
        11 Clear status: ProjectStatus, "标的状态", "Where it stands.";
        12 Clear outstanding: Option<Fen>, "待偿余额", "Principal not yet repaid, in yuan.";
        13 Clear purpose: Option<ShortText>, "借款用途", "What the money is for.";
        14 Clear ended_on: Option<Day>, "结束日期", "The day on which it was settled, failed, or was written off; absent while it stands.";
        15 Clear identity_register: Option<IdentityRegister>, "借款人身份登记", "In which register the borrower's identity was found.";
        16 Clear collateral_registration: Option<RecordId>, "抵质押登记号", "Number under which the collateral is registered.";
        17 Committed receiving_account: Option<Account>, "募集账户", "The account into which lenders' money for it goes.";
    }
}
