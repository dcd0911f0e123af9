//! What people tell a penalty.

use model::money::Fen;
use model::time::Day;
use serde::{Deserialize, Serialize};

use super::event::{AppealKind, Authority, Ground, PaymentKind, ServiceWay};
use super::life::Step;
use super::sanction::Sanctions;

/// A command to a penalty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum PenaltyCommand {
    /// 修改拟定: a notice that was served has to be served anew.
    Revise {
        /// What is imposed.
        sanctions: Sanctions,
        /// Why.
        reason: String,
    },
    /// 事先告知.
    Notify {
        /// On which day it was served.
        on: Day,
        /// In which way.
        way: ServiceWay,
    },
    /// 陈述申辩.
    Defend {
        /// What the party says.
        text: String,
    },
    /// 复核陈述申辩.
    ReviewDefence {
        /// Which statement, from 1.
        defence: u32,
        /// Whether it is adopted.
        adopted: bool,
        /// Why.
        reason: String,
    },
    /// 放弃听证和申辩, or a hearing that was asked for.
    Waive,
    /// 申请听证.
    AskHearing {
        /// On which day it was asked for.
        on: Day,
    },
    /// 通知听证.
    CallHearing {
        /// On which day it is held.
        on: Day,
        /// Where.
        place: String,
    },
    /// 举行听证.
    HoldHearing {
        /// What the record says, in short.
        record: String,
    },
    /// 提请决定.
    Propose {
        /// What is imposed, where that is less than what was announced.
        #[serde(default)]
        sanctions: Option<Sanctions>,
    },
    /// 退回.
    SendBack {
        /// Why.
        reason: String,
    },
    /// 决定.
    Decide {
        /// 处罚决定书文号.
        document: String,
        /// On which day it was discussed collectively.
        #[serde(default)]
        discussed_on: Option<Day>,
    },
    /// 不予处罚.
    Drop {
        /// Why.
        reason: String,
    },
    /// 送达.
    Serve {
        /// On which day.
        on: Day,
        /// In which way.
        way: ServiceWay,
    },
    /// 缴纳.
    Pay {
        /// What for.
        kind: PaymentKind,
        /// How much.
        amount: Fen,
        /// On which day.
        on: Day,
        /// The bank's reference.
        reference: String,
    },
    /// 退还.
    Refund {
        /// How much.
        amount: Fen,
        /// The bank's reference.
        reference: String,
    },
    /// 暂缓或分期缴纳.
    Defer {
        /// The last day on which to pay.
        until: Day,
        /// Why.
        reason: String,
    },
    /// 申请复议或起诉.
    Appeal {
        /// How.
        kind: AppealKind,
        /// On which day.
        on: Day,
        /// The number under which it was accepted.
        reference: String,
    },
    /// 维持.
    Uphold {
        /// The document that says so.
        document: String,
        /// On which day it was received.
        on: Day,
    },
    /// 变更.
    Change {
        /// On what ground.
        ground: Ground,
        /// The document that says so.
        document: String,
        /// On which day it was received.
        on: Day,
        /// What is imposed from now on.
        sanctions: Sanctions,
    },
    /// 撤销.
    Overturn {
        /// On what ground.
        ground: Ground,
        /// The document that says so.
        document: String,
        /// On which day it was received.
        on: Day,
    },
    /// 公示.
    Publish {
        /// The last day on which it is shown.
        until: Day,
        /// The authority.
        authority: Authority,
    },
    /// 撤回公示.
    WithdrawPublication {
        /// Why.
        reason: String,
    },
}

impl PenaltyCommand {
    /// The step of the table that it is.
    pub const fn step(&self) -> Step {
        match self {
            Self::Revise { .. } => Step::Revise,
            Self::Notify { .. } => Step::Notify,
            Self::Defend { .. } => Step::Defend,
            Self::ReviewDefence { .. } => Step::ReviewDefence,
            Self::Waive => Step::Waive,
            Self::AskHearing { .. } => Step::AskHearing,
            Self::CallHearing { .. } => Step::CallHearing,
            Self::HoldHearing { .. } => Step::HoldHearing,
            Self::Propose { .. } => Step::Propose,
            Self::SendBack { .. } => Step::SendBack,
            Self::Decide { .. } => Step::Decide,
            Self::Drop { .. } => Step::Drop,
            Self::Serve { .. } => Step::Serve,
            Self::Pay { .. } => Step::Pay,
            Self::Refund { .. } => Step::Refund,
            Self::Defer { .. } => Step::Defer,
            Self::Appeal { .. } => Step::Appeal,
            Self::Uphold { .. } => Step::Uphold,
            Self::Change { .. } => Step::Change,
            Self::Overturn { .. } => Step::Overturn,
            Self::Publish { .. } => Step::Publish,
            Self::WithdrawPublication { .. } => Step::WithdrawPublication,
        }
    }
}
