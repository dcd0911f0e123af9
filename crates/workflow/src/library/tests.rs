use super::*;

/// A small library: two stages' worth of measures for fund pooling, and one risk that can be put right.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("stages.yaml", STAGES),
    ("risks.yaml", RISKS),
    ("measures/suspend-new-projects.yaml", SUSPEND),
    ("measures/freeze-accounts.yaml", FREEZE),
    ("measures/take-down-app.yaml", TAKE_DOWN),
    ("measures/regulatory-talk.yaml", TALK),
    ("measures/instalments.yaml", INSTALMENTS),
    ("measures/fine.yaml", FINE),
    ("alerts.yaml", "not: the library's"),
    ("letters/order.typ", "= A form"),
];

/// The forms of letters that there are.
pub(crate) const LETTERS: &[&str] = &["order", "penalty-decision"];

const STAGES: &str = "\
stages:
  - id: identify
    title: {zh: 识别, en: Identify}
    requirement: \"3.1\"
    within: 3 working days
    leaves_with: [confirmed-finding]
    text: {zh: 由人确认, en: A person confirms}
  - id: isolate
    title: {zh: 隔离, en: Isolate}
    requirement: \"3.2\"
    within: 24 hours
    leaves_with: [mandatory-measures]
    skippable: {approval: four-eyes, never: [fund-pooling], zh: 不会扩散, en: It cannot spread}
    text: {zh: 先止住, en: Stop it first}
  - id: resolve
    title: {zh: 化解, en: Resolve}
    requirement: \"3.3\"
    within: 90 days
    leaves_with: [mandatory-measures]
    skippable: {approval: head, zh: 没有损失, en: Nobody lost money}
    text: {zh: 化解, en: Resolve it}
  - id: account
    title: {zh: 问责, en: Account}
    requirement: \"3.4\"
    within: 90 days
    leaves_with: [mandatory-measures, no-open-orders]
    skippable: {approval: head, zh: 情节轻微, en: It was slight}
    text: {zh: 双罚, en: Both answer}
  - id: closed
    title: {zh: 结案, en: Closed}
    requirement: [\"3\"]
    leaves_with: []
    text: {zh: 结案, en: Closed}
";

const RISKS: &str = "\
risks:
  - id: fund-pooling
    title: {zh: 资金池, en: Fund pooling}
    requirement: [\"1.2\", \"3.2\"]
    lines: [p2p, fund]
    seriousness: offence
    entries: [outside-custody, lending-before-project]
  - id: non-filing
    title: {zh: 迟报漏报, en: Late and missing filings}
    requirement: [\"2.1\"]
    lines: [p2p, insurance, payment, fund]
    seriousness: rectifiable
    entries: [late-filing]
none:
  - {entry: industry-leverage, zh: 行业指标, en: A figure of the industry}
";

const SUSPEND: &str = "\
id: suspend-new-projects
version: 1
title: {zh: 暂停新增项目, en: Suspend new projects}
requirement: \"3.2\"
stage: isolate
lines: [p2p]
risks: [fund-pooling]
mandatory: [fund-pooling]
addressee: institution
basis:
  - {kind: plan, zh: 工作方案第三部分, en: Work plan part 3, confirmed: true}
letter: order
approval: four-eyes
deadline: 24 hours
effect: suspend-new-projects
liftable: true
text: {zh: 暂停发布新标的。, en: No new project is published.}
receipt: {zh: 写明时间。, en: State when.}
";

const FREEZE: &str = "\
id: freeze-accounts
version: 3
title: {zh: 冻结账户并锁定客户资金, en: Freeze accounts and lock client money}
requirement: \"3.2\"
stage: isolate
lines: [p2p, insurance, payment, fund]
risks: [fund-pooling]
mandatory: [fund-pooling]
addressee: custody-bank
basis:
  - {kind: plan, zh: 工作方案第三部分, en: Work plan part 3, confirmed: true}
  - {kind: law, zh: 《商业银行法》第二十九条, en: Commercial Banking Law art. 29, confirmed: false}
letter: order
approval: four-eyes
deadline: 4 hours
fields:
  - {name: accounts, type: list, required: true, zh: 账户, en: Accounts}
  - {name: amount, type: money, zh: 金额, en: Amount}
  - {name: since, type: date, zh: 自, en: Since}
  - name: holders
    type: table
    zh: 户主
    en: Holders
    columns:
      - {name: name, type: text, zh: 名称, en: Name}
      - {name: balance, type: money, zh: 余额, en: Balance}
effect: freeze-accounts
milestones: false
liftable: true
follow_up: {within: 5 working days, zh: 核对余额, en: Compare balances}
text: {zh: \"冻结{institution}的下列账户：{accounts}，金额{amount}。\", en: \"Freeze these accounts of {institution}: {accounts}, amount {amount}.\"}
receipt: {zh: 逐户写明。, en: State each account.}
";

const TAKE_DOWN: &str = "\
id: take-down-app
version: 1
title: {zh: 应用下架, en: Take the application down}
requirement: \"3.2\"
stage: isolate
lines: [p2p, insurance]
risks: [fund-pooling]
addressee: app-store
basis:
  - {kind: plan, zh: 工作方案第三部分, en: Work plan part 3, confirmed: true}
letter: order
approval: four-eyes
deadline: 24 hours
effect: restrict-app
liftable: true
text: {zh: 下架。, en: Take it down.}
receipt: {zh: 写明时间。, en: State when.}
";

const TALK: &str = "\
id: regulatory-talk
version: 1
title: {zh: 监管约谈, en: Regulatory talk}
requirement: \"3.1\"
stage: identify
lines: [p2p, insurance, payment, fund]
risks: [fund-pooling, non-filing]
addressee: institution
basis:
  - {kind: plan, zh: 工作方案第三部分, en: Work plan part 3, confirmed: true}
letter: order
approval: none
deadline: 2 working days
effect: none
text: {zh: 请到场。, en: Please come.}
receipt: {zh: 回复。, en: Answer.}
";

const INSTALMENTS: &str = "\
id: instalments
version: 1
title: {zh: 分期兑付, en: Repayment in instalments}
requirement: \"3.3\"
stage: resolve
lines: [p2p]
risks: [fund-pooling]
addressee: institution
basis:
  - {kind: plan, zh: 工作方案第三部分, en: Work plan part 3, confirmed: true}
letter: order
approval: head
deadline: 10 working days
effect: none
milestones: true
liftable: true
text: {zh: 分期兑付。, en: Repay in instalments.}
receipt: {zh: 报送方案。, en: File the plan.}
";

const FINE: &str = "\
id: fine
version: 1
title: {zh: 罚款, en: Fine}
requirement: \"3.4\"
stage: account
lines: [p2p]
risks: [fund-pooling]
mandatory: [fund-pooling]
addressee: institution
basis:
  - {kind: plan, zh: 工作方案第三部分, en: Work plan part 3, confirmed: true}
letter: penalty-decision
approval: head
deadline: 15 days
fields:
  - {name: amount, type: money, required: true, zh: 罚款金额, en: Fine}
effect: none
text: {zh: \"罚款{amount}。\", en: \"Fined {amount}.\"}
receipt: {zh: 缴款凭证。, en: Proof of payment.}
";

/// The small library.
pub(crate) fn library() -> Library {
    Library::load(FILES.iter().copied(), LETTERS).unwrap()
}

#[test]
fn what_is_loaded_is_found_again() {
    let library = library();
    let risks = BTreeSet::from(["fund-pooling".to_owned()]);
    let ids = |line| -> Vec<&str> {
        library.suggested(&risks, line).into_iter().map(|measure| measure.id.as_str()).collect()
    };
    assert_eq!(
        ids(Some("p2p")),
        [
            "regulatory-talk",
            "freeze-accounts",
            "suspend-new-projects",
            "take-down-app",
            "instalments",
            "fine"
        ]
    );
    assert_eq!(ids(Some("payment")), ["regulatory-talk", "freeze-accounts"]);
    assert_eq!(ids(None), ids(Some("p2p")));
    assert_eq!(library.risks_of("outside-custody", Some("p2p")), risks);
    assert!(library.risks_of("outside-custody", Some("payment")).is_empty());
    assert!(library.without_risk("industry-leverage").is_some());
    let freeze = library.measure("freeze-accounts").unwrap();
    assert_eq!((freeze.effect, freeze.basis[1].confirmed), (Some(EffectKind::FreezeAccounts), false));
}

#[test]
fn the_digest_is_of_paths_and_texts_in_any_order() {
    let digest = |files: &[(&str, &str)]| Library::load(files.iter().copied(), LETTERS).unwrap().digest;
    let mut files = FILES.to_vec();
    let first = digest(&files);
    files.reverse();
    assert_eq!(digest(&files), first);
    let talk = TALK.replace("请到场", "务必到场");
    let changed = FILES.iter().map(|(path, text)| match *path {
        "measures/regulatory-talk.yaml" => (*path, talk.as_str()),
        _ => (*path, *text),
    });
    assert_ne!(Library::load(changed, LETTERS).unwrap().digest, first);
}

#[test]
fn every_slip_is_named_with_its_file_and_line() {
    let table = [
        ("freeze-accounts", "stage: isolate", "stage: isolation", "5: ", "isolation"),
        ("freeze-accounts", "stage: isolate", "stage: closed", "5: ", "nothing is done in a closed case"),
        ("freeze-accounts", "risks: [fund", "risks: [pooling, fund", "7: ", "there is no risk \"pooling\""),
        (
            "freeze-accounts",
            "mandatory: [fund-pooling]",
            "mandatory: [non-filing]",
            "8: ",
            "not among the risks",
        ),
        ("freeze-accounts", "lines: [p2p,", "lines: [p2p, p2q,", "6: ", "\"p2q\" is no line of business"),
        ("freeze-accounts", "lines: [p2p,", "lines: [p2p, p2p,", "6: ", "\"p2p\" stands twice"),
        ("freeze-accounts", "{accounts}，", "{account}，", "31: ", "{account} names no field"),
        ("freeze-accounts", "{accounts}，", "{accounts，", "31: ", "a brace stands alone"),
        ("freeze-accounts", "deadline: 4 hours", "deadline: soon", "15: ", "\"soon\" is no term"),
        ("freeze-accounts", "letter: order", "letter: oder", "13: ", "there is no letter \"oder\""),
        ("freeze-accounts", "approval: four-eyes", "approval: none", "1: ", "needs an approval"),
        ("freeze-accounts", "effect: freeze-accounts", "effect: freeze", "27: ", "\"freeze\" is no effect"),
        ("freeze-accounts", "liftable: true", "liftable: true\nliftabel: true", "30: ", "liftabel"),
        ("freeze-accounts", "type: list", "type: lists", "17: ", "lists"),
        ("freeze-accounts", "name: amount", "name: accounts", "18: ", "\"accounts\" stands twice"),
        ("freeze-accounts", "balance, type: money", "balance, type: list", "20: ", "cannot be a list"),
        ("freeze-accounts", "id: freeze-accounts", "id: freeze", "1: ", "not the name of the file"),
        ("freeze-accounts", "zh: 冻结账户并锁定客户资金", "zh: Freeze", "3: ", "zh in Chinese"),
        ("stages", "within: 24 hours", "within: 24 ours", "11: ", "24 ours"),
        ("stages", "id: resolve", "id: isolate", "", "in this order"),
        ("stages", "    within: 24 hours\n", "", "8: ", "`within` is missing"),
        ("stages", "never: [fund-pooling]", "never: [pooling]", "13: ", "there is no risk \"pooling\""),
        ("stages", "leaves_with: [mandatory-measures]", "leaves_with: [confirmed]", "12: ", "confirmed"),
        ("risks", "entries: [late-filing]", "entries: [outside-custody]", "13: ", "stands twice"),
        ("risks", "seriousness: offence", "seriousness: grave", "6: ", "grave"),
    ];
    let mut wrong = Vec::new();
    for (file, from, to, line, says) in table {
        let path = match file {
            "stages" | "risks" => format!("{file}.yaml"),
            measure => format!("measures/{measure}.yaml"),
        };
        let files = FILES.iter().map(|(name, text)| match *name == path {
            true => {
                assert!(text.contains(from), "{path} has no {from:?}");
                (*name, text.replacen(from, to, 1))
            }
            false => (*name, (*text).to_owned()),
        });
        let faults = Library::load(files, LETTERS).unwrap_err().to_string();
        let expected = format!("{path}:{line}");
        let found = faults.lines().find(|fault| fault.contains(says));
        if !found.is_some_and(|fault| fault.starts_with(expected.trim_end())) {
            wrong.push(format!("{from} → {to}: expected {expected}… {says}\nfound {faults}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_faults_are_said_at_once() {
    let broken = |text: &str| text.replace("letter: order", "letter: oder").replace("[p2p", "[q2p");
    let files = FILES.iter().map(|(path, text)| (*path, broken(text)));
    let faults = Library::load(files, LETTERS).unwrap_err();
    let measures = faults.0.iter().filter(|fault| fault.file.starts_with("measures/")).count();
    assert!(measures >= 10, "{faults}");
    let none: [(&str, &str); 0] = [];
    let nothing = Library::load(none, LETTERS).unwrap_err().to_string();
    assert_eq!(
        nothing,
        "measures: there is no measure\nrisks.yaml: the file is missing\nstages.yaml: the file is missing"
    );
}

#[test]
fn what_was_filled_in_is_held_against_the_fields() {
    let library = library();
    let fields = &library.measure("freeze-accounts").unwrap().fields;
    let table = [
        (r#"{}"#, "\"Accounts\" (accounts) is missing"),
        (r#"{"accounts": ["1"]}"#, ""),
        (r#"{"accounts": []}"#, "takes 1 to 1000 items"),
        (r#"{"accounts": [" "]}"#, "none of them empty"),
        (r#"{"accounts": "1"}"#, "takes a list"),
        (r#"{"accounts": ["1"], "amount": "12.50"}"#, ""),
        (r#"{"accounts": ["1"], "amount": "12.5"}"#, "two decimals"),
        (r#"{"accounts": ["1"], "amount": "-1.00"}"#, "two decimals"),
        (r#"{"accounts": ["1"], "amount": "1,000.00"}"#, "two decimals"),
        (r#"{"accounts": ["1"], "since": "2026-02-30"}"#, "takes a date"),
        (r#"{"accounts": ["1"], "since": "2026-02-28"}"#, ""),
        (r#"{"accounts": ["1"], "sine": "2026-02-28"}"#, "there is no field \"sine\""),
        (r#"{"accounts": ["1"], "holders": [{"name": "甲", "balance": "1.00"}]}"#, ""),
        (r#"{"accounts": ["1"], "holders": [{"name": "甲"}]}"#, "row 1: \"Balance\" (balance) is missing"),
        (r#"{"accounts": ["1"], "holders": [{"name": "甲", "balance": "1"}]}"#, "two decimals"),
        (
            r#"{"accounts": ["1"], "holders": [{"name": "甲", "balance": "1.00", "x": "y"}]}"#,
            "no column \"x\"",
        ),
        (r#"{"accounts": ["1"], "holders": []}"#, "1 to 1000 rows"),
    ];
    for (filled, says) in table {
        let filled: Filled = serde_json::from_str(filled).unwrap();
        let faults = field_faults(fields, &filled);
        let found: Vec<_> = faults.iter().map(|fault| fault.en.as_str()).collect();
        assert_eq!(faults.is_empty(), says.is_empty(), "{filled:?}: {found:?}");
        assert!(says.is_empty() || found.iter().any(|fault| fault.contains(says)), "{filled:?}: {found:?}");
        assert!(faults.iter().all(|fault| !fault.zh.is_empty()), "{filled:?}");
    }
}

#[test]
fn a_text_is_filled_in_both_languages() {
    let library = library();
    let form = library.measure("freeze-accounts").unwrap();
    let filled: Filled = serde_json::from_str(r#"{"accounts": ["A1", "B2"]}"#).unwrap();
    let text = fill(&form.text, &form.fields, &filled, &[("institution", "甲平台"), ("case", "C-1")]);
    assert_eq!(text.zh, "冻结甲平台的下列账户：A1、B2，金额（未填写）。");
    assert_eq!(text.en, "Freeze these accounts of 甲平台: A1, B2, amount (not filled in).");
}

/// The files below `/disposal` as they are shipped, and the forms of letters among them.
fn shipped() -> (Vec<(String, String)>, Vec<String>) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../disposal");
    let read = |folder: &str| -> Vec<(String, String)> {
        let files = std::fs::read_dir(root.join(folder)).unwrap().map(|file| file.unwrap().path());
        let files = files.filter(|path| path.is_file());
        files
            .map(|path| {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                (name, std::fs::read_to_string(path).unwrap())
            })
            .collect()
    };
    let forms = read("letters").into_iter();
    let forms = forms
        .filter_map(|(path, _)| Some(path.strip_prefix("letters/")?.strip_suffix(".typ")?.to_owned()))
        .collect();
    ([read(""), read("measures")].concat(), forms)
}

/// The library as it is shipped.
pub(crate) fn shipped_library() -> Library {
    let (files, forms) = shipped();
    let forms: Vec<&str> = forms.iter().map(String::as_str).collect();
    Library::load(files, &forms).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn the_library_as_shipped_is_sound() {
    let library = shipped_library();
    // There is something to suggest for each risk in each of its lines, and at every stage.
    for risk in library.risks() {
        for line in &risk.lines {
            let risks = BTreeSet::from([risk.id.clone()]);
            let found = library.suggested(&risks, Some(line));
            assert!(!found.is_empty(), "nothing is suggested for {} at {line}", risk.id);
        }
    }
    for stage in Stage::OPEN {
        assert!(library.measures().any(|measure| measure.stage == stage), "{}", stage.code());
    }
    let freeze = library.measure("freeze-accounts").unwrap();
    assert_eq!(freeze.effect, Some(EffectKind::FreezeAccounts));
}
