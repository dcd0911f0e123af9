//! What is planted, by topic. A scheme adds records, loans or flags to an institution; what is to
//! be found of it is worked out afterwards from the definitions ([`crate::findings`]).

mod bank;
mod call_ups;
pub(crate) mod clients;
mod house;
mod lending;
mod sales;
mod stage;
mod watch;

use model::streams::LineOfBusiness::{self, Fund, Insurance, P2p, Payment};

use crate::rng::Rng;
use crate::rows::Row;
use crate::world::{Cast, Topic, World};

pub(crate) use stage::Stage;

/// A scheme: in which line, with what it cannot share an institution, and how it is planted.
struct Scheme {
    /// Any line where none is named.
    line: Option<LineOfBusiness>,
    /// Two schemes of one kind of trouble are never at one institution; empty: it goes with all.
    trouble: &'static str,
    plant: fn(&mut Stage<'_>),
}

const fn scheme(line: Option<LineOfBusiness>, trouble: &'static str, plant: fn(&mut Stage<'_>)) -> Scheme {
    Scheme { line, trouble, plant }
}

/// The trouble of a scheme that shares its institution with no other.
const ALONE: &str = "alone";

/// All of them; hard negatives among them.
const SCHEMES: &[Scheme] = &[
    scheme(Some(P2p), ALONE, lending::clockwork),
    scheme(Some(P2p), "", clients::through_own_account),
    scheme(Some(Insurance), "", clients::through_own_account),
    scheme(Some(Payment), "", clients::through_own_account),
    scheme(Some(Fund), "", clients::through_own_account),
    scheme(Some(P2p), "", clients::outside_custody),
    scheme(Some(P2p), "", lending::lent_early),
    scheme(Some(P2p), "", lending::paid_early),
    scheme(Some(P2p), "", lending::shared_account),
    scheme(Some(P2p), "", lending::split_terms),
    scheme(Some(P2p), "", lending::rolled_over),
    scheme(Some(P2p), "", lending::unregistered_borrowers),
    scheme(Some(P2p), "", lending::reused_collateral),
    scheme(Some(P2p), "", lending::one_borrower_many_projects),
    scheme(Some(P2p), "", lending::funds_return),
    scheme(Some(P2p), "", lending::self_financing),
    scheme(Some(P2p), "cap", lending::over_the_cap),
    scheme(Some(P2p), "", lending::large_borrower),
    scheme(Some(P2p), "", lending::large_firm),
    scheme(Some(P2p), "", bank::missing_at_bank),
    scheme(Some(P2p), "", bank::missing_at_platform),
    scheme(Some(P2p), "", bank::amount_differs),
    scheme(Some(P2p), "", bank::balance_gap),
    scheme(Some(P2p), "timing", bank::timing),
    scheme(Some(P2p), "bank", bank::unqualified_bank),
    scheme(Some(P2p), "disclosure", watch::false_rate),
    scheme(Some(P2p), "disclosure", watch::false_overdue),
    scheme(Some(P2p), "disclosure", watch::rounded),
    scheme(Some(Fund), "", watch::after_the_holiday),
    scheme(None, "disclosure", watch::hidden_deals),
    scheme(None, "disclosure", watch::disclosure_late),
    scheme(None, "disclosure", watch::disclosure_missing),
    scheme(None, "", watch::event_told_late),
    scheme(None, "", watch::event_never_told),
    scheme(None, "incident", watch::incident_unreported),
    scheme(None, "incident", watch::incident_reported),
    scheme(Some(Payment), "", watch::late_transactions),
    scheme(None, "", watch::incomplete_figures),
    scheme(None, "", watch::silence),
    scheme(None, "capital", house::low_capital),
    scheme(None, "executive", house::unqualified_executive),
    scheme(None, "executive", house::qualification_ends),
    scheme(None, "assessment", house::old_assessment),
    scheme(Some(Insurance), "licence", house::licence_ends),
    scheme(Some(Insurance), "licence", house::licence_renewed),
    scheme(Some(Insurance), "solvency", house::low_core_solvency),
    scheme(Some(Insurance), "solvency", house::low_solvency),
    scheme(Some(Payment), "reserve", house::reserve_short),
    scheme(Some(P2p), "guarantee", house::thin_guarantee),
    scheme(Some(Insurance), "", sales::unfiled_product),
    scheme(Some(Insurance), "", sales::stopped_product),
    scheme(Some(Insurance), "", sales::renewal_promised),
    scheme(Some(Insurance), "", sales::not_recorded),
    scheme(Some(Insurance), "", sales::one_channel),
    scheme(Some(Insurance), "", sales::kept_too_short),
    scheme(Some(Insurance), "", sales::kept_as_long_as_wanted),
    scheme(Some(Insurance), "", call_ups::not_produced),
    scheme(Some(Insurance), "", call_ups::produced_late),
    scheme(Some(Insurance), "", call_ups::another_recording),
    scheme(Some(Insurance), "", call_ups::at_the_last_minute),
    scheme(Some(Insurance), "", call_ups::wrong_file_first),
    scheme(Some(Fund), "", sales::unfiled_fund),
    scheme(Some(Fund), "", sales::stopped_fund),
    scheme(None, "", clients::large_day),
    scheme(Some(P2p), "", clients::large_day),
    scheme(None, "", clients::exactly_fifty_thousand),
    scheme(None, "", clients::structuring),
    scheme(Some(Payment), "", clients::structuring),
    scheme(None, "", clients::twice_below_the_threshold),
    scheme(None, "", clients::one_sided_identity),
    scheme(None, "", clients::large_transfer),
    scheme(Some(Fund), "", clients::just_below_a_large_transfer),
    scheme(Some(Payment), "", clients::busy),
    scheme(Some(Payment), "", clients::layering),
    scheme(Some(Payment), "", clients::cycle),
    scheme(Some(P2p), "", clients::fees_and_refunds),
    scheme(Some(Payment), "", clients::fees_and_refunds),
    scheme(Some(P2p), "", lending::two_small_projects),
    scheme(Some(P2p), "", lending::new_loan_after_a_while),
    scheme(Some(P2p), "", lending::collateral_free_again),
    scheme(Some(P2p), "", lending::failed_and_offered_again),
    scheme(Some(P2p), "", lending::claims_sold),
    scheme(Some(P2p), "", lending::standard_amounts),
    scheme(Some(P2p), "timing", bank::two_after_midnight),
];

/// Institutions for which each scheme is planted once.
const INSTITUTIONS_PER_ROUND: usize = 60;

/// Plants the plots, and for the whole market every scheme.
pub(crate) fn plant(world: &mut World, cast: Cast) {
    clients::plant_plots(world);
    if cast == Cast::Ten || world.plan.days == 0 {
        return;
    }
    let mut rng = Rng::keyed(world.plan.seed, &[Topic::Schemes as u64]);
    let rounds = (world.members.len() / INSTITUTIONS_PER_ROUND).max(1);
    let mut places = Places::new(world, &mut rng);
    for round in 0..rounds {
        for (number, scheme) in SCHEMES.iter().enumerate() {
            if let Some(index) = places.next(scheme) {
                let key = (round * SCHEMES.len() + number) as u64;
                play(world, index, key, scheme.plant);
            }
        }
        lending::across_platforms(world, round);
        bank::licence_of_a_bank_ends(world, round);
    }
}

/// Plants one scheme at an institution.
fn play(world: &mut World, index: usize, key: u64, plant: fn(&mut Stage<'_>)) {
    let mut members = std::mem::take(&mut world.members);
    let mut elsewhere = Vec::new();
    let mut told = Vec::new();
    let seed = Rng::keyed(world.plan.seed, &[Topic::Schemes as u64, 1, key]);
    if let Some(member) = members.get_mut(index) {
        plant(&mut Stage { world, member, rng: seed, elsewhere: &mut elsewhere, told: &mut told });
    }
    for (line, day, row) in elsewhere {
        let row: Row = row;
        if let Some(member) = members.iter_mut().find(|member| member.public.line == line) {
            member.extras.push(day, row);
        }
    }
    world.members = members;
    world.truths.append(&mut told);
}

/// Where schemes may be planted: by line the institutions that have no plot, a quarter of them left
/// alone, each with how many schemes it has and their troubles.
struct Places {
    lines: Vec<(LineOfBusiness, Vec<Place>)>,
}

struct Place {
    index: usize,
    schemes: usize,
    troubles: Vec<&'static str>,
}

impl Places {
    fn new(world: &World, rng: &mut Rng) -> Self {
        let of_line = |line: LineOfBusiness| {
            let free =
                world.members.iter().filter(|member| member.public.line == line && member.plot.is_none());
            let mut places: Vec<Place> =
                free.map(|member| Place { index: member.index, schemes: 0, troubles: Vec::new() }).collect();
            for place in (1..places.len()).rev() {
                places.swap(place, rng.below(place as u64 + 1) as usize);
            }
            let sound = places.len() / 4;
            places.truncate(places.len() - sound);
            (line, places)
        };
        Self { lines: [P2p, Insurance, Payment, Fund].into_iter().map(of_line).collect() }
    }

    /// The institution with the fewest schemes that has none of the same trouble.
    fn next(&mut self, scheme: &Scheme) -> Option<usize> {
        let lines =
            self.lines.iter_mut().filter(|(line, _)| scheme.line.is_none_or(|wanted| wanted == *line));
        let place = lines
            .flat_map(|(_, places)| places)
            .filter(|place| match scheme.trouble {
                "" => !place.troubles.contains(&ALONE),
                ALONE => place.troubles.is_empty(),
                trouble => !place.troubles.contains(&ALONE) && !place.troubles.contains(&trouble),
            })
            .min_by_key(|place| place.schemes)?;
        place.schemes += 1;
        place.troubles.push(scheme.trouble);
        Some(place.index)
    }
}
