//! 预警政策: which grade starts which clocks, who is told and in what order. In files under
//! `/disposal` and in the operator's roster; a decision writes down what it took from them.

mod roster;

use include_dir::{Dir, include_dir};
use model::event::Grade;
use model::text::Text;
use serde::Deserialize;

pub use roster::{Bureau, Channel, Directory, Partner, Person, Profile, Reach, Roster, Takes};

use crate::library::{Faults, Library};
use crate::term::Term;
use crate::{penalty, report, reserve};

/// The clocks and limits of alerts (`alerts.yaml`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertPolicy {
    /// Grades of days that lie longer back open no alert: what was found of them is history.
    pub considers_days: u32,
    /// Dismissal.
    pub dismissal: Dismissal,
    /// When a better grade takes the place of a worse one.
    pub easing: Easing,
    /// 红 (requirement 2.7).
    pub red: RedClocks,
    /// 橙 (requirement 2.8).
    pub orange: OrangeClocks,
    /// 黄 (requirement 2.9).
    pub yellow: YellowClocks,
}

/// What may be dismissed, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dismissal {
    /// A dismissed reason raises no new alert for so many days at most.
    pub mute_days_max: u32,
}

/// A lasting improvement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Easing {
    /// So many days in a row with a better grade.
    pub days: u32,
    /// From this grade on only a person may ease.
    pub person_from: Grade,
}

/// What a red alert starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedClocks {
    /// Until then the responsible supervisor's phone has it.
    pub push: Term,
    /// Until then somebody acknowledged it, else the next person is told.
    pub acknowledge: Term,
}

/// What an orange alert starts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrangeClocks {
    /// Until then the executives have the risk notice letter.
    pub letter: Term,
    /// Until then somebody acknowledged it.
    pub acknowledge: Term,
    /// How long the institution has to answer the letter.
    pub answer: Term,
    /// What the letter asks for.
    pub requests: Vec<Text>,
    /// How it is answered.
    pub answer_how: Text,
}

/// What a yellow alert starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YellowClocks {
    /// Until then it is published.
    pub publish: Term,
    /// Until then the institution files its rectification plan.
    pub plan: Term,
    /// Until then a filed plan is answered.
    pub plan_answer: Term,
    /// Until then a plan that was sent back is filed again.
    pub plan_again: Term,
    /// A plan sent back so often makes the alert orange.
    pub plan_rejections_max: u32,
}

/// Everything that decisions take from files and operators.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The clocks of alerts.
    pub alerts: AlertPolicy,
    /// Who is responsible for whom, and how people and partners are reached.
    pub roster: Roster,
    /// Stages, kinds of risk and measures of disposal.
    pub library: Library,
    /// The risk reserve.
    pub reserve: reserve::Terms,
    /// Penalties.
    pub penalties: penalty::Terms,
    /// Reports of whistle-blowers.
    pub reports: report::Terms,
    /// SHA-256 of the files that it was read from, hexadecimal.
    pub digest: String,
}

/// A file of the policy that is not sound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct PolicyFault {
    /// Which file.
    pub file: String,
    /// What is wrong with it, and where.
    pub reason: String,
}

/// The clocks of alerts as shipped.
pub const ALERTS: &str = include_str!("../../../../disposal/alerts.yaml");
/// The roster of a house that named nobody: three posts and no way to reach them.
pub const ROSTER: &str = include_str!("../../../../disposal/roster.yaml");

static MEASURES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../disposal/measures");
const STAGES: &str = include_str!("../../../../disposal/stages.yaml");
const RISKS: &str = include_str!("../../../../disposal/risks.yaml");
/// The forms of letters that measures may name.
const FORMS: &[&str] = &["order", "penalty-decision"];

/// The library of measures as shipped.
fn library() -> Result<Library, Faults> {
    let measures = MEASURES.files().filter_map(|file| {
        Some((format!("measures/{}", file.path().to_str()?), file.contents_utf8()?.to_owned()))
    });
    let own = [("stages.yaml", STAGES), ("risks.yaml", RISKS)];
    let own = own.map(|(path, text)| (path.to_owned(), text.to_owned()));
    Library::load(own.into_iter().chain(measures), FORMS)
}

impl Policy {
    /// The policy as shipped, under an operator's roster where there is one.
    ///
    /// # Errors
    /// [`PolicyFault`].
    pub fn shipped(roster: Option<&str>) -> Result<Self, PolicyFault> {
        Self::read(ALERTS, roster.unwrap_or(ROSTER))
    }

    /// A policy of two texts.
    ///
    /// # Errors
    /// [`PolicyFault`].
    pub fn read(alerts: &str, roster: &str) -> Result<Self, PolicyFault> {
        use sha2::{Digest, Sha256};
        let fault = |file: &str, reason: String| PolicyFault { file: file.to_owned(), reason };
        let policy: AlertPolicy =
            serde_saphyr::from_str(alerts).map_err(|error| fault("alerts.yaml", error.to_string()))?;
        policy.check().map_err(|reason| fault("alerts.yaml", reason))?;
        let roster = Roster::read(roster).map_err(|reason| fault("roster.yaml", reason))?;
        let library = library().map_err(|faults| fault("library", faults.to_string()))?;
        let mut digest = Sha256::new();
        for text in [alerts, roster.text(), library.digest()] {
            digest.update(text);
            digest.update([0]);
        }
        Ok(Self {
            alerts: policy,
            roster,
            library,
            reserve: reserve::Terms::default(),
            penalties: penalty::Terms::default(),
            reports: report::Terms::default(),
            digest: hex::encode(digest.finalize()),
        })
    }
}

impl AlertPolicy {
    fn check(&self) -> Result<(), String> {
        if !(1..=366).contains(&self.considers_days) {
            return Err("considers_days: alerts look at 1 to 366 days".to_owned());
        }
        if !(1..=self.considers_days).contains(&self.easing.days) {
            return Err("easing.days: 1 to considers_days".to_owned());
        }
        if self.dismissal.mute_days_max > 366 {
            return Err("dismissal.mute_days_max: at most 366".to_owned());
        }
        if self.easing.person_from == Grade::Green {
            return Err("easing.person_from: yellow, orange or red".to_owned());
        }
        Ok(())
    }

    /// How long there is until somebody must have acknowledged an alert of a grade.
    pub fn acknowledge(&self, grade: Grade) -> Option<Term> {
        match grade {
            Grade::Red => Some(self.red.acknowledge),
            Grade::Orange => Some(self.orange.acknowledge),
            Grade::Yellow | Grade::Green => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_as_shipped_is_sound() {
        let policy = Policy::shipped(None).unwrap();
        assert_eq!(policy.alerts.red.push, Term::Hours(1));
        assert_eq!(policy.alerts.orange.letter, Term::Hours(24));
        assert_eq!(policy.alerts.yellow.plan, Term::WorkingDays(10));
    }

    #[test]
    fn a_slip_in_the_policy_is_named() {
        let table = [
            ("  push: 1 hour", "  push: 1 hoor", "hoor"),
            ("considers_days: 40", "considers_days: 0", "considers_days"),
            ("  days: 5", "  days: 5\n  dayz: 6", "dayz"),
        ];
        for (from, to, named) in table {
            assert!(ALERTS.contains(from), "{from}");
            let fault = Policy::read(&ALERTS.replacen(from, to, 1), ROSTER).unwrap_err();
            assert!(fault.to_string().contains(named), "{fault}");
        }
    }
}
