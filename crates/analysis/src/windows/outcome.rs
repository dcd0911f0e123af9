//! What came of applying records.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use model::event::Finding;
use model::time::Day;

use super::institutions::Institutions;
use super::plan::PlannedRule;

/// Windows that the batch engine must evaluate, because their state was dropped or a record was
/// taken back from it that it cannot forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recompute {
    /// The rule's place in the list of rules.
    pub rule: usize,
    /// The institution; `*` for a rule that looks across institutions.
    pub institution: String,
    /// The first of the days on which the windows end.
    pub first_day: Day,
    /// The last of them.
    pub last_day: Day,
    /// Position of the last record that is in one of them.
    pub at: u64,
}

struct Raised {
    order: usize,
    institution: u32,
    finding: Finding,
}

/// Findings and windows to recompute, as they come up.
#[derive(Default)]
pub(super) struct Outcome {
    raised: Vec<Raised>,
    recompute: BTreeMap<(usize, u32), (RangeInclusive<i32>, u64)>,
}

impl Outcome {
    pub(super) fn raise(&mut self, order: usize, institution: u32, finding: Finding) {
        self.raised.push(Raised { order, institution, finding });
    }

    pub(super) fn recompute(
        &mut self,
        rule: &PlannedRule,
        institution: u32,
        days: RangeInclusive<i32>,
        position: u64,
    ) {
        if days.is_empty() {
            return;
        }
        let known = self.recompute.entry((rule.order, institution)).or_insert((days.clone(), position));
        known.0 = *known.0.start().min(days.start())..=*known.0.end().max(days.end());
        known.1 = known.1.max(position);
    }

    /// The findings in the order in which they became true, those of one record in the order of
    /// the rules.
    pub(super) fn take_findings(&mut self, institutions: &Institutions) -> Vec<Finding> {
        let mut raised = std::mem::take(&mut self.raised);
        for item in &mut raised {
            item.finding.institution = institutions.name(item.institution).to_owned();
        }
        raised.sort_by(|left, right| {
            let key = |item: &Raised| (item.finding.at, item.order, item.finding.day);
            key(left).cmp(&key(right)).then_with(|| left.finding.group.cmp(&right.finding.group))
        });
        raised.into_iter().map(|item| item.finding).collect()
    }

    pub(super) fn take_recompute(&mut self, institutions: &Institutions) -> Vec<Recompute> {
        let recompute = std::mem::take(&mut self.recompute).into_iter();
        let mut windows: Vec<Recompute> = recompute
            .map(|((rule, institution), (days, at))| Recompute {
                rule,
                institution: institutions.name(institution).to_owned(),
                first_day: Day(*days.start()),
                last_day: Day(*days.end()),
                at,
            })
            .collect();
        windows.sort_by(|left, right| (left.rule, &left.institution).cmp(&(right.rule, &right.institution)));
        windows
    }
}
