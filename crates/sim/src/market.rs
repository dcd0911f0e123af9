//! The market: who is in it, what they file and when, and what was planted.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};
use std::sync::Arc;

use model::institution::InstitutionId;
use model::spec::{Record, StreamSpec};
use model::streams::{
    AccountRegister, BusinessDaily, Claim, CustodyStatement, Disclosure, DualRecording, KycCheck,
    LineOfBusiness, MajorEvent, OperationsDaily, Policy, Product, Project, Register, RelatedPartyDeal,
    Transaction, stream_numbered,
};
use model::time::{Day, Time};

use crate::call_ups::CallUp;
use crate::extras::Punctuality;
use crate::planted::{Conduct, Planted};
use crate::plots::Plot;
use crate::schemes;
use crate::streams;
use crate::truth::Truth;
use crate::world::{Cast, Member, Topic, World};

/// What market to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketPlan {
    /// The same seed, with the same plan, gives the same market.
    pub seed: u64,
    /// How many institutions, custody banks among them (one in fifteen). With thirty or more,
    /// every kind of conduct is planted.
    pub institutions: u32,
    /// How many days; nine are needed for a week's growth of the loan balance.
    pub days: u32,
    /// How many transactions in all; a market of platforms alone comes near it. Fewer than those
    /// planted leaves the planted ones alone.
    pub transactions: u64,
    /// The first business day.
    pub first_day: Day,
}

/// An institution of the market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Institution {
    /// Its identifier, synthetic: no real organisation has it.
    pub id: InstitutionId,
    /// Its name, which says that it is simulated.
    pub name: String,
    /// Its line of business.
    pub line: LineOfBusiness,
    /// For a platform: the bank that holds its clients' money.
    pub custody_bank: Option<InstitutionId>,
}

/// A seeded market.
#[derive(Clone)]
pub struct Market(Arc<World>);

/// One filing: everything that an institution has to say in one stream about one day.
#[derive(Clone)]
pub struct Filing {
    world: Arc<World>,
    member: usize,
    day: u32,
    /// Who files.
    pub institution: InstitutionId,
    /// In which stream.
    pub stream: &'static StreamSpec,
    /// The business day that it covers. For the register: the market's first day; for the monthly
    /// disclosure: the last day of the month.
    pub date: Day,
    /// When it arrives: in the night after its day, or late.
    pub filed_at: Time,
    /// Whether it has as many lines as it announces; else one is missing.
    pub is_complete: bool,
}

/// The filings of a market in the order in which they arrive.
pub struct Filings {
    world: Arc<World>,
    next_day: u32,
    waiting: BinaryHeap<Reverse<Due>>,
}

/// A filing that will arrive; ordered by when.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    filed_at: Time,
    member: usize,
    stream: u8,
    day: u32,
}

/// Days that a late filing comes after the others: longer than any public holiday after which it
/// might still be in time.
const LATE_DAYS: u32 = 10;

impl Market {
    /// Makes a market in which ten kinds of conduct are planted ([`Conduct`]), each at an
    /// institution of its own. Takes memory for days and institutions, not for transactions.
    pub fn new(plan: MarketPlan) -> Self {
        Self(Arc::new(World::new(plan, Cast::Ten)))
    }

    /// Makes a market in which every kind of conduct is planted that there is, and much that looks
    /// alike and is lawful; see [`Market::truth`].
    pub fn whole(plan: MarketPlan) -> Self {
        Self(Arc::new(World::new(plan, Cast::Whole)))
    }

    /// The plan that it was made from.
    pub fn plan(&self) -> &MarketPlan {
        &self.0.plan
    }

    /// The institutions.
    pub fn institutions(&self) -> impl Iterator<Item = &Institution> {
        self.0.members.iter().map(|member| &member.public)
    }

    /// All filings, in the order in which they arrive.
    pub fn filings(&self) -> Filings {
        let waiting = BinaryHeap::new();
        Filings { world: self.0.clone(), next_day: 0, waiting }
    }

    /// Every finding that the records must lead to, and what must not be taken for one.
    pub fn truth(&self) -> Vec<Truth> {
        self.0.truths.clone()
    }

    /// The recordings that the supervisor asks for, in order of time, with what comes for them; a
    /// market of ten conducts has none.
    pub fn call_ups(&self) -> Vec<CallUp> {
        let of_member = |member: &Member| -> Vec<CallUp> {
            let asked = member.extras.call_ups.iter();
            asked.map(|asked| asked.public(self.0.plan.seed, member)).collect()
        };
        let mut all: Vec<CallUp> = self.0.members.iter().flat_map(of_member).collect();
        all.sort_by_key(|one| (one.asked_at, one.institution.clone(), one.policy.clone(), one.medium.code()));
        all
    }

    /// What was planted of the ten kinds, by institution and day.
    pub fn planted(&self) -> Vec<Planted> {
        let mut all = Vec::new();
        for member in &self.0.members {
            for day in 0..self.0.plan.days {
                for what in planted_on(&self.0, member, day) {
                    let institution = member.public.id.clone();
                    all.push(Planted { institution, day: self.0.day(day), what });
                }
            }
        }
        all
    }
}

impl Filing {
    /// Writes the filing's lines (NDJSON, the wire form of the standard); returns how many. Holds
    /// a small buffer, never the filing.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<u64> {
        let mut sink = streams::Sink::new(out);
        if let Some(member) = self.world.members.get(self.member) {
            streams::write(&self.world, member, self.stream, self.day, &mut sink)?;
        }
        sink.finish()
    }
}

impl Iterator for Filings {
    type Item = Filing;

    fn next(&mut self) -> Option<Filing> {
        // Nothing about a day arrives before that day has begun.
        while self.next_day < self.world.plan.days
            && self
                .waiting
                .peek()
                .is_none_or(|first| first.0.filed_at >= Time::start_of(self.world.day(self.next_day)))
        {
            self.expect_day(self.next_day);
            self.next_day += 1;
        }
        let Reverse(due) = self.waiting.pop()?;
        let member = self.world.members.get(due.member)?;
        let stream = stream_numbered(due.stream)?;
        let day = self.world.day(due.day);
        Some(Filing {
            institution: member.public.id.clone(),
            stream,
            date: if stream == Disclosure::STREAM {
                streams::disclosure::filing_date(&self.world, member, due.day)
            } else {
                day
            },
            filed_at: due.filed_at,
            is_complete: punctuality(member, stream, due.day) != Punctuality::Incomplete,
            world: self.world.clone(),
            member: due.member,
            day: due.day,
        })
    }
}

impl Filings {
    fn expect_day(&mut self, day: u32) {
        for member in &self.world.members {
            for stream in owed(&self.world, member, day) {
                if let Some(filed_at) = filed_at(&self.world, member, stream, day) {
                    let (member, stream) = (member.index, stream.number);
                    self.waiting.push(Reverse(Due { filed_at, member, stream, day }));
                }
            }
        }
    }
}

/// The streams in which an institution has something to say about a day.
fn owed(world: &World, member: &Member, day: u32) -> Vec<&'static StreamSpec> {
    let of_line: &[&StreamSpec] = match member.public.line {
        LineOfBusiness::Custody => &[CustodyStatement::STREAM],
        LineOfBusiness::P2p => &[Project::STREAM, Claim::STREAM],
        LineOfBusiness::Insurance => &[DualRecording::STREAM, Policy::STREAM, Product::STREAM],
        LineOfBusiness::Fund => &[Product::STREAM],
        LineOfBusiness::Payment => &[],
    };
    let of_all: &[&StreamSpec] = match member.public.line {
        LineOfBusiness::Custody => &[Register::STREAM],
        _ => &[
            Register::STREAM,
            Transaction::STREAM,
            BusinessDaily::STREAM,
            OperationsDaily::STREAM,
            KycCheck::STREAM,
            AccountRegister::STREAM,
            RelatedPartyDeal::STREAM,
            MajorEvent::STREAM,
        ],
    };
    let mut streams: Vec<_> = of_line.iter().chain(of_all).copied().collect();
    streams.retain(|stream| streams::has_records(world, member, stream, day));
    if member.public.line != LineOfBusiness::Custody && streams::disclosure::is_due(world, member, day) {
        streams.push(Disclosure::STREAM);
    }
    streams
}

/// How a filing is to come.
fn punctuality(member: &Member, stream: &StreamSpec, day: u32) -> Punctuality {
    let is_business = stream == BusinessDaily::STREAM;
    match member.plot {
        Some(Plot::Late { day: late }) if late == day && is_business => return Punctuality::Late(LATE_DAYS),
        Some(Plot::Silent { day: silent })
            if silent == day && (is_business || stream == OperationsDaily::STREAM) =>
        {
            return Punctuality::Never;
        }
        _ => {}
    }
    let twists = &member.extras.flags.filings;
    let twist = twists.iter().find(|(number, on, _)| *number == stream.number && *on == day);
    twist.map_or(Punctuality::InTime, |(_, _, punctuality)| *punctuality)
}

/// When a filing about a day arrives: between one and nine in the morning after it, the register
/// as its day begins, major events on their day; never when it is planted that it does not.
pub(crate) fn filed_at(
    world: &World,
    member: &Member,
    stream: &'static StreamSpec,
    day: u32,
) -> Option<Time> {
    let mut rng = world.rng(Topic::FiledAt, member, day * 32 + u32::from(stream.number));
    let start = Time::start_of(world.day(day));
    let in_time = if stream == Register::STREAM {
        start.plus_seconds(member.index as i64 % 3600 + 1)
    } else if stream == MajorEvent::STREAM {
        start.plus_seconds(22 * 3600 + rng.below(6000) as i64)
    } else {
        start.plus_seconds(25 * 3600 + rng.below(8 * 3600) as i64)
    };
    match punctuality(member, stream, day) {
        Punctuality::InTime | Punctuality::Incomplete => Some(in_time),
        Punctuality::Late(days) => Some(in_time.plus_seconds(i64::from(days) * 86_400)),
        Punctuality::Never => None,
    }
}

/// What is planted at an institution on a day, from the very figures that it files.
fn planted_on(world: &World, member: &Member, day: u32) -> Vec<Conduct> {
    let truth = match member.plot {
        None => return Vec::new(),
        Some(Plot::BusyUser { .. } | Plot::LargeDay { .. }) => {
            return schemes::clients::planted(member, day);
        }
        Some(Plot::Late { day: late }) if late == day => {
            filed_at(world, member, BusinessDaily::STREAM, day).map(|filed_at| Conduct::Late { filed_at })
        }
        Some(Plot::Silent { day: silent }) if silent == day => Some(Conduct::Silent),
        Some(_) => streams::business::planted(world, member, day),
    };
    truth.into_iter().collect()
}
