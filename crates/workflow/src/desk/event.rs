//! What happens on the desk, as it is sealed.

use serde::Serialize;

use crate::alert::{AlertEvent, INDUSTRY};
use crate::case::CaseEvent;
use crate::delivery::DeliveryEvent;
use crate::letter::LetterEvent;
use crate::order::OrderEvent;
use crate::penalty::PenaltyEvent;
use crate::plan::PlanEvent;
use crate::public_notice::PublicNoticeEvent;
use crate::report::ReportEvent;
use crate::reserve::ReserveEvent;
use crate::review::ReviewEvent;

macro_rules! topics {
    ($($(#[doc = $doc:literal])* $topic:ident $event:ty, |$of:pat_param| $institution:expr;)*) => {
        /// What an event is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Topic { $($(#[doc = $doc])* $topic),* }

        /// Something that happened on the desk.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum DeskEvent { $($(#[doc = $doc])* $topic($event)),* }

        impl Topic {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$topic),*];

            /// An event of it, from its body as it was sealed.
            ///
            /// # Errors
            /// The body is none.
            pub fn read(self, body: &[u8]) -> Result<DeskEvent, serde_json::Error> {
                Ok(match self { $(Self::$topic => DeskEvent::$topic(serde_json::from_slice(body)?)),* })
            }
        }

        impl DeskEvent {
            /// What it is about.
            pub fn topic(&self) -> Topic {
                match self { $(Self::$topic(_) => Topic::$topic),* }
            }

            /// Its body, as it is sealed.
            ///
            /// # Errors
            /// Never for these types; the signature is that of the JSON writer.
            pub fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
                match self { $(Self::$topic(event) => serde_json::to_vec(event)),* }
            }

            /// The institution that it is about; `*` for the industry.
            pub fn institution(&self) -> &str {
                match self { $(Self::$topic($of) => $institution),* }
            }

            /// The number of what it happened to.
            pub fn id(&self) -> &str {
                match self { $(Self::$topic(event) => &event.id),* }
            }

            /// When it happened.
            pub fn at(&self) -> model::time::Time {
                match self { $(Self::$topic(event) => event.at),* }
            }
        }

        $(impl From<$event> for DeskEvent {
            fn from(event: $event) -> Self {
                Self::$topic(event)
            }
        })*
    };
}

topics! {
    /// 预警.
    Alert AlertEvent, |event| &event.institution;
    /// 送达.
    Delivery DeliveryEvent, |event| &event.institution;
    /// 函件.
    Letter LetterEvent, |event| &event.institution;
    /// 公示.
    PublicNotice PublicNoticeEvent, |event| &event.institution;
    /// 整改方案.
    Plan PlanEvent, |event| &event.institution;
    /// 复核.
    Review ReviewEvent, |event| &event.institution;
    /// 处置案件.
    Case CaseEvent, |event| &event.institution;
    /// 指令.
    Order OrderEvent, |event| &event.institution;
    /// 风险准备金.
    Reserve ReserveEvent, |event| event.institution.as_str();
    /// 处罚.
    Penalty PenaltyEvent, |event| event.institution.as_str();
    /// 举报: whom it is about is not told by its place in the ledger.
    Report ReportEvent, |_| INDUSTRY;
}
