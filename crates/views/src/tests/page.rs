//! docs/views.md holds the tables as they are. `JIANWEI_BLESS=1` writes it anew.

use std::fmt::Write as _;

use crate::shape::Sort;
use crate::tables;

/// What the page tells an operator to run, for a role that may only read.
pub(super) const GRANTS: &str = "\
CREATE ROLE bi_reader LOGIN;
GRANT USAGE ON SCHEMA jianwei TO bi_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA jianwei TO bi_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA jianwei GRANT SELECT ON TABLES TO bi_reader;
";

const BEGIN: &str = "<!-- tables: written by `make bless` -->\n";
const END: &str = "<!-- end of tables -->\n";

fn written() -> String {
    let mut page = String::new();
    for shape in tables::all() {
        let (zh, en) = shape.about;
        let _ = writeln!(
            page,
            "\n### `{}` {}\n\n{zh}{en}\n\n| column | 中文 | sort | meaning |\n|---|---|---|---|",
            shape.name, shape.zh
        );
        for (place, head) in shape.heads.iter().enumerate() {
            let sort = match head.sort {
                Sort::Text => "text".to_owned(),
                Sort::Code(codes) => {
                    let codes: Vec<String> =
                        codes.iter().map(|(code, zh)| format!("`{code}` {zh}")).collect();
                    codes.join(", ")
                }
                Sort::Day => "date".to_owned(),
                Sort::Whole => "number".to_owned(),
                Sort::Time => "time".to_owned(),
                Sort::Flag => "0 or 1".to_owned(),
            };
            let key = if place < shape.key { " (key)" } else { "" };
            let optional = if head.is_optional { ", or null" } else { "" };
            let _ = writeln!(page, "| `{}`{key} | {} | {sort}{optional} | {} |", head.name, head.zh, head.en);
        }
    }
    page.push('\n');
    page
}

#[test]
fn the_page_holds_the_tables_as_they_are() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/views.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (held, after) = rest.split_once(END).unwrap();
    assert!(page.contains(GRANTS), "the page tells other grants than are tested");
    if std::env::var_os("JIANWEI_BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", written())).unwrap();
        return;
    }
    assert_eq!(held, written(), "run `JIANWEI_BLESS=1 cargo test --release -p jianwei-views page`");
}
