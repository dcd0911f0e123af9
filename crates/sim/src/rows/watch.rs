//! What an institution tells supervisor and public beside its daily figures.

use model::money::Fen;
use model::streams::{DisclosureKind, KycMethod, KycResult, LineOfBusiness, MajorEventKind, Relation};
use model::time::{Day, Time};

use super::optional;
use crate::line::{Line, Tag};

/// A check of a client's identity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KycRow {
    pub(crate) id: Tag,
    pub(crate) time: Time,
    pub(crate) user: u128,
    pub(crate) online: Option<KycMethod>,
    pub(crate) offline: Option<KycMethod>,
    pub(crate) result: KycResult,
}

impl KycRow {
    pub(crate) fn fields<'a>(&self, line: Line<'a>) -> Line<'a> {
        let mut line = line.time("time", self.time).pseudonym("user", self.user);
        optional!(line, text, "online_method", self.online.map(KycMethod::code));
        optional!(line, text, "offline_method", self.offline.map(KycMethod::code));
        line.text("result", self.result.code())
    }
}

/// A deal with a related party.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DealRow {
    pub(crate) id: Tag,
    pub(crate) time: Time,
    pub(crate) party: u128,
    pub(crate) relation: Relation,
    pub(crate) amount_fen: i64,
}

impl DealRow {
    pub(crate) fn fields<'a>(&self, line: Line<'a>) -> Line<'a> {
        line.time("time", self.time)
            .pseudonym("party", self.party)
            .text("relation", self.relation.code())
            .money("amount", Fen(self.amount_fen))
    }
}

/// A major event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventRow {
    pub(crate) id: Tag,
    pub(crate) revision: u64,
    pub(crate) occurred_at: Time,
    pub(crate) kind: MajorEventKind,
    pub(crate) disclosed_at: Option<Time>,
}

impl EventRow {
    pub(crate) fn fields<'a>(&self, line: Line<'a>) -> Line<'a> {
        let mut line = line
            .time("occurred_at", self.occurred_at)
            .text("kind", self.kind.code())
            .text("summary", self.kind.zh());
        optional!(line, time, "disclosed_at", self.disclosed_at);
        line
    }
}

/// A disclosure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DisclosureRow {
    pub(crate) id: Tag,
    pub(crate) published_at: Time,
    pub(crate) kind: DisclosureKind,
    pub(crate) period_end: Day,
    pub(crate) line: LineOfBusiness,
    pub(crate) rate_hundredths: Option<i64>,
    pub(crate) overdue_hundredths: Option<i64>,
    /// Number and sum of the deals with related parties.
    pub(crate) deals: Option<(u64, i64)>,
    /// Core and comprehensive solvency, in hundredths of a per cent.
    pub(crate) solvency_hundredths: Option<(i64, i64)>,
}

impl DisclosureRow {
    pub(crate) fn fields<'a>(&self, line: Line<'a>) -> Line<'a> {
        let mut line = line
            .time("published_at", self.published_at)
            .text("kind", self.kind.code())
            .day("period_end", self.period_end)
            .text("line", self.line.code());
        optional!(line, hundredths, "annual_rate_percent", self.rate_hundredths);
        optional!(line, hundredths, "overdue_rate_percent", self.overdue_hundredths);
        optional!(line, count, "related_party_deals", self.deals.map(|(number, _)| number));
        optional!(line, money, "related_party_amount", self.deals.map(|(_, sum)| Fen(sum)));
        optional!(line, hundredths, "core_solvency_percent", self.solvency_hundredths.map(|both| both.0));
        optional!(
            line,
            hundredths,
            "comprehensive_solvency_percent",
            self.solvency_hundredths.map(|both| both.1)
        );
        line
    }
}
