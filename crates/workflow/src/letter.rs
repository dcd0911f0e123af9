//! 函件: letters that the system writes, such as the risk notice letter 风险提示函 (requirement 2.8).
//! A letter leaves once it is released; where the bureau wants four eyes, one person checks or edits
//! the draft and another releases it.

use std::collections::BTreeMap;

use model::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actor::{Actor, Post, Who};
use crate::{Refusal, Why};

/// Bytes of a letter's data at most.
const DATA_BYTES_MAX: usize = 256 * 1024;

/// Something that happened to a letter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LetterEvent {
    /// Its number.
    pub id: String,
    /// The institution that it is about.
    pub institution: String,
    /// When.
    pub at: Time,
    /// By whom.
    pub by: Actor,
    /// What.
    pub step: LetterStep,
}

/// A step in the life of a letter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterStep {
    /// 拟稿.
    Drafted {
        /// The form, such as `risk-notice`.
        form: String,
        /// 发文字号, such as `见微监函〔2026〕12号`.
        number: String,
        /// What it is about, by its number.
        about: String,
        /// To whom it goes.
        to: Actor,
        /// The mail addresses of those who get it.
        addresses: Vec<String>,
        /// Who gets a copy.
        copy: Vec<Actor>,
        /// What the form is filled with.
        data: Value,
        /// Whether two people have to see it before it leaves.
        four_eyes: bool,
    },
    /// 修改.
    Edited {
        /// What the form is filled with from now on.
        data: Value,
    },
    /// 核稿: somebody read it and found it right.
    Checked,
    /// 签发: it leaves as it is.
    Released,
    /// 成文: it was set; what leaves has this digest.
    Set {
        /// SHA-256 of the PDF, hexadecimal.
        sha256: String,
        /// Its size in bytes.
        bytes: u64,
        /// Its pages.
        pages: u32,
    },
    /// 作废: it does not leave.
    Recalled {
        /// Why.
        reason: String,
    },
}

/// Where a letter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterState {
    /// It may be edited.
    Draft,
    /// It leaves, or left.
    Released,
    /// It does not leave.
    Recalled,
}

/// A letter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Letter {
    /// Number on the desk.
    pub id: String,
    /// The institution that it is about.
    pub institution: String,
    /// The form.
    pub form: String,
    /// 发文字号.
    pub number: String,
    /// What it is about, by its number.
    pub about: String,
    /// To whom it goes.
    pub to: Actor,
    /// The mail addresses of those who get it.
    pub addresses: Vec<String>,
    /// Who gets a copy.
    pub copy: Vec<Actor>,
    /// What the form is filled with.
    pub data: Value,
    /// Whether two people have to see it.
    pub four_eyes: bool,
    /// Where it stands.
    pub state: LetterState,
    /// When it was drafted.
    pub drafted_at: Time,
    /// Who edited or checked the text as it stands.
    pub seen_by: Vec<Actor>,
    /// When it was released, and by whom.
    pub released: Option<(Time, Actor)>,
    /// Where its release stands in the ledger.
    pub position: Option<u64>,
    /// Digest of what leaves, its size and pages.
    pub set: Option<(String, u64, u32)>,
}

/// All letters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Letters(BTreeMap<String, Letter>);

impl Letters {
    /// One by its number on the desk.
    pub fn get(&self, id: &str) -> Option<&Letter> {
        self.0.get(id)
    }

    /// All, in the order of their numbers.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Letter> {
        self.0.values()
    }

    /// Takes in what happened, with its place in the ledger.
    pub fn apply(&mut self, event: &LetterEvent, position: u64) {
        if let LetterStep::Drafted { form, number, about, to, addresses, copy, data, four_eyes } = &event.step
        {
            let letter = Letter {
                id: event.id.clone(),
                institution: event.institution.clone(),
                form: form.clone(),
                number: number.clone(),
                about: about.clone(),
                to: to.clone(),
                addresses: addresses.clone(),
                copy: copy.clone(),
                data: data.clone(),
                four_eyes: *four_eyes,
                state: LetterState::Draft,
                drafted_at: event.at,
                seen_by: Vec::new(),
                released: None,
                position: None,
                set: None,
            };
            self.0.insert(event.id.clone(), letter);
            return;
        }
        let Some(letter) = self.0.get_mut(&event.id) else { return };
        match &event.step {
            LetterStep::Drafted { .. } => {}
            LetterStep::Edited { data } => {
                letter.data = data.clone();
                // Who saw the text before did not see this one.
                letter.seen_by = vec![event.by.clone()];
            }
            LetterStep::Checked => letter.seen_by.push(event.by.clone()),
            LetterStep::Released => {
                letter.state = LetterState::Released;
                letter.released = Some((event.at, event.by.clone()));
                letter.position = Some(position);
            }
            LetterStep::Set { sha256, bytes, pages } => {
                letter.set.get_or_insert((sha256.clone(), *bytes, *pages));
            }
            LetterStep::Recalled { .. } => letter.state = LetterState::Recalled,
        }
    }
}

/// What a person does with a draft.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum LetterCommand {
    /// 修改.
    Edit {
        /// What the form is filled with from now on.
        data: Value,
    },
    /// 核稿.
    Check,
    /// 签发.
    Release,
    /// 作废.
    Recall {
        /// Why.
        reason: String,
    },
}

/// What a person does with a draft.
///
/// # Errors
/// [`Refusal`].
pub fn command(
    letter: &Letter,
    command: &LetterCommand,
    who: &Who,
    now: Time,
) -> Result<LetterEvent, Refusal> {
    if letter.state != LetterState::Draft {
        let (zh, en) = match letter.state {
            LetterState::Released => ("已经签发", "was released"),
            _ => ("已经作废", "was recalled"),
        };
        return Err(Refusal::new(
            Why::NotNow,
            format!("{}{zh}，不能再改。", letter.number),
            format!("Letter {} {en}; it is changed no more.", letter.number),
        ));
    }
    if !who.is_at_least(Post::Officer) {
        return Err(Refusal::new(
            Why::NotAllowed,
            "函件须由监管员或以上职级办理。",
            "Letters are handled by an officer or above.",
        ));
    }
    let step = match command {
        LetterCommand::Edit { data } => {
            let is_object = data.is_object() && data.to_string().len() <= DATA_BYTES_MAX;
            if !is_object {
                return Err(Refusal::new(
                    Why::BadValue,
                    "函件内容须为 JSON 对象，不超过 256 KiB。",
                    "A letter is filled with a JSON object of at most 256 KiB.",
                ));
            }
            LetterStep::Edited { data: data.clone() }
        }
        LetterCommand::Check => match letter.seen_by.iter().any(|seen| seen.is_same_person(&who.actor)) {
            true => {
                return Err(Refusal::new(
                    Why::FourEyes,
                    "您已看过此稿，请由另一人签发。",
                    "You saw this draft already; another person releases it.",
                ));
            }
            false => LetterStep::Checked,
        },
        LetterCommand::Release => {
            may_release(letter, who)?;
            LetterStep::Released
        }
        LetterCommand::Recall { reason } if reason.trim().is_empty() => {
            return Err(Refusal::new(Why::Missing, "请说明作废理由。", "Say why it is recalled."));
        }
        LetterCommand::Recall { reason } => LetterStep::Recalled { reason: reason.trim().to_owned() },
    };
    Ok(LetterEvent {
        id: letter.id.clone(),
        institution: letter.institution.clone(),
        at: now,
        by: who.actor.clone(),
        step,
    })
}

fn may_release(letter: &Letter, who: &Who) -> Result<(), Refusal> {
    let others = letter.seen_by.iter().filter(|seen| !seen.is_same_person(&who.actor)).count();
    let own = letter.seen_by.len() - others;
    // Who wrote or checked the last text does not release it alone.
    match (letter.four_eyes, others, own) {
        (false, ..) => Ok(()),
        (true, 0, 0) => Err(Refusal::new(
            Why::Missing,
            format!("{}须先由一人核稿，再由另一人签发。", letter.number),
            format!("One person has to check letter {} before another releases it.", letter.number),
        )),
        (true, 0, _) => Err(Refusal::new(
            Why::FourEyes,
            format!("{}由您修改或核稿，须由另一人签发。", letter.number),
            format!("You edited or checked letter {}: another person releases it.", letter.number),
        )),
        (true, ..) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(by: Actor, step: LetterStep) -> LetterEvent {
        LetterEvent { id: "L-2026-000001".to_owned(), institution: "i".to_owned(), at: Time(0), by, step }
    }

    fn drafted(four_eyes: bool) -> Letters {
        let mut letters = Letters::default();
        let step = LetterStep::Drafted {
            form: "risk-notice".to_owned(),
            number: "见微监函〔2026〕1号".to_owned(),
            about: "A-2026-000001".to_owned(),
            to: Actor::Institution("i".to_owned()),
            addresses: Vec::new(),
            copy: Vec::new(),
            data: Value::Object(serde_json::Map::new()),
            four_eyes,
        };
        letters.apply(&event(Actor::System, step), 7);
        letters
    }

    #[test]
    fn a_letter_of_four_eyes_is_released_by_who_did_not_write_it() {
        let edit = || LetterCommand::Edit { data: serde_json::json!({"ask": "…"}) };
        // Who does what, in turn; `!` where it is refused.
        let table = [
            (false, "a release", "released"),
            (true, "a release!, a check, a release!, b release", "released"),
            (true, "a check, a check!, b edit, b release!, a release", "released"),
            (true, "a edit, b recall, b release!", "recalled"),
            (true, "c check!, a check", "draft"),
        ];
        for (four_eyes, script, ends) in table {
            let mut letters = drafted(four_eyes);
            for (turn, said) in script.split(", ").enumerate() {
                let (person, said) = said.split_once(' ').unwrap();
                let refused = said.ends_with('!');
                let post = if person == "c" { Post::Analyst } else { Post::Officer };
                let command_ = match said.trim_end_matches('!') {
                    "edit" => edit(),
                    "check" => LetterCommand::Check,
                    "recall" => LetterCommand::Recall { reason: "又".to_owned() },
                    _ => LetterCommand::Release,
                };
                let letter = letters.get("L-2026-000001").unwrap();
                match command(letter, &command_, &Who::person(person, post), Time(0)) {
                    Ok(event) => {
                        assert!(!refused, "{script}: turn {turn}");
                        letters.apply(&event, 8);
                    }
                    Err(refusal) => assert!(refused, "{script}: turn {turn}: {refusal}"),
                }
            }
            let state = letters.get("L-2026-000001").unwrap().state;
            assert_eq!(format!("{state:?}").to_lowercase(), ends, "{script}");
        }
    }
}
