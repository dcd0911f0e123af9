//! Ten thousand timers over kill -9: none is lost, none goes off twice, none before its time.
//!
//! The deadlines of red alerts come due while `jianwei serve` is killed again and again: while it
//! starts, while it lets timers go off that came due meanwhile, while it sleeps until the next.
//! `JIANWEI_KILLS=100` makes it longer, `JIANWEI_SEED` another one. The moments decide what is
//! tried, never what counts as right.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

#[path = "support/alarms.rs"]
mod alarms;
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use alarms::{desk_events, number, open, turn_red, write_rulebook};
use engine::DataDir;
use ledger::{KeyStore, Reader};
use model::clock::Clock;
use model::time::Time;
use sim::rng::Rng;
use support::{Served, run};
use workflow::alert::{Alert, AlertStep, Clock as AlertClock};
use workflow::delivery::{DeliveryStep, Purpose};
use workflow::desk::DeskEvent;

/// Alerts whose push is due, and whose acknowledgement was due long before the server starts.
const OLD: u32 = 500;
/// Alerts whose acknowledgement is due.
const NEW: u32 = 9_000;
/// Timers that go off: two of each old one.
const TIMERS: usize = (2 * OLD + NEW) as usize;
/// Groups in which they come due.
const OLD_GROUPS: u32 = 10;
const NEW_GROUPS: u32 = 90;
/// Alerts that are made elsewhere first, to see how long it takes on this machine: when the server
/// starts for the first time, the first deadline is then not long over.
const TRIED: u32 = 500;
/// Deadlines of the policy as shipped.
const PUSH_SECONDS: i64 = 3600;
const ACKNOWLEDGE_SECONDS: i64 = 600;
/// How often it is looked whether all went off, at the end.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// A timer that ran: of an alert, the clock, and the how-manieth that was started of it.
type Ran = (String, AlertClock, usize);

/// What the ledger says.
#[derive(Debug, Default)]
struct Sealed {
    /// When each timer is due.
    due: BTreeMap<Ran, Time>,
    /// When it was sealed that it went off.
    off: BTreeMap<Ran, Vec<Time>>,
    escalated: BTreeMap<String, usize>,
    /// Messages by alert: the first that it is there, then those that are urged, then reminders.
    pushes: BTreeMap<String, usize>,
    reminders: BTreeMap<String, usize>,
}

impl Sealed {
    #[expect(clippy::panic, reason = "what nobody did fails the test")]
    fn read(data: &Path) -> Self {
        let mut sealed = Self::default();
        let mut started: BTreeMap<(String, AlertClock), usize> = BTreeMap::new();
        let mut start = |sealed: &mut Self, id: &str, clock: AlertClock, due: Option<Time>| {
            let count = started.entry((id.to_owned(), clock)).or_default();
            *count += 1;
            sealed.due.insert((id.to_owned(), clock, *count), due.unwrap());
            *count
        };
        let mut latest: BTreeMap<(String, AlertClock), usize> = BTreeMap::new();
        for event in desk_events(data) {
            match event {
                DeskEvent::Alert(event) => match event.step {
                    AlertStep::Opened { clocks, .. } => {
                        for clock in clocks {
                            let count = start(&mut sealed, &event.id, clock.clock, clock.deadline.due);
                            latest.insert((event.id.clone(), clock.clock), count);
                        }
                    }
                    AlertStep::Escalated { deadline, .. } => {
                        let count = start(&mut sealed, &event.id, AlertClock::Acknowledge, deadline.due);
                        latest.insert((event.id.clone(), AlertClock::Acknowledge), count);
                        *sealed.escalated.entry(event.id).or_default() += 1;
                    }
                    AlertStep::Missed { clock } => {
                        let count = latest[&(event.id.clone(), clock)];
                        sealed.off.entry((event.id, clock, count)).or_default().push(event.at);
                    }
                    AlertStep::CaseJoined { .. } => {}
                    step => panic!("nobody did {step:?}"),
                },
                DeskEvent::Delivery(event) => match event.step {
                    DeliveryStep::Wanted { about, purpose: Purpose::Alert, .. } => {
                        *sealed.pushes.entry(about).or_default() += 1;
                    }
                    DeliveryStep::Wanted { about, purpose: Purpose::Reminder, .. } => {
                        *sealed.reminders.entry(about).or_default() += 1;
                    }
                    step => panic!("there is no way to send {step:?}"),
                },
                // A red alert opens a case, whose deadlines lie days ahead.
                DeskEvent::Case(_) => {}
                event => panic!("nothing else happens: {event:?}"),
            }
        }
        sealed
    }

    /// None twice, none early, none that did not run; how many went off.
    fn check(&self, when: &str) -> usize {
        for (timer, times) in &self.off {
            assert_eq!(times.len(), 1, "{when}: {timer:?} went off more than once");
            let due = self.due[timer];
            assert!(times[0] >= due, "{when}: {timer:?} was due at {due} and went off at {}", times[0]);
        }
        self.off.len()
    }

    fn is_off(&self, id: &str, clock: AlertClock) -> bool {
        self.off.contains_key(&(id.to_owned(), clock, 1))
    }
}

/// How long making the alerts will take, about; never what counts as right.
fn lead_seconds() -> i64 {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), None, Clock::manual(Clock::system().now()));
    let begun = Instant::now();
    for group in 0..TRIED / 100 {
        turn_red(&engine, 1 + 100 * group..101 + 100 * group);
    }
    let tried = begun.elapsed().as_secs_f64();
    (tried / f64::from(TRIED) * f64::from(OLD + NEW)).ceil() as i64 + 1
}

/// Makes the alerts; deadlines fall into `spread_seconds` from when they are made.
fn make(data: &Path, spread_seconds: i64) -> Time {
    let first_due = Clock::system().now().plus_seconds(lead_seconds());
    let clock = Clock::manual(first_due.plus_seconds(-PUSH_SECONDS));
    let engine = open(data, None, clock.clone());
    let mut next = 1;
    for (alerts, groups, term) in [(OLD, OLD_GROUPS, PUSH_SECONDS), (NEW, NEW_GROUPS, ACKNOWLEDGE_SECONDS)] {
        let first = first_due.plus_seconds(-term);
        let step = spread_seconds * 1_000_000 / i64::from(groups);
        for group in 0..groups {
            clock.advance(Time(first.0 + step * i64::from(group)));
            let each = alerts / groups;
            turn_red(&engine, next..next + each);
            next += each;
        }
    }
    assert_eq!(engine.desk().alerts.open().filter_map(Alert::timer).count(), (OLD + NEW) as usize);
    first_due
}

#[test]
fn killed_again_and_again_every_timer_goes_off_once() {
    const SERVE: &str = "serve --data data --rulebook rulebook --listen 127.0.0.1:0";
    let (kills, seed) = (number("JIANWEI_KILLS", 20), number("JIANWEI_SEED", 1));
    println!("{kills} kills, seed {seed}");
    let dir = tempfile::tempdir().unwrap();
    let (at, data) = (dir.path(), dir.path().join("data"));
    write_rulebook(&at.join("rulebook"));
    let mut rng = Rng::keyed(seed, &[0]);
    let machine = Clock::system();

    // About a second for each kill.
    let first_due = make(&data, i64::try_from(kills).unwrap().max(1));
    let made = Sealed::read(&data);
    assert_eq!((made.due.len(), made.off.len()), (2 * (OLD + NEW) as usize, 0));
    let early = first_due.0 - machine.now().0;
    println!("{TIMERS} timers; the first is due in {} ms", early / 1000);
    thread::sleep(Duration::from_micros(u64::try_from(early).unwrap_or_default()));

    for kill in 1..=kills {
        if rng.below(2) == 0 {
            // Killed while it starts, or lets go off what came due while nothing ran.
            let mut child = Served::spawn(at, SERVE);
            thread::sleep(Duration::from_millis(rng.below(1000)));
            child.kill().unwrap();
            child.wait().unwrap();
        } else {
            let served = Served::start(at, SERVE);
            thread::sleep(Duration::from_millis(rng.below(600)));
            served.kill();
        }
        let off = Sealed::read(&data).check(&format!("kill {kill}, seed {seed}"));
        println!("kill {kill}: {off} went off");
    }

    // Whatever is left goes off in the end, however long it takes.
    let mut served = Served::start(at, SERVE);
    while Sealed::read(&data).off.len() < TIMERS {
        assert!(served.lives());
        thread::sleep(LOOK_EVERY);
    }
    let (code, said) = served.terminate();
    assert_eq!(code, Some(0), "{said}");

    let sealed = Sealed::read(&data);
    assert_eq!(sealed.check("at the end"), TIMERS);
    let ids: Vec<&String> = sealed.pushes.keys().collect();
    assert_eq!(ids.len(), (OLD + NEW) as usize);
    for (place, id) in ids.into_iter().enumerate() {
        // Numbers were given in order, the old ones first.
        let is_old = place < OLD as usize;
        assert!(sealed.is_off(id, AlertClock::Acknowledge), "{id} was not escalated: its timer is lost");
        assert_eq!(sealed.is_off(id, AlertClock::Push), is_old, "{id}");
        assert_eq!(sealed.escalated[id], 1, "{id}");
        assert_eq!(sealed.pushes[id], 2, "{id}: its owner was told, and who is next in the chain");
        assert_eq!(sealed.reminders.get(id).copied(), is_old.then_some(1), "{id}");
    }

    // What the ledger says is the state: read by itself, and as an engine holds it.
    let dirs = DataDir::new(&data);
    let reader = Reader::open(&dirs.ledger()).unwrap();
    let keys = KeyStore::open_read_only(&dirs.ledger()).unwrap();
    let folded = engine::scan::desk(&reader, &keys).unwrap();
    let engine = open(&data, None, Clock::manual(machine.now()));
    assert!(*engine.desk() == folded, "the desk at a start is not what was sealed");
    assert_eq!(engine.tick_desk().unwrap(), 0, "nothing goes off again");
    drop(engine);
    let verified = run(at, "verify data").expect_code(0);
    assert!(verified.out.contains("clean"), "{}", verified.out);
    let replayed = run(at, "replay --data data --rulebook rulebook").expect_code(0);
    assert!(replayed.out.contains(": equal;"), "{}", replayed.out);
}
