//! The desk over HTTP: who may see and do what, and how a step goes from the request to what others see.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use engine::EngineOptions;
use engine::access::Role;
use model::institution::InstitutionId;
use model::time::Time;
use serde_json::{Value, json};
use support::{Answer, Site};
use workflow::policy::Policy;

/// Who is responsible: a bureau that lets letters leave at once, and one that wants four eyes.
const ROSTER: &str = "
authority: {zh: 某市金融监管局, en: Municipal Bureau}
document_mark: 某监
site: https://supervisor.example/
bureaus:
  - {id: rest, name: {zh: 综合处, en: Rest}, chain: [officer, head]}
  - {id: careful, name: {zh: 审慎处, en: Careful}, chain: [officer, head], four_eyes_letters: true, takes: {institutions: [CAREFUL]}}
people:
  - {id: analyst, name: {zh: 甲, en: A}, post: analyst}
  - {id: colleague, name: {zh: 丁, en: D}, post: analyst}
  - {id: officer, name: {zh: 乙, en: B}, post: officer, reach: [{for: push, channel: phone, to: b}]}
  - {id: head, name: {zh: 丙, en: C}, post: head}
partners:
  - {id: association, kind: association, name: {zh: 协会, en: Association}}
contacts:
  ORANGE: [ceo@orange.example, cfo@orange.example]
";

/// What the yellow institution calls itself.
const NAME: &str = "<script>alert('1')</script> & \"友信\"";

/// A house with institutions of every grade, and persons of every post.
struct House {
    site: Site,
    /// Institutions: the first is yellow, the others as they are named.
    yellow: InstitutionId,
    orange: InstitutionId,
    orange_key: String,
    red: InstitutionId,
    analyst: String,
    colleague: String,
    officer: String,
    head: String,
}

impl House {
    fn open() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/desk_rules");
        let [yellow, orange, red, careful] = [1, 2, 3, 4].map(InstitutionId::synthetic);
        let roster = ROSTER.replace("CAREFUL", careful.as_str()).replace("ORANGE", orange.as_str());
        let policy = Some(Arc::new(Policy::shipped(Some(&roster)).unwrap()));
        let options = EngineOptions { policy, ..EngineOptions::default() };
        let site = Site::under_policy(rulebook::load::directory(&folder).unwrap(), options);
        let person = |id: &str| site.issue(Role::Person(id.to_owned()));
        let house = Self {
            analyst: person("analyst"),
            colleague: person("colleague"),
            officer: person("officer"),
            head: person("head"),
            orange_key: site.other_key.clone(),
            yellow,
            orange,
            red,
            site,
        };
        house.registers(&house.site.key, NAME);
        let key = |institution: &InstitutionId| house.site.issue(Role::Institution(institution.clone()));
        house.deals(&house.site.key, 1, "500.00");
        house.deals(&house.orange_key, 1, "5000.00");
        house.deals(&key(&house.red), 1, "50000.00");
        house.deals(&key(&careful), 1, "5000.00");
        house
    }

    fn files(&self, key: &str, stream: &str, line: &str) {
        let bearer = format!("Bearer {key}");
        let headers = [("Authorization", bearer.as_str()), ("Filing-Version", "1")];
        let answer = self.site.send(&format!("POST /v1/filings/{stream}"), &headers, line.as_bytes());
        assert_eq!(answer.json()["accepted"], 1, "{:#}", answer.json());
        self.site.settled();
    }

    fn registers(&self, key: &str, name: &str) {
        let line = json!({"id": "r-1", "effective_from": "2026-01-01", "name": name, "line": "p2p", "executives": []});
        self.files(key, "register", &line.to_string());
    }

    fn deals(&self, key: &str, number: u64, amount: &str) {
        self.files(key, "transaction", &support::transaction_of(number, amount, 0));
    }

    fn items(&self, path: &str) -> Vec<Value> {
        let answer = self.site.get(path, Some(&self.site.supervisor_key));
        assert_eq!(answer.outcome(), "200", "{path}");
        answer.json()["items"].as_array().unwrap().clone()
    }

    /// The number of what a list shows first.
    fn first(&self, path: &str) -> String {
        self.items(path)[0]["id"].as_str().unwrap().to_owned()
    }

    fn alert_of(&self, institution: &InstitutionId) -> String {
        self.first(&format!("/v1/alerts?institution={institution}"))
    }

    fn alert(&self, id: &str) -> Value {
        self.site.get(&format!("/v1/alerts/{id}"), Some(&self.officer)).json()
    }

    fn letter_of(&self, institution: &InstitutionId) -> String {
        self.first(&format!("/v1/letters?institution={institution}"))
    }

    fn files_plan(&self, key: &str, text: &str) -> Answer {
        let alert = self.alert_of(&self.yellow);
        let plan = json!({"alert": alert, "text": text, "done_by": "2026-04-01"});
        self.site.post("/v1/plans", key, &plan.to_string())
    }

    fn reviews(&self, parameters: &str) -> Value {
        self.site.get(&format!("/v1/reviews{parameters}"), Some(&self.site.supervisor_key)).json()
    }

    /// A step with reviews, as `200` or the code for each.
    fn review(&self, key: &str, ids: &[&str], step: &str, reason: Option<&str>) -> Vec<String> {
        let mut body = json!({"ids": ids, "step": step});
        if let Some(reason) = reason {
            body["reason"] = json!(reason);
        }
        let answer = self.site.post("/v1/reviews/steps", key, &body.to_string());
        assert_eq!(answer.outcome(), "200", "{:#}", answer.json());
        let answer = answer.json();
        let outcomes = answer["outcomes"].as_array().unwrap();
        assert_eq!(outcomes.iter().map(|one| one["id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
        let told = outcomes.iter().map(|one| match (&one["events"], &one["problem"]) {
            (Value::Array(events), Value::Null) if !events.is_empty() => "done".to_owned(),
            (Value::Null, problem) => problem["code"].as_str().unwrap().to_owned(),
            other => format!("{other:?}"),
        });
        told.collect()
    }
}

/// Who may do what: of each address what is asked with, and the status that each gets, in this order: so
/// that who is refused comes before who does it, and 409 means "not any more".
const TABLE: &str = r#"
address                              | with                                              | nobody | own | other | partner | house | stranger | analyst | officer | head
GET  /v1/reviews                     |                                                   | 401    | 403 | 403   | 403     | 200   | 200      | 200     | 200     | 200
GET  /v1/reviews                     | ?decided=true                                     | 401    | 403 | 403   | 403     | 200   | 200      | 200     | 200     | 200
GET  /v1/reviews                     | ?overdue=yes                                      | 401    | 403 | 403   | 403     | 400   | 400      | 400     | 400     | 400
POST /v1/reviews/steps               | {"ids":["0123456789abcdef"],"step":"look"}        | 401    | 403 | 403   | 403     | 403   | 200      | 200     | 200     | 200
GET  /v1/alerts                      |                                                   | 401    | 200 | 200   | 403     | 200   | 200      | 200     | 200     | 200
GET  /v1/alerts                      | ?institution=OWN                                  | 401    | 200 | 403   | 403     | 200   | 200      | 200     | 200     | 200
GET  /v1/alerts                      | ?grade=pink                                       | 401    | 400 | 400   | 403     | 400   | 400      | 400     | 400     | 400
GET  /v1/alerts/{id}                 | YELLOW                                            | 401    | 200 | 404   | 404     | 200   | 200      | 200     | 200     | 200
GET  /v1/alerts/{id}                 | RED                                               | 401    | 404 | 404   | 404     | 200   | 200      | 200     | 200     | 200
GET  /v1/alerts/{id}                 | A-2026-999999                                     | 401    | 404 | 404   | 404     | 404   | 404      | 404     | 404     | 404
POST /v1/alerts/{id}/steps           | RED {"step":"acknowledge"}                        | 401    | 403 | 403   | 403     | 403   | 403      | 200     | 409     | 409
POST /v1/alerts/{id}/steps           | RED {"step":"assign","owner":"head"}              | 401    | 403 | 403   | 403     | 403   | 403      | 403     | 200     | 200
POST /v1/alerts/{id}/steps           | RED {"step":"ease","grade":"orange","reason":"r"} | 401    | 403 | 403   | 403     | 403   | 403      | 403     | 200     | 400
POST /v1/alerts/{id}/steps           | RED {"step":"close","reason":"r"}                 | 401    | 403 | 403   | 403     | 403   | 403      | 403     | 409     | 409
POST /v1/alerts/{id}/steps           | ORANGE {"step":"dismiss","reason":"r"}            | 401    | 403 | 403   | 403     | 403   | 403      | 403     | 200     | 409
POST /v1/alerts/{id}/steps           | A-1 {"step":"acknowledge"}                        | 401    | 403 | 403   | 403     | 403   | 404      | 404     | 404     | 404
GET  /v1/letters                     |                                                   | 401    | 200 | 200   | 403     | 200   | 200      | 200     | 200     | 200
GET  /v1/letters                     | ?institution=OWN                                  | 401    | 200 | 403   | 403     | 200   | 200      | 200     | 200     | 200
GET  /v1/letters/{id}                | SENT                                              | 401    | 404 | 200   | 404     | 200   | 200      | 200     | 200     | 200
GET  /v1/letters/{id}                | DRAFT                                             | 401    | 404 | 404   | 404     | 200   | 200      | 200     | 200     | 200
POST /v1/letters/{id}/steps          | DRAFT {"step":"edit","data":{}}                   | 401    | 403 | 403   | 403     | 403   | 403      | 403     | 200     | 200
POST /v1/letters/{id}/steps          | DRAFT {"step":"check"}                            | 401    | 403 | 403   | 403     | 403   | 403      | 403     | 200     | 409
POST /v1/letters/{id}/steps          | DRAFT {"step":"release"}                          | 401    | 403 | 403   | 403     | 403   | 403      | 403     | 200     | 409
POST /v1/letters/{id}/steps          | SENT {"step":"recall","reason":"r"}               | 401    | 403 | 403   | 403     | 403   | 409      | 409     | 409     | 409
POST /v1/plans                       | {"alert":"YELLOW","text":"t","done_by":"2026-04-01"} | 401 | 200 | 404   | 403     | 403   | 403      | 403     | 403     | 403
GET  /v1/plans                       |                                                   | 401    | 200 | 200   | 403     | 200   | 200      | 200     | 200     | 200
GET  /v1/plans                       | ?institution=OWN                                  | 401    | 200 | 403   | 403     | 200   | 200      | 200     | 200     | 200
POST /v1/plans/{id}/answer           | PLAN {"accepted":true}                            | 401    | 403 | 403   | 403     | 403   | 403      | 403     | 200     | 409
GET  /v1/deliveries                  |                                                   | 401    | 403 | 403   | 403     | 200   | 200      | 200     | 200     | 200
GET  /v1/deliveries                  | ?state=lost                                       | 401    | 403 | 403   | 403     | 400   | 400      | 400     | 400     | 400
GET  /v1/public-notices              |                                                   | 200    | 200 | 200   | 200     | 200   | 200      | 200     | 200     | 200
GET  /v1/public-notices              | ?page=1                                           | 400    | 400 | 400   | 400     | 400   | 400      | 400     | 400     | 400
POST /v1/public-notices/{id}/withdraw | NOTICE {"reason":"r"}                            | 401    | 403 | 403   | 403     | 403   | 403      | 403     | 200     | 409
GET  /notices                        |                                                   | 200    | 200 | 200   | 200     | 200   | 200      | 200     | 200     | 200
GET  /notices                        | ?page=x&from=timeline                             | 200    | 200 | 200   | 200     | 200   | 200      | 200     | 200     | 200
GET  /notices.atom                   |                                                   | 200    | 200 | 200   | 200     | 200   | 200      | 200     | 200     | 200
"#;

/// The cells of a row.
fn cells(row: &str) -> Vec<&str> {
    row.split('|').map(str::trim).collect()
}

#[test]
fn everyone_may_do_what_the_table_says() {
    let house = House::open();
    let keys = [
        ("nobody", String::new()),
        ("own", house.site.key.clone()),
        ("other", house.orange_key.clone()),
        ("partner", house.site.issue(Role::Partner("association".to_owned()))),
        ("house", house.site.supervisor_key.clone()),
        ("stranger", house.site.issue(Role::Person("stranger".to_owned()))),
        ("analyst", house.analyst.clone()),
        ("officer", house.officer.clone()),
        ("head", house.head.clone()),
    ];
    let mut wrong = Vec::new();
    for row in TABLE.trim().lines().skip(1) {
        let cells = cells(row);
        let (with, statuses) = (cells[1], &cells[2..]);
        assert_eq!(statuses.len(), keys.len(), "{row}");
        for ((who, key), wanted) in keys.iter().zip(statuses) {
            let named = |text: &str| {
                let names = [
                    ("YELLOW", house.alert_of(&house.yellow)),
                    ("ORANGE", house.alert_of(&house.orange)),
                    ("RED", house.alert_of(&house.red)),
                    ("SENT", house.letter_of(&house.orange)),
                    ("DRAFT", house.letter_of(&InstitutionId::synthetic(4))),
                    ("NOTICE", "N-2026-000001".to_owned()),
                    ("PLAN", "P-2026-000001".to_owned()),
                    ("OWN", house.yellow.to_string()),
                ];
                names.into_iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, &value))
            };
            let mut address = cells[0].split_whitespace().collect::<Vec<_>>().join(" ");
            let mut body = with.to_owned();
            if address.contains("{id}") {
                let (id, rest) = with.split_once(' ').unwrap_or((with, ""));
                address = address.replace("{id}", &named(id));
                body = rest.to_owned();
            }
            if body.starts_with('?') {
                address.push_str(&named(&body));
                body.clear();
            }
            let bearer = format!("Bearer {key}");
            let headers = [("Authorization", bearer.as_str())];
            let headers = if key.is_empty() { &headers[..0] } else { &headers };
            let answer = house.site.send(&address, headers, named(&body).as_bytes());
            if answer.status.to_string() != *wanted {
                wrong.push(format!("{who}: {address} {body}: {}, not {wanted}", answer.outcome()));
            }
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{address}");
            if answer.status >= 400 {
                let problem = answer.json();
                assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{address}");
                for sentence in ["title", "title_zh"] {
                    assert!(!problem[sentence].as_str().unwrap().is_empty(), "{address}");
                }
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn every_address_of_the_desk_stands_in_the_table() {
    let description: Value = serde_saphyr::from_str(include_str!("../../../schemas/openapi.yaml")).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if ["desk", "public"].contains(&operation["tags"][0].as_str().unwrap_or_default()) {
                described.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    let rows = TABLE.trim().lines().skip(1);
    let addresses = rows.map(|row| cells(row)[0].split_whitespace().collect::<Vec<_>>().join(" "));
    assert_eq!(addresses.collect::<BTreeSet<_>>(), described);
}

#[test]
fn the_rules_of_the_house_do_what_their_cases_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/desk_rules");
    let book = rulebook::load::directory(&folder).unwrap();
    for entry in book.entries() {
        assert_eq!(book.run_cases(&entry.meta().id).unwrap(), [], "{}", entry.meta().id);
    }
}

#[test]
fn what_is_refused_is_said_in_both_languages() {
    let house = House::open();
    let alert = house.alert_of(&house.yellow);
    let steps = format!("/v1/alerts/{alert}/steps");
    let table = [
        (&house.analyst, r#"{"step":"dismiss","reason":"误报"}"#, "403 not_allowed", "监管员", "officer"),
        (&house.officer, r#"{"step":"dismiss","reason":" "}"#, "409 step_missing", "请说明理由", "Say why"),
        (
            &house.officer,
            r#"{"step":"assign","owner":"x"}"#,
            "404 not_found",
            "没有人员“x”",
            "no person \"x\"",
        ),
        (
            &house.officer,
            r#"{"step":"ease","grade":"red","reason":"r"}"#,
            "400 malformed_value",
            "更好",
            "better",
        ),
        (
            &house.officer,
            r#"{"step":"dismiss","reason":"r","mute_until":"2027-03-10"}"#,
            "400 malformed_value",
            "30日",
            "30 days",
        ),
    ];
    for (key, body, outcome, zh, en) in table {
        let answer = house.site.post(&steps, key, body);
        assert_eq!(answer.outcome(), outcome, "{body}");
        let problem = answer.json();
        assert!(problem["detail"].as_str().unwrap().contains(en), "{problem:#}");
        assert!(problem["detail_zh"].as_str().unwrap().contains(zh), "{problem:#}");
    }
    assert_eq!(house.alert(&alert)["ended"], Value::Null, "nothing of all that was done");
}

#[test]
fn a_body_is_whole_short_and_says_what_is_known() {
    let house = House::open();
    let (alert, letter) = (house.alert_of(&house.red), house.letter_of(&house.orange));
    let [alert, letter] = [format!("/v1/alerts/{alert}/steps"), format!("/v1/letters/{letter}/steps")];
    let long = format!(r#"{{"step":"close","reason":"{}"}}"#, "长".repeat(200_000));
    let wordy = format!(r#"{{"step":"close","reason":"{}"}}"#, "长".repeat(2001));
    let many = format!(r#"{{"ids":[{}"x"],"step":"look"}}"#, "\"x\",".repeat(1000));
    let table = [
        (&*alert, "", "400 malformed_json"),
        (&*alert, "not JSON", "400 malformed_json"),
        (&*alert, "[]", "400 malformed_json"),
        (&*alert, r#"{"step":"fly"}"#, "400 malformed_json"),
        (&*alert, r#"{"step":"close"}"#, "400 malformed_json"),
        (&*alert, r#"{"step":"close","reason":7}"#, "400 malformed_json"),
        (&*alert, r#"{"step":"close","reason":"r","why":"s"}"#, "400 malformed_json"),
        (&*alert, r#"{"step":"acknowledge","why":"s"}"#, "400 malformed_json"),
        (&*alert, r#"{"step":"acknowledge"} {}"#, "400 malformed_json"),
        (&*alert, "{\"step\":\"close\",\"reason\":\"\u{fe}", "400 malformed_json"),
        (&*alert, &long, "413 body_too_large"),
        (&*alert, &wordy, "409 step_missing"),
        (&*letter, r#"{"step":"check","x":1}"#, "400 malformed_json"),
        (&*letter, r#"{"step":"edit","data":[]}"#, "409 not_now"),
        ("/v1/plans/P-1/answer", r#"{"accepted":"yes"}"#, "400 malformed_json"),
        ("/v1/plans/P-1/answer", r#"{"accepted":true,"x":1}"#, "400 malformed_json"),
        ("/v1/public-notices/N-1/withdraw", r#"{"reason":"r","x":1}"#, "400 malformed_json"),
        ("/v1/public-notices/N-1/withdraw", "{}", "400 malformed_json"),
        ("/v1/reviews/steps", r#"{"ids":[],"step":"look"}"#, "400 malformed_value"),
        ("/v1/reviews/steps", r#"{"ids":["x"],"step":"look","reason":"r"}"#, "400 malformed_value"),
        ("/v1/reviews/steps", r#"{"ids":["x"],"step":"look","x":1}"#, "400 malformed_json"),
        ("/v1/reviews/steps", r#"{"ids":"x","step":"look"}"#, "400 malformed_json"),
        ("/v1/reviews/steps", &many, "400 too_many_items"),
    ];
    for (path, body, outcome) in table {
        assert_eq!(house.site.post(path, &house.officer, body).outcome(), outcome, "{path} {body:.80}");
    }
    for body in [r#"{"alert":"A-1","text":"t"}"#, r#"{"alert":"A-1","text":"t","done_by":"soon"}"#] {
        assert_eq!(house.site.post("/v1/plans", &house.site.key, body).outcome(), "400 malformed_json");
    }
}

#[test]
fn a_plan_is_filed_sent_back_filed_again_and_accepted() {
    let house = House::open();
    let alert = house.alert_of(&house.yellow);
    let plan_clock = || house.alert(&alert)["clocks"]["plan"].clone();
    assert_eq!(plan_clock()["due"], "2026-03-25T00:00:00+08:00", "ten working days");

    assert_eq!(house.files_plan(&house.site.key, " ").outcome(), "409 step_missing");
    let filed = house.files_plan(&house.site.key, "补充资料。").json();
    let first = filed["events"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(filed["events"][0]["by"], format!("institution:{}", house.yellow));
    assert!(plan_clock()["kept"].is_string());
    assert_eq!(house.files_plan(&house.site.key, "再来一份。").outcome(), "409 not_now");

    let answer = |plan: &str, key: &str, body: Value| {
        house.site.post(&format!("/v1/plans/{plan}/answer"), key, &body.to_string())
    };
    let sent_back = json!({"accepted": false});
    assert_eq!(answer(&first, &house.officer, sent_back).outcome(), "409 step_missing", "without reasons");
    let sent_back = answer(&first, &house.officer, json!({"accepted": false, "said": "没有时限。"}));
    assert_eq!(sent_back.outcome(), "200");
    let clock = plan_clock();
    assert_eq!((&clock["due"], &clock["kept"]), (&json!("2026-03-18T00:00:00+08:00"), &Value::Null));
    let accepted = json!({"accepted": true});
    assert_eq!(answer(&first, &house.head, accepted.clone()).outcome(), "409 not_now");

    // The institution sees why, and files again.
    let own = house.site.get("/v1/plans", Some(&house.site.key)).json();
    assert_eq!(own["total"], 1);
    assert_eq!(
        (&own["items"][0]["state"], &own["items"][0]["said"]),
        (&json!("sent_back"), &json!("没有时限。"))
    );
    assert_eq!(house.site.get("/v1/plans", Some(&house.orange_key)).json()["total"], 0);
    let again = house.files_plan(&house.site.key, "三月底前完成。").json();
    let second = again["events"][0]["id"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    assert_eq!(answer(&second, &house.officer, accepted).outcome(), "200");
    let plans = house.items(&format!("/v1/plans?alert={alert}"));
    let shown: Vec<_> = plans.iter().map(|plan| (plan["id"].as_str().unwrap(), &plan["state"])).collect();
    assert_eq!(shown, [(&*second, &json!("accepted")), (&*first, &json!("sent_back"))]);
    assert_eq!(plans[0]["answered_by"], "person:officer");
    assert_eq!(house.files_plan(&house.site.key, "又一份。").outcome(), "409 not_now");
}

#[test]
fn that_a_letter_was_read_is_sealed_once() {
    let house = House::open();
    let letter = house.letter_of(&house.orange);
    let path = format!("/v1/letters/{letter}");
    let deliveries = || {
        let about = house.items(&format!("/v1/deliveries?about={letter}"));
        let to_institution = about.into_iter().filter(|one| one["purpose"] == "letter");
        to_institution.map(|one| one["read_at"].clone()).collect::<Vec<_>>()
    };
    // A supervisor's reading is none of the institution's, nor is a look at the list.
    house.site.get(&path, Some(&house.officer));
    let listed = house.site.get("/v1/letters", Some(&house.orange_key)).json();
    assert_eq!((&listed["total"], &listed["items"][0]["data"]), (&json!(1), &Value::Null));
    assert_eq!(deliveries(), [Value::Null, Value::Null]);

    let read = house.site.get(&path, Some(&house.orange_key)).json();
    assert_eq!(read["data"]["number"], "某监函〔2026〕1号");
    let at = json!("2026-03-10T00:00:00+08:00");
    assert_eq!(deliveries(), [at.clone(), at.clone()]);
    let size = house.site.engine.reader().size();
    house.site.engine.clock().advance(Time::parse("2026-03-10T00:05:00+08:00").unwrap());
    assert_eq!(house.site.get(&path, Some(&house.orange_key)).outcome(), "200");
    assert_eq!((deliveries(), house.site.engine.reader().size()), (vec![at.clone(), at], size));

    // Nobody reads a draft but those who may work on it.
    let draft = house.letter_of(&InstitutionId::synthetic(4));
    let addressee = house.site.issue(Role::Institution(InstitutionId::synthetic(4)));
    assert_eq!(house.site.get(&format!("/v1/letters/{draft}"), Some(&addressee)).outcome(), "404 not_found");
    let steps = format!("/v1/letters/{draft}/steps");
    assert_eq!(house.site.post(&steps, &house.officer, r#"{"step":"check"}"#).outcome(), "200");
    assert_eq!(house.site.post(&steps, &house.officer, r#"{"step":"release"}"#).outcome(), "409 four_eyes");
    assert_eq!(house.site.post(&steps, &house.head, r#"{"step":"release"}"#).outcome(), "200");
    assert_eq!(house.site.get(&format!("/v1/letters/{draft}"), Some(&addressee)).outcome(), "200");
}

/// Text between tags, with its escapes undone: what a reader sees.
fn seen(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, text)| text));
    }
    let escapes = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    escapes.iter().fold(text, |text, (escape, letter)| text.replace(escape, letter))
}

fn feed(house: &House) -> atom_syndication::Feed {
    let answer = house.site.get("/notices.atom", None);
    assert_eq!(answer.header("content-type"), Some("application/atom+xml; charset=utf-8"));
    atom_syndication::Feed::read_from(&answer.body[..]).unwrap()
}

#[test]
fn an_institution_that_calls_itself_markup_is_text_on_the_page_and_in_the_feed() {
    let house = House::open();
    let answer = house.site.get("/notices", None);
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let page = answer.text();
    assert!(!page.contains("<script") && !page.contains("NAME"), "{page}");
    assert!(seen(&page).contains(NAME), "{page}");
    // Midnight in Beijing, which is the day before in London.
    assert!(page.contains(">2026-03-10 00:00</time>"), "{page}");
    assert!(page.contains(">2026-03-24</time>"), "the last of ten working days: {page}");

    let feed = feed(&house);
    assert_eq!(feed.entries.len(), 1);
    let entry = &feed.entries[0];
    assert!(entry.title.value.contains(NAME), "{}", entry.title.value);
    let content = entry.content.as_ref().unwrap();
    assert_eq!(content.content_type.as_deref(), Some("html"));
    let content = content.value.as_ref().unwrap();
    assert!(!content.contains("<script") && seen(content).contains(NAME), "{content}");
    assert_eq!(entry.id, "tag:jianwei.example/ledger,2026:N-2026-000001");
    assert_eq!(entry.links[0].href, "https://supervisor.example/notices?notice=N-2026-000001#N-2026-000001");
    assert_eq!(entry.updated.to_rfc3339(), "2026-03-10T00:00:00+08:00");
}

#[test]
fn a_notice_is_settled_in_sight_and_withdrawn_out_of_it() {
    let house = House::open();
    let shown = || {
        let listed = house.site.get("/v1/public-notices", None).json();
        let listed: Vec<String> = listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect();
        let page = house.site.get("/notices", None).text();
        let numbers = (1..=3).map(|number| format!("N-2026-00000{number}"));
        let on_page: Vec<String> = numbers.filter(|id| page.contains(&format!("id=\"{id}\""))).collect();
        let in_feed: Vec<String> =
            feed(&house).entries.iter().map(|one| one.id.rsplit(':').next().unwrap().to_owned()).collect();
        assert_eq!(listed.iter().rev().collect::<Vec<_>>(), on_page.iter().collect::<Vec<_>>());
        assert_eq!(listed, in_feed);
        listed
    };
    assert_eq!(shown(), ["N-2026-000001"]);
    // A second institution turns yellow, and puts it right.
    let other = house.site.issue(Role::Institution(InstitutionId::synthetic(5)));
    house.registers(&other, "甲公司");
    house.deals(&other, 1, "500.00");
    assert_eq!(shown(), ["N-2026-000002", "N-2026-000001"]);
    let alert = house.alert_of(&InstitutionId::synthetic(5));
    let close = r#"{"step":"close","reason":"内部意见，不对外"}"#;
    assert_eq!(house.site.post(&format!("/v1/alerts/{alert}/steps"), &house.officer, close).outcome(), "200");
    assert_eq!(shown(), ["N-2026-000002", "N-2026-000001"]);
    let notices = house.site.get("/v1/public-notices", None);
    assert_eq!(notices.json()["items"][0]["standing"], "settled");
    for told in [notices.text(), house.site.get("/notices", None).text()] {
        assert!(!told.contains("内部意见"), "{told}");
    }
    assert!(house.site.get("/notices", None).text().contains("已整改"));

    let withdraw = "/v1/public-notices/N-2026-000001/withdraw";
    assert_eq!(
        house.site.post(withdraw, &house.analyst, r#"{"reason":"有误"}"#).outcome(),
        "403 not_allowed"
    );
    assert_eq!(house.site.post(withdraw, &house.officer, r#"{"reason":" "}"#).outcome(), "409 step_missing");
    assert_eq!(house.site.post(withdraw, &house.officer, r#"{"reason":"有误"}"#).outcome(), "200");
    assert_eq!(shown(), ["N-2026-000002"]);
    assert_eq!(house.site.post(withdraw, &house.officer, r#"{"reason":"有误"}"#).outcome(), "409 not_now");
}

#[test]
fn lists_come_in_parts() {
    let house = House::open();
    let list = |path: &str| house.site.get(path, Some(&house.site.supervisor_key)).json();
    let all = list("/v1/alerts");
    assert_eq!(all["total"], 4, "{all:#}");
    let ids = |listed: &Value| {
        let items = listed["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let wanted = ["A-2026-000004", "A-2026-000003", "A-2026-000002", "A-2026-000001"];
    assert_eq!(ids(&all), wanted, "the newest first");
    for (offset, limit) in [(0, 0), (0, 2), (1, 2), (3, 5), (4, 1), (99, 1)] {
        let part = list(&format!("/v1/alerts?offset={offset}&limit={limit}"));
        assert_eq!((&part["total"], &part["offset"]), (&json!(4), &json!(offset)));
        let end = (offset + limit).min(4);
        assert_eq!(ids(&part), wanted[offset.min(end)..end]);
    }
    assert_eq!(ids(&list("/v1/alerts?grade=red")), ["A-2026-000003"]);
    assert_eq!(list("/v1/alerts?open=false")["total"], 0);
    assert_eq!(list("/v1/deliveries?state=unreachable&about=A-2026-000003")["total"], 0);
    assert_eq!(list("/v1/deliveries?about=A-2026-000003&state=waiting")["total"], 1);
    for path in
        ["/v1/alerts", "/v1/letters", "/v1/plans", "/v1/deliveries", "/v1/reviews", "/v1/public-notices"]
    {
        for wrong in ["limit=-1", "offset=x", "limit=1&limit=2", "colour=red"] {
            let answer = house.site.get(&format!("{path}?{wrong}"), Some(&house.site.supervisor_key));
            assert_eq!(answer.status, 400, "{path}?{wrong}");
        }
    }
}

#[test]
fn reviews_are_claimed_and_decided_each_by_itself() {
    let house = House::open();
    let waiting = house.reviews("");
    assert_eq!(waiting["total"], 4, "{waiting:#}");
    let first = &waiting["reviews"][0];
    // Found on Tuesday: two working days later.
    assert_eq!((&first["due"], &first["four_eyes"]), (&json!("2026-03-12"), &json!(true)));
    assert_eq!(first["handling"]["claimed_by"], Value::Null);
    let id_of = |institution: &InstitutionId| {
        let of_it = house.reviews(&format!("?institution={institution}"));
        of_it["reviews"][0]["id"].as_str().unwrap().to_owned()
    };
    let (yellow, red) = (id_of(&house.yellow), id_of(&house.red));
    let (yellow, red) = (yellow.as_str(), red.as_str());
    let unknown = "0123456789abcdef";

    let both = [yellow, unknown, red];
    assert_eq!(house.review(&house.analyst, &both, "look", None), ["done", "not_found", "done"]);
    assert_eq!(house.review(&house.analyst, &[yellow], "claim", None), ["done"]);
    assert_eq!(house.review(&house.colleague, &both, "claim", None), ["not_now", "not_found", "done"]);
    assert_eq!(house.review(&house.colleague, &[yellow], "confirm", Some("核实")), ["not_now"]);
    assert_eq!(house.review(&house.analyst, &[yellow], "confirm", None), ["step_missing"]);
    assert_eq!(house.review(&house.analyst, &[yellow], "confirm", Some("核实")), ["done"]);
    // One voice is no end where the rule wants two, and nobody has two.
    assert_eq!(house.review(&house.analyst, &[yellow], "confirm", Some("核实")), ["four_eyes"]);
    assert_eq!(house.reviews("")["total"], 4);
    assert_eq!(house.review(&house.colleague, &[yellow, red], "confirm", Some("核实")), ["done", "done"]);
    assert_eq!(house.review(&house.head, &[yellow, red], "dismiss", Some("误报")), ["not_now", "done"]);
    assert_eq!(house.reviews("")["total"], 3);

    let decided = house.reviews("?decided=true");
    assert_eq!(decided["total"], 1);
    let handling = &decided["reviews"][0]["handling"];
    assert_eq!((&decided["reviews"][0]["id"], &handling["decision"]), (&json!(yellow), &json!("confirmed")));
    assert_eq!(handling["claimed_by"], "person:analyst");
    assert_eq!(handling["looked"], json!([{"by": "person:analyst", "at": "2026-03-10T00:00:00+08:00"}]));
    let said: Vec<_> = handling["said"].as_array().unwrap().iter().map(|said| said["by"].clone()).collect();
    assert_eq!(said, [json!("person:analyst"), json!("person:colleague")]);

    // What got worse since waits again; what is better does not.
    house.files(&house.site.key, "transaction", &support::transaction_of(1, "600.00", 1));
    assert_eq!(house.reviews("")["total"], 3);
    house.files(&house.site.key, "transaction", &support::transaction_of(1, "5000.00", 2));
    assert_eq!(house.reviews("")["total"], 4);
    assert_eq!(house.review(&house.analyst, &[yellow], "confirm", Some("更重")), ["done"]);
    assert_eq!(house.reviews("")["total"], 4);

    // Whom nobody knows, and a key without a person.
    let stranger = house.site.issue(Role::Person("stranger".to_owned()));
    assert_eq!(house.review(&stranger, &[red], "look", None), ["not_allowed"]);
    let body = json!({"ids": [red], "step": "look"}).to_string();
    let without = house.site.post("/v1/reviews/steps", &house.site.supervisor_key, &body);
    assert_eq!(without.outcome(), "403 not_allowed");
    let problem = house.site.post("/v1/reviews/steps", &stranger, &body).json();
    let problem = &problem["outcomes"][0]["problem"];
    assert_eq!(problem["detail_zh"], "复核须由在册监管人员办理。");
    assert_eq!(
        (&problem["status"], &problem["type"]),
        (&json!(403), &json!("urn:jianwei:fault:not_allowed"))
    );
}
