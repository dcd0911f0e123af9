//! 复核: a person looks at what the rules flagged and confirms or dismisses it (requirements 1.7 and
//! 3.1). What waits is derived from the findings; here stands what people did with it.

use std::collections::BTreeMap;

use model::event::{Finding, Verdict};
use model::time::{Day, Time};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::actor::{Actor, Post, Who};
use crate::{Refusal, Why};

/// Characters of a reason at most.
const REASON_CHARS_MAX: usize = 2000;

/// Something that a person did with a flagged finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewEvent {
    /// Which: see [`identifier`].
    pub id: String,
    /// The institution.
    pub institution: String,
    /// When.
    pub at: Time,
    /// By whom.
    pub by: Actor,
    /// What.
    pub step: ReviewStep,
}

/// A step in the review of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewStep {
    /// 查看: somebody looked at it.
    Looked,
    /// 认领: somebody sees to it.
    Claimed,
    /// 放回: it waits for somebody again.
    Released,
    /// 认定: it is what the rule says; final unless another person has to say so too.
    Confirmed {
        /// Why.
        reason: String,
        /// What was confirmed.
        finding: Box<Subject>,
    },
    /// 排除: it is not.
    Dismissed {
        /// Why.
        reason: String,
        /// What was dismissed.
        finding: Box<Subject>,
    },
    /// 立案: a case was opened for it, or it joined one.
    CaseJoined {
        /// Which.
        case: String,
    },
}

/// What a review is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The entry of the rulebook.
    pub entry: String,
    /// Which version of it.
    pub entry_hash: String,
    /// The last day of the window.
    pub day: Day,
    /// What was grouped by.
    pub group: Vec<(String, String)>,
    /// What it came to.
    pub verdict: Verdict,
    /// The value.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<String>,
    /// The position of the record at which it became true.
    pub at: u64,
}

impl Subject {
    /// What a finding is about.
    pub fn of(finding: &Finding) -> Self {
        Self {
            entry: finding.reason.entry.clone(),
            entry_hash: finding.reason.entry_hash.clone(),
            day: finding.day,
            group: finding.group.clone(),
            verdict: finding.reason.verdict,
            value: finding.reason.value.clone(),
            at: finding.at,
        }
    }
}

/// The identifier of the review of a finding: the first sixteen hexadecimal digits of the SHA-256 of entry,
/// institution, day and group, so that a finding that changes its value keeps it.
pub fn identifier(finding: &Finding) -> String {
    let mut hash = Sha256::new();
    for part in [&finding.reason.entry, &finding.institution, &finding.day.to_string()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    for (column, value) in &finding.group {
        hash.update(column.as_bytes());
        hash.update([1]);
        hash.update(value.as_bytes());
        hash.update([0]);
    }
    let mut text = hex::encode(hash.finalize());
    text.truncate(16);
    text
}

/// What became of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// 认定.
    Confirmed,
    /// 排除.
    Dismissed,
}

/// That somebody looked at a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Looked {
    /// Who.
    pub by: Actor,
    /// When first.
    pub at: Time,
}

/// What somebody said who decided on a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Time,
    /// What it is.
    pub decision: Decision,
    /// Why.
    pub reason: String,
}

/// What people did with a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Handling {
    /// Who sees to it.
    pub claimed_by: Option<Actor>,
    /// Who looked at it.
    pub looked: Vec<Looked>,
    /// What each person said who decided on it as it stands.
    pub said: Vec<Said>,
    /// What was said last; whether that is the end of it, [`Handling::is_decided`] says.
    pub decision: Option<Decision>,
    /// What the finding came to that was decided on: one that got worse since waits again.
    pub verdict: Option<Verdict>,
    /// The case that it joined.
    pub case: Option<String>,
}

/// What people did with flagged findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reviews {
    by_id: BTreeMap<String, Handling>,
}

impl Reviews {
    /// What was done with a finding.
    pub fn get(&self, id: &str) -> Option<&Handling> {
        self.by_id.get(id)
    }

    /// All, by identifier.
    pub fn all(&self) -> impl Iterator<Item = (&String, &Handling)> {
        self.by_id.iter()
    }

    /// Takes in what a person did.
    pub fn apply(&mut self, event: &ReviewEvent) {
        self.by_id.entry(event.id.clone()).or_default().take(event);
    }
}

impl Handling {
    /// Takes in what a person did.
    pub(crate) fn take(&mut self, event: &ReviewEvent) {
        match &event.step {
            ReviewStep::Looked => {
                if !self.looked.iter().any(|looked| looked.by == event.by) {
                    self.looked.push(Looked { by: event.by.clone(), at: event.at });
                }
            }
            ReviewStep::Claimed => self.claimed_by = Some(event.by.clone()),
            ReviewStep::Released => self.claimed_by = None,
            ReviewStep::Confirmed { reason, finding } => {
                self.decide(event, Decision::Confirmed, reason, finding.verdict);
            }
            ReviewStep::Dismissed { reason, finding } => {
                self.decide(event, Decision::Dismissed, reason, finding.verdict);
            }
            ReviewStep::CaseJoined { case } => self.case = Some(case.clone()),
        }
    }
}

/// What a person does with a flagged finding.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReviewCommand {
    /// 查看.
    Look,
    /// 认领.
    Claim,
    /// 放回.
    Release,
    /// 认定.
    Confirm {
        /// Why.
        reason: String,
    },
    /// 排除.
    Dismiss {
        /// Why.
        reason: String,
    },
}

impl Handling {
    /// Whether nothing more is to be done with a finding that comes to this.
    pub fn is_decided(&self, verdict: Verdict, four_eyes: bool) -> bool {
        self.said_of(verdict).len() >= if four_eyes { 2 } else { 1 }
    }

    /// What was said that counts for a finding that comes to this: of a better one it does not.
    fn said_of(&self, verdict: Verdict) -> &[Said] {
        let decided = self.verdict.map(Verdict::grade);
        let counts = decided.is_some_and(|decided| match (decided, verdict.grade()) {
            (Some(decided), Some(now)) => now <= decided,
            (decided, now) => decided == now,
        });
        if counts { &self.said } else { &[] }
    }

    fn decide(&mut self, event: &ReviewEvent, decision: Decision, reason: &str, verdict: Verdict) {
        if self.said_of(verdict).is_empty() {
            self.said.clear();
        }
        // Who decides otherwise than the first begins anew: the two have to agree.
        self.said.retain(|said| said.decision == decision);
        let (by, at, reason) = (event.by.clone(), event.at, reason.to_owned());
        self.said.push(Said { by, at, decision, reason });
        self.decision = Some(decision);
        self.verdict = Some(verdict);
    }
}

/// What a person does with a flagged finding. `four_eyes` says whether the rule wants two.
///
/// # Errors
/// [`Refusal`].
pub fn command(
    finding: &Finding,
    handling: Option<&Handling>,
    command: &ReviewCommand,
    who: &Who,
    four_eyes: bool,
    now: Time,
) -> Result<ReviewEvent, Refusal> {
    if who.post.is_none() {
        return Err(Refusal::new(
            Why::NotAllowed,
            "复核须由在册监管人员办理。",
            "A review is done by a person of the roster.",
        ));
    }
    let id = identifier(finding);
    let verdict = finding.reason.verdict;
    if let Some(handling) = handling
        && handling.is_decided(verdict, four_eyes)
        && *command != ReviewCommand::Look
    {
        return Err(Refusal::new(
            Why::NotNow,
            format!("复核{id}已有结论。"),
            format!("Review {id} has been decided."),
        ));
    }
    let claimed = handling.and_then(|handling| handling.claimed_by.as_ref());
    let step = match command {
        ReviewCommand::Look => ReviewStep::Looked,
        ReviewCommand::Claim => match claimed {
            Some(by) if *by != who.actor => return Err(claimed_by(&id, by)),
            _ => ReviewStep::Claimed,
        },
        ReviewCommand::Release => match claimed {
            Some(by) if *by != who.actor && !who.is_at_least(Post::Officer) => {
                return Err(claimed_by(&id, by));
            }
            None => {
                return Err(Refusal::new(
                    Why::NotNow,
                    format!("复核{id}无人认领。"),
                    format!("Nobody claimed review {id}."),
                ));
            }
            Some(_) => ReviewStep::Released,
        },
        ReviewCommand::Confirm { reason } => {
            may_decide(finding, handling, who, Decision::Confirmed)?;
            ReviewStep::Confirmed { reason: said(reason)?, finding: Box::new(Subject::of(finding)) }
        }
        ReviewCommand::Dismiss { reason } => {
            may_decide(finding, handling, who, Decision::Dismissed)?;
            ReviewStep::Dismissed { reason: said(reason)?, finding: Box::new(Subject::of(finding)) }
        }
    };
    Ok(ReviewEvent { id, institution: finding.institution.clone(), at: now, by: who.actor.clone(), step })
}

fn claimed_by(id: &str, by: &Actor) -> Refusal {
    Refusal::new(Why::NotNow, format!("复核{id}已由{by}认领。"), format!("Review {id} was claimed by {by}."))
}

/// The first to decide is who claimed it, or anybody when nobody did; the second is another person,
/// who may say otherwise.
fn may_decide(
    finding: &Finding,
    handling: Option<&Handling>,
    who: &Who,
    decision: Decision,
) -> Result<(), Refusal> {
    let Some(handling) = handling else { return Ok(()) };
    let id = identifier(finding);
    let said = handling.said_of(finding.reason.verdict);
    let own = said.iter().any(|said| said.decision == decision && said.by.is_same_person(&who.actor));
    match (&handling.claimed_by, own) {
        (_, true) => Err(Refusal::new(
            Why::FourEyes,
            format!("复核{id}须由另一人再作认定。"),
            format!("Review {id} takes a second person's decision."),
        )),
        (Some(by), false) if said.is_empty() && !by.is_same_person(&who.actor) => Err(claimed_by(&id, by)),
        _ => Ok(()),
    }
}

fn said(reason: &str) -> Result<String, Refusal> {
    let reason = reason.trim();
    match (1..=REASON_CHARS_MAX).contains(&reason.chars().count()) {
        true => Ok(reason.to_owned()),
        false => Err(Refusal::new(
            Why::Missing,
            format!("请说明理由，不超过{REASON_CHARS_MAX}字。"),
            format!("Say why, in at most {REASON_CHARS_MAX} characters."),
        )),
    }
}

#[cfg(test)]
mod tests {
    use model::event::{Grade, Reason, Rows, Verdict};

    use super::*;

    fn finding() -> Finding {
        Finding {
            institution: "i".to_owned(),
            from: Day(20_000),
            day: Day(20_000),
            group: vec![("user".to_owned(), "u".to_owned())],
            reason: Reason {
                entry: "frequent-transactions".to_owned(),
                entry_hash: String::new(),
                line: None,
                verdict: Verdict::Graded(Grade::Yellow),
                value: Some("51".to_owned()),
                condition: "value > 50".to_owned(),
                rows: Rows::default(),
            },
            at: 1,
        }
    }

    #[test]
    fn a_review_is_claimed_and_decided_by_as_many_as_the_rule_wants() {
        // Whether the rule wants four eyes; who does what, `!` where it is refused; whether it is decided.
        let table = [
            (false, "a look, a claim, b claim!, b confirm!, a confirm, a dismiss!", true),
            (false, "a claim, b release!, h release, b dismiss", true),
            (true, "a claim, a confirm, a confirm!, b confirm, b dismiss!", true),
            (true, "a confirm, b dismiss, a dismiss", true),
            (true, "a claim, b dismiss!, a confirm, b dismiss, a dismiss", true),
            (true, "a confirm, b dismiss, b confirm", false),
            (false, "x confirm!", false),
            (false, "a release!", false),
            // `W`: the finding gets worse; `w`: it gets better again.
            (false, "a dismiss, W, a dismiss", true),
            (false, "a dismiss, W", false),
            (false, "W, a dismiss, w", true),
            (true, "a dismiss, W, b dismiss, a dismiss", true),
            (true, "a dismiss, W, a dismiss, w", false),
            (true, "a confirm, b confirm, W, b confirm, b confirm!", false),
        ];
        for (four_eyes, script, decided) in table {
            let mut reviews = Reviews::default();
            let mut finding = finding();
            let id = identifier(&finding);
            for said in script.split(", ") {
                match said {
                    "W" => finding.reason.verdict = Verdict::Graded(Grade::Red),
                    "w" => finding.reason.verdict = Verdict::Graded(Grade::Yellow),
                    _ => {}
                }
                let Some((person, what)) = said.split_once(' ') else { continue };
                let who = match person {
                    "x" => Who::party(Actor::Institution("i".to_owned())),
                    "h" => Who::person(person, Post::Head),
                    _ => Who::person(person, Post::Analyst),
                };
                let reason = "核实".to_owned();
                let asked = match what.trim_end_matches('!') {
                    "look" => ReviewCommand::Look,
                    "claim" => ReviewCommand::Claim,
                    "release" => ReviewCommand::Release,
                    "confirm" => ReviewCommand::Confirm { reason },
                    _ => ReviewCommand::Dismiss { reason },
                };
                match command(&finding, reviews.get(&id), &asked, &who, four_eyes, Time(0)) {
                    Ok(event) => {
                        assert!(!what.ends_with('!'), "{script}: {said}");
                        reviews.apply(&event);
                    }
                    Err(refusal) => assert!(what.ends_with('!'), "{script}: {said}: {refusal}"),
                }
            }
            let is_decided =
                reviews.get(&id).is_some_and(|one| one.is_decided(finding.reason.verdict, four_eyes));
            assert_eq!(is_decided, decided, "{script}");
        }
    }
}
