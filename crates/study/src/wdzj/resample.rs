//! How far the figures would move with other platforms: drawing them anew, dividing them.

use query::Number;

use super::report::{Area, Areas, FoldAreas};
use super::score::Score;
use crate::auc::{auc, deviation, mean, quantile};
use crate::rng::Rng;

/// The ways to order platforms, in the order of [`Areas`].
const ORDERS: usize = 4;
const POINTS_THEN_RATIO: usize = 1;
const RATIO: usize = 3;

/// A score with what became of the platform.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    pub(super) score: &'a Score,
    pub(super) points: Number,
    pub(super) failed: bool,
}

/// The scores of one month whose outcome is known.
#[derive(Clone, Debug)]
pub(super) struct KnownMonth<'a> {
    pub(super) name: String,
    pub(super) marked: bool,
    pub(super) known: Vec<Known<'a>>,
}

type FourAreas = [Option<f64>; ORDERS];

/// The areas of a month when each platform counts as often as `weights` says.
fn four_areas(month: &KnownMonth<'_>, weights: &[u32]) -> FourAreas {
    let weigh = |known: &Known<'_>| weights.get(known.score.platform).copied().unwrap_or_default();
    let area = |order: &dyn Fn(&Known<'_>) -> (Number, Number)| {
        let scored: Vec<_> =
            month.known.iter().map(|known| (order(known), known.failed, weigh(known))).collect();
        auc(&scored)
    };
    let nothing = Number::default();
    let grade = |known: &Known<'_>| Number::from_integer(known.score.grade.map_or(0, |grade| grade as i64));
    [
        area(&|known| (known.points, nothing)),
        area(&|known| (known.points, known.score.lenders_per_borrower)),
        area(&|known| (grade(known), nothing)),
        area(&|known| (known.score.lenders_per_borrower, nothing)),
    ]
}

/// The mean of each area over the months; absent when it is absent in one of them.
fn mean_areas(months: &[FourAreas]) -> FourAreas {
    std::array::from_fn(|order| {
        let values: Option<Vec<f64>> =
            months.iter().map(|areas| areas.get(order).copied().flatten()).collect();
        values.and_then(|values| mean(&values))
    })
}

fn gain(areas: &FourAreas) -> Option<f64> {
    let [_, points_then_ratio, _, ratio] = areas;
    Some((*points_then_ratio)? - (*ratio)?)
}

/// The area of the points of one component, or of all others.
pub(super) fn component_area(months: &[KnownMonth<'_>], component: usize, others: bool) -> Option<f64> {
    let areas: Option<Vec<f64>> = months
        .iter()
        .filter(|month| month.marked)
        .map(|month| {
            let scored: Vec<_> = month
                .known
                .iter()
                .map(|known| {
                    let own = known.score.components.get(component).copied().unwrap_or_default();
                    let value = if others { Number(known.points.0 - own.0) } else { own };
                    (value, known.failed, 1)
                })
                .collect();
            auc(&scored)
        })
        .collect();
    areas.and_then(|areas| mean(&areas))
}

/// The areas of each month and of the marked months together, with intervals by drawing
/// platforms, each with all its months, as many as there are, with putting back.
pub(super) fn areas_with_intervals(
    months: &[KnownMonth<'_>],
    members: &[usize],
    platforms: usize,
    draws: u32,
    rng: &mut Rng,
) -> (Vec<Areas>, Areas) {
    let marked = |all: &[FourAreas]| -> Vec<FourAreas> {
        months.iter().zip(all).filter(|(month, _)| month.marked).map(|(_, areas)| *areas).collect()
    };
    let once = vec![1; platforms];
    let mut actual: Vec<FourAreas> = months.iter().map(|month| four_areas(month, &once)).collect();
    actual.push(mean_areas(&marked(&actual)));
    let mut drawn: Vec<Vec<FourAreas>> = vec![Vec::new(); actual.len()];
    let mut weights = vec![0u32; platforms];
    for _ in 0..draws {
        weights.fill(0);
        for _ in members {
            let member = members.get(rng.below(members.len())).copied().unwrap_or_default();
            if let Some(weight) = weights.get_mut(member) {
                *weight += 1;
            }
        }
        let mut areas: Vec<FourAreas> = months.iter().map(|month| four_areas(month, &weights)).collect();
        areas.push(mean_areas(&marked(&areas)));
        for (drawn, areas) in drawn.iter_mut().zip(areas) {
            drawn.push(areas);
        }
    }
    let mut all: Vec<Areas> = actual.iter().zip(&drawn).map(|(actual, drawn)| areas(actual, drawn)).collect();
    let together = all.pop().unwrap_or_default();
    (all, together)
}

fn areas(actual: &FourAreas, drawn: &[FourAreas]) -> Areas {
    let area = |of: &dyn Fn(&FourAreas) -> Option<f64>| {
        let mut values: Vec<f64> = drawn.iter().filter_map(of).collect();
        Area { value: of(actual), low: quantile(&mut values, 0.025), high: quantile(&mut values, 0.975) }
    };
    let [points, points_then_ratio, grade, ratio] =
        std::array::from_fn(|order| area(&|areas: &FourAreas| areas.get(order).copied().flatten()));
    Areas {
        points,
        points_then_lenders_per_borrower: points_then_ratio,
        grade,
        lenders_per_borrower: ratio,
        gain: area(&gain),
    }
}

/// The spread of the areas over groups of platforms, each group with its share of failed ones.
pub(super) fn folds(
    months: &[KnownMonth<'_>],
    members: &[(usize, bool)],
    platforms: usize,
    (folds, repeats): (u32, u32),
    rng: &mut Rng,
) -> FoldAreas {
    let marked: Vec<&KnownMonth<'_>> = months.iter().filter(|month| month.marked).collect();
    let mut found: Vec<Vec<FourAreas>> = vec![Vec::new(); marked.len() + 1];
    for _ in 0..repeats {
        let mut group_of = vec![u32::MAX; platforms];
        for failed in [true, false] {
            let mut kind: Vec<usize> =
                members.iter().filter(|(_, other)| *other == failed).map(|(member, _)| *member).collect();
            rng.shuffle(&mut kind);
            for (member, group) in kind.into_iter().zip((0..folds.max(1)).cycle()) {
                if let Some(place) = group_of.get_mut(member) {
                    *place = group;
                }
            }
        }
        for group in 0..folds.max(1) {
            let weights: Vec<u32> = group_of.iter().map(|own| u32::from(*own == group)).collect();
            let mut areas: Vec<FourAreas> = marked.iter().map(|month| four_areas(month, &weights)).collect();
            areas.push(mean_areas(&areas));
            for (found, areas) in found.iter_mut().zip(areas) {
                found.push(areas);
            }
        }
    }
    let names = marked.iter().map(|month| month.name.clone()).chain(["mean".to_owned()]);
    let names: Vec<String> = names.collect();
    let spread = |order: usize| {
        let of = |areas: &FourAreas| areas.get(order).copied().flatten();
        let rows = names.iter().zip(&found).map(|(name, areas)| {
            let values: Vec<f64> = areas.iter().filter_map(of).collect();
            (name.clone(), mean(&values), deviation(&values))
        });
        rows.collect()
    };
    FoldAreas {
        folds,
        repeats,
        points_then_lenders_per_borrower: spread(POINTS_THEN_RATIO),
        lenders_per_borrower: spread(RATIO),
    }
}
