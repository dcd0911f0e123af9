//! What a record does to its entry, worked out once for each set of conditions that records meet:
//! a list of steps to run through, instead of rules to go back to.

use super::layout::Slot;
use super::lines::LINE_WORDS;
use super::plan::{KeysetPlan, Op, OpKind};

/// One slot that takes the record in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) kind: OpKind,
    pub(super) slot: Slot,
    /// While nothing was raised and the slot lies between these, no rule that looks at it has
    /// anything to say.
    pub(super) least: i64,
    pub(super) greatest: i64,
    /// Whether it is the number of the day's records of a condition.
    pub(super) is_record_count: bool,
}

/// The steps for records that meet certain conditions, and all others not.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) steps: Vec<Step>,
    /// The rules that look at such a record.
    pub(super) rules: u64,
    /// The measures, by their bits.
    pub(super) ops: u32,
    /// The first lines of an entry, as far as steps touch them.
    pub(super) lines: usize,
}

/// Programs by the conditions met.
#[derive(Default)]
pub(super) struct Programs {
    /// For each set of conditions, its place among the programs that were made, plus one.
    places: Vec<u16>,
    programs: Vec<Program>,
}

impl Programs {
    pub(super) fn new(plan: &KeysetPlan) -> Self {
        Self { places: vec![0; 1 << plan.whens.len()], programs: Vec::new() }
    }

    /// Makes the program of a set of conditions, unless there is one.
    #[inline]
    pub(super) fn make(&mut self, plan: &KeysetPlan, yes: u16) -> &Program {
        if self.places[usize::from(yes)] == 0 {
            self.programs.push(Program::new(plan, yes));
            self.places[usize::from(yes)] = self.programs.len() as u16;
        }
        &self.programs[usize::from(self.places[usize::from(yes)]) - 1]
    }
}

/// The places of the bits that are set.
#[inline]
pub(super) fn bits(set: impl Into<u64>) -> impl Iterator<Item = usize> {
    let mut set = set.into();
    std::iter::from_fn(move || {
        let bit = set.trailing_zeros();
        set &= set.wrapping_sub(1);
        (bit < 64).then_some(bit as usize)
    })
}

/// The set of places: the inverse of [`bits`].
#[inline]
pub(super) fn set_of(places: impl IntoIterator<Item = usize>) -> u64 {
    places.into_iter().fold(0, |set, place| set | 1 << place)
}

impl Program {
    fn new(plan: &KeysetPlan, yes: u16) -> Self {
        let mut program = Self { steps: Vec::new(), rules: 0, ops: 0, lines: 1 };
        for when in bits(yes).map(|when| &plan.whens[when]) {
            for (index, op) in when.ops.iter().enumerate() {
                program.ops |= 1 << op.bit;
                program.rules |= set_of(op.rules.iter().copied());
                for (place, slot) in op.slots().enumerate() {
                    let step = Step::new(plan, op, slot, index == 0 && place == 0);
                    program.steps.push(step);
                    program.lines = program.lines.max(slot.word() / LINE_WORDS + 1);
                }
            }
        }
        program
    }
}

impl Step {
    fn new(plan: &KeysetPlan, op: &Op, slot: Slot, is_record_count: bool) -> Self {
        let rules = op.rules.iter().map(|rule| &plan.rules[*rule]).filter(|rule| rule.slot == slot);
        let quiet = rules.map(|rule| &rule.stays[0]);
        let (least, greatest) = quiet.fold((i64::MIN, i64::MAX), |(least, greatest), quiet| {
            (least.max(*quiet.start()), greatest.min(*quiet.end()))
        });
        Self { kind: op.kind, slot, least, greatest, is_record_count }
    }
}
