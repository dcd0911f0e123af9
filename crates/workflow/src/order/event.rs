//! What happens to an order, as it is sealed.

use model::text::Text;
use model::time::Time;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Post};
use crate::library::{AddresseeKind, Basis, Filled};
use crate::life::words;
use crate::term::Deadline;

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderEvent {
    /// The order's number.
    pub id: String,
    /// The institution that it is about.
    pub institution: String,
    /// When.
    pub at: Time,
    /// By whom.
    pub by: Actor,
    /// What.
    pub step: OrderStep,
}

/// Who receives an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Addressee {
    /// What it is.
    pub kind: AddresseeKind,
    /// The institution, or the partner of the roster.
    pub id: String,
    /// Its name, as letters show it.
    pub name: Text,
}

impl Addressee {
    /// As whom it acts.
    pub fn actor(&self) -> Actor {
        match self.kind {
            AddresseeKind::Institution => Actor::Institution(self.id.clone()),
            _ => Actor::Partner(self.id.clone()),
        }
    }
}

/// What an order says, as it was approved: nothing of it is looked up later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderText {
    /// Title.
    pub title: Text,
    /// What is ordered, filled in.
    pub text: Text,
    /// What is to be reported back.
    pub receipt: Text,
    /// What it rests on.
    pub basis: Vec<Basis>,
    /// The form of its letter.
    pub letter: String,
    /// What was filled in.
    #[serde(skip_serializing_if = "Filled::is_empty", default)]
    pub fields: Filled,
}

words! {
    /// What an addressee says came of an order.
    OrderResult {
        Done "done" "已完成" "done",
        Partly "partly" "部分完成" "partly done",
        Impossible "impossible" "无法执行" "impossible",
    }
}

/// A step in the life of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStep {
    /// 下达.
    Issued {
        /// The case.
        case: String,
        /// The measure of the case that it carries out.
        measure: String,
        /// To whom.
        to: Addressee,
        /// What it says.
        order: Box<OrderText>,
        /// Until when the addressee reports back.
        deadline: Deadline,
    },
    /// 签收.
    Acknowledged,
    /// 回执.
    Reported {
        /// What came of it.
        result: OrderResult,
        /// In the addressee's words.
        text: String,
    },
    /// 退回: with a new deadline.
    Returned {
        /// Why.
        reason: String,
        /// Until when the addressee reports back again.
        deadline: Deadline,
    },
    /// 验收.
    Accepted {
        /// Remark.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        note: Option<String>,
    },
    /// 逾期: the addressee did not report back in time.
    Missed {
        /// Who of the bureau's chain is told.
        escalates_to: Post,
    },
    /// The calendar reaches the deadline now.
    Dated {
        /// Until when.
        due: Time,
    },
    /// 解除: it holds no longer.
    Lifted {
        /// Why.
        reason: String,
    },
}
