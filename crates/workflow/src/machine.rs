//! Tables of transitions in which a state and a step say the next state. Decisions ask the table, and
//! `jianwei case states` prints the same one, so that what is shown is what holds.

use serde::Serialize;

use model::text::Text;

use crate::actor::{Post, Who};
use crate::life::Word;
use crate::{Refusal, Why};

/// A word that knows all of its kind.
pub(crate) trait Kind: Word {
    /// Every one, in the order in which they are shown.
    const ALL: &'static [Self];

    /// Its names.
    fn name(self) -> Text {
        Text::new(self.zh(), self.en())
    }
}

/// What `words!` declares knows all of its kind.
macro_rules! kinds {
    ($($name:ty),+) => {
        $(impl $crate::machine::Kind for $name {
            const ALL: &'static [Self] = <$name>::ALL;
        })+
    };
}
pub(crate) use kinds;

/// A step, and who may take it.
pub(crate) trait Verb: Kind {
    /// The least post that a person needs for it; nothing where it follows by itself or is an
    /// addressee's.
    fn post(self) -> Option<Post>;
}

/// Where a step leads.
#[derive(Clone, Copy)]
pub(crate) enum Leads<S> {
    /// The state stays.
    Nowhere,
    /// To this state.
    To(S),
}

/// From which states a step leads where. A step may stand in several lines.
pub(crate) type Line<S, V> = (&'static [S], V, Leads<S>);

/// A table of transitions.
pub(crate) struct Machine<S: 'static, V: 'static> {
    /// What is in these states, in Chinese and English.
    pub(crate) of: (&'static str, &'static str),
    /// The table. What does not stand here is refused.
    pub(crate) lines: &'static [Line<S, V>],
}

impl<S: Kind, V: Verb> Machine<S, V> {
    /// Where a step leads from a state, if it may be taken there.
    pub(crate) fn leads(&self, from: S, verb: V) -> Option<S> {
        self.lines.iter().find(|(states, step, _)| *step == verb && states.contains(&from)).map(
            |(_, _, leads)| match leads {
                Leads::Nowhere => from,
                Leads::To(state) => *state,
            },
        )
    }

    /// Where a step leads from a state.
    ///
    /// # Errors
    /// The step is not possible there; the sentence says where it is.
    pub(crate) fn next(&self, from: S, verb: V) -> Result<S, Refusal> {
        self.leads(from, verb).ok_or_else(|| self.refusal(from, verb))
    }

    /// As [`Machine::next`], for a step of a person's.
    ///
    /// # Errors
    /// Also when the person's post is too low, or it is no person.
    pub(crate) fn step(&self, from: S, verb: V, who: &Who) -> Result<S, Refusal> {
        need(who, verb.name(), verb.post())?;
        self.next(from, verb)
    }

    fn refusal(&self, from: S, verb: V) -> Refusal {
        let possible: Vec<Text> = S::ALL
            .iter()
            .filter(|state| self.leads(**state, verb).is_some())
            .map(|state| state.name())
            .collect();
        let zh: Vec<_> = possible.iter().map(|state| format!("“{}”", state.zh)).collect();
        let en: Vec<_> = possible.iter().map(|state| format!("\"{}\"", state.en)).collect();
        let (from, verb) = (from.name(), verb.name());
        Refusal::new(
            Why::NotNow,
            format!("{}现为“{}”，不能{}；仅在{}时可以。", self.of.0, from.zh, verb.zh, zh.join("或")),
            format!(
                "The {} is \"{}\"; the step \"{}\" is possible only when it is {}.",
                self.of.1,
                from.en,
                verb.en,
                en.join(" or ")
            ),
        )
    }

    /// The table as rows: every state with every step.
    pub(crate) fn rows(&self) -> Vec<Cell> {
        let mut rows = Vec::new();
        for from in S::ALL {
            for verb in V::ALL {
                let next = self.leads(*from, *verb);
                rows.push(Cell {
                    machine: Text::new(self.of.0, self.of.1),
                    state: from.name(),
                    state_code: from.code(),
                    step: verb.name(),
                    step_code: verb.code(),
                    post: verb.post(),
                    next: next.map(|state| state.name()),
                    next_code: next.map(|state| state.code()),
                    refusal: next.is_none().then(|| {
                        let refusal = self.refusal(*from, *verb);
                        Text::new(refusal.zh, refusal.en)
                    }),
                });
            }
        }
        rows
    }
}

/// A state with a step: where it leads, or why it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// What is in the state: a case, a measure, an order.
    pub machine: Text,
    /// The state.
    pub state: Text,
    /// Its word on the wire.
    pub state_code: &'static str,
    /// The step.
    pub step: Text,
    /// Its word.
    pub step_code: &'static str,
    /// The least post that a person needs for it; nothing where it follows by itself or is an
    /// addressee's.
    pub post: Option<Post>,
    /// The state that it leads to.
    pub next: Option<Text>,
    /// That state's word.
    pub next_code: Option<&'static str>,
    /// The sentence with which it is refused.
    pub refusal: Option<Text>,
}

/// Refuses who is no person of the supervisor's, or has too low a post.
pub(crate) fn need(who: &Who, verb: Text, post: Option<Post>) -> Result<(), Refusal> {
    let Some(post) = post else { return Ok(()) };
    match who.actor.person().is_some() && who.is_at_least(post) {
        true => Ok(()),
        false => Err(Refusal::new(
            Why::NotAllowed,
            format!("{}须由{}或以上职级的人员办理。", verb.zh, post.zh()),
            format!("The step \"{}\" takes a person with the post of {} or above.", verb.en, post.en()),
        )),
    }
}
