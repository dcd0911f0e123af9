//! The truth about what was planted in the market.

use model::institution::InstitutionId;
use model::money::Fen;
use model::pseudonym::Pseudonym;
use model::time::{Day, Time};

/// One planted fact: at this institution, on this day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// Whose filing shows it.
    pub institution: InstitutionId,
    /// The business day on which it holds.
    pub day: Day,
    /// What it is.
    pub what: Conduct,
}

/// What was planted. Nobody else in the market passes the same thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// A user with more than 50 transactions on the day (requirement 3.1).
    BusyUser {
        /// Who.
        user: Pseudonym,
        /// How many.
        transactions: u32,
    },
    /// A user who moves more than 50,000 yuan on the day (requirement 1.7).
    LargeDay {
        /// Who.
        user: Pseudonym,
        /// How much in all.
        amount: Fen,
    },
    /// A platform whose loan balance is more than 30 % above that of seven days before
    /// (requirement 3.1).
    LoanSurge {
        /// The balance of the day.
        balance: Fen,
        /// The balance seven days before.
        before: Fen,
    },
    /// A platform whose cash reserve is below half of the debt due within 30 days (requirement
    /// 2.5); it falls to a fifth.
    RunningDry {
        /// The cash reserve.
        cash_reserve: Fen,
        /// The debt due within 30 days.
        debt_due_30_days: Fen,
    },
    /// A platform with more than a tenth of its loans non-performing (requirement 2.5).
    BadLoans {
        /// The non-performing balance.
        nonperforming: Fen,
        /// The balance of all loans.
        balance: Fen,
    },
    /// An insurer that pays out more than 0.3 % of its policy reserve for surrendered policies in
    /// one day (requirement 2.4); the others pay about 0.01 %.
    Surrenders {
        /// Paid for surrendered policies.
        paid: Fen,
        /// The reserve for long-term policies.
        policy_reserve: Fen,
    },
    /// A payment firm that has deposited less than half of its clients' reserve (requirement 1.9).
    ReserveShort {
        /// Deposited.
        deposited: Fen,
        /// The whole reserve.
        total: Fen,
    },
    /// A fund of which more than 5 % is redeemed in one day; of the others, about 1 %.
    MassRedemption {
        /// Redeemed.
        redeemed: Fen,
        /// Value of the units held at the end of the day.
        units_value: Fen,
    },
    /// The day's business figures come ten days late.
    Late {
        /// When they come.
        filed_at: Time,
    },
    /// The day's business and operations figures never come.
    Silent,
}
