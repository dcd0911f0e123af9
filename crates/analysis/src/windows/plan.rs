//! Rules compiled into the layout of the state that they share.
//!
//! All rules of a stream that group by the same columns share one entry per group and day. An
//! entry is a row of words: a header, four bits per rule for the verdict raised last, and the
//! slots of the measures, each measure once however many rules look at it.

use std::collections::HashMap;

use arrow_schema::DataType;
use model::event::Grade;
use model::spec::{FieldKind, StreamSpec};
use query::Number;
use rulebook::{Comparison, Effective, Measure, Rule, Window};

use super::RulesError;
use super::prepared::{Wants, is_key, is_number};

/// Measures that fit one entry: a bit each in the log of positions.
const OPS_MAX: usize = 32;
/// Rules that fit one entry: a bit each in the set of those to evaluate.
const RULES_MAX: usize = 64;
/// Words of an entry before the verdicts.
pub(super) const HEADER_WORDS: usize = 2;
/// Verdicts held by a word.
const VERDICTS_PER_WORD: usize = 16;

/// How a measure takes a record in; the number says where the prepared batch has its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpKind {
    Count,
    Sum(usize),
    Min(usize),
    Max(usize),
    /// Two words: the tally, the number of different values.
    Distinct(usize),
    /// Two words: position + 1 of the last record (negative when its value is not determined),
    /// its value.
    Last(usize),
}

impl OpKind {
    fn words(self) -> usize {
        match self {
            Self::Distinct(_) | Self::Last(_) => 2,
            _ => 1,
        }
    }

    /// What an empty slot holds.
    pub(super) fn empty(self) -> i64 {
        match self {
            Self::Min(_) => i64::MAX,
            Self::Max(_) => i64::MIN,
            _ => 0,
        }
    }
}

/// The slot of a sliding window.
#[derive(Clone, Copy, Debug)]
pub(super) struct WindowSlot {
    pub(super) reach: i32,
    pub(super) slot: usize,
}

/// One measure over the records of one condition.
#[derive(Clone, Debug)]
pub(super) struct Op {
    pub(super) kind: OpKind,
    /// The slot of the day itself.
    pub(super) slot: usize,
    pub(super) windows: Vec<WindowSlot>,
    pub(super) rules: Vec<usize>,
    /// Its bit in the log.
    pub(super) bit: u32,
}

/// One condition and what is measured of the records that meet it; the first measure is always
/// their number.
#[derive(Clone, Debug)]
pub(super) struct When {
    /// The condition's place in the prepared batch.
    pub(super) condition: usize,
    pub(super) ops: Vec<Op>,
}

/// A band as a bound on the measure's whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    AtLeast(i64),
    AtMost(i64),
}

impl Bound {
    /// The bound on `value · 10^-scale` that a comparison with a threshold sets.
    fn new(comparison: &Comparison, scale: u32) -> Self {
        let threshold = comparison.threshold();
        let unit = 10i128.pow(Number::DECIMALS.saturating_sub(scale));
        let floor = threshold.0.div_euclid(unit);
        let ceiling = -(-threshold.0).div_euclid(unit);
        let narrow = |value: i128| value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
        match (comparison.is_upward(), comparison.holds(threshold)) {
            (true, false) => Self::AtLeast(narrow(floor + 1)),
            (true, true) => Self::AtLeast(narrow(ceiling)),
            (false, false) => Self::AtMost(narrow(ceiling - 1)),
            (false, true) => Self::AtMost(narrow(floor)),
        }
    }

    pub(super) fn holds(self, value: i64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

/// A band, compiled.
#[derive(Clone, Debug)]
pub(super) struct PlannedBand {
    pub(super) bound: Bound,
    pub(super) grade: Grade,
    /// Whether it stays reached however many records follow.
    pub(super) is_certain: bool,
    pub(super) text: String,
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
    /// The word that holds the value of its window.
    pub(super) value_slot: usize,
    /// Decimals of the value.
    pub(super) scale: u32,
    /// Whether values are amounts of money, shown with two decimals.
    pub(super) is_money: bool,
    /// The worst first.
    pub(super) bands: Vec<PlannedBand>,
    /// A value below this reaches no band.
    pub(super) low: i64,
    /// The word of the verdict raised last, and its place in it.
    pub(super) verdict_word: usize,
    pub(super) verdict_shift: u32,
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
    /// The longest way from a record's day to the last day of a window that it is in.
    pub(super) reach: i32,
    /// Conditions of rules that measure growth; a bit each.
    pub(super) growing: u32,
    /// An entry without records, header left out.
    pub(super) empty: Vec<i64>,
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
            let condition =
                *conditions.entry(rule.when.as_ref().map(|when| when.sql())).or_insert_with(|| {
                    plan.wants.conditions.push(rule.when.clone());
                    plan.wants.conditions.len() - 1
                });
            let fields = group_fields(rule)?;
            let key = place(&mut plan.wants.groups, fields.clone());
            let (kind, scale, is_money) = plan.op_kind(rule)?;
            let keyset = plan.keyset(key, fields, rule.across_institutions);
            keyset.add(*order, rule, condition, kind, scale, is_money);
        }
        for keyset in &mut plan.keysets {
            keyset.lay_out();
        }
        Ok(plan)
    }

    /// The keyset for a key that still has room.
    fn keyset(&mut self, key: usize, fields: Vec<usize>, across_institutions: bool) -> &mut KeysetPlan {
        let found = self.keysets.iter().position(|keyset| {
            let ops: usize = keyset.whens.iter().map(|when| when.ops.len()).sum();
            keyset.key == key
                && keyset.across_institutions == across_institutions
                && ops + 2 <= OPS_MAX
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
            let count = Op { kind: OpKind::Count, slot: 0, windows: Vec::new(), rules: Vec::new(), bit: 0 };
            self.whens.push(When { condition, ops: vec![count] });
            self.whens.len() - 1
        });
        let ops = &mut self.whens[when].ops;
        let op = ops.iter().position(|op| op.kind == kind).unwrap_or_else(|| {
            ops.push(Op { kind, slot: 0, windows: Vec::new(), rules: Vec::new(), bit: 0 });
            ops.len() - 1
        });
        let reach = reach(rule.window);
        if let Window::SlidingDays(_) = rule.window
            && reach > 0
            && ops[op].windows.iter().all(|window| window.reach != reach)
        {
            ops[op].windows.push(WindowSlot { reach, slot: 0 });
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
        let low = bands.iter().map(|band| match band.bound {
            Bound::AtLeast(bound) if !matches!(kind, OpKind::Last(_)) => bound,
            _ => i64::MIN,
        });
        self.rules.push(PlannedRule {
            order,
            id: rule.meta.id.clone(),
            hash: rule.meta.hash.to_string(),
            when,
            op,
            window: rule.window,
            value_slot: 0,
            scale,
            is_money,
            low: low.min().unwrap_or(i64::MAX),
            bands,
            verdict_word: 0,
            verdict_shift: 0,
            effective: rule.meta.effective,
        });
    }

    /// Gives every measure and verdict its place.
    fn lay_out(&mut self) {
        let verdict_words = self.rules.len().div_ceil(VERDICTS_PER_WORD);
        let mut next = HEADER_WORDS + verdict_words;
        self.empty = vec![0; verdict_words];
        for (bit, op) in self.whens.iter_mut().flat_map(|when| &mut when.ops).enumerate() {
            op.bit = bit as u32;
            let mut take = |kind: OpKind| {
                let slot = next;
                next += kind.words();
                self.empty.resize(next - HEADER_WORDS, kind.empty());
                slot
            };
            op.slot = take(op.kind);
            for window in &mut op.windows {
                window.slot = take(op.kind);
            }
        }
        self.stride = next;
        for (index, when) in self.whens.iter().enumerate() {
            let grows = when.ops.iter().any(|op| matches!(op.kind, OpKind::Last(_)));
            self.growing |= u32::from(grows) << index;
        }
        for (index, rule) in self.rules.iter_mut().enumerate() {
            let op = &self.whens[rule.when].ops[rule.op];
            let slot = match rule.window {
                Window::SlidingDays(_) => {
                    let reach = reach(rule.window);
                    op.windows
                        .iter()
                        .find(|window| window.reach == reach)
                        .map_or(op.slot, |window| window.slot)
                }
                _ => op.slot,
            };
            rule.value_slot = slot + op.kind.words() - 1;
            rule.verdict_word = HEADER_WORDS + index / VERDICTS_PER_WORD;
            rule.verdict_shift = (index % VERDICTS_PER_WORD) as u32 * 4;
        }
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
