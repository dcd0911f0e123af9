//! Rules compiled into the layout of the state that they share.
//!
//! All rules of a stream that group by the same columns share one entry per group and day. An
//! entry is a row of words: what [`super::entries`] keeps of it, four bits per rule for the verdict
//! raised last, and the slots of the measures, each measure once however many rules look at it.

use std::collections::HashMap;

use arrow_schema::DataType;
use model::spec::{FieldKind, StreamSpec};
use query::Number;
use rulebook::{Effective, Measure, Rule, Window};

use super::RulesError;
use super::bands::{Bound, NEVER, PlannedBand, Stays, stays};
use super::keys::is_key;
use super::layout::Slot;
use super::prepared::{Wants, is_number};

/// Measures that fit one entry: a bit each in the log of positions.
const OPS_MAX: usize = 32;
/// Conditions that fit one entry: what their outcomes ask of a record is looked up in a table of
/// all combinations.
pub(super) const WHENS_MAX: usize = 12;
/// Rules that fit one entry: a bit each in the set of those to evaluate.
const RULES_MAX: usize = 64;

/// How a measure takes a record in; the number says where the prepared batch has its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpKind {
    Count,
    Sum(usize),
    Min(usize),
    Max(usize),
    Distinct(usize),
    /// The last record's; `None` before there is one.
    Last(usize),
}

/// The slot of a sliding window.
#[derive(Clone, Copy, Debug)]
pub(super) struct WindowSlot {
    pub(super) reach: i32,
    pub(super) slot: Slot,
}

/// One measure over the records of one condition.
#[derive(Clone, Debug)]
pub(super) struct Op {
    pub(super) kind: OpKind,
    /// The slot of the day itself.
    pub(super) slot: Slot,
    pub(super) windows: Vec<WindowSlot>,
    pub(super) rules: Vec<usize>,
    /// Its bit in the log.
    pub(super) bit: u32,
}

impl Op {
    /// The slot of the day itself, and those of the days after it.
    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> {
        std::iter::once(self.slot).chain(self.windows.iter().map(|window| window.slot))
    }
}

/// One condition and what is measured of the records that meet it; the first measure is always
/// their number.
#[derive(Clone, Debug)]
pub(super) struct When {
    /// The condition's place in the prepared batch.
    pub(super) condition: usize,
    pub(super) ops: Vec<Op>,
}

/// A rule, compiled.
#[derive(Clone, Debug)]
pub(super) struct PlannedRule {
    /// Its place in the list of rules.
    pub(super) order: usize,
    pub(super) id: String,
    pub(super) hash: String,
    pub(super) when: usize,
    pub(super) op: usize,
    pub(super) window: Window,
    pub(super) kind: OpKind,
    /// The slot of its window.
    pub(super) slot: Slot,
    /// Decimals of the value.
    pub(super) scale: u32,
    /// Whether values are amounts of money, shown with two decimals.
    pub(super) is_money: bool,
    /// The worst first.
    pub(super) bands: Vec<PlannedBand>,
    /// With which values the verdict raised last stays, as long as all records are determined.
    pub(super) stays: Stays,
    pub(super) effective: Effective,
}

/// The rules that share entries.
#[derive(Clone, Debug)]
pub(super) struct KeysetPlan {
    /// The key's place in the prepared batch.
    pub(super) key: usize,
    /// The fields grouped by.
    pub(super) fields: Vec<usize>,
    pub(super) across_institutions: bool,
    pub(super) whens: Vec<When>,
    pub(super) rules: Vec<PlannedRule>,
    /// Words of an entry.
    pub(super) stride: usize,
    /// An entry without records.
    pub(super) empty: Vec<i64>,
    /// The first lines of an entry, as far as windows of later days are joined from them.
    pub(super) joined_lines: usize,
    /// The longest way from a record's day to the last day of a window that it is in.
    pub(super) reach: i32,
    /// Conditions of rules that measure growth; a bit each.
    pub(super) growing: u16,
}

/// How many days before its last day a window begins.
pub(super) fn reach(window: Window) -> i32 {
    i32::try_from(window.days_back()).unwrap_or(i32::MAX)
}

/// All rules of a stream.
pub(super) struct StreamPlan {
    pub(super) stream: &'static StreamSpec,
    pub(super) wants: Wants,
    pub(super) keysets: Vec<KeysetPlan>,
}

impl StreamPlan {
    pub(super) fn new(stream: &'static StreamSpec, rules: &[(usize, &Rule)]) -> Result<Self, RulesError> {
        let mut plan = Self { stream, wants: Wants::default(), keysets: Vec::new() };
        let mut conditions: HashMap<Option<&str>, usize> = HashMap::new();
        for (order, rule) in rules {
            let condition = *conditions
                .entry(rule.when.as_ref().map(|when| when.sql()))
                .or_insert_with(|| plan.wants.conditions.push(rule.when.as_ref()));
            let fields = group_fields(rule)?;
            let key = place(&mut plan.wants.groups, fields.clone());
            let (kind, scale, is_money) = plan.op_kind(rule)?;
            let keyset = plan.keyset(key, fields, rule.across_institutions);
            keyset.add(*order, rule, condition, kind, scale, is_money);
        }
        let always = conditions.get(&None).copied();
        plan.keysets.iter_mut().for_each(|keyset| keyset.lay_out(always));
        Ok(plan)
    }

    /// The keyset for a key that still has room.
    fn keyset(&mut self, key: usize, fields: Vec<usize>, across_institutions: bool) -> &mut KeysetPlan {
        let found = self.keysets.iter().position(|keyset| {
            let ops: usize = keyset.whens.iter().map(|when| when.ops.len()).sum();
            keyset.key == key
                && keyset.across_institutions == across_institutions
                && ops + 2 <= OPS_MAX
                && keyset.whens.len() < WHENS_MAX
                && keyset.rules.len() < RULES_MAX
        });
        let index = found.unwrap_or(self.keysets.len());
        if found.is_none() {
            self.keysets.push(KeysetPlan {
                key,
                fields,
                across_institutions,
                whens: Vec::new(),
                rules: Vec::new(),
                stride: 0,
                joined_lines: 1,
                reach: 0,
                growing: 0,
                empty: Vec::new(),
            });
        }
        &mut self.keysets[index]
    }

    /// How a rule's measure works, the decimals of its values, and whether they are money.
    fn op_kind(&mut self, rule: &Rule) -> Result<(OpKind, u32, bool), RulesError> {
        let Some(name) = rule.measure.column() else { return Ok((OpKind::Count, 0, false)) };
        let field = field_index(rule, name)?;
        let kind = self.stream.fields[field].kind;
        let data_type = model::arrow::data_type(kind);
        if let Measure::CountDistinct(_) = rule.measure {
            if !is_key(&data_type) {
                return Err(rule_error(rule, format!("the column \"{name}\" has no values to tell apart")));
            }
            return Ok((OpKind::Distinct(place(&mut self.wants.distinct, field)), 0, false));
        }
        if !is_number(&data_type) {
            return Err(rule_error(rule, format!("the column \"{name}\" holds no numbers")));
        }
        let index = place(&mut self.wants.numbers, field);
        let is_money = matches!(kind, FieldKind::Money { .. });
        let scale = match data_type {
            DataType::Decimal128(_, scale) => u32::from(scale.unsigned_abs()),
            _ => 0,
        };
        Ok(match rule.measure {
            Measure::Sum(_) => (OpKind::Sum(index), scale, is_money),
            Measure::Min(_) => (OpKind::Min(index), scale, is_money),
            Measure::Max(_) => (OpKind::Max(index), scale, is_money),
            // A growth is a percentage, in millionths.
            _ => (OpKind::Last(index), Number::DECIMALS, false),
        })
    }
}

fn rule_error(rule: &Rule, what: String) -> RulesError {
    RulesError::Rule { rule: rule.meta.id.clone(), what }
}

fn field_index(rule: &Rule, name: &str) -> Result<usize, RulesError> {
    let unknown = || rule_error(rule, format!("\"{}\" has no column \"{name}\"", rule.stream.name));
    rule.stream.field_index(name).ok_or_else(unknown)
}

fn group_fields(rule: &Rule) -> Result<Vec<usize>, RulesError> {
    let field = |name: &String| {
        let field = field_index(rule, name)?;
        match is_key(&model::arrow::data_type(rule.stream.fields[field].kind)) {
            true => Ok(field),
            false => Err(rule_error(rule, format!("one cannot group by the column \"{name}\""))),
        }
    };
    rule.group_by.iter().map(field).collect()
}

/// The place of an item in a list, which it joins when it is not there.
fn place<T: PartialEq>(items: &mut Vec<T>, item: T) -> usize {
    items.iter().position(|known| *known == item).unwrap_or_else(|| {
        items.push(item);
        items.len() - 1
    })
}

impl KeysetPlan {
    fn add(&mut self, order: usize, rule: &Rule, condition: usize, kind: OpKind, scale: u32, is_money: bool) {
        let when = self.whens.iter().position(|when| when.condition == condition).unwrap_or_else(|| {
            let count = Op {
                kind: OpKind::Count,
                slot: Slot::default(),
                windows: Vec::new(),
                rules: Vec::new(),
                bit: 0,
            };
            self.whens.push(When { condition, ops: vec![count] });
            self.whens.len() - 1
        });
        let ops = &mut self.whens[when].ops;
        let op = ops.iter().position(|op| op.kind == kind).unwrap_or_else(|| {
            ops.push(Op { kind, slot: Slot::default(), windows: Vec::new(), rules: Vec::new(), bit: 0 });
            ops.len() - 1
        });
        let reach = reach(rule.window);
        if let Window::SlidingDays(_) = rule.window
            && reach > 0
            && ops[op].windows.iter().all(|window| window.reach != reach)
        {
            ops[op].windows.push(WindowSlot { reach, slot: Slot::default() });
        }
        ops[op].rules.push(self.rules.len());
        self.reach = self.reach.max(reach);
        let mut bands: Vec<PlannedBand> = rule
            .bands
            .iter()
            .map(|band| PlannedBand {
                bound: Bound::new(&band.comparison, scale),
                grade: band.grade,
                is_certain: rule.is_certain(band),
                text: format!("{} {}", rule.measure, band.comparison),
            })
            .collect();
        bands.sort_by_key(|band| std::cmp::Reverse(band.grade));
        self.rules.push(PlannedRule {
            order,
            id: rule.meta.id.clone(),
            hash: rule.meta.hash.to_string(),
            when,
            op,
            window: rule.window,
            kind,
            slot: Slot::default(),
            scale,
            is_money,
            // A growth is compared with another entry.
            stays: if let OpKind::Last(_) = kind { NEVER } else { stays(&bands) },
            bands,
            effective: rule.meta.effective,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_become_bounds_in_the_unit_of_the_measure() {
        use Bound::{AtLeast as Up, AtMost as Down};
        let table = [
            // a count of 50 is not above 50
            ("count()", "> 50", Up(51)),
            ("count()", ">= 50", Up(50)),
            ("count()", "< 50", Down(49)),
            ("count()", "<= 50", Down(50)),
            // between two whole numbers
            ("count()", "> 2.5", Up(3)),
            ("count()", ">= 2.5", Up(3)),
            ("count()", "< 2.5", Down(2)),
            // yuan against fen
            ("sum(amount)", "> 50000", Up(5_000_001)),
            ("sum(amount)", "<= 0.1", Down(10)),
            ("max(amount)", ">= 0.015", Up(2)),
        ];
        for (measure, band, bound) in table {
            let book = crate::testing::rulebook(&[crate::testing::RuleText {
                measure,
                bands: &format!("{{orange: \"{band}\"}}"),
                ..Default::default()
            }]);
            let rule = &book.rules()[0];
            let plan = StreamPlan::new(rule.stream, &[(0, rule)]).unwrap();
            assert_eq!(plan.keysets[0].rules[0].bands[0].bound, bound, "{measure} {band}");
        }
    }
}
