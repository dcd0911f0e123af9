//! Records before they are written: one small type for each stream, with the one place where its
//! fields get their names. What is ordinary and what is planted are written by the same hand.

mod house;
mod lending;
mod money;
mod sales;
mod watch;

use model::spec::{Record, StreamSpec};
use model::streams::{
    AccountRegister, Disclosure, DualRecording, KycCheck, MajorEvent, Policy, Product, Project, Register,
    RelatedPartyDeal, Transaction,
};

use crate::line::{Line, Tag};

pub(crate) use house::{AccountRow, ExecutiveItem, ProductRow, RegisterRow};
pub(crate) use lending::{ClaimRow, ProjectRow};
pub(crate) use money::{About, StatementRow, TransactionRow};
pub(crate) use sales::{PolicyRow, RecordingRow};
pub(crate) use watch::{DealRow, DisclosureRow, EventRow, KycRow};

/// A record of any of the streams that can be planted in.
#[derive(Clone, Debug)]
pub(crate) enum Row {
    Transaction(TransactionRow),
    Project(ProjectRow),
    Account(AccountRow),
    Product(ProductRow),
    Policy(PolicyRow),
    Recording(RecordingRow),
    Kyc(KycRow),
    Deal(DealRow),
    Event(EventRow),
    Disclosure(DisclosureRow),
    Register(Box<RegisterRow>),
}

impl Row {
    /// The stream that it belongs to.
    pub(crate) fn stream(&self) -> &'static StreamSpec {
        match self {
            Self::Transaction(_) => Transaction::STREAM,
            Self::Project(_) => Project::STREAM,
            Self::Account(_) => AccountRegister::STREAM,
            Self::Product(_) => Product::STREAM,
            Self::Policy(_) => Policy::STREAM,
            Self::Recording(_) => DualRecording::STREAM,
            Self::Kyc(_) => KycCheck::STREAM,
            Self::Deal(_) => RelatedPartyDeal::STREAM,
            Self::Event(_) => MajorEvent::STREAM,
            Self::Disclosure(_) => Disclosure::STREAM,
            Self::Register(_) => Register::STREAM,
        }
    }

    /// Its id and its number of revision.
    pub(crate) fn id(&self) -> (Tag, u64) {
        match self {
            Self::Transaction(row) => (row.id, 0),
            Self::Project(row) => (row.id, row.revision),
            Self::Account(row) => (row.id, row.revision),
            Self::Product(row) => (row.id, 0),
            Self::Policy(row) => (row.id, 0),
            Self::Recording(row) => (row.id, 0),
            Self::Kyc(row) => (row.id, 0),
            Self::Deal(row) => (row.id, 0),
            Self::Event(row) => (row.id, row.revision),
            Self::Disclosure(row) => (row.id, 0),
            Self::Register(row) => (row.id, 0),
        }
    }

    /// Writes its fields.
    pub(crate) fn fields<'a>(&self, line: Line<'a>) -> Line<'a> {
        match self {
            Self::Transaction(row) => row.fields(line),
            Self::Project(row) => row.fields(line),
            Self::Account(row) => row.fields(line),
            Self::Product(row) => row.fields(line),
            Self::Policy(row) => row.fields(line),
            Self::Recording(row) => row.fields(line),
            Self::Kyc(row) => row.fields(line),
            Self::Deal(row) => row.fields(line),
            Self::Event(row) => row.fields(line),
            Self::Disclosure(row) => row.fields(line),
            Self::Register(row) => row.fields(line),
        }
    }
}

/// Writes a field where it is given.
macro_rules! optional {
    ($line:ident, $write:ident, $name:literal, $value:expr) => {
        if let Some(value) = $value {
            $line = $line.$write($name, value);
        }
    };
}
pub(crate) use optional;
