//! The life of a rule as it is typed: back-tested, drafted, tested, approved by another person, put
//! in force, served under.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use support::{Served, command, run, run_in};

const ID: &str = "frequent-transactions";

/// A draft of the rule with a higher version and another threshold, and cases that it passes.
fn write_draft(dir: &Path, threshold: u32) {
    let files = rulebook::load::embedded_files();
    let text = |name: &str| {
        let path = format!("special/{name}");
        files.iter().find(|file| file.path == path).unwrap().text.to_string()
    };
    let version = rulebook::load::embedded().unwrap().entry(ID).unwrap().meta().version;
    let rule = text("frequent-transactions.yaml")
        .replace(&format!("version: {version}\n"), &format!("version: {}\n", version + 1))
        .replace("\"> 50\"", &format!("\"> {threshold}\""));
    fs::write(dir.join(format!("{ID}.yaml")), rule).unwrap();
    let cases = format!(
        "- name: {{zh: 超过, en: above}}\n  given: {{transaction: [{{day: 2024-03-01, user: alice, repeat: {}}}]}}\n  \
         expect: [{{day: 2024-03-01, columns: {{user: alice}}, verdict: yellow}}]\n\
         - name: {{zh: 未超过, en: not above}}\n  given: {{transaction: [{{day: 2024-03-01, user: alice, repeat: {threshold}}}]}}\n  \
         expect: [{{day: 2024-03-01, columns: {{user: alice}}, verdict: silent}}]\n",
        threshold + 1
    );
    fs::write(dir.join(format!("{ID}.cases.yaml")), cases).unwrap();
}

/// What a server says on standard error from its start to its end.
fn said_by_server(at: &Path, line: &str) -> String {
    let file = at.join("stderr.txt");
    let child = command()
        .current_dir(at)
        .args(line.split_whitespace())
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&file).unwrap())
        .spawn();
    Served::of(child.unwrap()).terminate();
    fs::read_to_string(file).unwrap()
}

#[test]
fn a_rule_is_tried_approved_and_served_under() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    run(at, "demo --once --data data --institutions 12 --days 3 --transactions 600 --until 2026-03-04")
        .expect_code(0);
    write_draft(at, 2);

    // Beside a running server: what the draft would have raised.
    let served = Served::start(at, "serve --data data --listen 127.0.0.1:0");
    let words = format!("rules backtest {ID}.yaml --data data --from 2026-03-01 --to 2026-03-31 --lang en");
    let tried = run(at, &words).expect_code(1);
    assert!(
        tried.out.contains("only draft") && tried.out.contains("Where they differ first:"),
        "{}",
        tried.out
    );
    assert!(tried.out.contains("user=p1:") && tried.out.contains("silent →"), "{}", tried.out);
    let report = run(at, &format!("{words} --json")).expect_code(1).out;
    let json: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert!(json["reports"][0]["total"]["only_draft"].as_u64().unwrap() > 0, "{json}");
    fs::write(at.join("report.json"), &report).unwrap();
    let left: Vec<_> = fs::read_dir(at.join("data/derived/reading")).unwrap().collect();
    assert!(left.is_empty(), "links stayed behind: {left:?}");
    // The steps need the ledger for themselves.
    let held = run_in(at, &["rules", "draft", &format!("{ID}.yaml"), "--data", "data", "--by", "Li Wei"]);
    assert!(held.err.contains("in use") && held.err.contains("stop that process"), "{}", held.err);
    served.terminate();

    let take = |verb: &str, what: &str, by: &str, more: &[&str]| {
        let words = [&["rules", verb, what, "--data", "data", "--by", by], more].concat();
        run_in(at, &words)
    };
    let drafted = take("draft", &format!("{ID}.yaml"), "Li Wei", &["--note", "门槛下调"]).expect_code(0);
    assert!(drafted.out.contains("起草 drafted, Li Wei"), "{}", drafted.out);
    fs::write(at.join("other.json"), "{\"reports\":[]}").unwrap();
    let other = take("submit", ID, "Li Wei", &["--report", "other.json"]).expect_code(2);
    assert!(other.err.contains("not of this text"), "{}", other.err);
    take("submit", ID, "Li Wei", &["--report", "report.json"]).expect_code(0);
    let own = take("approve", ID, "li  WEI", &[]).expect_code(2);
    assert!(own.err.contains("another person approves it"), "{}", own.err);
    take("approve", ID, "王芳", &[]).expect_code(0);
    let past = take("enact", ID, "王芳", &["--from", "2020-01-01"]).expect_code(2);
    assert!(past.err.contains("a day to come"), "{}", past.err);
    let enacted = take("enact", ID, "王芳", &["--from", "2999-01-01"]).expect_code(0);
    assert!(enacted.out.contains("evaluates under rulebook"), "{}", enacted.out);

    let history = run(at, &format!("rules history {ID} --data data --lang zh")).expect_code(0).out;
    for word in ["起草", "测试通过", "批准", "起被替换", "将自 2999-01-01 起施行", "门槛下调", "回测报告"]
    {
        assert!(history.contains(word), "{word} in {history}");
    }
    let lines = run(at, "rules history --data data --json").expect_code(0).out;
    assert_eq!(lines.lines().count(), 5, "{lines}");

    // The next server evaluates under it, and everything still replays and verifies.
    let digest = fs::read_to_string(at.join("data/rulebooks/in-force")).unwrap();
    let served = Served::start(at, "serve --data data --listen 127.0.0.1:0");
    served.terminate();
    // Who comes anew takes it as a folder, and drafts on top of that.
    let exported = run(at, "rules export --data data --out exported").expect_code(0);
    assert!(exported.out.contains(digest.trim()), "{}", exported.out);
    for path in ["in-force.yaml", "past/1/special/frequent-transactions.yaml", "grading.yaml"] {
        assert!(at.join("exported").join(path).is_file(), "{path}");
    }
    let same = run(at, &format!("rules diff exported {} --data data", &digest[..12])).expect_code(0);
    assert!(same.out.contains("say the same"), "{}", same.out);
    let checked = run(at, "rules check --rulebook exported").expect_code(0);
    assert!(checked.out.contains(&digest[..16]), "{}", checked.out);
    let again = run(at, "rules export --data data --out exported").expect_code(2);
    assert!(again.err.contains("is not empty"), "{}", again.err);

    let differs =
        run(at, &format!("rules diff embedded {} --data data --lang en", &digest[..12])).expect_code(1);
    assert!(differs.out.contains("bands.yellow: > 50 → > 2"), "{}", differs.out);
    let replayed = run(at, "replay --data data").expect_code(0);
    assert!(replayed.out.contains("equal") && !replayed.out.contains("DIFFERENT"), "{}", replayed.out);
    run(at, "verify data").expect_code(0);

    // Fewer digits than that name none.
    let short = run(at, &format!("rules diff {} embedded --data data", &digest[..4])).expect_code(2);
    assert!(short.err.contains("8 digits at least"), "{}", short.err);

    // Another rulebook by hand is taken, and said to be another than the one that was enacted.
    let plain = at.join("plain");
    for file in rulebook::load::embedded_files() {
        let path = plain.join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file.text.as_bytes()).unwrap();
    }
    let serve = "serve --data data --listen 127.0.0.1:0";
    let said = said_by_server(at, &format!("{serve} --rulebook plain"));
    assert!(said.contains(&format!("rulebook {} was enacted in data", digest.trim())), "{said}");
    assert!(said.contains("已施行规则库"), "{said}");
    for enacted in [serve.to_owned(), format!("{serve} --rulebook exported")] {
        assert_eq!(said_by_server(at, &enacted), "");
    }

    // A used version that says something else is refused, with what to do.
    let book = at.join("book");
    for file in rulebook::load::embedded_files() {
        let path = book.join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = match file.path.ends_with(&format!("{ID}.yaml")) {
            true => file.text.replace("\"> 50\"", "\"> 40\""),
            false => file.text.to_string(),
        };
        fs::write(path, text).unwrap();
    }
    let refused = run(at, "serve --data data --listen 127.0.0.1:0 --rulebook book").expect_code(2);
    assert!(refused.err.contains(ID) && refused.err.contains("raise the version"), "{}", refused.err);
}
