//! Log-normal amounts, drawn from a table of quantiles that is made of additions, products and
//! quotients alone: `ln` and `exp` of the platform differ in their last bits.

use crate::rng::Rng;

const BUCKET_BITS: u32 = 12;
const BUCKETS: usize = 1 << BUCKET_BITS;
/// Standard deviations at which the table ends. Beyond the last quantile but one it is linear, so
/// one amount in 4,096 lies a little further out than it should.
const Z_MAX: f64 = 4.25;

/// A distribution of amounts.
#[derive(Clone, Debug)]
pub(crate) struct Amounts(Vec<u64>);

impl Amounts {
    /// Log-normal with a median in yuan and a standard deviation of the logarithm.
    pub(crate) fn log_normal(median_yuan: f64, sigma: f64) -> Self {
        let fen = |z: &f64| ((median_yuan * 100.0 * exp(sigma * z)).round() as u64).max(1);
        Self(normal_quantiles().iter().map(fen).collect())
    }

    /// An amount in fen, at least 1.
    #[inline]
    pub(crate) fn draw_fen(&self, rng: &mut Rng) -> i64 {
        self.of_bits(rng.bits())
    }

    /// The amount that 64 random bits stand for.
    #[inline]
    pub(crate) fn of_bits(&self, bits: u64) -> i64 {
        let bucket = (bits >> (64 - BUCKET_BITS)) as usize;
        let fraction = u128::from(bits << BUCKET_BITS >> 32);
        let (low, high) = match self.0.get(bucket..bucket + 2) {
            Some(&[low, high]) => (low, high),
            _ => (1, 1),
        };
        (low + ((u128::from(high - low) * fraction) >> 32) as u64) as i64
    }
}

/// The quantiles 0/4096, 1/4096, … 4096/4096 of the normal distribution cut at ±[`Z_MAX`], by
/// summing its density.
fn normal_quantiles() -> Vec<f64> {
    const STEPS: usize = 1 << 14;
    let step = 2.0 * Z_MAX / STEPS as f64;
    let z_at = |index: usize| -Z_MAX + step * index as f64;
    let slice = |index: usize| {
        let middle = z_at(index) + step / 2.0;
        exp(-middle * middle / 2.0)
    };
    let total: f64 = (0..STEPS).map(slice).sum();
    let mut quantiles = vec![-Z_MAX];
    let mut summed = 0.0;
    for index in 0..STEPS {
        let mass = slice(index) / total;
        while quantiles.len() < BUCKETS && summed + mass >= quantiles.len() as f64 / BUCKETS as f64 {
            let wanted = quantiles.len() as f64 / BUCKETS as f64;
            quantiles.push(z_at(index) + step * (wanted - summed) / mass);
        }
        summed += mass;
    }
    quantiles.resize(BUCKETS + 1, Z_MAX);
    quantiles
}

/// e to the power of `x`: a short series after dividing by 2¹⁰, squared back ten times.
pub(crate) fn exp(x: f64) -> f64 {
    let small = x / 1024.0;
    let mut term = 1.0;
    let mut sum = 1.0;
    for n in 1..10 {
        term = term * small / f64::from(n);
        sum += term;
    }
    for _ in 0..10 {
        sum *= sum;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_exponential_is_the_exponential() {
        for x in [-20.0f64, -1.0, -0.1, 0.0, 0.5, 1.0, 10.0] {
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-11, "{x}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_normal_distribution() {
        let quantiles = normal_quantiles();
        for (p, z) in [(0.5, 0.0), (0.841_344_7, 1.0), (0.977_249_9, 2.0), (0.025, -1.959_964)] {
            let found = quantiles[(p * BUCKETS as f64).round() as usize];
            assert!((found - z).abs() < 0.005, "{p}: {found}");
        }
    }

    #[test]
    fn amounts_are_log_normal_and_heavy_tailed() {
        let amounts = Amounts::log_normal(100.0, 1.2);
        let mut rng = Rng::new(1);
        let mut drawn: Vec<i64> = (0..100_000).map(|_| amounts.draw_fen(&mut rng)).collect();
        drawn.sort_unstable();
        let median = drawn[50_000];
        assert!((9_800..10_200).contains(&median), "{median}");
        // One sigma up is exp(1.2) = 3.32 medians, and the largest are a hundred medians and more.
        assert!((32_000..34_500).contains(&drawn[84_134]), "{}", drawn[84_134]);
        assert!(drawn[99_999] > 500_000);
    }
}
