//! What is wrong with a mapping is shown with file, line and caret, and what to do about it.

mod common;

use common::{import, outcome};

const SOUND: &str = r#"version: 1
source:
  format: csv
  columns:
    day: date
    balance: money
    rate: "decimal(10, 8)"
institution: { synthetic_from: platform }
streams:
  - stream: business_daily
    fields:
      id: "platform || CAST(day AS VARCHAR)"
      date: day
      line: "'p2p'"
      loan_balance: balance
"#;
const FILE: (&str, &str) =
    ("daily.csv", "day,platform,balance,rate,Lenders,x\n2025-03-01,one,1.00,1.5,3,2\n");

#[test]
fn each_fault_is_named_with_its_place() {
    let table = [
        ("sound", "", ""),
        ("another version", "version: 1", "version: 2"),
        ("no YAML", "source:", "source: ]"),
        ("unknown key", "format: csv", "formatt: csv"),
        ("unknown format", "format: csv", "format: cvs"),
        ("unknown type", "balance: money", "balance: mony"),
        ("a type that has no format", "balance: money", "balance: { type: money, format: \"%d\" }"),
        ("a column that the file has not", "balance: money", "balanse: money"),
        ("unknown stream", "stream: business_daily", "stream: bussiness_daily"),
        ("unknown field", "loan_balance:", "loan_balanse:"),
        ("a required field is missing", "      date: day\n", ""),
        ("unknown column in an expression", "loan_balance: balance", "loan_balance: \"balance + rait\""),
        ("a column in capital letters", "loan_balance: balance", "lenders: Lenders"),
        ("bad syntax", "loan_balance: balance", "loan_balance: \"balance +\""),
        ("a text where a number is wanted", "loan_balance: balance", "lenders: x"),
        ("too many decimals", "loan_balance: balance", "loan_balance: \"rate\""),
        ("a date where a text is wanted", "platform || CAST(day AS VARCHAR)", "day"),
        ("a division that may fail", "loan_balance: balance", "loan_balance: \"balance / balance\""),
        ("a cast that may fail", "loan_balance: balance", "lenders: \"CAST(x AS BIGINT)\""),
        ("no condition", "    fields:", "    where: balance\n    fields:"),
        ("nobody's", "institution: { synthetic_from: platform }\n", ""),
        ("a code that is none", "synthetic_from: platform", "code: 12345"),
        (
            "absent_when of a field that is not mapped",
            "loan_balance: balance\n",
            "loan_balance: balance\n    absent_when: { loan_balanc: \"balance = 0\" }\n",
        ),
        (
            "a pseudonym of a field that holds none",
            "loan_balance: balance\n",
            "loan_balance: balance\n    pseudonymise: { loan_balance: person }\n",
        ),
        ("unknown table", "    fields:", "    from: sorce\n    fields:"),
        ("a query over an unknown table", "    fields:", "    from: SELECT * FROM other\n    fields:"),
        ("a query over an unknown column", "    fields:", "    from: SELECT daay FROM source\n    fields:"),
        ("a field given twice", "      date: day\n", "      date: day\n      date: day\n"),
    ];
    let mut text = String::new();
    for (name, from, to) in table {
        let mapping = SOUND.replacen(from, to, 1);
        assert!(name == "sound" || mapping != SOUND, "{name}: nothing was replaced");
        text += &format!("== {name}\n{}\n", outcome(import(&mapping, &[FILE])));
    }
    insta::assert_snapshot!(text);
}
