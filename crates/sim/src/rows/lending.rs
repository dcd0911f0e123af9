//! Projects, and lenders' claims on them.

use model::money::Fen;
use model::streams::{GuaranteeKind, IdentityRegister, ProjectStatus};
use model::time::{Day, Time};

use super::optional;
use crate::line::{Line, Tag};

/// A project; each change of its status is a revision.
#[derive(Clone, Debug)]
pub(crate) struct ProjectRow {
    pub(crate) id: Tag,
    pub(crate) revision: u64,
    pub(crate) published_at: Time,
    pub(crate) borrower: u128,
    pub(crate) amount_fen: i64,
    pub(crate) term_days: u64,
    pub(crate) rate_hundredths: i64,
    pub(crate) guarantee: GuaranteeKind,
    /// What the collateral was appraised at, what it would bring, and where it is registered.
    pub(crate) collateral: Option<(i64, i64, Tag)>,
    pub(crate) status: ProjectStatus,
    pub(crate) outstanding_fen: Option<i64>,
    pub(crate) ended_on: Option<Day>,
    pub(crate) identity: Option<IdentityRegister>,
    pub(crate) receiving: u128,
}

impl ProjectRow {
    pub(crate) fn fields<'a>(&self, line: Line<'a>) -> Line<'a> {
        let mut line = line
            .time("published_at", self.published_at)
            .pseudonym("borrower", self.borrower)
            .money("amount", Fen(self.amount_fen))
            .count("term_days", self.term_days)
            .hundredths("annual_rate_percent", self.rate_hundredths)
            .text("guarantee", self.guarantee.code());
        if let Some((appraised, realisable, _)) = self.collateral {
            line = line
                .money("collateral_appraised", Fen(appraised))
                .money("collateral_realisable", Fen(realisable));
        }
        line = line.text("status", self.status.code());
        optional!(line, money, "outstanding", self.outstanding_fen.map(Fen));
        optional!(line, day, "ended_on", self.ended_on);
        optional!(line, text, "identity_register", self.identity.map(IdentityRegister::code));
        optional!(line, tag, "collateral_registration", self.collateral.map(|(_, _, tag)| tag));
        line.pseudonym("receiving_account", self.receiving)
    }
}

/// A lender's claim.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClaimRow {
    pub(crate) id: Tag,
    pub(crate) time: Time,
    pub(crate) user: u128,
    pub(crate) project: Tag,
    pub(crate) amount_fen: i64,
    pub(crate) due_on: Day,
    /// The claim that was bought.
    pub(crate) bought: Option<Tag>,
}

impl ClaimRow {
    pub(crate) fn fields<'a>(&self, line: Line<'a>) -> Line<'a> {
        let mut line = line
            .time("time", self.time)
            .pseudonym("user", self.user)
            .tag("project", self.project)
            .money("amount", Fen(self.amount_fen))
            .day("due_on", self.due_on);
        optional!(line, tag, "transferred_from", self.bought);
        line
    }
}
