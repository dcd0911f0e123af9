//! 责任分工: who is responsible for whom, in what order people are told, how they are reached.

use std::collections::{BTreeMap, BTreeSet};

use model::text::Text;
use serde::Deserialize;

use crate::actor::{Actor, Post, Who};

/// The roster of a supervisor's house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    raw: Raw,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    authority: Text,
    document_mark: String,
    #[serde(default)]
    site: String,
    bureaus: Vec<Bureau>,
    people: Vec<Person>,
    #[serde(default)]
    partners: Vec<Partner>,
    #[serde(default)]
    contacts: BTreeMap<String, Vec<String>>,
}

/// A part of the house, with the institutions that it looks after.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bureau {
    /// Identifier.
    pub id: String,
    /// Name.
    pub name: Text,
    /// Who is told first, next and last.
    pub chain: Vec<String>,
    /// Whom it looks after; without it, all that no other bureau names.
    #[serde(default)]
    pub takes: Option<Takes>,
    /// Whether a letter leaves only when two people saw it.
    #[serde(default)]
    pub four_eyes_letters: bool,
}

/// Whom a bureau looks after.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Takes {
    /// Institutions of these lines of business.
    #[serde(default)]
    pub lines: BTreeSet<String>,
    /// These institutions, whatever their line.
    #[serde(default)]
    pub institutions: BTreeSet<String>,
}

/// Somebody who works for the supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Identifier.
    pub id: String,
    /// Name, as letters and lists show it.
    pub name: Text,
    /// What the person may do.
    pub post: Post,
    /// How the person is reached.
    #[serde(default)]
    pub reach: Vec<Reach>,
}

/// An agency outside: custody bank, police, telecom authority, app store, association and so on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partner {
    /// Identifier.
    pub id: String,
    /// What it is: an addressee of the library of measures, such as `custody-bank`.
    pub kind: String,
    /// Name.
    pub name: Text,
    /// The institutions that it serves; without it, all.
    #[serde(default)]
    pub serves: Option<BTreeSet<String>>,
    /// How it is reached; without it, it fetches its orders by its key.
    #[serde(default)]
    pub reach: Vec<Reach>,
}

/// What a channel is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// To a phone or a group at once: push, SMS, bots.
    Push,
    /// By mail, where letters go.
    Mail,
    /// To another system.
    Hook,
}

/// One way to reach somebody.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// What it is good for.
    #[serde(rename = "for")]
    pub purpose: Channel,
    /// The operator's channel, by its name in the file of channels.
    pub channel: String,
    /// Whom it addresses there: a topic, a number, a mail address; nothing where the channel itself
    /// says it.
    #[serde(default)]
    pub to: String,
}

/// What is known of an institution when something is decided about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Its registered name.
    pub name: Option<String>,
    /// Its lines of business.
    pub lines: BTreeSet<String>,
    /// The mail addresses of its executives.
    pub mail: Vec<String>,
}

/// What is known of institutions, by identifier.
pub type Directory = BTreeMap<String, Profile>;

impl Roster {
    /// Reads a roster; the message says what is wrong with it.
    ///
    /// # Errors
    /// It is not written as it should be, or names somebody whom it does not know.
    pub fn read(text: &str) -> Result<Self, String> {
        let raw: Raw = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let roster = Self { raw, text: text.to_owned() };
        roster.check()?;
        Ok(roster)
    }

    fn check(&self) -> Result<(), String> {
        let mut known = BTreeSet::new();
        for person in &self.raw.people {
            if !known.insert(person.id.as_str()) {
                return Err(format!("the person \"{}\" stands twice", person.id));
            }
        }
        let mut ids = BTreeSet::new();
        for bureau in &self.raw.bureaus {
            if !ids.insert(bureau.id.as_str()) {
                return Err(format!("the bureau \"{}\" stands twice", bureau.id));
            }
            if bureau.chain.is_empty() {
                return Err(format!("the bureau \"{}\" has nobody in its chain", bureau.id));
            }
            if let Some(unknown) = bureau.chain.iter().find(|id| !known.contains(id.as_str())) {
                return Err(format!(
                    "the chain of \"{}\" names \"{unknown}\", who is not among the people",
                    bureau.id
                ));
            }
        }
        let mut partners = BTreeSet::new();
        for partner in &self.raw.partners {
            if !partners.insert(partner.id.as_str()) {
                return Err(format!("the partner \"{}\" stands twice", partner.id));
            }
        }
        match self.raw.bureaus.iter().filter(|bureau| bureau.takes.is_none()).count() {
            1 => Ok(()),
            0 => Err("no bureau takes those that no other names: leave `takes` out at one".to_owned()),
            _ => Err("more than one bureau takes those that no other names".to_owned()),
        }
    }

    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The authority that signs letters.
    pub fn authority(&self) -> &Text {
        &self.raw.authority
    }

    /// The address under which people look things up and check proofs, such as
    /// `https://supervisor.example`; empty where there is none.
    pub fn site(&self) -> &str {
        self.raw.site.trim_end_matches('/')
    }

    /// 发文机关代字: with what a letter's number begins.
    pub fn document_mark(&self) -> &str {
        &self.raw.document_mark
    }

    /// The bureaus.
    pub fn bureaus(&self) -> &[Bureau] {
        &self.raw.bureaus
    }

    /// The bureau of an institution: the one that names it, else its line, else the rest.
    pub fn bureau_of(&self, institution: &str, lines: &BTreeSet<String>) -> Option<&Bureau> {
        let takes = |wanted: &dyn Fn(&Takes) -> bool| {
            self.raw.bureaus.iter().find(|bureau| bureau.takes.as_ref().is_some_and(wanted))
        };
        takes(&|takes| takes.institutions.contains(institution))
            .or_else(|| takes(&|takes| !takes.lines.is_disjoint(lines)))
            .or_else(|| self.raw.bureaus.iter().find(|bureau| bureau.takes.is_none()))
    }

    /// A bureau by its identifier.
    pub fn bureau(&self, id: &str) -> Option<&Bureau> {
        self.raw.bureaus.iter().find(|bureau| bureau.id == id)
    }

    /// A person by the identifier.
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.raw.people.iter().find(|person| person.id == id)
    }

    /// The people.
    pub fn people(&self) -> &[Person] {
        &self.raw.people
    }

    /// The partners.
    pub fn partners(&self) -> &[Partner] {
        &self.raw.partners
    }

    /// A partner by its identifier.
    pub fn partner(&self, id: &str) -> Option<&Partner> {
        self.raw.partners.iter().find(|partner| partner.id == id)
    }

    /// The partners of a kind that serve an institution: those that name it, else those that serve all.
    pub fn partners_for(&self, kind: &str, institution: &str) -> Vec<&Partner> {
        let of_kind = || self.raw.partners.iter().filter(|partner| partner.kind == kind);
        let named: Vec<_> = of_kind()
            .filter(|partner| partner.serves.as_ref().is_some_and(|serves| serves.contains(institution)))
            .collect();
        match named.is_empty() {
            true => of_kind().filter(|partner| partner.serves.is_none()).collect(),
            false => named,
        }
    }

    /// The mail addresses of an institution's executives that the house itself keeps.
    pub fn contacts(&self, institution: &str) -> &[String] {
        self.raw.contacts.get(institution).map_or(&[], Vec::as_slice)
    }

    /// The post of whoever gives a command; nobody who is not on the roster has one.
    pub fn who(&self, actor: Actor) -> Who {
        let post = actor.person().and_then(|id| self.person(id)).map(|person| person.post);
        Who { actor, post }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUSE: &str = "\
authority: {zh: 局, en: Bureau}
document_mark: 见微
bureaus:
  - {id: p2p, name: {zh: 网贷处, en: P2P}, chain: [a, b], takes: {lines: [p2p], institutions: [bank-9]}}
  - {id: rest, name: {zh: 综合处, en: Rest}, chain: [b]}
people:
  - {id: a, name: {zh: 甲, en: A}, post: officer, reach: [{for: push, channel: phone, to: topic-a}]}
  - {id: b, name: {zh: 乙, en: B}, post: head}
partners:
  - {id: bank-1, kind: custody-bank, name: {zh: 一行, en: One}, serves: [x]}
  - {id: bank-2, kind: custody-bank, name: {zh: 二行, en: Two}}
";

    #[test]
    fn everybody_has_a_bureau() {
        let roster = Roster::read(HOUSE).unwrap();
        let bureau = |institution: &str, lines: &[&str]| {
            let lines = lines.iter().map(|line| (*line).to_owned()).collect();
            roster.bureau_of(institution, &lines).map(|bureau| bureau.id.clone())
        };
        assert_eq!(bureau("x", &["p2p"]).as_deref(), Some("p2p"));
        assert_eq!(bureau("bank-9", &["custody"]).as_deref(), Some("p2p"));
        assert_eq!(bureau("y", &[]).as_deref(), Some("rest"));
        let banks = |institution| roster.partners_for("custody-bank", institution)[0].id.clone();
        assert_eq!((banks("x"), banks("y")), ("bank-1".to_owned(), "bank-2".to_owned()));
    }

    #[test]
    fn a_roster_that_leaves_somebody_out_is_refused() {
        for (from, to, says) in [
            ("chain: [b]", "chain: []", "nobody in its chain"),
            ("chain: [b]", "chain: [c]", "\"c\""),
            ("chain: [b]", "chain: [b], takes: {lines: [fund]}", "no bureau"),
            ("id: b, name: {zh: 乙", "id: a, name: {zh: 乙", "stands twice"),
            ("post: head", "post: boss", "boss"),
        ] {
            let fault = Roster::read(&HOUSE.replacen(from, to, 1)).unwrap_err();
            assert!(fault.contains(says), "{says}: {fault}");
        }
    }
}
