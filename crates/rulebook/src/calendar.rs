//! The reference table of holidays becomes the calendar of working days.

use model::calendar::Calendar;
use query::Rows;

use crate::reference::Reference;

/// Takes the table with the columns `day` and `kind` (`holiday` or `working`); the message says what
/// is wrong with a row.
pub(crate) fn from_reference(reference: &Reference) -> Result<Calendar, String> {
    let rows = Rows::new(reference.rows.clone());
    let exception = |row| {
        let day = rows.day("day", row).ok_or("a row has no day")?;
        match rows.text("kind", row).as_deref() {
            Some("holiday") => Ok((day, false)),
            Some("working") => Ok((day, true)),
            _ => Err(format!("the kind of {day} is neither \"holiday\" nor \"working\"")),
        }
    };
    let exceptions = (0..rows.len()).map(exception).collect::<Result<Vec<_>, String>>()?;
    Calendar::new(reference.known_from, reference.known_to, exceptions)
}
