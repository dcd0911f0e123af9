//! 从业禁止名单: who is barred and whose licence was revoked, for the check of every later filing of
//! the register.
//!
//! A bar holds from service on, also while an appeal is pending (art. 73). A decision that was
//! overturned bars on no day, as if it had never been made.

use model::field_types::Person;
use model::institution::InstitutionId;
use model::streams::{ExecutivePost, Register};
use model::time::Day;
use serde::Serialize;

use super::sanction::{Bar, Licence};
use super::state::{Penalties, Penalty};

/// A person who is barred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Barred {
    /// Who.
    pub person: Person,
    /// The penalty.
    pub penalty: String,
    /// 处罚决定书文号.
    pub document: String,
    /// The institution that the person answered for.
    pub institution: InstitutionId,
    /// From which day on.
    pub from: Day,
    /// Until which day, that included; nothing for life.
    pub until: Option<Day>,
}

/// An institution whose licence was revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Revoked {
    /// The institution.
    pub institution: InstitutionId,
    /// The licence.
    pub licence: Licence,
    /// The penalty.
    pub penalty: String,
    /// 处罚决定书文号.
    pub document: String,
    /// From which day on.
    pub from: Day,
}

/// What is wrong with a filing of the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BarHit {
    /// It names an executive who is barred.
    Executive {
        /// The post.
        post: ExecutivePost,
        /// The bar.
        bar: Barred,
    },
    /// It is of an institution whose licence was revoked, or names that licence.
    Licence(Revoked),
}

fn barred(penalty: &Penalty) -> Option<Barred> {
    let person = penalty.addressee.person()?;
    let bar: Bar = penalty.sanctions.bar.filter(|_| penalty.is_in_force())?;
    let from = penalty.served_on?;
    Some(Barred {
        person,
        penalty: penalty.id.clone(),
        document: penalty.decision.as_ref()?.document.clone(),
        institution: penalty.institution.clone(),
        from,
        until: bar.last_day(from),
    })
}

fn revoked(penalty: &Penalty) -> Option<Revoked> {
    let licence = penalty.sanctions.revoked.clone().filter(|_| penalty.is_in_force())?;
    Some(Revoked {
        institution: penalty.institution.clone(),
        licence,
        penalty: penalty.id.clone(),
        document: penalty.decision.as_ref()?.document.clone(),
        from: penalty.served_on?,
    })
}

impl Penalties {
    /// Whether a person is barred on a day, by the bar that holds longest.
    pub fn is_barred(&self, person: Person, day: Day) -> Option<Barred> {
        let on_day = |bar: &Barred| bar.from <= day && bar.until.is_none_or(|until| day <= until);
        let bars = self.of_person(person).filter_map(barred).filter(on_day);
        bars.max_by_key(|bar| (bar.until.is_none(), bar.until))
    }

    /// Whether an institution's licence is revoked on a day.
    pub fn is_revoked(&self, institution: &InstitutionId, day: Day) -> Option<Revoked> {
        self.of_institution(institution).filter_map(revoked).find(|revoked| revoked.from <= day)
    }

    /// Everybody who is barred on a day.
    pub fn barred(&self, day: Day) -> Vec<Barred> {
        let on_day = |bar: &Barred| bar.from <= day && bar.until.is_none_or(|until| day <= until);
        self.all().filter_map(barred).filter(on_day).collect()
    }

    /// Every licence that is revoked on a day.
    pub fn revoked(&self, day: Day) -> Vec<Revoked> {
        self.all().filter_map(revoked).filter(|revoked| revoked.from <= day).collect()
    }

    /// What is wrong with a filing of the register, as far as penalties say: executives who are
    /// barred, a licence that was revoked. It is judged for the day from which the record holds.
    pub fn check_register(&self, institution: &InstitutionId, register: &Register) -> Vec<BarHit> {
        let day = register.effective_from;
        let executives = register.executives.iter().filter_map(|executive| {
            let bar = self.is_barred(executive.person, day)?;
            Some(BarHit::Executive { post: executive.post, bar })
        });
        let licence = self.is_revoked(institution, day).filter(|revoked| {
            // A licence that was granted anew has another number.
            register.licence.as_ref().is_none_or(|licence| licence.0 == revoked.licence.number)
        });
        executives.chain(licence.map(BarHit::Licence)).collect()
    }
}
