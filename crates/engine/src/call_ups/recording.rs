//! What was filed of the recording of a sale.

use model::event::Medium;
use model::field_types::{Digest, RecordId};
use model::institution::InstitutionId;
use model::time::Day;
use query::Rows;

/// The record of a recording, as far as a call-up needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recording {
    /// Where it stands in the ledger.
    pub(crate) position: u64,
    sound: Option<Digest>,
    picture: Option<Digest>,
    /// The last day on which the institution said it keeps it.
    pub(crate) retained_until: Option<Day>,
}

impl Recording {
    /// The digest that was filed of a part.
    pub(crate) fn digest(&self, medium: Medium) -> Option<&Digest> {
        match medium {
            Medium::Sound => self.sound.as_ref(),
            Medium::Picture => self.picture.as_ref(),
        }
    }

    /// From the first row of [`recording_sql`].
    pub(crate) fn read(rows: &Rows) -> Self {
        Self {
            position: rows.position("position", 0).unwrap_or_default(),
            sound: rows.text("sound_sha256", 0).map(Digest::from),
            picture: rows.text("picture_sha256", 0).map(Digest::from),
            retained_until: rows.day("retained_until", 0),
        }
    }
}

/// The query for the latest recording that an institution filed of a policy.
pub(crate) fn recording_sql(institution: &InstitutionId, policy: &RecordId) -> String {
    format!(
        "SELECT position, sound_sha256, picture_sha256, retained_until FROM dual_recording \
         WHERE institution = '{}' AND policy = '{}' ORDER BY time DESC, position DESC LIMIT 1",
        quoted(institution.as_str()),
        quoted(&policy.0)
    )
}

fn quoted(text: &str) -> String {
    text.replace('\'', "''")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_cannot_say_more_than_its_name() {
        let sql = recording_sql(&InstitutionId::synthetic(1), &"x'OR'1'='1".into());
        assert!(sql.contains("policy = 'x''OR''1''=''1' ORDER"), "{sql}");
    }
}
