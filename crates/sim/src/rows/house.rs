//! What an institution is and uses: its entry in the register, its accounts, what it sells.

use model::institution::InstitutionId;
use model::money::Fen;
use model::streams::{AccountPurpose, ExecutivePost, LineOfBusiness, ProductKind};
use model::time::Day;

use super::optional;
use crate::line::{Line, Tag, push_pseudonym};

/// An entry in the register.
#[derive(Clone, Debug)]
pub(crate) struct RegisterRow {
    pub(crate) id: Tag,
    pub(crate) effective_from: Day,
    pub(crate) name: String,
    pub(crate) line: LineOfBusiness,
    pub(crate) licence: Option<Tag>,
    pub(crate) licence_until: Option<Day>,
    pub(crate) registered_on: Day,
    pub(crate) paid_in_capital: Fen,
    pub(crate) loan_balance_cap: Option<Fen>,
    pub(crate) custody_bank: Option<InstitutionId>,
    pub(crate) security_assessed_on: Day,
    pub(crate) security_level: u64,
    pub(crate) executives: Vec<ExecutiveItem>,
}

/// An executive: who, in which post, with which approval, until when.
#[derive(Clone, Debug)]
pub(crate) struct ExecutiveItem {
    pub(crate) person: u128,
    pub(crate) post: ExecutivePost,
    pub(crate) qualification: Option<Tag>,
    pub(crate) qualified_until: Option<Day>,
}

impl RegisterRow {
    pub(crate) fn fields<'a>(&self, line: Line<'a>) -> Line<'a> {
        let mut line = line
            .day("effective_from", self.effective_from)
            .text("name", &self.name)
            .text("line", self.line.code());
        optional!(line, tag, "licence", self.licence);
        line = line.day("registered_on", self.registered_on).money("paid_in_capital", self.paid_in_capital);
        optional!(line, money, "loan_balance_cap", self.loan_balance_cap);
        optional!(line, text, "custody_bank", self.custody_bank.as_ref().map(InstitutionId::as_str));
        line = line
            .day("security_assessed_on", self.security_assessed_on)
            .count("security_level", self.security_level)
            .list("executives", &self.executives, |out, one| {
                let mut person = Vec::new();
                push_pseudonym(&mut person, one.person);
                let mut item = Line::begin_item(out, "person", &String::from_utf8_lossy(&person))
                    .text("post", one.post.code());
                optional!(item, tag, "qualification", one.qualification);
                optional!(item, day, "qualified_until", one.qualified_until);
                item.end_item();
            });
        optional!(line, day, "licence_until", self.licence_until);
        line
    }
}

/// An account that is not a client's own.
#[derive(Clone, Debug)]
pub(crate) struct AccountRow {
    pub(crate) id: Tag,
    pub(crate) revision: u64,
    pub(crate) effective_from: Day,
    pub(crate) account: u128,
    pub(crate) purpose: AccountPurpose,
    pub(crate) holder: Option<u128>,
    pub(crate) bank: Option<InstitutionId>,
    pub(crate) project: Option<Tag>,
    pub(crate) effective_to: Option<Day>,
}

impl AccountRow {
    pub(crate) fn fields<'a>(&self, line: Line<'a>) -> Line<'a> {
        let mut line = line
            .day("effective_from", self.effective_from)
            .pseudonym("account", self.account)
            .text("purpose", self.purpose.code());
        optional!(line, pseudonym, "holder", self.holder);
        optional!(line, text, "bank", self.bank.as_ref().map(InstitutionId::as_str));
        optional!(line, tag, "project", self.project);
        optional!(line, day, "effective_to", self.effective_to);
        line
    }
}

/// A product on sale.
#[derive(Clone, Debug)]
pub(crate) struct ProductRow {
    pub(crate) id: Tag,
    pub(crate) effective_from: Day,
    pub(crate) product: Tag,
    pub(crate) kind: ProductKind,
    pub(crate) filing: Option<Tag>,
    pub(crate) on_sale_until: Option<Day>,
    pub(crate) term_days: Option<u64>,
    pub(crate) guaranteed_renewal: Option<bool>,
}

impl ProductRow {
    pub(crate) fn fields<'a>(&self, line: Line<'a>) -> Line<'a> {
        let mut line = line
            .day("effective_from", self.effective_from)
            .tag("product", self.product)
            .text("kind", self.kind.code());
        optional!(line, tag, "filing", self.filing);
        optional!(line, day, "on_sale_until", self.on_sale_until);
        optional!(line, count, "term_days", self.term_days);
        optional!(line, flag, "guaranteed_renewal", self.guaranteed_renewal);
        line
    }
}
