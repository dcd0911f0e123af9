//! Why a step was not taken.

use std::fmt;

use model::calendar::BeyondCalendar;
use model::text::Text;

use crate::term::Term;

/// What sort of obstacle there was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// There is no such thing.
    NotFound,
    /// What it is in does not allow the step, now or ever.
    NotNow,
    /// Something has to be done or said first.
    Missing,
    /// Another person has to do it: four eyes.
    FourEyes,
    /// Not with this post, or not by this party.
    NotAllowed,
    /// A value that cannot be.
    BadValue,
    /// A deadline lies beyond the calendar of working days.
    BeyondCalendar,
}

/// A step that was not taken, with the sentence that says what is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What sort of obstacle.
    pub why: Why,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Refusal {
    /// A refusal with its sentence.
    pub fn new(why: Why, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { why, zh: zh.into(), en: en.into() }
    }

    /// There is no such thing.
    pub fn not_found(what: &Text, id: &str) -> Self {
        Self::new(
            Why::NotFound,
            format!("没有{}“{id}”。", what.zh),
            format!("There is no {} \"{id}\".", what.en),
        )
    }

    /// A deadline that the calendar does not know.
    pub(crate) fn beyond(term: Term, beyond: &BeyondCalendar) -> Self {
        Self::new(
            Why::BeyondCalendar,
            format!(
                "{}的期限超出工作日历已知的范围（至{}），请先补充国务院办公厅的放假安排。",
                term.zh(),
                beyond.known_to
            ),
            format!(
                "A deadline of {term} goes beyond the calendar of working days, which is known until {}; add the State Council's notice first.",
                beyond.known_to
            ),
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

impl std::error::Error for Refusal {}
