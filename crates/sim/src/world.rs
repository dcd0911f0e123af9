//! The market's institutions and how much happens at each of them on each day. Everything else is
//! drawn when a filing is written, from a generator of its own for each topic, so that filings
//! can be written in any order, twice, and by several threads.

use std::sync::Mutex;

use model::institution::InstitutionId;
use model::streams::LineOfBusiness;
use model::time::Day;

use crate::amounts::Amounts;
use crate::calendar::Calendar;
use crate::call_ups;
use crate::cycle::{Flow, day_factor};
use crate::extras::Extras;
use crate::findings;
use crate::loan;
use crate::market::{Institution, MarketPlan};
use crate::plots::{Plot, cast};
use crate::rng::Rng;
use crate::schemes;
use crate::truth::Truth;

/// The lines of business of twenty institutions in a row.
const LINES: [LineOfBusiness; 20] = {
    use LineOfBusiness::{Fund, Insurance, P2p, Payment};
    [
        P2p, Payment, Insurance, Fund, P2p, P2p, Insurance, Payment, P2p, Fund, //
        P2p, Insurance, P2p, Payment, P2p, Fund, P2p, Insurance, Payment, P2p,
    ]
};
/// A client lends at most once in so many days' lendings, so that what a person moves on a day
/// stays small.
const CLIENTS_PER_SLOT: u64 = 8;
/// Days that a run on a fund lasts.
pub(crate) const REDEMPTION_DAYS: u32 = 4;

/// One institution.
pub(crate) struct Member {
    pub(crate) index: usize,
    pub(crate) public: Institution,
    /// How large it is: 1 in the middle of the market, log-normal.
    pub(crate) size: f64,
    /// Its clients.
    pub(crate) users: u64,
    /// For a platform: the bank with its clients' money, by index.
    pub(crate) bank: Option<usize>,
    pub(crate) plot: Option<Plot>,
    /// What is planted beside the plot.
    pub(crate) extras: Extras,
}

impl Member {
    /// From which day on a platform's lenders withdraw all that they have.
    pub(crate) fn run_from(&self) -> Option<u32> {
        match self.plot {
            Some(Plot::RunningDry { from }) => Some(from),
            _ => None,
        }
    }

    /// Whether clients run on a fund or an insurer on a day.
    pub(crate) fn is_run_on(&self, day: u32) -> bool {
        match self.plot {
            Some(Plot::Redemptions { from }) => (from..from + REDEMPTION_DAYS).contains(&day),
            Some(Plot::Surrenders { from }) => day >= from,
            _ => false,
        }
    }

    /// How much more there is to do on a day of a run: where nobody lends any more, less.
    fn run_factor(&self, day: u32) -> f64 {
        match self.public.line {
            LineOfBusiness::P2p if self.run_from().is_some_and(|from| day >= from) => 0.3,
            LineOfBusiness::Fund if self.is_run_on(day) => 3.0,
            LineOfBusiness::Insurance if self.is_run_on(day) => 1.6,
            _ => 1.0,
        }
    }
}

/// The whole market.
pub(crate) struct World {
    pub(crate) plan: MarketPlan,
    pub(crate) members: Vec<Member>,
    pub(crate) calendar: Calendar,
    /// How many persons are clients of institutions.
    pub(crate) persons: u64,
    /// By institution and day: of a platform its loans, of others their transactions.
    counts: Vec<u32>,
    /// By institution and day: places that the loans of the days before left to their lenders.
    lender_slots: Vec<u64>,
    amounts: [Amounts; 4],
    pub(crate) loan_amounts: Amounts,
    /// By platform: what its custody account held at the end of each day, as far as it was asked.
    pub(crate) custody_closings_fen: Vec<Mutex<Vec<i64>>>,
    /// What is to be found of what is planted, and what is lawful and looks alike.
    pub(crate) truths: Vec<Truth>,
}

/// What a generator is drawn for.
pub(crate) enum Topic {
    Profile = 2,
    DayCount,
    Transactions,
    Business,
    Operations,
    Projects,
    Duties,
    FiledAt,
    Deals,
    Events,
    Schemes,
    CallUps,
}

/// Who misbehaves in a market.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cast {
    /// Ten kinds of conduct, each at an institution of its own; most institutions are sound.
    Ten,
    /// Every kind of conduct that there is.
    Whole,
}

impl World {
    pub(crate) fn new(plan: MarketPlan, cast_of: Cast) -> Self {
        let lines = lines_of_business(plan.institutions);
        let banks = lines.iter().filter(|line| **line == LineOfBusiness::Custody).count();
        let plots = cast(plan.seed, &lines, plan.days);
        let sizes = Amounts::log_normal(1.0, 0.8);
        let mut members: Vec<Member> = Vec::with_capacity(lines.len());
        for (index, (line, plot)) in lines.iter().zip(plots).enumerate() {
            let mut rng = Rng::keyed(plan.seed, &[Topic::Profile as u64, index as u64]);
            let bank = (*line == LineOfBusiness::P2p && banks > 0).then_some(index % banks.max(1));
            members.push(Member {
                index,
                public: Institution {
                    id: InstitutionId::synthetic(index as u32 + 1),
                    name: format!("{}·模拟机构{:03}", line.zh(), index + 1),
                    line: *line,
                    custody_bank: bank.map(|bank| InstitutionId::synthetic(bank as u32 + 1)),
                },
                size: (sizes.draw_fen(&mut rng) as f64 / 100.0).clamp(0.2, 6.0),
                users: 0,
                bank,
                plot,
                extras: Extras::default(),
            });
        }
        let amounts = [(800.0, 1.0), (300.0, 1.2), (45.0, 1.0), (1000.0, 1.3)]
            .map(|(median_yuan, sigma)| Amounts::log_normal(median_yuan, sigma));
        let mut world = Self {
            calendar: Calendar::new(),
            persons: (plan.transactions / 10).max(200),
            counts: Vec::new(),
            lender_slots: Vec::new(),
            amounts,
            loan_amounts: Amounts::log_normal(12_000.0, 0.74),
            custody_closings_fen: members.iter().map(|_| Mutex::new(Vec::new())).collect(),
            truths: Vec::new(),
            plan,
            members,
        };
        schemes::plant(&mut world, cast_of);
        world.spread();
        if cast_of == Cast::Whole {
            world.call_up();
        }
        findings::settle(&mut world);
        world
    }

    /// The civil date of a day of the market.
    pub(crate) fn day(&self, day: u32) -> Day {
        self.plan.first_day.plus(day as i32)
    }

    fn place(&self, member: &Member, day: u32) -> usize {
        member.index * self.plan.days as usize + day as usize
    }

    fn count(&self, member: &Member, day: u32) -> u32 {
        if day >= self.plan.days {
            return 0;
        }
        self.counts.get(self.place(member, day)).copied().unwrap_or(0)
    }

    /// Ordinary transactions on a day at an institution that does not lend.
    pub(crate) fn ordinary_count(&self, member: &Member, day: u32) -> u32 {
        if member.public.line == LineOfBusiness::P2p { 0 } else { self.count(member, day) }
    }

    /// Ordinary loans that a platform offers on a day.
    pub(crate) fn loan_count(&self, member: &Member, day: u32) -> u64 {
        if member.public.line == LineOfBusiness::P2p { u64::from(self.count(member, day)) } else { 0 }
    }

    /// The first place for lenders of a day's loans.
    pub(crate) fn lender_slots(&self, member: &Member, day: u32) -> u64 {
        self.lender_slots.get(self.place(member, day)).copied().unwrap_or(0)
    }

    /// The person who has a place among the lenders of a platform.
    pub(crate) fn lender(&self, member: &Member, slot: u64) -> u64 {
        self.client(member, slot % member.users.max(1))
    }

    /// How amounts are distributed in a line of business.
    pub(crate) fn amounts(&self, line: LineOfBusiness) -> &Amounts {
        match line {
            LineOfBusiness::P2p | LineOfBusiness::Custody => &self.amounts[0],
            LineOfBusiness::Insurance => &self.amounts[1],
            LineOfBusiness::Payment => &self.amounts[2],
            LineOfBusiness::Fund => &self.amounts[3],
        }
    }

    /// A generator for a topic of an institution.
    pub(crate) fn rng(&self, topic: Topic, member: &Member, day: u32) -> Rng {
        Rng::keyed(self.plan.seed, &[topic as u64, member.index as u64, u64::from(day) + 1])
    }

    /// The person who is a client of an institution. The clients of one institution are all
    /// different, and many are clients of others too.
    pub(crate) fn client(&self, member: &Member, user: u64) -> u64 {
        (member.index as u64 * 7919 + user) % self.persons
    }

    /// Spreads the transactions over institutions and days: first the loans of platforms, whose
    /// transactions follow from them, then what is left over the others.
    fn spread(&mut self) {
        let days = self.plan.days;
        let all = self.weights(|_| true);
        let total: f64 = all.iter().sum();
        let per_weight = if total > 0.0 { self.plan.transactions as f64 / total } else { 0.0 };
        self.counts = vec![0; all.len()];
        self.lender_slots = vec![0; all.len()];
        for (place, (weight, count)) in all.iter().zip(&mut self.counts).enumerate() {
            let line = self.members.get(place / days.max(1) as usize).map(|member| member.public.line);
            if line == Some(LineOfBusiness::P2p) {
                // What a fraction leaves is made up for by chance, so that small platforms lend too.
                let loans = weight * per_weight / loan::expected_transactions();
                let chance = Rng::keyed(self.plan.seed, &[Topic::DayCount as u64, place as u64]).unit();
                *count = (loans + chance) as u32;
            }
        }
        let mut users = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let range = self.place(member, 0)..self.place(member, days);
            let mut slots = 0;
            let mut most = 0;
            for place in range {
                let of_day = u64::from(self.counts[place]) * u64::from(loan::LENDERS_MAX);
                self.lender_slots[place] = slots;
                slots += of_day;
                most = most.max(of_day);
            }
            users.push((most * CLIENTS_PER_SLOT).max(60));
        }
        self.persons = users.iter().copied().fold(self.persons, u64::max);
        for (member, users) in self.members.iter_mut().zip(&users) {
            member.users = *users;
        }
        let lent: u64 = self
            .members
            .iter()
            .filter(|member| member.public.line == LineOfBusiness::P2p)
            .flat_map(|member| (0..days).map(move |day| (member, day)))
            .map(|(member, day)| loan::count(self, member, day))
            .sum();
        let planted: u64 = self.members.iter().map(|member| member.extras.transactions()).sum();
        let rest = self.plan.transactions.saturating_sub(lent + planted);
        let weights = self.weights(|line| line != LineOfBusiness::P2p);
        for (place, count) in apportion(&weights, rest).into_iter().enumerate() {
            self.counts[place] += count;
        }
        for index in 0..self.members.len() {
            let member = &self.members[index];
            if member.public.line != LineOfBusiness::P2p {
                let total: u64 = (0..days).map(|day| u64::from(self.count(member, day))).sum();
                let users = (total / u64::from(days.max(1)) * 2).max(60).min(self.persons);
                self.members[index].users = users;
            }
        }
    }

    /// Has ordinary recordings called up too.
    fn call_up(&mut self) {
        let of_member = |member: &Member| match member.public.line {
            LineOfBusiness::Insurance => call_ups::spot_checks(self, member),
            _ => Vec::new(),
        };
        let checks: Vec<Vec<call_ups::Asked>> = self.members.iter().map(of_member).collect();
        for (member, checks) in self.members.iter_mut().zip(checks) {
            member.extras.call_ups.extend(checks);
        }
    }

    /// How much happens by institution and day, of the lines that are wanted.
    fn weights(&self, wanted: impl Fn(LineOfBusiness) -> bool) -> Vec<f64> {
        let mut weights = Vec::with_capacity(self.members.len() * self.plan.days as usize);
        for member in &self.members {
            let line = member.public.line;
            // People trade a lot where they pay, less where they lend, seldom where they insure.
            let of_line = match line {
                _ if !wanted(line) => 0.0,
                LineOfBusiness::Custody => 0.0,
                LineOfBusiness::Payment => 3.0,
                LineOfBusiness::P2p | LineOfBusiness::Fund => 1.0,
                LineOfBusiness::Insurance => 0.5,
            };
            for day in 0..self.plan.days {
                let topic = [Topic::DayCount as u64, member.index as u64, u64::from(day)];
                let noise = Rng::keyed(self.plan.seed, &topic).between(0.85, 1.15);
                let date = self.plan.first_day.plus(day as i32);
                let factor = day_factor(&self.calendar, line, date, Flow::In);
                weights.push(member.size * of_line * factor * noise * member.run_factor(day));
            }
        }
        weights
    }
}

fn lines_of_business(institutions: u32) -> Vec<LineOfBusiness> {
    // One bank for every fifteen, the banks first.
    let banks = if institutions < 5 { 0 } else { (institutions / 15).max(1) };
    let others = (institutions - banks) as usize;
    let banks = std::iter::repeat_n(LineOfBusiness::Custody, banks as usize);
    banks.chain(LINES.into_iter().cycle().take(others)).collect()
}

/// Shares a number out by weights, exactly.
fn apportion(weights: &[f64], total: u64) -> Vec<u32> {
    let all: f64 = weights.iter().sum();
    let mut summed = 0.0;
    let mut given = 0;
    let mut counts: Vec<u32> = Vec::with_capacity(weights.len());
    for weight in weights {
        summed += weight;
        let up_to = if all > 0.0 { (summed / all * total as f64) as u64 } else { 0 };
        counts.push((up_to - given) as u32);
        given = up_to;
    }
    // What rounding lost goes to the last day that has any.
    if let Some(last) = counts.iter_mut().rev().find(|count| **count > 0) {
        *last += (total - given) as u32;
    }
    counts
}
