//! The market's institutions and how much happens at each of them on each day. Everything else is
//! drawn when a filing is written, from a generator of its own for each topic, so that filings
//! can be written in any order, twice, and by several threads.

use std::sync::OnceLock;

use model::institution::InstitutionId;
use model::streams::LineOfBusiness;
use model::time::Day;

use crate::amounts::Amounts;
use crate::cycle::day_factor;
use crate::market::{Institution, MarketPlan};
use crate::people::People;
use crate::plots::{LARGE_DAY_TRANSACTIONS, Plot, cast};
use crate::rng::Rng;

/// The lines of business of twenty institutions in a row.
const LINES: [LineOfBusiness; 20] = {
    use LineOfBusiness::{Fund, Insurance, P2p, Payment};
    [
        P2p, Payment, Insurance, Fund, P2p, P2p, Insurance, Payment, P2p, Fund, //
        P2p, Insurance, P2p, Payment, P2p, Fund, P2p, Insurance, Payment, P2p,
    ]
};

/// One institution.
pub(crate) struct Member {
    pub(crate) index: usize,
    pub(crate) public: Institution,
    /// How large it is: 1 in the middle of the market, log-normal.
    pub(crate) size: f64,
    /// Its clients.
    pub(crate) users: u64,
    pub(crate) client_money_account: u128,
    /// For a platform: the bank with its clients' money, by index.
    pub(crate) bank: Option<usize>,
    pub(crate) plot: Option<Plot>,
}

/// The whole market.
pub(crate) struct World {
    pub(crate) plan: MarketPlan,
    pub(crate) members: Vec<Member>,
    pub(crate) people: People,
    /// Ordinary transactions, by institution and day.
    counts: Vec<u32>,
    amounts: [Amounts; 4],
    /// By platform: what its custody account gained on each day, once someone asked.
    pub(crate) custody_gains_fen: Vec<OnceLock<Vec<i64>>>,
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
}

impl World {
    pub(crate) fn new(plan: MarketPlan) -> Self {
        let lines = lines_of_business(plan.institutions);
        let banks = lines.iter().filter(|line| **line == LineOfBusiness::Custody).count();
        let plots = cast(plan.seed, &lines, plan.days);
        let people = People::new((plan.transactions / 10).clamp(200, 4_000_000));
        let sizes = Amounts::log_normal(1.0, 1.1);
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
                size: (sizes.draw_fen(&mut rng) as f64 / 100.0).clamp(0.15, 12.0),
                users: 0,
                client_money_account: people.client_money_account(index),
                bank,
                plot,
            });
        }
        let counts = spread(&plan, &members);
        let days = plan.days.max(1) as usize;
        for (member, counts) in members.iter_mut().zip(counts.chunks(days)) {
            let total: u64 = counts.iter().map(|count| u64::from(*count)).sum();
            member.users = (total / days as u64 * 2).max(60).min(people.count());
        }
        let amounts = [(2000.0, 1.0), (300.0, 1.2), (60.0, 1.3), (1000.0, 1.3)]
            .map(|(median_yuan, sigma)| Amounts::log_normal(median_yuan, sigma));
        let custody_gains_fen = members.iter().map(|_| OnceLock::new()).collect();
        Self { plan, members, people, counts, amounts, custody_gains_fen }
    }

    /// The civil date of a day of the market.
    pub(crate) fn day(&self, day: u32) -> Day {
        self.plan.first_day.plus(day as i32)
    }

    /// Ordinary transactions at an institution on a day.
    pub(crate) fn ordinary_count(&self, member: &Member, day: u32) -> u32 {
        self.counts.get(member.index * self.plan.days as usize + day as usize).copied().unwrap_or(0)
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
        (member.index as u64 * 7919 + user) % self.people.count()
    }
}

impl Member {
    /// Transactions planted on a day: whose (by number of the client) and how many.
    pub(crate) fn planted_users(&self, day: u32) -> Vec<(u64, u32)> {
        match self.plot {
            Some(Plot::BusyUser { day: on, transactions }) if on == day => {
                vec![(self.users - 1, transactions)]
            }
            Some(Plot::LargeDay { day: on, users }) if on == day => {
                (1..=u64::from(users)).map(|user| (self.users - user, LARGE_DAY_TRANSACTIONS)).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn lines_of_business(institutions: u32) -> Vec<LineOfBusiness> {
    // One bank for every fifteen, the banks first.
    let banks = if institutions < 5 { 0 } else { (institutions / 15).max(1) };
    let others = (institutions - banks) as usize;
    let banks = std::iter::repeat_n(LineOfBusiness::Custody, banks as usize);
    banks.chain(LINES.into_iter().cycle().take(others)).collect()
}

/// Spreads the transactions, less the planted ones, over institutions and days.
fn spread(plan: &MarketPlan, members: &[Member]) -> Vec<u32> {
    let planted: u64 = members
        .iter()
        .map(|member| match member.plot {
            Some(Plot::BusyUser { transactions, .. }) => u64::from(transactions),
            Some(Plot::LargeDay { users, .. }) => u64::from(users * LARGE_DAY_TRANSACTIONS),
            _ => 0,
        })
        .sum();
    let ordinary = plan.transactions.saturating_sub(planted);
    let mut weights = Vec::with_capacity(members.len() * plan.days as usize);
    for member in members {
        let line = member.public.line;
        // People trade a lot where they pay, less where they lend, seldom where they insure.
        let of_line = match line {
            LineOfBusiness::Custody => 0.0,
            LineOfBusiness::Payment => 3.0,
            LineOfBusiness::P2p | LineOfBusiness::Fund => 1.0,
            LineOfBusiness::Insurance => 0.5,
        };
        for day in 0..plan.days {
            let topic = [Topic::DayCount as u64, member.index as u64, u64::from(day)];
            let noise = Rng::keyed(plan.seed, &topic).between(0.85, 1.15);
            weights.push(member.size * of_line * day_factor(line, plan.first_day.plus(day as i32)) * noise);
        }
    }
    let all: f64 = weights.iter().sum();
    let mut summed = 0.0;
    let mut given = 0;
    let mut counts: Vec<u32> = Vec::with_capacity(weights.len());
    for weight in weights {
        summed += weight;
        let up_to = if all > 0.0 { (summed / all * ordinary as f64) as u64 } else { 0 };
        counts.push((up_to - given) as u32);
        given = up_to;
    }
    // What rounding lost goes to the last day that has any.
    if let Some(last) = counts.iter_mut().rev().find(|count| **count > 0) {
        *last += (ordinary - given) as u32;
    }
    counts
}
