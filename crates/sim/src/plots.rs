//! Who misbehaves, how and when. In every forty institutions each kind of conduct is planted
//! once; every one at an institution of its own, so that each is found for its own reason.

use model::streams::LineOfBusiness;

use crate::rng::Rng;

/// What one institution does wrong; days are counted from the market's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plot {
    BusyUser { day: u32, transactions: u32 },
    LargeDay { day: u32, users: u32 },
    LoanSurge { from: u32 },
    RunningDry { from: u32 },
    BadLoans,
    Surrenders { from: u32 },
    ReserveShort { from: u32 },
    Redemptions { from: u32 },
    Late { day: u32 },
    Silent { day: u32 },
}

/// Institutions for which each plot is planted once.
const INSTITUTIONS_PER_ROUND: usize = 40;

/// Chooses the plot of each institution, most have none. A plot for which no institution is left,
/// or the days are too few, is left out.
pub(crate) fn cast(seed: u64, lines: &[LineOfBusiness], days: u32) -> Vec<Option<Plot>> {
    let mut rng = Rng::keyed(seed, &[1]);
    let mut plots = vec![None; lines.len()];
    for _ in 0..(lines.len() / INSTITUTIONS_PER_ROUND).max(1) {
        for (wanted, plot) in script(&mut rng, days) {
            let free: Vec<usize> = (0..lines.len())
                .filter(|&index| {
                    plots[index].is_none()
                        && lines[index] != LineOfBusiness::Custody
                        && wanted.is_none_or(|line| lines[index] == line)
                })
                .collect();
            if let Some(&index) = free.get(rng.below(free.len() as u64) as usize) {
                plots[index] = Some(plot);
            }
        }
    }
    plots
}

fn script(rng: &mut Rng, days: u32) -> Vec<(Option<LineOfBusiness>, Plot)> {
    use LineOfBusiness::{Fund, Insurance, P2p, Payment};
    let last = days.saturating_sub(1);
    // Troubles begin after a while, so that a reader sees the change.
    let someday = |rng: &mut Rng, room: u32| {
        let latest = last.saturating_sub(room);
        let earliest = latest.min(days / 3);
        earliest + rng.below(u64::from(latest - earliest) + 1) as u32
    };
    let busy = 55 + rng.below(70) as u32;
    let mut script = vec![
        (Some(P2p), Plot::RunningDry { from: someday(rng, 7) }),
        (Some(Insurance), Plot::Surrenders { from: someday(rng, 3) }),
        (Some(Payment), Plot::ReserveShort { from: someday(rng, 3) }),
        (Some(Fund), Plot::Redemptions { from: someday(rng, 3) }),
        (Some(P2p), Plot::BadLoans),
        (Some(Payment), Plot::BusyUser { day: someday(rng, 0), transactions: busy }),
        (None, Plot::LargeDay { day: someday(rng, 0), users: 1 + rng.below(3) as u32 }),
        (None, Plot::Late { day: someday(rng, 6) }),
        (None, Plot::Silent { day: someday(rng, 1) }),
    ];
    if days > 8 {
        script.insert(1, (Some(P2p), Plot::LoanSurge { from: someday(rng, 8).max(1) }));
    }
    script
}
