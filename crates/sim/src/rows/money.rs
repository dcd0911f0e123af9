//! Movements of money: as an institution tells them, and as its bank does.

use model::money::Fen;
use model::streams::{Channel, CustodyEntryKind, Direction, TransactionKind};
use model::time::Time;

use super::optional;
use crate::line::{Line, Tag};

/// What a transaction belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    Nothing,
    Project(Tag),
    Order(Tag),
    Policy(Tag),
    Fund(Tag),
}

/// A transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TransactionRow {
    pub(crate) id: Tag,
    pub(crate) time: Time,
    pub(crate) user: u128,
    pub(crate) payer: u128,
    pub(crate) payee: u128,
    pub(crate) counterparty: Option<u128>,
    pub(crate) amount_fen: i64,
    pub(crate) kind: TransactionKind,
    pub(crate) direction: Direction,
    pub(crate) about: About,
    pub(crate) channel: Channel,
    pub(crate) host: u32,
}

impl TransactionRow {
    pub(crate) fn fields<'a>(&self, line: Line<'a>) -> Line<'a> {
        let mut line = line
            .time("time", self.time)
            .pseudonym("user", self.user)
            .pseudonym("payer_account", self.payer)
            .pseudonym("payee_account", self.payee);
        optional!(line, pseudonym, "counterparty", self.counterparty);
        line = line
            .money("amount", Fen(self.amount_fen))
            .text("kind", self.kind.code())
            .text("direction", self.direction.code());
        line = match self.about {
            About::Nothing => line,
            About::Project(tag) => line.tag("project", tag),
            About::Order(tag) => line.tag("order", tag),
            About::Policy(tag) => line.tag("policy", tag),
            About::Fund(tag) => line.tag("fund_product", tag),
        };
        line.text("channel", self.channel.code()).address("ip", self.host)
    }
}

/// A line of a custody bank's statement.
pub(crate) struct StatementRow<'a> {
    pub(crate) id: Tag,
    pub(crate) time: Time,
    pub(crate) platform: &'a str,
    pub(crate) account: u128,
    pub(crate) kind: CustodyEntryKind,
    /// The balance, or the movement: negative out of the account.
    pub(crate) amount_fen: i64,
    pub(crate) counter_account: Option<u128>,
    /// The platform's id of the transaction.
    pub(crate) transaction: Option<Tag>,
}

impl StatementRow<'_> {
    pub(crate) fn fields<'a>(&self, line: Line<'a>) -> Line<'a> {
        let mut line = line
            .time("time", self.time)
            .text("platform", self.platform)
            .pseudonym("account", self.account)
            .text("kind", self.kind.code())
            .money("amount", Fen(self.amount_fen));
        optional!(line, pseudonym, "counter_account", self.counter_account);
        optional!(line, tag, "transaction", self.transaction);
        line
    }
}
