//! The words of the library: stages, addressees, approvals, effects, kinds of field.

use crate::life::words;

words! {
    /// A stage of a case (requirements 3.1 to 3.4): 识别-隔离-化解-问责, then closed.
    Stage {
        /// What was found is confirmed or dismissed by a person (3.1).
        Identify "identify" "识别" "identify",
        /// The risk is kept from spreading (3.2).
        Isolate "isolate" "隔离" "isolate",
        /// It is resolved, by kind of institution (3.3).
        Resolve "resolve" "化解" "resolve",
        /// Institution and persons answer for it (3.4).
        Account "account" "问责" "account",
        Closed "closed" "结案" "closed",
    }
}

impl Stage {
    /// Those of an open case, in their order.
    pub const OPEN: [Self; 4] = [Self::Identify, Self::Isolate, Self::Resolve, Self::Account];
}

words! {
    /// Who receives an order.
    AddresseeKind {
        Institution "institution" "机构" "institution",
        CustodyBank "custody-bank" "存管银行" "custody bank",
        Telecom "telecom" "电信主管部门" "telecom authority",
        AppStore "app-store" "应用商店" "app store",
        Police "police" "公安经侦部门" "economic-crime police",
        Court "court" "人民法院" "court",
        Peer "peer" "同业机构" "peer institution",
        Association "association" "行业协会" "industry association",
        CreditPlatform "credit-platform" "信用信息平台" "credit-information platform",
        MarketRegulator "market-regulator" "市场监管部门" "market regulator",
        IndustryReserve "industry-reserve" "行业风险准备金" "industry risk reserve",
        Investor "investor" "投资者" "investor",
    }
}

words! {
    /// Who has to agree before a measure is ordered.
    Approval {
        /// Nobody.
        None "none" "无需审批" "none",
        /// Another person than the one who proposed it.
        FourEyes "four-eyes" "双人复核" "four eyes",
        /// Another person, with the post of head.
        Head "head" "负责人审批" "head",
    }
}

words! {
    /// What an order does inside the system, from the moment when it is issued until it is lifted.
    EffectKind {
        SuspendNewProjects "suspend-new-projects" "暂停新增项目" "new projects suspended",
        FreezeAccounts "freeze-accounts" "冻结账户" "accounts frozen",
        RestrictApp "restrict-app" "限制应用下载" "app restricted",
        BarPerson "bar-person" "市场禁入" "person barred",
        RevokeLicence "revoke-licence" "吊销牌照" "licence revoked",
    }
}

words! {
    /// What a field holds.
    FieldKind {
        /// A text.
        Text "text" "文字" "text",
        /// A date.
        Date "date" "日期" "date",
        /// An amount in yuan with two decimals.
        Money "money" "金额" "money",
        /// Several texts.
        List "list" "清单" "list",
        /// Rows of named texts.
        Table "table" "表格" "table",
    }
}

words! {
    /// What a measure rests on.
    BasisKind {
        /// The founding plan.
        Plan "plan" "工作方案" "plan",
        /// Law in force.
        Law "law" "法律法规" "law",
        /// A rule that was in force once.
        Historical "historical" "历史规定" "historical",
    }
}

words! {
    /// What has to be there before a stage is left.
    Demand {
        /// At least one finding was confirmed by a person.
        ConfirmedFinding "confirmed-finding" "至少一项发现经人工确认" "at least one finding confirmed by a person",
        /// Every measure that is mandatory for the case's risks, in this stage or one before, is
        /// done or waived. This is asked whether or not the table says it.
        MandatoryMeasures "mandatory-measures" "必须采取的措施均已办结或免除" "every mandatory measure done or waived",
        /// No order of the case is unsettled.
        NoOpenOrders "no-open-orders" "全部指令均已办结" "every order settled",
    }
}

words! {
    /// What a kind of risk calls for (requirement 3.3).
    Seriousness {
        SeriousOffence "serious-offence" "严重违法犯罪" "serious offence",
        Offence "offence" "违法" "offence",
        Market "market" "市场风险" "the market's doing",
        Rectifiable "rectifiable" "可以整改" "can be put right",
    }
}
