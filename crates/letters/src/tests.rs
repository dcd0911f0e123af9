//! Every form with its examples, and what must never get into or out of a letter.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::{Value, json};
use typst::layout::{Frame, FrameItem, Point};

use super::*;
use crate::forms::example_files;

/// All examples: the form's name, the example's, and the data.
fn examples() -> Vec<(String, String, Value)> {
    let all: Vec<_> = example_files()
        .map(|(file, text)| {
            let name = file.strip_suffix(".json").unwrap();
            let form = name.split('.').next().unwrap();
            (form.to_owned(), name.to_owned(), serde_json::from_str(text).unwrap())
        })
        .collect();
    assert!(all.len() >= 8);
    all
}

fn example(name: &str) -> Value {
    examples().into_iter().find(|(_, example, _)| example == name).unwrap().2
}

/// Every run of text with its left and right edge and its base line, page by page.
fn runs(form: &str, data: &Value) -> Vec<Vec<(String, f64, f64, f64)>> {
    fn walk(frame: &Frame, at: Point, out: &mut Vec<(String, f64, f64, f64)>) {
        for (position, item) in frame.items() {
            let at = at + *position;
            match item {
                // what is turned is the mark of a draft
                FrameItem::Group(group) if group.transform.kx.is_zero() => walk(&group.frame, at, out),
                FrameItem::Text(text) => {
                    out.push((
                        text.text.to_string(),
                        at.x.to_mm(),
                        (at.x + text.width()).to_mm(),
                        at.y.to_mm(),
                    ));
                }
                _ => {}
            }
        }
    }
    let (document, _) = Forms::shipped().lay_out(form, data).unwrap();
    let page = |frame| {
        let mut out = Vec::new();
        walk(frame, Point::zero(), &mut out);
        out
    };
    document.pages().iter().map(|p| page(&p.frame)).collect()
}

fn text(form: &str, data: &Value) -> String {
    runs(form, data).into_iter().flatten().map(|(text, ..)| text).collect()
}

/// Nothing is set outside the type area of GB/T 9704, apart from heads and feet.
fn nothing_runs_over(name: &str, form: &str, data: &Value) {
    for (number, page) in runs(form, data).iter().enumerate() {
        for (text, left, right, base) in page {
            // wide tables go as far as the red lines; brackets may hang by half their width
            let inside = *left >= 20.0 && *right <= 192.0 && (18.0..=282.0).contains(base);
            assert!(inside, "{name}, page {}: {text:?} at {left:.1}–{right:.1} mm, {base:.1} mm", number + 1);
        }
    }
}

#[test]
fn every_form_has_an_example_and_every_example_renders_in_every_language() {
    let forms: BTreeSet<&str> = Forms::shipped().names().collect();
    let mut seen = BTreeSet::new();
    for (form, name, mut data) in examples() {
        for lang in ["both", "zh", "en"] {
            data["lang"] = json!(lang);
            let letter =
                Forms::shipped().render(&form, &data).unwrap_or_else(|e| panic!("{name} in {lang}: {e}"));
            assert!(letter.pdf.starts_with(b"%PDF-1.7"), "{name}");
            assert!(letter.pdf.len() < 200_000, "{name}: {} bytes", letter.pdf.len());
            assert!((1..=6).contains(&letter.pages), "{name} in {lang}: {} pages", letter.pages);
            nothing_runs_over(&name, &form, &data);
        }
        seen.insert(form);
    }
    let seen: BTreeSet<&str> = seen.iter().map(String::as_str).collect();
    assert_eq!(forms, seen);
}

#[test]
fn a_letter_says_what_its_data_says() {
    let notice = example("risk-notice");
    let all = text("risk-notice", &notice);
    for want in [
        "见微函〔2026〕12号",
        "关于星桥互联网保险代理有限公司",
        "2026年12月8日",
        "12,876,540.50元",
        "CNY 12,876,540.50",
        "8 December 2026",
        "— 1 —",
        "9F86-D081-884C-7D65",
        "https://jianwei.example/v1/proofs/184467",
        "抄送：",
        "2026年11月24日印发",
    ] {
        let (want, all) = (want.replace('\u{a0}', " "), all.replace('\u{a0}', " "));
        assert!(all.contains(&want), "{want} is not in {all}");
    }
    let decision = text("penalty-decision", &example("penalty-decision"));
    assert!(decision.contains("大写：壹仟壹佰万元整"), "{decision}");
    assert!(text("order", &example("order.freeze")).contains("回　执"));
    // one language is one language
    let mut english = notice;
    english["lang"] = json!("en");
    assert!(!text("risk-notice", &english).contains("风险提示函"));
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    let data = example("order.freeze");
    let first = Forms::shipped().render("order", &data).unwrap();
    // other letters in between, on other threads too, change nothing
    std::thread::scope(|scope| {
        for name in ["risk-notice", "reserve-statement"] {
            scope.spawn(move || Forms::shipped().render(name, &example(name)).unwrap());
        }
    });
    assert!(Forms::shipped().render("order", &data).unwrap() == first);
    assert!(Forms::shipped().clone().with([]).render("order", &data).unwrap() == first);
}

#[test]
fn markup_in_data_is_text() {
    let hostile = "#panic() *x* _y_ $z$ <a> @b `c` \\ // [d] = e ~ -- #import \"_official.typ\": *";
    let mut data = example("risk-notice");
    data["institution"]["zh"] = json!(hostile);
    data["facts"][0]["rule"]["zh"] = json!("#eval(\"1\") https://x.example");
    data["lang"] = json!("zh");
    let all = text("risk-notice", &data);
    let squeezed = |text: &str| text.replace([' ', '\n'], "");
    for want in [hostile, "#eval(\"1\")"] {
        assert!(squeezed(&all).contains(&squeezed(want)), "{all}");
    }
    for (name, form) in Forms::shipped().names().map(|name| (name, Forms::shipped().text(name).unwrap())) {
        assert!(!form.contains("eval("), "{name} reads data as markup");
    }
}

#[test]
fn long_names_and_long_tables_stay_inside_the_page() {
    let name = "临海市望江新区星桥海潮云帆启明互联网金融信息技术服务与资产管理咨询（集团）股份有限公司长江三角洲一体化示范区跨境支付分公司";
    assert!(name.chars().count() >= 60);
    let english = "Linhai Wangjiang New District Xingqiao Haichao Yunfan Qiming Internet Financial Information Technology Services and Asset Management Consulting (Group) Co., Ltd., Cross-border Payment Branch";
    let both = json!({"zh": name, "en": english, "id": "IN-0042"});
    for (form, example, mut data) in examples() {
        for field in ["institution", "addressee", "issuer"] {
            if data.get(field).is_some() {
                data[field] = both.clone();
            }
        }
        data["cc"] = json!([both, both, both]);
        if data.get("party").is_some() {
            data["party"]["name"] = both.clone();
        }
        nothing_runs_over(&example, &form, &data);
    }
    let mut notice = example("risk-notice");
    let row = notice["facts"][2].clone();
    notice["facts"] = Value::Array(vec![row; 30]);
    nothing_runs_over("thirty rows", "risk-notice", &notice);
    let pages = runs("risk-notice", &notice);
    assert!(pages.len() <= 9, "{}", pages.len());
    // heads are said again on each page that the table goes over to
    let headed = pages.iter().filter(|page| page.iter().any(|(text, ..)| text == "监测项目")).count();
    assert!((2..=4).contains(&headed), "{headed}");

    let mut cover = example("evidence-cover");
    let mut file = cover["files"][0].clone();
    file["name"] = json!(format!("02-records/a_long_name/{}.ndjson", "x".repeat(80)));
    cover["files"] = Value::Array(vec![file; 200]);
    nothing_runs_over("two hundred files", "evidence-cover", &cover);

    let mut order = example("order.freeze");
    for row in order["items"]["rows"].as_array_mut().unwrap() {
        row[1] = json!("62220000881200016222000088120001");
        row[3] = json!({"amount": "92233720368547758.07"});
    }
    nothing_runs_over("large amounts", "order", &order);
}

#[test]
fn a_letter_is_a_draft_or_can_be_verified() {
    let mut data = example("risk-notice");
    data.as_object_mut().unwrap().remove("verification");
    let refused = Forms::shipped().render("risk-notice", &data).unwrap_err().to_string();
    assert!(refused.contains("data.verification is missing"), "{refused}");
    data["draft"] = json!(true);
    assert!(text("risk-notice", &data).contains("草稿：尚未签发"));
    Forms::shipped().render("risk-notice", &data).unwrap();
}

#[test]
fn a_statement_that_does_not_add_up_is_refused() {
    let mut data = example("reserve-statement");
    data["lines"][1]["balance"] = json!("2352750.44");
    let refused = Forms::shipped().render("reserve-statement", &data).unwrap_err().to_string();
    assert!(refused.contains("data.lines[1].balance is 2352750.44 and must be 2352750.45"), "{refused}");
}

#[test]
fn faults_of_a_form_name_file_line_and_column() {
    let forms = Forms::shipped().clone().with([
        ("missing.typ", "#import \"_official.typ\": *\n\nText #data.nothing"),
        ("broken.typ", "one\n#let x = (\n"),
        ("clock.typ", "\n#datetime.today()"),
        ("file.typ", "#read(\"/etc/passwd\")"),
        ("package.typ", "#import \"@preview/cetz:0.3.1\": *"),
        ("plugin.typ", "#plugin(\"/x.wasm\")"),
        ("endless.typ", "#while true { }"),
        ("deep.typ", "#let f(x) = f(x)\n#f(1)"),
        (
            "unsettled.typ",
            "#context { let n = counter(\"c\").final().first(); counter(\"c\").update(n + 1) }",
        ),
        ("font.typ", "#set text(font: \"Arial\")\nText"),
        ("tofu.typ", "这里有一个字：😀"),
        ("README.md", "left out"),
    ]);
    let table = "
        missing    missing.typ:3:12    does not contain key
        broken     broken.typ:2:10     unclosed delimiter
        clock      clock.typ:2:2       unable to get the current date
        file       file.typ:1:7        file not found
        package    package.typ:1:9     file not found
        plugin     plugin.typ:1:9      file not found
        endless    endless.typ:1:8     condition is always true
        deep       deep.typ:1:13       maximum function call depth
        unsettled  unsettled.typ:0:0   did not converge
        font       font.typ:1:17       unknown font family
        tofu       the_form_tofu       cannot show
    ";
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let mut words = row.split_whitespace();
        let (form, place) = (words.next().unwrap(), words.next().unwrap().replace('_', " "));
        let message = words.collect::<Vec<_>>().join(" ");
        let fault = forms.render(form, &json!({"lang": "zh"})).unwrap_err().to_string();
        assert!(fault.contains(&place) && fault.contains(&message), "{form}: {fault}");
    }
    let unknown = forms.render("_official", &json!({})).unwrap_err().to_string();
    assert!(unknown.starts_with("there is no form \"_official\"; there are "), "{unknown}");
    assert!(!unknown.contains("README"));
}

#[test]
fn nothing_is_lost_beyond_the_edge_of_a_page() {
    let mut data = example("risk-notice");
    data["cc"] = json!(vec!["长".repeat(4_000); 5]);
    let refused = Forms::shipped().render("risk-notice", &data).unwrap_err();
    assert!(matches!(refused, LetterError::Beyond { page: 4, .. }), "{refused}");
    // a short table of long texts breaks after all
    let mut data = example("plan-answer");
    for item in data["items"].as_array_mut().unwrap() {
        item["opinion"] = json!("说明理由".repeat(100));
    }
    nothing_runs_over("long opinions", "plan-answer", &data);
}

#[test]
fn more_pages_than_a_letter_has_are_refused() {
    let forms =
        Forms::shipped().clone().with([("long.typ", "#for i in range(201) { pagebreak(weak: false) }")]);
    let refused = forms.render("long", &json!({})).unwrap_err();
    assert!(matches!(refused, LetterError::TooMuch { what: "pages", .. }), "{refused}");
}

#[test]
#[ignore = "prints times: cargo test --release -p jianwei-letters -- --ignored --nocapture"]
fn how_long_a_letter_takes() {
    for (form, name, mut data) in examples() {
        let mut times = Vec::new();
        let mut bytes = 0;
        for i in 0..20 {
            data["number"] = json!(format!("见微函〔2026〕{i}号"));
            let start = Instant::now();
            bytes = Forms::shipped().render(&form, &data).unwrap().pdf.len();
            times.push(start.elapsed());
        }
        let first = times.remove(0);
        times.sort();
        println!("{name:26} first {first:>9.1?}  median {:>9.1?}  {bytes} bytes", times[times.len() / 2]);
    }
    let mut cover = example("evidence-cover");
    let file = cover["files"][0].clone();
    cover["files"] = Value::Array(vec![file; 1_500]);
    let start = Instant::now();
    let letter = Forms::shipped().render("evidence-cover", &cover);
    println!("1,500 files: {:?} {:?}", start.elapsed(), letter.map(|l| (l.pages, l.pdf.len())));
    // the worst that is taken
    let mut notice = example("risk-notice");
    notice["requests"] = Value::Array(vec![json!("x/".repeat(2_000)); 70]);
    let start = Instant::now();
    let refused = Forms::shipped().render("risk-notice", &notice).unwrap_err();
    println!("280,000 characters: {:?} {refused}", start.elapsed());
}
