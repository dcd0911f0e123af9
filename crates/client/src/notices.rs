//! 通知: what the supervisor told institutions of terms that hold for them from a day on.

use model::event::Notice;
use serde::Deserialize;

use crate::connection::Connection;
use crate::listing::ListError;
use crate::receipt::Problem;

/// Notices that the server gives at once.
const PAGE: usize = 1000;

#[derive(Deserialize)]
struct Page {
    total: usize,
    notices: Vec<Notice>,
}

/// All notices that the key sees, in the order in which they were given.
///
/// # Errors
/// [`ListError`].
pub fn notices(connection: &Connection) -> Result<Vec<Notice>, ListError> {
    let mut all = Vec::new();
    loop {
        let path = format!("/v1/notices?offset={}&limit={PAGE}", all.len());
        let (status, body) = connection.get(&path).map_err(ListError::Broken)?;
        if status != 200 {
            return Err(ListError::Refused(Box::new(Problem::of_answer(status, &body))));
        }
        let page: Page =
            serde_json::from_slice(&body).map_err(|error| ListError::Broken(error.to_string()))?;
        let is_last = page.notices.is_empty() || all.len() + page.notices.len() >= page.total;
        all.extend(page.notices);
        if is_last {
            return Ok(all);
        }
    }
}
