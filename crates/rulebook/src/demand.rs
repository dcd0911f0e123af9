//! What the source demands, one by one, for each line of business: the list that tells whether the
//! rulebook is whole (requirement 1.1, 业务全覆盖).

use model::streams::LineOfBusiness;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::entry::{REQUIREMENTS, RawText, Text, check_text, words};
use crate::fault::RuleFault;
use crate::source::SourceFile;
use crate::yaml::{Reader, Word};

words! {
    /// What meets a demand.
    MetBy "means" {
        Entries "entries" "条目" "entries of the rulebook",
        Chain "chain" "层级" "the chain of the three tiers itself",
    }
}

/// A demand of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Its name, by which entries say that they meet it.
    pub id: String,
    /// The number of the requirement that it is part of.
    pub requirement: String,
    /// What is demanded.
    pub text: Text,
    /// The lines of business that it is for.
    pub lines: Vec<LineOfBusiness>,
    /// What meets it.
    pub met_by: MetBy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDemand {
    id: Word,
    requirement: Word,
    text: RawText,
    lines: Spanned<Vec<Word>>,
    met_by: Option<Word>,
}

/// Reads the list of demands.
pub(crate) fn parse(file: &SourceFile) -> Result<Vec<Demand>, Vec<RuleFault>> {
    let mut reader = Reader::whole(file);
    let Some(raw) = reader.read::<Vec<RawDemand>>() else { return Err(reader.faults) };
    let mut demands: Vec<Demand> = Vec::new();
    for raw in raw {
        if demands.iter().any(|known| known.id == raw.id.value) {
            reader.fault(&raw.id, format!("the demand \"{}\" stands twice", raw.id.value));
        }
        if let Some(demand) = check(&mut reader, raw) {
            demands.push(demand);
        }
    }
    if reader.faults.is_empty() { Ok(demands) } else { Err(reader.faults) }
}

fn check(reader: &mut Reader<'_>, raw: RawDemand) -> Option<Demand> {
    let known: Vec<_> = REQUIREMENTS.iter().map(|number| (*number, *number)).collect();
    let requirement = reader.one_of(&raw.requirement, "requirement", &known);
    let text = check_text(reader, &raw.text, "text");
    let all: Vec<_> = LineOfBusiness::ALL.iter().map(|line| (line.code(), *line)).collect();
    if raw.lines.value.is_empty() {
        reader.fault(&raw.lines, "a demand is for at least one line of business");
    }
    let lines: Option<Vec<LineOfBusiness>> =
        raw.lines.value.iter().map(|word| reader.one_of(word, "line of business", &all)).collect();
    let met_by = match &raw.met_by {
        Some(word) => MetBy::read(reader, word),
        None => Some(MetBy::Entries),
    };
    Some(Demand {
        id: raw.id.value,
        requirement: requirement?.to_owned(),
        text: text?,
        lines: lines?,
        met_by: met_by?,
    })
}
