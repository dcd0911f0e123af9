//! Tables of transitions: which step leads from which state to which. Decisions ask the table, and
//! `jianwei case states` prints the same one, so that what is shown is what holds.

use serde::Serialize;

use model::text::Text;

use crate::actor::{Post, Who};
use crate::{Refusal, Why};

/// Declares an enumeration of words: each with its code on the wire, its Chinese and its English name.
macro_rules! words {
    (
        $(#[$attr:meta])*
        $name:ident {
            $( $(#[$doc:meta])* $word:ident = $code:literal, $zh:literal, $en:literal; )+
        }
    ) => {
        $(#[$attr])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $( $(#[$doc])* #[serde(rename = $code)] $word, )+
        }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$word),+];

            /// Its word on the wire and in files.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$word => $code),+ }
            }

            /// Its name in Chinese.
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$word => $zh),+ }
            }

            /// Its name in English.
            pub const fn en(self) -> &'static str {
                match self { $(Self::$word => $en),+ }
            }
        }

        impl $crate::machine::Word for $name {
            fn all() -> &'static [Self] {
                Self::ALL
            }

            fn name(self) -> model::text::Text {
                model::text::Text::new(self.zh(), self.en())
            }

            fn code(self) -> &'static str {
                self.code()
            }
        }
    };
}
pub(crate) use words;

/// A state or a step of a table.
pub(crate) trait Word: Copy + Eq + 'static {
    /// Every one, in the order in which they are shown.
    fn all() -> &'static [Self];

    /// Its names.
    fn name(self) -> Text;

    /// Its word on the wire.
    fn code(self) -> &'static str;
}

/// A step, and who may take it.
pub(crate) trait Verb: Word {
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

impl<S: Word, V: Verb> Machine<S, V> {
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
        let possible: Vec<Text> = S::all()
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
    pub(crate) fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for from in S::all() {
            for verb in V::all() {
                let next = self.leads(*from, *verb);
                rows.push(Row {
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
pub struct Row {
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
