//! From files to filings.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]
#![expect(clippy::type_complexity, reason = "a table of cases is read, not passed on")]

mod common;

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use common::{import, import_with, options, outcome, shown};
use importer::{ImportError, Mapping, import_into_folder};
use insta::assert_snapshot;
use query::RecordBatch;
use query::arrow::array::{ArrayRef, Float64Array, StringArray};
use query::parquet::arrow::ArrowWriter;

const DAILY: &str = r#"
version: 1
source:
  format: csv
  columns:
    day: { from: 日期, type: date }
    balance: { from: "余额(元)", type: money }
    lenders: integer
institution: { synthetic_from: platform }
streams:
  - stream: business_daily
    where: "platform <> 'closed'"
    fields:
      id: "platform || '-' || CAST(day AS VARCHAR)"
      date: day
      line: "'p2p'"
      loan_balance: balance
      lenders: lenders
    absent_when: { lenders: "lenders = 0" }
"#;

const DAILY_CSV: &str = "\
日期, platform ,余额(元),lenders,note
2025-03-01,one,100.5,12,\"a, \"\"quoted\"\"
note\"
2025-03-01,two,0.01,0,
2025-03-02,one,1e+05,,
2025-03-02,closed,1,1,
2025-02-30,two,5,1,
2025-03-02,two,5.001,x,
2025-03-02,two,5
2027-03-02,two,5,1,
2025-03-02,two,-5,1,
2025-03-02,two two,5,1,
";

#[test]
fn rows_become_records_and_what_is_unsound_is_listed_by_its_line() {
    let (report, filings) = import(DAILY, &[("daily.csv", DAILY_CSV)]).unwrap();
    assert_snapshot!(outcome(Ok((report.clone(), filings))));
    assert_eq!((report.rows(), report.records(), report.refused()), (10, 3, 6));
    assert_eq!((report.streams[0].left_out, report.streams[0].institutions, report.filings), (1, 2, 3));
}

#[test]
fn gb_18030_and_other_delimiters() {
    let mapping =
        DAILY.replace("format: csv", "format: csv\n  encoding: gbk\n  delimiter: tab\n  trim: true");
    let text = "日期\tplatform\t余额(元)\tlenders\n2025-03-01\t one \t 100.50 \t 12 \n";
    let (bytes, _, _) = encoding_rs::GB18030.encode(text);
    let (_, filings) = import_with(&mapping, &[("daily.csv", &bytes)], &options()).unwrap();
    let (_, same) =
        import(DAILY, &[("daily.csv", "日期,platform,余额(元),lenders\n2025-03-01,one,100.5,12\n")]).unwrap();
    assert_eq!(shown(&filings), shown(&same));
}

const FORMATS: &str = r#"
version: 1
source:
  format: FORMAT
  columns:
    id: { from: ID }
    at: { from: AT, type: time }
    payer: { from: PAYER }
    amount: { from: AMOUNT, type: money }
institution: { code: 91350100M000100Y43 }
streams:
  - stream: transaction
    fields: { id: id, time: at, user: payer, amount: amount, kind: "'payment'", direction: "'out'" }
    pseudonymise: { user: person }
"#;

fn parquet(ids: &[&str], times: &[&str], payers: &[&str], amounts: &[f64]) -> Vec<u8> {
    let texts = |values: &[&str]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let columns = [
        ("ID", texts(ids)),
        ("AT", texts(times)),
        ("PAYER", texts(payers)),
        ("AMOUNT", Arc::new(Float64Array::from(amounts.to_vec())) as ArrayRef),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn the_same_rows_give_the_same_filings_in_every_format() {
    let named = [("ID", "ID"), ("AT", "AT"), ("PAYER", "PAYER"), ("AMOUNT", "AMOUNT")];
    let nested = [("ID", "/id"), ("AT", "/at"), ("PAYER", "/payer/no"), ("AMOUNT", "/sum")];
    let mapping = |format: &str, names: [(&str, &str); 4]| {
        let text = FORMATS.replace("FORMAT", format);
        names
            .iter()
            .fold(text, |text, (from, to)| text.replace(&format!("from: {from} "), &format!("from: {to} ")))
            .replace("from: ID }", &format!("from: {} }}", names[0].1))
            .replace("from: PAYER }", &format!("from: {} }}", names[2].1))
    };
    let mapping = |format: &str, names: [(&str, &str); 4]| {
        mapping(format, names)
            .replace("from: AT,", &format!("from: {},", names[1].1))
            .replace("from: AMOUNT,", &format!("from: {},", names[3].1))
    };
    let csv = "ID,AT,PAYER,AMOUNT\nt1,2025-03-01T08:00:00Z,110105194912310029,12.5\nt2,2025-03-01T23:59:59+08:00,\"x\",0.1\n";
    let lines = r#"{"id": "t1", "at": "2025-03-01T08:00:00Z", "payer": {"no": 110105194912310029}, "sum": 12.5, "rest": [1]}

{"id": "t2", "at": "2025-03-01T23:59:59+08:00", "payer": {"no": "\u0078"}, "sum": "0.10"}
"#;
    let list = format!("[{}]", lines.trim().replace("\n\n", ",\n"));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(csv.as_bytes()).unwrap();
    let table: [(&str, &str, [(&str, &str); 4], Vec<u8>); 7] = [
        ("csv", "t.csv", named, csv.as_bytes().to_vec()),
        ("csv", "t.csv.gz", named, gzip.finish().unwrap()),
        ("csv", "t.csv.zst", named, zstd::encode_all(csv.as_bytes(), 1).unwrap()),
        ("ndjson", "t.ndjson", nested, lines.as_bytes().to_vec()),
        ("json", "t.json", nested, list.clone().into_bytes()),
        ("json", "concatenated.json", nested, lines.as_bytes().to_vec()),
        (
            "parquet",
            "t.parquet",
            named,
            parquet(
                &["t1", "t2"],
                &["2025-03-01T08:00:00Z", "2025-03-01T23:59:59+08:00"],
                &["110105194912310029", "x"],
                &[12.5, 0.1],
            ),
        ),
    ];
    let mut texts = Vec::new();
    for (format, name, names, bytes) in &table {
        let (report, filings) = import_with(&mapping(format, *names), &[(name, bytes)], &options()).unwrap();
        assert_eq!((report.rows(), report.records()), (2, 2), "{name}: {report:?}");
        texts.push(shown(&filings));
    }
    assert!(!texts[0].contains("110105194912310029"), "a raw number in a filing: {}", texts[0]);
    assert_snapshot!(texts[0]);
    for ((_, name, _, _), text) in table.iter().zip(&texts) {
        assert_eq!(*text, texts[0], "{name}");
    }
}

#[test]
fn floats_of_parquet_are_not_rounded_in_silence() {
    let bytes = parquet(&["t1", "t2"], &["2025-03-01T08:00:00Z"; 2], &["x"; 2], &[0.1 + 0.2, 3.0]);
    assert_snapshot!(outcome(import_with(
        &FORMATS.replace("FORMAT", "parquet"),
        &[("t.parquet", &bytes)],
        &options()
    )));
}

#[test]
fn tables_are_joined() {
    let mapping = r#"
version: 1
source: { format: csv, columns: { day: date, fen: integer } }
tables:
  bought: { files: "bought*" }
  sold: { files: "sold*" }
institution: { synthetic_from: "'fund'" }
streams:
  - stream: business_daily
    from: >-
      SELECT bought.day AS day, bought.fen AS bought_fen, sold.fen AS sold_fen
      FROM bought LEFT JOIN sold ON bought.day = sold.day ORDER BY 1
    fields:
      id: "CAST(day AS VARCHAR)"
      date: day
      line: "'fund'"
      subscriptions: "bought_fen * 0.01"
      redemptions: "sold_fen * 0.01"
"#;
    let bought = ("bought.csv", "day,fen,x\n2025-01-02,7,1\n2025-01-01,12345,1\n");
    let sold = ("sold_1.csv", "day,fen\n2025-01-01,1\n");
    let (report, filings) =
        import(mapping, &[bought, sold, ("sold_2.csv", "fen,day\n5,2024-01-01\n")]).unwrap();
    assert_snapshot!(shown(&filings));
    assert_eq!(report.sources[1].files, 2);
    for files in [vec![bought], vec![bought, ("other.csv", "")]] {
        assert!(matches!(import(mapping, &files), Err(ImportError::Files(_))));
    }
}

#[test]
fn keys_that_no_object_has_are_reported() {
    let mapping = FORMATS.replace("FORMAT", "ndjson").replace("from: PAYER", "from: PAIER");
    let line = r#"{"ID": "t1", "AT": "2025-03-01T08:00:00Z", "PAYER": "x", "AMOUNT": 1}"#;
    let (report, _) = import(&mapping, &[("t.ndjson", &format!("{line}\n[1]\n{{\n"))]).unwrap();
    assert_eq!(report.sources[0].never_seen, ["PAIER"]);
    assert_eq!((report.records(), report.sources[0].refused, report.streams[0].refused), (0, 2, 1));
}

#[test]
fn pseudonyms_need_a_key() {
    let mut without = options();
    without.pseudonym_key = None;
    let result =
        import_with(&FORMATS.replace("FORMAT", "csv"), &[("t.csv", b"ID,AT,PAYER,AMOUNT\n")], &without);
    assert!(matches!(result, Err(ImportError::PseudonymKeyMissing { field: "user", .. })));
}

#[test]
fn files_that_break_off_end_the_import() {
    let whole = zstd::encode_all(DAILY_CSV.as_bytes(), 1).unwrap();
    let cut = &whole[..whole.len() - 20];
    for bytes in [cut, b"", b"\xff\xfe\n"] {
        let result = import_with(DAILY, &[("daily.csv", bytes)], &options());
        assert!(matches!(result, Err(ImportError::Source { .. })), "{result:?}");
    }
}

#[test]
fn a_small_buffer_loses_nothing_and_keeps_the_order_of_days() {
    let mut csv = "日期,platform,余额(元),lenders\n".to_owned();
    for day in 1..=28 {
        for platform in 0..40 {
            writeln!(csv, "2025-02-{day:02},{platform}x,1.00,{day}").unwrap();
        }
    }
    let (_, whole) = import(DAILY, &[("daily.csv", &csv)]).unwrap();
    let mut small = options();
    (small.buffer_bytes_max, small.filing_bytes_max, small.batch_rows) = (9_000, 300, 7);
    let (report, filings) = import_with(DAILY, &[("daily.csv", csv.as_bytes())], &small).unwrap();
    assert!(filings.is_sorted_by_key(|filing| filing.date().unwrap()));
    assert_eq!(report.filings, 28 * 40);
    let lines = |filings: &[importer::Filing]| {
        let text: String =
            filings.iter().map(|filing| String::from_utf8_lossy(&filing.lines).into_owned()).collect();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(lines(&whole), lines(&filings));
    let mut history = options();
    history.grouping = importer::Grouping::Institution;
    let (report, filings) = import_with(DAILY, &[("daily.csv", csv.as_bytes())], &history).unwrap();
    assert_eq!((report.filings, filings[0].records, filings[0].date()), (40, 28, None));
    assert_eq!(lines(&whole), lines(&filings));
}

#[test]
fn a_folder_holds_one_file_for_each_institution_and_stream() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("daily.csv");
    std::fs::write(
        &source,
        "日期,platform,余额(元),lenders\n2025-03-02,one,1,1\n2025-03-01,one,1,1\n2025-03-01,2,1,1\n",
    )
    .unwrap();
    let out = folder.path().join("out");
    let mapping = Mapping::read("daily.yaml", DAILY).unwrap();
    let import = || import_into_folder(&mapping, std::slice::from_ref(&source), &options(), &out);
    let report = import().unwrap();
    assert_eq!(report.records(), 3);
    let index = std::fs::read_to_string(out.join(importer::INDEX_FILE)).unwrap();
    let index: serde_json::Value = serde_json::from_str(&index).unwrap();
    let mut text = String::new();
    for entry in index["files"].as_array().unwrap() {
        writeln!(text, "{entry}").unwrap();
        text += &std::fs::read_to_string(out.join(entry["file"].as_str().unwrap())).unwrap();
    }
    assert_snapshot!(text);
    assert!(import().is_err(), "a folder that is not empty");
}

#[test]
fn an_error_of_the_taker_ends_the_import() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("daily.csv");
    std::fs::write(&source, DAILY_CSV).unwrap();
    let mapping = Mapping::read("daily.yaml", DAILY).unwrap();
    let result = importer::import(&mapping, &[source], &options(), &mut |_| Err("no room".into()));
    assert!(matches!(result, Err(ImportError::Sink(_))));
}

proptest::proptest! {
    #[test]
    fn amounts_come_out_as_they_went_in(amounts in proptest::collection::vec(0i64..10_000_000_000, 1..40)) {
        let mut csv = "日期,platform,余额(元),lenders\n".to_owned();
        for (row, fen) in amounts.iter().enumerate() {
            writeln!(csv, "2025-03-01,one{row},{},1", model::money::Fen(*fen)).unwrap();
        }
        let (_, filings) = import(DAILY, &[("daily.csv", &csv)]).unwrap();
        let text: String = filings.iter().map(|filing| String::from_utf8_lossy(&filing.lines).into_owned()).collect();
        let mut read: Vec<i64> = text.lines().map(|line| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            model::money::Fen::parse(record["loan_balance"].as_str().unwrap()).unwrap().0
        }).collect();
        let mut written = amounts;
        read.sort_unstable();
        written.sort_unstable();
        proptest::prop_assert_eq!(read, written);
    }
}
