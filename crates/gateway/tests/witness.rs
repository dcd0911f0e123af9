//! A ledger and its witnesses, each behind its own socket on loopback.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

mod support;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use gateway::{CosigningOptions, GatewayOptions, WitnessAddress};
use model::clock::Clock;
use model::time::Time;
use support::{Answer, Site, transactions};
use tlog::{
    Checkpoint, Cosigner, LogProof, Sha256Tree, SignedCheckpoint, Signer, Tree, TreeHasher, TrustedLog,
    VerifierKey, Witness, WitnessPolicy,
};
use tokio::sync::oneshot;

const ORIGIN: &str = "jianwei.example/ledger";

/// A witness that is served until it is dropped.
struct Served {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Served {
    fn start(cosigner: Cosigner, log: VerifierKey, state: &Path, listen: &str) -> Self {
        let witness = Witness::new(Sha256Tree, cosigner, [TrustedLog::of_key(log)]);
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let (state, listen) = (state.to_owned(), listen.parse().unwrap());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let serving = gateway::witness::serve(
                witness,
                &state,
                Clock::manual(Time(1_793_678_400_000_000)),
                listen,
                move |address| tell.send(address).unwrap(),
                async move { drop(stopped.await) },
            );
            runtime.block_on(serving).unwrap();
        });
        Self { address: told.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    fn ask(&self, body: &str) -> Answer {
        let mut stream = std::net::TcpStream::connect(self.address).unwrap();
        let head =
            format!("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {}\r\n\r\n", body.len());
        support::write(&mut stream, head.as_bytes());
        support::write(&mut stream, body.as_bytes());
        Answer::read(stream)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap();
    }
}

fn cosigner(number: u8) -> Cosigner {
    Cosigner::from_seed(format!("witness.example/{number}"), &[number; 32]).unwrap()
}

/// A signed head over `size` leaves of a made-up log.
fn head(size: u8) -> SignedCheckpoint {
    let mut tree = Tree::new(Sha256Tree);
    (0..size).for_each(|n| tree.push(Sha256Tree.leaf(&[n])));
    let signer = Signer::from_seed(ORIGIN, &[1; 32]).unwrap();
    SignedCheckpoint::sign(Checkpoint::new(ORIGIN, u64::from(size), tree.root()).unwrap(), &signer)
}

#[test]
fn a_witness_answers_as_specified_and_remembers_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("witness.json");
    let log = Signer::from_seed(ORIGIN, &[1; 32]).unwrap().verifier_key().clone();
    let served = Served::start(cosigner(50), log.clone(), &state, "127.0.0.1:0");

    let answer = served.ask(&format!("old 0\n\n{}", head(3)));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let cosignatures = tlog::witness::parse_cosignatures(&answer.text()).unwrap();
    let mut signed = head(3);
    cosignatures.into_iter().for_each(|one| signed.add(one));
    let policy = WitnessPolicy::new(1, vec![cosigner(50).verifier_key().clone()]).unwrap();
    assert_eq!(policy.check(&signed).unwrap()[0].cosigned_at_s, Some(1_793_678_400));

    for (body, status, says) in [
        (format!("old 0\n\n{}", head(4)), 409, "3\n"),
        (format!("old 3\n\n{}", head(4)), 422, ""),
        (format!("old 5\n\n{}", head(4)), 400, ""),
        (format!("old 3\n\n{}", head(4)).replacen(ORIGIN, "other.example", 1), 404, ""),
        (format!("old 3\n\n{}", head(4)).replacen("\n4\n", "\n5\n", 1), 403, ""),
        ("nonsense".to_owned(), 400, ""),
        ("x".repeat(3 << 20), 400, ""),
    ] {
        let answer = served.ask(&body);
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(says.is_empty() || answer.text() == says);
        let content_type = if status == 409 { "text/x.tlog.size" } else { "text/plain; charset=utf-8" };
        assert_eq!(answer.header("content-type"), Some(content_type));
    }
    assert_eq!(served.ask(&format!("old 3\n\n{}", head(3))).status, 200, "the same head again");

    drop(served);
    let served = Served::start(cosigner(50), log, &state, "127.0.0.1:0");
    let answer = served.ask(&format!("old 0\n\n{}", head(4)));
    assert_eq!((answer.status, answer.text().as_str()), (409, "3\n"));
}

#[test]
fn a_checkpoint_is_published_with_the_cosignatures_of_its_witnesses() {
    let dir = tempfile::tempdir().unwrap();
    // The ledger's key is made when it is created, so the witnesses start after it, on the ports
    // that it was told.
    let ports: Vec<SocketAddr> =
        (0..2).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()).collect();
    let witnesses = [50, 51, 52].map(|number| WitnessAddress {
        // The third is never there.
        url: ports
            .get(usize::from(number - 50))
            .map_or("http://127.0.0.1:9".to_owned(), |at| format!("http://{at}/")),
        key: cosigner(number).verifier_key().clone(),
    });
    let policy = |threshold| {
        WitnessPolicy::new(threshold, witnesses.iter().map(|one| one.key.clone()).collect()).unwrap()
    };
    let cosigning = CosigningOptions {
        threshold: 2,
        every: Duration::from_millis(50),
        ..CosigningOptions::new(witnesses.to_vec())
    };
    let site = Site::with(GatewayOptions { cosigning: Some(cosigning), ..GatewayOptions::default() });
    site.file("", &[], transactions(0..3).as_bytes());
    let log = site.engine.reader().verifier_key().clone();
    let published = || SignedCheckpoint::parse(&site.get("/checkpoint", None).body).unwrap();

    let first = Served::start(cosigner(50), log.clone(), &dir.path().join("50.json"), &ports[0].to_string());
    support::until(|| policy(1).check(&published()).is_ok());
    assert!(policy(2).check(&published()).is_err());
    let proof = LogProof::parse(&site.get("/v1/ledger/proofs/0", None).body).unwrap();
    assert!(policy(1).check(&proof.checkpoint).is_err(), "one is not enough for a proof");

    let second = Served::start(cosigner(51), log.clone(), &dir.path().join("51.json"), &ports[1].to_string());
    site.file("", &[], transactions(3..400).as_bytes());
    let size = site.settled();
    support::until(|| policy(2).check(&published()).is_ok() && published().checkpoint().size() == size);
    let leaf = site.engine.reader().entry(0).unwrap().leaf;
    let proof = LogProof::parse(&site.get("/v1/ledger/proofs/0", None).body).unwrap();
    let proven = proof.verify(Sha256Tree, &leaf, &[TrustedLog::of_key(log)], &policy(2)).unwrap();
    assert_eq!(proven.cosigned_by.len(), 2);

    // One goes: what is published goes on, proofs stay with what had enough.
    drop(second);
    site.file("", &[], transactions(400..401).as_bytes());
    let later = site.settled();
    support::until(|| published().checkpoint().size() == later);
    let proof = LogProof::parse(&site.get("/v1/ledger/proofs/0", None).body).unwrap();
    assert_eq!(proof.checkpoint.checkpoint().size(), size);
    let last = format!("/v1/ledger/proofs/{}", later - 1);
    let proof = LogProof::parse(&site.get(&last, None).body).unwrap();
    assert_eq!(proof.checkpoint.checkpoint().size(), later);
    drop(first);
}

#[test]
fn a_cosigned_checkpoint_outlives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options = |number: u8| {
        let key = cosigner(number).verifier_key().clone();
        let cosigning = CosigningOptions {
            every: Duration::from_millis(50),
            ..CosigningOptions::new(vec![WitnessAddress { url: format!("http://{port}"), key }])
        };
        GatewayOptions { cosigning: Some(cosigning), ..GatewayOptions::default() }
    };
    let policy = WitnessPolicy::new(1, vec![cosigner(50).verifier_key().clone()]).unwrap();
    let is_witnessed = |site: &Site| {
        let proof = LogProof::parse(&site.get("/v1/ledger/proofs/0", None).body).unwrap();
        policy.check(&proof.checkpoint).is_ok()
    };
    let data = dir.path().join("data");

    let site = Site::over(&data, options(50));
    site.file("", &[], transactions(0..3).as_bytes());
    assert!(!is_witnessed(&site));
    let log = site.engine.reader().verifier_key().clone();
    let witness = Served::start(cosigner(50), log, &dir.path().join("50.json"), &port.to_string());
    support::until(|| site.engine.reader().cosigned_checkpoint().is_some());
    support::until(|| is_witnessed(&site));
    drop(witness);
    drop(site);

    // The witness is gone. With it asked for, or with none, proofs lead to what it cosigned;
    // with another in its place they do not.
    for (what, options, witnessed) in [
        ("the same witness", options(50), true),
        ("no witness", GatewayOptions::default(), true),
        ("another witness", options(51), false),
        ("the same again", options(50), true),
    ] {
        let site = Site::over(&data, options);
        assert_eq!(is_witnessed(&site), witnessed, "{what}");
    }
}
