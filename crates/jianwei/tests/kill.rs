//! kill -9 while filings come in: nothing acknowledged is lost, nothing is there twice, the ledger
//! verifies after each kill.
//!
//! `JIANWEI_KILLS=100` makes it longer, `JIANWEI_SEED` another one. The moments of the kills decide
//! what is tried, never what counts as right.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

mod support;

use std::collections::HashSet;
use std::path::Path;
use std::thread;
use std::time::Duration;

use ledger::Reader;
use model::columns::Columns;
use model::institution::InstitutionId;
use seal::EventKind;
use seal::leaf::{Scratch, open_record, read_head};
use sim::TransactionLines;
use sim::rng::Rng;
use support::{Served, run};

/// One institution that files body after body, each until it has a receipt for it.
struct Filer {
    institution: InstitutionId,
    key: String,
    lines: TransactionLines,
    rng: Rng,
    /// Sent and not acknowledged, to be sent again as it is.
    pending: Option<Vec<u8>>,
    acknowledged: HashSet<String>,
    receipts: u64,
}

impl Filer {
    fn next_body(&mut self) -> Vec<u8> {
        if let Some(pending) = self.pending.take() {
            return pending;
        }
        // Mostly small pushes, sometimes a filing of several chunks.
        let lines =
            if self.rng.below(10) == 0 { 4_000 + self.rng.below(8_000) } else { 1 + self.rng.below(400) };
        let mut body = Vec::new();
        self.lines.append(lines, &mut body);
        body
    }

    /// Files until the server is gone.
    fn file_until_killed(&mut self, url: &str, agent: &ureq::Agent) {
        loop {
            let body = self.next_body();
            if !self.file(url, agent, &body) {
                self.pending = Some(body);
                return;
            }
        }
    }

    /// Whether there is a receipt for the body.
    fn file(&mut self, url: &str, agent: &ureq::Agent, body: &[u8]) -> bool {
        let sent = agent
            .post(format!("{url}/v1/filings/transaction"))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/x-ndjson")
            .header("filing-version", "1")
            .send(body);
        let Ok(mut response) = sent else { return false };
        let Ok(answer) = response.body_mut().read_to_vec() else { return false };
        // A whole answer that is no receipt is a failure of the server, not of the connection.
        assert_eq!(response.status(), 200, "{}", String::from_utf8_lossy(&answer));
        let receipt: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        let ids: Vec<String> =
            body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(id).collect();
        let count = |name: &str| receipt[name].as_u64().unwrap();
        assert_eq!(count("accepted") + count("duplicates"), ids.len() as u64, "{receipt}");
        self.acknowledged.extend(ids);
        self.receipts += 1;
        true
    }
}

fn id(line: &[u8]) -> String {
    let record: serde_json::Value = serde_json::from_slice(line).unwrap();
    record["id"].as_str().unwrap().to_owned()
}

/// Every record in the ledger as institution and id.
fn recorded(data: &Path) -> Vec<(String, String)> {
    let reader = Reader::open(&data.join("ledger")).unwrap();
    let mut scratch = Scratch::default();
    let mut found = Vec::new();
    for frame in reader.read(0..reader.size()) {
        for entry in frame.unwrap().entries() {
            let head = read_head(entry.leaf).unwrap();
            if head.kind == EventKind::Record {
                let mut columns = Columns::new(head.stream.unwrap().fields);
                open_record(&head, entry.payload, None, false, &mut columns, &mut scratch).unwrap();
                found.push((head.institution.to_owned(), columns.id(0).to_owned()));
            }
        }
    }
    found
}

/// Nothing acknowledged is missing, nothing is there twice.
fn check(data: &Path, filers: &[Filer], when: &str) -> usize {
    let all = recorded(data);
    let distinct: HashSet<&(String, String)> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "{when}: records are there twice");
    for filer in filers {
        let institution = filer.institution.to_string();
        let lost =
            filer.acknowledged.iter().find(|id| !distinct.contains(&(institution.clone(), (*id).clone())));
        assert_eq!(lost, None, "{when}: an acknowledged record is lost");
    }
    all.len()
}

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
fn killed_again_and_again_nothing_acknowledged_is_lost_or_doubled() {
    const SERVE: &str = "serve --data data --listen 127.0.0.1:0";
    let (kills, seed) = (number("JIANWEI_KILLS", 20), number("JIANWEI_SEED", 1));
    println!("{kills} kills, seed {seed}");
    let dir = tempfile::tempdir().unwrap();
    let (at, data) = (dir.path(), dir.path().join("data"));
    Served::start(at, SERVE).kill();
    let mut rng = Rng::keyed(seed, &[0]);
    let mut filers: Vec<Filer> = (1..=2)
        .map(|number: u32| {
            let institution = InstitutionId::synthetic(number);
            let issued =
                run(at, &format!("keys issue --data data --institution {institution}")).expect_code(0);
            Filer {
                institution,
                key: issued.out.trim().to_owned(),
                lines: sim::transactions(u64::from(number), 100_000_000),
                rng: Rng::keyed(seed, &[u64::from(number)]),
                pending: None,
                acknowledged: HashSet::new(),
                receipts: 0,
            }
        })
        .collect();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(120)))
        .build()
        .into();

    for kill in 1..=kills {
        if rng.below(6) == 0 {
            // Killed while it recovers from the kill before.
            let mut child = Served::spawn(at, SERVE);
            thread::sleep(Duration::from_millis(rng.below(60)));
            child.kill().unwrap();
            child.wait().unwrap();
        } else {
            let served = Served::start(at, SERVE);
            let (url, agent) = (served.url.clone(), &agent);
            thread::scope(|scope| {
                for filer in &mut filers {
                    let url = &url;
                    scope.spawn(move || filer.file_until_killed(url, agent));
                }
                thread::sleep(Duration::from_millis(20 + rng.below(500)));
                served.kill();
            });
        }
        let verified = run(at, "verify data").expect_code(0);
        assert!(verified.out.contains("clean"), "kill {kill}: {}", verified.out);
        let records = check(&data, &filers, &format!("kill {kill}, seed {seed}"));
        println!("kill {kill}: {records} records");
    }

    // What had no receipt is sent again; then all of it is there, once.
    let served = Served::start(at, SERVE);
    for filer in &mut filers {
        if let Some(pending) = filer.pending.take() {
            assert!(filer.file(&served.url, &agent, &pending));
        }
    }
    let (code, said) = served.terminate();
    assert_eq!(code, Some(0), "{said}");
    let records = check(&data, &filers, "at the end");
    let acknowledged: usize = filers.iter().map(|filer| filer.acknowledged.len()).sum();
    assert_eq!(records, acknowledged, "what is in the ledger is what was acknowledged");
    let receipts: u64 = filers.iter().map(|filer| filer.receipts).sum();
    assert!(receipts > 0);
    println!("{records} records, {receipts} receipts");
    let opened = run(at, "verify --open data").expect_code(0);
    assert!(opened.out.contains("clean"), "{}", opened.out);
    let replayed = run(at, "replay --data data").expect_code(0);
    assert!(replayed.out.contains(": equal;"), "{}", replayed.out);
}
