//! What happens in the books of the reserve, as it is sealed.

use std::fmt;

use model::institution::InstitutionId;
use model::money::{Fen, Percent};
use model::time::Time;
use model::time::{Day, TimeError};
use serde::{Deserialize, Serialize};

use super::journal::Entry;
use crate::actor::Actor;
use crate::term::{Deadline, Term};

/// A month of the calendar. `2026-11` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month(Day);

impl Month {
    /// The month of a day.
    pub fn of(day: Day) -> Self {
        Self(day.first_of_month())
    }

    /// Reads `YYYY-MM`.
    ///
    /// # Errors
    /// [`TimeError`].
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        Day::parse(&format!("{text}-01")).map(Self)
    }

    /// Its first day.
    pub fn first(self) -> Day {
        self.0
    }

    /// Its last day.
    pub fn last(self) -> Day {
        self.0.last_of_month()
    }

    /// In Chinese, as a letter says it.
    pub fn zh(self) -> String {
        format!("{}年{}月", self.0.year(), self.0.month())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl TryFrom<String> for Month {
    type Error = TimeError;

    fn try_from(text: String) -> Result<Self, TimeError> {
        Self::parse(&text)
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

/// 分期: a part of a draw that is to be repaid within a term, counted from the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instalment {
    /// Within how long.
    pub within: Term,
    /// How much.
    pub amount: Fen,
}

/// Something that happened in the books of the reserve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReserveEvent {
    /// The number of the draw; the institution's identifier where it is about contributions.
    pub id: String,
    /// The institution.
    pub institution: InstitutionId,
    /// When.
    pub at: Time,
    /// By whom.
    pub by: Actor,
    /// What.
    pub step: ReserveStep,
    /// What is booked, where something is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub entry: Option<Entry>,
}

/// A step in the books of the reserve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReserveStep {
    /// 计提: a month's contribution was accrued from filed income. A later revision of the income
    /// accrues again; its entry books the difference.
    Accrued {
        /// The month.
        month: Month,
        /// The how-manieth accrual of the month, from 1.
        revision: u32,
        /// The income that was filed for the month.
        income: Fen,
        /// The share of it.
        share: Percent,
        /// The contribution for the month: the share of the income, rounded half up to the fen;
        /// nothing of a loss.
        contribution: Fen,
        /// Until when it is to be paid; nothing where nothing more is owed.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pay: Option<Deadline>,
    },
    /// 收缴: a contribution came in.
    ContributionReceived {
        /// How much.
        amount: Fen,
        /// The bank's reference.
        reference: String,
    },
    /// 逾期未缴: a month's contribution was not paid in time.
    ContributionMissed {
        /// The month.
        month: Month,
    },
    /// 冲销: a receipt was booked by mistake and is taken back by an entry of its own.
    ReceiptReversed {
        /// The voucher of the receipt.
        receipt: String,
        /// Why.
        reason: String,
    },
    /// 申请动用.
    DrawRequested {
        /// How much.
        amount: Fen,
        /// What for.
        purpose: String,
        /// The case that it belongs to.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        case: Option<String>,
        /// How it is to be repaid.
        instalments: Vec<Instalment>,
    },
    /// 批准动用.
    DrawApproved,
    /// 不予批准.
    DrawRejected {
        /// Why.
        reason: String,
    },
    /// 撤回申请.
    DrawWithdrawn {
        /// Why.
        reason: String,
    },
    /// 拨付.
    DrawPaid {
        /// The bank's reference.
        reference: String,
        /// Until when each instalment is to be repaid, in their order.
        deadlines: Vec<Deadline>,
    },
    /// 偿还.
    DrawRepaid {
        /// How much.
        amount: Fen,
        /// The bank's reference.
        reference: String,
    },
    /// 逾期未还: an instalment was not repaid in time.
    InstalmentMissed {
        /// Which, from 1.
        instalment: u32,
    },
    /// 提请核销.
    WriteOffProposed {
        /// How much.
        amount: Fen,
        /// Why.
        reason: String,
    },
    /// 批准核销.
    WriteOffApproved {
        /// How much, as it was proposed.
        amount: Fen,
    },
    /// 不予核销.
    WriteOffRejected {
        /// Why.
        reason: String,
    },
}
