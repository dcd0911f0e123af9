//! The streams of the interface standard v1 (requirement 2.1), one file for each topic.

mod account;
mod business;
mod claim;
mod custody;
mod duties;
mod operations;
mod policy;
mod product;
mod project;
mod register;
mod transaction;

pub use account::{AccountPurpose, AccountRegister};
pub use business::BusinessDaily;
pub use claim::Claim;
pub use custody::{CustodyEntryKind, CustodyStatement};
pub use duties::{
    Disclosure, DisclosureKind, DualRecording, KycCheck, KycMethod, KycResult, MajorEvent, MajorEventKind,
    RectificationPlan, RelatedPartyDeal, Relation,
};
pub use operations::{Incident, IncidentSeverity, OperationsDaily, Server};
pub use policy::Policy;
pub use product::{Product, ProductKind};
pub use project::{GuaranteeKind, IdentityRegister, Project, ProjectStatus};
pub use register::{Executive, ExecutivePost, LineOfBusiness, Register};
pub use transaction::{Channel, Direction, Transaction, TransactionKind};

use crate::spec::{Record, StreamSpec};

/// Every stream, in order of their numbers.
pub const STREAMS: &[&StreamSpec] = &[
    Transaction::STREAM,
    Project::STREAM,
    BusinessDaily::STREAM,
    OperationsDaily::STREAM,
    CustodyStatement::STREAM,
    Disclosure::STREAM,
    MajorEvent::STREAM,
    RelatedPartyDeal::STREAM,
    KycCheck::STREAM,
    DualRecording::STREAM,
    Register::STREAM,
    RectificationPlan::STREAM,
    Claim::STREAM,
    Product::STREAM,
    Policy::STREAM,
    AccountRegister::STREAM,
];

/// The streams whose records hold from a day on until another takes their place: what an
/// institution is, has and sells, however long ago it was filed.
pub const STANDING: &[&StreamSpec] = &[Register::STREAM, Product::STREAM, AccountRegister::STREAM];

/// The stream with a name.
pub fn stream(name: &str) -> Option<&'static StreamSpec> {
    STREAMS.iter().copied().find(|stream| stream.name == name)
}

/// The stream with a number.
pub fn stream_numbered(number: u8) -> Option<&'static StreamSpec> {
    STREAMS.iter().copied().find(|stream| stream.number == number)
}
