//! The tables. What is in none of them, on purpose: addresses and telephone numbers, free text that
//! people wrote, pseudonyms, the text of letters. They may name persons; these tables are read by
//! lists and by other people's tools, and the desk itself shows the rest to who may see it.

pub(crate) mod alert;
pub(crate) mod deadline;
pub(crate) mod delivery;
pub(crate) mod event;
pub(crate) mod letter;
pub(crate) mod plan;
pub(crate) mod public_notice;
pub(crate) mod review;

use model::event::Grade;

use crate::shape::{Code, Shape};

/// The codes of an enumeration with their names in Chinese, and the code of a value.
macro_rules! codes {
    ($list:ident, $name:ident: $type:ident { $($variant:ident $code:literal $zh:expr;)* }) => {
        pub(crate) const $list: &[$crate::shape::Code] = &[$(($code, $zh)),*];
        pub(crate) fn $name(value: &$type) -> &'static str {
            match value { $($type::$variant { .. } => $code),* }
        }
    };
}
pub(crate) use codes;

/// Grades.
pub(crate) const GRADES: &[Code] = &[
    (Grade::Green.en(), Grade::Green.zh()),
    (Grade::Yellow.en(), Grade::Yellow.zh()),
    (Grade::Orange.en(), Grade::Orange.zh()),
    (Grade::Red.en(), Grade::Red.zh()),
];

/// 0 for green to 3 for red.
pub(crate) fn severity(grade: Grade) -> u64 {
    Grade::ALL.iter().take_while(|other| **other < grade).count() as u64
}

/// Every table.
pub(crate) fn all() -> Vec<Shape> {
    vec![
        alert::ALERT.shape(),
        alert::ALERT_REASON.shape(),
        deadline::DEADLINE.shape(),
        delivery::DELIVERY.shape(),
        delivery::DELIVERY_FAILURE.shape(),
        letter::LETTER.shape(),
        public_notice::PUBLIC_NOTICE.shape(),
        plan::PLAN.shape(),
        review::REVIEW.shape(),
        review::REVIEW_DECISION.shape(),
        event::DESK_EVENT.shape(),
    ]
}
