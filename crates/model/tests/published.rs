//! What is published of the standard (schemas, pages, examples) is what the tables say.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helper may panic")]

mod support;

use std::collections::BTreeSet;

use model::fault::FaultCode;
use model::guide;
use model::schema;
use model::streams::STREAMS;
use support::json_schema::violations;
use support::{compare_or_bless, repository};

#[test]
fn schemas_are_those_of_the_tables() {
    for stream in STREAMS {
        let mut text = serde_json::to_string_pretty(&schema::json_schema(stream)).unwrap();
        text.push('\n');
        compare_or_bless(&format!("schemas/{}", schema::file_name(stream)), &text);
    }
}

#[test]
fn pages_are_those_of_the_tables() {
    for stream in STREAMS {
        compare_or_bless(&format!("docs/standard/{}.md", stream.name), &guide::stream_page(stream));
    }
    let tables = [
        ("streams", guide::streams_table()),
        ("lines", guide::broken_lines_table()),
        ("faults", guide::faults_table()),
    ];
    for page in ["docs/standard/README.md", "docs/standard/README.zh-CN.md"] {
        let mut text = std::fs::read_to_string(repository(page)).unwrap();
        for (name, table) in &tables {
            text = with_table(&text, name, table);
        }
        compare_or_bless(page, &text);
    }
}

/// The page with a table put between its marks.
fn with_table(page: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- table {name} -->\n"), format!("<!-- end of {name} -->"));
    let (head, rest) = page.split_once(&begin).expect("the page has the table's mark");
    let (_, tail) = rest.split_once(&end).expect("the page has the mark of the table's end");
    format!("{head}{begin}{table}{end}{tail}")
}

#[test]
fn nothing_is_published_that_the_tables_do_not_have() {
    let names = |folder: &str, ending: &str| -> BTreeSet<String> {
        let files = std::fs::read_dir(repository(folder)).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect()
    };
    let streams: BTreeSet<String> = STREAMS.iter().map(|stream| stream.name.to_owned()).collect();
    assert_eq!(names("schemas", ".v1.schema.json"), streams);
    assert_eq!(names("examples/filings", ".ndjson"), streams);
    let mut pages = names("docs/standard", ".md");
    pages.retain(|name| !name.starts_with("README"));
    assert_eq!(pages, streams);
}

#[test]
fn examples_are_accepted_and_fit_their_schema() {
    for stream in STREAMS {
        let lines: Vec<&str> = schema::example_lines(stream).lines().collect();
        assert!((2..=5).contains(&lines.len()), "{}", stream.name);
        let schema = schema::json_schema(stream);
        for line in lines {
            assert_eq!(guide::try_line(stream, line.as_bytes()), Ok(()), "{} {line}", stream.name);
            let record = serde_json::from_str(line).unwrap();
            assert_eq!(violations(&schema, &record), Vec::<String>::new(), "{} {line}", stream.name);
        }
    }
}

#[test]
fn refusals_on_the_pages_are_refusals() {
    for stream in STREAMS {
        let page = guide::stream_page(stream);
        let (_, table) = page.split_once("## Refusals").unwrap();
        assert!(table.lines().filter(|line| line.starts_with("| `")).count() >= 5, "{}", stream.name);
        assert!(!table.contains("`[]`"), "a broken example of {} is accepted:\n{table}", stream.name);
    }
}

#[test]
fn the_table_of_faults_has_every_code() {
    let table = guide::faults_table();
    assert!(
        FaultCode::ALL.iter().all(|code| table.contains(&format!("| `{code}` | {} |", code.http_status())))
    );
}
