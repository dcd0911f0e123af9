//! A call-up over HTTP, from the supervisor's asking to what is found.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

mod support;

use std::path::Path;
use std::time::Duration;

use gateway::GatewayOptions;
use serde_json::{Value, json};
use support::{Answer, Site, institution};

/// The digest of `the sound`.
const SOUND: &str = "ce7fa259b95b75791ad23a6234f6d5dc04e5f022d0d6e5b529c184b455d8fed4";

fn site() -> Site {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/called");
    Site::under(rulebook::load::directory(&folder).unwrap())
}

fn file_recording(site: &Site, policy: &str, sound_sha256: &str) {
    let line = format!(
        r#"{{"id":"dr-{policy}","time":"2026-03-02T10:40:00+08:00","user":"p1:ab1fbe02a73486a174bb9849487e8a","policy":"{policy}","product":"annuity-7","annual_yield_percent":"5.2","sound_sha256":"{sound_sha256}","retained_until":"2041-03-02"}}"#
    );
    let receipt = site.file_to("dual_recording", &[], line.as_bytes()).json();
    assert_eq!(receipt["accepted"], 1, "{receipt:#}");
}

fn upload(site: &Site, key: &str, id: &str, headers: &[(&str, &str)], content: &[u8]) -> Answer {
    let bearer = format!("Bearer {key}");
    let mut all = vec![("Authorization", bearer.as_str())];
    all.extend_from_slice(headers);
    site.send(&format!("PUT /v1/call-ups/{id}/content"), &all, content)
}

fn id_of(answer: &Answer) -> String {
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// What was found, as `policy grade`.
fn found(site: &Site) -> Vec<String> {
    site.settled();
    let findings = site.get("/v1/findings", Some(&site.supervisor_key)).json();
    let shown = |finding: &Value| {
        format!(
            "{} {}",
            finding["group"][0][1].as_str().unwrap(),
            finding["reason"]["verdict"]["graded"].as_str().unwrap()
        )
    };
    findings["findings"].as_array().unwrap().iter().map(shown).collect()
}

#[test]
fn a_recording_is_called_up_uploaded_kept_and_found() {
    let site = site();
    file_recording(&site, "right", SOUND);
    file_recording(&site, "wrong", SOUND);

    let right = site.call_up("right", "sound");
    assert_eq!(right.outcome(), "201");
    let document = right.json();
    assert_eq!(right.header("location").unwrap(), format!("/v1/call-ups/{}", id_of(&right)));
    assert_eq!(document["institution"], institution().as_str());
    assert_eq!(document["digest"], SOUND);
    assert_eq!((&document["status"], &document["answer"]), (&json!("open"), &Value::Null));
    assert_eq!(document["asked_at"], "2026-03-10T00:00:00+08:00");
    assert_eq!(document["due_at"], "2026-03-11T00:00:00+08:00");
    assert_eq!(document["retained_until"], "2041-03-02");
    // By the key's identifier, which is no secret.
    assert_eq!(document["asked_by"], site.supervisor_key.split('_').nth(1).unwrap());
    assert_eq!(site.call_up("right", "sound").outcome(), "200", "the same waits already");
    let wrong = id_of(&site.call_up("wrong", "sound"));
    let never = id_of(&site.call_up("never", "picture"));

    // The institution sees that it is asked; another does not.
    let listed = site.get("/v1/call-ups?status=open", Some(&site.key)).json();
    let ids: Vec<_> = listed["call_ups"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(ids, [json!(never), json!(wrong), document["id"].clone()]);
    assert_eq!(site.get("/v1/call-ups", Some(&site.other_key)).json()["total"], 0);
    let right = id_of(&right);
    assert_eq!(upload(&site, &site.other_key, &right, &[], b"the sound").outcome(), "404 not_found");

    let headers = [("Content-Type", "audio/mp4")];
    let answered = upload(&site, &site.key, &right, &headers, b"the sound");
    assert_eq!(answered.outcome(), "200");
    let answered = answered.json();
    assert_eq!(answered["status"], "answered");
    let answer = &answered["answer"];
    assert_eq!((&answer["hash_matches"], &answer["bytes"]), (&json!(true), &json!(9)));
    assert_eq!((&answer["sha256"], &answer["media_type"]), (&json!(SOUND), &json!("audio/mp4")));
    assert_eq!(answer["retained_until"], "2041-03-02");
    // Once more: nothing is taken, the answer is the one that it has.
    assert_eq!(upload(&site, &site.key, &right, &[], b"something else").json(), answered);

    let differs = upload(&site, &site.key, &wrong, &[], b"cut").json();
    assert_eq!(differs["status"], "hash_differs");
    assert_eq!(differs["answer"]["hash_matches"], false);
    assert_eq!(found(&site), ["wrong red"]);

    // What came is to be had, the wrong one too.
    for (id, content) in [(&right, &b"the sound"[..]), (&wrong, b"cut")] {
        let got = site.get(&format!("/v1/call-ups/{id}/content"), Some(&site.supervisor_key));
        assert_eq!((got.status, got.body.as_slice()), (200, content));
        assert_eq!(got.header("content-type"), Some("application/octet-stream"));
    }
    let nothing = site.get(&format!("/v1/call-ups/{never}/content"), Some(&site.supervisor_key));
    assert_eq!(nothing.outcome(), "404 not_found");

    // Nothing comes, and the clock moves on.
    site.engine.clock().advance(model::time::Time::parse("2026-03-11T00:00:00+08:00").unwrap());
    site.engine.judge_obligations();
    assert_eq!(found(&site), ["wrong red", "never orange"]);
    let overdue = site.get("/v1/call-ups?status=overdue", Some(&site.supervisor_key)).json();
    assert_eq!((&overdue["total"], &overdue["call_ups"][0]["id"]), (&json!(1), &json!(never)));
}

#[test]
fn what_cannot_be_called_up_is_refused_by_name() {
    let site = Site::start();
    let supervisor = format!("Bearer {}", site.supervisor_key);
    let own = institution();
    let asked =
        |more: &str| format!(r#"{{"institution":"{own}","policy":"p","medium":"sound","ground":"g"{more}}}"#);
    let unknown = model::institution::InstitutionId::synthetic(77);
    for (body, wanted) in [
        (asked(""), "201"),
        (asked(r#","hours":240"#), "200"),
        (asked(r#","hours":0"#), "400 out_of_range"),
        (asked(r#","hours":241"#), "400 out_of_range"),
        (asked(r#","hours":"1""#), "400 malformed_json"),
        (asked(r#","why":1"#), "400 malformed_json"),
        (asked("").replace("sound", "smell"), "400 malformed_json"),
        (asked("").replace(r#""g""#, r#""""#), "400 malformed_value"),
        (asked("").replace(r#""p""#, r#""a b""#), "400 malformed_value"),
        (asked("").replace(own.as_str(), "x"), "400 malformed_value"),
        (asked("").replace(own.as_str(), unknown.as_str()), "404 not_found"),
        (asked("").replace(r#""g""#, &format!("\"{}\"", "x".repeat(100_000))), "400 body_incomplete"),
        ("not JSON".to_owned(), "400 malformed_json"),
    ] {
        let answer = site.send("POST /v1/call-ups", &[("Authorization", &supervisor)], body.as_bytes());
        assert_eq!(answer.outcome(), wanted, "{:.200}", body);
    }
    assert_eq!(site.get("/v1/call-ups?limit=1", Some(&site.supervisor_key)).json()["total"], 1);
}

#[test]
fn uploads_are_bounded_and_whole() {
    let options = GatewayOptions {
        recording_bytes_max: 1000,
        body_idle_timeout: Duration::from_millis(300),
        ..GatewayOptions::default()
    };
    let site = Site::with(options);
    let id = id_of(&site.call_up("p", "sound"));
    let send =
        |headers: &[(&str, &str)], content: &[u8]| upload(&site, &site.key, &id, headers, content).outcome();
    assert_eq!(send(&[], &[0; 1001]), "413 body_too_large");
    assert_eq!(send(&[], b""), "400 body_incomplete");
    assert_eq!(send(&[("Content-Encoding", "gzip")], b"x"), "415 unsupported_encoding");
    assert_eq!(send(&[("Content-Type", "sound")], b"x"), "400 malformed_header");
    let bearer = format!("Bearer {}", site.key);
    let request = format!("PUT /v1/call-ups/{id}/content");
    // Pieces of unknown length, beyond the bound; and a body that stops.
    let head = [("Authorization", bearer.as_str()), ("Transfer-Encoding", "chunked")];
    let mut stream = site.begin(&request, &head);
    let piece = format!("200\r\n{}\r\n", "x".repeat(512));
    support::write(&mut stream, piece.repeat(2).as_bytes());
    assert_eq!(Answer::read(stream).outcome(), "413 body_too_large");
    let mut stream = site.begin(&request, &[("Authorization", &bearer), ("Content-Length", "1000")]);
    support::write(&mut stream, b"half");
    assert_eq!(Answer::read(stream).outcome(), "400 body_incomplete");

    let open = site.get(&format!("/v1/call-ups/{id}"), Some(&site.key)).json();
    assert_eq!(open["status"], "open", "nothing of all that counts");
    assert_eq!(send(&[], &[7; 1000]), "200");
}
