//! The market: who is in it, what they file and when, and what was planted.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};
use std::sync::Arc;

use model::institution::InstitutionId;
use model::spec::{Record, StreamSpec};
use model::streams::{
    BusinessDaily, CustodyStatement, Disclosure, DualRecording, KycCheck, LineOfBusiness, OperationsDaily,
    Project, Register, Transaction, stream_numbered,
};
use model::time::{Day, Time};

use crate::planted::{Conduct, Planted};
use crate::plots::Plot;
use crate::streams;
use crate::world::{Member, Topic, World};

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
    /// How many transactions in all. Fewer than those planted (some 150 for each forty
    /// institutions) leaves the planted ones alone.
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

/// How much later than the others a late filing comes. Longer than any public holiday after
/// which it might still be in time.
const LATE_SECONDS: i64 = 10 * 86_400;

impl Market {
    /// Makes a market. Takes time and memory for the persons (one for ten transactions), not for
    /// the transactions.
    pub fn new(plan: MarketPlan) -> Self {
        Self(Arc::new(World::new(plan)))
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
        let mut waiting = BinaryHeap::new();
        for member in &self.0.members {
            let filed_at = Time::start_of(self.0.plan.first_day).plus_seconds(member.index as i64 + 1);
            let stream = Register::STREAM.number;
            waiting.push(Reverse(Due { filed_at, member: member.index, stream, day: 0 }));
        }
        Filings { world: self.0.clone(), next_day: 0, waiting }
    }

    /// What was planted, by institution and day.
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
        // Nothing about a day arrives before that day is over.
        while self.next_day < self.world.plan.days
            && self
                .waiting
                .peek()
                .is_none_or(|first| first.0.filed_at >= Time::start_of(self.world.day(self.next_day).plus(1)))
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
            date: if stream == Disclosure::STREAM { streams::disclosed_period_end(day) } else { day },
            filed_at: due.filed_at,
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
    let mut streams = match member.public.line {
        LineOfBusiness::Custody => return vec![CustodyStatement::STREAM],
        LineOfBusiness::P2p => vec![Project::STREAM],
        LineOfBusiness::Insurance => vec![DualRecording::STREAM],
        LineOfBusiness::Payment | LineOfBusiness::Fund => Vec::new(),
    };
    streams.extend([Transaction::STREAM, BusinessDaily::STREAM, OperationsDaily::STREAM, KycCheck::STREAM]);
    if world.day(day).day_of_month() == streams::DISCLOSURE_DAY {
        streams.push(Disclosure::STREAM);
    }
    streams
}

/// When a filing about a day arrives: between one and nine in the morning after it; never when it
/// is planted that it does not.
fn filed_at(world: &World, member: &Member, stream: &'static StreamSpec, day: u32) -> Option<Time> {
    let mut rng = world.rng(Topic::FiledAt, member, day * 32 + u32::from(stream.number));
    let seconds = 3600 + rng.below(8 * 3600) as i64;
    let in_time = Time::start_of(world.day(day).plus(1)).plus_seconds(seconds);
    let is_business = stream == BusinessDaily::STREAM;
    match member.plot {
        Some(Plot::Late { day: late }) if late == day && is_business => {
            Some(in_time.plus_seconds(LATE_SECONDS))
        }
        Some(Plot::Silent { day: silent })
            if silent == day && (is_business || stream == OperationsDaily::STREAM) =>
        {
            None
        }
        _ => Some(in_time),
    }
}

/// What is planted at an institution on a day, from the very figures that it files.
fn planted_on(world: &World, member: &Member, day: u32) -> Vec<Conduct> {
    let truth = match member.plot {
        None => return Vec::new(),
        Some(Plot::BusyUser { .. } | Plot::LargeDay { .. }) => {
            return streams::transactions::planted(world, member, day);
        }
        Some(Plot::Late { day: late }) if late == day => {
            filed_at(world, member, BusinessDaily::STREAM, day).map(|filed_at| Conduct::Late { filed_at })
        }
        Some(Plot::Silent { day: silent }) if silent == day => Some(Conduct::Silent),
        Some(_) => streams::business::planted(world, member, day),
    };
    truth.into_iter().collect()
}
