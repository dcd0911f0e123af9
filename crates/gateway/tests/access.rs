//! Who may do what: every address against everyone who might ask.

mod support;

use support::{Site, transactions};

/// A filing's own institution, another, the supervisor, nobody.
const TABLE: &str = "
address                              | own | other | supervisor | nobody
POST /v1/filings/transaction         | 200 | 200   | 403        | 401
GET  /v1/filings                     | 200 | 200   | 200        | 401
GET  /v1/filings?institution=OWN     | 200 | 403   | 200        | 401
GET  /v1/filings?institution=x       | 400 | 400   | 400        | 401
GET  /v1/filings?before=FILING       | 200 | 400   | 200        | 401
GET  /v1/filings?before=0123         | 400 | 400   | 400        | 401
GET  /v1/filings?limit=-1            | 400 | 400   | 400        | 401
GET  /v1/filings?offset=1            | 400 | 400   | 400        | 401
POST /v1/filings                     | 405 | 405   | 405        | 405
GET  /v1/filings/FILING              | 200 | 404   | 200        | 401
GET  /v1/filings/0123                | 404 | 404   | 404        | 401
GET  /v1/filings/..%2F..%2Fkeys      | 404 | 404   | 404        | 401
GET  /v1/filings/FILING/refusals     | 200 | 404   | 200        | 401
GET  /v1/filings/..%2Fx/refusals     | 404 | 404   | 404        | 401
GET  /v1/grades                      | 200 | 200   | 200        | 401
GET  /v1/grades?institution=OWN      | 200 | 403   | 200        | 401
GET  /v1/findings                    | 200 | 200   | 200        | 401
GET  /v1/findings?institution=OWN    | 200 | 403   | 200        | 401
GET  /v1/findings?institution=*      | 403 | 403   | 200        | 401
GET  /v1/grades?day=today            | 400 | 400   | 400        | 401
GET  /v1/notices                     | 200 | 200   | 200        | 401
GET  /v1/notices?institution=OWN     | 200 | 403   | 200        | 401
GET  /v1/notices?day=2026-03-02      | 400 | 400   | 400        | 401
POST /v1/call-ups                    | 403 | 403   | 400        | 401
GET  /v1/call-ups                    | 200 | 200   | 200        | 401
GET  /v1/call-ups?institution=OWN    | 200 | 403   | 200        | 401
GET  /v1/call-ups?status=late        | 400 | 400   | 400        | 401
GET  /v1/call-ups/CALLUP             | 200 | 404   | 200        | 401
GET  /v1/call-ups/0123               | 404 | 404   | 404        | 401
PUT  /v1/call-ups/CALLUP/content     | 200 | 404   | 403        | 401
PUT  /v1/call-ups/0123/content       | 404 | 404   | 403        | 401
GET  /v1/call-ups/CALLUP/content     | 403 | 403   | 200        | 401
GET  /v1/call-ups/0123/content       | 403 | 403   | 404        | 401
DELETE /v1/call-ups/CALLUP/content   | 405 | 405   | 405        | 405
GET  /v1/streams                     | 200 | 200   | 200        | 200
GET  /v1/streams/transaction/schema  | 200 | 200   | 200        | 200
GET  /v1/streams/nothing/schema      | 404 | 404   | 404        | 404
GET  /v1/ledger                      | 200 | 200   | 200        | 200
GET  /v1/ledger/proofs/0             | 200 | 200   | 200        | 200
GET  /v1/ledger/consistency?from=1   | 200 | 200   | 200        | 200
GET  /checkpoint                     | 200 | 200   | 200        | 200
GET  /tile/0/000.p/1                 | 200 | 200   | 200        | 200
GET  /healthz                        | 200 | 200   | 200        | 200
GET  /readyz                         | 200 | 200   | 200        | 200
GET  /openapi.yaml                   | 200 | 200   | 200        | 200
GET  /                               | 404 | 404   | 404        | 404
GET  /v1/filings/FILING/             | 404 | 404   | 404        | 404
GET  /v1/ledger/proofs/../../v1      | 404 | 404   | 404        | 404
PUT  /v1/filings/transaction         | 405 | 405   | 405        | 405
DELETE /checkpoint                   | 405 | 405   | 405        | 405
";

#[test]
fn everyone_may_do_what_the_table_says() {
    let site = Site::start();
    let filed = site.file("", &[], format!("{}x\n", transactions(0..2)).as_bytes()).json();
    let filing = filed["filing"].as_str().unwrap();
    let call_up = site.call_up("pol-1", "sound").json()["id"].as_str().unwrap().to_owned();
    let own = format!("Bearer {}", site.key);
    let other = format!("Bearer {}", site.other_key);
    let supervisor = format!("Bearer {}", site.supervisor_key);
    for row in TABLE.trim().lines().skip(1) {
        let mut cells = row.split('|').map(str::trim);
        let address = cells.next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        let request = address
            .replace("FILING", filing)
            .replace("CALLUP", &call_up)
            .replace("OWN", support::institution().as_str());
        for (who, key) in [("own", &*own), ("other", &*other), ("supervisor", &*supervisor), ("nobody", "")] {
            let mut headers = vec![("Filing-Version", "1"), ("Authorization", key)];
            headers.truncate(if key.is_empty() { 1 } else { 2 });
            let answer = site.send(&request, &headers, transactions(5..6).as_bytes());
            assert_eq!(answer.status.to_string(), cells.next().unwrap(), "{who}: {address}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{address}");
            if answer.status >= 400 {
                assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{address}");
            }
            if answer.status == 405 {
                assert!(answer.header("allow").is_some(), "{address}");
            }
        }
    }
}

#[test]
fn every_address_stands_in_the_table() {
    let description: serde_json::Value =
        serde_saphyr::from_str(include_str!("../../../schemas/openapi.yaml")).unwrap();
    for (path, item) in description["paths"].as_object().unwrap() {
        // Those of the desk stand in the table of `desk.rs`.
        let is_of_desk = |operation: &serde_json::Value| {
            ["desk", "public"].contains(&operation["tags"][0].as_str().unwrap_or_default())
        };
        if item.as_object().unwrap().values().any(is_of_desk) {
            continue;
        }
        let parts: Vec<&str> = path.split('/').filter(|part| !part.starts_with('{')).collect();
        let prefix = parts.join("/");
        let covered = TABLE.lines().any(|row| {
            let asked = row.split_whitespace().nth(1).unwrap_or_default();
            let asked = asked.split('?').next().unwrap();
            let ends = path.split('/').count() <= asked.split('/').count();
            ends && asked.starts_with(path.split('{').next().unwrap().trim_end_matches('/'))
        });
        assert!(covered, "{path} ({prefix})");
    }
}

#[test]
fn a_schema_and_the_list_of_streams() {
    let site = Site::start();
    let streams = site.get("/v1/streams", None).json();
    assert_eq!(streams.as_array().unwrap().len(), model::streams::STREAMS.len());
    for stream in streams.as_array().unwrap() {
        let schema = site.get(stream["schema"].as_str().unwrap(), None);
        assert_eq!(schema.header("content-type"), Some("application/schema+json"));
        assert_eq!(schema.json()["title"], stream["title"]);
    }
}

#[test]
fn a_large_day_waits_for_a_person() {
    let site = Site::start();
    let queue = |parameters: &str| {
        site.settled();
        site.get(&format!("/v1/reviews{parameters}"), Some(&site.supervisor_key)).json()
    };
    assert_eq!(queue("")["total"], 0);
    site.file("", &[], support::transaction_of(1, "60000.00", 0).as_bytes());
    let waiting = queue("");
    assert_eq!(waiting["total"], 1, "{waiting:#}");
    let review = &waiting["reviews"][0];
    assert_eq!(review["finding"]["reason"]["entry"], "fifty-thousand-yuan-day");
    // Found on Tuesday, 10 March 2026; five working days later.
    assert_eq!(
        (review["due"].as_str(), review["overdue"].as_bool()),
        (Some("2026-03-17"), Some(false)),
        "{review:#}"
    );
    assert_eq!(queue("?overdue=true")["total"], 0);
    assert_eq!(queue("?institution=other")["total"], 0);
    // What no longer holds waits no longer.
    site.file("", &[], support::transaction_of(1, "600.00", 1).as_bytes());
    assert_eq!(queue("")["total"], 0);
}

#[test]
fn grades_and_findings_of_a_busy_user() {
    let site = Site::start();
    let other = format!("Bearer {}", site.other_key);
    let headers = [("Authorization", other.as_str()), ("Filing-Version", "1")];
    site.send("POST /v1/filings/transaction", &headers, transactions(0..3).as_bytes());
    site.file("", &[], transactions(0..60).as_bytes());
    site.settled();
    let get = |path: &str, key: &str| site.get(path, Some(key)).json();
    let own = get("/v1/findings?day=2026-03-02", &site.key);
    let own = own["findings"].as_array().unwrap();
    let busy = own.iter().find(|found| found["reason"]["entry"] == "frequent-transactions").unwrap();
    assert_eq!(busy["institution"], support::institution().as_str());
    assert!(own.iter().all(|found| found["institution"] == support::institution().as_str()));
    let all = get("/v1/findings?limit=1000", &site.supervisor_key);
    assert!(all["findings"].as_array().unwrap().contains(busy));
    let others = get("/v1/findings?limit=1000", &site.other_key);
    assert!(!others["findings"].as_array().unwrap().contains(busy));

    let latest = get("/v1/grades", &site.supervisor_key);
    assert!(latest["total"].as_u64().unwrap() >= 2, "{latest:#}");
    let day = get("/v1/grades?day=2026-03-02", &site.key);
    assert_eq!(day["total"], 1, "{day:#}");
    assert_eq!(day["grades"][0]["day"], "2026-03-02");
    assert_eq!(get("/v1/grades?offset=5000", &site.key)["grades"], serde_json::json!([]));
}

#[test]
fn an_institution_lists_its_filings_and_the_supervisor_all() {
    let site = Site::start();
    let other = format!("Bearer {}", site.other_key);
    let headers = [("Authorization", other.as_str()), ("Filing-Version", "1")];
    let mut own = Vec::new();
    for number in 0..3 {
        let receipt =
            site.file("", &[], format!("{}x\n", transactions(number..number + 1)).as_bytes()).json();
        own.push(receipt);
    }
    site.send("POST /v1/filings/transaction", &headers, transactions(0..3).as_bytes());
    own.reverse();
    // All were received at one moment of the test's clock, so their identifiers decide.
    own.sort_by(|a, b| b["filing"].as_str().cmp(&a["filing"].as_str()));

    let get = |path: &str, key: &str| site.get(path, Some(key)).json();
    let listed = get("/v1/filings", &site.key);
    assert_eq!(listed["total"], 3);
    for (listed, receipt) in listed["filings"].as_array().unwrap().iter().zip(&own) {
        // What was sealed, word for word; lists of lines and checkpoints come with the receipt.
        for (member, value) in listed.as_object().unwrap() {
            assert_eq!(&receipt[member], value, "{member}");
        }
        assert!(listed.get("refusals").is_none() && listed.get("checkpoint").is_none());
    }
    let first = get("/v1/filings?limit=2", &site.key);
    let last = first["filings"][1]["filing"].as_str().unwrap();
    let rest = get(&format!("/v1/filings?before={last}"), &site.key);
    assert_eq!(rest["filings"].as_array().unwrap(), &listed["filings"].as_array().unwrap()[2..]);

    assert_eq!(get("/v1/filings", &site.other_key)["total"], 1);
    assert_eq!(get("/v1/filings", &site.supervisor_key)["total"], 4);
    let own = support::institution();
    assert_eq!(get(&format!("/v1/filings?institution={own}"), &site.supervisor_key)["total"], 3);
}
