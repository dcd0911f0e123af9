//! From a filing that makes an institution red to the push on the supervisor's phone (requirement
//! 2.7): at rest, and while others file as fast as they can. Where the time goes is read back from
//! the ledger, whose events bear their times.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use engine::DataDir;
use engine::scan::{Item, scan_wanted};
use ledger::{KeyStore, Reader};
use model::clock::Clock;
use model::institution::InstitutionId;
use model::time::Time;
use seal::EventKind;
use sim::rng::Rng;
use sim::transactions;
use workflow::alert::AlertStep;
use workflow::delivery::{DeliveryStep, Purpose};
use workflow::desk::DeskEvent;

use super::load::{Client, load_until};
use super::measure::quantile;
use super::report::{Figure, Report, number, progress};
use super::server::Server;
use super::sink::Sink;
use super::{CommonArgs, Fallible, rules};

/// Transactions of the filings that go on beside.
const BESIDE_RECORDS: u64 = 50_000;
/// Transactions that a connection files at most, of a tenth as many users.
const LOAD_RECORDS: u64 = 20_000_000;
/// The load runs for so long before the first sample.
const WARM: Duration = Duration::from_secs(3);
/// Institutions that turn red side by side.
const SIDE_BY_SIDE: u32 = 4;
/// Pause between two samples of a side, on average.
const PAUSE_MEAN_MS: u64 = 200;
/// How long a push may take until the measurement is given up.
const PUSH_WAIT: Duration = Duration::from_secs(120);
/// The number of the first institution that turns red.
const FIRST: u32 = 1000;

const ROSTER: &str = "authority: {zh: 测速局, en: Bench Bureau}
document_mark: 测
bureaus:
  - {id: all, name: {zh: 监管处, en: Supervision}, chain: [duty]}
people:
  - {id: duty, name: {zh: 值班员, en: Duty officer}, post: head, reach: [{for: push, channel: phone, to: duty}]}
";

#[derive(Args, Debug)]
pub(super) struct AlertsArgs {
    /// Institutions that turn red at rest, and as many under load
    #[arg(long, value_name = "N", default_value_t = 300)]
    samples: u32,
    /// Connections that file without pause under load, each of another institution
    #[arg(long, value_name = "N", default_value_t = 2)]
    connections: u32,
    /// Measure under the rulebook that is shipped, with all its queries, and the thirty rules beside
    #[arg(long)]
    shipped: bool,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

/// One filing that makes its institution red.
#[derive(Clone, Debug)]
struct Sample {
    institution: String,
    /// The body was fully sent.
    sent: Time,
    /// The receipt was there.
    answered: Time,
}

/// Measures both, and prints where the time goes.
pub(super) fn measure(args: &AlertsArgs, dir: &Path, report: &mut Report) -> Fallible<()> {
    let sink = Sink::start()?;
    let (rulebook, roster, channels) = (dir.join("rulebook"), dir.join("roster"), dir.join("channels"));
    match args.shipped {
        true => rules::write_with_shipped(&rulebook)?,
        false => rules::write(&rulebook)?,
    }
    std::fs::write(&roster, ROSTER)?;
    std::fs::write(&channels, format!("phone: {{ntfy: {{server: \"{}\"}}}}\n", sink.url))?;
    let files: [(&str, &Path); 3] =
        [("--rulebook", &rulebook), ("--roster", &roster), ("--channels", &channels)];
    let server = Server::start_with(&dir.join("alerts"), &files)?;
    let keys: Vec<String> =
        (FIRST..FIRST + 2 * args.samples).map(|number| server.key_of(number)).collect::<Fallible<_>>()?;

    let load_keys: Vec<String> =
        (1..=args.connections).map(|number| server.key_of(number)).collect::<Fallible<_>>()?;

    progress("alerts: the server at rest");
    let at_rest = samples(&server, &keys, FIRST..FIRST + args.samples, Some(&sink))?;
    progress("alerts: under load");
    let stop = AtomicBool::new(false);
    let (under_load, filed, seconds) = thread::scope(|scope| -> Fallible<_> {
        let loading: Vec<_> = load_keys
            .iter()
            .zip(1..)
            .map(|(key, seed)| {
                let (stop, server) = (&stop, &server);
                scope.spawn(move || -> Fallible<u64> {
                    let client = Client::with_key(server, key);
                    let today = Clock::system().now().day();
                    let lines = transactions(seed, LOAD_RECORDS).over(today, 1);
                    load_until(&client, lines, BESIDE_RECORDS, stop)
                })
            })
            .collect();
        let begun = Instant::now();
        thread::sleep(WARM);
        let red = samples(&server, &keys, FIRST + args.samples..FIRST + 2 * args.samples, None);
        let is_loaded = loading.iter().all(|loader| !loader.is_finished());
        stop.store(true, Ordering::Relaxed);
        let mut filed = 0;
        for loader in loading {
            filed += loader.join().map_err(|_| "a connection failed")??;
        }
        let seconds = begun.elapsed().as_secs_f64();
        match is_loaded {
            true => Ok((red?, filed, seconds)),
            false => Err("the load ended before the last sample".into()),
        }
    })?;
    let arrived = arrivals(&sink, at_rest.iter().chain(&under_load))?;
    let data = server.stop()?;
    progress("alerts: reading the ledger");
    let sealed = sealed(&data)?;
    for (name, samples) in [("at rest", &at_rest), ("under load", &under_load)] {
        let title = format!("From a filing to the push, {name}: {} institutions turn red", samples.len());
        report.section(&title, figures(samples, &arrived, &sealed)?)?;
    }
    let rate = Figure::new("records a second that others filed meanwhile", filed as f64 / seconds, "");
    report.section("The load", vec![rate.beside(format!("{} connections", args.connections))])
}

/// Files for each institution of a range; waits for each push before the next when a sink is
/// given, else goes on at moments that do not depend on when pushes arrive.
fn samples(
    server: &Server,
    keys: &[String],
    institutions: std::ops::Range<u32>,
    wait_at: Option<&Sink>,
) -> Fallible<Vec<Sample>> {
    let next = AtomicU32::new(institutions.start);
    let sides = if wait_at.is_some() { 1 } else { SIDE_BY_SIDE };
    thread::scope(|scope| {
        let sides: Vec<_> = (0..sides)
            .map(|side| {
                let (next, institutions) = (&next, &institutions);
                scope.spawn(move || -> Fallible<Vec<Sample>> {
                    let mut rng = Rng::keyed(7, &[u64::from(side)]);
                    let mut samples = Vec::new();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= institutions.end {
                            return Ok(samples);
                        }
                        let key = keys.get((number - FIRST) as usize).ok_or("a key is missing")?;
                        let sample = turn_red(server, key, number)?;
                        match wait_at {
                            Some(sink) => drop(arrivals(sink, [&sample])?),
                            None => thread::sleep(Duration::from_millis(rng.below(2 * PAUSE_MEAN_MS))),
                        }
                        samples.push(sample);
                    }
                })
            })
            .collect();
        let mut all = Vec::new();
        for side in sides {
            all.extend(side.join().map_err(|_| "a connection failed")??);
        }
        Ok(all)
    })
}

/// Files one transaction that makes an institution red. By hand, so that the moment is known at
/// which the body was fully sent.
fn turn_red(server: &Server, key: &str, number: u32) -> Fallible<Sample> {
    let clock = Clock::system();
    let body = format!(
        "{{\"id\":\"red-{number}\",\"time\":\"{}\",\"user\":\"p1:9869806b11c5a57357ea151d16867c\",\
         \"amount\":\"600000.00\",\"kind\":\"deposit\",\"direction\":\"in\",\"channel\":\"app\"}}\n",
        clock.now()
    );
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://"))?;
    stream.set_nodelay(true)?;
    let request = format!(
        "POST /v1/filings/transaction HTTP/1.1\r\nhost: bench\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\
         content-type: application/x-ndjson\r\nfiling-version: {}\r\ncontent-length: {}\r\n\r\n{body}",
        model::STANDARD_VERSION,
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let sent = clock.now();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answered = clock.now();
    let answer = String::from_utf8_lossy(&answer);
    match answer.starts_with("HTTP/1.1 200") && answer.contains("\"accepted\":1") {
        true => {
            let institution = InstitutionId::synthetic(number).as_str().to_owned();
            Ok(Sample { institution, sent, answered })
        }
        false => Err(format!("a filing was answered {answer}").into()),
    }
}

/// When the first push about each institution arrived; waits until each has.
fn arrivals<'s>(
    sink: &Sink,
    samples: impl IntoIterator<Item = &'s Sample>,
) -> Fallible<HashMap<String, Time>> {
    let wanted: Vec<&str> = samples.into_iter().map(|sample| sample.institution.as_str()).collect();
    let begun = Instant::now();
    let (mut found, mut read) = (HashMap::new(), 0);
    loop {
        let arrived = sink.arrived();
        for arrival in arrived.iter().skip(read) {
            for institution in wanted.iter().filter(|institution| arrival.body.contains(*institution)) {
                found.entry((*institution).to_owned()).or_insert(arrival.at);
            }
        }
        read = arrived.len();
        if found.len() == wanted.len() {
            return Ok(found);
        }
        if begun.elapsed() > PUSH_WAIT {
            return Err(format!("{} pushes did not arrive", wanted.len() - found.len()).into());
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Times that the ledger bears for an institution.
#[derive(Clone, Copy, Debug, Default)]
struct Sealed {
    received: Option<Time>,
    opened: Option<Time>,
    trying: Option<Time>,
}

fn sealed(data: &Path) -> Fallible<HashMap<String, Sealed>> {
    let dirs = DataDir::new(data);
    let (reader, keys) = (Reader::open(&dirs.ledger())?, KeyStore::open_read_only(&dirs.ledger())?);
    let mut all: HashMap<String, Sealed> = HashMap::new();
    let mut pushes = HashMap::new();
    let kinds = [EventKind::Filing, EventKind::Alert, EventKind::Delivery];
    scan_wanted(
        &reader,
        &keys,
        0..reader.size(),
        &[],
        |head| kinds.contains(&head.kind),
        |item| {
            match item {
                Item::Receipt(receipt, _) => {
                    let of = all.entry(receipt.institution.as_str().to_owned()).or_default();
                    of.received.get_or_insert(receipt.received_at);
                }
                Item::Desk(event, _) => match *event {
                    DeskEvent::Alert(event) if matches!(event.step, AlertStep::Opened { .. }) => {
                        all.entry(event.institution).or_default().opened.get_or_insert(event.at);
                    }
                    DeskEvent::Delivery(event) => match event.step {
                        DeliveryStep::Wanted { purpose: Purpose::Alert, .. } => {
                            pushes.insert(event.id, event.institution);
                        }
                        DeliveryStep::Trying { .. } if pushes.contains_key(&event.id) => {
                            all.entry(event.institution).or_default().trying.get_or_insert(event.at);
                        }
                        _ => {}
                    },
                    _ => {}
                },
                _ => {}
            }
            Ok(())
        },
    )?;
    Ok(all)
}

fn figures(
    samples: &[Sample],
    arrived: &HashMap<String, Time>,
    sealed: &HashMap<String, Sealed>,
) -> Fallible<Vec<Figure>> {
    let mut spans: [(&str, Vec<Duration>); 6] = [
        ("from the receipt to the push", Vec::new()),
        ("from the body's last byte to the push", Vec::new()),
        ("· body sent → receipt answered", Vec::new()),
        ("· received → evaluated, alert decided", Vec::new()),
        ("· alert decided → sealed, attempt begins", Vec::new()),
        ("· attempt begins → sealed, push arrived", Vec::new()),
    ];
    for sample in samples {
        let arrived = *arrived.get(&sample.institution).ok_or("a push is missing")?;
        let of = sealed.get(&sample.institution).copied().unwrap_or_default();
        let (Some(received), Some(opened), Some(trying)) = (of.received, of.opened, of.trying) else {
            return Err(format!("the ledger says nothing of {}", sample.institution).into());
        };
        let ends = [
            (sample.answered, arrived),
            (sample.sent, arrived),
            (sample.sent, sample.answered),
            (received, opened),
            (opened, trying),
            (trying, arrived),
        ];
        for ((_, span), (from, to)) in spans.iter_mut().zip(ends) {
            span.push(Duration::from_micros(u64::try_from(to.0 - from.0).unwrap_or_default()));
        }
    }
    let mut figures = Vec::new();
    for (name, mut span) in spans {
        span.sort_unstable();
        for (share, at) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
            let figure =
                Figure::new(format!("{name}: {share}"), quantile(&span, at).as_secs_f64() * 1e3, "ms");
            let is_aim = share == "p99" && !name.starts_with('·');
            figures.push(if is_aim {
                figure.beside(format!("aim: under {}", number(1000.0)))
            } else {
                figure
            });
        }
    }
    Ok(figures)
}
