//! The chart of accounts 会计科目表 of the reserve fund.

use serde::{Deserialize, Serialize};

use crate::life::{Word, words};

words! {
    /// 记账方向: the side of an account.
    Side {
        Debit "debit" "借" "debit",
        Credit "credit" "贷" "credit",
    }
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Debit => Self::Credit,
            Self::Credit => Self::Debit,
        }
    }
}

words! {
    /// 科目类别: the class of an account.
    Class {
        Asset "asset" "资产" "asset",
        Liability "liability" "负债" "liability",
        Fund "fund" "基金净额" "fund balance",
        Loss "loss" "损失" "loss",
    }
}

/// An account of the fund's books. All but the cash are kept per institution 辅助核算.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// 准备金专户存款: money on the fund's bank account.
    Cash,
    /// 应收准备金: contributions accrued and not yet received.
    ContributionsReceivable,
    /// 待偿还动用款: draws paid out and not yet repaid.
    DrawsReceivable,
    /// 预收准备金: contributions received before they were accrued; they settle the months to come.
    ContributionsPrepaid,
    /// 准备金基金—应缴未缴: the part of the fund that is accrued and not yet paid in.
    FundAssessed,
    /// 准备金基金—已缴: the part of the fund that is paid in.
    FundPaidIn,
    /// 动用款核销损失: draws written off, less what came back of them after all.
    WriteOffs,
}

impl Account {
    /// Every account, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::Cash,
        Self::ContributionsReceivable,
        Self::DrawsReceivable,
        Self::ContributionsPrepaid,
        Self::FundAssessed,
        Self::FundPaidIn,
        Self::WriteOffs,
    ];

    /// 科目编号. The numbers of the first level are those of 《企业会计准则——应用指南》附录 for
    /// the nearest account (1002 银行存款, 1122 应收账款, 1221 其他应收款, 2203 预收账款, 6701 资产减值损失);
    /// 4001 stands there for paid-in capital and here for the fund.
    pub const fn number(self) -> &'static str {
        match self {
            Self::Cash => "1002",
            Self::ContributionsReceivable => "1122",
            Self::DrawsReceivable => "1221",
            Self::ContributionsPrepaid => "2203",
            Self::FundAssessed => "4001.01",
            Self::FundPaidIn => "4001.02",
            Self::WriteOffs => "6701",
        }
    }

    /// Its class.
    pub const fn class(self) -> Class {
        match self {
            Self::Cash | Self::ContributionsReceivable | Self::DrawsReceivable => Class::Asset,
            Self::ContributionsPrepaid => Class::Liability,
            Self::FundAssessed | Self::FundPaidIn => Class::Fund,
            Self::WriteOffs => Class::Loss,
        }
    }

    /// 余额方向: the side on which its balance stands.
    pub const fn side(self) -> Side {
        match self.class() {
            Class::Asset | Class::Loss => Side::Debit,
            Class::Liability | Class::Fund => Side::Credit,
        }
    }

    /// Whether it is kept per institution.
    pub const fn is_per_institution(self) -> bool {
        !matches!(self, Self::Cash)
    }
}

impl Word for Account {
    fn code(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::ContributionsReceivable => "contributions_receivable",
            Self::DrawsReceivable => "draws_receivable",
            Self::ContributionsPrepaid => "contributions_prepaid",
            Self::FundAssessed => "fund_assessed",
            Self::FundPaidIn => "fund_paid_in",
            Self::WriteOffs => "write_offs",
        }
    }

    fn zh(self) -> &'static str {
        match self {
            Self::Cash => "准备金专户存款",
            Self::ContributionsReceivable => "应收准备金",
            Self::DrawsReceivable => "待偿还动用款",
            Self::ContributionsPrepaid => "预收准备金",
            Self::FundAssessed => "准备金基金—应缴未缴",
            Self::FundPaidIn => "准备金基金—已缴",
            Self::WriteOffs => "动用款核销损失",
        }
    }

    fn en(self) -> &'static str {
        match self {
            Self::Cash => "reserve fund's cash at bank",
            Self::ContributionsReceivable => "contributions receivable",
            Self::DrawsReceivable => "draws to be repaid",
            Self::ContributionsPrepaid => "contributions received in advance",
            Self::FundAssessed => "fund: accrued, not yet paid in",
            Self::FundPaidIn => "fund: paid in",
            Self::WriteOffs => "draws written off",
        }
    }
}
