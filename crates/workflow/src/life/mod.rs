//! The life of a thing as one table: its rows decide what may follow on what and by whom, and the
//! same rows are printed, so that what people read is what holds.

use model::calendar::Calendar;
use model::text::Text;
use model::time::Time;
use serde::Serialize;

use crate::actor::{Actor, Post, Who};
use crate::{Refusal, Why};

/// A state or a step, by its code and as people call it.
pub trait Word: Copy + Eq + 'static {
    /// As it stands in events and tables.
    fn code(self) -> &'static str;
    /// In Chinese.
    fn zh(self) -> &'static str;
    /// In English.
    fn en(self) -> &'static str;
}

/// Declares words: a variant, its name in Chinese and in English. The code is the variant in
/// snake case, as serde writes it.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident $code:literal $zh:literal $en:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(#[doc = concat!($zh, ": ", $en, ".")] $(#[$doc])* #[serde(rename = $code)] $variant,)*
        }
        impl $name {
            /// Every one, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
        }
        impl $crate::life::Word for $name {
            fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
            fn zh(self) -> &'static str {
                match self { $(Self::$variant => $zh,)* }
            }
            fn en(self) -> &'static str {
                match self { $(Self::$variant => $en,)* }
            }
        }
    };
}
pub(crate) use words;

/// Who may take a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The system itself, as what follows by the policy.
    System,
    /// A person with at least this post.
    Post(Post),
    /// A party outside: an institution, a partner, somebody who did not say who.
    Party,
}

impl By {
    fn fits(self, who: &Who) -> bool {
        match self {
            Self::System => who.actor == Actor::System,
            Self::Post(post) => who.actor.person().is_some() && who.is_at_least(post),
            Self::Party => {
                matches!(who.actor, Actor::Institution(_) | Actor::Partner(_) | Actor::Anonymous)
            }
        }
    }

    const fn zh(self) -> &'static str {
        match self {
            Self::System => "系统",
            Self::Post(post) => post.zh(),
            Self::Party => "外部当事方",
        }
    }

    const fn en(self) -> &'static str {
        match self {
            Self::System => "the system",
            Self::Post(post) => post.en(),
            Self::Party => "the party outside",
        }
    }
}

/// One step: from which states, to which, by whom.
#[derive(Clone, Copy, Debug)]
pub struct Transition<S: 'static, C> {
    /// The step.
    pub step: C,
    /// The states in which it may be taken; none for a step that begins a life or needs no state.
    pub from: &'static [S],
    /// The states to which it may lead; none where it changes no state.
    pub to: &'static [S],
    /// Who may take it.
    pub by: &'static [By],
    /// Whether it has to be another person than the one whose step it rests on: four eyes.
    pub is_four_eyes: bool,
}

/// A row of the table as it is printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The step's code.
    pub code: &'static str,
    /// The step.
    pub step: Text,
    /// The states in which it may be taken; empty at the beginning.
    pub from: Vec<Text>,
    /// The states to which it may lead; empty where it changes none.
    pub to: Vec<Text>,
    /// Who may take it.
    pub by: Text,
    /// Whether another person has to take it.
    pub four_eyes: bool,
}

fn text_of(word: impl Word) -> Text {
    Text::new(word.zh(), word.en())
}

fn joined(by: &[By]) -> Text {
    let all = |name: fn(By) -> &'static str| by.iter().map(|by| name(*by)).collect::<Vec<_>>();
    Text::new(all(By::zh).join("、"), all(By::en).join(" or "))
}

/// The table as it is printed.
pub fn rows<S: Word, C: Word>(table: &[Transition<S, C>]) -> Vec<Row> {
    let row = |transition: &Transition<S, C>| Row {
        code: transition.step.code(),
        step: text_of(transition.step),
        from: transition.from.iter().copied().map(text_of).collect(),
        to: transition.to.iter().copied().map(text_of).collect(),
        by: joined(transition.by),
        four_eyes: transition.is_four_eyes,
    };
    table.iter().map(row).collect()
}

/// Whether a step may be taken from a state by somebody; `what` names the thing in the sentence.
///
/// # Errors
/// [`Refusal`]: not from this state, or not by this one.
pub(crate) fn admit<S: Word, C: Word>(
    table: &[Transition<S, C>],
    step: C,
    state: Option<S>,
    who: &Who,
    what: &Text,
) -> Result<(), Refusal> {
    let Some(transition) = table.iter().find(|transition| transition.step == step) else {
        return Err(Refusal::new(
            Why::NotNow,
            format!("没有“{}”这一步。", step.zh()),
            format!("There is no step \"{}\".", step.en()),
        ));
    };
    if let Some(state) = state
        && !transition.from.contains(&state)
    {
        let names = |name: fn(S) -> &'static str, open, close| {
            let names = transition.from.iter().map(|state| format!("{open}{}{close}", name(*state)));
            names.collect::<Vec<_>>()
        };
        return Err(Refusal::new(
            Why::NotNow,
            format!(
                "{}处于“{}”，不能“{}”；须处于{}。",
                what.zh,
                state.zh(),
                step.zh(),
                names(S::zh, '“', '”').join("或")
            ),
            format!(
                "{} is at \"{}\"; \"{}\" is possible only at {}.",
                what.en,
                state.en(),
                step.en(),
                names(S::en, '"', '"').join(" or ")
            ),
        ));
    }
    if transition.by.iter().any(|by| by.fits(who)) {
        return Ok(());
    }
    let by = joined(transition.by);
    Err(Refusal::new(
        Why::NotAllowed,
        format!("“{}”须由{}作出。", step.zh(), by.zh),
        format!("\"{}\" is for {} (or above).", step.en(), by.en),
    ))
}

/// That a step is taken by another person than the one whose step it rests on.
///
/// # Errors
/// [`Why::FourEyes`].
pub(crate) fn another<C: Word>(who: &Who, first: &Actor, step: C) -> Result<(), Refusal> {
    if !who.actor.is_same_person(first) {
        return Ok(());
    }
    Err(Refusal::new(
        Why::FourEyes,
        format!("“{}”须由另一人作出，不得由前一步的经办人自己作出（四眼原则）。", step.zh()),
        format!("\"{}\" needs another person than who took the step before it (four eyes).", step.en()),
    ))
}

/// A text that people wrote: trimmed, not empty, not longer than the limit, without control
/// characters other than line breaks and tabs.
///
/// # Errors
/// [`Why::Missing`] when there is none, [`Why::BadValue`] when it cannot be taken.
pub(crate) fn written(text: &str, what: (&str, &str), chars_max: usize) -> Result<String, Refusal> {
    let text = text.trim();
    let is_control = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
    if text.is_empty() {
        return Err(Refusal::new(Why::Missing, format!("请写明{}。", what.0), format!("Say {}.", what.1)));
    }
    let chars = text.chars().count();
    if chars > chars_max || text.contains(is_control) {
        return Err(Refusal::new(
            Why::BadValue,
            format!("{}须为{chars_max}字以内的文字，不含控制字符；现为{chars}字。", what.0),
            format!(
                "Say {} in at most {chars_max} characters without control characters; it has {chars}.",
                what.1
            ),
        ));
    }
    Ok(text.to_owned())
}

/// The circumstances of a decision: the terms of its topic, the calendar, the present time.
#[derive(Clone, Copy, Debug)]
pub struct Under<'u, T> {
    /// The terms that hold now; what is decided copies what it needs of them.
    pub terms: &'u T,
    /// Working days.
    pub calendar: &'u Calendar,
    /// The present time.
    pub now: Time,
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_trimmed_and_bounded() {
        let take = |text: &str| written(text, ("理由", "the reason"), 5).map_err(|refusal| refusal.why);
        assert_eq!(take("  好的\n "), Ok("好的".to_owned()));
        assert_eq!(take(" \n"), Err(Why::Missing));
        assert_eq!(take("123456"), Err(Why::BadValue));
        assert_eq!(take("a\u{0}b"), Err(Why::BadValue));
        assert_eq!(take("五个字正好"), Ok("五个字正好".to_owned()));
    }
}
