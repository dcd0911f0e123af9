//! Filing over real HTTP on loopback: what is taken, what is refused, and what a receipt says.

mod support;

use std::io::Read;

use model::fault::FaultCode;
use model::time::Time;
use support::{Answer, Site, transaction, transaction_of, transactions};

#[test]
fn a_filing_gets_its_receipt_and_the_same_again_the_first() {
    let site = Site::start();
    let headers = [("Filing-Date", "2026-03-02"), ("Filing-Final", "true"), ("Filing-Records", "3")];
    let first = site.file("", &headers, transactions(0..3).as_bytes());
    let receipt = first.json();
    assert_eq!(first.status, 200, "{receipt:#}");
    assert_eq!(
        (&receipt["lines"], &receipt["accepted"], &receipt["refused"]),
        (&3.into(), &3.into(), &0.into())
    );
    assert_eq!(receipt["positions"], serde_json::json!({ "first": 0, "last": 2 }));
    assert_eq!(receipt["final"], true);
    let filing = receipt["filing"].as_str().unwrap();
    assert_eq!(first.header("location"), Some(format!("/v1/filings/{filing}").as_str()));
    let size = site.settled();

    let again = site.file("", &headers, transactions(0..3).as_bytes());
    assert_eq!(again.json(), receipt);
    assert_eq!(site.settled(), size);
    assert_eq!(site.get(&format!("/v1/filings/{filing}"), Some(&site.key)).json(), receipt);
}

#[test]
fn bodies_come_in_any_coding_and_framing() {
    let site = Site::start();
    let gzip = |text: &str| {
        let mut bytes = Vec::new();
        flate2::read::GzEncoder::new(text.as_bytes(), flate2::Compression::fast())
            .read_to_end(&mut bytes)
            .unwrap();
        bytes
    };
    let zstd = zstd::encode_all(transactions(0..4).as_bytes(), 3).unwrap();
    assert_eq!(site.file("", &[("Content-Encoding", "zstd")], &zstd).json()["accepted"], 4);
    let members = [gzip(&transactions(4..6)), gzip(&transactions(6..8))].concat();
    assert_eq!(site.file("", &[("Content-Encoding", "gzip")], &members).json()["accepted"], 4);
    assert_eq!(
        site.file("", &[("Content-Encoding", "identity")], transactions(8..10).as_bytes()).json()["accepted"],
        2
    );

    // In chunks that end anywhere, with trailers behind.
    let bearer = format!("Bearer {}", site.key);
    let headers =
        [("Authorization", bearer.as_str()), ("Filing-Version", "1"), ("Transfer-Encoding", "chunked")];
    let mut stream = site.begin("POST /v1/filings/transaction", &headers);
    for piece in transactions(10..30).as_bytes().chunks(7) {
        support::write(&mut stream, format!("{:x}\r\n", piece.len()).as_bytes());
        support::write(&mut stream, &[piece, b"\r\n"].concat());
    }
    support::write(&mut stream, b"0\r\nX-Sum: 1\r\n\r\n");
    let answer = Answer::read(stream);
    assert_eq!(answer.json()["accepted"], 20);
}

/// One request that is refused whole, and what is answered.
struct Bad {
    name: &'static str,
    answer: &'static str,
    request: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: Vec<u8>,
}

#[test]
fn a_request_that_is_wrong_is_refused_and_the_next_is_served() {
    let site = Site::start();
    let revoked = {
        let key = site.engine.access().issue(engine::access::Role::Supervisor, Time(0)).unwrap();
        site.engine.access().revoke(key.split('_').nth(1).unwrap(), Time(1)).unwrap();
        key
    };
    let zstd = zstd::encode_all(transactions(100..200).as_bytes(), 3).unwrap();
    let cut = |bytes: &[u8]| bytes[..bytes.len() - 5].to_vec();
    let mut gzip = Vec::new();
    flate2::read::GzEncoder::new(transactions(100..200).as_bytes(), flate2::Compression::fast())
        .read_to_end(&mut gzip)
        .unwrap();
    let good = || transaction(100).into_bytes();
    let row = |name, answer, request, headers, body| Bad { name, answer, request, headers, body };
    const HERE: &str = "transaction";
    // In a value, KEY, OTHER, SUPERVISOR and REVOKED stand for those keys. `Authorization` and
    // `Filing-Version` are right unless the row has them; `-` leaves a header out.
    #[rustfmt::skip]
    let table = [
        row("no key",                  "401 key_missing",           HERE, &[("Authorization", "-")], good()),
        row("another scheme",          "401 key_missing",           HERE, &[("Authorization", "Basic dTpw")], good()),
        row("an unknown key",          "401 key_unknown",           HERE, &[("Authorization", "Bearer jw_0_0")], good()),
        row("no key at all",           "401 key_missing",           HERE, &[("Authorization", "Bearer")], good()),
        row("a revoked key",           "401 key_revoked",           HERE, &[("Authorization", "Bearer REVOKED")], good()),
        row("a supervisor's key",      "403 not_allowed",           HERE, &[("Authorization", "Bearer SUPERVISOR")], good()),
        row("another institution",     "403 wrong_institution",     "transaction?institution=91350100M000100Y43", &[], good()),
        row("another in the head",     "403 wrong_institution",     HERE, &[("Filing-Institution", "91350100M000100Y43")], good()),
        row("an unknown stream",       "404 unknown_stream",        "transactions", &[], good()),
        row("no text for a stream",    "404 unknown_stream",        "%FF", &[], good()),
        row("no version",              "400 missing_header",        HERE, &[("Filing-Version", "-")], good()),
        row("another version",         "400 unsupported_version",   HERE, &[("Filing-Version", "2")], good()),
        row("an odd version",          "400 unsupported_version",   HERE, &[("Filing-Version", "01")], good()),
        row("a bad date",              "400 malformed_header",      HERE, &[("Filing-Date", "2026-02-30")], good()),
        row("a date twice",            "400 malformed_header",      HERE, &[("Filing-Date", "2026-03-02"), ("Filing-Date", "2026-03-02")], good()),
        row("a header in Chinese",     "400 malformed_header",      HERE, &[("Filing-Date", "三月二日")], good()),
        row("maybe final",             "400 malformed_header",      HERE, &[("Filing-Date", "2026-03-02"), ("Filing-Final", "maybe")], good()),
        row("final of no date",        "400 missing_header",        HERE, &[("Filing-Final", "true")], good()),
        row("minus one record",        "400 malformed_header",      HERE, &[("Filing-Records", "-1")], good()),
        row("an unknown mode",         "400 malformed_value",       "transaction?mode=all", &[], good()),
        row("a misspelt parameter",    "400 unknown_field",         "transaction?mod=atomic", &[], good()),
        row("a parameter twice",       "400 duplicate_field",       "transaction?mode=lines&mode=atomic", &[], good()),
        row("an unknown coding",       "415 unsupported_encoding",  HERE, &[("Content-Encoding", "br")], good()),
        row("two codings",             "415 unsupported_encoding",  HERE, &[("Content-Encoding", "gzip, zstd")], good()),
        row("a coding twice",          "415 unsupported_encoding",  HERE, &[("Content-Encoding", "gzip"), ("Content-Encoding", "zstd")], good()),
        row("no zstd",                 "400 broken_compression",    HERE, &[("Content-Encoding", "zstd")], good()),
        row("no gzip",                 "400 broken_compression",    HERE, &[("Content-Encoding", "gzip")], good()),
        row("zstd cut off",            "400 broken_compression",    "transaction?mode=atomic", &[("Content-Encoding", "zstd")], cut(&zstd)),
        row("gzip cut off",            "400 broken_compression",    "transaction?mode=atomic", &[("Content-Encoding", "gzip")], cut(&gzip)),
        row("atomic, a line refused",  "422 atomic_refused",        "transaction?mode=atomic", &[], [good(), b"\nx\n".to_vec()].concat()),
        row("atomic, one announced",   "409 count_differs",         "transaction?mode=atomic", &[("Filing-Records", "2")], good()),
    ];
    for bad in &table {
        let value = |value: &str| {
            let value = value.replace("SUPERVISOR", &site.supervisor_key).replace("REVOKED", &revoked);
            if value == "-" { None } else { Some(value) }
        };
        let given: Vec<_> = bad.headers.iter().map(|(name, text)| (*name, value(text))).collect();
        let missing = |name: &str| !given.iter().any(|(known, _)| *known == name);
        let mut headers: Vec<(&str, String)> =
            given.iter().filter_map(|(name, text)| Some((*name, text.clone()?))).collect();
        if missing("Authorization") {
            headers.push(("Authorization", format!("Bearer {}", site.key)));
        }
        if missing("Filing-Version") {
            headers.push(("Filing-Version", "1".to_owned()));
        }
        let headers: Vec<_> = headers.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let answer = site.send(&format!("POST /v1/filings/{}", bad.request), &headers, &bad.body);
        assert_eq!(answer.outcome(), bad.answer, "{}: {}", bad.name, answer.text());
        let problem = answer.json();
        assert_eq!(problem["status"], answer.status, "{}", bad.name);
        let code = FaultCode::ALL.iter().find(|code| problem["code"] == code.code()).unwrap();
        assert_eq!(
            (problem["title"].as_str(), problem["title_zh"].as_str()),
            (Some(code.help()), Some(code.help_zh()))
        );
        assert_eq!(
            answer.header("www-authenticate"),
            (answer.status == 401).then_some("Bearer"),
            "{}",
            bad.name
        );
        for secret in [&site.key, &revoked, &site.supervisor_key] {
            assert!(!answer.text().contains(secret.as_str()), "{}", bad.name);
        }
        assert_eq!(site.engine.reader().size(), 0, "{}: nothing was taken", bad.name);
    }
    assert_eq!(site.file("?mode=atomic", &[], &good()).json()["accepted"], 1);
}

#[test]
fn bad_lines_among_good_ones_are_named_and_listed() {
    let site = Site::start();
    let huge = format!(r#"{{"id":"huge","user":"{}"}}"#, "x".repeat(2 << 20));
    let deep = "[".repeat(100_000);
    let lines: Vec<(Vec<u8>, &str)> = vec![
        (transaction(0).into(), ""),
        (b"{\"id\":".to_vec(), "malformed_json"),
        (b"\xff\xfe".to_vec(), "not_utf8"),
        (huge.into(), "line_too_long"),
        (deep.into(), "malformed_json"),
        (transaction(1).replace("\"amount\":\"20.00\"", "\"amount\":\"1.001\"").into(), "too_precise"),
        (transaction(1).replace("\"amount\"", "\"id\":\"t-1\",\"amount\"").into(), "duplicate_field"),
        (transaction(1).replace("\"channel\"", "\"chanel\"").into(), "unknown_field"),
        (transaction(1).replace("2026-03-02", "2027-03-02").into(), "in_future"),
        (transaction(1).into(), ""),
    ];
    let body = lines.iter().map(|(line, _)| line.as_slice()).collect::<Vec<_>>().join(&b'\n');
    let answer = site.file("", &[], &body);
    let receipt = answer.json();
    assert_eq!(answer.status, 200, "{receipt:#}");
    assert_eq!((&receipt["accepted"], &receipt["refused"]), (&2.into(), &8.into()));
    let refusals = receipt["refusals"].as_array().unwrap();
    let wanted: Vec<_> = (1..).zip(&lines).filter(|(_, (_, code))| !code.is_empty()).collect();
    for (refused, (line, (_, code))) in refusals.iter().zip(wanted) {
        assert_eq!(refused["line"], line, "{refused}");
        assert_eq!(refused["faults"][0]["code"], *code, "{refused}");
    }

    let path = format!("/v1/filings/{}/refusals", receipt["filing"].as_str().unwrap());
    let part = site.get(&format!("{path}?offset=2&limit=3"), Some(&site.key)).json();
    assert_eq!((&part["total"], &part["offset"]), (&8.into(), &2.into()));
    assert_eq!(part["refusals"].as_array().unwrap(), &refusals[2..5]);
    assert_eq!(site.get(&format!("{path}?offset=-1"), Some(&site.key)).outcome(), "400 malformed_value");
    assert_eq!(
        site.get(&format!("{path}?offset=99"), Some(&site.key)).json()["refusals"],
        serde_json::json!([])
    );
}

/// The same lines with the bad one elsewhere: another filing, since its receipt says another number.
#[test]
fn where_a_bad_line_stands_is_part_of_the_filing() {
    let site = Site::start();
    let file = |body: String| site.file("", &[], body.as_bytes()).json();
    let first = file(format!("{}x\n", transactions(0..3)));
    let second = file(format!("x\n{}", transactions(0..3)));
    assert_eq!((&first["refusals"][0]["line"], &second["refusals"][0]["line"]), (&4.into(), &1.into()));
    assert_eq!((&second["duplicates"], &second["accepted"]), (&3.into(), &0.into()));
    assert_eq!(file(format!("{}x\n", transactions(0..3))), first, "the first receipt");
}

#[test]
fn changed_content_is_refused_and_a_revision_taken() {
    let site = Site::start();
    let file = |line: String| {
        let receipt = site.file("", &[], line.as_bytes()).json();
        let code = receipt["refusals"][0]["faults"][0]["code"].as_str().unwrap_or("").to_owned();
        (receipt["accepted"].as_u64().unwrap(), receipt["duplicates"].as_u64().unwrap(), code)
    };
    assert_eq!(file(transaction_of(1, "20.00", 0)), (1, 0, String::new()));
    // Written differently, the same content: only an extra line makes it another filing.
    assert_eq!(file(transaction_of(1, "20", 0) + "\n" + &transaction(2)), (1, 1, String::new()));
    assert_eq!(file(transaction_of(1, "21.00", 0)), (0, 0, "content_differs".to_owned()));
    assert_eq!(file(transaction_of(1, "21.00", 2)), (0, 0, "revision_not_next".to_owned()));
    assert_eq!(file(transaction_of(1, "21.00", 1)), (1, 0, String::new()));

    let atomic = transaction(3) + "\n" + &transaction_of(1, "22.00", 0);
    let answer = site.file("?mode=atomic", &[], atomic.as_bytes());
    assert_eq!(answer.outcome(), "422 atomic_refused");
    assert_eq!(answer.json()["refusals"][0]["line"], 2);
    assert_eq!(file(transaction(3)), (1, 0, String::new()), "the atomic filing left nothing behind");
}

#[test]
fn an_announced_number_that_differs_is_a_warning_line_by_line() {
    let site = Site::start();
    let receipt = site.file("", &[("Filing-Records", "3")], transactions(0..2).as_bytes()).json();
    assert_eq!(receipt["accepted"], 2);
    assert!(receipt["warnings"][0].as_str().unwrap().contains("3 lines were announced"), "{receipt:#}");
}

#[test]
fn filings_at_once_lose_and_double_nothing() {
    let site = Site::start();
    let accepted: Vec<u64> = std::thread::scope(|scope| {
        let filings = [0..6000, 6000..9000, 3000..9000, 0..9000];
        let threads = filings.map(|numbers| {
            let site = &site;
            scope.spawn(move || {
                let receipt = site.file("", &[], transactions(numbers.clone()).as_bytes()).json();
                let count = |name: &str| receipt[name].as_u64().unwrap();
                assert_eq!(count("accepted") + count("duplicates"), numbers.end - numbers.start);
                count("accepted")
            })
        });
        threads.map(|thread| thread.join().unwrap()).into()
    });
    assert_eq!(accepted.iter().sum::<u64>(), 9000);
}
