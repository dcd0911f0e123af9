//! Lists of the desk, page by page.

use model::event::Grade;
use model::time::Time;
use workflow::delivery::{DeliveryState, Purpose};
use workflow::desk::Topic;

use crate::ViewsError;
use crate::read::{Reader, Select};
use crate::rows::{Page, Paged};
use crate::tables::alert::ALERT;
use crate::tables::deadline::DEADLINE;
use crate::tables::delivery::{self, DELIVERY, DELIVERY_FAILURE};
use crate::tables::event::{DESK_EVENT, topic};
use crate::tables::letter::LETTER;
use crate::tables::plan::PLAN;
use crate::tables::{self};

/// Which alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertFilter {
    /// Those that are open, or those that ended.
    pub is_open: Option<bool>,
    /// Those of a grade or a worse one.
    pub from_grade: Option<Grade>,
    /// Those of an institution.
    pub institution: Option<String>,
    /// Those that a bureau looks after.
    pub bureau: Option<String>,
    /// Those that a person owns.
    pub owner: Option<String>,
    /// Those opened from this time on.
    pub since: Option<Time>,
    /// Those opened before this time.
    pub before: Option<Time>,
    /// The worst first, of each grade the newest first; else the newest first.
    pub is_worst_first: bool,
}

/// Which deadlines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// What is still to be done although its time is over at this time.
    Overdue(Time),
    /// What is to be done and has time at this time.
    Running(Time),
    /// What is to be done, the calendar of working days not reaching so far.
    Undated,
}

/// Which deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Those that stand so.
    pub state: Option<DeliveryState>,
    /// Those about something, by its number.
    pub about: Option<String>,
    /// Those about an institution.
    pub institution: Option<String>,
    /// Those that a bureau looks after.
    pub bureau: Option<String>,
    /// Those that are sent for this.
    pub purpose: Option<Purpose>,
}

/// Which events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Those of an institution.
    pub institution: Option<String>,
    /// Those of a topic.
    pub topic: Option<Topic>,
    /// Those from this time on.
    pub since: Option<Time>,
    /// Those before this time.
    pub before: Option<Time>,
}

impl Reader {
    /// Alerts.
    ///
    /// # Errors
    /// The database says no, or the page is none.
    pub fn alerts(&self, filter: &AlertFilter, page: &Page) -> Result<Paged, ViewsError> {
        let order: &[&str] = match filter.is_worst_first {
            true => &["severity", "opened_at", "id"],
            false => &["opened_at", "id"],
        };
        let mut select = Select::from(ALERT, order, true);
        match filter.is_open {
            Some(true) => select.is("state", Some("open")),
            Some(false) => select.holds("state <> 'open'"),
            None => {}
        }
        let severity = filter.from_grade.map(tables::severity);
        select.compare("severity >=", severity.map(u64::cast_signed));
        select.is("institution", filter.institution.as_deref());
        select.is("bureau", filter.bureau.as_deref());
        select.is("owner", filter.owner.as_deref());
        select.compare("opened_at >=", filter.since.map(|time| time.0));
        select.compare("opened_at <", filter.before.map(|time| time.0));
        self.page(select, page)
    }

    /// Deadlines of what is still to be done, the first due first.
    ///
    /// # Errors
    /// As [`Reader::alerts`].
    pub fn deadlines(&self, which: Which, bureau: Option<&str>, page: &Page) -> Result<Paged, ViewsError> {
        let order: &[&str] = match which {
            Which::Undated => &["started", "topic", "id", "clock", "run"],
            _ => &["due", "topic", "id", "clock", "run"],
        };
        let mut select = Select::from(DEADLINE, order, false);
        select.holds("pending = 1");
        match which {
            Which::Overdue(now) => select.compare("due <=", Some(now.0)),
            Which::Running(now) => select.compare("due >", Some(now.0)),
            Which::Undated => select.holds("due IS NULL"),
        }
        select.is("bureau", bureau);
        self.page(select, page)
    }

    /// Deliveries, the newest first.
    ///
    /// # Errors
    /// As [`Reader::alerts`].
    pub fn deliveries(&self, filter: &DeliveryFilter, page: &Page) -> Result<Paged, ViewsError> {
        let mut select = Select::from(DELIVERY, &["wanted_at", "id"], true);
        select.is("state", filter.state.as_ref().map(delivery::state));
        select.is("about", filter.about.as_deref());
        select.is("institution", filter.institution.as_deref());
        select.is("bureau", filter.bureau.as_deref());
        select.is("purpose", filter.purpose.as_ref().map(delivery::purpose));
        self.page(select, page)
    }

    /// The attempts of a delivery that did not go through, in order.
    ///
    /// # Errors
    /// As [`Reader::alerts`].
    pub fn failures_of(&self, delivery: &str, page: &Page) -> Result<Paged, ViewsError> {
        let mut select = Select::from(DELIVERY_FAILURE, &["position"], false);
        select.is("delivery", Some(delivery));
        self.page(select, page)
    }

    /// Letters, of one institution or all, the newest first.
    ///
    /// # Errors
    /// As [`Reader::alerts`].
    pub fn letters(&self, institution: Option<&str>, page: &Page) -> Result<Paged, ViewsError> {
        let mut select = Select::from(LETTER, &["drafted_at", "id"], true);
        select.is("institution", institution);
        self.page(select, page)
    }

    /// Rectification plans, of one institution or all, the newest first.
    ///
    /// # Errors
    /// As [`Reader::alerts`].
    pub fn plans(&self, institution: Option<&str>, page: &Page) -> Result<Paged, ViewsError> {
        let mut select = Select::from(PLAN, &["filed_at", "id"], true);
        select.is("institution", institution);
        self.page(select, page)
    }

    /// What happened to something, by its number, in order.
    ///
    /// # Errors
    /// As [`Reader::alerts`].
    pub fn events_of(&self, id: &str, page: &Page) -> Result<Paged, ViewsError> {
        let mut select = Select::from(DESK_EVENT, &["position"], false);
        select.is("id", Some(id));
        self.page(select, page)
    }

    /// What happened, the latest first.
    ///
    /// # Errors
    /// As [`Reader::alerts`].
    pub fn events(&self, filter: &EventFilter, page: &Page) -> Result<Paged, ViewsError> {
        let mut select = Select::from(DESK_EVENT, &["happened_at", "position"], true);
        select.is("institution", filter.institution.as_deref());
        select.is("topic", filter.topic.as_ref().map(topic));
        select.compare("happened_at >=", filter.since.map(|time| time.0));
        select.compare("happened_at <", filter.before.map(|time| time.0));
        self.page(select, page)
    }
}
