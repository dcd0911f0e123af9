//! How well a score tells those that failed from those that did not.

/// Area under the receiver operating characteristic: the chance that an institution that failed
/// has a higher score than one that did not, equal scores counted half. Each is given as its
/// score, whether it failed, and how often it counts. `None` when one of the two kinds is missing.
pub(crate) fn auc<S: PartialOrd + Copy>(scored: &[(S, bool, u32)]) -> Option<f64> {
    let mut sorted: Vec<(S, bool, u32)> =
        scored.iter().filter(|(_, _, weight)| *weight > 0).copied().collect();
    sorted.sort_by(|left, right| left.0.partial_cmp(&right.0).unwrap_or(std::cmp::Ordering::Equal));
    // All sums in whole halves, so that no order of adding matters.
    let (mut normals_below, mut halves, mut failed_all) = (0u64, 0u64, 0u64);
    let mut rest = sorted.as_slice();
    while let Some((first, _, _)) = rest.first() {
        let count = rest.iter().take_while(|(score, _, _)| score == first).count().max(1);
        let (equal, above) = rest.split_at(count.min(rest.len()));
        let sum = |wanted: bool| -> u64 {
            equal
                .iter()
                .filter(|(_, failed, _)| *failed == wanted)
                .map(|(_, _, weight)| u64::from(*weight))
                .sum()
        };
        let (failed, normal) = (sum(true), sum(false));
        halves += failed * (2 * normals_below + normal);
        normals_below += normal;
        failed_all += failed;
        rest = above;
    }
    let pairs = failed_all * normals_below;
    (pairs > 0).then(|| halves as f64 / (2 * pairs) as f64)
}

/// The mean; `None` of nothing.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The standard deviation of a sample; `None` of fewer than two.
pub(crate) fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    (values.len() > 1).then(|| {
        (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt()
    })
}

/// The value below which a share of all lie, between two of them by their distance.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let place = share * values.len().checked_sub(1)? as f64;
    let low = *values.get(place.floor() as usize)?;
    let high = *values.get(place.ceil() as usize)?;
    Some(low + (high - low) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Platforms (points, failed, how many times) and the area under their curve.
    type Case<'a> = (&'a [(i32, bool, u32)], Option<f64>);

    #[test]
    fn known_areas() {
        let table: [Case<'_>; 6] = [
            (&[(1, false, 1), (2, true, 1)], Some(1.0)),
            (&[(2, false, 1), (1, true, 1)], Some(0.0)),
            (&[(1, false, 1), (1, true, 1)], Some(0.5)),
            (&[(1, false, 3), (2, true, 1), (0, true, 1)], Some(0.5)),
            (&[(1, true, 1)], None),
            (&[(1, true, 1), (0, false, 0)], None),
        ];
        for (scored, expected) in table {
            assert_eq!(auc(scored), expected, "{scored:?}");
        }
    }

    proptest! {
        #[test]
        fn the_area_is_the_share_of_pairs_in_order(
            scored in proptest::collection::vec((0i32..6, any::<bool>(), 0u32..4), 0..40)
        ) {
            let (mut halves, mut pairs) = (0u64, 0u64);
            for (high, _, times) in scored.iter().filter(|item| item.1) {
                for (low, _, others) in scored.iter().filter(|item| !item.1) {
                    let weight = u64::from(times * others);
                    pairs += weight;
                    halves += weight * match high.cmp(low) {
                        std::cmp::Ordering::Greater => 2,
                        std::cmp::Ordering::Equal => 1,
                        std::cmp::Ordering::Less => 0,
                    };
                }
            }
            let expected = (pairs > 0).then(|| halves as f64 / (2 * pairs) as f64);
            prop_assert_eq!(auc(&scored), expected);
        }
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(quantile(&mut [3.0, 1.0, 2.0], 0.5), Some(2.0));
        assert_eq!(quantile(&mut [0.0, 1.0], 0.25), Some(0.25));
        assert_eq!(quantile(&mut [], 0.5), None);
        assert_eq!(deviation(&[1.0]), None);
        assert_eq!(deviation(&[1.0, 3.0]), Some(2.0f64.sqrt()));
    }
}
