//! Two thousand deliveries leave while `jianwei serve` is killed with kill -9: each arrives, under
//! its own key, and twice only where the process died after it was sent and before that was sealed.
//!
//! `JIANWEI_KILLS=100` makes it longer, `JIANWEI_SEED` another one. The moments of the kills decide
//! what is tried, never what counts as right.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

#[path = "support/alarms.rs"]
mod alarms;
mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use alarms::{desk_events, number, open, turn_red, write_rulebook};
use model::clock::Clock;
use sha2::{Digest, Sha256};
use sim::rng::Rng;
use support::{Served, run};
use workflow::delivery::DeliveryStep;
use workflow::desk::DeskEvent;

/// Alerts, each told by both channels.
const ALERTS: u32 = 1_000;
/// Deliveries.
const DELIVERIES: usize = 2 * ALERTS as usize;
/// The other side takes so many milliseconds to answer at most, so that a kill finds some under way.
const ANSWER_MS_MAX: u64 = 20;
/// One arrival of so many looks into the ledger before it is answered.
const LOOKS_EVERY: u64 = 40;
const LOOK_EVERY: Duration = Duration::from_millis(200);

const ROSTER: &str = "authority: {zh: 试验局, en: Test Bureau}
document_mark: 试
bureaus:
  - {id: all, name: {zh: 监管处, en: Supervision}, chain: [duty]}
people:
  - id: duty
    name: {zh: 值班员, en: Duty officer}
    post: head
    reach:
      - {for: push, channel: phone, to: duty}
      - {for: push, channel: system}
";

/// The other side: takes messages of ntfy's and of Standard Webhooks' form.
struct Sink {
    url: String,
    taken: Arc<Mutex<BTreeMap<String, u64>>>,
    /// Keys that arrived before the ledger said that they would.
    early: Arc<Mutex<Vec<String>>>,
}

impl Sink {
    fn start(seed: u64, data: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let taken = Arc::<Mutex<BTreeMap<String, u64>>>::default();
        let early = Arc::<Mutex<Vec<String>>>::default();
        let (shared, noted) = (Arc::clone(&taken), Arc::clone(&early));
        thread::spawn(move || {
            let arrivals = Arc::new(AtomicU64::new(0));
            for (connection, stream) in listener.incoming().enumerate() {
                let (taken, early) = (Arc::clone(&shared), Arc::clone(&noted));
                let (arrivals, data) = (Arc::clone(&arrivals), data.clone());
                let mut rng = Rng::keyed(seed, &[1, connection as u64]);
                thread::spawn(move || {
                    let mut stream = BufReader::new(stream.unwrap());
                    while let Some((key, answer)) = request(&mut stream) {
                        *taken.lock().unwrap().entry(key.clone()).or_default() += 1;
                        let looks = arrivals.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOKS_EVERY);
                        if looks && Sealed::read(&data).attempts(&key) == 0 {
                            early.lock().unwrap().push(key);
                        }
                        thread::sleep(Duration::from_millis(rng.below(ANSWER_MS_MAX)));
                        // Who sent it may be dead.
                        let _ = stream.get_mut().write_all(answer.as_bytes());
                    }
                });
            }
        });
        Self { url, taken, early }
    }

    fn taken(&self) -> BTreeMap<String, u64> {
        self.taken.lock().unwrap().clone()
    }
}

/// A request that came whole: its idempotency key, and how it is answered.
fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let (mut length, mut webhook_id) = (0, None);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim_end().is_empty() {
            break;
        }
        let (name, value) = line.trim_end().split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap(),
            "webhook-id" => webhook_id = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let key = webhook_id.unwrap_or_else(|| body["sequence_id"].as_str().unwrap().to_owned());
    let answer = r#"{"id":"taken"}"#;
    Some((key, format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{answer}", answer.len())))
}

/// The key under which a delivery goes by a channel.
fn key(id: &str, channel: &str) -> String {
    match channel {
        "phone" => hex::encode(&Sha256::digest(id.as_bytes())[..16]),
        _ => id.to_owned(),
    }
}

/// What the ledger says, by key.
#[derive(Debug, Default)]
struct Sealed(BTreeMap<String, Vec<DeliveryStep>>);

impl Sealed {
    fn read(data: &Path) -> Self {
        let (mut steps, mut keys) = (BTreeMap::<String, Vec<_>>::new(), BTreeMap::new());
        for event in desk_events(data) {
            let DeskEvent::Delivery(event) = event else { continue };
            if let DeliveryStep::Wanted { channel, .. } = &event.step {
                keys.insert(event.id.clone(), key(&event.id, channel.as_deref().unwrap()));
            }
            steps.entry(keys[&event.id].clone()).or_default().push(event.step);
        }
        Self(steps)
    }

    fn attempts(&self, key: &str) -> u64 {
        let is_attempt = |step: &&DeliveryStep| matches!(step, DeliveryStep::Trying { .. });
        self.0.get(key).map_or(0, |steps| steps.iter().filter(is_attempt).count() as u64)
    }

    fn delivered(&self) -> usize {
        let is_end = |steps: &&Vec<_>| matches!(steps.last(), Some(DeliveryStep::Delivered { .. }));
        self.0.values().filter(is_end).count()
    }

    /// Nothing was sent that was not wanted and begun; a life goes from attempt to attempt, each but
    /// the last cut off by a kill, to its only end.
    fn check(&self, taken: &BTreeMap<String, u64>, when: &str) {
        for (key, count) in taken {
            let attempts = self.attempts(key);
            assert!(*count <= attempts, "{when}: {key} arrived {count} times in {attempts} attempts");
        }
        for (key, steps) in &self.0 {
            for (place, step) in steps.iter().enumerate() {
                let attempts = u32::try_from(place).unwrap();
                let fits = match step {
                    DeliveryStep::Wanted { .. } => place == 0,
                    DeliveryStep::Trying { attempt } => *attempt == attempts,
                    DeliveryStep::Delivered { attempt, .. } => {
                        *attempt + 1 == attempts && place + 1 == steps.len()
                    }
                    _ => false,
                };
                assert!(fits, "{when}: {key} went through {steps:?}");
            }
        }
    }
}

#[test]
fn killed_again_and_again_every_delivery_arrives_under_its_key() {
    const SERVE: &str = "serve --data data --rulebook rulebook --roster roster.yaml --channels channels.yaml \
                         --listen 127.0.0.1:0";
    let (kills, seed) = (number("JIANWEI_KILLS", 20), number("JIANWEI_SEED", 1));
    println!("{kills} kills, seed {seed}");
    let dir = tempfile::tempdir().unwrap();
    let (at, data) = (dir.path(), dir.path().join("data"));
    let sink = Sink::start(seed, data.clone());
    write_rulebook(&at.join("rulebook"));
    std::fs::write(at.join("roster.yaml"), ROSTER).unwrap();
    std::fs::write(at.join("secret"), "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3").unwrap();
    let channels = format!(
        "phone: {{ntfy: {{server: \"{0}\"}}}}\nsystem: {{webhook: {{url: \"{0}/hook\", secret: {{file: secret}}}}}}\n",
        sink.url
    );
    std::fs::write(at.join("channels.yaml"), channels).unwrap();
    let engine = open(&data, Some(ROSTER), Clock::manual(Clock::system().now()));
    turn_red(&engine, 1..1 + ALERTS);
    assert_eq!(engine.desk().deliveries.waiting(), DELIVERIES);
    drop(engine);

    let mut rng = Rng::keyed(seed, &[0]);
    for kill in 1..=kills {
        if rng.below(3) == 0 {
            // Killed while it starts, or begins to send.
            let mut child = Served::spawn(at, SERVE);
            thread::sleep(Duration::from_millis(rng.below(400)));
            child.kill().unwrap();
            child.wait().unwrap();
        } else {
            let served = Served::start(at, SERVE);
            thread::sleep(Duration::from_millis(rng.below(100)));
            served.kill();
        }
        let taken = sink.taken();
        let sealed = Sealed::read(&data);
        sealed.check(&taken, &format!("kill {kill}, seed {seed}"));
        println!("kill {kill}: {} arrived, {} sealed as delivered", taken.len(), sealed.delivered());
    }

    // Whatever is left leaves in the end, however long it takes.
    let mut served = Served::start(at, SERVE);
    while Sealed::read(&data).delivered() < DELIVERIES {
        assert!(served.lives());
        thread::sleep(LOOK_EVERY);
    }
    let (code, said) = served.terminate();
    assert_eq!(code, Some(0), "{said}");

    let (taken, sealed) = (sink.taken(), Sealed::read(&data));
    sealed.check(&taken, "at the end");
    assert!(sink.early.lock().unwrap().is_empty(), "attempts that were not sealed first: {:?}", sink.early);
    assert_eq!((sealed.0.len(), sealed.delivered()), (DELIVERIES, DELIVERIES));
    let wanted: Vec<&String> = sealed.0.keys().collect();
    assert_eq!(taken.keys().collect::<Vec<_>>(), wanted, "each arrived, under its own key");
    let again = sealed.0.keys().filter(|key| sealed.attempts(key) > 1).count();
    let doubled: Vec<_> = taken.iter().filter(|(_, count)| **count > 1).collect();
    for (key, count) in &doubled {
        assert!(sealed.attempts(key) >= **count, "{key} is not recognisable as sent {count} times");
    }
    println!(
        "{DELIVERIES} deliveries in {kills} kills: {again} were cut off and tried again, {} of these had arrived before",
        doubled.len()
    );
    let verified = run(at, "verify data").expect_code(0);
    assert!(verified.out.contains("clean"), "{}", verified.out);
}
