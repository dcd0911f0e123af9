//! 拟定: the penalties of one offence are drafted together, against the institution and against the
//! persons who answer for it.

use std::collections::BTreeSet;

use model::institution::InstitutionId;
use model::text::Text;
use serde::{Deserialize, Serialize};

use super::Terms;
use super::decide::{TEXT_CHARS_MAX, bad, missing, name, reason};
use super::event::{Addressee, Basis, Offence, PenaltyEvent, PenaltyStep};
use super::life::{PenaltyState, Step, TABLE};
use super::sanction::Sanctions;
use crate::Refusal;
use crate::actor::Who;
use crate::life::{Under, admit, written};
use crate::numbers::{Kind, Numbers};

/// Parties of one offence at most.
const PARTIES_MAX: usize = 50;

/// On whom something is imposed, and what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Against {
    /// On whom.
    pub addressee: Addressee,
    /// What.
    pub sanctions: Sanctions,
}

/// 拟定: the penalties of one offence, of the institution and of those who answer for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The institution.
    pub institution: InstitutionId,
    /// The case that they belong to.
    #[serde(default)]
    pub case: Option<String>,
    /// What is punished.
    pub offence: Offence,
    /// What they rest on.
    pub basis: Vec<Basis>,
    /// On whom, and what: the institution and at least one person.
    pub against: Vec<Against>,
    /// Why only the institution, or only persons, are punished, where that is so.
    #[serde(default)]
    pub single: Option<String>,
}

/// Drafts the penalties of one offence: one for each party, each knowing of the others.
///
/// # Errors
/// [`Refusal`]: among others when it is not double and no reason is given for that.
pub fn draft(
    draft: &Draft,
    who: &Who,
    under: &Under<'_, Terms>,
    numbers: &mut Numbers,
) -> Result<Vec<PenaltyEvent>, Refusal> {
    admit(TABLE, Step::Draft, None::<PenaltyState>, who, &Text::default())?;
    let offence = Offence {
        kind: name(&draft.offence.kind, ("违法行为类型", "the kind of the offence"))?,
        facts: written(&draft.offence.facts, ("违法事实", "the facts of the offence"), TEXT_CHARS_MAX)?,
    };
    if draft.basis.is_empty() || draft.basis.iter().any(|basis| basis.clause.zh.trim().is_empty()) {
        return Err(missing("请写明处罚依据的法律条款。", "Name the clauses that the penalty rests on."));
    }
    let single = parties(draft)?;
    for Against { addressee, sanctions } in &draft.against {
        sanctions.check(addressee.person().is_some())?;
    }
    let ids: Vec<String> = draft.against.iter().map(|_| numbers.next(Kind::Penalty, under.now)).collect();
    let event = |(id, against): (&String, &Against)| PenaltyEvent {
        id: id.clone(),
        institution: draft.institution.clone(),
        at: under.now,
        by: who.actor.clone(),
        step: PenaltyStep::Drafted {
            case: draft.case.clone(),
            addressee: against.addressee.clone(),
            with: ids.iter().filter(|other| *other != id).cloned().collect(),
            single: single.clone(),
            offence: offence.clone(),
            basis: draft.basis.clone(),
            sanctions: against.sanctions.clone(),
        },
    };
    Ok(ids.iter().zip(&draft.against).map(event).collect())
}

/// That the parties are told apart, and that the penalty is double or it is said why not.
fn parties(draft: &Draft) -> Result<Option<String>, Refusal> {
    let persons: Vec<_> = draft.against.iter().filter_map(|against| against.addressee.person()).collect();
    let institutions = draft.against.len() - persons.len();
    let are_distinct = persons.iter().collect::<BTreeSet<_>>().len() == persons.len();
    if institutions > 1 || !are_distinct || draft.against.len() > PARTIES_MAX {
        return Err(bad(
            format!("同一违法行为中机构和每名责任人员各拟定一项处罚，至多{PARTIES_MAX}项。"),
            format!("For one offence each party has one penalty, at most {PARTIES_MAX} in all."),
        ));
    }
    for against in &draft.against {
        if let Addressee::Institution { name: registered } = &against.addressee {
            name(registered, ("机构名称", "the institution's name"))?;
        }
    }
    let is_double = institutions == 1 && !persons.is_empty();
    match (&draft.single, is_double || draft.against.is_empty()) {
        (None, true) if !draft.against.is_empty() => Ok(None),
        (Some(why), false) => reason(why).map(Some),
        (Some(_), true) if is_double => Err(bad(
            "已是双罚，不需要单罚理由。",
            "The penalty is double; no reason for a single one is wanted.",
        )),
        _ => Err(missing(
            "双罚制：请同时写明机构和责任人员的处罚；只处罚一方的，请写明理由。",
            "The penalty is double: name the institution and the persons who answer for it, or say why only one side is punished.",
        )),
    }
}
