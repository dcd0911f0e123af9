//! 行业风险准备金: the industry's risk reserve (requirement 3.3): every institution contributes 0.5 %
//! of its filed income, month by month; liquidity trouble that comes from the market is met out of
//! it, and what was drawn is paid back.
//!
//! The plan names the share of 0.5 % and no more: no law fixes it. Terms of payment and repayment
//! are the policy's ([`Terms`]). The books are kept in double entry with debit and credit 借贷记账法
//! (《企业会计准则——基本准则》第十一条), in a chart of accounts of the fund's own ([`Account`]); an
//! entry is never edited, but corrected by another (《会计基础工作规范》第六十二条; both articles
//! from memory, to be confirmed).
//!
//! **Invariant:** every entry balances, so the trial balance does.
//! **Invariant:** the fund's cash is never below zero, and never below what is approved and not paid.
//! **Invariant:** no sum leaves the range of [`AMOUNT_FEN_MAX`](model::money::AMOUNT_FEN_MAX): what would is refused.

mod account;
mod decide;
mod event;
mod journal;
mod life;
mod state;
#[cfg(test)]
mod tests;

pub use account::{Account, Class, Side};
pub use decide::{ReserveCommand, command, contribution_of, due};
pub use event::{Instalment, Month, ReserveEvent, ReserveStep};
pub use journal::{
    AccountTotal, Entry, Line, Movement, Statement, StatementAccount, TrialBalance, TrialBalanceRow,
};
pub use life::{DrawState, Step, table};
pub use state::{Accrual, Draw, Member, Receipt, ReceiptKind, Reserve, Scheduled, WriteOff};

use model::money::Percent;
use serde::{Deserialize, Serialize};

use crate::term::Term;

/// What holds for contributions; the policy may say otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    /// The share of income (requirement 3.3: 0.5 %).
    pub share: Percent,
    /// How long an institution has to pay a month's contribution. The plan says nothing.
    pub pay: Term,
}

impl Default for Terms {
    fn default() -> Self {
        Self { share: Percent(500_000), pay: Term::WorkingDays(10) }
    }
}
