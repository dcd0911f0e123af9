//! Who does something.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Who takes a step. On the wire `system`, `person:ID`, `institution:ID`, `partner:ID` or `anonymous`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Actor {
    /// The system itself: what follows by the policy.
    System,
    /// A person of the supervisor's, by the identifier of the roster.
    Person(String),
    /// An institution, by its identifier.
    Institution(String),
    /// A partner agency, by the identifier of the roster.
    Partner(String),
    /// Somebody who did not say who.
    Anonymous,
}

/// 职级: what a person of the supervisor's may do; a higher post may do what a lower may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Post {
    /// 分析员: looks, claims, proposes.
    Analyst,
    /// 监管员: decides, approves.
    Officer,
    /// 负责人: approves what only a head may.
    Head,
}

impl Post {
    /// Its name in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Analyst => "分析员",
            Self::Officer => "监管员",
            Self::Head => "负责人",
        }
    }

    /// Its name in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Analyst => "analyst",
            Self::Officer => "officer",
            Self::Head => "head",
        }
    }
}

/// Who gives a command, and with which post; parties outside have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// Who.
    pub actor: Actor,
    /// The person's post.
    pub post: Option<Post>,
}

impl Who {
    /// The system itself.
    pub const SYSTEM: Self = Self { actor: Actor::System, post: None };

    /// A person with a post.
    pub fn person(id: &str, post: Post) -> Self {
        Self { actor: Actor::Person(id.to_owned()), post: Some(post) }
    }

    /// A party outside.
    pub fn party(actor: Actor) -> Self {
        Self { actor, post: None }
    }

    /// Whether the post is at least this one; the system may do what the policy says.
    pub fn is_at_least(&self, post: Post) -> bool {
        self.actor == Actor::System || self.post.is_some_and(|own| own >= post)
    }
}

/// The text names nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" names nobody; an actor is system, anonymous, person:ID, institution:ID or partner:ID")]
pub struct NoActor(String);

impl Actor {
    /// The person's identifier, if it is a person.
    pub fn person(&self) -> Option<&str> {
        match self {
            Self::Person(id) => Some(id),
            _ => None,
        }
    }

    /// Whether two are the same person, however the identifier is written: what needs four eyes
    /// is not approved by who proposed it.
    pub fn is_same_person(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Person(one), Self::Person(other)) => plain(one) == plain(other),
            _ => self == other,
        }
    }
}

/// An identifier without what does not tell people apart: spaces, case, full width.
fn plain(id: &str) -> String {
    let narrow = |letter: char| match u32::from(letter) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(letter),
        _ => letter,
    };
    let letters = id.chars().map(narrow).filter(|letter| !letter.is_whitespace() && !letter.is_control());
    letters.flat_map(char::to_lowercase).collect()
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Institution(id) => write!(f, "institution:{id}"),
            Self::Partner(id) => write!(f, "partner:{id}"),
            Self::Anonymous => f.write_str("anonymous"),
        }
    }
}

impl FromStr for Actor {
    type Err = NoActor;

    fn from_str(text: &str) -> Result<Self, NoActor> {
        match text.split_once(':') {
            None if text == "system" => Ok(Self::System),
            None if text == "anonymous" => Ok(Self::Anonymous),
            Some((_, "")) => Err(NoActor(text.to_owned())),
            Some(("person", id)) => Ok(Self::Person(id.to_owned())),
            Some(("institution", id)) => Ok(Self::Institution(id.to_owned())),
            Some(("partner", id)) => Ok(Self::Partner(id.to_owned())),
            _ => Err(NoActor(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Actor {
    type Error = NoActor;

    fn try_from(text: String) -> Result<Self, NoActor> {
        text.parse()
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_written_and_read_again() {
        for text in ["system", "anonymous", "person:li.na", "institution:91", "partner:bank-1"] {
            assert_eq!(text.parse::<Actor>().map(|actor| actor.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "person:", "somebody", "robot:1"] {
            assert!(text.parse::<Actor>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_person_is_not_two_by_writing_the_name_otherwise() {
        let person = |id: &str| Actor::Person(id.to_owned());
        assert!(person("Li.Na").is_same_person(&person(" ｌｉ.na")));
        assert!(!person("li.na").is_same_person(&person("li.ming")));
        assert!(!person("li.na").is_same_person(&Actor::Partner("li.na".to_owned())));
    }
}
