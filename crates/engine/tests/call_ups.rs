//! The life of call-ups: asked, answered rightly and wrongly, not at all; a restart in the middle,
//! a replay, and all that is derived made again.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

use std::path::Path;
use std::sync::Arc;

use engine::access::Role;
use engine::call_ups::{CallUpRequest, CallUpStatus};
use engine::intake::{ContentCoding, FilingHead, FilingMode};
use engine::replay::replay;
use engine::{DataDir, Engine, EngineOptions};
use model::clock::Clock;
use model::event::{Finding, Medium};
use model::fault::FaultCode;
use model::institution::InstitutionId;
use model::spec::Record;
use model::streams::DualRecording;
use model::time::{Day, Time};
use rulebook::Rulebook;
use vault::{ContentHash, Vault, VaultError};

/// A rulebook of one rule, which looks at call-ups alone.
fn book() -> Arc<Rulebook> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/called");
    Arc::new(rulebook::load::directory(&folder).unwrap())
}

#[test]
fn the_rule_finds_what_its_cases_say() {
    assert_eq!(book().run_cases("called").unwrap(), []);
}

fn open(dir: &Path, clock: &Clock) -> Engine {
    Engine::open(dir, EngineOptions::default(), clock.clone(), book()).unwrap()
}

fn firm() -> InstitutionId {
    InstitutionId::synthetic(1)
}

fn file_recording(engine: &Engine, policy: &str, sound: &[u8], retained_until: &str) {
    let line = format!(
        r#"{{"id":"dr-{policy}","time":"2026-03-02T10:40:00+08:00","user":"p1:ab1fbe02a73486a174bb9849487e8a","policy":"{policy}","product":"annuity-7","annual_yield_percent":"5.2","sound_sha256":"{}","retained_until":"{retained_until}"}}"#,
        ContentHash::of(sound)
    );
    let head = FilingHead {
        stream: DualRecording::STREAM,
        institution: firm(),
        date: None,
        is_final: false,
        announced: None,
        mode: FilingMode::Lines,
        coding: ContentCoding::Identity,
    };
    let receipt = engine.file(head, line.as_bytes()).unwrap();
    assert_eq!(receipt.sealed.accepted, 1, "{:?}", receipt.refusals);
}

fn ask(policy: &str, medium: Medium) -> CallUpRequest {
    CallUpRequest {
        institution: firm(),
        policy: policy.into(),
        medium,
        hours: None,
        ground: "complaint 7".to_owned(),
        asked_by: "0123".to_owned(),
    }
}

/// Policy, grade and value of every finding, as they stand.
fn found(engine: &Engine) -> Vec<String> {
    engine.settle().unwrap();
    let shown = |finding: &Finding| {
        let grade = finding.reason.verdict.grade().map_or("undetermined", |grade| grade.en());
        format!("{} {grade}", finding.group[0].1)
    };
    engine.board().findings(|_| true).iter().map(shown).collect()
}

fn statuses(engine: &Engine) -> Vec<(String, CallUpStatus)> {
    let now = engine.clock().now();
    let all = engine.call_ups().list(|_| true);
    all.iter().rev().map(|called| (called.asked.policy.0.clone(), called.status(now))).collect()
}

#[test]
fn call_ups_are_asked_answered_found_restarted_and_replayed() {
    use CallUpStatus::{Answered, HashDiffers, Open, Overdue};
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Time::parse("2026-03-04T09:00:00+08:00").unwrap());
    let engine = open(dir.path(), &clock);
    engine.access().issue(Role::Institution(firm()), Time(0)).unwrap();
    file_recording(&engine, "right", b"the sound", "2041-03-02");
    file_recording(&engine, "wrong", b"another sound", "2031-03-02");
    file_recording(&engine, "it's", b"a third", "2036-03-02");

    // What was filed is looked up and sealed with the call-up.
    let (right, known) = engine.call_up(&ask("right", Medium::Sound)).unwrap();
    assert!(!known);
    let asked = &right.asked;
    assert_eq!(asked.digest.as_ref().unwrap().0, ContentHash::of(b"the sound").to_string());
    assert_eq!((asked.recording, asked.retained_until.to_string()), (Some(0), "2041-03-02".to_owned()));
    assert_eq!(asked.due_at.to_string(), "2026-03-05T09:00:00+08:00");
    // Asked again while it waits: the same.
    assert_eq!(engine.call_up(&ask("right", Medium::Sound)).unwrap(), (right.clone(), true));
    let (wrong, _) = engine.call_up(&ask("wrong", Medium::Sound)).unwrap();
    assert_eq!(wrong.asked.retained_until.to_string(), "2036-03-04", "ten years at least");
    assert_eq!(
        engine.call_up(&ask("it's", Medium::Sound)).unwrap().0.asked.retained_until.to_string(),
        "2036-03-04"
    );
    let (unfiled, _) = engine.call_up(&ask("right", Medium::Picture)).unwrap();
    assert_eq!((unfiled.asked.recording, &unfiled.asked.digest), (Some(0), &None));
    let (nobody, _) =
        engine.call_up(&CallUpRequest { hours: Some(48), ..ask("never", Medium::Sound) }).unwrap();
    assert_eq!((nobody.asked.recording, &nobody.asked.digest), (None, &None));

    // Who it was not asked of gets nothing and gives nothing.
    let stranger = InstitutionId::synthetic(2);
    let refused = engine.answer_call_up(&right.asked.id, &stranger, None, &b"the sound"[..]).unwrap_err();
    assert_eq!(refused.code, FaultCode::NotFound);
    let request = CallUpRequest { institution: stranger, ..ask("right", Medium::Sound) };
    assert_eq!(engine.call_up(&request).unwrap_err().code, FaultCode::NotFound);
    let refused = engine.answer_call_up(&right.asked.id, &firm(), None, &b""[..]).unwrap_err();
    assert_eq!(refused.code, FaultCode::BodyIncomplete);
    assert_eq!(engine.call_up_content(&right.asked.id).unwrap_err().code, FaultCode::NotFound);

    clock.advance(Time::parse("2026-03-04T15:00:00+08:00").unwrap());
    let media_type = Some("audio/mp4".to_owned());
    let answered = engine.answer_call_up(&right.asked.id, &firm(), media_type, &b"the sound"[..]).unwrap();
    let answer = answered.answer.clone().unwrap();
    assert_eq!((answer.hash_matches, answer.bytes), (Some(true), 9));
    assert_eq!(answer.retained_until.to_string(), "2041-03-02");
    // A second one changes nothing.
    let size = engine.reader().size();
    assert_eq!(engine.answer_call_up(&right.asked.id, &firm(), None, &b"other"[..]).unwrap(), answered);
    engine.answer_call_up(&wrong.asked.id, &firm(), None, &b"cut"[..]).unwrap();
    engine.answer_call_up(&wrong.asked.id, &firm(), None, &b"cut"[..]).unwrap();
    engine.answer_call_up(&unfiled.asked.id, &firm(), None, &b"a picture"[..]).unwrap();
    assert_eq!(found(&engine), ["wrong red"]);
    assert!(engine.reader().size() > size + 2);
    let so_far =
        [("right", Answered), ("wrong", HashDiffers), ("it's", Open), ("right", Answered), ("never", Open)];
    let so_far = so_far.map(|(policy, status)| (policy.to_owned(), status));
    assert_eq!(statuses(&engine), so_far);

    // A restart in the middle: nothing is forgotten, nothing is found twice.
    drop(engine);
    let engine = open(dir.path(), &clock);
    assert_eq!(statuses(&engine), so_far);
    assert_eq!(engine.call_ups().get(&right.asked.id).unwrap(), answered);
    assert_eq!(found(&engine), ["wrong red"]);

    // Time goes on, and only that.
    clock.advance(Time::parse("2026-03-05T08:59:59+08:00").unwrap());
    engine.judge_obligations();
    assert_eq!(found(&engine), ["wrong red"]);
    clock.advance(Time::parse("2026-03-05T09:00:00+08:00").unwrap());
    engine.judge_obligations();
    assert_eq!(found(&engine), ["wrong red", "it's orange"]);
    clock.advance(Time::parse("2026-03-07T00:00:00+08:00").unwrap());
    engine.judge_obligations();
    assert_eq!(found(&engine), ["wrong red", "it's orange", "never orange"]);
    assert_eq!(statuses(&engine)[4].1, Overdue);

    // What is right comes late: it counts, and is late.
    engine.answer_call_up(&wrong.asked.id, &firm(), None, &b"another sound"[..]).unwrap();
    let now = found(&engine);
    assert_eq!(now, ["wrong red", "it's orange", "never orange", "wrong yellow"]);
    assert_eq!(statuses(&engine)[1].1, Answered);

    // All that came is kept, the wrong one too, and nobody deletes it.
    let (answer, mut content) = engine.call_up_content(&wrong.asked.id).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut content, &mut bytes).unwrap();
    assert_eq!((bytes.as_slice(), answer.hash_matches), (&b"another sound"[..], Some(true)));
    let vault = Vault::folder(&DataDir::new(dir.path()).vault()).unwrap();
    for content in [&b"the sound"[..], b"cut", b"a picture", b"another sound"] {
        let sha256 = ContentHash::of(content);
        let refused = vault.delete(&sha256, Day::parse("2036-03-04").unwrap()).unwrap_err();
        assert!(matches!(refused, VaultError::Retained { .. }), "{refused}");
    }
    assert_eq!(vault.list().unwrap().len(), 4);
    let (findings, grades) = (engine.board().findings(|_| true), engine.board().grades(|_| true));
    drop(engine);

    // From nothing but the ledger, everything comes out as it was sealed.
    let scratch = tempfile::tempdir().unwrap();
    let report = replay(dir.path(), book(), scratch.path()).unwrap();
    assert_eq!(report.difference, None);
    assert!(report.compared as usize >= findings.len() + grades.len());
    std::fs::remove_dir_all(DataDir::new(dir.path()).derived()).unwrap();
    let rebuilt = open(dir.path(), &clock);
    assert_eq!(found(&rebuilt), now);
    assert_eq!(rebuilt.board().findings(|_| true), findings);
    assert_eq!(rebuilt.board().grades(|_| true), grades);
}

/// A call-up that came due while nothing ran is found at the next start.
#[test]
fn what_came_due_while_nothing_ran_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Time::parse("2026-03-04T09:00:00+08:00").unwrap());
    let engine = open(dir.path(), &clock);
    engine.access().issue(Role::Institution(firm()), Time(0)).unwrap();
    engine.call_up(&ask("p", Medium::Sound)).unwrap();
    drop(engine);
    clock.advance(Time::parse("2026-03-20T09:00:00+08:00").unwrap());
    let engine = open(dir.path(), &clock);
    engine.judge_obligations();
    assert_eq!(found(&engine), ["p orange"]);
}
