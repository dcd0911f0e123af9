//! What the ten plots of every market are found by.

use model::spec::Record;
use model::streams::BusinessDaily;

use super::Found;
use super::watch::is_filed;
use crate::plots::Plot;
use crate::streams::business;
use crate::world::Member;

/// The days of data that a first rating needs.
const RATED_DAYS: i32 = 30;

pub(super) fn find(found: &mut Found<'_>, member: &Member) {
    let Some(plot) = member.plot else { return };
    for day in 0..found.days() {
        // A figure that is not filed shows nothing.
        if is_filed(member, BusinessDaily::STREAM.number, day) {
            one_day(found, member, plot, day);
        }
    }
}

/// What shows on a day. A plot that lasts shows on its worst days for certain, and before and after
/// them where a figure is on its way.
fn one_day(found: &mut Found<'_>, member: &Member, plot: Plot, day: u32) {
    let (entries, conduct): (&[&'static str], _) = match plot {
        Plot::LoanSurge { .. } => (&["loan-balance-surge"], "loan-surge"),
        Plot::RunningDry { .. } => (&["liquidity"], "running-dry"),
        Plot::BadLoans => (&["nonperforming-ratio"], "bad-loans"),
        Plot::Surrenders { .. } => (&[], "surrenders"),
        Plot::ReserveShort { .. } => (&["reserve-deposit"], "reserve-short"),
        Plot::Redemptions { .. } => (&[], "mass-redemption"),
        Plot::BusyUser { .. } | Plot::LargeDay { .. } | Plot::Late { .. } | Plot::Silent { .. } => return,
    };
    let at = found.noon(day);
    let shows = business::planted(found.world, member, day).is_some();
    for entry in entries {
        if shows {
            found.planted(member, day, entry, Vec::new(), conduct, at);
        } else {
            found.possible(member, day, entry, Vec::new(), conduct);
        }
    }
    let besides: &[&'static str] = match plot {
        Plot::BadLoans => &["overdue-ratio", "early-warning-points"],
        Plot::Surrenders { .. } => &["surrender-rate"],
        Plot::Redemptions { .. } => &["redemption-pressure", "large-redemption"],
        Plot::RunningDry { .. } => &["early-warning-points"],
        _ => &[],
    };
    for entry in besides {
        found.possible(member, day, entry, Vec::new(), conduct);
    }
    if let Plot::ReserveShort { .. } = plot {
        // Without a rating everything has to be deposited; with one it depends on the rating.
        let date = found.world.day(day);
        let mut quarter = date.first_of_month();
        while quarter.month() % 3 != 1 {
            quarter = quarter.plus(-1).first_of_month();
        }
        if shows && quarter.0 - found.world.plan.first_day.0 < RATED_DAYS {
            found.planted(member, day, "reserve-ratio", Vec::new(), conduct, at);
        } else {
            found.possible(member, day, "reserve-ratio", Vec::new(), conduct);
        }
    }
}
