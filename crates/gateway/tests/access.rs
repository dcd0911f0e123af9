//! Who may do what: every address against everyone who might ask.

mod support;

use support::{Site, transactions};

/// A filing's own institution, another, the supervisor, nobody.
const TABLE: &str = "
address                              | own | other | supervisor | nobody
POST /v1/filings/transaction         | 200 | 200   | 403        | 401
GET  /v1/filings/FILING              | 200 | 404   | 200        | 401
GET  /v1/filings/0123                | 404 | 404   | 404        | 401
GET  /v1/filings/..%2F..%2Fkeys      | 404 | 404   | 404        | 401
GET  /v1/filings/FILING/refusals     | 200 | 404   | 200        | 401
GET  /v1/filings/..%2Fx/refusals     | 404 | 404   | 404        | 401
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
    let own = format!("Bearer {}", site.key);
    let other = format!("Bearer {}", site.other_key);
    let supervisor = format!("Bearer {}", site.supervisor_key);
    for row in TABLE.trim().lines().skip(1) {
        let mut cells = row.split('|').map(str::trim);
        let address = cells.next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        let request = address.replace("FILING", filing);
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
    for path in description["paths"].as_object().unwrap().keys() {
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
